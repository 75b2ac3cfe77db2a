/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One virtual device as EL2 shows it: a register page, a state page, a window, and
 * the calls and bells of both ends.
 */
#pragma once

#include "pv/virtual_device.h"

#include <stdbool.h>

#define FAKE_WINDOW_BYTES 0x40000u

struct fake_virtio {
	struct pv_virtio_frontend_config frontend;
	struct pv_virtio_backend_config  backend;
	uint32_t registers[PV_VIRTIO_REGISTER_BYTES / 4];
	struct pv_virtio_state state;
	uint32_t n_queues;
	uint64_t driver_features;
	uint32_t acknowledged;   /* epoch */
	uint32_t n_acknowledged; /* calls */
	uint32_t n_frontend_rings, n_backend_rings;

	/* What a test does meanwhile; NULL: nothing. */
	void (*on_reset)(void);      /* a write of 0 to Status is held */
	void (*on_state_read)(void); /* behind each read of the state page */
	void (*on_config_read)(void);
	void (*on_acknowledge)(void); /* before */
};

extern struct fake_virtio fake_virtio;

/* Power-on, with a window that is allocated to the byte. */
void fake_virtio_begin(enum pv_virtio_device device, uint64_t features, uint32_t n_queues,
		       uint32_t queue_size_max);
void fake_virtio_end(void);

/* PV_VIRTIO_CONFIG of 8 bytes, with a notification. */
void fake_virtio_configure(uint32_t offset, uint64_t bytes);

/* A reset of which the driver knows nothing, as when its partition stopped. */
void fake_virtio_reset(void);
