/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device's end of a virtual device: what its state page says, followed by
 * the queues of a server.
 *
 *	pv_virtio_backend_open(&backend, config, &server.queue, 1);
 *	for (;;) {
 *		pv_virtio_backend_update(&backend);
 *		... pop, work, push ...
 *		pv_virtio_backend_signal(&backend);
 *		if (nothing was done && pv_virtio_backend_wait_begin(&backend, 1)) {
 *			sleep until config->interrupt
 *		}
 *		pv_virtio_backend_wait_end(&backend);
 *	}
 *
 * Call update() at least each time the interrupt comes: a driver that resets the
 * device waits for it, 100 ms at most. A chain that was popped before is kept only
 * if pv_virtqueue_device_has_popped() says so after it.
 *
 * Owns     nothing; works on the caller's object. One user at a time.
 */
#pragma once

#include "pv/virtqueue.h"
#include "pv/virtual_device.h"

struct pv_virtio_backend {
	const struct pv_virtio_backend_config *config;
	struct pv_virtio_window window;
	struct pv_virtqueue_device *queues; /* the server's, by number */
	uint32_t n_queues;
	struct pv_virtio_queue_state opened[PV_VIRTIO_QUEUES_MAX]; /* where they lie, while open */
	uint32_t sequence; /* of the state that is followed */
	uint32_t epoch;    /* that is served; 0: none yet */
	uint64_t features; /* accepted by the driver */
	uint32_t n_resets; /* that this life has seen */
};

/* All queues are closed; the first update() opens what the driver has made ready. */
void pv_virtio_backend_open(struct pv_virtio_backend *backend,
			    const struct pv_virtio_backend_config *config,
			    struct pv_virtqueue_device *queues, uint32_t n_queues);

/*
 * Follow the state page. After a reset the queues are closed, and EL2 told so.
 * Queues that are ready are opened and go on at their used index, also in
 * another life of this end. One that the driver has moved meanwhile is opened anew.
 * One that makes no sense is broken until the next reset.
 *
 * PV_OK, PV_BUSY (the state changes all the time; wait_begin() will not sleep),
 * what PV_VIRTIO_ACKNOWLEDGE says
 */
enum pv_status pv_virtio_backend_update(struct pv_virtio_backend *backend);

/* Interrupt the driver if one of the queues calls for it. Returns if it did. */
bool pv_virtio_backend_signal(struct pv_virtio_backend *backend);

/*
 * About to sleep: ask for a bell when a chain comes to one of these queues. True
 * when it is right to sleep. Call with the interrupt masked or latched.
 * @queues  bit n: queue n
 */
bool pv_virtio_backend_wait_begin(struct pv_virtio_backend *backend, uint32_t queues);
void pv_virtio_backend_wait_end(struct pv_virtio_backend *backend);
