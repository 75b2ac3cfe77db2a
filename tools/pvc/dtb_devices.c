/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/dtb_devices.h"

#include "tools/pvc/util.h"

#include "hyp/types.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#define GUEST_INTERRUPT_CELLS 3
#define TREE_DEPTH_MAX        32

/* Properties that hold references. `cells` NULL: phandles alone, without arguments. */
static const struct reference {
	const char *property; /* "-x" means any property that ends so, "x-" any that starts so */
	const char *cells;
	const char *names;    /* property that goes with it */
} references[] = {
	{ "clocks",                 "#clock-cells",          "clock-names" },
	{ "assigned-clocks",        "#clock-cells",          "assigned-clock-rates" },
	{ "assigned-clock-parents", "#clock-cells",          NULL },
	{ "resets",                 "#reset-cells",          "reset-names" },
	{ "power-domains",          "#power-domain-cells",   "power-domain-names" },
	{ "dmas",                   "#dma-cells",            "dma-names" },
	{ "iommus",                 "#iommu-cells",          NULL },
	{ "phys",                   "#phy-cells",            "phy-names" },
	{ "mboxes",                 "#mbox-cells",           "mbox-names" },
	{ "pwms",                   "#pwm-cells",            "pwm-names" },
	{ "io-channels",            "#io-channel-cells",     "io-channel-names" },
	{ "interconnects",          "#interconnect-cells",   "interconnect-names" },
	{ "hwlocks",                "#hwlock-cells",         "hwlock-names" },
	{ "thermal-sensors",        "#thermal-sensor-cells", NULL },
	{ "sound-dai",              "#sound-dai-cells",      NULL },
	{ "msi-parent",             "#msi-cells",            NULL },
	{ "gpio-ranges",            "#gpio-cells",           NULL },
	{ "gpios",                  "#gpio-cells",           NULL },
	{ "-gpios",                 "#gpio-cells",           NULL },
	{ "-gpio",                  "#gpio-cells",           NULL },
	{ "interrupts-extended",    "#interrupt-cells",      "interrupt-names" },
	{ "nvmem-cells",            NULL,                    "nvmem-cell-names" },
	{ "memory-region",          NULL,                    "memory-region-names" },
	{ "phy-handle",             NULL,                    NULL },
	{ "remote-endpoint",        NULL,                    NULL },
	{ "operating-points-v2",    NULL,                    NULL },
	{ "-supply",                NULL,                    NULL },
	{ "pinctrl-",               NULL,                    "pinctrl-names" },
};

/* Replaced, or without a meaning at the new place. */
static const char *const left_out[] = {
	"phandle", "linux,phandle", "interrupt-parent", "interrupts", "ranges", "dma-ranges",
	"interrupt-map", "interrupt-map-mask", "iommu-map", "msi-map",
};

struct copy {
	struct dtb             *dtb;
	const struct system    *system;
	const void             *fdt;
	const struct partition *partition;
	int                    *fixed;  /* offsets of fixed clocks and regulators to copy */
	size_t                  n_fixed;
};

/* ---- The input tree -------------------------------------------------------------------------- */

uint32_t dtb_input_phandle(const struct system *system, int offset)
{
	return fdt_get_phandle(system->fdt, offset);
}

static uint32_t cell_at(const void *value, size_t index)
{
	uint32_t cell;

	memcpy(&cell, (const char *)value + index * sizeof(cell), sizeof(cell));
	return fdt32_to_cpu(cell);
}

static const void *get_property(const void *fdt, int offset, const char *name, size_t *bytes)
{
	int length = 0;
	const void *value = fdt_getprop(fdt, offset, name, &length);

	*bytes = value != NULL && length > 0 ? (size_t)length : 0;
	return value;
}

static uint32_t get_cell(const void *fdt, int offset, const char *name, uint32_t otherwise)
{
	size_t bytes;
	const void *value = get_property(fdt, offset, name, &bytes);

	return bytes >= sizeof(uint32_t) ? cell_at(value, 0) : otherwise;
}

static bool has_property(const void *fdt, int offset, const char *name)
{
	return fdt_getprop(fdt, offset, name, NULL) != NULL;
}

