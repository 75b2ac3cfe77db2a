/* links: rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_device.c rtos-guests/virtio/block_order.c rtos-guests/virtio/block_server.c rtos-guests/virtio/console_server.c rtos-guests/virtio/rng_server.c rtos-guests/virtio/gpio_server.c rtos-guests/virtio/i2c_server.c rtos-guests/virtio/net_server.c */
/* flags: -Irtos-guests/virtio/include -Irtos-guests/sdk/include -Irtos-guests/drivers/include */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile driver at a server: its queue and requests. The window and the disk are
 * allocated to the byte, so that a step outside of them is found. The window also
 * changes while a request is served.
 */
#include "pv/gpio.h"
#include "pv/hypercall.h"
#include "pv/virtio_block.h"
#include "pv/virtio_console.h"
#include "pv/virtio_gpio.h"
#include "pv/virtio_i2c.h"
#include "pv/virtio_net.h"
#include "pv/virtio_rng.h"

#include "tests/fuzz/input.h"

#include <stdlib.h>

#define ADDRESS      UINT64_C(0x42000000)
#define WINDOW_BYTES 2048u
#define N_SECTORS    4u
#define QUEUE_SIZE   8u
#define ROUNDS_MAX   64u
#define QUEUE_AT     256u  /* offset in the window: descriptors */
#define AVAILABLE_AT (QUEUE_AT + 16 * QUEUE_SIZE)
#define HEADERS      512u  /* offset in the window: requests' headers */
#define BUFFERS      640u
#define LIMIT        4u

static struct input input;
static struct pv_virtio_window window;
static struct pv_block_memory memory;

static void put(uint32_t at, uint64_t value, uint32_t bytes)
{
	if (at <= WINDOW_BYTES - bytes) {
		memcpy(window.memory + at, &value, bytes);
	}
}

/* One of several, each as often as it is listed. */
#define CHOOSE(...) \
	((const uint64_t[]){ __VA_ARGS__ }[input_take(&input, 1) % \
		(sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))])

/* A descriptor as a driver would write it, with something wrong now and then. */
static void put_descriptor(uint32_t id, bool is_first, bool is_last, bool is_writable)
{
	uint32_t at = QUEUE_AT + 16 * id;
	uint64_t buffer = ADDRESS + BUFFERS + input_take(&input, 1) * 4;
	uint64_t wrong = CHOOSE(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 0x80, 0x8000);

	put(at, is_first ? ADDRESS + HEADERS + 16 * id
			 : CHOOSE(buffer, buffer, buffer, buffer, buffer, buffer, buffer,
				  ADDRESS + WINDOW_BYTES - 512, ADDRESS + 255, UINT64_MAX - 8, 0), 8);
	put(at + 8, is_first ? CHOOSE(16, 16, 16, 16, 8, 17)
			     : CHOOSE(512, 512, 512, 512, 1, 256, 513, 1024, 20, 0, UINT32_MAX), 4);
	put(at + 12, (is_last ? 0 : 1) | (is_writable ? 2 : 0) | wrong, 2);
	put(at + 14, CHOOSE(id + 1, id + 1, id + 1, id + 1, id + 1, id + 1, 0, QUEUE_SIZE) % 256, 2);
}

static void add_request(void)
{
	uint32_t head = (uint32_t)CHOOSE(0, 0, 1, 3);
	uint32_t n = (uint32_t)CHOOSE(2, 2, 3, 3, 3, 1, 4, 5);
	uint32_t n_readable = (uint32_t)CHOOSE(1, 1, 2, 2, 3, 0, 5);
	uint16_t index;

	put(HEADERS + 16 * head, CHOOSE(0, 0, 0, 1, 1, 1, 4, 8, 2, UINT32_MAX,
					0x10003, 0x20004, 0x10005, /* GPIO: line, type */
					0xa0, 0xa0, 0xa0, 0xa0), 4); /* I2C: address, then flags */
	put(HEADERS + 16 * head + 4, CHOOSE(0, 0, 1, 1, 2, 3, 4), 4);
	put(HEADERS + 16 * head + 8, CHOOSE(0, 1, 2, 3, 4, UINT64_MAX), 8);
	for (uint32_t i = 0; i < n; i++) {
		put_descriptor(head + i, i == 0, i + 1 == n,
			       i >= n_readable || (i + 1 == n && n_readable >= n));
	}
	memcpy(&index, window.memory + AVAILABLE_AT + 2, sizeof(index));
	put(AVAILABLE_AT + 4 + 2 * (index % QUEUE_SIZE),
	    CHOOSE(head, head, head, head, head, head, QUEUE_SIZE), 2);
	put(AVAILABLE_AT + 2, index + 1u, 2);
}

