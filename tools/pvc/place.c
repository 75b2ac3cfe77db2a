/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/place.h"

#include "hyp/config.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/guest_map.h"
#include "tools/pvc/parse.h"
#include "tools/pvc/range.h"
#include "tools/pvc/util.h"

#include <string.h>

#define SPI_FIRST 32u

/* ---- Windows ------------------------------------------------------------------- */

/* What a new window must keep clear of. */
struct obstacles {
	struct range *ranges;
	size_t        n;
};

static void avoid(struct obstacles *obstacles, struct range range)
{
	obstacles->ranges = xextend(obstacles->ranges, obstacles->n, sizeof(range));
	obstacles->ranges[obstacles->n++] = range;
}

/* Physical memory in use: image, partitions, reservations, windows placed so far. */
static void avoid_used_memory(const struct system *system, size_t n_placed,
			      struct obstacles *obstacles)
{
	avoid(obstacles, system->image);
	for (size_t i = 0; i < system->n_partitions; i++) {
		for (size_t m = 0; m < system->partitions[i].n_memory; m++) {
			const struct memory *memory = &system->partitions[i].memory[m];

			avoid(obstacles, (struct range){ memory->pa, memory->bytes });
		}
	}
	for (size_t i = 0; i < system->n_reserved; i++) {
		avoid(obstacles, system->reserved[i].range);
	}
	for (size_t i = 0; i < n_placed; i++) {
		avoid(obstacles,
		      (struct range){ system->windows[i]->pa, system->windows[i]->bytes });
	}
}

/*
 * A window has the same address in every partition that maps it: none may have anything else there.
 * With paravent,guest-base that is not implied by the physical addresses.
 */
static void avoid_guest_addresses(const struct system *system, const struct window *window,
				  struct obstacles *obstacles)
{
	for (size_t i = 0; i < window->n_users; i++) {
		struct guest_range *ranges;
		size_t n = guest_map(system, window->users[i].partition, &ranges);

		for (size_t r = 0; r < n; r++) {
			if (ranges[r].what != GUEST_WINDOW) {
				avoid(obstacles, ranges[r].range);
			}
		}
	}
}

/* The obstacle in the way of `wanted`; NULL: it is free. */
static const struct range *find_obstacle(const struct obstacles *obstacles, struct range wanted)
{
	for (size_t i = 0; i < obstacles->n; i++) {
		if (range_overlaps(obstacles->ranges[i], wanted)) {
			return &obstacles->ranges[i];
		}
	}
	return NULL;
}

/* First fit in one range, at or above `from`. Each step passes one obstacle for good. */
static bool fit(const struct obstacles *obstacles, struct range in, uint64_t from, uint64_t bytes,
		uint64_t *address)
{
	struct range wanted = { round_up(from > in.base ? from : in.base, PAGE_BYTES), bytes };
	const struct range *obstacle;

	while (range_contains(in, wanted)) {
		obstacle = find_obstacle(obstacles, wanted);
		if (obstacle == NULL) {
			*address = wanted.base;
			return true;
		}
		if (range_last(*obstacle) > UINT64_MAX - PAGE_BYTES) {
			return false;
		}
		wanted.base = round_up(range_last(*obstacle) + 1, PAGE_BYTES);
	}
	return false;
}

static bool place_window(const struct system *system, struct window *window, size_t n_placed)
{
	uint64_t above_image = system->image.bytes == 0 ? 0 : range_last(system->image);
	struct obstacles obstacles = { 0 };

	avoid_used_memory(system, n_placed, &obstacles);
	avoid_guest_addresses(system, window, &obstacles);
	/* Directly above the image first, to keep the tables small; then any gap. */
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < system->n_hypervisor_memory; i++) {
			if (fit(&obstacles, system->hypervisor_memory[i],
				pass == 0 ? above_image : 0, window->bytes, &window->pa)) {
				return true;
			}
		}
	}
	return false;
}

static const struct reserved_memory *find_region(const struct system *system, const char *path)
{
	for (size_t i = 0; i < system->n_reserved; i++) {
		if (strcmp(system->reserved[i].node.path, path) == 0) {
			return &system->reserved[i];
		}
	}
	return NULL;
}

