/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio console with one port: two streams of bytes. VIRTIO 1.2 "Console
 * Device", without MULTIPORT and SIZE.
 *
 * Nothing blocks. After writing or reading ring the other end: the client by
 * pv_console_client_kick(), the server by pv_virtio_backend_signal().
 */
#pragma once

#include "pv/virtio_slots.h"

/* ---- Server ------------------------------------------------------------------ */

#define PV_CONSOLE_N_QUEUES    2u
#define PV_CONSOLE_PIECE_BYTES 64u
#define PV_CONSOLE_INPUT    (1u << 0) /* for pv_virtio_backend_wait_begin(): room for what is to be put */
#define PV_CONSOLE_OUTPUT   (1u << 1) /* the driver has written */

struct pv_console_server {
	struct pv_virtqueue_device queues[PV_CONSOLE_N_QUEUES];
	void (*write)(void *context, const char *text, uint32_t bytes);
	void  *context;
	struct pv_virtqueue_chain chain; /* that is being written, while the output queue has one popped */
	uint32_t n_written;              /* bytes of it */
};

/*
 * Serve on server->queues, which pv_virtio_backend_open() takes.
 * @write  is handed what the driver writes, in pieces of at most PV_CONSOLE_PIECE_BYTES
 */
void pv_console_server_open(struct pv_console_server *server,
			    void (*write)(void *context, const char *text, uint32_t bytes),
			    void *context);

/*
 * Write at most `limit` pieces; *n says how many. A buffer of the driver may take
 * several calls: it is as long as the driver likes. A reset drops the rest of it.
 * PV_OK, PV_CORRUPT
 */
enum pv_status pv_console_server_serve(struct pv_console_server *server, uint32_t limit,
				       uint32_t *n);

/*
 * Put bytes where the driver reads; *taken is less than `bytes` when it has no room.
 * PV_OK, PV_CORRUPT
 */
enum pv_status pv_console_server_put(struct pv_console_server *server, const char *text,
				     uint32_t bytes, uint32_t *taken);

/* ---- Client ------------------------------------------------------------------ */

#define PV_CONSOLE_SLOTS      8u /* each way */
#define PV_CONSOLE_SLOT_BYTES 256u

struct pv_console_client {
	struct pv_virtio_frontend frontend;
	struct pv_virtio_slots    receive, transmit;
	uint32_t n_read; /* bytes of the slot that was received last */
	uint32_t n_held; /* bytes in it; 0: none is held */
};

/*
 * Begin anew, also after PV_CORRUPT.
 * PV_OK, PV_NOT_SUPPORTED, PV_BUSY, PV_FULL, PV_BAD_ARGUMENT (too small a window or
 * queue), PV_CORRUPT as in virtio_frontend.h
 */
enum pv_status pv_console_client_open(struct pv_console_client *client,
				      const struct pv_virtio_frontend_config *config);

/* *taken is less than `bytes` while all slots are with the server. PV_OK, PV_CORRUPT */
enum pv_status pv_console_client_write(struct pv_console_client *client, const char *text,
				       uint32_t bytes, uint32_t *taken);

/* *taken: what there was, at most `size`. PV_OK, PV_EMPTY, PV_CORRUPT */
enum pv_status pv_console_client_read(struct pv_console_client *client, char *text, uint32_t size,
				      uint32_t *taken);

void pv_console_client_kick(struct pv_console_client *client);

/*
 * About to sleep until something can be read, or until the server has taken
 * something. True when it is right to sleep. Call with the interrupt masked or latched.
 */
bool pv_console_client_wait_begin(struct pv_console_client *client);
void pv_console_client_wait_end(struct pv_console_client *client);
