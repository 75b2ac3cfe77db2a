/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual devices: from one declaration to the device at its two ends, its window and its pages.
 * Addresses and interrupts come later, in place.c. docs/config.md "Virtual devices".
 */
#include "tools/pvc/parse.h"

#include "hyp/config.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/parse_value.h"
#include "tools/pvc/range.h"
#include "tools/pvc/util.h"
#include "tools/pvc/virtual_kinds.h"
#include "tools/pvc/windows.h"

#include <string.h>

#define LINES_MOST 1024u

/* ---- Ends ---------------------------------------------------------------------- */

/* The one partition that a property names; NULL: reported. */
static struct partition *parse_end(const struct system *system, const struct tree_node *node,
				   const char *property)
{
	struct location where = tree_where(system->tree, node, property);
	struct reference *references;
	struct partition *partition;
	size_t n;

	if (!value_references(system->tree, node, property, REQUIRED, 0, &references, &n)) {
		return NULL;
	}
	partition = find_partition(system, references[0].target);
	if (n != 1) {
		diag_error(where, "virtual-end",
			   "virtual device \"%s\": '%s' names one partition, not %zu",
			   node->ref.name, property, n);
		return NULL;
	}
	if (partition == NULL) {
		diag_error(where, "virtual-end", "virtual device \"%s\": %s is no partition",
			   node->ref.name, references[0].target->ref.path);
		diag_note(references[0].target->ref.where, "%s is here",
			  references[0].target->ref.path);
	}
	return partition;
}

static bool parse_ends(const struct system *system, struct virtual_device *device,
		       const struct tree_node *node)
{
	device->frontend = parse_end(system, node, "paravent,frontend");
	device->backend = parse_end(system, node, "paravent,backend");
	if (device->frontend == NULL || device->backend == NULL) {
		return false;
	}
	if (device->frontend == device->backend) {
		diag_error(tree_where(system->tree, node, "paravent,backend"), "virtual-end",
			   "virtual device \"%s\": partition \"%s\" is both its ends",
			   device->name, device->backend->name);
		return false;
	}
	return true;
}

static void add_to(struct virtual_device ***list, size_t *n, struct virtual_device *device)
{
	*list = xextend(*list, *n, sizeof(device));
	(*list)[(*n)++] = device;
}

/* ---- What the kind has ----------------------------------------------------------- */

static const struct virtual_kind *parse_kind(const struct system *system,
					     const struct tree_node *node)
{
	const char *names[16] = { NULL };
	const char *chosen;

	for (size_t i = 0; i < virtual_n_kinds && i + 1 < ARRAY_SIZE(names); i++) {
		names[i] = virtual_kinds[i].name;
	}
	if (!tree_has(system->tree, node, "paravent,kind")) {
		diag_error(node->ref.where, "missing-property",
			   "virtual device \"%s\" needs 'paravent,kind': block, net, console, rng, "
			   "i2c or gpio", node->ref.name);
		return NULL;
	}
	chosen = value_choice(system->tree, node, "paravent,kind", names, NULL);
	return chosen == NULL ? NULL : virtual_kind(chosen);
}

/* A property that only one kind has. */
static bool is_there(const struct system *system, const struct tree_node *node,
		     const struct virtual_device *device, const char *property, const char *kind)
{
	if (!tree_has(system->tree, node, property)) {
		return false;
	}
	if (strcmp(device->kind->name, kind) != 0) {
		diag_error(tree_where(system->tree, node, property), "virtual-kind",
			   "virtual device \"%s\" is of kind \"%s\": '%s' belongs to \"%s\"",
			   device->name, device->kind->name, property, kind);
		return false;
	}
	return true;
}

/*
 * One that stays the same as long as the configuration does: locally administered, "pv", the
 * frontend's id, the device's place in the list.
 */
static void choose_mac(struct virtual_device *device)
{
	const uint8_t mac[] = { 0x02, 'p', 'v', (uint8_t)(device->frontend->id >> 8),
				(uint8_t)device->frontend->id, (uint8_t)device->index };

	memcpy(device->mac, mac, sizeof(device->mac));
}

static void parse_mac(const struct system *system, struct virtual_device *device,
		      const struct tree_node *node)
{
	static const char property[] = "local-mac-address";
	struct property mac = tree_property(system->tree, node, property);

	choose_mac(device);
	if (!is_there(system, node, device, property, "net")) {
		return;
	}
	if (mac.n_bytes != sizeof(device->mac) || (mac.bytes[0] & 1) != 0) {
		diag_error(mac.where, "property-value",
			   "'%s' must be six bytes, the first even: [02 00 00 00 00 01]", property);
		return;
	}
	memcpy(device->mac, mac.bytes, sizeof(device->mac));
}

