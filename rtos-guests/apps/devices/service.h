/* SPDX-License-Identifier: Apache-2.0 */
/* One virtual device that is served: what each file here offers to main.c. */
#pragma once

#include "pv/seldom.h"
#include "pv/virtio_backend.h"

#include <stdbool.h>

#define SERVICE_LIMIT 16u /* things done in a row, so that every device gets its turn */

struct service {
	const char *name; /* of the device in the system's DTS; the same kind by another name is not served */
	enum pv_virtio_device device;
	/* Get ready. NULL: done; else why this cannot be served. */
	const char *(*open)(void);
	struct pv_virtqueue_device *queues;
	uint32_t n_queues;
	/* Do at most SERVICE_LIMIT things; *n says how many. As pv_block_server_serve(). */
	enum pv_status (*serve)(uint32_t *n);
	/* The driver has reset the device. NULL: there is nothing to forget. */
	void (*forget)(void);
	/* For pv_virtio_backend_wait_begin(). */
	uint32_t (*waits_for)(void);
	/* First 8 bytes of configuration, if has_config. */
	bool     has_config;
	uint64_t config;

	/* main.c's */
	struct pv_virtio_backend backend;
	bool is_served;
	bool is_broken;
	struct pv_seldom breaches; /* of the protocol */
};

extern struct service disk_service, pins_service, log_service, clock_service, random_service,
	bus_service;

static inline uint32_t service_first_queue(void)
{
	return 1;
}
