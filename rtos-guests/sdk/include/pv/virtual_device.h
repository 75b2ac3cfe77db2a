/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual devices at whose ends this partition stands, as pvc lists them in
 * the partition's ports.h. Start-up maps their windows and their pages.
 */
#pragma once

#include "abi/virtio.h"

#include <stdint.h>

/* A device that this partition uses. */
struct pv_virtio_frontend_config {
	const char *name;      /* of the node in the system's DTS */
	uint32_t    device_id; /* enum pv_virtio_device */
	uint64_t    registers; /* address of the register page */
	uint64_t    window, window_bytes;
	uint32_t    interrupt; /* INTID, edge */
	uint32_t    doorbell;  /* rings the backend: pv_doorbell() */
};

/* A device that it serves. */
struct pv_virtio_backend_config {
	const char *name;
	uint32_t    number;    /* of pv_virtio_config(), pv_virtio_acknowledge() */
	uint32_t    device_id;
	uint64_t    state;     /* address of the state page */
	uint64_t    window, window_bytes;
	uint32_t    interrupt; /* INTID, edge */
	uint32_t    doorbell;  /* rings the frontend: "used buffers" */
	uint64_t    features;  /* offered */
	uint32_t    queue_size_max;
	uint64_t    configuration; /* its first eight bytes at power-on; net: the MAC address */
};

extern const struct pv_virtio_frontend_config pv_virtio_frontends[];
extern const uint32_t pv_n_virtio_frontends;
extern const struct pv_virtio_backend_config pv_virtio_backends[];
extern const uint32_t pv_n_virtio_backends;

/* NULL: the partition has none of that name and kind. */
const struct pv_virtio_frontend_config *pv_virtio_frontend_find(const char *name,
								enum pv_virtio_device device);
const struct pv_virtio_backend_config *pv_virtio_backend_find(const char *name,
							      enum pv_virtio_device device);
