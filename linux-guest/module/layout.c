// SPDX-License-Identifier: GPL-2.0
#include "layout.h"

/* ---- Sampling -------------------------------------------------------------- */

static struct pv_sampling_header *sampling_header(const struct layout_sampling *port)
{
	return (struct pv_sampling_header *)port->window;
}

static struct pv_sampling_slot *sampling_slot(const struct layout_sampling *port, uint64_t number)
{
	uint32_t slot = number % PV_SAMPLING_SLOTS;

	return (struct pv_sampling_slot *)(port->window + sizeof(struct pv_sampling_header) +
					   slot * PV_SLOT_STRIDE(port->message_bytes));
}

int layout_sampling_open(struct layout_sampling *port, void *window, uint64_t window_bytes,
			 uint32_t message_bytes)
{
	if (message_bytes == 0 || message_bytes > LAYOUT_MESSAGE_BYTES_MAX ||
	    PV_SAMPLING_BYTES(message_bytes) > window_bytes) {
		return -EINVAL;
	}
	port->window = window;
	port->message_bytes = message_bytes;
	/* A source that was started again goes on where it stopped. */
	port->n_written = layout_sampling_latest(port);
	return 0;
}

uint64_t layout_sampling_latest(const struct layout_sampling *port)
{
	/* Pairs with the release of `latest`: the slot's sequence is at least as new. */
	return window_load_acquire(&sampling_header(port)->latest);
}

int layout_sampling_put(struct layout_sampling *port, const void *text, size_t bytes,
			uint64_t timestamp)
{
	uint64_t number = port->n_written + 1;
	struct pv_sampling_slot *slot = sampling_slot(port, number);

	if (bytes > port->message_bytes) {
		return -EMSGSIZE;
	}
	window_store(&slot->sequence, 0);
	/* "Being written" is seen before any of the new text; pairs with the reader's barrier. */
	window_write_barrier();
	window_store(&slot->timestamp, timestamp);
	window_store(&slot->bytes, (uint32_t)bytes);
	memcpy((unsigned char *)slot + PV_SLOT_TEXT, text, bytes);
	/* The text is seen before its number, and the number before `latest`. */
	window_store_release(&slot->sequence, number);
	window_store_release(&sampling_header(port)->latest, number);
	port->n_written = number;
	return 0;
}

/* One try to copy message `number`: -EBUSY when the source was faster. */
static int sampling_copy(const struct layout_sampling *port, uint64_t number, void *text,
			 struct layout_message *message)
{
	const struct pv_sampling_slot *slot = sampling_slot(port, number);
	uint32_t bytes;

	/* Pairs with the source's release: from here on the text is that of `number` or newer. */
	if (window_load_acquire(&slot->sequence) != number) {
		return -EBUSY;
	}
	bytes = window_load(&slot->bytes);
	message->number = number;
	message->timestamp = window_load(&slot->timestamp);
	message->bytes = bytes;
	memcpy(text, (const unsigned char *)slot + PV_SLOT_TEXT,
	       bytes <= port->message_bytes ? bytes : 0);
	/* The copy is finished before the number is looked at again. */
	window_read_barrier();
	if (window_load(&slot->sequence) != number) {
		return -EBUSY;
	}
	return bytes <= port->message_bytes ? 0 : -EBADMSG;
}

int layout_sampling_get(const struct layout_sampling *port, void *text,
			struct layout_message *message)
{
	int status = -EBUSY;
	int i;

	for (i = 0; i < PV_SAMPLING_TRIES && status == -EBUSY; i++) {
		uint64_t number = layout_sampling_latest(port);

		if (number == 0) {
			return -ENODATA;
		}
		status = sampling_copy(port, number, text, message);
	}
	return status;
}

/* ---- Queuing ---------------------------------------------------------------- */

static struct pv_queuing_slot *queue_slot(const struct layout_queue *port, uint64_t count)
{
	uint32_t slot = count & (port->depth - 1);

	return (struct pv_queuing_slot *)(port->slots + slot * PV_SLOT_STRIDE(port->message_bytes));
}

