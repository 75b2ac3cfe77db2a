/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/needs.h"

#include "hyp/types.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/parse.h"
#include "tools/pvc/references.h"
#include "tools/pvc/util.h"

#include <string.h>

/*
 * States of nodes without registers while it is found out whether the partition can have them.
 * Within one question an answer may lean on a node that is still being asked about; it becomes
 * final with the whole question's.
 */
enum { UNKNOWN, ASKING, TENTATIVE, POSSIBLE, IMPOSSIBLE };

/* How long a chain of nodes without registers may get: real ones have three or four. */
#define CHAIN_MOST 64u

/* ---- The tree -------------------------------------------------------------------------------- */

static size_t index_of(const struct needs *needs, const struct tree_node *node)
{
	return (size_t)(node - needs->tree->nodes);
}

enum keep needs_keep(const struct needs *needs, const struct tree_node *node)
{
	return (enum keep)needs->keep[index_of(needs, node)];
}

bool is_bus(const struct tree *tree, const struct tree_node *node)
{
	return node->parent == NULL || tree_is_compatible(tree, node, "simple-bus") ||
	       tree_is_compatible(tree, node, "simple-pm-bus");
}

bool has_registers(const struct tree *tree, const struct tree_node *node)
{
	struct range *ranges;
	size_t n;

	return !is_bus(tree, node) && tree_reg(tree, node, &ranges, &n) == REG_OK;
}

static bool has_common_compatible(const struct tree *a, const struct tree_node *node_a,
				  const struct tree *b, const struct tree_node *node_b)
{
	struct property compatible = tree_property(a, node_a, "compatible");
	const char *one;

	for (size_t i = 0; (one = property_string_at(&compatible, i)) != NULL; i++) {
		if (tree_is_compatible(b, node_b, one)) {
			return true;
		}
	}
	return false;
}

/* In another tree than the system's a device is known by its address, and by its kind if need be. */
const struct tree_node *device_node_in(const struct tree *tree, const struct system *system,
				       const struct device *device)
{
	const struct tree_node *own = node_of(system, &device->node);
	const struct tree_node *found = NULL;

	if (tree == system->tree) {
		return own;
	}
	for (size_t i = 0; i < tree->n_nodes && device->n_reg > 0; i++) {
		const struct tree_node *node = &tree->nodes[i];
		struct range *ranges;
		size_t n;

		if (is_bus(tree, node) || tree_reg(tree, node, &ranges, &n) != REG_OK ||
		    ranges[0].base != device->reg[0].base) {
			continue;
		}
		if (has_common_compatible(system->tree, own, tree, node)) {
			return node;
		}
		found = found == NULL ? node : found;
	}
	return found;
}

const struct device *device_of_node(const struct system *system, const struct tree *tree,
				    const struct tree_node *node)
{
	for (size_t i = 0; i < system->n_devices; i++) {
		if (device_node_in(tree, system, &system->devices[i]) == node) {
			return &system->devices[i];
		}
	}
	return NULL;
}

/* ---- Pin groups ------------------------------------------------------------------------------ */

static void note_pin_controller(const struct property *property, void *context)
{
	struct needs *needs = context;
	const struct reference_kind *kind = reference_kind_of(property->name);
	const struct tree_node *group;
	size_t at = 0;

	if (kind == NULL || strcmp(kind->property, PIN_GROUPS) != 0) {
		return;
	}
	while ((group = reference_next(needs->tree, kind, property, &at)) != NULL) {
		if (group->parent != NULL) {
			needs->is_pin_controller[index_of(needs, group->parent)] = true;
		}
	}
}

/*
 * One of the many settings that hang below a pin controller: it comes with the device that refers
 * to it, not with the controller.
 */
static bool is_pin_group(const struct needs *needs, const struct tree_node *node)
{
	return node->parent != NULL && needs->is_pin_controller[index_of(needs, node->parent)] &&
	       !tree_has(needs->tree, node, "compatible") &&
	       !tree_has(needs->tree, node, "gpio-hog");
}

/* ---- Who provides what ----------------------------------------------------------------------- */

/* The node with registers that a node is or belongs to; NULL: none, it belongs to nobody. */
static const struct tree_node *provider_of(const struct needs *needs, const struct tree_node *node)
{
	for (; node->parent != NULL; node = node->parent) {
		if (has_registers(needs->tree, node)) {
			return node;
		}
	}
	return NULL;
}

