/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/dtb_devices.h"

#include "hyp/types.h"
#include "tools/pvc/needs.h"
#include "tools/pvc/references.h"
#include "tools/pvc/util.h"

#include <string.h>

#define GUEST_INTERRUPT_CELLS 3
#define ROOT_CELLS            2 /* of addresses and of sizes, in every partition's tree */

struct copy {
	struct dtb         *dtb;
	const struct needs *needs;
};

const char *dtb_device_path(const struct system *system, const struct partition *partition,
			    const struct device *device)
{
	const struct tree_node *node = device_node_in(partition->tree, system, device);

	return node == NULL ? NULL : node->ref.path;
}

/* ---- Interrupts ------------------------------------------------------------------------------ */

/*
 * A specifier of more than three cells names the cores of a PPI: those of the board, not the
 * partition's.
 */
static bool put_gic_interrupts(struct copy *copy, const struct property *interrupts, unsigned cells)
{
	size_t n = property_n_cells(interrupts) / cells;
	uint32_t *list = xarray(n * GUEST_INTERRUPT_CELLS, sizeof(*list));

	if (n * cells * 4 != interrupts->n_bytes) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < GUEST_INTERRUPT_CELLS; k++) {
			list[i * GUEST_INTERRUPT_CELLS + k] =
				property_cell(interrupts, i * cells + k);
		}
	}
	dtb_cells(copy->dtb, "interrupts", list, n * GUEST_INTERRUPT_CELLS);
	return true;
}

static unsigned gic_cells(const struct copy *copy)
{
	struct property cells = { 0 };

	if (copy->needs->gic != NULL) {
		cells = tree_property(copy->needs->tree, copy->needs->gic, "#interrupt-cells");
	}
	return cells.n_bytes == 4 ? property_cell(&cells, 0) : GUEST_INTERRUPT_CELLS;
}

/* False: they end at a controller which the partition has not. */
static bool put_interrupts(struct copy *copy, const struct tree_node *node)
{
	const struct tree *tree = copy->needs->tree;
	struct property interrupts = tree_property(tree, node, "interrupts");
	const struct tree_node *controller = tree_interrupt_parent(tree, node);

	if (interrupts.name == NULL) {
		return true;
	}
	if (controller == NULL || (controller != copy->needs->gic &&
				   needs_keep(copy->needs, controller) != KEEP_ALL)) {
		return false;
	}
	dtb_cell(copy->dtb, "interrupt-parent", controller->phandle);
	if (controller == copy->needs->gic && gic_cells(copy) > GUEST_INTERRUPT_CELLS) {
		return put_gic_interrupts(copy, &interrupts, gic_cells(copy));
	}
	dtb_bytes(copy->dtb, "interrupts", interrupts.bytes, interrupts.n_bytes);
	return true;
}

/* ---- Properties ------------------------------------------------------------------------------ */

/* Directly below the root, addresses change from the input's number of cells to ours. */
static bool is_recoded(const struct copy *copy, const struct tree_node *node)
{
	const struct tree_node *root = &copy->needs->tree->nodes[0];

	return node->parent == root &&
	       (root->address_cells != ROOT_CELLS || root->size_cells != ROOT_CELLS);
}

static void put_reg(struct copy *copy, const struct tree_node *node)
{
	struct range *ranges;
	size_t n;

	if (tree_reg(copy->needs->tree, node, &ranges, &n) != REG_OK) {
		return;
	}

	uint64_t *reg = xarray(2 * n, sizeof(*reg));

	for (size_t i = 0; i < n; i++) {
		reg[2 * i] = ranges[i].base;
		reg[2 * i + 1] = ranges[i].bytes;
	}
	dtb_numbers(copy->dtb, "reg", reg, 2 * n);
}

/* "ranges" or "dma-ranges": child address, root's address, size. */
static void put_ranges(struct copy *copy, const struct tree_node *node,
		       const struct property *ranges)
{
	unsigned root = copy->needs->tree->nodes[0].address_cells;
	unsigned entry = node->address_cells + root + node->size_cells;
	size_t n = entry == 0 ? 0 : property_n_cells(ranges) / entry;
	uint32_t *list = xarray(n * (entry + ROOT_CELLS), sizeof(*list));
	size_t used = 0;

	for (size_t at = 0; at < n * entry; at += entry) {
		uint64_t address = 0;

		for (unsigned i = 0; i < node->address_cells; i++) {
			list[used++] = property_cell(ranges, at + i);
		}
		property_number(ranges, at + node->address_cells, root, &address);
		list[used++] = (uint32_t)(address >> 32);
		list[used++] = (uint32_t)address;
		for (unsigned i = 0; i < node->size_cells; i++) {
			list[used++] = property_cell(ranges, at + node->address_cells + root + i);
		}
	}
	dtb_cells(copy->dtb, ranges->name, list, used);
}

struct copy_of_node {
	struct copy            *copy;
	const struct tree_node *node;
	bool                    is_bridge; /* only addresses pass through here */
	bool                    is_device; /* of the partition: given, so in use */
	const char            **dropped;
	size_t                  n_dropped;
};

