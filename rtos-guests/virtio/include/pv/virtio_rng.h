/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio source of random bytes. VIRTIO 1.2 "Entropy Device". Nothing blocks.
 */
#pragma once

#include "pv/virtio_slots.h"

/* ---- Server ------------------------------------------------------------------ */

#define PV_RNG_REQUEST_MAX 4096u /* bytes of one answer */

struct pv_rng_server {
	struct pv_virtqueue_device queue;
	void (*fill)(void *context, void *to, uint32_t bytes);
	void  *context;
};

/* Serve on server->queue, which pv_virtio_backend_open() takes. */
void pv_rng_server_open(struct pv_rng_server *server,
			void (*fill)(void *context, void *to, uint32_t bytes), void *context);

/* Answer at most `limit` requests; *n says how many. PV_OK, PV_CORRUPT */
enum pv_status pv_rng_server_serve(struct pv_rng_server *server, uint32_t limit, uint32_t *n);

/* ---- Client ------------------------------------------------------------------ */

#define PV_RNG_SLOTS      4u /* requests that are always under way */
#define PV_RNG_SLOT_BYTES 64u

struct pv_rng_client {
	struct pv_virtio_frontend frontend;
	struct pv_virtio_slots    slots;
};

/* As pv_console_client_open(). Then pv_rng_client_kick(). */
enum pv_status pv_rng_client_open(struct pv_rng_client *client,
				  const struct pv_virtio_frontend_config *config);

/*
 * The bytes of one answer, at most `size`; *taken says how many. The rest is lost.
 * PV_OK, PV_EMPTY, PV_CORRUPT
 */
enum pv_status pv_rng_client_read(struct pv_rng_client *client, void *to, uint32_t size,
				  uint32_t *taken);

void pv_rng_client_kick(struct pv_rng_client *client);

/* About to sleep, as pv_virtqueue_driver_wait_begin(). */
bool pv_rng_client_wait_begin(struct pv_rng_client *client);
void pv_rng_client_wait_end(struct pv_rng_client *client);
