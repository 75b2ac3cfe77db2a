/* SPDX-License-Identifier: Apache-2.0 */
#include "pv/virtual_device.h"

#include "pv/string.h"

#include "ports.h" /* the partition's: compiled once for each */

#include <stddef.h>

/* The last row keeps an array from being empty. */
#define PV_VIRTIO_FRONTEND(...) { __VA_ARGS__ },
const struct pv_virtio_frontend_config pv_virtio_frontends[] = { PV_VIRTIO_FRONTENDS { .name = "" } };

#define PV_VIRTIO_BACKEND(...) { __VA_ARGS__ },
const struct pv_virtio_backend_config pv_virtio_backends[] = { PV_VIRTIO_BACKENDS { .name = "" } };

const uint32_t pv_n_virtio_frontends = PV_N_VIRTIO_FRONTENDS;
const uint32_t pv_n_virtio_backends = PV_N_VIRTIO_BACKENDS;

_Static_assert(sizeof(pv_virtio_frontends) / sizeof(pv_virtio_frontends[0]) == PV_N_VIRTIO_FRONTENDS + 1,
	       "PV_N_VIRTIO_FRONTENDS");
_Static_assert(sizeof(pv_virtio_backends) / sizeof(pv_virtio_backends[0]) == PV_N_VIRTIO_BACKENDS + 1,
	       "PV_N_VIRTIO_BACKENDS");

const struct pv_virtio_frontend_config *pv_virtio_frontend_find(const char *name,
								enum pv_virtio_device device)
{
	for (uint32_t i = 0; i < pv_n_virtio_frontends; i++) {
		if (pv_virtio_frontends[i].device_id == (uint32_t)device &&
		    strcmp(pv_virtio_frontends[i].name, name) == 0) {
			return &pv_virtio_frontends[i];
		}
	}
	return NULL;
}

const struct pv_virtio_backend_config *pv_virtio_backend_find(const char *name,
							      enum pv_virtio_device device)
{
	for (uint32_t i = 0; i < pv_n_virtio_backends; i++) {
		if (pv_virtio_backends[i].device_id == (uint32_t)device &&
		    strcmp(pv_virtio_backends[i].name, name) == 0) {
			return &pv_virtio_backends[i];
		}
	}
	return NULL;
}