/* Written otherwise, or without a meaning here. */
static bool is_left_out(const struct copy_of_node *what, const char *name)
{
	static const char *const never[] = {
		"phandle", "linux,phandle", "interrupt-parent", "interrupts", "iommu-map",
		"msi-map", "interrupt-map", "interrupt-map-mask",
	};
	static const char *const through[] = {
		"#address-cells", "#size-cells", "ranges", "dma-ranges", "dma-coherent",
	};

	for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
		if (strcmp(name, never[i]) == 0) {
			return true;
		}
	}
	if (starts_with(name, "paravent,") || (what->is_device && strcmp(name, "status") == 0)) {
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(through); i++) {
		if (strcmp(name, through[i]) == 0) {
			return false;
		}
	}
	return what->is_bridge;
}

static void add_dropped(struct copy_of_node *what, const char *name)
{
	what->dropped = xextend(what->dropped, what->n_dropped, sizeof(what->dropped[0]));
	what->dropped[what->n_dropped++] = name;
}

static void copy_property(const struct property *input, void *context)
{
	struct copy_of_node *what = context;
	struct copy *copy = what->copy;
	struct property cut = *input;
	const struct property *property = &cut;
	enum keep_property keep;

	if (is_left_out(what, input->name)) {
		return;
	}
	keep = needs_keep_property(copy->needs, what->node, &cut);
	if (strcmp(input->name, "interrupts-extended") == 0 &&
	    gic_cells(copy) > GUEST_INTERRUPT_CELLS) {
		keep = PROPERTY_GOES; /* its entries would have to shrink, too: no board has both */
	}
	if (keep != PROPERTY_STAYS && reference_kind_of(input->name) != NULL) {
		add_dropped(what, input->name);
	}
	if (keep == PROPERTY_GOES) {
		return;
	}
	if (is_recoded(copy, what->node) && strcmp(property->name, "reg") == 0) {
		put_reg(copy, what->node);
	} else if (is_recoded(copy, what->node) && property->n_bytes > 0 &&
		   (strcmp(property->name, "ranges") == 0 ||
		    strcmp(property->name, "dma-ranges") == 0)) {
		put_ranges(copy, what->node, property);
	} else {
		dtb_bytes(copy->dtb, property->name, property->bytes, property->n_bytes);
	}
}

static bool is_given(const struct copy *copy, const struct tree_node *node)
{
	for (size_t i = 0; i < copy->needs->partition->n_devices; i++) {
		if (device_node_in(copy->needs->tree, copy->needs->system,
				   copy->needs->partition->devices[i]) == node) {
			return true;
		}
	}
	return false;
}

static void copy_properties(struct copy *copy, const struct tree_node *node)
{
	bool is_whole = needs_keep(copy->needs, node) == KEEP_ALL;
	struct copy_of_node what = {
		.copy = copy, .node = node, .is_device = is_whole && is_given(copy, node),
		.is_bridge = !is_whole && has_registers(copy->needs->tree, node),
	};

	if (node->phandle != 0) {
		dtb_cell(copy->dtb, "phandle", node->phandle);
	}
	if (what.is_bridge) {
		dtb_text(copy->dtb, "compatible", "simple-bus");
	} else if (!put_interrupts(copy, node)) {
		add_dropped(&what, "interrupts");
	}
	tree_each_property(copy->needs->tree, node, copy_property, &what);
	if (what.n_dropped > 0) {
		dtb_texts(copy->dtb, "paravent,dropped", what.dropped, what.n_dropped);
	}
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

static void put_stub(struct copy *copy, const struct tree_node *node)
{
	static const char *const kept[] = { "#clock-cells", "clock-output-names" };

	dtb_cell(copy->dtb, "phandle", node->phandle);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		struct property property = tree_property(copy->needs->tree, node, kept[i]);

		if (property.name != NULL) {
			dtb_bytes(copy->dtb, property.name, property.bytes, property.n_bytes);
		}
	}
	dtb_text(copy->dtb, "status", "disabled");
}

static void copy_kept_below(struct copy *copy, const struct tree_node *node)
{
	for (const struct tree_node *child = node->first_child; child != NULL;
	     child = child->next_sibling) {
		if (needs_keep(copy->needs, child) == KEEP_NOT) {
			continue;
		}
		dtb_open(copy->dtb, child->ref.name);
		if (needs_keep(copy->needs, child) == KEEP_STUB) {
			put_stub(copy, child);
		} else {
			copy_properties(copy, child);
			copy_kept_below(copy, child);
		}
		dtb_close(copy->dtb);
	}
}

void dtb_copy_devices(struct dtb *dtb, const struct needs *needs)
{
	struct copy copy = { .dtb = dtb, .needs = needs };

	copy_kept_below(&copy, &needs->tree->nodes[0]);
}

struct alias_copy {
	struct copy copy;
	const char *but;
};

static void copy_alias(const struct property *property, void *context)
{
	const struct alias_copy *what = context;
	const char *path = property_string(property);
	const struct tree_node *node =
		path == NULL ? NULL : tree_by_path(what->copy.needs->tree, path);

	if (node != NULL && needs_keep(what->copy.needs, node) == KEEP_ALL &&
	    (what->but == NULL || !starts_with(property->name, what->but))) {
		dtb_text(what->copy.dtb, property->name, path);
	}
}

void dtb_copy_aliases(struct dtb *dtb, const struct needs *needs, const char *but)
{
	const struct tree_node *aliases = tree_by_path(needs->tree, "/aliases");
	struct alias_copy what = { { .dtb = dtb, .needs = needs }, but };

	if (aliases != NULL) {
		tree_each_property(needs->tree, aliases, copy_alias, &what);
	}
}
