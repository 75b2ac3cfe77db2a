/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtual devices that this partition serves: the state page, the window and
 * the two bells of each, as virtio_backend.h shows them to programs.
 *
 * Owns     /dev/paravent-backend/NAME, the state page's mapping (through devm).
 * Locks    events_lock around changes of the eventfds and of the window's mappings,
 *          above lock, which the interrupt takes: who has the device, and the kick.
 * Context  process; the interrupt and a signal of the call eventfd do not sleep.
 */
#ifndef PARAVENT_BACKEND_H
#define PARAVENT_BACKEND_H

#include <linux/device.h>

/* Is this child of the hypervisor's node a device to serve? */
bool backend_is_node(const struct device_node *node);

/* Make its device; undone by devm of @parent. */
int backend_create(struct device *parent, struct device_node *node);

#endif