/* Places whose content the partition gets from pvc, if at all. */
static bool is_elsewhere(const struct needs *needs, const struct tree_node *node)
{
	static const char *const places[] = { "/cpus", "/reserved-memory", "/domains", "/chosen" };

	for (; node->parent != NULL; node = node->parent) {
		for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
			if (strcmp(node->ref.path, places[i]) == 0) {
				return true;
			}
		}
		if (tree_is_compatible(needs->tree, node, "cpus,cluster")) {
			return true;
		}
	}
	return false;
}

/* What a node without registers hangs in: "firmware" of "firmware/gpio". NULL: nothing but buses. */
static const struct tree_node *holder_of(const struct needs *needs, const struct tree_node *node)
{
	const struct tree_node *parent = node->parent;

	return parent != NULL && !is_bus(needs->tree, parent) &&
	       tree_has(needs->tree, parent, "compatible") ? parent : NULL;
}

static const struct tree_node *ask(struct needs *needs, const struct tree_node *target);

struct question {
	struct needs           *needs;
	const struct tree_node *node;
	const struct tree_node *obstacle;
};

static void ask_property(const struct property *property, void *context)
{
	struct question *question = context;
	const struct reference_kind *kind =
		reference_kind_in(question->needs->tree, question->node, property->name);
	const struct tree_node *target;
	size_t at = 0;

	if (kind == NULL || kind->weight != ESSENTIAL || question->obstacle != NULL) {
		return;
	}
	while ((target = reference_next(question->needs->tree, kind, property, &at)) != NULL &&
	       question->obstacle == NULL) {
		question->obstacle = ask(question->needs, target);
	}
}

static const struct tree_node *refuse_chain(struct needs *needs, const struct tree_node *target)
{
	if (!needs->is_too_deep) {
		diag_error(location_file(needs->tree->file), "limit",
			   "%s: more than %u nodes need one another in a chain", target->ref.path,
			   CHAIN_MOST);
	}
	needs->is_too_deep = true;
	return target;
}

static const struct tree_node *ask(struct needs *needs, const struct tree_node *target)
{
	unsigned char *state = &needs->state[index_of(needs, target)];
	const struct tree_node *provider = provider_of(needs, target);
	struct question question = { .needs = needs, .node = target };

	if (needs_keep(needs, target) == KEEP_ALL || target == needs->gic) {
		return NULL;
	}
	if (provider != NULL && is_pin_group(needs, target) &&
	    needs_keep(needs, target->parent) == KEEP_ALL) {
		return NULL;
	}
	if (provider != NULL || is_elsewhere(needs, target)) {
		return provider != NULL ? provider : target;
	}
	if (*state == IMPOSSIBLE) {
		return needs->obstacle[index_of(needs, target)];
	}
	if (*state != UNKNOWN) {
		return NULL; /* those that need each other come together or not at all */
	}
	if (needs->depth == CHAIN_MOST) {
		return refuse_chain(needs, target);
	}
	*state = ASKING;
	needs->depth++;
	if (holder_of(needs, target) != NULL) {
		question.obstacle = ask(needs, holder_of(needs, target));
	}
	tree_each_property(needs->tree, target, ask_property, &question);
	needs->depth--;
	*state = question.obstacle == NULL ? TENTATIVE : IMPOSSIBLE;
	needs->obstacle[index_of(needs, target)] = question.obstacle;
	return question.obstacle;
}

/*
 * What keeps the partition from having a node: the node with registers that is not its own.
 * NULL: nothing, it has it or can have it.
 */
static const struct tree_node *find_obstacle(struct needs *needs, const struct tree_node *target)
{
	const struct tree_node *obstacle = ask(needs, target);

	for (size_t i = 0; i < needs->tree->n_nodes; i++) {
		if (needs->state[i] == TENTATIVE) {
			needs->state[i] = obstacle == NULL ? POSSIBLE : UNKNOWN;
		}
	}
	return obstacle;
}

/* ---- Keeping --------------------------------------------------------------------------------- */

static bool is_omitted(const struct needs *needs, const struct tree_node *node, const char *property)
{
	const struct partition *partition = needs->partition;

	for (size_t i = 0; i < partition->n_omitted; i++) {
		const char *omitted = partition->omitted[i];
		size_t length = strlen(node->ref.path);

		if (strncmp(omitted, node->ref.path, length) == 0 &&
		    (property == NULL ? omitted[length] == '\0' :
		     omitted[length] == ':' && strcmp(&omitted[length + 1], property) == 0)) {
			return true;
		}
	}
	return false;
}

static void keep_supplier(struct needs *needs, const struct device *device,
			  const struct tree_node *target);

struct keeping {
	struct needs           *needs;
	const struct device    *device; /* for which all this is kept */
	const struct tree_node *node;
};

