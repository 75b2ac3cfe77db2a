/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's interface at the driver's end of a network device. */
#include "rtos-guests/net/device.h"

#include "pv/string.h"

static enum pv_status open(struct pv_network *network, unsigned char *mac)
{
	enum pv_status status = pv_net_open(&network->client.net, network->client.config);

	if (status == PV_OK) {
		memcpy(mac, network->client.net.mac, PV_NET_MAC_BYTES);
	}
	return status;
}

static bool update(struct pv_network *network)
{
	return pv_virtio_frontend_is_config_new(&network->client.net.frontend);
}

static bool is_link_up(const struct pv_network *network)
{
	return pv_net_is_link_up(&network->client.net);
}

static enum pv_status send(struct pv_network *network, const void *frame, size_t bytes)
{
	return pv_net_send(&network->client.net, frame, bytes);
}

static enum pv_status receive(struct pv_network *network, void *frame, size_t size, size_t *bytes)
{
	return pv_net_receive(&network->client.net, frame, size, bytes);
}

static void kick(struct pv_network *network)
{
	pv_net_kick(&network->client.net);
}

static bool wait_begin(struct pv_network *network)
{
	return pv_net_wait_begin(&network->client.net);
}

static void wait_end(struct pv_network *network)
{
	pv_net_wait_end(&network->client.net);
}

static const struct network_device client = {
	.open = open,
	.update = update,
	.is_link_up = is_link_up,
	.send = send,
	.receive = receive,
	.kick = kick,
	.wait_begin = wait_begin,
	.wait_end = wait_end,
};

void pv_network_open(struct pv_network *network, const struct pv_virtio_frontend_config *config,
		     const struct pv_network_address *address)
{
	memset(network, 0, sizeof(*network));
	network->client.config = config;
	network_begin(network, &client, address);
}
