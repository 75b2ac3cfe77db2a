/* SPDX-License-Identifier: Apache-2.0 */
/* What block requests and the configuration space look like. VIRTIO 1.2 "Block Device". */
#pragma once

#include <stdint.h>

/* struct virtio_blk_req, the part before the data; the status byte ends the request. */
struct block_header {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};

/* struct virtio_blk_config, as far as the features reach. */
struct block_config {
	uint64_t capacity; /* sectors */
	uint32_t size_max;
	uint32_t seg_max;
	uint32_t geometry;
	uint32_t blk_size;
};

#define BLOCK_STATUS_BYTES 1u

_Static_assert(sizeof(struct block_header) == 16, "as on the wire");
_Static_assert(sizeof(struct block_config) == 24, "as in configuration space");
