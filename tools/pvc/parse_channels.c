/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels: from one declaration to the ports at its ends and the windows between them. Addresses
 * and interrupts come later, in place.c. docs/config.md "Channels".
 */
#include "tools/pvc/parse.h"

#include "abi/hypercall.h"
#include "abi/port.h"
#include "hyp/types.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/parse_value.h"
#include "tools/pvc/util.h"
#include "tools/pvc/windows.h"

#include <string.h>

#define MESSAGE_BYTES_MOST  65536u
#define QUEUING_DEPTH_LEAST 2u
#define QUEUING_DEPTH_MOST  1024u
#define MESSAGE_DEPTH_MOST  64u
#define CHANNELS_MOST       256u
#define FLAG_READ_ONLY      0x10u /* Lopper's access flag bit 4 */

/* ---- Ends ---------------------------------------------------------------------- */

static void add_port(struct system *system, struct channel *channel, const struct tree_node *target,
		     enum port_direction direction, struct location where, bool read_only)
{
	struct partition *partition = find_partition(system, target);
	struct port *port;

	if (partition == NULL) {
		diag_error(where, "channel-end", "channel \"%s\": %s is no partition",
			   channel->name, target->ref.path);
		diag_note(target->ref.where, "%s is here", target->ref.path);
		return;
	}
	for (size_t i = 0; i < channel->n_ports; i++) {
		if (channel->ports[i]->partition == partition) {
			diag_error(where, "channel-end",
				   "channel \"%s\": partition \"%s\" is already an end of it",
				   channel->name, partition->name);
			diag_note(channel->ports[i]->where, "\"%s\" is named here first",
				  partition->name);
			return;
		}
	}
	port = xmalloc(sizeof(*port));
	*port = (struct port){
		.channel = channel,
		.partition = partition,
		.number = (uint32_t)partition->n_ports,
		.direction = direction,
		.read_only = read_only,
		.where = where,
	};
	partition->ports = xextend(partition->ports, partition->n_ports, sizeof(port));
	partition->ports[partition->n_ports++] = port;
	channel->ports = xextend(channel->ports, channel->n_ports, sizeof(port));
	channel->ports[channel->n_ports++] = port;
}

/* The partitions that one property names; @most 0: any number. */
static void parse_ends(struct system *system, struct channel *channel, const struct tree_node *node,
		       const char *property, enum port_direction direction, size_t most)
{
	struct location where = tree_where(system->tree, node, property);
	struct reference *references;
	size_t n;

	value_references(system->tree, node, property, REQUIRED, 0, &references, &n);
	if (most != 0 && n > most) {
		diag_error(where, "channel-end",
			   "channel \"%s\": '%s' may name %zu partition%s, not %zu", channel->name,
			   property, most, most == 1 ? "" : "s", n);
		n = most;
	}
	for (size_t i = 0; i < n; i++) {
		add_port(system, channel, references[i].target, direction, where, false);
	}
}

static void parse_peers(struct system *system, struct channel *channel,
			const struct tree_node *node)
{
	static const char property[] = "paravent,peers";
	struct location where = tree_where(system->tree, node, property);
	struct property cells = tree_property(system->tree, node, "#access-flags-cells");
	unsigned n_flags =
		cells.n_bytes == 4 && property_cell(&cells, 0) <= 1 ? property_cell(&cells, 0) : 1;
	struct reference *references;
	size_t n;

	value_references(system->tree, node, property, REQUIRED, n_flags, &references, &n);
	for (size_t i = 0; i < n; i++) {
		uint32_t flags = references[i].arguments[0];

		if ((flags & ~FLAG_READ_ONLY) != 0) {
			diag_error(
				where, "property-value",
				"channel \"%s\": flags 0x%x of %s: only 0x10 (read-only) has a "
				"meaning here",
				channel->name, flags, references[i].target->ref.path);
		}
		add_port(system, channel, references[i].target, PORT_BOTH, where,
			 (flags & FLAG_READ_ONLY) != 0);
	}
}

/* ---- Windows ------------------------------------------------------------------- */

static void add_window(struct system *system, struct channel *channel, const char *suffix,
		       uint64_t bytes)
{
	struct window *window = window_add(system, (struct window){
		.node = channel->node,
		.what = xasprintf("channel \"%s\"", channel->name),
		.name = xasprintf("%s%s", channel->name, suffix),
		.memory_region = channel->memory_region,
		.bytes = round_up(bytes, PAGE_BYTES),
	});

	channel->windows = xextend(channel->windows, channel->n_windows, sizeof(window));
	channel->windows[channel->n_windows++] = window;
}

/*
 * Every port of the channel maps every window of it; `writer` alone may write, NULL: all that may.
 */
static void map_window(struct channel *channel, size_t number, enum port_direction writer)
{
	for (size_t i = 0; i < channel->n_ports; i++) {
		struct port *port = channel->ports[i];

		port->windows[number] = (struct window_map){
			.window = channel->windows[number],
			.writable =
				writer == PORT_BOTH ? !port->read_only : port->direction == writer,
		};
		port->n_windows = number + 1;
		window_share(channel->windows[number], port->partition,
			     port->windows[number].writable);
	}
}

static void parse_region(struct system *system, struct channel *channel,
			 const struct tree_node *node)
{
	const struct reserved_memory *region =
		parse_memory_region(system, node, xasprintf("channel \"%s\"", channel->name));

	channel->memory_region = region == NULL ? NULL : region->node.path;
	channel->window_bytes = region == NULL ? 0 : region->range.bytes;
}

/* ---- Kinds --------------------------------------------------------------------- */

