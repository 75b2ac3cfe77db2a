/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP's interface at the backend's end of a network device. It stays open: a driver that
 * breaks the protocol resets the device, or is not heard any more.
 */
#include "rtos-guests/net/device.h"

#include "pv/string.h"

#define MAC_LOCAL 2u /* of the first byte: no address of a maker */
#define MAC_OTHER 4u /* makes it another than the driver's */

static enum pv_status open(struct pv_network *network, unsigned char *mac)
{
	struct pv_network_server *server = &network->server;

	pv_net_server_open(&server->net);
	pv_virtio_backend_open(&server->backend, server->config, server->net.queues, PV_NET_N_QUEUES);
	memcpy(mac, &server->config->configuration, PV_NET_MAC_BYTES);
	mac[0] = (unsigned char)((mac[0] | MAC_LOCAL) ^ MAC_OTHER);
	return pv_net_server_set_link(server->config, true);
}

static bool update(struct pv_network *network)
{
	struct pv_network_server *server = &network->server;
	bool was_live = server->is_live;

	(void)pv_virtio_backend_update(&server->backend); /* busy: wait_begin() will not sleep */
	server->is_live = pv_net_server_is_live(&server->net);
	return server->is_live != was_live;
}

static bool is_link_up(const struct pv_network *network)
{
	return network->server.is_live;
}

static enum pv_status send(struct pv_network *network, const void *frame, size_t bytes)
{
	enum pv_status status = pv_net_server_send(&network->server.net, frame, bytes);

	network->server.is_short = network->server.is_short || status == PV_FULL;
	return status == PV_CORRUPT ? PV_BUSY : status;
}

static enum pv_status receive(struct pv_network *network, void *frame, size_t size, size_t *bytes)
{
	enum pv_status status = pv_net_server_receive(&network->server.net, frame, size, bytes);

	return status == PV_CORRUPT ? PV_EMPTY : status;
}

static void kick(struct pv_network *network)
{
	(void)pv_virtio_backend_signal(&network->server.backend);
}

/* A queue that has just broken is news for update(). */
static bool wait_begin(struct pv_network *network)
{
	if (pv_net_server_is_live(&network->server.net) != network->server.is_live) {
		return false;
	}
	return pv_virtio_backend_wait_begin(&network->server.backend,
					    PV_NET_FROM_DRIVER |
						    (network->server.is_short ? PV_NET_TO_DRIVER : 0));
}

static void wait_end(struct pv_network *network)
{
	network->server.is_short = false; /* what lwIP kept it sends when it likes */
	pv_virtio_backend_wait_end(&network->server.backend);
}

static const struct network_device server_device = {
	.open = open,
	.update = update,
	.is_link_up = is_link_up,
	.send = send,
	.receive = receive,
	.kick = kick,
	.wait_begin = wait_begin,
	.wait_end = wait_end,
};

void pv_network_serve(struct pv_network *network, const struct pv_virtio_backend_config *config,
		      const struct pv_network_address *address)
{
	memset(network, 0, sizeof(*network));
	network->server.config = config;
	network_begin(network, &server_device, address);
}
