/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports: sampling, queuing, message, window. Layouts are those of abi/port.h.
 *
 * Open a port once, from an entry of PV_PORT_TABLE (generated ports.h) or of
 * pv_platform()->ports; the object is then the caller's. Nothing here blocks,
 * allocates or masks interrupts. One object has one user at a time: a kernel
 * that lets several tasks use a port puts a mutex around it.
 *
 * Whatever a peer writes in its pages, these functions stay within the window
 * and take a bounded number of steps: at most PV_SAMPLING_TRIES copies, else
 * one. What a peer can do is send wrong messages or none.
 *
 *	static const struct pv_port_config ports[] = { PV_PORT_TABLE };
 *	struct pv_sampling state;
 *
 *	status = pv_sampling_open(&state, &ports[PV_PORT_STATE]);
 *	...
 *	status = pv_sampling_write(&state, &text, sizeof(text));
 */
#pragma once

#include "abi/hypercall.h"
#include "abi/port.h"
#include "abi/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One entry of PV_PORT_TABLE, in this order. */
struct pv_port_config {
	const char            *name;
	enum pv_port_kind      kind;
	enum pv_port_direction direction;
	uint32_t               message_bytes; /* window ports: bytes of the window */
	uint32_t               depth;
	uint64_t               refresh_us;    /* 0: a message never gets too old */
	uint32_t               interrupt;     /* INTID rung by the peer; 0: none */
	uint32_t               first_doorbell;
	uint32_t               n_doorbells;
	uint64_t               source_window; /* address; window ports: the window */
	uint64_t               destination_window; /* queuing ports only */
};

/* NULL: no port of that name. The port's number is its place in the table. */
const struct pv_port_config *pv_port_find(const struct pv_port_config *ports, size_t n_ports,
					  const char *name);

/* ---- Sampling: the latest value -------------------------------------------- */

struct pv_sampling {
	const struct pv_port_config *config;
	unsigned char               *window;
	uint64_t                     n_written; /* source: number of the last message */
	uint64_t                     refresh_ticks;
};

struct pv_sample {
	uint32_t bytes;     /* of this message */
	uint64_t number;    /* counts writes since power-on, from 1 */
	uint64_t timestamp; /* CNTVCT of the write */
	uint64_t age_ticks; /* at the read */
	bool     is_valid;  /* not older than the port's refresh period */
};

/* PV_OK, PV_BAD_ARGUMENT: not a sampling port, or the entry makes no sense */
enum pv_status pv_sampling_open(struct pv_sampling *port, const struct pv_port_config *config);

/*
 * Publish a message and ring the destinations that asked for it.
 * PV_OK, PV_NOT_ALLOWED (a destination), PV_BAD_ARGUMENT (too long)
 */
enum pv_status pv_sampling_write(struct pv_sampling *port, const void *text, size_t bytes);

/*
 * Copy the latest message, never a mixture of two.
 * @size  of text, at least the port's message size
 * PV_OK, PV_EMPTY (never written), PV_BUSY (overtaken PV_SAMPLING_TRIES times),
 * PV_CORRUPT, PV_BAD_ARGUMENT (size), PV_NOT_ALLOWED (a source)
 */
enum pv_status pv_sampling_read(struct pv_sampling *port, void *text, size_t size,
				struct pv_sample *sample);

/* ---- Queuing: a bounded FIFO ----------------------------------------------- */

struct pv_queuing {
	const struct pv_port_config *config;
	unsigned char               *own;   /* the window this end writes */
	const unsigned char         *peers; /* the window the other end writes */
	uint64_t                     count; /* messages put (source) or taken (destination) */
};

struct pv_received {
	uint32_t bytes;
	uint64_t number;    /* counts messages since power-on, from 1 */
	uint64_t timestamp; /* CNTVCT of the send */
};

/* PV_OK, PV_BAD_ARGUMENT: not a queuing port, or the entry makes no sense */
enum pv_status pv_queuing_open(struct pv_queuing *port, const struct pv_port_config *config);

/*
 * Put a message; ring the destination if it sleeps.
 * PV_OK, PV_FULL, PV_CORRUPT, PV_BAD_ARGUMENT (too long), PV_NOT_ALLOWED (a destination)
 */
enum pv_status pv_queuing_send(struct pv_queuing *port, const void *text, size_t bytes);

/*
 * Take the oldest message; ring the source if it waits for room.
 * @size  of text, at least the port's message size
 * PV_OK, PV_EMPTY, PV_CORRUPT (a message that makes no sense is taken and
 * dropped; counts that make no sense take nothing), PV_BAD_ARGUMENT (size),
 * PV_NOT_ALLOWED (a source)
 */
enum pv_status pv_queuing_receive(struct pv_queuing *port, void *text, size_t size,
				  struct pv_received *received);

/* Messages in the queue as this end sees it; PV_CORRUPT or below if they make no sense. */
int64_t pv_queuing_level(const struct pv_queuing *port);

/*
 * About to sleep: ask the other end for a doorbell. Returns true when it is
 * right to sleep (until config->interrupt), false when there is something to
 * do already: a message (destination), or room (source). Call with the
 * interrupt masked or latched by a semaphore, so that it cannot fall between.
 */
bool pv_queuing_wait_begin(struct pv_queuing *port);
/* Awake: no doorbells, please. */
void pv_queuing_wait_end(struct pv_queuing *port);

/* ---- Windows ---------------------------------------------------------------- */

/* Address and size of a shared window; NULL: not a window port. */
void *pv_window(const struct pv_port_config *config, size_t *bytes);

/* Ring doorbell n of a port, 0..n_doorbells-1. What was stored before is seen by the woken peer. */
enum pv_status pv_port_ring(const struct pv_port_config *config, uint32_t n);

/* Message ports have no window: pv_message_send(), pv_message_receive() in hypercall.h. */
