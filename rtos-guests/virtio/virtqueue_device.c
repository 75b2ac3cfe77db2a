/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device's side of a split virtqueue.
 *
 * The driver can write the whole window, the used ring too: indices of this end
 * live in private memory, and are read from the window only when a queue is
 * opened.
 */
#include "rtos-guests/virtio/ring.h"

#include "pv/string.h"

enum pv_status pv_virtqueue_device_open(struct pv_virtqueue_device *device,
					const struct pv_virtio_window *window,
					const struct pv_virtqueue_config *config)
{
	struct virtqueue *queue = &device->queue;
	enum pv_status status = virtqueue_open(queue, window, config);

	if (status != PV_OK) {
		queue->is_broken = true;
		return status;
	}
	device->next_used = load_index(queue->used);
	device->next_available = device->next_used;
	device->last_signal = device->next_used;
	device->is_resumed = true;
	if ((uint16_t)(load_index(queue->available) - device->next_used) > queue->size) {
		queue->is_broken = true;
		return PV_CORRUPT;
	}
	pv_virtqueue_device_wait_end(device);
	return PV_OK;
}

void pv_virtqueue_device_close(struct pv_virtqueue_device *device)
{
	*device = (struct pv_virtqueue_device){ .queue.size = 0 };
}

bool pv_virtqueue_device_is_open(const struct pv_virtqueue_device *device)
{
	return device->queue.is_broken || device->queue.size != 0;
}

bool pv_virtqueue_device_has_popped(const struct pv_virtqueue_device *device)
{
	return device->next_used != device->next_available;
}

static bool is_usable(const struct virtqueue *queue)
{
	return !queue->is_broken && queue->size != 0;
}

void pv_virtqueue_device_break(struct pv_virtqueue_device *device)
{
	device->queue.is_broken = true;
}

/* Take descriptor `id` into the chain. False: it makes no sense. *next: the one behind it, if any. */
static bool take_descriptor(const struct virtqueue *queue, struct pv_virtqueue_chain *chain,
			    uint16_t id, bool *has_next, uint16_t *next)
{
	const unsigned char *descriptor = queue->descriptors + DESCRIPTOR_BYTES * id;
	uint64_t address = load64(descriptor + DESCRIPTOR_ADDRESS);
	uint32_t length = load32(descriptor + DESCRIPTOR_LENGTH);
	uint16_t flags = load16(descriptor + DESCRIPTOR_FLAGS);
	unsigned char *memory = pv_virtio_window_at(&queue->window, address, length);
	uint32_t n = chain->n_readable + chain->n_writable;

	*has_next = (flags & DESCRIPTOR_F_NEXT) != 0;
	*next = load16(descriptor + DESCRIPTOR_NEXT);
	if (memory == NULL || length == 0 || n == PV_VIRTQUEUE_CHAIN_MAX ||
	    (flags & ~(DESCRIPTOR_F_NEXT | DESCRIPTOR_F_WRITE)) != 0 ||
	    (*has_next && *next >= queue->size)) {
		return false;
	}
	if ((flags & DESCRIPTOR_F_WRITE) != 0) {
		chain->n_writable++;
		chain->writable_bytes += length;
	} else if (chain->n_writable != 0) {
		return false;
	} else {
		chain->n_readable++;
		chain->readable_bytes += length;
	}
	chain->segments[n] = (struct pv_virtqueue_segment){ memory, length };
	return true;
}

/* A loop ends at PV_VIRTQUEUE_CHAIN_MAX. */
static bool take_chain(const struct virtqueue *queue, struct pv_virtqueue_chain *chain)
{
	uint16_t id = chain->head;
	bool has_next = true;

	while (has_next) {
		if (!take_descriptor(queue, chain, id, &has_next, &id)) {
			return false;
		}
	}
	return true;
}

enum pv_status pv_virtqueue_pop(struct pv_virtqueue_device *device,
				struct pv_virtqueue_chain *chain)
{
	struct virtqueue *queue = &device->queue;

	if (!is_usable(queue)) {
		return queue->is_broken ? PV_CORRUPT : PV_EMPTY;
	}

	uint16_t available = load_index(queue->available);

	if (available == device->next_available) {
		return PV_EMPTY;
	}

	uint16_t slot = (uint16_t)(device->next_available & (queue->size - 1u));

	chain->head = load16(queue->available + RING_ENTRIES + 2u * slot);
	chain->n_readable = chain->n_writable = 0;
	chain->readable_bytes = chain->writable_bytes = 0;
	/* An index that went back looks like one far ahead. */
	if ((uint16_t)(available - device->next_used) > queue->size ||
	    (uint16_t)(available - device->next_available) > queue->size ||
	    chain->head >= queue->size || !take_chain(queue, chain)) {
		queue->is_broken = true;
		return PV_CORRUPT;
	}
	device->heads[slot] = chain->head;
	device->next_available++;
	return PV_OK;
}

