/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c
   rtos-guests/virtio/virtqueue_device.c rtos-guests/virtio/frontend.c rtos-guests/virtio/backend.c
   rtos-guests/virtio/i2c_client.c rtos-guests/virtio/i2c_server.c tests/fake/virtio_device.c */
/* flags: -Itests/fake/sdk -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/* An I2C bus: client and server, and what a peer can do wrong. On the bus: 256 registers at 0x50. */
#include "pv/virtio_backend.h"
#include "pv/virtio_i2c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rtos-guests/virtio/i2c_format.h"
#include "rtos-guests/virtio/ring.h"
#include "tests/fake/virtio_device.h"

#define FEATURES (PV_VIRTIO_FEATURES | PV_I2C_F_ZERO_LENGTH_REQUEST)
#define CHIP     0x50u
#define MORE     I2C_FAIL_NEXT

static struct pv_virtio_backend backend;
static struct pv_i2c_server server;
static struct pv_i2c_client client;

static struct {
	unsigned char registers[256], pointer;
	char calls[256];         /* what the bus was asked to do */
	void (*meanwhile)(void); /* the driver, while a message is on the bus */
} bus;

static bool transfer(void *context, const struct pv_i2c_message *message)
{
	size_t n = strlen(bus.calls);
	unsigned char *bytes = message->bytes;

	assert_ptr_equal(context, &bus);
	assert_true(message->n_bytes <= PV_I2C_BYTES_MAX);
	snprintf(bus.calls + n, sizeof(bus.calls) - n, "%c%x:%u%s", message->is_read ? 'r' : 'w',
		 message->address, message->n_bytes, message->is_last ? ". " : "+");
	if (bus.meanwhile != NULL) {
		bus.meanwhile();
	}
	if (message->address != CHIP) {
		return false;
	}
	for (uint32_t i = 0; i < message->n_bytes; i++) {
		if (message->is_read) {
			bytes[i] = bus.registers[bus.pointer++];
		} else if (i == 0) {
			bus.pointer = bytes[0];
		} else {
			bus.registers[bus.pointer++] = bytes[i];
		}
	}
	return true;
}

static const struct pv_i2c_operations operations = { transfer };

static void update(void)
{
	assert_int_equal(pv_virtio_backend_update(&backend), PV_OK);
}

static int begin(void **state)
{
	(void)state;
	memset(&bus, 0, sizeof(bus));
	pv_i2c_server_open(&server, &operations, &bus);
	fake_virtio_begin(PV_VIRTIO_I2C, FEATURES, 1, 8);
	pv_virtio_backend_open(&backend, &fake_virtio.backend, &server.queue, 1);
	fake_virtio.on_reset = update;
	update();
	assert_int_equal(pv_i2c_client_open(&client, &fake_virtio.frontend), PV_OK);
	update();
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_virtio_end();
	return 0;
}

/* ---- Client and server ----------------------------------------------------------------- */

static uint32_t serve(enum pv_status status)
{
	uint32_t n;

	assert_int_equal(pv_i2c_server_serve(&server, 100, &n), status);
	return n;
}

static enum pv_status do_transfer(const struct pv_i2c_message *messages, uint32_t n)
{
	assert_int_equal(pv_i2c_client_start(&client, messages, n), PV_OK);
	assert_int_equal(pv_i2c_client_start(&client, messages, n), PV_FULL);
	assert_int_equal(pv_i2c_client_finish(&client), PV_EMPTY);
	assert_int_equal(serve(PV_OK), n);

	enum pv_status status = pv_i2c_client_finish(&client);

	assert_int_equal(pv_i2c_client_finish(&client), PV_EMPTY);
	return status;
}

static void test_write_and_read(void **state)
{
	unsigned char text[PV_I2C_BYTES_MAX], place[] = { 0xfe }, back[4] = { 0 };
	const struct pv_i2c_message write = { .address = CHIP, .bytes = text, .n_bytes = 5 };
	const struct pv_i2c_message read[] = {
		{ .address = CHIP, .bytes = place, .n_bytes = 1 },
		{ .address = CHIP, .is_read = true, .bytes = back, .n_bytes = 4 },
	};

	(void)state;
	memcpy(text, "\xfe" "abcd", 5);
	assert_int_equal(do_transfer(&write, 1), PV_OK);
	assert_string_equal(bus.calls, "w50:5. ");
	assert_int_equal(do_transfer(read, 2), PV_OK);
	assert_string_equal(bus.calls, "w50:5. w50:1+r50:4. ");
	assert_memory_equal(back, "abcd", 4);
	bus.calls[0] = '\0';

	/* The longest; and an address only, each way. */
	struct pv_i2c_message message = { .address = CHIP, .bytes = text, .n_bytes = sizeof(text) };

	assert_int_equal(do_transfer(&message, 1), PV_OK);
	message.is_read = true;
	assert_int_equal(do_transfer(&message, 1), PV_OK);
	message = (struct pv_i2c_message){ .address = CHIP };
	assert_int_equal(do_transfer(&message, 1), PV_OK);
	message.is_read = true;
	assert_int_equal(do_transfer(&message, 1), PV_OK);
	assert_string_equal(bus.calls, "w50:1024. r50:1024. w50:0. r50:0. ");
}