static uint32_t parse_depth(struct system *system, const struct tree_node *node, uint32_t most)
{
	uint32_t depth = QUEUING_DEPTH_LEAST;

	if (value_u32(system->tree, node, "paravent,depth", REQUIRED, QUEUING_DEPTH_LEAST, most,
		      &depth) &&
	    (depth & (depth - 1)) != 0) {
		diag_error(tree_where(system->tree, node, "paravent,depth"), "property-value",
			   "'paravent,depth' is %u, but must be a power of two", depth);
	}
	return depth;
}

static void parse_message_size(struct system *system, struct channel *channel,
			       const struct tree_node *node)
{
	channel->message_bytes = 1;
	value_u32(system->tree, node, "paravent,message-size", REQUIRED, 1, MESSAGE_BYTES_MOST,
		  &channel->message_bytes);
}

static void parse_sampling(struct system *system, struct channel *channel,
			   const struct tree_node *node)
{
	uint32_t refresh_us = 0;

	parse_message_size(system, channel, node);
	value_u32(system->tree, node, "paravent,refresh-us", OPTIONAL, 0, UINT32_MAX, &refresh_us);
	channel->refresh_us = refresh_us;
	channel->doorbell = value_flag(system->tree, node, "paravent,doorbell");
	parse_ends(system, channel, node, "paravent,source", PORT_SOURCE, 1);
	parse_ends(system, channel, node, "paravent,destinations", PORT_DESTINATION, 0);
	parse_region(system, channel, node);
	add_window(system, channel, "", PV_SAMPLING_BYTES((uint64_t)channel->message_bytes));
	map_window(channel, 0, PORT_SOURCE);
}

static void parse_queuing(struct system *system, struct channel *channel,
			  const struct tree_node *node)
{
	parse_message_size(system, channel, node);
	channel->depth = parse_depth(system, node, QUEUING_DEPTH_MOST);
	parse_ends(system, channel, node, "paravent,source", PORT_SOURCE, 1);
	parse_ends(system, channel, node, "paravent,destinations", PORT_DESTINATION, 1);
	parse_region(system, channel, node);
	add_window(system, channel, ".source",
		   PV_QUEUING_SOURCE_BYTES((uint64_t)channel->message_bytes,
					   (uint64_t)channel->depth));
	add_window(system, channel, ".destination", PV_QUEUING_DESTINATION_BYTES);
	map_window(channel, 0, PORT_SOURCE);
	map_window(channel, 1, PORT_DESTINATION);
}

static void parse_message(struct system *system, struct channel *channel,
			  const struct tree_node *node)
{
	channel->message_bytes = PV_MESSAGE_WORDS * sizeof(uint64_t);
	channel->depth = parse_depth(system, node, MESSAGE_DEPTH_MOST);
	parse_ends(system, channel, node, "paravent,sources", PORT_SOURCE, 0);
	parse_ends(system, channel, node, "paravent,destinations", PORT_DESTINATION, 1);
	for (size_t i = 0; i < system->n_channels; i++) {
		channel->message_index += system->channels[i].kind == CHANNEL_MESSAGE &&
					  &system->channels[i] != channel;
	}
}

static void parse_shared_memory(struct system *system, struct channel *channel,
				const struct tree_node *node)
{
	uint32_t bytes = 0;

	parse_peers(system, channel, node);
	parse_region(system, channel, node);
	value_u32(system->tree, node, "paravent,size-bytes", OPTIONAL, 1, 0x40000000, &bytes);
	channel->window_bytes = bytes != 0 ? bytes : channel->window_bytes;
	if (channel->window_bytes == 0 && !tree_has(system->tree, node, "paravent,size-bytes") &&
	    !tree_has(system->tree, node, "memory-region")) {
		diag_error(node->ref.where, "missing-property",
			   "channel \"%s\" needs 'paravent,size-bytes' or 'memory-region'",
			   channel->name);
	}
	add_window(system, channel, "", channel->window_bytes);
	map_window(channel, 0, PORT_BOTH);
}

static const struct {
	const char       *compatible;
	enum channel_kind kind;
	void (*parse)(struct system *system, struct channel *channel, const struct tree_node *node);
} kinds[] = {
	{ "paravent,sampling-channel-v1", CHANNEL_SAMPLING, parse_sampling },
	{ "paravent,queuing-channel-v1", CHANNEL_QUEUING, parse_queuing },
	{ "paravent,message-channel-v1", CHANNEL_MESSAGE, parse_message },
	{ "paravent,shared-memory-v1", CHANNEL_WINDOW, parse_shared_memory },
};

static void parse_channel(struct system *system, const struct tree_node *node)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (tree_is_compatible(system->tree, node, kinds[i].compatible)) {
			struct channel *channel = &system->channels[system->n_channels];

			*channel = (struct channel){
				.node = node->ref,
				.name = node->ref.name,
				.index = (uint32_t)system->n_channels,
				.kind = kinds[i].kind,
			};
			system->n_channels++;
			kinds[i].parse(system, channel, node);
			return;
		}
	}
}

void parse_channels(struct system *system)
{
	const struct tree_node *hypervisor = find_hypervisor(system);
	const struct tree_node *container =
		hypervisor == NULL ? NULL : tree_child(hypervisor, "channels");
	const struct tree_node *node;
	size_t n = 0;

	if (container == NULL) {
		return;
	}
	for (node = container->first_child; node != NULL; node = node->next_sibling) {
		n++;
	}
	if (n > CHANNELS_MOST) {
		diag_error(container->ref.where, "limit", "there are %zu channels, %u are possible",
			   n, CHANNELS_MOST);
		n = 0;
	}
	system->channels = xarray(n, sizeof(system->channels[0]));
	for (node = container->first_child; node != NULL && n != 0; node = node->next_sibling) {
		parse_channel(system, node);
	}
}