/* A window of another node in the same region, before `number`; NULL: none. */
static const struct window *find_earlier_user(const struct system *system, size_t number)
{
	const struct window *window = system->windows[number];

	for (size_t i = 0; i < number; i++) {
		const struct window *other = system->windows[i];

		if (other->memory_region != NULL && other->node.offset != window->node.offset &&
		    strcmp(other->memory_region, window->memory_region) == 0) {
			return other;
		}
	}
	return NULL;
}

/* Can the region hold windows at all? Reports why not. */
static bool check_region(const struct system *system, const struct window *window,
			 const struct reserved_memory *region, struct location where)
{
	if (region->range.base % PAGE_BYTES != 0 || region->range.bytes % PAGE_BYTES != 0) {
		diag_error(where, "window-region", "%s: %s is not made of whole 4 KiB pages",
			   window->what, window->memory_region);
	} else if (system->n_hypervisor_memory != 0 &&
		   !range_is_covered(system->hypervisor_memory, system->n_hypervisor_memory,
				     region->range)) {
		diag_error(where, "window-region", "%s: %s lies outside the hypervisor's memory",
			   window->what, window->memory_region);
	} else {
		return true;
	}
	diag_note(region->node.where, "%s", range_text(region->range));
	return false;
}

/* All windows of one node that want a region: they stand side by side, from `first` on. */
static void place_in_region(const struct system *system, size_t first)
{
	const struct window *window = system->windows[first];
	const struct reserved_memory *region = find_region(system, window->memory_region);
	const struct window *other = find_earlier_user(system, first);
	struct location where =
		tree_where(system->tree, node_of(system, &window->node), "memory-region");
	uint64_t bytes = 0;

	if (other != NULL) {
		diag_error(where, "window-region", "%s: %s already holds %s", window->what,
			   window->memory_region, other->what);
		diag_note(other->node.where, "%s is here", other->what);
		return;
	}
	if (!check_region(system, window, region, where)) {
		return;
	}
	for (size_t i = first; i < system->n_windows; i++) {
		if (system->windows[i]->memory_region != NULL &&
		    system->windows[i]->node.offset == window->node.offset) {
			system->windows[i]->pa = region->range.base + bytes;
			bytes += system->windows[i]->bytes;
		}
	}
	if (bytes > region->range.bytes) {
		diag_error(where, "window-region", "%s needs %s, but %s has %s", window->what,
			   bytes_text(bytes), window->memory_region,
			   bytes_text(region->range.bytes));
		diag_note(region->node.where, "%s is here", window->memory_region);
	}
}

void place_windows(struct system *system)
{
	for (size_t i = 0; i < system->n_windows; i++) {
		const struct window *window = system->windows[i];

		if (window->memory_region != NULL &&
		    (i == 0 || system->windows[i - 1]->node.offset != window->node.offset)) {
			place_in_region(system, i);
		}
	}
	for (size_t i = 0; i < system->n_windows; i++) {
		struct window *window = system->windows[i];

		if (window->memory_region != NULL || window->bytes == 0 ||
		    system->n_hypervisor_memory == 0) {
			continue;
		}
		if (!place_window(system, window, system->n_windows)) {
			diag_error(
				window->node.where, "window-room",
				"no room for the window of %s (%s): the hypervisor's "
				"memory has no such gap",
				window->what, bytes_text(window->bytes));
			diag_note(tree_where(system->tree, find_hypervisor(system), "memory"),
				  "enlarge this, or shrink a partition or 'paravent,image-memory'");
		}
	}
}

/* ---- Doorbells ----------------------------------------------------------------- */

/* Somebody may ring this port. */
static bool is_rung(const struct port *port)
{
	switch (port->channel->kind) {
	case CHANNEL_SAMPLING:
		return port->direction == PORT_DESTINATION && port->channel->doorbell;
	case CHANNEL_QUEUING:
	case CHANNEL_WINDOW:
		return true;
	case CHANNEL_MESSAGE:
		return port->direction == PORT_DESTINATION;
	}
	return false;
}

/*
 * `from` has a doorbell for `to`, another port of the same channel. Messages are rung by EL2
 * itself.
 */
static bool may_ring(const struct port *from, const struct port *to)
{
	if (from == to || !is_rung(to)) {
		return false;
	}
	switch (from->channel->kind) {
	case CHANNEL_SAMPLING:
		return from->direction == PORT_SOURCE;
	case CHANNEL_QUEUING:
	case CHANNEL_WINDOW:
		return true;
	case CHANNEL_MESSAGE:
		break;
	}
	return false;
}

