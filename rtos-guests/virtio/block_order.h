/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the driver of a disk asks for, read out of a popped chain and checked, for
 * whoever serves it. VIRTIO 1.2 "Device Operation" of the Block Device.
 */
#pragma once

#include "pv/virtio_block.h"

struct block_order {
	uint32_t type;
	uint64_t sector;
	uint32_t offset; /* of the data, in the chain's readable part for a write, in the writable one else */
	uint32_t bytes;  /* of the data */
};

/* It has a header and room for the status: it can be answered. */
bool block_order_is_whole(const struct pv_virtqueue_chain *chain);

/*
 * PV_BLOCK_OK: a read or write of whole sectors of the disk, a flush or GET_ID,
 * which is to be done; else the status to answer with.
 */
enum pv_block_result block_order_read(const struct pv_virtqueue_chain *chain, uint64_t n_sectors,
				      bool is_read_only, struct block_order *order);

/*
 * Write the status byte. Returns the bytes written, for pv_virtqueue_push(): all of
 * the writable part, or none where the data before the status was not written.
 */
uint32_t block_order_answer(const struct pv_virtqueue_chain *chain, const struct block_order *order,
			    enum pv_block_result result);