/* Nobody is there: the rest of the transfer is not made, the next one is. */
static void test_refused(void **state)
{
	unsigned char byte[1] = { 7 }, back[1] = { 9 };
	struct pv_i2c_message messages[] = {
		{ .address = 0x7f, .bytes = byte, .n_bytes = 1 },
		{ .address = CHIP, .is_read = true, .bytes = back, .n_bytes = 1 },
	};

	(void)state;
	assert_int_equal(do_transfer(messages, 2), PV_NOT_ALLOWED);
	assert_string_equal(bus.calls, "w7f:1+");
	assert_int_equal(back[0], 9);
	messages[0].address = CHIP;
	messages[1].address = 0;
	assert_int_equal(do_transfer(messages, 2), PV_NOT_ALLOWED);
	assert_string_equal(bus.calls, "w7f:1+w50:1+r0:1. ");
	assert_int_equal(back[0], 9);
	messages[1].address = CHIP;
	assert_int_equal(do_transfer(messages, 2), PV_OK);
	assert_int_equal(back[0], 0);
}

static void test_start_refuses(void **state)
{
	static unsigned char text[PV_I2C_BYTES_MAX + 1];
	struct pv_i2c_message messages[3] = { { .address = CHIP, .bytes = text, .n_bytes = 1 } };

	(void)state;
	assert_int_equal(pv_i2c_client_start(&client, messages, 0), PV_BAD_ARGUMENT);
	assert_int_equal(pv_i2c_client_start(&client, messages, 3), PV_BAD_ARGUMENT);
	messages[1].address = 0x80;
	assert_int_equal(pv_i2c_client_start(&client, messages, 2), PV_BAD_ARGUMENT);
	messages[1].address = CHIP;
	messages[1].n_bytes = PV_I2C_BYTES_MAX + 1;
	assert_int_equal(pv_i2c_client_start(&client, messages, 2), PV_BAD_ARGUMENT);
	assert_int_equal(pv_i2c_client_finish(&client), PV_EMPTY);
	assert_int_equal(serve(PV_OK), 0);
}

static void test_open_refuses(void **state)
{
	const struct pv_i2c_message message = { .address = CHIP };

	(void)state;
	fake_virtio.backend.features &= ~PV_I2C_F_ZERO_LENGTH_REQUEST;
	assert_int_equal(pv_i2c_client_open(&client, &fake_virtio.frontend), PV_NOT_SUPPORTED);
	fake_virtio.backend.features |= PV_I2C_F_ZERO_LENGTH_REQUEST;
	fake_virtio.backend.queue_size_max = 4;
	assert_int_equal(pv_i2c_client_open(&client, &fake_virtio.frontend), PV_BAD_ARGUMENT);
	fake_virtio.backend.queue_size_max = 8;
	fake_virtio.frontend.window_bytes = 2048;
	assert_int_equal(pv_i2c_client_open(&client, &fake_virtio.frontend), PV_FULL);
	assert_int_equal(pv_i2c_client_start(&client, &message, 1), PV_CORRUPT);
	assert_int_equal(pv_i2c_client_finish(&client), PV_CORRUPT);
	fake_virtio.frontend.window_bytes = FAKE_WINDOW_BYTES;
	fake_virtio.frontend.device_id = PV_VIRTIO_RNG;
	assert_int_equal(pv_i2c_client_open(&client, &fake_virtio.frontend), PV_NOT_SUPPORTED);
}

/* ---- A server that lies ---------------------------------------------------------------- */

