/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio network interface: Ethernet frames in and out, by either end. VIRTIO 1.2
 * "Network Device", without offloads: frames are whole, checksums done.
 *
 * Nothing blocks. A frame is copied, out of the caller's memory or into it, so
 * that the peer cannot change it while it is parsed.
 *
 * The driver's end:
 *
 *	config = pv_virtio_frontend_find("net", PV_VIRTIO_NET);
 *	pv_irq_attach_edge(config->interrupt, on_interrupt, NULL);
 *	pv_net_open(&net, config);
 *	for (;;) {
 *		while (pv_net_receive(&net, frame, sizeof(frame), &bytes) == PV_OK) {
 *			... pv_net_send(&net, answer, answer_bytes);
 *		}
 *		pv_net_kick(&net);
 *		if (pv_net_wait_begin(&net)) {
 *			sleep until the interrupt
 *		}
 *		pv_net_wait_end(&net);
 *	}
 */
#pragma once

#include "pv/virtio_backend.h"
#include "pv/virtio_slots.h"

#define PV_NET_MAC_BYTES  6u
#define PV_NET_FRAME_MAX  1514u /* without frame check sequence */
#define PV_NET_SLOT_BYTES 2048u

/* "Network Device", Feature bits */
#define PV_NET_F_MAC       UINT64_C(0x20)
#define PV_NET_F_MRG_RXBUF UINT64_C(0x8000)
#define PV_NET_F_STATUS    UINT64_C(0x10000)

/* ---- Driver -------------------------------------------------------------------- */

struct pv_net {
	struct pv_virtio_frontend frontend;
	struct pv_virtio_slots receive, transmit; /* as many slots each */
	unsigned char mac[PV_NET_MAC_BYTES];
	uint64_t n_received, n_sent, n_dropped;   /* frames; dropped: received, too long or of no sense */
};

/*
 * Begin anew, also after PV_CORRUPT: frames in flight are lost.
 * PV_OK, PV_NOT_SUPPORTED (also: no MAC), PV_BUSY, PV_CORRUPT as in virtio_frontend.h;
 * PV_FULL (the window has no room for one frame each way)
 */
enum pv_status pv_net_open(struct pv_net *net, const struct pv_virtio_frontend_config *config);

/* Is anybody at the other end? Ask again after each interrupt: changes come with one. */
bool pv_net_is_link_up(const struct pv_net *net);

/*
 * Hand over a frame, from destination address to payload. Then pv_net_kick(), once for several.
 * PV_OK, PV_FULL (all slots in flight; room comes with an interrupt after pv_net_wait_begin()),
 * PV_BAD_ARGUMENT (0 or more than PV_NET_FRAME_MAX bytes), PV_CORRUPT
 */
enum pv_status pv_net_send(struct pv_net *net, const void *frame, size_t bytes);

/*
 * The next frame that came.
 * @size  of `frame`; longer ones are dropped. PV_NET_FRAME_MAX takes every frame.
 * PV_OK, PV_EMPTY, PV_CORRUPT
 */
enum pv_status pv_net_receive(struct pv_net *net, void *frame, size_t size, size_t *bytes);

/* Ring the backend for what was sent and for room to receive, if it wants to know. */
void pv_net_kick(struct pv_net *net);

/*
 * About to sleep: ask for an interrupt when a frame comes, or room for one to
 * send. True when it is right to sleep. Call with the interrupt masked or latched.
 */
bool pv_net_wait_begin(struct pv_net *net);
void pv_net_wait_end(struct pv_net *net);

/* ---- Server -------------------------------------------------------------------- */

#define PV_NET_N_QUEUES    2u
#define PV_NET_FROM_DRIVER (1u << 1) /* for pv_virtio_backend_wait_begin(): frames to receive */
#define PV_NET_TO_DRIVER   (1u << 0) /* room to send */
#define PV_NET_MERGE_MAX   8u        /* buffers of the driver that one frame may take */

struct pv_net_server {
	struct pv_virtqueue_device queues[PV_NET_N_QUEUES];
	uint32_t n_held; /* buffers of the driver that are popped, not filled yet */
	struct pv_virtqueue_chain held[PV_NET_MERGE_MAX];
	uint32_t used_bytes[PV_NET_MERGE_MAX];
	uint64_t n_received, n_sent, n_dropped; /* frames; dropped: received, too long or of no sense */
};

/* Serve on server->queues, which pv_virtio_backend_open() takes. */
void pv_net_server_open(struct pv_net_server *server);

/* Tell the driver if somebody is at this end. What the hypercall says. */
enum pv_status pv_net_server_set_link(const struct pv_virtio_backend_config *config, bool is_up);

/* Are both queues there, and not broken? As after pv_virtio_backend_update(). */
bool pv_net_server_is_live(const struct pv_net_server *server);

/*
 * The next frame that the driver sends. Then pv_virtio_backend_signal(), once for several.
 * @size  of `frame`; longer ones are dropped. PV_NET_FRAME_MAX takes every frame.
 * PV_OK, PV_EMPTY, PV_CORRUPT (what was sent has no header)
 */
enum pv_status pv_net_server_receive(struct pv_net_server *server, void *frame, size_t size,
				     size_t *bytes);

/*
 * Hand the driver a frame. Then pv_virtio_backend_signal(), once for several.
 * PV_OK, PV_FULL (it has no buffers there, also while it is not live),
 * PV_BAD_ARGUMENT (0 or more than PV_NET_FRAME_MAX bytes), PV_CORRUPT (buffers of which
 * PV_NET_MERGE_MAX do not hold a frame; without MRG_RXBUF: of which one does not)
 */
enum pv_status pv_net_server_send(struct pv_net_server *server, const void *frame, size_t bytes);