/* The driver at work: requests, now and then a byte anywhere. */
static void disturb(void)
{
	for (uint64_t n = input_take(&input, 1) % 4; n > 0 && !input_is_over(&input); n--) {
		if (CHOOSE(0, 0, 0, 1) == 0) {
			add_request();
		} else {
			put((uint32_t)input_take(&input, 2) % WINDOW_BYTES, input_take(&input, 1),
			    1);
		}
	}
}

static bool disk_read(void *context, uint64_t sector, void *to, uint32_t n_sectors)
{
	disturb();
	return pv_block_memory_operations.read(context, sector, to, n_sectors);
}

static bool disk_write(void *context, uint64_t sector, const void *from, uint32_t n_sectors)
{
	disturb();
	return pv_block_memory_operations.write(context, sector, from, n_sectors);
}

static const struct pv_block_operations operations = { disk_read, disk_write, NULL };
static const struct pv_block_disk disk = { &operations, &memory, N_SECTORS, false, "fuzz" };

/* As a good driver would place it, now and then not. */
static struct pv_virtqueue_config place(void)
{
	struct pv_virtqueue_config config;

	(void)pv_virtqueue_place(ADDRESS + QUEUE_AT, QUEUE_SIZE, PV_VIRTIO_FEATURES, &config);
	if ((input_take(&input, 1) & 1) != 0) {
		config.features = PV_VIRTIO_FEATURES_REQUIRED;
	}
	config.features |= PV_I2C_F_ZERO_LENGTH_REQUEST | ((input_take(&input, 1) & 1) != 0 ? PV_NET_F_MRG_RXBUF : 0);
	if ((input_take(&input, 1) & 15) == 0) {
		config.size = (uint32_t)CHOOSE(QUEUE_SIZE, 0, 3, 4, 16, 256, 512, UINT32_MAX);
		config.descriptors += CHOOSE(0, 0, 8, 64, WINDOW_BYTES - QUEUE_AT - 112, UINT64_MAX - 15);
		config.available += CHOOSE(0, 0, 1, 2, WINDOW_BYTES, UINT64_MAX - 255);
		config.used += CHOOSE(0, 0, 2, 4, WINDOW_BYTES - 512, UINT64_MAX - 3);
	}
	return config;
}

/* ---- Servers ---------------------------------------------------------------------- */

static struct pv_block_server block;
static struct pv_console_server console;
static struct pv_rng_server rng;
static struct pv_gpio_server gpio;
static struct pv_i2c_server i2c;
static struct pv_net_server net;

static void write_text(void *context, const char *text, uint32_t bytes)
{
	static volatile char last;

	(void)context;
	for (uint32_t i = 0; i < bytes; i++) {
		last = text[i];
	}
	disturb();
}

static void fill(void *context, void *to, uint32_t bytes)
{
	(void)context;
	memset(to, 0x5a, bytes);
	disturb();
}

static const uint8_t pins[] = { 3, 1 };
static const struct pv_gpio_lines lines = { .pins = pins, .n = 2, .names = "a\0b", .names_bytes = 4 };

static void check_pin(uint32_t pin)
{
	if (pin != 3 && pin != 1) {
		abort();
	}
	disturb();
}

void pv_gpio_set_output(const struct pv_gpio *own, uint32_t pin, bool is_output)
{
	(void)own;
	(void)is_output;
	check_pin(pin);
}

void pv_gpio_write(const struct pv_gpio *own, uint32_t pin, bool level)
{
	pv_gpio_set_output(own, pin, level);
}

bool pv_gpio_read(const struct pv_gpio *own, uint32_t pin)
{
	pv_gpio_set_output(own, pin, false);
	return true;
}

/* Bytes of a message are private: they stay as they are while the driver is at work. */
static bool transfer(void *context, const struct pv_i2c_message *message)
{
	static unsigned char copy[PV_I2C_BYTES_MAX];

	(void)context;
	if (message->n_bytes > PV_I2C_BYTES_MAX || message->address > 0x7f) {
		abort();
	}
	memcpy(copy, message->bytes, message->n_bytes);
	disturb();
	if (memcmp(copy, message->bytes, message->n_bytes) != 0) {
		abort();
	}
	return message->address == 0x50;
}

static const struct pv_i2c_operations bus = { transfer };

static enum pv_status serve_block(uint32_t limit, uint32_t *n)
{
	return pv_block_server_serve(&block, limit, n);
}

static enum pv_status serve_console(uint32_t limit, uint32_t *n)
{
	return pv_console_server_serve(&console, limit, n);
}

static enum pv_status serve_rng(uint32_t limit, uint32_t *n)
{
	return pv_rng_server_serve(&rng, limit, n);
}

static enum pv_status serve_gpio(uint32_t limit, uint32_t *n)
{
	return pv_gpio_server_serve(&gpio, limit, n);
}