static void add_unmet(const struct keeping *keeping, const char *property, enum weight weight,
		      const struct tree_node *target, const struct tree_node *provider)
{
	struct needs *needs = keeping->needs;

	needs->unmet = xextend(needs->unmet, needs->n_unmet, sizeof(needs->unmet[0]));
	needs->unmet[needs->n_unmet++] = (struct unmet_need){
		.device = keeping->device, .node = keeping->node, .property = property,
		.target = target, .provider = provider,
		.is_told = weight == ESSENTIAL && !is_omitted(needs, provider, NULL),
		.is_taken = weight != SILENT,
	};
}

static void keep_ways(struct needs *needs, const struct tree_node *node)
{
	for (node = node->parent; node != NULL; node = node->parent) {
		unsigned char *keep = &needs->keep[index_of(needs, node)];

		*keep = *keep == KEEP_NOT ? KEEP_BUS : *keep;
	}
}

/* One clock can run from several, and its driver wants to know them all by name. */
static bool is_list_of_parents(const struct needs *needs, const struct tree_node *node,
			       const char *property)
{
	return strcmp(property, "clocks") == 0 && tree_has(needs->tree, node, "#clock-cells");
}

static void keep_stub(struct needs *needs, const struct tree_node *target)
{
	unsigned char *keep = &needs->keep[index_of(needs, target)];

	if (*keep == KEEP_NOT) {
		*keep = KEEP_STUB;
		keep_ways(needs, target);
	}
}

static void keep_targets(const struct property *property, void *context)
{
	const struct keeping *keeping = context;
	struct needs *needs = keeping->needs;
	const struct reference_kind *kind =
		reference_kind_in(needs->tree, keeping->node, property->name);
	const struct tree_node *target;
	bool is_whole = true;
	size_t at = 0;

	if (kind == NULL || is_omitted(needs, keeping->node, property->name)) {
		return;
	}
	while ((target = reference_next(needs->tree, kind, property, &at)) != NULL) {
		const struct tree_node *obstacle = find_obstacle(needs, target);

		if (obstacle != NULL &&
		    is_list_of_parents(needs, keeping->node, property->name)) {
			add_unmet(keeping, property->name, HELPFUL, target, obstacle);
			keep_stub(needs, target);
		} else if (obstacle != NULL) {
			add_unmet(keeping, property->name, kind->weight, target, obstacle);
			is_whole = false;
		}
	}
	at = 0;
	while ((target = reference_next(needs->tree, kind, property, &at)) != NULL) {
		if (find_obstacle(needs, target) == NULL && (is_whole || kind->cells != NULL)) {
			keep_supplier(needs, keeping->device, target);
		}
	}
}

static void keep_interrupts(const struct keeping *keeping)
{
	struct needs *needs = keeping->needs;
	const struct tree_node *controller = tree_interrupt_parent(needs->tree, keeping->node);
	const struct tree_node *obstacle;

	if (controller == NULL || !tree_has(needs->tree, keeping->node, "interrupts")) {
		return;
	}
	obstacle = find_obstacle(needs, controller);
	if (obstacle != NULL) {
		add_unmet(keeping, "interrupts", ESSENTIAL, controller, obstacle);
	} else {
		keep_supplier(needs, keeping->device, controller);
	}
}

/* Marks a node and what is below it and has no registers of its own. */
static void mark_below(struct needs *needs, const struct tree_node *node)
{
	if (is_omitted(needs, node, NULL)) {
		return;
	}
	needs->keep[index_of(needs, node)] = KEEP_ALL;
	for (const struct tree_node *child = node->first_child; child != NULL;
	     child = child->next_sibling) {
		if (!has_registers(needs->tree, child) && !is_pin_group(needs, child)) {
			mark_below(needs, child);
		}
	}
}

/* What the marked nodes need in turn. */
static void keep_needs_below(struct needs *needs, const struct device *device,
			     const struct tree_node *node)
{
	struct keeping keeping = { .needs = needs, .device = device, .node = node };

	if (needs_keep(needs, node) != KEEP_ALL) {
		return;
	}
	keep_interrupts(&keeping);
	tree_each_property(needs->tree, node, keep_targets, &keeping);
	for (const struct tree_node *child = node->first_child; child != NULL;
	     child = child->next_sibling) {
		if (!has_registers(needs->tree, child)) {
			keep_needs_below(needs, device, child);
		}
	}
}

