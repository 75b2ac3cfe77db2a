/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/tree.h"

#include "hyp/types.h"
#include "tools/pvc/blob.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/source.h"
#include "tools/pvc/util.h"

#include <libfdt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Devicetree Specification, "#address-cells and #size-cells": what holds when a node has none. */
#define DEFAULT_ADDRESS_CELLS 2
#define DEFAULT_SIZE_CELLS    1
#define NODES_MOST            20000 /* five times the largest board; keeps every check fast */
#define CELLS_MOST            16 /* beyond: nonsense, and dangerous to multiply with */

/* ---- Building ------------------------------------------------------------------ */

static unsigned read_cells(const struct tree *tree, const struct tree_node *node, const char *name,
			   unsigned otherwise)
{
	struct property cells = tree_property(tree, node, name);

	if (cells.name == NULL || cells.n_bytes != 4 || property_cell(&cells, 0) > CELLS_MOST) {
		return otherwise;
	}
	return property_cell(&cells, 0);
}

static const char *join_path(const struct tree_node *parent, const char *name)
{
	if (parent == NULL) {
		return "/";
	}
	return xasprintf("%s/%s", parent->parent == NULL ? "" : parent->ref.path, name);
}

static void link_node(struct tree_node *node, struct tree_node *parent)
{
	node->parent = parent;
	if (parent == NULL) {
		return;
	}
	if (parent->last_child == NULL) {
		parent->first_child = node;
	} else {
		parent->last_child->next_sibling = node;
	}
	parent->last_child = node;
}

static void fill_node(struct tree *tree, struct tree_node *node, int offset,
		      struct tree_node *parent)
{
	const char *name = fdt_get_name(tree->fdt, offset, NULL);

	node->ref.offset = offset;
	node->ref.name = name == NULL || parent == NULL ? "/" : xstrdup(name);
	node->ref.path = join_path(parent, node->ref.name);
	node->ref.where = places_find(&tree->places, node->ref.path, "");
	if (node->ref.where.file == NULL) {
		node->ref.where = location_file(tree->file);
	}
	node->depth = parent == NULL ? 0 : parent->depth + 1;
	node->phandle = fdt_get_phandle(tree->fdt, offset);
	if (node->phandle == UINT32_MAX) {
		node->phandle = 0;
	}
	node->address_cells = read_cells(tree, node, "#address-cells", DEFAULT_ADDRESS_CELLS);
	node->size_cells = read_cells(tree, node, "#size-cells", DEFAULT_SIZE_CELLS);
	link_node(node, parent);
}

static int compare_phandles(const void *left, const void *right)
{
	const struct tree_node *a = *(struct tree_node *const *)left;
	const struct tree_node *b = *(struct tree_node *const *)right;

	return a->phandle < b->phandle ? -1 : a->phandle > b->phandle;
}

static void index_phandles(struct tree *tree)
{
	tree->by_phandle = xarray(tree->n_nodes, sizeof(tree->by_phandle[0]));
	for (size_t i = 0; i < tree->n_nodes; i++) {
		if (tree->nodes[i].phandle != 0) {
			tree->by_phandle[tree->n_phandles++] = &tree->nodes[i];
		}
	}
	qsort(tree->by_phandle, tree->n_phandles, sizeof(tree->by_phandle[0]), compare_phandles);
}

static size_t count_nodes(const void *fdt)
{
	size_t n = 0;

	for (int offset = 0; offset >= 0; offset = fdt_next_node(fdt, offset, NULL)) {
		n++;
	}
	return n;
}

static bool fill_nodes(struct tree *tree)
{
	struct tree_node *open[TREE_DEPTH_MOST + 1] = { NULL };
	int depth = 0;

	for (int offset = 0; offset >= 0; offset = fdt_next_node(tree->fdt, offset, &depth)) {
		struct tree_node *node = &tree->nodes[tree->n_nodes];

		if (depth < 0 || (depth == 0 && tree->n_nodes != 0)) {
			break;
		}
		if (depth > TREE_DEPTH_MOST) {
			diag_error(open[TREE_DEPTH_MOST]->ref.where, "fdt",
				   "nodes are nested more than %d deep", TREE_DEPTH_MOST);
			return false;
		}
		fill_node(tree, node, offset, depth == 0 ? NULL : open[depth - 1]);
		tree->n_nodes++;
		open[depth] = node;
	}
	return tree->n_nodes != 0;
}

