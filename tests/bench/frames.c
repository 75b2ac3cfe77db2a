/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of 1514 bytes to another partition and back, for tools/interference.py, which
 * counts the instructions of each side: one at a time, then N_AT_ONCE in flight. One
 * binary is the driver's end, which measures, and the backend's, which returns what comes.
 */
#include "tests/bench/operations.h"

#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/irq.h"
#include "pv/start.h"
#include "pv/virtio_net.h"

#define N_SAMPLES    5u
#define N_AT_ONCE    8u
#define SETTLE_TICKS 100000u /* until the other side sleeps */

static unsigned char frame[PV_NET_FRAME_MAX];

static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
}

/* ---- The backend ------------------------------------------------------------------- */

static struct pv_net_server server;

static uint32_t return_frames(void)
{
	size_t bytes;
	uint32_t n = 0;

	while (pv_net_server_receive(&server, frame, sizeof(frame), &bytes) == PV_OK) {
		if (pv_net_server_send(&server, frame, bytes) != PV_OK) {
			pv_panic("no room for a frame");
		}
		n++;
	}
	return n;
}

static _Noreturn void serve(const struct pv_virtio_backend_config *config)
{
	struct pv_virtio_backend backend;

	(void)pv_irq_attach_edge(config->interrupt, on_interrupt, NULL);
	pv_net_server_open(&server);
	pv_virtio_backend_open(&backend, config, server.queues, PV_NET_N_QUEUES);
	(void)pv_net_server_set_link(config, true);
	for (;;) {
		uint32_t n;

		(void)pv_virtio_backend_update(&backend);
		n = return_frames();
		(void)pv_virtio_backend_signal(&backend);
		if (n == 0 && pv_virtio_backend_wait_begin(&backend, PV_NET_FROM_DRIVER)) {
			pv_wfi(); /* masked: an interrupt since the last look ends it */
		}
		pv_virtio_backend_wait_end(&backend);
		pv_irq_take_pending();
	}
}

/* ---- The driver ---------------------------------------------------------------------- */

static struct pv_net net;

static void sleep_unless_used(void)
{
	if (pv_net_wait_begin(&net)) {
		pv_wfi();
	}
	pv_net_wait_end(&net);
	pv_irq_take_pending();
}

/* From the call to the frames that came back. */
static void exchange(uint32_t n)
{
	uint32_t n_left = n;
	size_t bytes;

	for (uint32_t i = 0; i < n; i++) {
		if (pv_net_send(&net, frame, sizeof(frame)) != PV_OK) {
			pv_panic("a frame was refused");
		}
	}
	pv_net_kick(&net);
	while (n_left > 0) {
		enum pv_status status = pv_net_receive(&net, frame, sizeof(frame), &bytes);

		if (status == PV_OK && bytes == sizeof(frame)) {
			n_left--;
		} else if (status == PV_EMPTY) {
			sleep_unless_used();
		} else {
			pv_panic("a frame was lost");
		}
	}
	pv_net_kick(&net); /* buffers to receive into */
}

static void open_net(void)
{
	const struct pv_virtio_frontend_config *config =
		pv_virtio_frontend_find("net", PV_VIRTIO_NET);

	if (config == NULL || !pv_irq_attach_edge(config->interrupt, on_interrupt, NULL) ||
	    pv_net_open(&net, config) != PV_OK) {
		pv_panic("no device \"net\"");
	}
	pv_net_kick(&net);
	while (!pv_net_is_link_up(&net)) {
		pv_wfi();
		pv_irq_take_pending();
	}
}

void guest_main(void)
{
	if (pv_n_virtio_backends != 0) {
		serve(&pv_virtio_backends[0]);
	}
	open_net();
	pv_irq_enable(PV_TIMER_VIRTUAL_INTID);
	for (uint32_t i = 0; i < N_SAMPLES; i++) {
		pause_for(SETTLE_TICKS);
		operation_frame();
		exchange(1);
		operation_frame_end();
		pause_for(SETTLE_TICKS);
		operation_frames();
		exchange(N_AT_ONCE);
		operation_frames_end();
	}
	operation_finish();
	pv_printf("done\n");
}