int layout_queue_open(struct layout_queue *port, bool is_source, void *source_window,
		      uint64_t source_bytes, void *destination_window, uint64_t destination_bytes,
		      uint32_t message_bytes, uint32_t depth)
{
	uint64_t needed;

	if (message_bytes == 0 || message_bytes > LAYOUT_MESSAGE_BYTES_MAX || depth == 0 ||
	    depth > LAYOUT_DEPTH_MAX || (depth & (depth - 1)) != 0) {
		return -EINVAL;
	}
	needed = PV_QUEUING_SOURCE_BYTES(message_bytes, (uint64_t)depth);
	if (needed > source_bytes || PV_QUEUING_DESTINATION_BYTES > destination_bytes) {
		return -EINVAL;
	}
	port->slots = (unsigned char *)source_window + sizeof(struct pv_queuing_header);
	port->own = is_source ? source_window : destination_window;
	port->peer = is_source ? destination_window : source_window;
	port->message_bytes = message_bytes;
	port->depth = depth;
	port->is_source = is_source;
	/* An end that was started again goes on where it stopped. */
	port->count = window_load(&port->own->count);
	return 0;
}

int layout_queue_level(const struct layout_queue *port)
{
	/*
	 * Pairs with the peer's release of its count. Destination: what was put
	 * before is there to be read. Source: what was taken has been copied.
	 */
	uint64_t peer = window_load_acquire(&port->peer->count);
	uint64_t level = port->is_source ? port->count - peer : peer - port->count;

	return level <= port->depth ? (int)level : -EBADMSG;
}

int layout_queue_put(struct layout_queue *port, const void *text, size_t bytes,
		     uint64_t timestamp)
{
	struct pv_queuing_slot *slot = queue_slot(port, port->count);
	int level;

	if (bytes > port->message_bytes) {
		return -EMSGSIZE;
	}
	level = layout_queue_level(port);
	if (level < 0) {
		return level;
	}
	if ((uint32_t)level == port->depth) {
		return -EAGAIN;
	}
	window_store(&slot->timestamp, timestamp);
	window_store(&slot->bytes, (uint32_t)bytes);
	memcpy((unsigned char *)slot + PV_SLOT_TEXT, text, bytes);
	port->count++;
	window_store(&slot->sequence, port->count);
	/* The message is seen before the count that covers it. */
	window_store_release(&port->own->count, port->count);
	return 0;
}

int layout_queue_get(struct layout_queue *port, void *text, struct layout_message *message,
		     bool *is_dropped)
{
	const struct pv_queuing_slot *slot = queue_slot(port, port->count);
	int level = layout_queue_level(port);
	uint64_t sequence;

	*is_dropped = false;
	if (level < 0) {
		return level;
	}
	if (level == 0) {
		return -EAGAIN;
	}
	sequence = window_load(&slot->sequence);
	message->number = sequence;
	message->timestamp = window_load(&slot->timestamp);
	message->bytes = window_load(&slot->bytes);
	port->count++;
	*is_dropped = sequence != port->count || message->bytes > port->message_bytes;
	if (!*is_dropped) {
		memcpy(text, (const unsigned char *)slot + PV_SLOT_TEXT, message->bytes);
	}
	/* The copy is finished before the source may use the slot again. */
	window_store_release(&port->own->count, port->count);
	return *is_dropped ? -EBADMSG : 0;
}

bool layout_queue_wait(struct layout_queue *port)
{
	int level;

	window_store(&port->own->wait, 1);
	/* The wish is seen before the last look; pairs with the peer's barrier behind its count. */
	window_barrier();
	level = layout_queue_level(port);
	return level == (port->is_source ? (int)port->depth : 0);
}

void layout_queue_awake(struct layout_queue *port)
{
	if (window_load(&port->own->wait) != 0) {
		window_store(&port->own->wait, 0);
	}
}

bool layout_queue_is_peer_waiting(const struct layout_queue *port)
{
	/* The count is seen before the look; pairs with the barrier in the peer's wait. */
	window_barrier();
	return window_load(&port->peer->wait) != 0;
}
