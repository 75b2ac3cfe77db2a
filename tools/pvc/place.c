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
		avoid(obstacles, (struct range){ system->windows[i].pa, system->windows[i].bytes });
	}
}

/*
 * A window has the same address in every partition that maps it: none may have anything else there.
 * With paravent,guest-base that is not implied by the physical addresses.
 */
static void avoid_guest_addresses(const struct system *system, const struct window *window,
				  struct obstacles *obstacles)
{
	for (size_t i = 0; i < window->channel->n_ports; i++) {
		struct guest_range *ranges;
		size_t n = guest_map(system, window->channel->ports[i]->partition, &ranges);

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

/* The channel that took a region before `channel`; NULL: none. */
static const struct channel *find_earlier_user(const struct system *system,
					       const struct channel *channel)
{
	for (const struct channel *other = system->channels; other < channel; other++) {
		if (other->memory_region != NULL &&
		    strcmp(other->memory_region, channel->memory_region) == 0) {
			return other;
		}
	}
	return NULL;
}

static void place_in_region(const struct system *system, struct channel *channel)
{
	const struct reserved_memory *region = find_region(system, channel->memory_region);
	const struct channel *other = find_earlier_user(system, channel);
	struct location where =
		tree_where(system->tree, node_of(system, &channel->node), "memory-region");
	uint64_t bytes = 0;

	if (other != NULL) {
		diag_error(where, "window-region",
			   "channel \"%s\": %s already holds channel \"%s\"", channel->name,
			   channel->memory_region, other->name);
		diag_note(other->node.where, "channel \"%s\" is here", other->name);
		return;
	}
	if (region->range.base % PAGE_BYTES != 0 || region->range.bytes % PAGE_BYTES != 0) {
		diag_error(where, "window-region",
			   "channel \"%s\": %s is not made of whole 4 KiB pages", channel->name,
			   channel->memory_region);
		diag_note(region->node.where, "%s", range_text(region->range));
		return;
	}
	if (system->n_hypervisor_memory != 0 &&
	    !range_is_covered(system->hypervisor_memory, system->n_hypervisor_memory,
			      region->range)) {
		diag_error(where, "window-region",
			   "channel \"%s\": %s lies outside the hypervisor's memory", channel->name,
			   channel->memory_region);
		diag_note(region->node.where, "%s", range_text(region->range));
		return;
	}
	for (size_t i = 0; i < channel->n_windows; i++) {
		channel->windows[i]->pa = region->range.base + bytes;
		bytes += channel->windows[i]->bytes;
	}
	if (bytes > region->range.bytes) {
		diag_error(where, "window-region", "channel \"%s\" needs %s, but %s has %s",
			   channel->name, bytes_text(bytes), channel->memory_region,
			   bytes_text(region->range.bytes));
		diag_note(region->node.where, "%s is here", channel->memory_region);
	}
}

void place_windows(struct system *system)
{
	for (size_t i = 0; i < system->n_channels; i++) {
		if (system->channels[i].memory_region != NULL) {
			place_in_region(system, &system->channels[i]);
		}
	}
	for (size_t i = 0; i < system->n_windows; i++) {
		struct window *window = &system->windows[i];

		if (window->channel->memory_region != NULL || window->bytes == 0 ||
		    system->n_hypervisor_memory == 0) {
			continue;
		}
		if (!place_window(system, window, system->n_windows)) {
			diag_error(
				window->channel->node.where, "window-room",
				"no room for the window of channel \"%s\" (%s): the hypervisor's "
				"memory has no such gap",
				window->channel->name, bytes_text(window->bytes));
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

static void place_interrupts(struct system *system)
{
	uint32_t next = 0;
	uint32_t n_missing = 0;
	const struct port *first_missing = NULL;

	for (size_t i = 0; i < system->n_channels; i++) {
		for (size_t p = 0; p < system->channels[i].n_ports; p++) {
			struct port *port = system->channels[i].ports[p];

			port->interrupt = is_rung(port) ? take_spare(system, &next) : 0;
			if (is_rung(port) && port->interrupt == 0) {
				first_missing = n_missing++ == 0 ? port : first_missing;
			}
		}
	}
	if (first_missing != NULL) {
		diag_error(first_missing->where, "spi-room",
			   "no free SPI for channel \"%s\" and the ports behind it: %u more needed",
			   first_missing->channel->name, n_missing);
		if (find_board(system) != NULL) {
			diag_note(
				tree_where(system->tree, find_board(system), "paravent,spare-spis"),
				"'paravent,spare-spis' offers %u", system->spare_count);
		}
	}
}

static void place_port_doorbells(struct partition *partition, struct port *port)
{
	const struct channel *channel = port->channel;

	port->first_doorbell = (uint32_t)partition->n_doorbells;
	for (size_t i = 0; i < channel->n_ports; i++) {
		if (may_ring(port, channel->ports[i])) {
			partition->doorbells = xextend(partition->doorbells, partition->n_doorbells,
						       sizeof(partition->doorbells[0]));
			partition->doorbells[partition->n_doorbells++] = (struct doorbell){
				.target = channel->ports[i]->partition,
				.interrupt = channel->ports[i]->interrupt,
				.port = port,
			};
			port->n_doorbells++;
		}
	}
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
}
