/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames into and out of a virtio network interface: see pv/virtio_net.h.
 *
 * A slot of the window is one descriptor: header, then frame. All slots to receive
 * are with the device at all times.
 */
#include "pv/virtio_net.h"

#include "rtos-guests/virtio/net_format.h"

#include "pv/string.h"

#define HEADER_BYTES ((uint32_t)sizeof(struct net_header))

_Static_assert(HEADER_BYTES + PV_NET_FRAME_MAX <= PV_NET_SLOT_BYTES, "a frame fits a slot");
/* As many as queues and window have room for; a power of two. */
static uint32_t choose_n_slots(const struct pv_virtio_frontend *frontend)
{
	uint32_t receive = pv_virtio_frontend_queue_max(frontend, NET_RECEIVE_QUEUE);
	uint32_t transmit = pv_virtio_frontend_queue_max(frontend, NET_TRANSMIT_QUEUE);
	uint32_t n = PV_VIRTIO_SLOTS_MAX;

	while (n > 0 &&
	       (n > receive || n > transmit ||
		2 * pv_virtio_slots_bytes(n, PV_NET_SLOT_BYTES) > frontend->window.bytes)) {
		n /= 2;
	}
	return n;
}

static enum pv_status place(struct pv_net *net)
{
	struct pv_virtio_frontend *frontend = &net->frontend;
	uint32_t n = choose_n_slots(frontend);
	enum pv_status status;

	if (n == 0) {
		return PV_FULL;
	}
	status = pv_virtio_slots_open(&net->receive, frontend, NET_RECEIVE_QUEUE, n, PV_NET_SLOT_BYTES);
	if (status == PV_OK) {
		status = pv_virtio_slots_open(&net->transmit, frontend, NET_TRANSMIT_QUEUE, n,
					      PV_NET_SLOT_BYTES);
	}
	return status;
}

static enum pv_status begin(struct pv_net *net, const struct pv_virtio_frontend_config *config)
{
	const uint64_t known =
		PV_VIRTIO_FEATURES | PV_NET_F_MAC | PV_NET_F_MRG_RXBUF | PV_NET_F_STATUS;
	enum pv_status status = pv_virtio_frontend_start(&net->frontend, config, known);

	if (status != PV_OK) {
		return status;
	}
	if ((net->frontend.features & PV_NET_F_MAC) == 0) {
		return PV_NOT_SUPPORTED;
	}
	status = pv_virtio_frontend_read_config(&net->frontend, offsetof(struct net_config, mac),
						net->mac, sizeof(net->mac));
	return status == PV_OK ? place(net) : status;
}

enum pv_status pv_net_open(struct pv_net *net, const struct pv_virtio_frontend_config *config)
{
	enum pv_status status;

	*net = (struct pv_net){ 0 };
	status = begin(net, config);
	if (status == PV_OK) {
		pv_virtio_slots_give_all(&net->receive);
		status = pv_virtio_frontend_go(&net->frontend);
	}
	net->receive.queue.queue.is_broken = status != PV_OK;
	net->transmit.queue.queue.is_broken = status != PV_OK;
	return status;
}

bool pv_net_is_link_up(const struct pv_net *net)
{
	uint16_t status = 0;

	if ((net->frontend.features & PV_NET_F_STATUS) == 0) {
		return true;
	}
	/* What changes behind this is said by another interrupt. */
	(void)pv_virtio_frontend_is_config_new(&net->frontend);
	return pv_virtio_frontend_read_config(&net->frontend, offsetof(struct net_config, status),
					      &status, sizeof(status)) == PV_OK &&
	       (status & NET_S_LINK_UP) != 0;
}

/* ---- Out -------------------------------------------------------------------------- */

static enum pv_status reclaim(struct pv_net *net)
{
	uint32_t bytes;
	enum pv_status status;

	while ((status = pv_virtio_slots_take(&net->transmit, &bytes)) == PV_OK) {
	}
	return status == PV_EMPTY ? PV_OK : status;
}

enum pv_status pv_net_send(struct pv_net *net, const void *frame, size_t bytes)
{
	enum pv_status status = reclaim(net);
	unsigned char *slot = pv_virtio_slots_next(&net->transmit);

