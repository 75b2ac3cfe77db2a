/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about devices: whose they are, what shares their pages and interrupts, what DMA reaches.
 */
#include "tools/pvc/check.h"

#include "hyp/config.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/needs.h"
#include "tools/pvc/parse.h"
#include "tools/pvc/parse_value.h"
#include "tools/pvc/range.h"
#include "tools/pvc/util.h"

#include <inttypes.h>
#include <string.h>

struct location access_where(const struct system *system, const struct partition *partition)
{
	return tree_where(system->tree, node_of(system, &partition->node), "access");
}

/* Whose a device is, in words. */
const char *owner_text(const struct device *device)
{
	switch (device->use) {
	case DEVICE_HYPERVISOR:
		return "the hypervisor";
	case DEVICE_PARTITION:
		return xasprintf("partition \"%s\"", device->owner->name);
	case DEVICE_FREE:
		break;
	}
	return "nobody";
}

/* ---- Ownership ----------------------------------------------------------------- */

static void check_ownership(const struct system *system, const struct partition *partition,
			    const struct device *device)
{
	struct location where = access_where(system, partition);

	if (device->use == DEVICE_HYPERVISOR) {
		diag_error(where, "device-shared",
			   "partition \"%s\" takes %s, which the hypervisor uses itself (%s)",
			   partition->name, device->node.path,
			   device == system->gic ? "interrupts" : "paravent,console");
		if (device == system->console) {
			diag_note(
				tree_where(system->tree, find_hypervisor(system),
					   "paravent,console"),
				"without this, the UART may be given away; then nobody has a "
				"shared console");
		}
	} else if (device->owner != partition) {
		diag_error(where, "device-shared",
			   "partition \"%s\" takes %s, which belongs to partition \"%s\"",
			   partition->name, device->node.path, device->owner->name);
		diag_note(access_where(system, device->owner), "\"%s\" takes it here",
			  device->owner->name);
	}
	if (!tree_is_enabled(system->tree, node_of(system, &device->node))) {
		diag_warning(where, "device-disabled",
			     "partition \"%s\" takes %s, which the board's description disables",
			     partition->name, device->node.path);
		diag_note(tree_where(system->tree, node_of(system, &device->node), "status"),
			  "status is set here");
	}
}

/*
 * Controllers that reach beyond their own registers: an IOMMU or an MSI controller in a partition's
 * hands redirects DMA or raises interrupts of others.
 */
static void check_reach(const struct system *system, const struct partition *partition,
			const struct device *device)
{
	static const char *const marks[] = { "#iommu-cells", "msi-controller" };
	const struct tree_node *node = node_of(system, &device->node);
	struct location where = access_where(system, partition);

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (tree_has(system->tree, node, marks[i])) {
			diag_error(where, "device-controller",
				   "partition \"%s\" takes %s, which controls devices of others",
				   partition->name, device->node.path);
			diag_note(tree_where(system->tree, node, marks[i]), "'%s' says so",
				  marks[i]);
		}
	}
	if (tree_has(system->tree, node, "interrupt-map")) {
		diag_error(where, "not-yet",
			   "partition \"%s\" takes %s, whose interrupts go through an "
			   "'interrupt-map': of a later release",
			   partition->name, device->node.path);
	}
}

/* EL2's own devices need not be listed, but who reads the DTS should find them there. */
static void check_hypervisor_access(const struct system *system)
{
	const struct tree_node *hypervisor = find_hypervisor(system);
	const struct device *used[] = { system->gic, system->console };
	struct property access;

	if (hypervisor == NULL) {
		return;
	}
	access = tree_property(system->tree, hypervisor, "access");
	for (size_t i = 0; i < ARRAY_SIZE(used); i++) {
		bool is_listed = false;

		for (size_t at = 0; used[i] != NULL && at < property_n_cells(&access); at++) {
			is_listed = is_listed ||
				    tree_by_phandle(system->tree, property_cell(&access, at)) ==
					    node_of(system, &used[i]->node);
		}
		if (used[i] != NULL && !is_listed) {
			diag_warning(access.where, "hypervisor-access",
				     "the hypervisor uses %s, but its 'access' does not list it",
				     used[i]->node.path);
		}
	}
}

/* ---- Pages --------------------------------------------------------------------- */

static bool shares_page(const struct device *a, const struct device *b, uint64_t *page)
{
	for (size_t i = 0; i < a->n_reg; i++) {
		for (size_t k = 0; k < b->n_reg; k++) {
			struct range pages_a = range_pages(a->reg[i], PAGE_BYTES);
			struct range pages_b = range_pages(b->reg[k], PAGE_BYTES);

			if (range_overlaps(pages_a, pages_b)) {
				*page = pages_a.base > pages_b.base ? pages_a.base : pages_b.base;
				return true;
			}
		}
	}
	return false;
}

