/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages through a port, with sleeping for the peer.
 *
 * Locks    take port->lock around one look at or change of a window; never hold
 *          it while they sleep for the peer or touch user memory.
 * Context  process.
 */
#ifndef PARAVENT_TRANSFER_H
#define PARAVENT_TRANSFER_H

#include "port.h"

/* An open port. */
struct pv_file {
	struct pv_port *port;
	u64 seen; /* sampling: number last read; windows: interrupts at the last read */
};

/*
 * One message into user memory; message->text and size are the request, the rest
 * is the answer. 0 or the errno of docs/linux.md.
 */
int transfer_receive(struct pv_file *file, struct paravent_message *message, bool may_sleep);

/* One message, already copied from user memory and not longer than the port allows. */
int transfer_send(struct pv_port *port, const void *text, size_t bytes, bool may_sleep);

/* Fetch the next register message from EL2 unless one is here already; under port->lock. */
int transfer_look_ahead(struct pv_port *port);

/* Ring one of the port's doorbells, and count it. */
int transfer_ring(struct pv_port *port, u32 doorbell);

#endif
