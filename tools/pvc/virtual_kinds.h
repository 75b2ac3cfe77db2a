/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of virtual devices: what each offers to its driver. VIRTIO 1.2 "Device Types".
 */
#pragma once

#include "tools/pvc/model.h"

struct virtual_kind {
	const char *name;         /* paravent,kind */
	uint32_t    device_id;
	uint32_t    n_queues;
	uint64_t    features;     /* besides those of all devices */
	uint32_t    window_bytes; /* if none are asked for */
	uint32_t    window_least; /* for the largest request that its drivers make */
};

extern const struct virtual_kind virtual_kinds[];
extern const size_t virtual_n_kinds;

#define VIRTUAL_WINDOW_MOST UINT32_C(0x1000000)

/* NULL: there is none of that name. */
const struct virtual_kind *virtual_kind(const char *name);

/* Features, size of the queues and configuration space, from all that was asked for. */
void virtual_offer(struct virtual_device *device);