static bool is_claimed(const struct system *system, uint32_t intid)
{
	for (size_t i = 0; i < system->n_devices; i++) {
		for (size_t n = 0; n < system->devices[i].n_interrupts; n++) {
			if (system->devices[i].interrupts[n] == intid) {
				return true;
			}
		}
	}
	return false;
}

/* The next spare SPI as INTID, counted on in `*next`; 0: there are no more. */
static uint32_t take_spare(const struct system *system, uint32_t *next)
{
	while (*next < system->spare_count) {
		uint32_t intid = SPI_FIRST + system->spare_first + (*next)++;

		if (!is_claimed(system, intid)) {
			return intid;
		}
	}
	return 0;
}

/* SPIs as they are handed out, and who went without. */
struct spares {
	const struct system *system;
	uint32_t             next;
	uint32_t             n_missing;
	struct location      first_missing;
	const char          *what;
};

static uint32_t take_interrupt(struct spares *spares, struct location where, const char *what)
{
	uint32_t intid = take_spare(spares->system, &spares->next);

	if (intid == 0 && spares->n_missing++ == 0) {
		spares->first_missing = where;
		spares->what = what;
	}
	return intid;
}

static void place_interrupts(struct system *system)
{
	struct spares spares = { .system = system };

	for (size_t i = 0; i < system->n_channels; i++) {
		const struct channel *channel = &system->channels[i];

		for (size_t p = 0; p < channel->n_ports; p++) {
			struct port *port = channel->ports[p];

			port->interrupt =
				is_rung(port) ? take_interrupt(&spares, port->where,
							       xasprintf("channel \"%s\"",
									 channel->name))
					      : 0;
		}
	}
	for (size_t i = 0; i < system->n_virtual_devices; i++) {
		struct virtual_device *device = &system->virtual_devices[i];
		const char *what = device->registers->what;

		device->frontend_interrupt = take_interrupt(&spares, device->node.where, what);
		device->backend_interrupt = take_interrupt(&spares, device->node.where, what);
	}
	if (spares.n_missing > 0) {
		diag_error(spares.first_missing, "spi-room",
			   "no free SPI for %s and what stands behind it: %u more needed",
			   spares.what, spares.n_missing);
		if (find_board(system) != NULL) {
			diag_note(
				tree_where(system->tree, find_board(system), "paravent,spare-spis"),
				"'paravent,spare-spis' offers %u", system->spare_count);
		}
	}
}

/* Returns its number. */
static uint32_t add_doorbell(struct partition *partition, struct doorbell doorbell)
{
	partition->doorbells = xextend(partition->doorbells, partition->n_doorbells,
				       sizeof(partition->doorbells[0]));
	partition->doorbells[partition->n_doorbells] = doorbell;
	return (uint32_t)partition->n_doorbells++;
}

static void place_port_doorbells(struct partition *partition, struct port *port)
{
	const struct channel *channel = port->channel;

	port->first_doorbell = (uint32_t)partition->n_doorbells;
	for (size_t i = 0; i < channel->n_ports; i++) {
		if (may_ring(port, channel->ports[i])) {
			add_doorbell(partition, (struct doorbell){
				.target = channel->ports[i]->partition,
				.interrupt = channel->ports[i]->interrupt,
				.node = &channel->node,
			});
			port->n_doorbells++;
		}
	}
}

static void place_device_doorbells(struct virtual_device *device)
{
	device->frontend_doorbell = add_doorbell(device->frontend, (struct doorbell){
		.target = device->backend,
		.interrupt = device->backend_interrupt,
		.node = &device->node,
	});
	device->backend_doorbell = add_doorbell(device->backend, (struct doorbell){
		.target = device->frontend,
		.interrupt = device->frontend_interrupt,
		.node = &device->node,
	});
}

void place_doorbells(struct system *system)
{
	place_interrupts(system);
	for (size_t i = 0; i < system->n_partitions; i++) {
		struct partition *partition = &system->partitions[i];

		for (size_t p = 0; p < partition->n_ports; p++) {
			place_port_doorbells(partition, partition->ports[p]);
		}
	}
	for (size_t i = 0; i < system->n_virtual_devices; i++) {
		place_device_doorbells(&system->virtual_devices[i]);
	}
}