/* A node without registers that can be had, with what it hangs in and what it needs. */
static void keep_supplier(struct needs *needs, const struct device *device,
			  const struct tree_node *target)
{
	const struct tree_node *holder = holder_of(needs, target);

	if (needs_keep(needs, target) == KEEP_ALL || target == needs->gic) {
		return;
	}
	if (needs->depth == CHAIN_MOST) {
		refuse_chain(needs, target);
		return;
	}
	needs->depth++;
	mark_below(needs, target);
	keep_ways(needs, target);
	keep_needs_below(needs, device, target);
	if (holder != NULL && needs_keep(needs, holder) != KEEP_ALL) {
		struct keeping keeping = { .needs = needs, .device = device, .node = holder };

		needs->keep[index_of(needs, holder)] = KEEP_ALL;
		tree_each_property(needs->tree, holder, keep_targets, &keeping);
	}
	needs->depth--;
}

struct needs needs_of(const struct system *system, const struct partition *partition,
		      const struct tree *tree)
{
	struct needs needs = { .system = system, .partition = partition, .tree = tree };

	if (system->gic != NULL) {
		needs.gic = device_node_in(tree, system, system->gic);
	}
	needs.keep = xarray(tree->n_nodes, 1);
	needs.state = xarray(tree->n_nodes, 1);
	needs.obstacle = xarray(tree->n_nodes, sizeof(needs.obstacle[0]));
	needs.is_pin_controller = xarray(tree->n_nodes, 1);
	for (size_t i = 0; i < tree->n_nodes; i++) {
		tree_each_property(tree, &tree->nodes[i], note_pin_controller, &needs);
	}
	for (size_t i = 0; i < partition->n_devices; i++) {
		const struct tree_node *node = device_node_in(tree, system, partition->devices[i]);

		if (node != NULL && partition->devices[i]->owner == partition) {
			mark_below(&needs, node);
			keep_ways(&needs, node);
		}
	}
	for (size_t i = 0; i < partition->n_devices; i++) {
		const struct tree_node *node = device_node_in(tree, system, partition->devices[i]);

		if (node != NULL) {
			keep_needs_below(&needs, partition->devices[i], node);
		}
	}
	return needs;
}

/* ---- Properties ------------------------------------------------------------------------------ */

static bool is_target_kept(const struct needs *needs, const struct tree_node *node,
			   const struct property *property, const struct tree_node *target)
{
	return needs_keep(needs, target) == KEEP_ALL || target == needs->gic ||
	       (needs_keep(needs, target) == KEEP_STUB &&
		is_list_of_parents(needs, node, property->name));
}

/*
 * Entries that the partition does not get become empty ones (phandle 0, no arguments), so that the
 * others keep their numbers. Lists without arguments know no empty entries: they go as a whole.
 */
static enum keep_property keep_references(const struct needs *needs, const struct tree_node *node,
					  const struct reference_kind *kind,
					  struct property *property)
{
	size_t n = property_n_cells(property);
	uint8_t *cells = xarray(n, 4);
	size_t used = 0, n_kept = 0, n_gone = 0;

	for (size_t at = 0; at < n;) {
		size_t start = at;
		const struct tree_node *target = reference_next(needs->tree, kind, property, &at);

		if (target != NULL && !is_target_kept(needs, node, property, target)) {
			/* The empty entries before it, and its own. */
			for (; tree_by_phandle(needs->tree, property_cell(property, start)) !=
			       target; start++) {
				used += 4;
			}
			used += 4;
			n_gone++;
			continue;
		}
		memcpy(cells + used, property->bytes + 4 * start, 4 * (at - start));
		used += 4 * (at - start);
		n_kept += target != NULL;
	}
	if (n_gone == 0) {
		return PROPERTY_STAYS;
	}
	if (n_kept == 0 || kind->cells == NULL) {
		return PROPERTY_GOES;
	}
	property->bytes = cells;
	property->n_bytes = used;
	return PROPERTY_CUT;
}

enum keep_property needs_keep_property(const struct needs *needs, const struct tree_node *node,
				       struct property *property)
{
	const struct reference_kind *kind = reference_kind_in(needs->tree, node, property->name);

	if (is_omitted(needs, node, property->name)) {
		return PROPERTY_GOES;
	}
	if (kind != NULL) {
		return keep_references(needs, node, kind, property);
	}
	/* "clock-names" goes when "clocks" goes. */
	for (size_t i = 0; i < reference_n_kinds; i++) {
		const struct reference_kind *with = &reference_kinds[i];
		struct property list;

		if (with->names == NULL || strcmp(with->names, property->name) != 0) {
			continue;
		}
		list = tree_property(needs->tree, node,
				     strcmp(with->property, PIN_GROUPS) == 0 ? PIN_GROUPS "0"
									     : with->property);
		if (list.name != NULL &&
		    needs_keep_property(needs, node, &list) == PROPERTY_GOES) {
			return PROPERTY_GOES;
		}
	}
	return PROPERTY_STAYS;
}
