/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's end of a virtual device: its register page, and what lies in its
 * window. The kinds (pv/virtio_block.h and the like) use it; a program attaches
 * the interrupt, by pv_irq_attach_edge(), and asks here why it came.
 *
 * Owns     nothing; works on the caller's object. One user at a time.
 * Spec     VIRTIO 1.2 "Device Initialization", "MMIO Device Register Layout"
 */
#pragma once

#include "pv/virtqueue.h"
#include "pv/virtual_device.h"

struct pv_virtio_frontend {
	const struct pv_virtio_frontend_config *config;
	struct pv_virtio_window window;
	uint64_t features;    /* as negotiated */
	uint64_t taken_bytes; /* of the window, from its start */
};

/*
 * Reset the device and agree on those features that it offers and the driver
 * knows. Nothing is in the window then, and the device uses nothing of it.
 * @known  PV_VIRTIO_FEATURES and the bits of the kind
 *
 * PV_OK, PV_NOT_SUPPORTED (no register page of virtio-mmio version 2, another
 * kind, required features missing), PV_BUSY (the backend has not let go of an
 * earlier use; try again)
 */
enum pv_status pv_virtio_frontend_start(struct pv_virtio_frontend *frontend,
					const struct pv_virtio_frontend_config *config,
					uint64_t known);

/* Largest size of a queue, a power of two; 0: there is no such queue. */
uint32_t pv_virtio_frontend_queue_max(const struct pv_virtio_frontend *frontend, uint32_t queue);

/*
 * Place a queue in the window and have the device know it.
 * PV_OK, PV_BAD_ARGUMENT (size), PV_FULL (the window is), PV_CORRUPT (refused)
 */
enum pv_status pv_virtio_frontend_add_queue(struct pv_virtio_frontend *frontend, uint32_t queue,
					    struct pv_virtqueue_driver *driver, uint32_t size);

#define PV_VIRTIO_TAKE_ALIGN 64u

/* Bytes of the window for buffers: their address, aligned. 0: no room. */
uint64_t pv_virtio_frontend_take(struct pv_virtio_frontend *frontend, uint64_t bytes);

/* All queues are there: go. PV_OK, PV_CORRUPT (refused) */
enum pv_status pv_virtio_frontend_go(struct pv_virtio_frontend *frontend);

/* As after power-on: the device uses nothing of the window any more. */
void pv_virtio_frontend_stop(const struct pv_virtio_frontend *frontend);

/*
 * Bytes of the device's configuration, all of one moment.
 * PV_OK, PV_BAD_ARGUMENT (beyond PV_VIRTIO_CONFIG_BYTES), PV_BUSY (it changed each time)
 */
enum pv_status pv_virtio_frontend_read_config(const struct pv_virtio_frontend *frontend,
					      uint32_t offset, void *to, uint32_t bytes);

/* After an interrupt: has the configuration changed since this was asked last? */
bool pv_virtio_frontend_is_config_new(const struct pv_virtio_frontend *frontend);

/* Ring the backend if it wants to know of what was added. Returns if it was rung. */
bool pv_virtio_frontend_kick(const struct pv_virtio_frontend *frontend,
			     struct pv_virtqueue_driver *driver);