static const struct device *device_at(const struct system *system, int offset)
{
	for (size_t i = 0; i < system->n_devices; i++) {
		if (system->devices[i].node.offset == offset) {
			return &system->devices[i];
		}
	}
	return NULL;
}

/* The device a node is or belongs to; NULL: none. */
static const struct device *device_around(const struct copy *copy, int offset)
{
	for (unsigned depth = 0; offset >= 0 && depth < TREE_DEPTH_MAX; depth++) {
		const struct device *device = device_at(copy->system, offset);

		if (device != NULL) {
			return device;
		}
		offset = fdt_parent_offset(copy->fdt, offset);
	}
	return NULL;
}

static bool is_fixed_supplier(const void *fdt, int offset)
{
	return fdt_node_check_compatible(fdt, offset, "fixed-clock") == 0 ||
	       fdt_node_check_compatible(fdt, offset, "fixed-factor-clock") == 0 ||
	       (fdt_node_check_compatible(fdt, offset, "regulator-fixed") == 0 &&
		!has_property(fdt, offset, "gpio") && !has_property(fdt, offset, "gpios"));
}

/* What a phandle means, if the partition's tree has it; else -1. */
static int find_target(const struct copy *copy, uint32_t phandle)
{
	int offset = fdt_node_offset_by_phandle(copy->fdt, phandle);
	const struct device *device;

	if (offset < 0) {
		return -1;
	}
	if (offset == copy->system->gic->node.offset || is_fixed_supplier(copy->fdt, offset)) {
		return offset;
	}
	device = device_around(copy, offset);
	return device != NULL && device->use == DEVICE_PARTITION &&
	       device->owner == copy->partition ? offset : -1;
}

/* ---- References ------------------------------------------------------------------------------ */

static bool matches(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);

	if (pattern[0] == '-') {
		return ends_with(name, pattern) && strcmp(name, "nr-gpios") != 0; /* a count */
	}
	if (pattern[length - 1] == '-') {
		return starts_with(name, pattern) && name[length] >= '0' && name[length] <= '9';
	}
	return strcmp(pattern, name) == 0;
}

static const struct reference *find_reference(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(references); i++) {
		if (matches(references[i].property, name)) {
			return &references[i];
		}
	}
	return NULL;
}

/*
 * Walks a list of references. Calls `visit` for each target the partition has;
 * false: there is one that it has not, or the list makes no sense.
 */
static bool walk_references(struct copy *copy, const struct reference *reference,
			    const void *value, size_t bytes,
			    void (*visit)(struct copy *copy, int target))
{
	size_t n = bytes / sizeof(uint32_t);

	for (size_t at = 0; at < n;) {
		uint32_t phandle = cell_at(value, at++);
		int target = find_target(copy, phandle);

		if (phandle == 0) {
			continue; /* an empty slot: has no arguments */
		}
		if (target < 0) {
			return false;
		}
		if (visit != NULL) {
			visit(copy, target);
		}
		at += reference->cells == NULL ? 0 : get_cell(copy->fdt, target,
							      reference->cells, 0);
		if (at > n) {
			return false;
		}
	}
	return true;
}

static bool is_kept(struct copy *copy, int offset, const char *name, const void *value,
		    size_t bytes)
{
	const struct reference *reference = find_reference(name);

	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++) {
		if (strcmp(name, left_out[i]) == 0) {
			return false;
		}
	}
	if (starts_with(name, "paravent,")) {
		return false;
	}
	if (reference != NULL) {
		return walk_references(copy, reference, value, bytes, NULL);
	}
	/* "clock-names" goes when "clocks" goes. */
	for (size_t i = 0; i < ARRAY_SIZE(references); i++) {
		const struct reference *with = &references[i];
		size_t with_bytes;
		const void *with_value;

		if (with->names == NULL || strcmp(with->names, name) != 0) {
			continue;
		}
		with_value = get_property(copy->fdt, offset,
					  strcmp(with->property, "pinctrl-") == 0 ? "pinctrl-0"
										  : with->property,
					  &with_bytes);
		if (with_value != NULL &&
		    !walk_references(copy, with, with_value, with_bytes, NULL)) {
			return false;
		}
	}
	return true;
}