/* A bus or a controller whose registers enclose another node's: one device in two nodes. */
static bool is_nested(const struct system *system, const struct device *a, const struct device *b)
{
	const struct tree_node *node_a = node_of(system, &a->node);
	const struct tree_node *node_b = node_of(system, &b->node);

	return is_within(node_a, node_b) || is_within(node_b, node_a);
}

static void check_page_pair(const struct system *system, const struct device *device,
			    const struct device *other)
{
	struct location where = access_where(system, device->owner);
	uint64_t page;

	if (device == other || (other->use == DEVICE_PARTITION && other->owner == device->owner) ||
	    !shares_page(device, other, &page)) {
		return;
	}
	if (other->use != DEVICE_FREE) {
		diag_error(where, "device-page",
			   "%s of partition \"%s\" and %s of %s lie in one 4 KiB page, 0x%" PRIx64,
			   device->node.path, device->owner->name, other->node.path,
			   owner_text(other), page);
		diag_note(other->node.where, "%s is here", other->node.path);
	} else if (!is_nested(system, device, other)) {
		diag_warning(
			where, "device-page-free",
			"with %s, partition \"%s\" also reaches %s: one 4 KiB page, 0x%" PRIx64,
			device->node.path, device->owner->name, other->node.path, page);
		diag_note(other->node.where, "%s is here, given to nobody", other->node.path);
	}
}

static void check_pages(const struct system *system, const struct device *device)
{
	for (size_t i = 0; i < system->n_devices; i++) {
		const struct device *other = &system->devices[i];

		/*
		 * A pair of two partitions is looked at twice: report it where the second takes it.
		 */
		if (other->use == DEVICE_PARTITION && other->owner->index > device->owner->index) {
			continue;
		}
		check_page_pair(system, device, other);
	}
}

/* ---- Interrupts ---------------------------------------------------------------- */

bool device_has_interrupt(const struct device *device, uint32_t intid)
{
	for (size_t i = 0; i < device->n_interrupts; i++) {
		if (device->interrupts[i] == intid) {
			return true;
		}
	}
	return false;
}

static void check_interrupt_pair(const struct system *system, const struct device *device,
				 uint32_t intid, const struct device *other)
{
	struct location where = access_where(system, device->owner);

	if (device == other || !device_has_interrupt(other, intid) ||
	    (other->use == DEVICE_PARTITION && other->owner == device->owner)) {
		return;
	}
	if (other->use == DEVICE_FREE) {
		diag_warning(where, "interrupt-free",
			     "%s of partition \"%s\" shares INTID %u with %s, which nobody has",
			     device->node.path, device->owner->name, intid, other->node.path);
	} else if (other->use == DEVICE_HYPERVISOR || other->owner->index < device->owner->index) {
		diag_error(where, "interrupt-shared",
			   "INTID %u of %s (partition \"%s\") is also claimed by %s (%s)", intid,
			   device->node.path, device->owner->name, other->node.path,
			   owner_text(other));
	} else {
		return;
	}
	diag_note(tree_where(system->tree, node_of(system, &other->node), "interrupts"),
		  "%s has it here", other->node.path);
}

static void check_interrupts(const struct system *system, const struct device *device)
{
	for (size_t i = 0; i < device->n_interrupts; i++) {
		if (device->interrupts[i] < 32) {
			diag_error(
				access_where(system, device->owner), "interrupt-private",
				"%s of partition \"%s\" uses INTID %u, which each core has for "
				"itself (a PPI): it cannot be given away",
				device->node.path, device->owner->name, device->interrupts[i]);
			diag_note(tree_where(system->tree, node_of(system, &device->node),
					     "interrupts"),
				  "interrupts are here");
			continue;
		}
		for (size_t k = 0; k < system->n_devices; k++) {
			check_interrupt_pair(system, device, device->interrupts[i],
					     &system->devices[k]);
		}
	}
}

/* ---- DMA ----------------------------------------------------------------------- */

static bool is_trusted(const struct system *system, const struct partition *partition,
		       const struct device *device)
{
	struct reference *references;
	size_t n;

	value_references(system->tree, node_of(system, &partition->node), "paravent,trusted-dma",
			 OPTIONAL, 0, &references, &n);
	for (size_t i = 0; i < n; i++) {
		if (find_device(system, references[i].target) == device) {
			return true;
		}
	}
	return false;
}