/* Start a read of one byte after a write; the server has its two chains. */
static void start_read(unsigned char *back, struct pv_virtqueue_chain chains[2])
{
	static unsigned char place[1];
	const struct pv_i2c_message messages[] = {
		{ .address = CHIP, .bytes = place, .n_bytes = 1 },
		{ .address = CHIP, .is_read = true, .bytes = back, .n_bytes = 1 },
	};

	assert_int_equal(pv_i2c_client_start(&client, messages, 2), PV_OK);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(pv_virtqueue_pop(&server.queue, &chains[i]), PV_OK);
	}
	assert_int_equal(pv_virtqueue_chain_write(&chains[0], 0, "\0", 1), 1);
	assert_int_equal(pv_virtqueue_chain_write(&chains[1], 0, "!\0", 2), 2);
}

static void test_answers(void **state)
{
	static const struct {
		const char *first, *second;
		uint32_t first_bytes, second_bytes;
		enum pv_status status;
	} cases[] = {
		{ "\0", "!\0", 1, 2, PV_OK },
		{ "\1", "!\0", 1, 2, PV_NOT_ALLOWED },
		{ "\0", "!\1", 1, 2, PV_NOT_ALLOWED },
		{ "\0", "!\2", 1, 2, PV_NOT_ALLOWED },
		{ "\0", "!\0", 0, 2, PV_NOT_ALLOWED },
		{ "\0", "!\0", 1, 1, PV_NOT_ALLOWED },
	};
	struct pv_virtqueue_chain chains[2];
	unsigned char back;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		back = '?';
		start_read(&back, chains);
		(void)pv_virtqueue_chain_write(&chains[0], 0, cases[i].first, 1);
		(void)pv_virtqueue_chain_write(&chains[1], 0, cases[i].second, 2);
		assert_int_equal(pv_virtqueue_push(&server.queue, &chains[0], cases[i].first_bytes), PV_OK);
		assert_int_equal(pv_i2c_client_finish(&client), PV_EMPTY);
		assert_int_equal(pv_virtqueue_push(&server.queue, &chains[1], cases[i].second_bytes), PV_OK);
		assert_int_equal(pv_i2c_client_finish(&client), cases[i].status);
		assert_int_equal(back == '!', cases[i].status == PV_OK || cases[i].first[0] == '\1' ||
						      cases[i].first_bytes == 0);
	}
	/* In another order: each answer counts for its message. */
	start_read(&back, chains);
	server.queue.heads[(server.queue.next_used) & 7] = chains[1].head;
	server.queue.heads[(server.queue.next_used + 1) & 7] = chains[0].head;
	assert_int_equal(pv_virtqueue_push(&server.queue, &chains[1], 2), PV_OK);
	assert_int_equal(pv_virtqueue_push(&server.queue, &chains[0], 1), PV_OK);
	assert_int_equal(pv_i2c_client_finish(&client), PV_OK);
	assert_int_equal(back, '!');
	/* One answer twice. */
	start_read(&back, chains);
	server.queue.heads[(server.queue.next_used + 1) & 7] = chains[0].head;
	assert_int_equal(pv_virtqueue_push(&server.queue, &chains[0], 1), PV_OK);
	assert_int_equal(pv_virtqueue_push(&server.queue, &chains[0], 1), PV_OK);
	assert_int_equal(pv_i2c_client_finish(&client), PV_CORRUPT);
	assert_int_equal(pv_i2c_client_finish(&client), PV_CORRUPT);
	assert_int_equal(pv_i2c_client_start(&client, NULL, 0), PV_CORRUPT);
	/* Opened anew all is well. */
	assert_int_equal(pv_i2c_client_open(&client, &fake_virtio.frontend), PV_OK);
	update();
	assert_int_equal(do_transfer(&(struct pv_i2c_message){ .address = CHIP }, 1), PV_OK);
}

/* ---- A driver of any kind -------------------------------------------------------------- */

static struct pv_virtqueue_driver driver;
static unsigned char *area; /* a request's: header at 0, bytes at 0x1000, status at 0x2000 */
static uint32_t next_request;

static void open_driver(uint32_t size, uint64_t features)
{
	struct pv_virtio_window window = { (unsigned char *)(uintptr_t)fake_virtio.frontend.window,
					   fake_virtio.frontend.window, FAKE_WINDOW_BYTES };
	struct pv_virtqueue_config config;

	memset(window.memory + 0x8000, 0xee, FAKE_WINDOW_BYTES - 0x8000);
	(void)pv_virtqueue_place(window.address, size, features, &config);
	assert_int_equal(pv_virtqueue_driver_open(&driver, &window, &config), PV_OK);
	pv_virtqueue_device_close(&server.queue);
	assert_int_equal(pv_virtqueue_device_open(&server.queue, &window, &config), PV_OK);
	next_request = 0;
}

