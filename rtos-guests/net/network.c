/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/net/device.h"

#include "pv/exception.h"
#include "pv/string.h"

#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

#define MTU           1500u
#define PREFIX_MAX    32u
#define ADDRESS_BYTES 16u /* "255.255.255.255" */

_Static_assert(PBUF_POOL_BUFSIZE >= PV_NET_FRAME_MAX, "a frame is one buffer");
_Static_assert(NETIF_MAX_HWADDR_LEN == PV_NET_MAC_BYTES, "Ethernet");

/* ---- Addresses ------------------------------------------------------------------ */

static bool parse_prefix(const char *text, ip4_addr_t *mask)
{
	uint32_t bits = 0;

	for (; *text >= '0' && *text <= '9' && bits <= PREFIX_MAX; text++) {
		bits = bits * 10 + (uint32_t)(*text - '0');
	}
	if (*text != '\0' || bits == 0 || bits > PREFIX_MAX) {
		return false;
	}
	mask->addr = lwip_htonl(UINT32_MAX << (PREFIX_MAX - bits));
	return true;
}

bool pv_network_parse(const char *address, const char *gateway, struct pv_network_address *to)
{
	const char *bar = strchr(address, '/');
	size_t length = bar != NULL ? (size_t)(bar - address) : strlen(address);
	char text[ADDRESS_BYTES];

	if (length >= sizeof(text)) {
		return false;
	}
	memcpy(text, address, length);
	text[length] = '\0';
	ip4_addr_set_any(&to->gateway);
	return ip4addr_aton(text, &to->address) != 0 && !ip4_addr_isany_val(to->address) &&
	       parse_prefix(bar != NULL ? bar + 1 : "32", &to->mask) &&
	       (*gateway == '\0' || ip4addr_aton(gateway, &to->gateway) != 0);
}

/* ---- The device ----------------------------------------------------------------- */

static void follow_link(struct pv_network *network)
{
	if (network->device->is_link_up(network)) {
		netif_set_link_up(&network->netif);
	} else {
		netif_set_link_down(&network->netif);
	}
}

static void open_device(void *argument)
{
	struct pv_network *network = argument;

	if (network->device->open(network, network->netif.hwaddr) != PV_OK) {
		sys_timeout(PV_NETWORK_REOPEN_MS, open_device, network);
		return;
	}
	network->is_open = true;
	network->n_opened++;
	follow_link(network);
}

/* It broke the protocol. Nobody calls it again before it is open. */
static void lose_device(struct pv_network *network)
{
	network->is_open = false;
	netif_set_link_down(&network->netif);
	sys_timeout(PV_NETWORK_REOPEN_MS, open_device, network);
}

/* netif->linkoutput. What found no room TCP sends later; the rest is lost, as on any wire. */
static err_t send(struct netif *netif, struct pbuf *packet)
{
	struct pv_network *network = netif->state;
	const void *frame = packet->payload;

	if (!network->is_open) {
		return ERR_IF;
	}
	if (packet->tot_len > PV_NET_FRAME_MAX) {
		return ERR_BUF;
	}
	if (packet->next != NULL) {
		(void)pbuf_copy_partial(packet, network->frame, packet->tot_len, 0);
		frame = network->frame;
	}

	enum pv_status status = network->device->send(network, frame, packet->tot_len);

	if (status == PV_CORRUPT) {
		lose_device(network);
	}
	return status == PV_OK ? ERR_OK : status == PV_FULL ? ERR_MEM : ERR_IF;
}

static enum pv_status receive(struct pv_network *network)
{
	struct pbuf *packet = pbuf_alloc(PBUF_RAW, PV_NET_FRAME_MAX, PBUF_POOL);
	size_t bytes = 0;

	if (packet == NULL) {
		enum pv_status status = network->device->receive(network, network->frame,
								 sizeof(network->frame), &bytes);

		network->n_dropped += status == PV_OK;
		return status;
	}

	enum pv_status status =
		network->device->receive(network, packet->payload, packet->len, &bytes);

	if (status != PV_OK) {
		(void)pbuf_free(packet);
		return status;
	}
	pbuf_realloc(packet, (u16_t)bytes);
	if (network->netif.input(packet, &network->netif) != ERR_OK) {
		(void)pbuf_free(packet);
	}
	return PV_OK;
}

/* ---- The interface --------------------------------------------------------------- */

static err_t init_interface(struct netif *netif)
{
	netif->name[0] = 'v';
	netif->name[1] = 'n';
	netif->mtu = MTU;
	netif->hwaddr_len = PV_NET_MAC_BYTES;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	netif->output = etharp_output;
	netif->linkoutput = send;
	return ERR_OK;
}

void network_begin(struct pv_network *network, const struct network_device *device,
		   const struct pv_network_address *address)
{
	network->device = device;
	lwip_init();
	if (netif_add(&network->netif, &address->address, &address->mask, &address->gateway,
		      network, init_interface, ethernet_input) == NULL) {
		pv_panic("lwIP takes no interface");
	}
	netif_set_default(&network->netif);
	netif_set_up(&network->netif);
	open_device(network);
}

void pv_network_run(struct pv_network *network)
{
	enum pv_status status = PV_OK;

	if (network->is_open && network->device->update(network)) {
		follow_link(network);
	}
	for (uint32_t i = 0; i < PV_NETWORK_BATCH && network->is_open && status == PV_OK; i++) {
		status = receive(network);
	}
	if (status == PV_CORRUPT) {
		lose_device(network);
	}
	sys_check_timeouts();
	if (network->is_open) {
		network->device->kick(network);
	}
}

uint32_t pv_network_sleep_ms(void)
{
	return sys_timeouts_sleeptime();
}

bool pv_network_wait_begin(struct pv_network *network)
{
	return !network->is_open || network->device->wait_begin(network);
}

void pv_network_wait_end(struct pv_network *network)
{
	if (network->is_open) {
		network->device->wait_end(network);
	}
}
