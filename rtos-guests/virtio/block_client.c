/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block requests into a virtqueue.
 *
 * Each request in flight has a slot in the window: header, status, data. The
 * caller's memory is copied in and out, so that the device sees nothing else.
 */
#include "pv/virtio_block.h"

#include "rtos-guests/virtio/block_format.h"

#include "pv/string.h"

#define PIECES_PER_REQUEST 3u /* header, data, status */
#define HEADER_BYTES       ((uint32_t)sizeof(struct block_header))
#define SLOT_HEADER_BYTES  32u /* header and status, padded */
#define STATUS_NONE        0xffu /* no device writes this */

static uint32_t queue_size_for(uint32_t n_slots)
{
	uint32_t size = 1;

	while (size < n_slots * PIECES_PER_REQUEST) {
		size *= 2;
	}
	return size;
}

enum pv_status pv_block_client_update(struct pv_block_client *client)
{
	struct block_config disk;
	enum pv_status status =
		pv_virtio_frontend_read_config(&client->frontend, 0, &disk, sizeof(disk));

	if (status != PV_OK) {
		return status;
	}
	client->n_sectors = disk.capacity;
	client->request_bytes_max = PV_BLOCK_SLOT_BYTES;
	if ((client->frontend.features & PV_BLOCK_F_SIZE_MAX) != 0 &&
	    disk.size_max < client->request_bytes_max) {
		client->request_bytes_max = disk.size_max;
	}
	return client->request_bytes_max >= PV_BLOCK_SECTOR_BYTES ? PV_OK : PV_NOT_SUPPORTED;
}

static enum pv_status place(struct pv_block_client *client, uint32_t n_slots)
{
	struct pv_virtio_frontend *frontend = &client->frontend;
	enum pv_status status = pv_virtio_frontend_add_queue(frontend, 0, &client->queue,
							     queue_size_for(n_slots));

	if (status != PV_OK) {
		return status;
	}
	client->first_header = pv_virtio_frontend_take(frontend, n_slots * SLOT_HEADER_BYTES);
	client->first_data =
		pv_virtio_frontend_take(frontend, (uint64_t)n_slots * PV_BLOCK_SLOT_BYTES);
	return client->first_header != 0 && client->first_data != 0 ? PV_OK : PV_FULL;
}

enum pv_status pv_block_client_open(struct pv_block_client *client,
				    const struct pv_virtio_frontend_config *config,
				    uint32_t n_slots)
{
	const uint64_t known = PV_VIRTIO_FEATURES | PV_BLOCK_F_SIZE_MAX | PV_BLOCK_F_SEG_MAX |
			       PV_BLOCK_F_RO | PV_BLOCK_F_BLK_SIZE | PV_BLOCK_F_FLUSH;
	enum pv_status status;

	*client = (struct pv_block_client){ .n_slots = n_slots, .queue.queue.is_broken = true };
	if (n_slots == 0 || n_slots > PV_BLOCK_SLOTS_MAX) {
		return PV_BAD_ARGUMENT;
	}
	status = pv_virtio_frontend_start(&client->frontend, config, known);
	if (status == PV_OK) {
		status = pv_block_client_update(client);
	}
	if (status == PV_OK) {
		status = place(client, n_slots);
	}
	if (status == PV_OK) {
		status = pv_virtio_frontend_go(&client->frontend);
	}
	client->queue.queue.is_broken = status != PV_OK;
	return status;
}

static enum pv_status check(const struct pv_block_client *client,
			    const struct pv_block_request *request)
{
	uint32_t n_sectors = request->bytes / PV_BLOCK_SECTOR_BYTES;

	switch (request->kind) {
	case PV_BLOCK_FLUSH:
		return (client->frontend.features & PV_BLOCK_F_FLUSH) != 0 ? PV_OK : PV_NOT_SUPPORTED;
	case PV_BLOCK_GET_ID:
		return request->bytes == PV_BLOCK_ID_BYTES ? PV_OK : PV_BAD_ARGUMENT;
	case PV_BLOCK_WRITE:
		if ((client->frontend.features & PV_BLOCK_F_RO) != 0) {
			return PV_NOT_ALLOWED;
		}
		break;
	case PV_BLOCK_READ:
		break;
	default:
		return PV_BAD_ARGUMENT;
	}
	if (request->bytes > client->request_bytes_max ||
	    request->bytes % PV_BLOCK_SECTOR_BYTES != 0 || request->sector > client->n_sectors ||
	    n_sectors > client->n_sectors - request->sector) {
		return PV_BAD_ARGUMENT;
	}
	return PV_OK;
}