/* ---- Interrupts ------------------------------------------------------------------------------ */

/* The interrupt controller of a node: interrupt-parent, its own or inherited. */
static int find_controller(const struct copy *copy, int offset)
{
	for (unsigned depth = 0; offset >= 0 && depth < TREE_DEPTH_MAX; depth++) {
		uint32_t phandle = get_cell(copy->fdt, offset, "interrupt-parent", 0);

		if (phandle != 0) {
			return find_target(copy, phandle);
		}
		offset = fdt_parent_offset(copy->fdt, offset);
	}
	return -1;
}

/* False: the node's interrupts end at a controller which the partition has not. */
static bool copy_interrupts(struct copy *copy, int offset)
{
	size_t bytes, n;
	const void *value = get_property(copy->fdt, offset, "interrupts", &bytes);
	int controller;
	uint32_t cells;

	if (value == NULL) {
		return true;
	}
	controller = find_controller(copy, offset);
	if (controller < 0) {
		return false;
	}
	dtb_cell(copy->dtb, "interrupt-parent", fdt_get_phandle(copy->fdt, controller));
	cells = get_cell(copy->fdt, controller, "#interrupt-cells", GUEST_INTERRUPT_CELLS);
	if (controller != copy->system->gic->node.offset || cells <= GUEST_INTERRUPT_CELLS) {
		dtb_bytes(copy->dtb, "interrupts", value, bytes);
		return true;
	}

	/* A fourth cell names the cores of a PPI: those of the board, not the partition's. */
	n = bytes / sizeof(uint32_t) / cells;

	uint32_t *list = xarray(n * GUEST_INTERRUPT_CELLS, sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < GUEST_INTERRUPT_CELLS; k++) {
			list[i * GUEST_INTERRUPT_CELLS + k] = cell_at(value, i * cells + k);
		}
	}
	dtb_cells(copy->dtb, "interrupts", list, n * GUEST_INTERRUPT_CELLS);
	return true;
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

char *dtb_device_name(const struct device *device)
{
	const char *name = device->node.name;
	const char *at = strchr(name, '@');
	size_t stem = at != NULL ? (size_t)(at - name) : strlen(name);

	return xasprintf("%.*s@%" PRIx64, (int)stem, name, device->reg[0].base);
}

static void add_dropped(const char ***dropped, size_t *n, const char *name)
{
	*dropped = xgrow(*dropped, *n, *n + 1, sizeof(**dropped));
	(*dropped)[(*n)++] = name;
}

/* Properties of one node; `device` NULL: not the device's own node, so that reg stays as it is. */
static void copy_properties(struct copy *copy, int offset, const struct device *device)
{
	const void *fdt = copy->fdt;
	const char **dropped = NULL;
	size_t n_dropped = 0;
	int property;

	if (fdt_get_phandle(fdt, offset) != 0) {
		dtb_cell(copy->dtb, "phandle", fdt_get_phandle(fdt, offset));
	}
	if (!copy_interrupts(copy, offset)) {
		add_dropped(&dropped, &n_dropped, "interrupts");
	}
	fdt_for_each_property_offset(property, fdt, offset) {
		const char *name = NULL;
		int length = 0;
		const void *value = fdt_getprop_by_offset(fdt, property, &name, &length);

		if (value == NULL || (device != NULL && strcmp(name, "reg") == 0)) {
			continue;
		}
		if (is_kept(copy, offset, name, value, (size_t)length)) {
			dtb_bytes(copy->dtb, name, value, (size_t)length);
		} else if (find_reference(name) != NULL) {
			add_dropped(&dropped, &n_dropped, name);
		}
	}
	if (device != NULL) {
		uint64_t *reg = xarray(2 * device->n_reg, sizeof(*reg));

		for (size_t i = 0; i < device->n_reg; i++) {
			reg[2 * i] = device->reg[i].base;
			reg[2 * i + 1] = device->reg[i].bytes;
		}
		dtb_numbers(copy->dtb, "reg", reg, 2 * device->n_reg);
	}
	if (n_dropped > 0) {
		dtb_texts(copy->dtb, "paravent,dropped", dropped, n_dropped);
	}
}