	if (status != PV_OK) {
		return status;
	}
	if (bytes == 0 || bytes > PV_NET_FRAME_MAX) {
		return PV_BAD_ARGUMENT;
	}
	if (slot == NULL) {
		return PV_FULL;
	}
	memset(slot, 0, HEADER_BYTES); /* no offload */
	memcpy(slot + HEADER_BYTES, frame, bytes);
	status = pv_virtio_slots_give(&net->transmit, HEADER_BYTES + (uint32_t)bytes, false);
	net->n_sent += status == PV_OK;
	return status;
}

/* ---- In --------------------------------------------------------------------------- */

/* A frame on its way out of one slot or several. */
struct frame {
	unsigned char *memory;
	size_t size;
	size_t bytes; /* more than size: too long */
};

static void take_piece(struct frame *frame, const unsigned char *from, uint32_t bytes)
{
	if (frame->bytes <= frame->size && bytes <= frame->size - frame->bytes) {
		memcpy(frame->memory + frame->bytes, from, bytes);
	}
	frame->bytes += bytes;
}

/* The slots behind the first; the device hands over all at once. */
static enum pv_status take_rest(struct pv_net *net, struct frame *frame, uint32_t n)
{
	for (; n > 0; n--) {
		uint32_t bytes;

		if (pv_virtio_slots_take(&net->receive, &bytes) != PV_OK) {
			net->receive.queue.queue.is_broken = true;
			return PV_CORRUPT;
		}
		take_piece(frame, pv_virtio_slots_next(&net->receive), bytes);
		pv_virtio_slots_give_all(&net->receive);
	}
	return PV_OK;
}

/* *is_good: a frame that the caller can have. */
static enum pv_status take_frame(struct pv_net *net, struct frame *frame, bool *is_good)
{
	struct net_header header = { .n_buffers = 1 };
	uint32_t bytes;
	enum pv_status status = pv_virtio_slots_take(&net->receive, &bytes);

	if (status != PV_OK) {
		return status;
	}
	*is_good = bytes > HEADER_BYTES;
	if (*is_good) {
		const unsigned char *slot = pv_virtio_slots_next(&net->receive);

		memcpy(&header, slot, sizeof(header));
		take_piece(frame, slot + HEADER_BYTES, bytes - HEADER_BYTES);
	}
	pv_virtio_slots_give_all(&net->receive);
	if ((net->frontend.features & PV_NET_F_MRG_RXBUF) != 0 && header.n_buffers > 1) {
		status = take_rest(net, frame, header.n_buffers - 1u);
	}
	*is_good = *is_good && net_is_whole(&header) && frame->bytes <= frame->size;
	return status;
}

enum pv_status pv_net_receive(struct pv_net *net, void *frame, size_t size, size_t *bytes)
{
	/* Dropping ends too, whatever the peer sends meanwhile. */
	for (uint32_t i = 0; i < net->receive.n; i++) {
		struct frame next = { .memory = frame, .size = size };
		bool is_good = false;
		enum pv_status status = take_frame(net, &next, &is_good);

		if (status != PV_OK) {
			return status;
		}
		if (is_good) {
			net->n_received++;
			*bytes = next.bytes;
			return PV_OK;
		}
		net->n_dropped++;
	}
	return net->receive.queue.queue.is_broken ? PV_CORRUPT : PV_EMPTY;
}

/* ---- Bells ------------------------------------------------------------------------ */

void pv_net_kick(struct pv_net *net)
{
	(void)pv_virtio_frontend_kick(&net->frontend, &net->receive.queue);
	(void)pv_virtio_frontend_kick(&net->frontend, &net->transmit.queue);
}

bool pv_net_wait_begin(struct pv_net *net)
{
	bool may_sleep = pv_virtqueue_driver_wait_begin(&net->receive.queue);

	(void)reclaim(net);
	if (net->transmit.n_free == 0) {
		may_sleep = pv_virtqueue_driver_wait_begin(&net->transmit.queue) && may_sleep;
	}
	return may_sleep;
}

void pv_net_wait_end(struct pv_net *net)
{
	pv_virtqueue_driver_wait_end(&net->receive.queue);
	pv_virtqueue_driver_wait_end(&net->transmit.queue);
}
