/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DMA operations of a device that has nothing but its window: rings lie in it, and
 * every buffer is copied through it.
 */
#pragma once

#include <linux/dma-map-ops.h>

#include "pool.h"

/* What a device has in place of DMA to all of memory. Never freed. */
struct confinement {
	struct dma_map_ops ops;  /* the device's own: they lead back here */
	struct pool pool;
	size_t largest_mapping;  /* bytes of one buffer that a driver may map */
	size_t largest_ring;     /* bytes of one virtqueue's rings */
};

void confinement_init(struct confinement *confinement);
