/* SPDX-License-Identifier: Apache-2.0 */
/* A state page and the queues that follow it: see pv/virtio_backend.h. */
#include "pv/virtio_backend.h"

#include "pv/hypercall.h"
#include "pv/mmio.h"
#include "pv/port_access.h"

#define STATE_TRIES   16u
#define SEQUENCE_NONE 1u /* EL2 leaves even ones behind */

#define AT(field)           (backend->config->state + offsetof(struct pv_virtio_state, field))
#define QUEUE_AT(id, field) \
	(AT(queues) + (id) * sizeof(struct pv_virtio_queue_state) + \
	 offsetof(struct pv_virtio_queue_state, field))

void pv_virtio_backend_open(struct pv_virtio_backend *backend,
			    const struct pv_virtio_backend_config *config,
			    struct pv_virtqueue_device *queues, uint32_t n_queues)
{
	*backend = (struct pv_virtio_backend){
		.config = config,
		.window = { (unsigned char *)(uintptr_t)config->window, config->window,
			    config->window_bytes },
		.queues = queues,
		.n_queues = n_queues,
		.sequence = SEQUENCE_NONE,
	};
	for (uint32_t i = 0; i < n_queues; i++) {
		pv_virtqueue_device_close(&queues[i]);
	}
}

/* Device memory: reads come in the order in which they stand here. False: EL2 was writing. */
static bool read_state(const struct pv_virtio_backend *backend, struct pv_virtio_state *state)
{
	state->sequence = pv_mmio_read32(AT(sequence));
	state->epoch = pv_mmio_read32(AT(epoch));
	state->status = pv_mmio_read32(AT(status));
	state->features = pv_mmio_read64(AT(features));
	for (uint32_t i = 0; i < backend->n_queues; i++) {
		state->queues[i] = (struct pv_virtio_queue_state){
			.size = pv_mmio_read32(QUEUE_AT(i, size)),
			.descriptors = pv_mmio_read64(QUEUE_AT(i, descriptors)),
			.available = pv_mmio_read64(QUEUE_AT(i, available)),
			.used = pv_mmio_read64(QUEUE_AT(i, used)),
		};
	}
	/* The state before what the driver wrote to the window before it. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return state->sequence % 2 == 0 && pv_mmio_read32(AT(sequence)) == state->sequence;
}

static void close_all(struct pv_virtio_backend *backend)
{
	for (uint32_t i = 0; i < backend->n_queues; i++) {
		pv_virtqueue_device_close(&backend->queues[i]);
	}
	/* The last access to the window before EL2 lets the driver use it anew. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static bool is_same_place(const struct pv_virtio_queue_state *a, const struct pv_virtio_queue_state *b)
{
	return a->size == b->size && a->descriptors == b->descriptors && a->available == b->available &&
	       a->used == b->used;
}

static void open_queue(struct pv_virtio_backend *backend, uint32_t id,
		       const struct pv_virtio_queue_state *state)
{
	backend->opened[id] = *state;
	/* A failure leaves it broken, which is all there is to say. */
	(void)pv_virtqueue_device_open(&backend->queues[id], &backend->window,
				       &(struct pv_virtqueue_config){
					       .size = state->size,
					       .descriptors = state->descriptors,
					       .available = state->available,
					       .used = state->used,
					       .features = backend->features });
}

static void follow_queue(struct pv_virtio_backend *backend, uint32_t id,
			 const struct pv_virtio_queue_state *state, bool is_live)
{
	struct pv_virtqueue_device *queue = &backend->queues[id];

	/* Not ready and ready elsewhere may both have come since the last look. */
	if (!is_live || state->size == 0 ||
	    (!queue->queue.is_broken && !is_same_place(state, &backend->opened[id]))) {
		pv_virtqueue_device_close(queue);
	}
	if (is_live && state->size != 0 && !pv_virtqueue_device_is_open(queue)) {
		open_queue(backend, id, state);
	}
}

enum pv_status pv_virtio_backend_update(struct pv_virtio_backend *backend)
{
	struct pv_virtio_state state;
	enum pv_status status = PV_BUSY;

	if (pv_mmio_read32(AT(sequence)) == backend->sequence) {
		return PV_OK;
	}
	for (uint32_t i = 0; i < STATE_TRIES && status == PV_BUSY; i++) {
		if (!read_state(backend, &state)) {
			continue;
		}
		status = PV_OK;
		if (state.epoch != backend->epoch) {
			close_all(backend);
			status = pv_virtio_acknowledge(backend->config->number, state.epoch);
		}
	}
	if (status != PV_OK) {
		return status;
	}
	backend->n_resets += backend->epoch != 0 && state.epoch != backend->epoch;
	backend->epoch = state.epoch;
	backend->features = state.features;
	backend->sequence = state.sequence;
	for (uint32_t i = 0; i < backend->n_queues; i++) {
		follow_queue(backend, i, &state.queues[i],
			     (state.status & PV_VIRTIO_S_DRIVER_OK) != 0);
	}
	return PV_OK;
}

bool pv_virtio_backend_signal(struct pv_virtio_backend *backend)
{
	bool is_due = false;

	for (uint32_t i = 0; i < backend->n_queues; i++) {
		is_due = pv_virtqueue_must_interrupt(&backend->queues[i]) || is_due;
	}
	if (is_due) {
		(void)port_ring(backend->config->doorbell);
	}
	return is_due;
}

bool pv_virtio_backend_wait_begin(struct pv_virtio_backend *backend, uint32_t queues)
{
	bool may_sleep = pv_mmio_read32(AT(sequence)) == backend->sequence;

	for (uint32_t i = 0; i < backend->n_queues; i++) {
		if ((queues >> i & 1) != 0) {
			may_sleep = pv_virtqueue_device_wait_begin(&backend->queues[i]) && may_sleep;
		}
	}
	return may_sleep;
}

void pv_virtio_backend_wait_end(struct pv_virtio_backend *backend)
{
	for (uint32_t i = 0; i < backend->n_queues; i++) {
		pv_virtqueue_device_wait_end(&backend->queues[i]);
	}
}
