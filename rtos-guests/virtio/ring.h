/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout of a split virtqueue, and how its words are accessed: each once, and
 * whole. VIRTIO 1.2 "Split Virtqueues"; all fields little-endian.
 */
#pragma once

#include "pv/virtqueue.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fields are stored as they are");
_Static_assert(PV_VIRTQUEUE_SIZE_MAX == PV_VIRTIO_QUEUE_SIZE_MAX, "room for what EL2 lets through");

/* VIRTIO 1.2 "The Virtqueue Descriptor Table" */
#define DESCRIPTOR_BYTES   16u
#define DESCRIPTOR_ADDRESS 0u
#define DESCRIPTOR_LENGTH  8u
#define DESCRIPTOR_FLAGS   12u
#define DESCRIPTOR_NEXT    14u
#define DESCRIPTOR_F_NEXT  UINT16_C(1)
#define DESCRIPTOR_F_WRITE UINT16_C(2)

/* "The Virtqueue Available Ring", "The Virtqueue Used Ring" */
#define RING_FLAGS             0u
#define RING_INDEX             2u
#define RING_ENTRIES           4u
#define AVAILABLE_NO_INTERRUPT UINT16_C(1)
#define USED_NO_NOTIFY         UINT16_C(1)
#define USED_ENTRY_BYTES       8u
#define USED_ENTRY_ID          0u
#define USED_ENTRY_LENGTH      4u

static inline uint16_t load16(const unsigned char *from)
{
	return __atomic_load_n((const uint16_t *)(const void *)from, __ATOMIC_RELAXED);
}

static inline uint32_t load32(const unsigned char *from)
{
	return __atomic_load_n((const uint32_t *)(const void *)from, __ATOMIC_RELAXED);
}

static inline uint64_t load64(const unsigned char *from)
{
	return __atomic_load_n((const uint64_t *)(const void *)from, __ATOMIC_RELAXED);
}

static inline void store16(unsigned char *to, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)to, value, __ATOMIC_RELAXED);
}

static inline void store32(unsigned char *to, uint32_t value)
{
	__atomic_store_n((uint32_t *)(void *)to, value, __ATOMIC_RELAXED);
}

static inline void store64(unsigned char *to, uint64_t value)
{
	__atomic_store_n((uint64_t *)(void *)to, value, __ATOMIC_RELAXED);
}

/* The peer's index: entries and buffers it covers are read after it. Pairs with store_index(). */
static inline uint16_t load_index(const unsigned char *ring)
{
	return __atomic_load_n((const uint16_t *)(const void *)(ring + RING_INDEX),
			       __ATOMIC_ACQUIRE);
}

/* Own index: entries and buffers it covers are out before it. Pairs with load_index(). */
static inline void store_index(unsigned char *ring, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)(ring + RING_INDEX), value, __ATOMIC_RELEASE);
}

/*
 * Own index or event before the peer's event or index, which is read next:
 * pairs with the same barrier at the other end, so that one of the two sees the
 * other and no bell is lost.
 */
static inline void full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* used_event of the available ring, avail_event of the used ring: behind their entries. */
static inline unsigned char *used_event_of(const struct virtqueue *queue)
{
	return queue->available + RING_ENTRIES + 2u * queue->size;
}

static inline unsigned char *available_event_of(const struct virtqueue *queue)
{
	return queue->used + RING_ENTRIES + USED_ENTRY_BYTES * queue->size;
}

/*
 * Has the index gone past the event since `old`? VIRTIO 1.2 "Used Buffer
 * Notification Suppression", "Available Buffer Notification Suppression".
 */
static inline bool has_passed(uint16_t event, uint16_t now, uint16_t old)
{
	return (uint16_t)(now - event - 1u) < (uint16_t)(now - old);
}

/* Addresses to pointers. PV_OK, PV_BAD_ARGUMENT */
enum pv_status virtqueue_open(struct virtqueue *queue, const struct pv_virtio_window *window,
			      const struct pv_virtqueue_config *config);