/* Memory of request `i`; chains of three descriptors, or fewer. */
static unsigned char *request_at(uint32_t i)
{
	return (unsigned char *)(uintptr_t)fake_virtio.frontend.window + 0x8000 + 0x3000 * i;
}

static void add(struct i2c_request request, uint32_t header_bytes, uint32_t n_readable, uint32_t n_writable,
		uint32_t status_bytes)
{
	uint32_t at = 0x8000 + 0x3000 * next_request;
	struct pv_virtqueue_piece pieces[4];
	uint32_t n = 0;
	uint16_t head;

	area = request_at(next_request++);
	memcpy(area, &request, sizeof(request));
	memcpy(area + 0x1000, "\x10" "abcdef", 7);
#define PIECE(offset, size, is_writable) \
	if ((size) != 0) { \
		pieces[n++] = (struct pv_virtqueue_piece){ fake_virtio.frontend.window + at + (offset), \
							   size, is_writable }; \
	}
	PIECE(0, header_bytes, false);
	PIECE(0x1000, n_readable, false);
	PIECE(0x1000, n_writable, true);
	PIECE(0x2000, status_bytes, true);
#undef PIECE
	assert_int_equal(pv_virtqueue_add(&driver, pieces, n, &head), PV_OK);
}

static void add_write(uint32_t flags, uint32_t n)
{
	add((struct i2c_request){ CHIP << 1, 0, flags }, 8, n, 0, 1);
}

static void add_read(uint32_t flags, uint32_t n)
{
	add((struct i2c_request){ CHIP << 1, 0, flags | I2C_READ }, 8, 0, n, 1);
}

static unsigned status_of(uint32_t request)
{
	return request_at(request)[0x2000];
}

static uint32_t n_answered(void)
{
	uint16_t head;
	uint32_t bytes, n = 0;

	while (pv_virtqueue_collect(&driver, &head, &bytes) == PV_OK) {
		n++;
	}
	return n;
}

