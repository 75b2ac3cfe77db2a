/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual devices: a frontend's writes to its virtio-mmio registers, a backend's
 * calls, and the two pages that show each end what the other did.
 *
 * EL2 negotiates and checks; queues and buffers pass through the shared window
 * without it. A reset by the driver lasts until the backend has said that it
 * touches the queues no more: the write is executed again and again meanwhile,
 * with interrupts taken in between, but not for ever.
 *
 * Owns     devices[], register and state pages
 * Locks    struct virtual_device.lock
 * Context  EL2, interrupts masked, any CPU
 * Spec     VIRTIO 1.2 "Virtio Over MMIO"; docs/abi.md "Virtual devices"
 */
#pragma once

#include "core/dispatch.h"

/* Power-on state, in both pages of every device. They are zero, and no partition runs. */
void virtio_init(void);

/* Of all devices whose frontend it is: as a reset by the driver that waits for nobody. */
void virtio_frontend_stopped(const struct partition_config *config);

/* Of all devices that it serves: nobody is left who could touch the queues of before a reset. */
void virtio_backend_starts(const struct partition_config *config);

/* Writes only: reads do not trap. Sets access->retry while a reset lasts. */
mmio_handler virtio_write;

hypercall_handler virtio_config, virtio_acknowledge;