bool tree_build(const void *fdt, size_t bytes, const char *file, const struct places *places,
		struct tree *tree)
{
	const char *problem = blob_check(fdt, bytes);

	*tree = (struct tree){ .fdt = fdt, .file = file, .places = *places };
	if (problem != NULL) {
		diag_error(location_file(file), "fdt", "the flattened tree is malformed: %s",
			   problem);
		return false;
	}
	if (count_nodes(fdt) > NODES_MOST) {
		diag_error(location_file(file), "limit", "the tree has more than %d nodes",
			   NODES_MOST);
		return false;
	}
	tree->nodes = xarray(count_nodes(fdt), sizeof(tree->nodes[0]));
	if (!fill_nodes(tree)) {
		return false;
	}
	index_phandles(tree);
	return true;
}

/* ---- Finding ------------------------------------------------------------------- */

const struct tree_node *tree_by_path(const struct tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->n_nodes; i++) {
		if (strcmp(tree->nodes[i].ref.path, path) == 0) {
			return &tree->nodes[i];
		}
	}
	return NULL;
}

const struct tree_node *tree_by_phandle(const struct tree *tree, uint32_t phandle)
{
	struct tree_node key = { .phandle = phandle };
	const struct tree_node *wanted = &key;
	struct tree_node **found;

	if (tree->n_phandles == 0 || phandle == 0) {
		return NULL;
	}
	found = bsearch(&wanted, tree->by_phandle, tree->n_phandles, sizeof(wanted),
			compare_phandles);
	return found == NULL ? NULL : *found;
}

static int compare_offset(const void *key, const void *element)
{
	int wanted = *(const int *)key;
	int offset = ((const struct tree_node *)element)->ref.offset;

	return wanted < offset ? -1 : wanted > offset;
}

const struct tree_node *tree_by_offset(const struct tree *tree, int offset)
{
	return bsearch(&offset, tree->nodes, tree->n_nodes, sizeof(tree->nodes[0]), compare_offset);
}

const struct tree_node *tree_child(const struct tree_node *node, const char *name)
{
	for (const struct tree_node *child = node->first_child; child != NULL;
	     child = child->next_sibling) {
		if (strcmp(child->ref.name, name) == 0) {
			return child;
		}
	}
	return NULL;
}

struct location tree_where(const struct tree *tree, const struct tree_node *node,
			   const char *property)
{
	struct location where = places_find(&tree->places, node->ref.path, property);

	return where.file == NULL ? node->ref.where : where;
}

struct property tree_property(const struct tree *tree, const struct tree_node *node,
			      const char *name)
{
	int length = 0;
	const void *bytes = fdt_getprop(tree->fdt, node->ref.offset, name, &length);

	if (bytes == NULL) {
		return (struct property){ .where = node->ref.where };
	}
	return (struct property){
		.name = name,
		.bytes = bytes,
		.n_bytes = (size_t)length,
		.where = tree_where(tree, node, name),
	};
}

bool tree_has(const struct tree *tree, const struct tree_node *node, const char *name)
{
	return fdt_getprop(tree->fdt, node->ref.offset, name, NULL) != NULL;
}

void tree_each_property(const struct tree *tree, const struct tree_node *node,
			void (*visit)(const struct property *property, void *context),
			void *context)
{
	int offset;

	fdt_for_each_property_offset(offset, tree->fdt, node->ref.offset) {
		struct property property = { 0 };
		int length;

		property.bytes = fdt_getprop_by_offset(tree->fdt, offset, &property.name, &length);
		if (property.bytes == NULL || property.name == NULL) {
			continue;
		}
		property.n_bytes = (size_t)length;
		property.where = tree_where(tree, node, property.name);
		visit(&property, context);
	}
}

