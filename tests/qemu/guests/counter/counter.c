/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backend from its parts: no server of the library, only pages and queues.
 *
 * It answers a driver of random numbers, with numbers that are none: whatever the
 * driver lets it write is filled with bytes that count up. docs/devices.md shows
 * this file as it is.
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/irq.h"
#include "pv/start.h"
#include "pv/virtio_backend.h"

#define N_QUEUES           1u
#define REQUESTS_AT_A_TIME 16u   /* then resets are looked for */
#define ANSWER_MAX         4096u /* bytes; a driver may ask for more than its window holds */

static struct pv_virtqueue_device queue;
static struct pv_virtio_backend backend;
static unsigned char next_byte;

/* It only has to end the sleep. */
static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
}

/* What there is to do for a request. The window is the driver's as well: write, never read back. */
static uint32_t answer(const struct pv_virtqueue_chain *chain)
{
	uint32_t bytes = chain->writable_bytes < ANSWER_MAX ? chain->writable_bytes : ANSWER_MAX;

	for (uint32_t i = 0; i < bytes; i++) {
		(void)pv_virtqueue_chain_write(chain, i, &next_byte, 1);
		next_byte++;
	}
	return bytes;
}

/* Returns how many requests were answered. In their order: a restart goes on behind the last. */
static uint32_t serve(void)
{
	struct pv_virtqueue_chain chain;
	uint32_t n = 0;

	while (n < REQUESTS_AT_A_TIME && pv_virtqueue_pop(&queue, &chain) == PV_OK) {
		(void)pv_virtqueue_push(&queue, &chain, answer(&chain));
		n++;
	}
	return n; /* of a broken queue nothing comes until its driver resets it */
}

void guest_main(void)
{
	const struct pv_virtio_backend_config *config = pv_virtio_backend_find("counter", PV_VIRTIO_RNG);

	if (config == NULL || !pv_irq_attach_edge(config->interrupt, on_interrupt, NULL)) {
		pv_panic("no device \"counter\" to serve");
	}
	pv_virtio_backend_open(&backend, config, &queue, N_QUEUES);
	pv_printf("serving \"counter\"\n");
	for (;;) {
		/* Resets, and queues that come and go. Busy: wait_begin() will not let it sleep. */
		(void)pv_virtio_backend_update(&backend);

		uint32_t n = serve();

		(void)pv_virtio_backend_signal(&backend);
		if (n == 0 && pv_virtio_backend_wait_begin(&backend, 1u << 0)) {
			pv_wfi();
		}
		pv_virtio_backend_wait_end(&backend);
		pv_irq_take_pending();
	}
}