static void parse_lines(const struct system *system, struct virtual_device *device,
			const struct tree_node *node)
{
	static const char property[] = "paravent,lines";
	bool is_gpio = strcmp(device->kind->name, "gpio") == 0;

	if (is_gpio || is_there(system, node, device, property, "gpio")) {
		value_u32(system->tree, node, property, REQUIRED, 1, LINES_MOST, &device->n_lines);
	}
}

/* ---- Window and pages ------------------------------------------------------------ */

static uint64_t parse_window_bytes(const struct system *system,
				   const struct virtual_device *device,
				   const struct tree_node *node,
				   const struct reserved_memory *region)
{
	static const char property[] = "paravent,window-bytes";
	uint64_t bytes = region != NULL ? region->range.bytes : device->kind->window_bytes;
	const char *from = region != NULL ? "memory-region" : property;
	uint32_t asked;

	if (value_u32(system->tree, node, property, OPTIONAL, 1, UINT32_MAX, &asked)) {
		bytes = asked;
		from = property;
	}
	if (bytes < device->kind->window_least || bytes > VIRTUAL_WINDOW_MOST ||
	    (bytes & (bytes - 1)) != 0) {
		diag_error(tree_where(system->tree, node, from), "virtual-window",
			   "virtual device \"%s\": a window of kind \"%s\" has %s to %s, a power of "
			   "two, not %s", device->name, device->kind->name,
			   bytes_text(device->kind->window_least), bytes_text(VIRTUAL_WINDOW_MOST),
			   bytes_text(bytes));
		return device->kind->window_bytes;
	}
	return bytes;
}

static struct window *add_page(struct system *system, const struct virtual_device *device,
			       const char *suffix, struct partition *reader)
{
	struct window *page = window_add(system, (struct window){
		.node = device->node,
		.what = xasprintf("virtual device \"%s\"", device->name),
		.name = xasprintf("%s.%s", device->name, suffix),
		.is_page = true,
		.bytes = PAGE_BYTES,
	});

	window_share(page, reader, false);
	return page;
}

static void parse_window(struct system *system, struct virtual_device *device,
			 const struct tree_node *node)
{
	const char *what = xasprintf("virtual device \"%s\"", device->name);
	const struct reserved_memory *region = parse_memory_region(system, node, what);

	device->window = window_add(system, (struct window){
		.node = device->node,
		.what = what,
		.name = device->name,
		.memory_region = region == NULL ? NULL : region->node.path,
		.bytes = parse_window_bytes(system, device, node, region),
	});
	window_share(device->window, device->frontend, true);
	window_share(device->window, device->backend, true);
	device->registers = add_page(system, device, "registers", device->frontend);
	device->state = add_page(system, device, "state", device->backend);
}

static bool has_dma(const struct partition *partition)
{
	for (size_t i = 0; i < partition->n_devices; i++) {
		if (partition->devices[i]->dma_master) {
			return true;
		}
	}
	return false;
}

/* ---- Devices ------------------------------------------------------------------- */

static void parse_virtual_device(struct system *system, const struct tree_node *node)
{
	struct virtual_device *device = &system->virtual_devices[system->n_virtual_devices];

	*device = (struct virtual_device){
		.node = node->ref,
		.name = node->ref.name,
		.index = (uint32_t)system->n_virtual_devices,
		.kind = parse_kind(system, node),
	};
	if (!parse_ends(system, device, node) || device->kind == NULL) {
		return;
	}
	device->read_only = is_there(system, node, device, "paravent,read-only", "block") &&
			    value_flag(system->tree, node, "paravent,read-only");
	parse_mac(system, device, node);
	parse_lines(system, device, node);
	parse_window(system, device, node);
	virtual_offer(device);
	device->number = (uint32_t)device->backend->n_backends;
	device->has_dma = has_dma(device->backend);
	add_to(&device->frontend->frontends, &device->frontend->n_frontends, device);
	add_to(&device->backend->backends, &device->backend->n_backends, device);
	system->n_virtual_devices++;
}

void parse_virtual_devices(struct system *system)
{
	const struct tree_node *hypervisor = find_hypervisor(system);
	const struct tree_node *container =
		hypervisor == NULL ? NULL : tree_child(hypervisor, "virtual-devices");
	const struct tree_node *node = container == NULL ? NULL : container->first_child;
	size_t n = 0;

	system->virtual_devices = xarray(MAX_VIRTUAL_DEVICES, sizeof(system->virtual_devices[0]));
	for (; node != NULL; node = node->next_sibling) {
		if (n++ == MAX_VIRTUAL_DEVICES) {
			diag_error(node->ref.where, "limit", "%s: more than %d virtual devices",
				   node->ref.path, MAX_VIRTUAL_DEVICES);
			return;
		}
		if (tree_is_compatible(system->tree, node, COMPATIBLE_VIRTUAL_DEVICE)) {
			parse_virtual_device(system, node);
		}
	}
}
