/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block requests from a virtqueue to a disk.
 *
 * The header is copied before it is looked at. Data goes between the window and
 * the disk directly: a driver that changes it meanwhile gets what it asked for.
 */
#include "pv/virtio_block.h"

#include "rtos-guests/virtio/block_format.h"

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

static bool is_within_limits(const struct pv_virtqueue_chain *chain)
{
	uint32_t n = chain->n_readable + chain->n_writable;

	if (n > PV_BLOCK_SEG_MAX + 2) { /* header and status */
		return false;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (chain->segments[i].bytes > PV_BLOCK_SIZE_MAX) {
			return false;
		}
	}
	return true;
}

static bool is_on_disk(const struct pv_block_disk *disk, uint64_t sector, uint32_t bytes)
{
	return bytes % PV_BLOCK_SECTOR_BYTES == 0 && sector <= disk->n_sectors &&
	       bytes / PV_BLOCK_SECTOR_BYTES <= disk->n_sectors - sector;
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

/* @offset  of the data in the part of the chain that is read or written */
static bool move(struct pv_block_server *server, const struct pv_virtqueue_chain *chain,
		 bool is_read, uint64_t sector, uint32_t offset, uint32_t bytes)
{
	const struct pv_block_disk *disk = server->disk;

	for (uint32_t done = 0; done < bytes;) {
		uint32_t n = bytes - done;
		unsigned char *memory = pv_virtqueue_chain_at(chain, is_read, offset + done, &n);
		uint64_t at = sector + done / PV_BLOCK_SECTOR_BYTES;
		uint32_t n_sectors = n / PV_BLOCK_SECTOR_BYTES;
		bool is_done;

		if (n_sectors == 0) {
			n_sectors = 1;
			is_done = move_scattered(server, chain, is_read, at, offset + done);
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

/* *is_filled: all of the writable part before the status has been written. */
static enum pv_block_result answer(struct pv_block_server *server,
				   const struct pv_virtqueue_chain *chain, bool *is_filled)
{
	const struct pv_block_disk *disk = server->disk;
	uint32_t out_bytes = chain->readable_bytes - (uint32_t)sizeof(struct block_header);
	uint32_t in_bytes = chain->writable_bytes - BLOCK_STATUS_BYTES;
	struct block_header header;
	bool is_done = false;

	*is_filled = in_bytes == 0;
	(void)pv_virtqueue_chain_read(chain, 0, &header, sizeof(header));
	if (!is_within_limits(chain)) {
		return PV_BLOCK_ERROR;
	}
	switch (header.type) {
	case PV_BLOCK_READ:
		is_done = is_on_disk(disk, header.sector, in_bytes) &&
			  move(server, chain, true, header.sector, 0, in_bytes);
		*is_filled = *is_filled || is_done;
		break;
	case PV_BLOCK_WRITE:
		is_done = !disk->is_read_only && is_on_disk(disk, header.sector, out_bytes) &&
			  move(server, chain, false, header.sector, sizeof(header), out_bytes);
		break;
	case PV_BLOCK_FLUSH:
		is_done = disk->operations->flush == NULL ||
			  disk->operations->flush(disk->context);
		break;
	case PV_BLOCK_GET_ID:
		is_done = in_bytes == PV_BLOCK_ID_BYTES;
		if (is_done) {
			(void)pv_virtqueue_chain_write(chain, 0, disk->id, PV_BLOCK_ID_BYTES);
			*is_filled = true;
		}
		break;
	default:
		return PV_BLOCK_UNSUPPORTED;
	}
	return is_done ? PV_BLOCK_OK : PV_BLOCK_ERROR;
}

static enum pv_status serve_one(struct pv_block_server *server)
{
	struct pv_virtqueue_chain chain;
	enum pv_status status = pv_virtqueue_pop(&server->queue, &chain);

	if (status != PV_OK) {
		return status;
	}
	if (chain.readable_bytes < sizeof(struct block_header) ||
	    chain.writable_bytes < BLOCK_STATUS_BYTES) {
		pv_virtqueue_device_break(&server->queue);
		return PV_CORRUPT;
	}

	bool is_filled;
	enum pv_block_result result = answer(server, &chain, &is_filled);
	unsigned char byte = (unsigned char)result;

	(void)pv_virtqueue_chain_write(&chain, chain.writable_bytes - BLOCK_STATUS_BYTES, &byte,
				       BLOCK_STATUS_BYTES);
	server->n_requests++;
	server->n_errors += result != PV_BLOCK_OK;
	return pv_virtqueue_push(&server->queue, &chain, is_filled ? chain.writable_bytes : 0);
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
