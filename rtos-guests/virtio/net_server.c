/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames from and to the driver of a network interface, whose transmit queue is received
 * from here. A frame to the driver takes several of its buffers where one is too small
 * and MRG_RXBUF is agreed on; buffers that do not suffice yet are held.
 */
#include "pv/virtio_net.h"

#include "rtos-guests/virtio/net_format.h"

#include "pv/hypercall.h"

#define HEADER_BYTES ((uint32_t)sizeof(struct net_header))
#define LINK_UP      ((uint64_t)NET_S_LINK_UP << 8 * offsetof(struct net_config, status))

void pv_net_server_open(struct pv_net_server *server)
{
	*server = (struct pv_net_server){ .n_held = 0 };
}

enum pv_status pv_net_server_set_link(const struct pv_virtio_backend_config *config, bool is_up)
{
	/* The word holds the MAC address as well. */
	return pv_virtio_config(config->number, 0, config->configuration | (is_up ? LINK_UP : 0),
				PV_VIRTIO_CONFIG_NOTIFY);
}

bool pv_net_server_is_live(const struct pv_net_server *server)
{
	bool is_live = true;

	for (uint32_t i = 0; i < PV_NET_N_QUEUES; i++) {
		is_live = is_live && pv_virtqueue_device_is_open(&server->queues[i]) &&
			  !server->queues[i].queue.is_broken;
	}
	return is_live;
}

/* ---- From the driver -------------------------------------------------------------- */

/* *is_good: a frame that the caller can have. */
static enum pv_status take_frame(struct pv_virtqueue_device *queue, void *frame, size_t size,
				 size_t *bytes, bool *is_good)
{
	struct pv_virtqueue_chain chain;
	struct net_header header;
	enum pv_status status = pv_virtqueue_pop(queue, &chain);

	if (status != PV_OK) {
		return status;
	}
	if (pv_virtqueue_chain_read(&chain, 0, &header, HEADER_BYTES) < HEADER_BYTES) {
		pv_virtqueue_device_break(queue);
		return PV_CORRUPT;
	}
	*bytes = chain.readable_bytes - HEADER_BYTES;
	*is_good = *bytes != 0 && *bytes <= size && net_is_whole(&header);
	if (*is_good) {
		(void)pv_virtqueue_chain_read(&chain, HEADER_BYTES, frame, (uint32_t)*bytes);
	}
	return pv_virtqueue_push(queue, &chain, 0);
}

enum pv_status pv_net_server_receive(struct pv_net_server *server, void *frame, size_t size,
				     size_t *bytes)
{
	struct pv_virtqueue_device *queue = &server->queues[NET_TRANSMIT_QUEUE];

	/* Dropping ends too, whatever the driver sends meanwhile. */
	for (uint32_t i = 0; i < PV_VIRTQUEUE_SIZE_MAX; i++) {
		bool is_good = false;
		enum pv_status status = take_frame(queue, frame, size, bytes, &is_good);

		if (status != PV_OK) {
			return status;
		}
		if (is_good) {
			server->n_received++;
			return PV_OK;
		}
		server->n_dropped++;
	}
	return PV_EMPTY; /* but pv_virtio_backend_wait_begin() knows better */
}

/* ---- To the driver ---------------------------------------------------------------- */

/* One more buffer of the driver. */
static enum pv_status hold_buffer(struct pv_net_server *server)
{
	struct pv_virtqueue_device *queue = &server->queues[NET_RECEIVE_QUEUE];
	uint32_t n_max = (queue->queue.features & PV_NET_F_MRG_RXBUF) != 0 ? PV_NET_MERGE_MAX : 1;
	struct pv_virtqueue_chain *buffer = &server->held[server->n_held];

	if (server->n_held < n_max) {
		enum pv_status status = pv_virtqueue_pop(queue, buffer);

		if (status != PV_OK) {
			return status;
		}
		/* Any may be a frame's first, with the header. Spec: "Setting Up Receive Buffers" */
		if (buffer->writable_bytes >= HEADER_BYTES) {
			server->n_held++;
			return PV_OK;
		}
	}
	pv_virtqueue_device_break(queue); /* no frame fits what it offers */
	return PV_CORRUPT;
}

/* Hold as many buffers as these bytes take: *n. */
static enum pv_status gather(struct pv_net_server *server, uint32_t bytes, uint32_t *n)
{
	uint32_t room = 0;

	/* After a reset nothing is popped: what was held is gone. */
	if (!pv_virtqueue_device_has_popped(&server->queues[NET_RECEIVE_QUEUE])) {
		server->n_held = 0;
	}
	for (*n = 0; room < bytes; (*n)++) {
		enum pv_status status = *n < server->n_held ? PV_OK : hold_buffer(server);

		if (status != PV_OK) {
			return status;
		}
		room += server->held[*n].writable_bytes;
	}
	return PV_OK;
}

/* Fill the first n buffers, all of them but the last to their end. */
static void spread(struct pv_net_server *server, const unsigned char *frame, uint32_t bytes, uint32_t n)
{
	const struct net_header header = { .n_buffers = (uint16_t)n };
	uint32_t at = HEADER_BYTES, done = 0;

	(void)pv_virtqueue_chain_write(&server->held[0], 0, &header, HEADER_BYTES);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t room = server->held[i].writable_bytes - at;
		uint32_t piece = bytes - done < room ? bytes - done : room;

		(void)pv_virtqueue_chain_write(&server->held[i], at, frame + done, piece);
		server->used_bytes[i] = at + piece;
		done += piece;
		at = 0;
	}
}

enum pv_status pv_net_server_send(struct pv_net_server *server, const void *frame, size_t bytes)
{
	uint32_t n;
	enum pv_status status;

	if (bytes == 0 || bytes > PV_NET_FRAME_MAX) {
		return PV_BAD_ARGUMENT;
	}
	status = gather(server, HEADER_BYTES + (uint32_t)bytes, &n);
	if (status != PV_OK) {
		return status == PV_EMPTY ? PV_FULL : status;
	}
	spread(server, frame, (uint32_t)bytes, n);
	/* All at once: a driver that sees the first looks for the others. */
	status = pv_virtqueue_push_several(&server->queues[NET_RECEIVE_QUEUE], server->held,
					   server->used_bytes, n);
	server->n_held -= n;
	for (uint32_t i = 0; i < server->n_held; i++) {
		server->held[i] = server->held[n + i];
	}
	server->n_sent += status == PV_OK;
	return status;
}