static void test_requests(void **state)
{
	static const struct {
		struct i2c_request request;
		uint32_t header, readable, writable, status, used;
		enum pv_status result;
		unsigned answer;
		const char *calls;
	} cases[] = {
		{ { 0xa0, 0, 0 }, 8, 3, 0, 1, 1, PV_OK, 0, "w50:3. " },
		{ { 0xa0, 0xffff, 0 }, 8, 0, 0, 1, 1, PV_OK, 0, "w50:0. " },
		{ { 0xa0, 0, 2 }, 8, 0, 3, 1, 4, PV_OK, 0, "r50:3. " },
		{ { 0xa2, 0, 2 }, 8, 0, 3, 1, 0, PV_OK, 1, "r51:3. " },
		{ { 0xa2, 0, 2 }, 8, 0, 0, 1, 1, PV_OK, 1, "r51:0. " },
		/* What no bus could do. */
		{ { 0xa1, 0, 0 }, 8, 3, 0, 1, 1, PV_OK, 1, "" },
		{ { 0x1a0, 0, 0 }, 8, 3, 0, 1, 1, PV_OK, 1, "" },
		{ { 0xa0, 0, 4 }, 8, 3, 0, 1, 1, PV_OK, 1, "" },
		{ { 0xa0, 0, 0x80000000 }, 8, 3, 0, 1, 1, PV_OK, 1, "" },
		{ { 0xa0, 0, 0 }, 8, 1025, 0, 1, 1, PV_OK, 1, "" },
		{ { 0xa0, 0, 2 }, 8, 0, 1025, 1, 0, PV_OK, 1, "" },
		{ { 0xa0, 0, 0 }, 8, 0, 3, 1, 0, PV_OK, 1, "" }, /* the direction of its bytes is */
		{ { 0xa0, 0, 2 }, 8, 3, 0, 1, 1, PV_OK, 1, "" }, /* not what the flag says */
		{ { 0xa0, 0, 2 }, 8, 3, 3, 1, 0, PV_OK, 1, "" },
		/* No request at all. */
		{ { 0xa0, 0, 0 }, 7, 0, 0, 1, 0, PV_CORRUPT, 0xee, "" },
		{ { 0xa0, 0, 0 }, 8, 3, 0, 0, 0, PV_CORRUPT, 0xee, "" },
		{ { 0xa0, 0, 2 }, 0, 0, 3, 1, 0, PV_CORRUPT, 0xee, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint16_t head;
		uint32_t bytes;

		bus.calls[0] = '\0';
		bus.pointer = 0;
		open_driver(8, FEATURES);
		add(cases[i].request, cases[i].header, cases[i].readable, cases[i].writable, cases[i].status);
		assert_int_equal(serve(cases[i].result), cases[i].result == PV_OK);
		assert_string_equal(bus.calls, cases[i].calls);
		assert_int_equal(status_of(0), cases[i].answer);
		assert_int_equal(pv_virtqueue_collect(&driver, &head, &bytes),
				 cases[i].result == PV_OK ? PV_OK : PV_EMPTY);
		if (cases[i].result == PV_OK) {
			assert_int_equal(bytes, cases[i].used);
		}
	}
	assert_memory_equal(bus.registers + 0x10, "ab", 3);
	open_driver(8, PV_VIRTIO_FEATURES);
	add_write(0, 1);
	assert_int_equal(serve(PV_CORRUPT), 0);
}

/* Nothing goes out before the end of a transfer is there, and all is answered at once. */
static void test_groups(void **state)
{
	uint32_t n;

	(void)state;
	open_driver(16, FEATURES);
	add_write(MORE, 1);
	assert_int_equal(serve(PV_OK), 1);
	assert_int_equal(n_answered(), 0);
	add_read(0, 2);
	add_write(0, 1);
	assert_string_equal(bus.calls, "");
	assert_int_equal(pv_i2c_server_serve(&server, 1, &n), PV_OK);
	assert_int_equal(n, 1);
	assert_string_equal(bus.calls, "w50:1+r50:2. ");
	assert_int_equal(n_answered(), 2);
	assert_int_equal(serve(PV_OK), 1);
	assert_int_equal(n_answered(), 1);
	/* One that makes no sense: nothing of its transfer is done. The next one is. */
	bus.calls[0] = '\0';
	open_driver(16, FEATURES);
	add_write(MORE, 1);
	add_write(MORE | 4, 1);
	add_read(0, 2);
	add_write(0, 1);
	assert_int_equal(serve(PV_OK), 4);
	assert_string_equal(bus.calls, "w50:1. ");
	assert_int_equal(status_of(0) << 12 | status_of(1) << 8 | status_of(2) << 4 | status_of(3), 0x1110);
}

/* A driver that finds no room for the end, as Linux, gets its answers and has done with that transfer. */
static void test_group_without_room(void **state)
{
	(void)state;
	open_driver(8, FEATURES);
	add_write(MORE, 1);
	add_write(MORE, 1);
	assert_int_equal(serve(PV_OK), 2);
	assert_int_equal(n_answered(), 2);
	assert_string_equal(bus.calls, "");
	add_write(MORE, 1);
	add_read(0, 1);
	assert_int_equal(serve(PV_OK), 2);
	assert_string_equal(bus.calls, "w50:1+r50:1. ");
	assert_int_equal(status_of(0) << 12 | status_of(1) << 8 | status_of(2) << 4 | status_of(3), 0x1100);
	/* One that fills the queue has fitted. */
	open_driver(8, FEATURES);
	bus.calls[0] = '\0';
	add_write(MORE, 1);
	add_write(MORE, 1);
	add_write(0, 0);
	assert_int_equal(serve(PV_OK), 3);
	assert_string_equal(bus.calls, "w50:1+w50:1+w50:0. ");
	/* Also when it could not have been made. */
	open_driver(8, FEATURES);
	add_write(MORE, 1);
	add_write(MORE | 4, 1);
	assert_int_equal(serve(PV_OK), 2);
	assert_int_equal(n_answered(), 2);
	add_write(0, 1);
	assert_int_equal(serve(PV_OK), 1);
	assert_int_equal(status_of(2), 0);
}

/* More than the server takes: nothing of it is made, whenever its end comes. */
static void test_long_group(void **state)
{
	(void)state;
	open_driver(64, FEATURES);
	for (uint32_t i = 0; i <= PV_I2C_MESSAGES_MAX; i++) {
		add_write(MORE, 1);
	}
	assert_int_equal(serve(PV_OK), PV_I2C_MESSAGES_MAX + 1);
	assert_int_equal(n_answered(), PV_I2C_MESSAGES_MAX + 1);
	add_write(0, 1);
	add_write(0, 1);
	assert_int_equal(serve(PV_OK), 2);
	assert_string_equal(bus.calls, "w50:1. ");
	assert_int_equal(status_of(PV_I2C_MESSAGES_MAX + 1), 1);
	assert_int_equal(status_of(PV_I2C_MESSAGES_MAX + 2), 0);
	/* As many as it takes. */
	bus.calls[0] = '\0';
	open_driver(64, FEATURES);
	for (uint32_t i = 1; i <= PV_I2C_MESSAGES_MAX; i++) {
		add_write(i < PV_I2C_MESSAGES_MAX ? MORE : 0, 0);
	}
	assert_int_equal(serve(PV_OK), PV_I2C_MESSAGES_MAX);
	assert_string_equal(bus.calls, "w50:0+w50:0+w50:0+w50:0+w50:0+w50:0+w50:0+w50:0. ");
}

/* What was taken of a transfer, and that one fails, does not outlive a reset. */
static void test_reset_amid_group(void **state)
{
	(void)state;
	open_driver(8, FEATURES);
	add_write(MORE, 1);
	assert_int_equal(serve(PV_OK), 1);
	open_driver(8, FEATURES);
	add_read(0, 2);
	assert_int_equal(serve(PV_OK), 1);
	assert_string_equal(bus.calls, "r50:2. ");
	assert_int_equal(status_of(0), 0);
	add_write(MORE | 4, 1);
	assert_int_equal(serve(PV_OK), 1);
	open_driver(8, FEATURES);
	add_read(0, 2);
	assert_int_equal(serve(PV_OK), 1);
	assert_int_equal(status_of(0), 0);
}

/* Killed between a transfer and its answer, the server makes the whole of it again. */
static void test_restart_amid_group(void **state)
{
	struct pv_virtio_window window;
	struct pv_virtqueue_config config;

	(void)state;
	open_driver(8, FEATURES);
	memcpy(bus.registers + 0x10, "xyz", 3);
	add_write(MORE, 1);
	add_read(0, 2);
	(void)pv_virtqueue_place(fake_virtio.frontend.window, 8, FEATURES, &config);
	window = server.queue.queue.window;
	for (uint32_t life = 0; life < 2; life++) {
		pv_i2c_server_open(&server, &operations, &bus);
		assert_int_equal(pv_virtqueue_device_open(&server.queue, &window, &config), PV_OK);
		if (life == 0) {
			uint32_t n;

			assert_int_equal(pv_i2c_server_serve(&server, 1, &n), PV_OK);
			assert_int_equal(n_answered(), 0);
			bus.pointer = 0x30;
		}
	}
	assert_int_equal(serve(PV_OK), 2);
	assert_int_equal(n_answered(), 2);
	assert_memory_equal(request_at(1) + 0x1000, "xy", 2);
}

static void scribble(void)
{
	memset(request_at(0), 0xff, 8);
	memset(request_at(0) + 0x1000, 0xff, 64);
}

/* The driver rewrites request and bytes while they are on the bus. */
static void test_rewritten(void **state)
{
	(void)state;
	open_driver(8, FEATURES);
	bus.meanwhile = scribble;
	add_write(0, 3);
	assert_int_equal(serve(PV_OK), 1);
	assert_string_equal(bus.calls, "w50:3. ");
	assert_memory_equal(bus.registers + 0x10, "ab\0", 3);
	assert_int_equal(status_of(0), 0);
}

static void test_bells(void **state)
{
	const struct pv_i2c_message message = { .address = CHIP };
	uint32_t rings;

	(void)state;
	(void)pv_virtio_backend_signal(&backend);
	assert_true(pv_virtio_backend_wait_begin(&backend, 1));
	rings = fake_virtio.n_backend_rings;
	assert_int_equal(pv_i2c_client_start(&client, &message, 1), PV_OK);
	assert_int_equal(fake_virtio.n_backend_rings, rings + 1);
	assert_false(pv_virtio_backend_wait_begin(&backend, 1));
	assert_true(pv_virtqueue_driver_wait_begin(&client.queue));
	assert_int_equal(serve(PV_OK), 1);
	assert_true(pv_virtio_backend_signal(&backend));
	assert_false(pv_virtqueue_driver_wait_begin(&client.queue));
	assert_int_equal(pv_i2c_client_finish(&client), PV_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(test_write_and_read),
		TEST(test_refused),
		TEST(test_start_refuses),
		TEST(test_open_refuses),
		TEST(test_answers),
		TEST(test_requests),
		TEST(test_groups),
		TEST(test_group_without_room),
		TEST(test_long_group),
		TEST(test_reset_amid_group),
		TEST(test_restart_amid_group),
		TEST(test_rewritten),
		TEST(test_bells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
