/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the devicetree says of a device that this partition serves.
 */
#ifndef PARAVENT_BACKEND_NODE_H
#define PARAVENT_BACKEND_NODE_H

#include <linux/device.h>

#include "virtio_backend.h"

struct backend_node {
	struct paravent_backend about;
	u32 number, doorbell;
	u64 state_address;
};

/* 0, or -EINVAL: what is missing or wrong has been said. */
int backend_node_read(struct device *parent, struct device_node *node, struct backend_node *to);

#endif