/* All below a device that is not a device of its own: i2c clients, ports, partitions of a flash. */
static void copy_children(struct copy *copy, int offset, unsigned depth)
{
	int child;

	fdt_for_each_subnode(child, copy->fdt, offset) {
		if (device_at(copy->system, child) != NULL || depth >= TREE_DEPTH_MAX) {
			continue;
		}
		dtb_open(copy->dtb, fdt_get_name(copy->fdt, child, NULL));
		copy_properties(copy, child, NULL);
		copy_children(copy, child, depth + 1);
		dtb_close(copy->dtb);
	}
}

static bool inherits_coherency(const struct copy *copy, int offset)
{
	if (has_property(copy->fdt, offset, "dma-coherent")) {
		return false; /* copied with the rest */
	}
	for (unsigned depth = 0; offset >= 0 && depth < TREE_DEPTH_MAX; depth++) {
		if (has_property(copy->fdt, offset, "dma-coherent")) {
			return true;
		}
		offset = fdt_parent_offset(copy->fdt, offset);
	}
	return false;
}

/* ---- Fixed suppliers ------------------------------------------------------------------------- */

static void find_fixed_below(struct copy *copy, int offset, unsigned depth);

static void add_fixed(struct copy *copy, int target)
{
	if (!is_fixed_supplier(copy->fdt, target)) {
		return;
	}
	for (size_t i = 0; i < copy->n_fixed; i++) {
		if (copy->fixed[i] == target) {
			return;
		}
	}
	copy->fixed = xgrow(copy->fixed, copy->n_fixed, copy->n_fixed + 1, sizeof(*copy->fixed));
	copy->fixed[copy->n_fixed++] = target;
	find_fixed_below(copy, target, 0); /* a divider has a clock of its own */
}

static void find_fixed_below(struct copy *copy, int offset, unsigned depth)
{
	int property, child;

	fdt_for_each_property_offset(property, copy->fdt, offset) {
		const char *name = NULL;
		int length = 0;
		const void *value = fdt_getprop_by_offset(copy->fdt, property, &name, &length);
		const struct reference *reference = value != NULL ? find_reference(name) : NULL;

		if (reference != NULL &&
		    walk_references(copy, reference, value, (size_t)length, NULL)) {
			walk_references(copy, reference, value, (size_t)length, add_fixed);
		}
	}
	fdt_for_each_subnode(child, copy->fdt, offset) {
		if (device_at(copy->system, child) == NULL && depth < TREE_DEPTH_MAX) {
			find_fixed_below(copy, child, depth + 1);
		}
	}
}

/* The phandle in the name keeps suppliers from different buses apart. */
static void copy_fixed(struct copy *copy)
{
	for (size_t i = 0; i < copy->n_fixed; i++) {
		const char *name = fdt_get_name(copy->fdt, copy->fixed[i], NULL);
		size_t stem = strcspn(name, "@");

		dtb_open(copy->dtb, xasprintf("%.*s-%" PRIu32, (int)stem, name,
					      fdt_get_phandle(copy->fdt, copy->fixed[i])));
		copy_properties(copy, copy->fixed[i], NULL);
		dtb_close(copy->dtb);
	}
}

void dtb_copy_devices(struct dtb *dtb, const struct system *system,
		      const struct partition *partition)
{
	struct copy copy = { .dtb = dtb, .system = system, .fdt = system->fdt,
			     .partition = partition };

	for (size_t i = 0; i < partition->n_devices; i++) {
		find_fixed_below(&copy, partition->devices[i]->node.offset, 0);
	}
	copy_fixed(&copy);
	for (size_t i = 0; i < partition->n_devices; i++) {
		const struct device *device = partition->devices[i];

		if (device->n_reg == 0) {
			continue;
		}
		dtb_open(dtb, dtb_device_name(device));
		copy_properties(&copy, device->node.offset, device);
		if (inherits_coherency(&copy, device->node.offset)) {
			dtb_flag(dtb, "dma-coherent");
		}
		copy_children(&copy, device->node.offset, 0);
		dtb_close(dtb);
	}
}
