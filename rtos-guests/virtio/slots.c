/* SPDX-License-Identifier: Apache-2.0 */
#include "pv/virtio_slots.h"

static uint64_t align(uint64_t bytes)
{
	return (bytes + PV_VIRTIO_TAKE_ALIGN - 1) / PV_VIRTIO_TAKE_ALIGN * PV_VIRTIO_TAKE_ALIGN;
}

uint64_t pv_virtio_slots_bytes(uint32_t n, uint32_t slot_bytes)
{
	struct pv_virtqueue_config unused;

	return align(pv_virtqueue_place(0, n, 0, &unused)) + align((uint64_t)n * slot_bytes);
}

enum pv_status pv_virtio_slots_open(struct pv_virtio_slots *slots,
				    struct pv_virtio_frontend *frontend, uint32_t queue, uint32_t n,
				    uint32_t slot_bytes)
{
	enum pv_status status = pv_virtio_frontend_add_queue(frontend, queue, &slots->queue, n);

	if (status != PV_OK) {
		return status;
	}
	slots->address = pv_virtio_frontend_take(frontend, (uint64_t)n * slot_bytes);
	if (slots->address == 0) {
		slots->queue.queue.is_broken = true;
		return PV_FULL;
	}
	slots->memory = pv_virtio_window_at(&frontend->window, slots->address, 0);
	slots->slot_bytes = slot_bytes;
	slots->n = n;
	slots->n_free = n;
	for (uint32_t i = 0; i < n; i++) {
		slots->free[i] = (uint8_t)i;
	}
	return PV_OK;
}

unsigned char *pv_virtio_slots_next(const struct pv_virtio_slots *slots)
{
	return slots->n_free != 0
		       ? slots->memory + slots->free[slots->n_free - 1] * slots->slot_bytes : NULL;
}

enum pv_status pv_virtio_slots_give(struct pv_virtio_slots *slots, uint32_t bytes,
				    bool is_writable)
{
	uint8_t slot = slots->free[slots->n_free - 1];
	struct pv_virtqueue_piece piece = { slots->address + slot * slots->slot_bytes, bytes,
					    is_writable };
	uint16_t head;
	enum pv_status status = pv_virtqueue_add(&slots->queue, &piece, 1, &head);

	if (status == PV_OK) {
		slots->slot_of[head] = slot;
		slots->n_free--;
	}
	return status;
}

void pv_virtio_slots_give_all(struct pv_virtio_slots *slots)
{
	while (slots->n_free != 0 &&
	       pv_virtio_slots_give(slots, slots->slot_bytes, true) == PV_OK) {
	}
}

enum pv_status pv_virtio_slots_take(struct pv_virtio_slots *slots, uint32_t *bytes)
{
	uint16_t head;
	enum pv_status status = pv_virtqueue_collect(&slots->queue, &head, bytes);

	if (status == PV_OK) {
		slots->free[slots->n_free++] = slots->slot_of[head];
	}
	return status;
}
