/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's side of a split virtqueue.
 *
 * Which descriptors are free and how chains hang together is kept in private
 * memory: the table in the window is written and never read back.
 */
#include "rtos-guests/virtio/ring.h"

enum pv_status pv_virtqueue_driver_open(struct pv_virtqueue_driver *driver,
					const struct pv_virtio_window *window,
					const struct pv_virtqueue_config *config)
{
	struct virtqueue *queue = &driver->queue;
	enum pv_status status = virtqueue_open(queue, window, config);

	if (status != PV_OK) {
		queue->is_broken = true;
		return status;
	}
	driver->next_available = 0;
	driver->next_used = 0;
	driver->last_kick = 0;
	driver->first_free = 0;
	driver->n_free = queue->size;
	for (uint32_t i = 0; i < queue->size; i++) {
		driver->descriptors[i].next = (uint16_t)(i + 1u);
		driver->descriptors[i].n = 0;
	}
	store16(queue->available + RING_FLAGS, 0);
	store16(queue->used + RING_FLAGS, 0);
	store16(used_event_of(queue), 0);
	store16(available_event_of(queue), 0);
	store_index(queue->used, 0);
	store_index(queue->available, 0);
	return PV_OK;
}

/* Bytes that the device may write; false: no device would take this chain. */
static bool are_sane(const struct pv_virtqueue_driver *driver,
		     const struct pv_virtqueue_piece *pieces, uint32_t n_pieces,
		     uint32_t *writable_bytes)
{
	bool is_writable = false;

	*writable_bytes = 0;
	if (n_pieces == 0 || n_pieces > PV_VIRTQUEUE_CHAIN_MAX ||
	    n_pieces > driver->queue.size) {
		return false;
	}
	for (uint32_t i = 0; i < n_pieces; i++) {
		if (pieces[i].bytes == 0 || (is_writable && !pieces[i].is_writable) ||
		    pv_virtio_window_at(&driver->queue.window, pieces[i].address,
					pieces[i].bytes) == NULL) {
			return false;
		}
		is_writable = pieces[i].is_writable;
		*writable_bytes += is_writable ? pieces[i].bytes : 0;
	}
	return true;
}

static void write_descriptor(const struct virtqueue *queue, uint16_t id,
			     const struct pv_virtqueue_piece *piece, bool is_last, uint16_t next)
{
	unsigned char *descriptor = queue->descriptors + DESCRIPTOR_BYTES * id;

	store64(descriptor + DESCRIPTOR_ADDRESS, piece->address);
	store32(descriptor + DESCRIPTOR_LENGTH, piece->bytes);
	store16(descriptor + DESCRIPTOR_FLAGS,
		(uint16_t)((piece->is_writable ? DESCRIPTOR_F_WRITE : 0) |
			   (is_last ? 0 : DESCRIPTOR_F_NEXT)));
	store16(descriptor + DESCRIPTOR_NEXT, is_last ? 0 : next);
}

enum pv_status pv_virtqueue_add(struct pv_virtqueue_driver *driver,
				const struct pv_virtqueue_piece *pieces, uint32_t n_pieces,
				uint16_t *head)
{
	struct virtqueue *queue = &driver->queue;
	uint32_t writable_bytes;

	if (queue->is_broken) {
		return PV_CORRUPT;
	}
	if (!are_sane(driver, pieces, n_pieces, &writable_bytes)) {
		return PV_BAD_ARGUMENT;
	}
	if (n_pieces > driver->n_free) {
		return PV_FULL;
	}

	uint16_t first = driver->first_free;
	uint16_t id = first;

	for (uint32_t i = 0; i < n_pieces; i++) {
		uint16_t next = driver->descriptors[id].next;

		write_descriptor(queue, id, &pieces[i], i + 1 == n_pieces, next);
		id = next;
	}
	driver->first_free = id;
	driver->n_free = (uint16_t)(driver->n_free - n_pieces);
	driver->descriptors[first].n = (uint16_t)n_pieces;
	driver->descriptors[first].writable_bytes = writable_bytes;
	store16(queue->available + RING_ENTRIES +
			2u * (driver->next_available & (queue->size - 1u)),
		first);
	driver->next_available++;
	store_index(queue->available, driver->next_available);
	*head = first;
	return PV_OK;
}

bool pv_virtqueue_kick(struct pv_virtqueue_driver *driver)
{
	const struct virtqueue *queue = &driver->queue;
	uint16_t old = driver->last_kick;

	driver->last_kick = driver->next_available;
	if (queue->is_broken || old == driver->next_available) {
		return false;
	}
	full_barrier(); /* available index before the device's wish */
	if (queue->has_event_idx) {
		return has_passed(load16(available_event_of(queue)), driver->next_available, old);
	}
	return (load16(queue->used + RING_FLAGS) & USED_NO_NOTIFY) == 0;
}

static void free_chain(struct pv_virtqueue_driver *driver, uint16_t head)
{
	uint16_t last = head;

	for (uint32_t n = driver->descriptors[head].n; n > 1; n--) {
		last = driver->descriptors[last].next;
	}
	driver->descriptors[last].next = driver->first_free;
	driver->first_free = head;
	driver->n_free = (uint16_t)(driver->n_free + driver->descriptors[head].n);
	driver->descriptors[head].n = 0;
}

enum pv_status pv_virtqueue_collect(struct pv_virtqueue_driver *driver, uint16_t *head,
				    uint32_t *bytes)
{
	struct virtqueue *queue = &driver->queue;

	if (queue->is_broken) {
		return PV_CORRUPT;
	}

	uint16_t n_used = (uint16_t)(load_index(queue->used) - driver->next_used);
	uint16_t n_in_flight = (uint16_t)(driver->next_available - driver->next_used);

	if (n_used == 0) {
		return PV_EMPTY;
	}

	const unsigned char *entry =
		queue->used + RING_ENTRIES +
		USED_ENTRY_BYTES * (driver->next_used & (queue->size - 1u));
	uint32_t id = load32(entry + USED_ENTRY_ID);
	uint32_t length = load32(entry + USED_ENTRY_LENGTH);

	if (n_used > n_in_flight || id >= queue->size || driver->descriptors[id].n == 0 ||
	    length > driver->descriptors[id].writable_bytes) {
		queue->is_broken = true;
		return PV_CORRUPT;
	}
	free_chain(driver, (uint16_t)id);
	driver->next_used++;
	*head = (uint16_t)id;
	*bytes = length;
	return PV_OK;
}

bool pv_virtqueue_driver_wait_begin(struct pv_virtqueue_driver *driver)
{
	struct virtqueue *queue = &driver->queue;

	if (queue->is_broken) {
		return true;
	}
	if (queue->has_event_idx) {
		store16(used_event_of(queue), driver->next_used);
	} else {
		store16(queue->available + RING_FLAGS, 0);
	}
	full_barrier(); /* own wish before the device's index */
	return load_index(queue->used) == driver->next_used;
}

void pv_virtqueue_driver_wait_end(struct pv_virtqueue_driver *driver)
{
	/* With EVENT_IDX the event that was passed asks for nothing more. */
	if (!driver->queue.is_broken && !driver->queue.has_event_idx) {
		store16(driver->queue.available + RING_FLAGS, AVAILABLE_NO_INTERRUPT);
	}
}