bool tree_is_compatible(const struct tree *tree, const struct tree_node *node, const char *wanted)
{
	struct property compatible = tree_property(tree, node, "compatible");
	const char *one;

	for (size_t i = 0; (one = property_string_at(&compatible, i)) != NULL; i++) {
		if (strcmp(one, wanted) == 0) {
			return true;
		}
	}
	return false;
}

bool tree_is_device_type(const struct tree *tree, const struct tree_node *node, const char *type)
{
	struct property property = tree_property(tree, node, "device_type");
	const char *text = property_string(&property);

	return text != NULL && strcmp(text, type) == 0;
}

bool tree_is_enabled(const struct tree *tree, const struct tree_node *node)
{
	struct property status = tree_property(tree, node, "status");
	const char *text = property_string(&status);

	return text == NULL || strcmp(text, "okay") == 0 || strcmp(text, "ok") == 0;
}

/* ---- Values -------------------------------------------------------------------- */

size_t property_n_cells(const struct property *property)
{
	return property->n_bytes / 4;
}

uint32_t property_cell(const struct property *property, size_t at)
{
	const uint8_t *bytes = property->bytes + 4 * at;

	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

bool property_number(const struct property *property, size_t at, unsigned cells, uint64_t *value)
{
	*value = 0;
	if (at > property_n_cells(property) || cells > property_n_cells(property) - at) {
		return false;
	}
	for (unsigned i = 0; i < cells; i++) {
		if (*value > UINT32_MAX) {
			return false;
		}
		*value = *value << 32 | property_cell(property, at + i);
	}
	return true;
}

const char *property_string_at(const struct property *property, size_t at)
{
	const char *text = (const char *)property->bytes;
	const char *end = text + property->n_bytes;

	if (property->n_bytes == 0 || end[-1] != '\0') {
		return NULL;
	}
	for (size_t i = 0; text < end; i++) {
		if (i == at) {
			return text;
		}
		text += strlen(text) + 1;
	}
	return NULL;
}

const char *property_string(const struct property *property)
{
	return property_string_at(property, 1) != NULL ? NULL : property_string_at(property, 0);
}

/* ---- Addresses ----------------------------------------------------------------- */

bool ranges_translate(const struct property *ranges, unsigned bus_cells, unsigned parent_cells,
		      unsigned size_cells, uint64_t *address, uint64_t bytes)
{
	size_t entry_cells = (size_t)bus_cells + parent_cells + size_cells;

	if (ranges->n_bytes == 0) {
		return true; /* `ranges;`: the same addresses on both sides */
	}
	if (entry_cells == 0) {
		return false;
	}
	for (size_t at = 0; at + entry_cells <= property_n_cells(ranges); at += entry_cells) {
		uint64_t bus, parent, size, offset;

		if (!property_number(ranges, at, bus_cells, &bus) ||
		    !property_number(ranges, at + bus_cells, parent_cells, &parent) ||
		    !property_number(ranges, at + bus_cells + parent_cells, size_cells, &size)) {
			continue;
		}
		offset = *address - bus;
		if (*address >= bus && offset < size && bytes <= size - offset &&
		    parent <= UINT64_MAX - offset) {
			*address = parent + offset;
			return true;
		}
	}
	return false;
}

/* From an address on `bus` (the parent of the node with the reg) up to the root. */
static bool translate_up(const struct tree *tree, const struct tree_node *bus, struct range *range)
{
	for (; bus->parent != NULL; bus = bus->parent) {
		struct property ranges = tree_property(tree, bus, "ranges");

		if (ranges.name == NULL ||
		    !ranges_translate(&ranges, bus->address_cells, bus->parent->address_cells,
				      bus->size_cells, &range->base, range->bytes)) {
			return false;
		}
	}
	return true;
}

enum reg_result tree_reg(const struct tree *tree, const struct tree_node *node,
			 struct range **ranges, size_t *n)
{
	struct property reg = tree_property(tree, node, "reg");
	const struct tree_node *bus = node->parent;
	size_t entry_cells = bus == NULL ? 0 : (size_t)bus->address_cells + bus->size_cells;
	size_t n_entries = entry_cells == 0 ? 0 : property_n_cells(&reg) / entry_cells;

	*ranges = NULL;
	*n = 0;
	if (reg.name == NULL || bus == NULL) {
		return REG_NONE;
	}
	if (bus->size_cells == 0) {
		return REG_NOT_CPU_SPACE; /* numbers, not addresses: CPUs, I2C */
	}
	if (n_entries == 0 || reg.n_bytes != n_entries * entry_cells * 4) {
		return REG_MALFORMED;
	}
	*ranges = xarray(n_entries, sizeof(**ranges));
	for (size_t i = 0; i < n_entries; i++) {
		struct range *range = &(*ranges)[i];

		if (!property_number(&reg, i * entry_cells, bus->address_cells, &range->base) ||
		    !property_number(&reg, i * entry_cells + bus->address_cells, bus->size_cells,
				     &range->bytes) ||
		    !translate_up(tree, bus, range)) {
			*ranges = NULL;
			return REG_NOT_CPU_SPACE;
		}
	}
	*n = n_entries;
	return REG_OK;
}

/* ---- Interrupts ---------------------------------------------------------------- */

/*
 * Devicetree Specification, "interrupt-parent": that of the nearest node upwards that names one, or
 * an interrupt controller on the way.
 */
const struct tree_node *tree_interrupt_parent(const struct tree *tree, const struct tree_node *node)
{
	for (; node != NULL; node = node->parent) {
		struct property parent = tree_property(tree, node, "interrupt-parent");

		if (parent.n_bytes == 4) {
			return tree_by_phandle(tree, property_cell(&parent, 0));
		}
		if (node->parent != NULL && tree_has(tree, node->parent, "#interrupt-cells")) {
			return node->parent;
		}
	}
	return NULL;
}

/* Reads one specifier at `*at`; NULL or what is wrong with it. */
static const char *read_specifier(const struct tree *tree, const struct property *property,
				  size_t *at, struct interrupt *interrupt)
{
	struct property n_cells;

	if (interrupt->controller == NULL) {
		return "names no interrupt controller";
	}
	n_cells = tree_property(tree, interrupt->controller, "#interrupt-cells");
	if (n_cells.n_bytes != 4 || property_cell(&n_cells, 0) == 0 ||
	    property_cell(&n_cells, 0) > ARRAY_SIZE(interrupt->cells)) {
		return xasprintf("goes to %s, whose #interrupt-cells is not 1..4",
				 interrupt->controller->ref.path);
	}
	interrupt->n_cells = property_cell(&n_cells, 0);
	if (interrupt->n_cells > property_n_cells(property) - *at) {
		return xasprintf("ends in the middle of an interrupt (%s takes %u cells each)",
				 interrupt->controller->ref.path, interrupt->n_cells);
	}
	for (unsigned i = 0; i < interrupt->n_cells; i++) {
		interrupt->cells[i] = property_cell(property, *at + i);
	}
	*at += interrupt->n_cells;
	return NULL;
}

bool tree_interrupts(const struct tree *tree, const struct tree_node *node,
		     struct interrupt **interrupts, size_t *n, const char **problem)
{
	struct property property = tree_property(tree, node, "interrupts-extended");
	bool is_extended = property.name != NULL;
	const struct tree_node *parent = NULL;
	size_t n_cells;

	if (!is_extended) {
		property = tree_property(tree, node, "interrupts");
		parent = property.name == NULL ? NULL : tree_interrupt_parent(tree, node);
	}
	n_cells = property_n_cells(&property);
	*interrupts = xarray(n_cells, sizeof(**interrupts));
	*n = 0;
	*problem = property.n_bytes % 4 != 0 ? "is not made of whole cells" : NULL;
	for (size_t at = 0; at < n_cells && *problem == NULL; ) {
		struct interrupt *one = &(*interrupts)[*n];

		one->controller = is_extended
					  ? tree_by_phandle(tree, property_cell(&property, at++))
					  : parent;
		*problem = read_specifier(tree, &property, &at, one);
		*n += *problem == NULL;
	}
	return *problem == NULL;
}