static void check_dma(const struct system *system, const struct device *device)
{
	const struct partition *partition = device->owner;
	struct location where = access_where(system, partition);

	if (!device->dma_master) {
		return;
	}
	if (!is_trusted(system, partition, device)) {
		diag_error(
			where, "dma-unprotected",
			"%s of partition \"%s\" is a DMA master and no IOMMU confines it: it "
			"reaches all memory",
			device->node.path, partition->name);
		diag_note(device->node.where,
			  "%s is here; trust its driver with paravent,trusted-dma = <&...>;",
			  device->node.path);
	}
	if (partition->n_memory != 0 && partition->memory[0].ipa != partition->memory[0].pa) {
		diag_error(
			tree_where(system->tree, node_of(system, &partition->node),
				   "paravent,guest-base"),
			"dma-guest-base",
			"partition \"%s\" has the DMA master %s: without an IOMMU its memory must "
			"lie where it really is, so no 'paravent,guest-base'",
			partition->name, device->node.path);
		diag_note(where, "%s is taken here", device->node.path);
	}
}

/* The nearest bus around a node that passes DMA on by a list of its own; NULL: all as it is. */
static const struct tree_node *find_dma_bus(const struct tree *tree, const struct tree_node *node)
{
	for (node = node->parent; node != NULL && node->parent != NULL; node = node->parent) {
		struct property ranges = tree_property(tree, node, "dma-ranges");

		if (ranges.n_bytes > 0) {
			return node;
		}
	}
	return NULL;
}

/* Bytes from an address on that DMA behind the bus reaches in one piece; 0: none. */
static uint64_t reach_from(const struct tree *tree, const struct tree_node *bus, uint64_t address)
{
	struct property ranges = tree_property(tree, bus, "dma-ranges");
	unsigned entry = bus->address_cells + bus->parent->address_cells + bus->size_cells;

	for (size_t at = 0; entry != 0 && at + entry <= property_n_cells(&ranges); at += entry) {
		struct range reached;

		if (property_number(&ranges, at + bus->address_cells, bus->parent->address_cells,
				    &reached.base) &&
		    property_number(&ranges, at + entry - bus->size_cells, bus->size_cells,
				    &reached.bytes) &&
		    address >= reached.base && address - reached.base < reached.bytes) {
			return reached.bytes - (address - reached.base);
		}
	}
	return 0;
}

static bool reaches(const struct tree *tree, const struct tree_node *bus, struct range memory)
{
	while (memory.bytes > 0) {
		uint64_t bytes = reach_from(tree, bus, memory.base);

		if (bytes == 0) {
			return false;
		}
		bytes = bytes < memory.bytes ? bytes : memory.bytes;
		memory.base += bytes;
		memory.bytes -= bytes;
	}
	return true;
}

/* "dma-ranges" of the buses: a driver could not use memory that its device does not reach. */
static void check_dma_reach(const struct system *system, const struct device *device)
{
	const struct partition *partition = device->owner;
	const struct tree *tree = partition->tree;
	const struct tree_node *node = device_node_in(tree, system, device);
	const struct tree_node *bus = node == NULL ? NULL : find_dma_bus(tree, node);

	for (size_t i = 0; device->dma_master && bus != NULL && i < partition->n_memory; i++) {
		struct range memory = { partition->memory[i].pa, partition->memory[i].bytes };

		if (!reaches(tree, bus, memory)) {
			diag_error(partition->memory[i].where, "dma-reach",
				   "DMA of %s does not reach memory %s of partition \"%s\"",
				   device->node.path, range_text(memory), partition->name);
			diag_note(access_where(system, partition),
				  "it is taken here; 'dma-ranges' of %s%s set the limit",
				  bus->ref.path, tree == system->tree ? "" :
				  xasprintf(" in %s", system->devicetree));
			return;
		}
	}
}

/* paravent,trusted-dma says something about the system's safety: entries without effect mislead. */
static void check_trusted(const struct system *system, const struct partition *partition)
{
	const struct tree_node *node = node_of(system, &partition->node);
	struct location where = tree_where(system->tree, node, "paravent,trusted-dma");
	struct reference *references;
	size_t n;

	value_references(system->tree, node, "paravent,trusted-dma", OPTIONAL, 0, &references, &n);
	for (size_t i = 0; i < n; i++) {
		const struct device *device = find_device(system, references[i].target);

		if (device == NULL || device->use != DEVICE_PARTITION ||
		    device->owner != partition || !device->dma_master) {
			diag_warning(
				where, "dma-trust-unused",
				"'paravent,trusted-dma' names %s, which is no DMA master of "
				"partition \"%s\"",
				references[i].target->ref.path, partition->name);
		}
	}
}

/* ---- All ----------------------------------------------------------------------- */

static void check_owned(const struct system *system, const struct device *device)
{
	check_pages(system, device);
	check_interrupts(system, device);
	check_dma(system, device);
	check_dma_reach(system, device);
}

void check_devices(const struct system *system)
{
	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		for (size_t d = 0; d < partition->n_devices; d++) {
			check_ownership(system, partition, partition->devices[d]);
			check_reach(system, partition, partition->devices[d]);
			if (partition->devices[d]->owner == partition) {
				check_owned(system, partition->devices[d]);
			}
		}
		check_trusted(system, partition);
	}
	check_hypervisor_access(system);
}
