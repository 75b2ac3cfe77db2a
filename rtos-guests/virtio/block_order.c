/* SPDX-License-Identifier: Apache-2.0 */
/* The header is copied before it is looked at: the driver can change it at any time. */
#include "rtos-guests/virtio/block_order.h"

#include "rtos-guests/virtio/block_format.h"

bool block_order_is_whole(const struct pv_virtqueue_chain *chain)
{
	return chain->readable_bytes >= sizeof(struct block_header) &&
	       chain->writable_bytes >= BLOCK_STATUS_BYTES;
}

static bool is_on_disk(uint64_t n_sectors, const struct block_order *order)
{
	return order->bytes % PV_BLOCK_SECTOR_BYTES == 0 && order->sector <= n_sectors &&
	       order->bytes / PV_BLOCK_SECTOR_BYTES <= n_sectors - order->sector;
}

enum pv_block_result block_order_read(const struct pv_virtqueue_chain *chain, uint64_t n_sectors,
				      bool is_read_only, struct block_order *order)
{
	struct block_header header;
	bool can_be_done = true;

	(void)pv_virtqueue_chain_read(chain, 0, &header, sizeof(header));
	*order = (struct block_order){
		.type = header.type,
		.sector = header.sector,
		.bytes = chain->writable_bytes - BLOCK_STATUS_BYTES,
	};
	switch (header.type) {
	case PV_BLOCK_READ:
		can_be_done = is_on_disk(n_sectors, order);
		break;
	case PV_BLOCK_WRITE:
		order->offset = sizeof(header);
		order->bytes = chain->readable_bytes - (uint32_t)sizeof(header);
		can_be_done = !is_read_only && is_on_disk(n_sectors, order);
		break;
	case PV_BLOCK_FLUSH:
		break;
	case PV_BLOCK_GET_ID:
		can_be_done = order->bytes == PV_BLOCK_ID_BYTES;
		break;
	default:
		return PV_BLOCK_UNSUPPORTED;
	}
	return can_be_done ? PV_BLOCK_OK : PV_BLOCK_ERROR;
}

uint32_t block_order_answer(const struct pv_virtqueue_chain *chain, const struct block_order *order,
			    enum pv_block_result result)
{
	uint32_t in_bytes = chain->writable_bytes - BLOCK_STATUS_BYTES;
	bool is_filled = result == PV_BLOCK_OK && (order->type == PV_BLOCK_READ || order->type == PV_BLOCK_GET_ID);
	unsigned char byte = (unsigned char)result;

	(void)pv_virtqueue_chain_write(chain, in_bytes, &byte, BLOCK_STATUS_BYTES);
	return in_bytes == 0 || is_filled ? chain->writable_bytes : 0;
}