static unsigned char *window_at(const struct pv_block_client *client, uint64_t address)
{
	const struct pv_virtio_window *window = &client->queue.queue.window;

	return window->memory + (address - window->address);
}

static uint64_t header_of(const struct pv_block_client *client, uint32_t slot)
{
	return client->first_header + slot * SLOT_HEADER_BYTES;
}

static uint64_t data_of(const struct pv_block_client *client, uint32_t slot)
{
	return client->first_data + (uint64_t)slot * PV_BLOCK_SLOT_BYTES;
}

static uint32_t find_slot(const struct pv_block_client *client)
{
	uint32_t slot = 0;

	while (slot < client->n_slots && client->slots[slot].is_busy) {
		slot++;
	}
	return slot;
}

enum pv_status pv_block_start(struct pv_block_client *client,
			      const struct pv_block_request *request)
{
	if (client->queue.queue.is_broken) {
		return PV_CORRUPT;
	}

	enum pv_status status = check(client, request);
	uint32_t slot = find_slot(client);

	if (status != PV_OK) {
		return status;
	}
	if (slot == client->n_slots) {
		return PV_FULL;
	}

	bool has_data = request->kind != PV_BLOCK_FLUSH;
	bool is_write = request->kind == PV_BLOCK_WRITE;
	uint64_t header = header_of(client, slot);
	struct pv_virtqueue_piece pieces[PIECES_PER_REQUEST];
	uint32_t n_pieces = 0;
	uint16_t head;

	pieces[n_pieces++] = (struct pv_virtqueue_piece){ header, HEADER_BYTES, false };
	if (has_data) {
		pieces[n_pieces++] = (struct pv_virtqueue_piece){ data_of(client, slot),
								  request->bytes, !is_write };
	}
	pieces[n_pieces++] =
		(struct pv_virtqueue_piece){ header + HEADER_BYTES, BLOCK_STATUS_BYTES, true };
	memcpy(window_at(client, header),
	       &(struct block_header){ (uint32_t)request->kind, 0,
				       has_data && request->kind != PV_BLOCK_GET_ID
					       ? request->sector : 0 },
	       HEADER_BYTES);
	*window_at(client, header + HEADER_BYTES) = STATUS_NONE;
	if (is_write) {
		memcpy(window_at(client, data_of(client, slot)), request->memory, request->bytes);
	}
	status = pv_virtqueue_add(&client->queue, pieces, n_pieces, &head);
	if (status == PV_OK) {
		client->slots[slot].request = *request;
		client->slots[slot].is_busy = true;
		client->slot_of[head] = (uint8_t)slot;
	}
	return status;
}

/* What the device says, where it makes sense; the rest is an error. */
static enum pv_block_result result_of(unsigned char status, const struct pv_block_request *request,
				      uint32_t written_bytes)
{
	bool is_input = request->kind == PV_BLOCK_READ || request->kind == PV_BLOCK_GET_ID;

	if (status == PV_BLOCK_UNSUPPORTED) {
		return PV_BLOCK_UNSUPPORTED;
	}
	if (status != PV_BLOCK_OK ||
	    (is_input && written_bytes < request->bytes + BLOCK_STATUS_BYTES)) {
		return PV_BLOCK_ERROR;
	}
	return PV_BLOCK_OK;
}

enum pv_status pv_block_finish(struct pv_block_client *client, uint64_t *tag,
			       enum pv_block_result *result)
{
	uint16_t head;
	uint32_t written_bytes;
	enum pv_status status = pv_virtqueue_collect(&client->queue, &head, &written_bytes);

	if (status != PV_OK) {
		return status;
	}

	uint32_t slot = client->slot_of[head];
	const struct pv_block_request *request = &client->slots[slot].request;
	unsigned char byte = *window_at(client, header_of(client, slot) + HEADER_BYTES);

	*tag = request->tag;
	*result = result_of(byte, request, written_bytes);
	if (*result == PV_BLOCK_OK &&
	    (request->kind == PV_BLOCK_READ || request->kind == PV_BLOCK_GET_ID)) {
		memcpy(request->memory, window_at(client, data_of(client, slot)), request->bytes);
	}
	client->slots[slot].is_busy = false;
	return PV_OK;
}
