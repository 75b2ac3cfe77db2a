/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backend of two network devices: a frame of one's driver goes to the other's.
 * What finds no room is lost, as on any wire. It keeps nothing.
 */
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/irq.h"
#include "pv/start.h"
#include "pv/virtio_net.h"

#define N_SIDES    2u
#define FRAMES_MAX 16u /* in a row, then resets are looked for */

static struct side {
	struct pv_net_server server;
	struct pv_virtio_backend backend;
} sides[N_SIDES];

static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
}

static void open_side(struct side *side, const struct pv_virtio_backend_config *config)
{
	if (config->device_id != PV_VIRTIO_NET ||
	    !pv_irq_attach_edge(config->interrupt, on_interrupt, NULL)) {
		pv_panic("\"%s\" is no network", config->name);
	}
	pv_net_server_open(&side->server);
	pv_virtio_backend_open(&side->backend, config, side->server.queues, PV_NET_N_QUEUES);
	if (pv_net_server_set_link(config, true) != PV_OK) {
		pv_panic("EL2 does not take the link of \"%s\"", config->name);
	}
}

/* Returns how many frames. */
static uint32_t forward(struct side *from, struct side *to)
{
	static unsigned char frame[PV_NET_FRAME_MAX];
	size_t bytes;
	uint32_t n = 0;

	while (n < FRAMES_MAX &&
	       pv_net_server_receive(&from->server, frame, sizeof(frame), &bytes) == PV_OK) {
		(void)pv_net_server_send(&to->server, frame, bytes);
		n++;
	}
	return n;
}

void guest_main(void)
{
	if (pv_n_virtio_backends != N_SIDES) {
		pv_panic("%u devices to serve, not %u", pv_n_virtio_backends, N_SIDES);
	}
	for (uint32_t i = 0; i < N_SIDES; i++) {
		open_side(&sides[i], &pv_virtio_backends[i]);
	}
	for (;;) {
		bool may_sleep = true;
		uint32_t n;

		for (uint32_t i = 0; i < N_SIDES; i++) {
			(void)pv_virtio_backend_update(&sides[i].backend);
		}
		n = forward(&sides[0], &sides[1]) + forward(&sides[1], &sides[0]);
		for (uint32_t i = 0; i < N_SIDES; i++) {
			(void)pv_virtio_backend_signal(&sides[i].backend);
			may_sleep = n == 0 && may_sleep &&
				    pv_virtio_backend_wait_begin(&sides[i].backend, PV_NET_FROM_DRIVER);
		}
		if (may_sleep) {
			pv_wfi(); /* masked: an interrupt since the last look ends it */
		}
		for (uint32_t i = 0; i < N_SIDES; i++) {
			pv_virtio_backend_wait_end(&sides[i].backend);
		}
		pv_irq_take_pending();
	}
}
