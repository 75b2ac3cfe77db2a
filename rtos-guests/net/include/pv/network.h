/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP at either end of a virtual network device: the interface, and what a main loop
 * does for it. Everything else is lwIP's own API (lwip/tcp.h, lwip/udp.h), called from that
 * loop and from lwIP's callbacks only, never from interrupt handlers.
 *
 *	pv_network_open(&network, config, &address);
 *	for (;;) {
 *		pv_network_run(&network);
 *		if (pv_network_wait_begin(&network)) {
 *			sleep until an interrupt, pv_network_sleep_ms() at most
 *		}
 *		pv_network_wait_end(&network);
 *	}
 *
 * A backend that breaks the protocol is left, and the device opened anew after
 * PV_NETWORK_REOPEN_MS; of a driver that does nothing more is heard until it resets the
 * device. To the peers and to lwIP's users either is a loss of the link.
 */
#pragma once

#include "pv/virtio_net.h"

#include "lwip/ip4_addr.h"
#include "lwip/netif.h"

#define PV_NETWORK_BATCH     32u   /* frames taken by one pv_network_run() */
#define PV_NETWORK_REOPEN_MS 1000u

struct pv_network_address {
	ip4_addr_t address, mask, gateway; /* gateway 0.0.0.0: none */
};

/* The driver's end. */
struct pv_network_client {
	const struct pv_virtio_frontend_config *config;
	struct pv_net net;
};

/* The backend's. */
struct pv_network_server {
	const struct pv_virtio_backend_config *config;
	struct pv_virtio_backend backend;
	struct pv_net_server net;
	bool is_live;  /* the driver is there */
	bool is_short; /* of its buffers, since the last sleep */
};

struct pv_network {
	struct netif netif;
	const struct network_device *device; /* which end it is */
	union {
		struct pv_network_client client;
		struct pv_network_server server;
	};
	bool     is_open;
	uint64_t n_opened;
	uint64_t n_dropped;     /* received frames for which there was no memory */
	unsigned char frame[PV_NET_FRAME_MAX]; /* to send, gathered from several buffers */
};

/*
 * Read "10.0.2.50/24" (the part behind the bar may be missing: 32) and a gateway,
 * "10.0.2.2" or "". False: that is no address.
 */
bool pv_network_parse(const char *address, const char *gateway, struct pv_network_address *to);

/*
 * Start lwIP with this interface, the only one; once. The device itself may come
 * later: netif_set_link_callback() tells when somebody is at its other end.
 * Its interrupt is the caller's to attach.
 */
void pv_network_open(struct pv_network *network, const struct pv_virtio_frontend_config *config,
		     const struct pv_network_address *address);

/*
 * The same at the backend's end, of which the driver hears as a link. It has an address
 * of its own: the driver's, with a bit of the first byte changed.
 */
void pv_network_serve(struct pv_network *network, const struct pv_virtio_backend_config *config,
		      const struct pv_network_address *address);

/* Hand lwIP what came, run its timers, send what it has. */
void pv_network_run(struct pv_network *network);

/* Until lwIP's next timer. */
uint32_t pv_network_sleep_ms(void);

/* As pv_net_wait_begin(). */
bool pv_network_wait_begin(struct pv_network *network);
void pv_network_wait_end(struct pv_network *network);
