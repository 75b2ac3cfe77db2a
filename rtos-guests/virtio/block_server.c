/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block requests from a virtqueue to a disk. Data goes between the window and the
 * disk directly: a driver that changes it meanwhile gets what it asked for.
 */
#include "rtos-guests/virtio/block_order.h"

#include "pv/string.h"

static bool memory_read(void *context, uint64_t sector, void *to, uint32_t n_sectors)
{
	const struct pv_block_memory *disk = context;

	memcpy(to, disk->memory + sector * PV_BLOCK_SECTOR_BYTES,
	       (size_t)n_sectors * PV_BLOCK_SECTOR_BYTES);
	return true;
}

static bool memory_write(void *context, uint64_t sector, const void *from, uint32_t n_sectors)
{
	const struct pv_block_memory *disk = context;

	memcpy(disk->memory + sector * PV_BLOCK_SECTOR_BYTES, from,
	       (size_t)n_sectors * PV_BLOCK_SECTOR_BYTES);
	return true;
}

const struct pv_block_operations pv_block_memory_operations = {
	.read = memory_read,
	.write = memory_write,
};

void pv_block_server_open(struct pv_block_server *server, const struct pv_block_disk *disk)
{
	*server = (struct pv_block_server){ .disk = disk };
}

/* One sector whose bytes lie in several segments. */
static bool move_scattered(struct pv_block_server *server, const struct pv_virtqueue_chain *chain,
			   bool is_read, uint64_t sector, uint32_t offset)
{
	const struct pv_block_disk *disk = server->disk;

	if (is_read) {
		return disk->operations->read(disk->context, sector, server->bounce, 1) &&
		       pv_virtqueue_chain_write(chain, offset, server->bounce,
						PV_BLOCK_SECTOR_BYTES) == PV_BLOCK_SECTOR_BYTES;
	}
	return pv_virtqueue_chain_read(chain, offset, server->bounce, PV_BLOCK_SECTOR_BYTES) ==
		       PV_BLOCK_SECTOR_BYTES &&
	       disk->operations->write(disk->context, sector, server->bounce, 1);
}

static bool move(struct pv_block_server *server, const struct pv_virtqueue_chain *chain,
		 const struct block_order *order)
{
	const struct pv_block_disk *disk = server->disk;
	bool is_read = order->type == PV_BLOCK_READ;

	for (uint32_t done = 0; done < order->bytes;) {
		uint32_t n = order->bytes - done;
		unsigned char *memory = pv_virtqueue_chain_at(chain, is_read, order->offset + done, &n);
		uint64_t at = order->sector + done / PV_BLOCK_SECTOR_BYTES;
		uint32_t n_sectors = n / PV_BLOCK_SECTOR_BYTES;
		bool is_done;

		if (n_sectors == 0) {
			n_sectors = 1;
			is_done = move_scattered(server, chain, is_read, at, order->offset + done);
		} else if (is_read) {
			is_done = disk->operations->read(disk->context, at, memory, n_sectors);
		} else {
			is_done = disk->operations->write(disk->context, at, memory, n_sectors);
		}
		if (!is_done) {
			return false;
		}
		done += n_sectors * PV_BLOCK_SECTOR_BYTES;
	}
	return true;
}

static bool carry_out(struct pv_block_server *server, const struct pv_virtqueue_chain *chain,
		      const struct block_order *order)
{
	const struct pv_block_disk *disk = server->disk;

	switch ((enum pv_block_kind)order->type) {
	case PV_BLOCK_READ:
	case PV_BLOCK_WRITE:
		return move(server, chain, order);
	case PV_BLOCK_FLUSH:
		return disk->operations->flush == NULL || disk->operations->flush(disk->context);
	case PV_BLOCK_GET_ID:
		return pv_virtqueue_chain_write(chain, 0, disk->id, PV_BLOCK_ID_BYTES) == PV_BLOCK_ID_BYTES;
	}
	return false;
}

static enum pv_status serve_one(struct pv_block_server *server)
{
	struct pv_virtqueue_chain chain;
	enum pv_status status = pv_virtqueue_pop(&server->queue, &chain);

	if (status != PV_OK) {
		return status;
	}
	if (!block_order_is_whole(&chain)) {
		pv_virtqueue_device_break(&server->queue);
		return PV_CORRUPT;
	}

	struct block_order order;
	enum pv_block_result result = block_order_read(&chain, server->disk->n_sectors,
						       server->disk->is_read_only, &order);

	if (result == PV_BLOCK_OK && !carry_out(server, &chain, &order)) {
		result = PV_BLOCK_ERROR;
	}
	server->n_requests++;
	server->n_errors += result != PV_BLOCK_OK;
	return pv_virtqueue_push(&server->queue, &chain, block_order_answer(&chain, &order, result));
}

enum pv_status pv_block_server_serve(struct pv_block_server *server, uint32_t limit,
				     uint32_t *n_answered)
{
	enum pv_status status = PV_OK;

	for (*n_answered = 0; *n_answered < limit; (*n_answered)++) {
		status = serve_one(server);
		if (status != PV_OK) {
			break;
		}
	}
	return status == PV_EMPTY ? PV_OK : status;
}