/* Are these the oldest that were popped, and no more written to any than it holds? */
static bool are_next(const struct pv_virtqueue_device *device, const struct pv_virtqueue_chain *chains,
		     const uint32_t *bytes, uint32_t n)
{
	uint32_t mask = device->queue.size - 1u;

	if (n > (uint16_t)(device->next_available - device->next_used)) {
		return false;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (device->heads[(device->next_used + i) & mask] != chains[i].head ||
		    bytes[i] > chains[i].writable_bytes) {
			return false;
		}
	}
	return true;
}

enum pv_status pv_virtqueue_push_several(struct pv_virtqueue_device *device,
					 const struct pv_virtqueue_chain *chains,
					 const uint32_t *bytes, uint32_t n)
{
	struct virtqueue *queue = &device->queue;

	if (!is_usable(queue)) {
		return queue->is_broken ? PV_CORRUPT : PV_BAD_ARGUMENT;
	}
	if (!are_next(device, chains, bytes, n)) {
		return PV_BAD_ARGUMENT;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = device->next_used & (queue->size - 1u);
		unsigned char *entry = queue->used + RING_ENTRIES + USED_ENTRY_BYTES * slot;

		store32(entry + USED_ENTRY_ID, chains[i].head);
		store32(entry + USED_ENTRY_LENGTH, bytes[i]);
		device->next_used++;
	}
	store_index(queue->used, device->next_used);
	return PV_OK;
}

enum pv_status pv_virtqueue_push(struct pv_virtqueue_device *device,
				 const struct pv_virtqueue_chain *chain, uint32_t bytes)
{
	return pv_virtqueue_push_several(device, chain, &bytes, 1);
}

bool pv_virtqueue_must_interrupt(struct pv_virtqueue_device *device)
{
	const struct virtqueue *queue = &device->queue;
	uint16_t old = device->last_signal;

	if (!is_usable(queue)) {
		return false;
	}
	device->last_signal = device->next_used;
	if (device->is_resumed) {
		device->is_resumed = false;
		return true;
	}
	if (old == device->next_used) {
		return false;
	}
	full_barrier(); /* used index before the driver's wish */
	if (queue->has_event_idx) {
		return has_passed(load16(used_event_of(queue)), device->next_used, old);
	}
	return (load16(queue->available + RING_FLAGS) & AVAILABLE_NO_INTERRUPT) == 0;
}

bool pv_virtqueue_device_wait_begin(struct pv_virtqueue_device *device)
{
	struct virtqueue *queue = &device->queue;

	if (!is_usable(queue)) {
		return true;
	}
	if (queue->has_event_idx) {
		store16(available_event_of(queue), device->next_available);
	} else {
		store16(queue->used + RING_FLAGS, 0);
	}
	full_barrier(); /* own wish before the driver's index */
	return load_index(queue->available) == device->next_available;
}

void pv_virtqueue_device_wait_end(struct pv_virtqueue_device *device)
{
	/* With EVENT_IDX the event that was passed asks for nothing more. */
	if (is_usable(&device->queue) && !device->queue.has_event_idx) {
		store16(device->queue.used + RING_FLAGS, USED_NO_NOTIFY);
	}
}

/* ---- Bytes of a chain -------------------------------------------------------- */

unsigned char *pv_virtqueue_chain_at(const struct pv_virtqueue_chain *chain, bool is_writable,
				     uint32_t offset, uint32_t *bytes)
{
	uint32_t first = is_writable ? chain->n_readable : 0;
	uint32_t end = is_writable ? chain->n_readable + chain->n_writable : chain->n_readable;

	for (uint32_t i = first; i < end; i++) {
		const struct pv_virtqueue_segment *segment = &chain->segments[i];

		if (offset < segment->bytes) {
			if (*bytes > segment->bytes - offset) {
				*bytes = segment->bytes - offset;
			}
			return segment->memory + offset;
		}
		offset -= segment->bytes;
	}
	return NULL;
}

uint32_t pv_virtqueue_chain_read(const struct pv_virtqueue_chain *chain, uint32_t offset, void *to,
				 uint32_t bytes)
{
	uint32_t done = 0;

	while (done < bytes) {
		uint32_t n = bytes - done;
		const unsigned char *from = pv_virtqueue_chain_at(chain, false, offset + done, &n);

		if (from == NULL) {
			break;
		}
		memcpy((unsigned char *)to + done, from, n);
		done += n;
	}
	return done;
}

uint32_t pv_virtqueue_chain_write(const struct pv_virtqueue_chain *chain, uint32_t offset,
				  const void *from, uint32_t bytes)
{
	uint32_t done = 0;

	while (done < bytes) {
		uint32_t n = bytes - done;
		unsigned char *to = pv_virtqueue_chain_at(chain, true, offset + done, &n);

		if (to == NULL) {
			break;
		}
		memcpy(to, (const unsigned char *)from + done, n);
		done += n;
	}
	return done;
}
