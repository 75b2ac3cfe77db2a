/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about channels that their declaration alone does not show. */
#include "tools/pvc/check.h"

#include "tools/pvc/diag.h"

/* A reference that led nowhere was reported; here is what is missing without any reference. */
static void check_ends(const struct channel *channel)
{
	if (channel->kind == CHANNEL_WINDOW && channel->n_ports == 1) {
		diag_error(
			channel->node.where, "channel-end",
			"channel \"%s\" has one peer, partition \"%s\": memory is shared by two "
			"or more",
			channel->name, channel->ports[0]->partition->name);
	}
}

static void check_writers(const struct channel *channel)
{
	for (size_t i = 0; i < channel->n_ports; i++) {
		if (!channel->ports[i]->read_only) {
			return;
		}
	}
	if (channel->kind == CHANNEL_WINDOW && channel->n_ports > 1) {
		diag_warning(channel->node.where, "window-unwritten",
			     "channel \"%s\": all peers map its window read-only, so it stays zero",
			     channel->name);
	}
}

void check_channels(const struct system *system)
{
	for (size_t i = 0; i < system->n_channels; i++) {
		check_node_name("channel", &system->channels[i].node, OBJECT_NAME_MOST);
		check_ends(&system->channels[i]);
		check_writers(&system->channels[i]);
	}
}
