/* links: rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c rtos-guests/virtio/frontend.c rtos-guests/virtio/slots.c rtos-guests/virtio/net.c rtos-guests/virtio/console_client.c rtos-guests/virtio/i2c_client.c tests/fake/virtio_device.c */
/* flags: -Itests/fake/sdk -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile device at the drivers of a network interface, a console and an I2C bus: it writes
 * used rings and buffers as it likes. What the driver hands out lies in memory that
 * is allocated to the byte.
 */
#include "pv/virtio_console.h"
#include "pv/virtio_i2c.h"
#include "pv/virtio_net.h"

#include "tests/fake/virtio_device.h"
#include "tests/fuzz/input.h"

#include <stdlib.h>

#define QUEUE_MAX  8u
#define ROUNDS_MAX 64u
#define USED_INDEX 2u

static struct input input;
static struct pv_net net;
static struct pv_console_client console;
static struct pv_i2c_client i2c;

static unsigned char *window_at(uint64_t address)
{
	return (unsigned char *)(uintptr_t)address;
}

/* An element of a used ring, and most times the index that makes it count. */
static void use(uint32_t queue)
{
	unsigned char *used = window_at(fake_virtio.state.queues[queue].used);
	uint16_t index;
	uint32_t id = (uint32_t)input_take(&input, 1), bytes = (uint32_t)input_take(&input, 2);

	memcpy(&index, used + USED_INDEX, sizeof(index));
	if ((id & 0xf0) == 0) { /* now and then an id that is none */
		id = (uint32_t)input_take(&input, 4);
	} else {
		id %= QUEUE_MAX;
	}
	memcpy(used + 4 + 8 * (index % QUEUE_MAX), &id, sizeof(id));
	memcpy(used + 8 + 8 * (index % QUEUE_MAX), &bytes, sizeof(bytes));
	index = (uint16_t)(index + ((bytes & 0x7000) == 0 ? input_take(&input, 1) : 1));
	memcpy(used + USED_INDEX, &index, sizeof(index));
}

/* Headers of frames, and a byte anywhere. */
static void disturb(void)
{
	uint64_t window = fake_virtio.frontend.window;
	uint64_t at = input_take(&input, 3) % FAKE_WINDOW_BYTES;

	*window_at(window + at) = (unsigned char)input_take(&input, 1);
	if (fake_virtio.frontend.device_id == PV_VIRTIO_NET) {
		uint64_t number = input_take(&input, 1) % net.receive.n;
		uint64_t slot = net.receive.address + number * PV_NET_SLOT_BYTES;
		uint16_t n_buffers = (uint16_t)(input_take(&input, 1) % 10);

		memcpy(window_at(slot + 10), &n_buffers, sizeof(n_buffers));
	}
}

/* No slot is free twice. */
static void check_slots(const struct pv_virtio_slots *slots)
{
	uint64_t seen = 0;

	if (slots->n_free > slots->n) {
		abort();
	}
	for (uint32_t i = 0; i < slots->n_free; i++) {
		if ((seen >> slots->free[i] & 1) != 0) {
			abort();
		}
		seen |= UINT64_C(1) << slots->free[i];
	}
}

static enum pv_status drive_net(void)
{
	size_t size = (size_t)input_take(&input, 2) % (PV_NET_FRAME_MAX + 1), bytes = 0;
	unsigned char *frame = calloc(1, size + 1);
	enum pv_status sent = pv_net_send(&net, frame, size);
	enum pv_status status = pv_net_receive(&net, frame, size, &bytes);

	if (status == PV_OK && bytes > size) {
		abort();
	}
	free(frame);
	pv_net_kick(&net);
	check_slots(&net.receive);
	check_slots(&net.transmit);
	(void)pv_net_wait_begin(&net);
	pv_net_wait_end(&net);
	return sent == PV_CORRUPT && status == PV_CORRUPT ? PV_CORRUPT : PV_OK;
}

static enum pv_status drive_console(void)
{
	uint32_t size = (uint32_t)input_take(&input, 2) % 1024, taken = 0;
	char *text = calloc(1, size + 1);
	enum pv_status sent = pv_console_client_write(&console, text, size, &taken);
	enum pv_status status = pv_console_client_read(&console, text, size, &taken);

	if (taken > size) {
		abort();
	}
	free(text);
	pv_console_client_kick(&console);
	check_slots(&console.receive);
	check_slots(&console.transmit);
	(void)pv_console_client_wait_begin(&console);
	pv_console_client_wait_end(&console);
	return sent == PV_CORRUPT && status == PV_CORRUPT ? PV_CORRUPT : PV_OK;
}

/* A write, then a read, again and again; what is read goes to memory to the byte. */
static enum pv_status drive_i2c(void)
{
	static unsigned char place[1], *bytes;
	struct pv_i2c_message messages[] = {
		{ .address = 0x50, .bytes = place, .n_bytes = 1 },
		{ .address = 0x50, .is_read = true, .n_bytes = (uint32_t)input_take(&input, 2) % 1024 },
	};
	enum pv_status status = pv_i2c_client_finish(&i2c);

	if (status != PV_EMPTY || i2c.n == 0) {
		free(bytes);
		messages[1].bytes = bytes = malloc(messages[1].n_bytes);
		status = pv_i2c_client_start(&i2c, messages, 2);
	}
	(void)pv_virtqueue_driver_wait_begin(&i2c.queue);
	pv_virtqueue_driver_wait_end(&i2c.queue);
	if (status == PV_BAD_ARGUMENT || status == PV_FULL) {
		abort();
	}
	return status;
}

static const struct kind {
	enum pv_virtio_device device;
	uint64_t features;
	uint32_t n_queues;
	enum pv_status (*drive)(void);
} kinds[] = {
	{ PV_VIRTIO_CONSOLE, 0, 2, drive_console },
	{ PV_VIRTIO_NET, PV_NET_F_MAC | PV_NET_F_MRG_RXBUF, 2, drive_net },
	{ PV_VIRTIO_I2C, PV_I2C_F_ZERO_LENGTH_REQUEST, 1, drive_i2c },
};

static enum pv_status open_driver(const struct kind *kind)
{
	return kind->device == PV_VIRTIO_NET   ? pv_net_open(&net, &fake_virtio.frontend)
	       : kind->device == PV_VIRTIO_I2C ? pv_i2c_client_open(&i2c, &fake_virtio.frontend)
					       : pv_console_client_open(&console, &fake_virtio.frontend);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	enum pv_status status = PV_OK;
	const struct kind *kind;

	input = (struct input){ bytes, n };
	kind = &kinds[input_take(&input, 1) % (sizeof(kinds) / sizeof(kinds[0]))];
	fake_virtio_begin(kind->device, PV_VIRTIO_FEATURES | kind->features, kind->n_queues, QUEUE_MAX);
	if (open_driver(kind) != PV_OK) {
		abort();
	}
	for (uint32_t i = 0; i < ROUNDS_MAX && status != PV_CORRUPT && !input_is_over(&input); i++) {
		disturb();
		for (uint64_t k = input_take(&input, 1) % 8; k > 0; k--) {
			use(k % kind->n_queues);
		}
		status = kind->drive();
	}
	fake_virtio_end();
	return 0;
}
