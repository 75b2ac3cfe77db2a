/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout of ports in their shared windows.
 *
 * A window is ordinary cacheable, inner-shareable memory. Each page has one
 * writer: stage 2 maps it read-write for the writer and read-only for everyone
 * else. Zeroed memory is a valid empty port; EL2 zeroes windows once, before any
 * partition runs, and never touches them again. Sizes and depths come from the
 * device tree or PV_PORT_INFO, never from the window: what a peer writes can
 * make messages wrong, but not make a reader leave its window or loop.
 *
 * All fields little-endian, naturally aligned. Full text: docs/abi.md "Ports".
 */
#pragma once

#include <stdint.h>

/* ---- Sampling port: one window, written by the source ------------------- */

/*
 * The source keeps PV_SAMPLING_SLOTS copies. To write message n (1, 2, 3...):
 *   slot = n % PV_SAMPLING_SLOTS;  slot.sequence = 0;  barrier;
 *   slot.timestamp, .bytes, text;  release slot.sequence = n;
 *   release header.latest = n.
 * To read: n = acquire header.latest (0: never written); s = acquire
 * slot[n % SLOTS].sequence; copy; barrier; s must equal n both before and after
 * the copy, else read `latest` again, at most PV_SAMPLING_TRIES times.
 */
#define PV_SAMPLING_SLOTS 4
#define PV_SAMPLING_TRIES 4

struct pv_sampling_header {
	uint64_t latest;      /* number of messages written so far */
	uint64_t reserved[7]; /* zero; the first slot is at offset 64 */
};

struct pv_sampling_slot {
	uint64_t sequence;  /* message number, 0 while it is being written */
	uint64_t timestamp; /* CNTVCT_EL0 of the write; one time base for all partitions */
	uint32_t bytes;     /* length of this message, at most the port's message size */
	uint32_t reserved;
	/* message text follows at offset 24 */
};

#define PV_SLOT_TEXT 24u
/* Distance between slots of a sampling port, and of a queuing port. */
#define PV_SLOT_STRIDE(message_bytes) ((PV_SLOT_TEXT + (message_bytes) + 63u) / 64u * 64u)
#define PV_SAMPLING_BYTES(message_bytes) \
	(64u + PV_SAMPLING_SLOTS * PV_SLOT_STRIDE(message_bytes))

/* ---- Queuing port: two windows ------------------------------------------ */

/*
 * Window 0 is written by the source: this header, then `depth` slots (depth is
 * a power of two). Window 1 is written by the destination: only the header.
 * `count` is free running: window 0 counts messages put, window 1 messages
 * taken; put - taken is 0..depth, anything else is PV_CORRUPT.
 *
 * `wait` asks the other end for a doorbell: the destination sets it (in its own
 * window) before it sleeps on an empty queue, the source before it sleeps on a
 * full one. The other end reads it after a full barrier behind its own count
 * update and rings when it is not zero.
 */
struct pv_queuing_header {
	uint64_t count;
	uint32_t wait;
	uint32_t reserved0;
	uint64_t reserved[6]; /* the first slot is at offset 64 */
};

struct pv_queuing_slot {
	uint64_t sequence;  /* message number, counted from 1 */
	uint64_t timestamp; /* CNTVCT_EL0 of the send */
	uint32_t bytes;
	uint32_t reserved;
	/* message text follows at offset 24 */
};

#define PV_QUEUING_SOURCE_BYTES(message_bytes, depth) \
	(64u + (depth) * PV_SLOT_STRIDE(message_bytes))
#define PV_QUEUING_DESTINATION_BYTES 64u