static enum pv_status serve_i2c(uint32_t limit, uint32_t *n)
{
	return pv_i2c_server_serve(&i2c, limit, n);
}

enum pv_status pv_virtio_config(uint64_t backend, uint64_t offset, uint64_t bytes, uint64_t flags)
{
	(void)backend;
	(void)offset;
	(void)bytes;
	(void)flags;
	return PV_OK;
}

/* Frames into memory that is allocated to the byte, until there are no more, but for dropped ones. */
static enum pv_status serve_net_receive(uint32_t limit, uint32_t *n)
{
	size_t size = (size_t)CHOOSE(PV_NET_FRAME_MAX, 0, 4, 600), bytes = 0;
	unsigned char *frame = malloc(size);
	enum pv_status status = PV_OK;

	for (*n = 0; *n < limit && status == PV_OK; *n += status == PV_OK) {
		status = pv_net_server_receive(&net, frame, size, &bytes);
		if (status == PV_OK && (bytes == 0 || bytes > size)) {
			abort();
		}
	}
	free(frame);
	return status == PV_EMPTY ? PV_OK : status;
}

static enum pv_status serve_net_send(uint32_t limit, uint32_t *n)
{
	size_t bytes = (size_t)CHOOSE(1, 60, 500, 600, 1000, PV_NET_FRAME_MAX);
	unsigned char *frame = calloc(1, bytes);
	enum pv_status status = PV_OK;

	for (*n = 0; *n < limit && status == PV_OK; *n += status == PV_OK) {
		status = pv_net_server_send(&net, frame, bytes);
	}
	free(frame);
	return status == PV_FULL ? PV_OK : status;
}

static const struct server {
	struct pv_virtqueue_device *queue;
	enum pv_status (*serve)(uint32_t limit, uint32_t *n);
	uint32_t n_kept;     /* chains that it may keep popped */
	bool     is_counted; /* what it says it did are chains that are given back */
} servers[] = {
	{ &block.queue, serve_block, 0, true },
	{ &console.queues[1], serve_console, 1, false },       /* a long text goes on */
	{ &rng.queue, serve_rng, 0, true },
	{ &gpio.queue, serve_gpio, 0, true },
	{ &i2c.queue, serve_i2c, PV_I2C_MESSAGES_MAX - 1, false }, /* given back with the last of a transfer */
	{ &net.queues[1], serve_net_receive, 0, false },       /* those of dropped frames besides */
	{ &net.queues[0], serve_net_send, PV_NET_MERGE_MAX, false }, /* several for one frame */
};

static const struct server *open_server(void)
{
	pv_block_server_open(&block, &disk);
	pv_console_server_open(&console, write_text, NULL);
	pv_rng_server_open(&rng, fill, NULL);
	pv_gpio_server_open(&gpio, &lines);
	pv_i2c_server_open(&i2c, &bus, NULL);
	pv_net_server_open(&net);
	return &servers[CHOOSE(0, 0, 0, 0, 0, 1, 2, 3, 4, 4, 5, 5, 6, 6)];
}

/* Serve until the input ends. What is popped is given back, whatever the driver does. */
static void serve(const struct server *server, const struct pv_virtqueue_config *config)
{
	struct pv_virtqueue_device *queue = server->queue;

	if (pv_virtqueue_device_open(queue, &window, config) != PV_OK) {
		return;
	}
	for (uint32_t round = 0; round < ROUNDS_MAX && !input_is_over(&input); round++) {
		uint16_t before = queue->next_used;
		uint32_t n;
		enum pv_status status;

		disturb();
		status = server->serve(LIMIT, &n);
		/* A chain that is no request stays popped, and the queue is broken. */
		uint16_t n_left = (uint16_t)(queue->next_available - queue->next_used);
		uint16_t n_done = (uint16_t)(queue->next_used - before);

		if (n > LIMIT || (server->is_counted && n_done != n) ||
		    n_left > (status != PV_OK) + server->n_kept ||
		    queue->queue.is_broken != (status != PV_OK)) {
			abort();
		}
		(void)pv_virtqueue_must_interrupt(queue);
		(void)pv_virtqueue_device_wait_begin(queue);
		pv_virtqueue_device_wait_end(queue);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct pv_virtqueue_config config;
	const struct server *server;

	input = (struct input){ bytes, n };
	window = (struct pv_virtio_window){ aligned_alloc(16, WINDOW_BYTES), ADDRESS,
					    WINDOW_BYTES };
	memory.memory = calloc(N_SECTORS, PV_BLOCK_SECTOR_BYTES);
	memset(window.memory, 0, WINDOW_BYTES);
	server = open_server();
	config = place();
	if ((input_take(&input, 1) & 3) != 0) {
		disturb(); /* before it is opened, as after a restart */
	}
	serve(server, &config);
	free(memory.memory);
	free(window.memory);
	return 0;
}
