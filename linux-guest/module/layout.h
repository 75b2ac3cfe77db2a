/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages in shared windows, as include/abi/port.h lays them out.
 *
 * Sizes come from the device tree and are checked once, at open; nothing that a
 * peer stores in its window is used as an address, a size or a number of turns
 * before it was copied and checked. A peer can send wrong messages or none.
 *
 * Locks    none; the caller lets one thread at a time into a port.
 * Context  any. Also compiled for the host, under tests/unit/.
 */
#ifndef PARAVENT_LAYOUT_H
#define PARAVENT_LAYOUT_H

#include "access.h"
#include "abi/port.h"

/* Sizes of a port beyond which nobody has a reason to go; keeps products in 32 bits. */
#define LAYOUT_MESSAGE_BYTES_MAX (1u << 20)
#define LAYOUT_DEPTH_MAX         1024u

struct layout_message {
	uint64_t number;
	uint64_t timestamp;
	uint32_t bytes;
};

/* ---- Sampling -------------------------------------------------------------- */

struct layout_sampling {
	unsigned char *window;
	uint32_t       message_bytes;
	uint64_t       n_written; /* source */
};

/* 0, or -EINVAL when the window cannot hold such a port. */
int layout_sampling_open(struct layout_sampling *port, void *window, uint64_t window_bytes,
			 uint32_t message_bytes);

/* Write the next value. 0 or -EMSGSIZE. */
int layout_sampling_put(struct layout_sampling *port, const void *text, size_t bytes,
			uint64_t timestamp);

/* Number of the latest value, as the source claims; 0: never written. */
uint64_t layout_sampling_latest(const struct layout_sampling *port);

/*
 * Copy the latest value. @text has room for message_bytes.
 * 0, -ENODATA (never written), -EBUSY (overtaken PV_SAMPLING_TRIES times),
 * -EBADMSG (longer than the port allows)
 */
int layout_sampling_get(const struct layout_sampling *port, void *text,
			struct layout_message *message);

/* ---- Queuing ---------------------------------------------------------------- */

struct layout_queue {
	unsigned char           *slots; /* in the source's window */
	struct pv_queuing_header *own;
	const struct pv_queuing_header *peer;
	uint32_t message_bytes;
	uint32_t depth;
	bool     is_source;
	uint64_t count; /* messages put (source) or taken; own->count is a copy for the peer */
};

/* 0, or -EINVAL when the windows cannot hold such a port. */
int layout_queue_open(struct layout_queue *port, bool is_source, void *source_window,
		      uint64_t source_bytes, void *destination_window, uint64_t destination_bytes,
		      uint32_t message_bytes, uint32_t depth);

/* Messages in the queue, or -EBADMSG: the peer's count makes no sense. */
int layout_queue_level(const struct layout_queue *port);

/* 0, -EMSGSIZE, -EAGAIN (full), -EBADMSG (the peer's count makes no sense) */
int layout_queue_put(struct layout_queue *port, const void *text, size_t bytes,
		     uint64_t timestamp);

/*
 * Take the oldest message. @text has room for message_bytes.
 * 0, -EAGAIN (empty), -EBADMSG: the peer's count makes no sense and nothing was
 * taken, or the message makes none and was dropped; *is_dropped tells which.
 */
int layout_queue_get(struct layout_queue *port, void *text, struct layout_message *message,
		     bool *is_dropped);

/* Ask the peer for a doorbell before sleeping, then look again: true if there is nothing to do. */
bool layout_queue_wait(struct layout_queue *port);

/* Nobody sleeps here any more. */
void layout_queue_awake(struct layout_queue *port);

/* After a put or get: does the peer sleep? Orders the count before the look at its wait flag. */
bool layout_queue_is_peer_waiting(const struct layout_queue *port);

#endif
