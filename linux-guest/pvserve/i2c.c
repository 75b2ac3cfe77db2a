/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An I2C bus. VIRTIO 1.2 "I2C Adapter Device".
 *
 * Requests that the driver chains by FAIL_NEXT are one transfer on the bus, with
 * repeated starts between its messages: they are taken until the last is there.
 */
#include "linux-guest/pvserve/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/virtio_i2c.h>
#include <string.h>
#include <sys/ioctl.h>

#define QUEUE         0
#define MESSAGES_MAX  I2C_RDWR_IOCTL_MAX_MSGS
#define MESSAGE_BYTES 4096
#define DESCRIPTORS   3u /* of a request with data */

static struct {
	int bus;
	uint32_t n;         /* requests of the transfer that are here */
	bool     is_failed; /* the transfer; those of it that are still to come, too */
	struct {
		struct pv_virtqueue_chain chain;
		unsigned char content[MESSAGE_BYTES];
	} requests[MESSAGES_MAX];
	struct i2c_msg messages[MESSAGES_MAX];
} i2c;

static bool open_i2c(struct service *service, char *const *arguments)
{
	i2c.bus = open(arguments[0], O_RDWR | O_CLOEXEC);
	if (i2c.bus < 0) {
		return device_say(&service->device, "%s: %s; is the module i2c-dev loaded?", arguments[0],
				  strerror(errno));
	}
	device_say(&service->device, "serving %s to %s", arguments[0], service->device.about.frontend);
	return true;
}

static bool start_i2c(struct service *service)
{
	(void)service;
	i2c.n = 0;
	i2c.is_failed = false;
	return true;
}

/* The request that was popped last as a message. False: it is too long for one. */
static bool read_message(const struct virtio_i2c_out_hdr *header)
{
	const struct pv_virtqueue_chain *chain = &i2c.requests[i2c.n].chain;
	bool is_read = (header->flags & VIRTIO_I2C_FLAGS_M_RD) != 0;
	uint32_t header_bytes = is_read ? sizeof(struct virtio_i2c_in_hdr) : sizeof(*header);
	uint32_t bytes = (is_read ? chain->writable_bytes : chain->readable_bytes) - header_bytes;

	i2c.messages[i2c.n] = (struct i2c_msg){
		.addr = header->addr >> 1,
		.flags = is_read ? I2C_M_RD : 0,
		.len = (uint16_t)bytes,
		.buf = i2c.requests[i2c.n].content,
	};
	if (bytes > MESSAGE_BYTES) {
		return false;
	}
	if (!is_read) {
		(void)pv_virtqueue_chain_read(chain, sizeof(*header), i2c.requests[i2c.n].content, bytes);
	}
	return true;
}

/* Give all requests of the transfer back. */
static void finish(struct pv_virtqueue_device *queue, bool is_done)
{
	struct virtio_i2c_in_hdr result = {
		.status = is_done ? VIRTIO_I2C_MSG_OK : VIRTIO_I2C_MSG_ERR,
	};

	for (uint32_t i = 0; i < i2c.n; i++) {
		const struct pv_virtqueue_chain *chain = &i2c.requests[i].chain;
		bool is_filled = is_done && (i2c.messages[i].flags & I2C_M_RD) != 0;
		uint32_t at = chain->writable_bytes - (uint32_t)sizeof(result);

		if (is_filled) {
			(void)pv_virtqueue_chain_write(chain, 0, i2c.requests[i].content, at);
		}
		(void)pv_virtqueue_chain_write(chain, at, &result, sizeof(result));
		(void)pv_virtqueue_push(queue, chain, is_filled || at == 0 ? chain->writable_bytes : 0);
	}
	i2c.n = 0;
}

static bool transfer(void)
{
	struct i2c_rdwr_ioctl_data all = { .msgs = i2c.messages, .nmsgs = i2c.n };

	return ioctl(i2c.bus, I2C_RDWR, &all) == (int)i2c.n;
}

/* The request that was popped last: with the one that ends a transfer, do it. */
static void take_request(struct pv_virtqueue_device *queue, const struct virtio_i2c_out_hdr *header)
{
	bool is_last = (header->flags & VIRTIO_I2C_FLAGS_FAIL_NEXT) == 0;

	i2c.is_failed |= !read_message(header);
	i2c.n++;
	if (is_last) {
		finish(queue, !i2c.is_failed && transfer());
		i2c.is_failed = false;
	} else if (i2c.n == MESSAGES_MAX) {
		i2c.is_failed = true;
		finish(queue, false);
	}
}

/* Can the driver send another request before these are answered? */
static bool has_room(const struct pv_virtqueue_device *queue)
{
	uint32_t n_descriptors = DESCRIPTORS;

	for (uint32_t i = 0; i < i2c.n; i++) {
		n_descriptors += i2c.requests[i].chain.n_readable + i2c.requests[i].chain.n_writable;
	}
	return n_descriptors <= queue->queue.size;
}

static bool serve_i2c(struct service *service)
{
	struct pv_virtqueue_device *queue = &service->queues[QUEUE];
	struct virtio_i2c_out_hdr header;

	while (pv_virtqueue_pop(queue, &i2c.requests[i2c.n].chain) == PV_OK) {
		const struct pv_virtqueue_chain *chain = &i2c.requests[i2c.n].chain;

		if (pv_virtqueue_chain_read(chain, 0, &header, sizeof(header)) != sizeof(header) ||
		    chain->writable_bytes < sizeof(struct virtio_i2c_in_hdr)) {
			pv_virtqueue_device_break(queue);
			break;
		}
		take_request(queue, &header);
	}
	if (i2c.n != 0 && !has_room(queue)) {
		/* Linux sends what fits and waits. It never sends the rest: next is another transfer. */
		finish(queue, false);
		i2c.is_failed = false;
	}
	service->waits_for = 1u << QUEUE;
	return true;
}

const struct service_kind i2c_kind = {
	.name = "i2c",
	.arguments = "/dev/i2c-N",
	.n_arguments_min = 1,
	.n_arguments_max = 1,
	.device = PV_VIRTIO_I2C,
	.open = open_i2c,
	.start = start_i2c,
	.serve = serve_i2c,
};
