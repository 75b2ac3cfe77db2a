/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver's queue whose buffers are slots of the window, all of one size, one
 * descriptor each: for devices that carry a stream or packets.
 *
 * A slot is free, or with the device. For the kinds, not for programs.
 */
#pragma once

#include "pv/virtio_frontend.h"

#define PV_VIRTIO_SLOTS_MAX 64u

struct pv_virtio_slots {
	struct pv_virtqueue_driver queue;
	unsigned char *memory;  /* of slot 0 */
	uint64_t address;       /* the same */
	uint32_t slot_bytes;
	uint32_t n;
	uint32_t n_free;
	uint8_t  free[PV_VIRTIO_SLOTS_MAX];
	uint8_t  slot_of[PV_VIRTQUEUE_SIZE_MAX]; /* head of a chain with the device */
};

/* Bytes of the window that n slots and their queue take. */
uint64_t pv_virtio_slots_bytes(uint32_t n, uint32_t slot_bytes);

/*
 * All slots free, nothing usable before frontend_go().
 * @n  a power of two, at most PV_VIRTIO_SLOTS_MAX
 * As pv_virtio_frontend_add_queue()
 */
enum pv_status pv_virtio_slots_open(struct pv_virtio_slots *slots,
				    struct pv_virtio_frontend *frontend, uint32_t queue, uint32_t n,
				    uint32_t slot_bytes);

/* A free slot, which stays free until it is given; NULL: there is none. */
unsigned char *pv_virtio_slots_next(const struct pv_virtio_slots *slots);

/* Give that slot to the device: its first bytes, to read or to write. PV_OK, PV_CORRUPT */
enum pv_status pv_virtio_slots_give(struct pv_virtio_slots *slots, uint32_t bytes,
				    bool is_writable);
/* All free ones, to write. */
void pv_virtio_slots_give_all(struct pv_virtio_slots *slots);

/*
 * The next slot that the device is done with. It is the next free one then.
 * @bytes  that the device claims to have written
 * PV_OK, PV_EMPTY, PV_CORRUPT
 */
enum pv_status pv_virtio_slots_take(struct pv_virtio_slots *slots, uint32_t *bytes);
