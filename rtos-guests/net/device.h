/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP's interface needs of an end of a network device: client.c, server.c. */
#pragma once

#include "pv/network.h"

struct network_device {
	/* Begin, or begin anew, with the interface's address in `mac`. What is not PV_OK is tried again. */
	enum pv_status (*open)(struct pv_network *network, unsigned char *mac);
	/* Look what the other end has done. True: ask about the link. */
	bool (*update)(struct pv_network *network);
	bool (*is_link_up)(const struct pv_network *network);
	/* As pv_net_send(), pv_net_receive(). After PV_CORRUPT comes open(). */
	enum pv_status (*send)(struct pv_network *network, const void *frame, size_t bytes);
	enum pv_status (*receive)(struct pv_network *network, void *frame, size_t size, size_t *bytes);
	/* As pv_net_kick(), pv_net_wait_begin(), pv_net_wait_end(). */
	void (*kick)(struct pv_network *network);
	bool (*wait_begin)(struct pv_network *network);
	void (*wait_end)(struct pv_network *network);
};

/* Start lwIP with this device, whose part of the network is ready to open. */
void network_begin(struct pv_network *network, const struct network_device *device,
		   const struct pv_network_address *address);
