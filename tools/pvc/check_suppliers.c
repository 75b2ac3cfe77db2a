/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about what devices depend on: whose it is, who lets others depend on it, what is left out.
 */
#include "tools/pvc/check.h"

#include "tools/pvc/board_tree.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/needs.h"
#include "tools/pvc/parse.h"
#include "tools/pvc/util.h"

#include <string.h>

/* ---- Suppliers ----------------------------------------------------------------- */

static bool is_shared_by(const struct partition *partition, const struct device *device)
{
	for (size_t i = 0; i < partition->n_shared; i++) {
		if (partition->shared[i] == device) {
			return true;
		}
	}
	return false;
}

/* "/soc/mmc@1000 ('clocks')", and of which file if not the system's. */
static const char *need_text(const struct system *system, const struct tree *tree,
			     const struct unmet_need *need)
{
	const char *via = need->target == need->provider ? "" :
			  xasprintf(" for %s", need->target->ref.path);

	return xasprintf("%s%s ('%s'%s)", need->provider->ref.path, via, need->property,
			 tree == system->tree ? "" : xasprintf(" in %s", system->devicetree));
}

static void note_need(const struct system *system, const struct tree *tree,
		      const struct unmet_need *need)
{
	if (tree == system->tree) {
		diag_note(tree_where(tree, need->node, need->property),
			  "the dependency stands here");
	}
}

static void check_need(const struct system *system, const struct tree *tree,
		       const struct unmet_need *need)
{
	const struct device *provider = device_of_node(system, tree, need->provider);
	const struct device *device = need->device;
	struct location where = access_where(system, device->owner);

	if (provider != NULL && provider == system->gic) {
		return;
	}
	if (provider == NULL || provider->use == DEVICE_FREE) {
		if (!need->is_told) {
			return; /* left as the firmware set it up, and well without */
		}
		diag_warning(where, "supplier-missing",
			     "%s of partition \"%s\" depends on %s, which nobody has",
			     device->node.path, device->owner->name,
			     need_text(system, tree, need));
		note_need(system, tree, need);
	} else if (need->is_taken &&
		   (provider->owner == NULL || !is_shared_by(provider->owner, provider))) {
		diag_error(where, "supplier-foreign",
			   "%s of partition \"%s\" depends on %s, which belongs to %s",
			   device->node.path, device->owner->name,
			   need_text(system, tree, need), owner_text(provider));
		note_need(system, tree, need);
	}
}

/* One message for each supplier of a device, however many properties name it. */
static bool is_told_before(const struct needs *needs, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (needs->unmet[i].device == needs->unmet[at].device &&
		    needs->unmet[i].is_told == needs->unmet[at].is_told &&
		    needs->unmet[i].is_taken == needs->unmet[at].is_taken &&
		    needs->unmet[i].provider == needs->unmet[at].provider) {
			return true;
		}
	}
	return false;
}

static void check_needs(const struct system *system, const struct partition *partition,
			const struct tree *tree)
{
	struct needs needs = needs_of(system, partition, tree);

	for (size_t i = 0; i < needs.n_unmet; i++) {
		if (!is_told_before(&needs, i)) {
			check_need(system, tree, &needs.unmet[i]);
		}
	}
}

/* ---- Suppliers that serve others ----------------------------------------------- */

/*
 * Linux turns off, late in its boot, every clock that none of its own drivers has asked for: also
 * those of a neighbour's device.
 */
static void check_clocks_stay_on(const struct system *system, const struct partition *partition,
				 const struct device *supplier, struct location where)
{
	if (strcmp(partition->os_type, "linux") != 0 ||
	    !tree_has(system->tree, node_of(system, &supplier->node), "#clock-cells") ||
	    (partition->bootargs != NULL &&
	     strstr(partition->bootargs, "clk_ignore_unused") != NULL)) {
		return;
	}
	diag_warning(where, "shared-clocks",
		     "partition \"%s\" serves clocks of others with %s, but its kernel turns off "
		     "clocks that it does not use itself",
		     partition->name, supplier->node.path);
	diag_note(where, "add clk_ignore_unused to its bootargs");
}

static void check_shared(const struct system *system, const struct partition *partition)
{
	struct location where = tree_where(system->tree, node_of(system, &partition->node),
					   "paravent,shared-suppliers");

	for (size_t i = 0; i < partition->n_shared; i++) {
		const struct device *supplier = partition->shared[i];

		if (supplier->owner != partition) {
			diag_error(where, "shared-supplier",
				   "'paravent,shared-suppliers' names %s, which belongs to %s, not "
				   "to partition \"%s\"",
				   supplier->node.path, owner_text(supplier), partition->name);
		} else {
			check_clocks_stay_on(system, partition, supplier, where);
		}
	}
}

/* ---- What a partition's tree leaves out ---------------------------------------- */

static bool is_omission_known(const struct partition *partition, const char *omitted)
{
	const char *colon = strchr(omitted, ':');
	const char *path = colon == NULL ? omitted :
			   xstrndup(omitted, (size_t)(colon - omitted));
	const struct tree_node *node = tree_by_path(partition->tree, path);

	return node != NULL && (colon == NULL || tree_has(partition->tree, node, colon + 1));
}

static void check_omitted(const struct system *system, const struct partition *partition)
{
	struct location where = tree_where(system->tree, node_of(system, &partition->node),
					   "paravent,devicetree-omit");

	/* Before the board's tree is read, its paths are not known. */
	bool is_from_board = is_cut_from_board(system, partition);
	bool is_known = !is_from_board || partition->tree == system->board_tree;

	for (size_t i = 0; is_known && i < partition->n_omitted; i++) {
		if (!is_omission_known(partition, partition->omitted[i])) {
			diag_error(where, "devicetree-omit",
				   "'paravent,devicetree-omit' names \"%s\", which is not in %s",
				   partition->omitted[i],
				   is_from_board ? system->devicetree : "the system DTS");
		}
	}
}

/* ---- All ----------------------------------------------------------------------- */

/* The board's own tree knows more: it is asked about every partition's devices. */
void check_suppliers(const struct system *system)
{
	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		check_needs(system, partition, partition->tree);
		if (system->board_tree != NULL && partition->tree != system->board_tree) {
			check_needs(system, partition, system->board_tree);
		}
		check_shared(system, partition);
		check_omitted(system, partition);
	}
}
