/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c
   rtos-guests/virtio/virtqueue_device.c rtos-guests/virtio/frontend.c rtos-guests/virtio/backend.c
   rtos-guests/virtio/slots.c rtos-guests/virtio/console_client.c
   rtos-guests/virtio/console_server.c rtos-guests/virtio/rng_client.c
   rtos-guests/virtio/rng_server.c rtos-guests/virtio/gpio_client.c
   rtos-guests/virtio/gpio_server.c tests/fake/virtio_device.c */
/* flags: -Itests/fake/sdk -Irtos-guests/virtio/include -Irtos-guests/sdk/include
   -Irtos-guests/drivers/include */
/* Console, random bytes and GPIO lines: client and server of each, and what a peer can do wrong. */
#include "pv/gpio.h"
#include "pv/virtio_backend.h"
#include "pv/virtio_console.h"
#include "pv/virtio_gpio.h"
#include "pv/virtio_rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rtos-guests/virtio/gpio_format.h"
#include "rtos-guests/virtio/ring.h"
#include "tests/fake/virtio_device.h"

static struct pv_virtio_backend backend;

static void update(void)
{
	assert_int_equal(pv_virtio_backend_update(&backend), PV_OK);
}

static void begin_device(enum pv_virtio_device device, struct pv_virtqueue_device *queues,
			 uint32_t n_queues)
{
	fake_virtio_begin(device, PV_VIRTIO_FEATURES, n_queues, 8);
	pv_virtio_backend_open(&backend, &fake_virtio.backend, queues, n_queues);
	fake_virtio.on_reset = update;
	update();
}

static int end(void **state)
{
	(void)state;
	fake_virtio_end();
	return 0;
}

/* A driver with a chain of its own choice on the first queue. */
static void add_chain(struct pv_virtqueue_driver *driver, struct pv_virtqueue_device *device,
		      uint32_t readable, uint32_t writable)
{
	struct pv_virtio_window window = { (unsigned char *)(uintptr_t)fake_virtio.frontend.window,
					   fake_virtio.frontend.window, FAKE_WINDOW_BYTES };
	struct pv_virtqueue_piece pieces[2];
	struct pv_virtqueue_config config;
	uint32_t n = 0;
	uint16_t head;

	(void)pv_virtqueue_place(window.address + 0x10000, 8, PV_VIRTIO_FEATURES, &config);
	assert_int_equal(pv_virtqueue_driver_open(driver, &window, &config), PV_OK);
	assert_int_equal(pv_virtqueue_device_open(device, &window, &config), PV_OK);
	if (readable != 0) {
		pieces[n++] = (struct pv_virtqueue_piece){ window.address + 0x20000, readable, false };
	}
	if (writable != 0) {
		pieces[n++] = (struct pv_virtqueue_piece){ window.address + 0x28000, writable, true };
	}
	assert_int_equal(pv_virtqueue_add(driver, pieces, n, &head), PV_OK);
}

static unsigned char *readable_part(void)
{
	return (unsigned char *)(uintptr_t)fake_virtio.frontend.window + 0x20000;
}

static unsigned char *writable_part(void)
{
	return (unsigned char *)(uintptr_t)fake_virtio.frontend.window + 0x28000;
}

static uint32_t used_bytes(struct pv_virtqueue_driver *driver)
{
	uint16_t head;
	uint32_t bytes = 0;

	assert_int_equal(pv_virtqueue_collect(driver, &head, &bytes), PV_OK);
	return bytes;
}

/* ---- Console ------------------------------------------------------------------------ */

static struct pv_console_server console;
static struct pv_console_client terminal;
static char written[8192];
static uint32_t n_written;

static void write_text(void *context, const char *text, uint32_t bytes)
{
	assert_ptr_equal(context, written);
	assert_in_range(bytes, 1, PV_CONSOLE_PIECE_BYTES);
	memcpy(written + n_written, text, bytes);
	n_written += bytes;
}

static int begin_console(void **state)
{
	(void)state;
	n_written = 0;
	pv_console_server_open(&console, write_text, written);
	begin_device(PV_VIRTIO_CONSOLE, console.queues, PV_CONSOLE_N_QUEUES);
	assert_int_equal(pv_console_client_open(&terminal, &fake_virtio.frontend), PV_OK);
	update();
	return 0;
}

static void fill_text(char *text, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++) {
		text[i] = (char)(i * 31 + i / 256);
	}
}

static void test_console_output(void **state)
{
	char text[4096];
	uint32_t taken, n;

	(void)state;
	fill_text(text, sizeof(text));
	/* All slots, and not more. */
	assert_int_equal(pv_console_client_write(&terminal, text, sizeof(text), &taken), PV_OK);
	assert_int_equal(taken, PV_CONSOLE_SLOTS * PV_CONSOLE_SLOT_BYTES);
	assert_int_equal(pv_console_client_write(&terminal, text, 1, &taken), PV_OK);
	assert_int_equal(taken, 0);
	assert_int_equal(pv_console_server_serve(&console, 3, &n), PV_OK);
	assert_int_equal(n, 3);
	assert_int_equal(n_written, 3 * PV_CONSOLE_PIECE_BYTES);
	assert_int_equal(pv_console_server_serve(&console, 100, &n), PV_OK);
	assert_int_equal(n, PV_CONSOLE_SLOTS * PV_CONSOLE_SLOT_BYTES / PV_CONSOLE_PIECE_BYTES - 3);
	assert_int_equal(pv_console_client_write(&terminal, text + 2048, 1, &taken), PV_OK);
	assert_int_equal(taken, 1);
	assert_int_equal(pv_console_server_serve(&console, 100, &n), PV_OK);
	assert_int_equal(n_written, 2049);
	assert_memory_equal(written, text, 2049);
}

/* A buffer is as long as the driver likes; what a call writes is not. */
static void test_console_long_output(void **state)
{
	struct pv_virtqueue_driver driver;
	uint32_t n;

	(void)state;
	add_chain(&driver, &console.queues[1], 1000, 16);
	fill_text((char *)readable_part(), 1000);
	for (uint32_t i = 1; i <= 3; i++) {
		assert_int_equal(pv_console_server_serve(&console, 5, &n), PV_OK);
		assert_int_equal(n, 5);
		assert_int_equal(n_written, i * 5 * PV_CONSOLE_PIECE_BYTES);
	}
	assert_true(pv_virtqueue_device_has_popped(&console.queues[1]));
	assert_int_equal(pv_console_server_serve(&console, 5, &n), PV_OK);
	assert_int_equal(n, 1);
	assert_int_equal(n_written, 1000);
	assert_memory_equal(written, readable_part(), 1000);
	assert_int_equal(used_bytes(&driver), 0);
	/* One with nothing to read counts as well. */
	add_chain(&driver, &console.queues[1], 0, 16);
	assert_int_equal(pv_console_server_serve(&console, 5, &n), PV_OK);
	assert_int_equal(n, 1);
	assert_int_equal(used_bytes(&driver), 0);
}

/* The rest of a buffer does not outlive a reset: its memory is another's. */
static void test_console_reset_amid_buffer(void **state)
{
	uint32_t taken, n;
	char text[PV_CONSOLE_SLOT_BYTES];

	(void)state;
	fill_text(text, sizeof(text));
	assert_int_equal(pv_console_client_write(&terminal, text, sizeof(text), &taken), PV_OK);
	assert_int_equal(pv_console_server_serve(&console, 1, &n), PV_OK);
	pv_virtio_frontend_stop(&terminal.frontend);
	assert_int_equal(pv_console_server_serve(&console, 5, &n), PV_OK);
	assert_int_equal(n, 0);
	assert_int_equal(n_written, PV_CONSOLE_PIECE_BYTES);
	assert_int_equal(pv_console_client_open(&terminal, &fake_virtio.frontend), PV_OK);
	update();
	assert_int_equal(pv_console_client_write(&terminal, "new", 3, &taken), PV_OK);
	assert_int_equal(pv_console_server_serve(&console, 5, &n), PV_OK);
	assert_int_equal(n, 1);
	assert_int_equal(n_written, PV_CONSOLE_PIECE_BYTES + 3);
	assert_memory_equal(written + PV_CONSOLE_PIECE_BYTES, "new", 3);
}

static void test_console_input(void **state)
{
	char text[4096], back[4096];
	uint32_t taken, n_read = 0;

	(void)state;
	fill_text(text, sizeof(text));
	assert_int_equal(pv_console_client_read(&terminal, back, 10, &taken), PV_EMPTY);
	assert_int_equal(taken, 0);
	assert_int_equal(pv_console_server_put(&console, text, 300, &taken), PV_OK);
	assert_int_equal(taken, 300);
	/* In smaller pieces than it came. */
	while (pv_console_client_read(&terminal, back + n_read, 40, &taken) == PV_OK) {
		assert_in_range(taken, 1, 40);
		n_read += taken;
		assert_int_equal(pv_console_client_wait_begin(&terminal), n_read == 300);
	}
	assert_int_equal(n_read, 300);
	assert_memory_equal(back, text, 300);
	/* As much as there are slots; each comes back. */
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(pv_console_server_put(&console, text, sizeof(text), &taken), PV_OK);
		assert_int_equal(taken, PV_CONSOLE_SLOTS * PV_CONSOLE_SLOT_BYTES);
		for (n_read = 0; pv_console_client_read(&terminal, back + n_read, 4096 - n_read,
							&taken) == PV_OK;) {
			n_read += taken;
		}
		assert_int_equal(n_read, PV_CONSOLE_SLOTS * PV_CONSOLE_SLOT_BYTES);
		assert_memory_equal(back, text, n_read);
	}
}

static void test_console_bells(void **state)
{
	uint32_t taken, n, rings;

	(void)state;
	pv_console_client_kick(&terminal);
	(void)pv_virtio_backend_signal(&backend);
	assert_true(pv_virtio_backend_wait_begin(&backend, PV_CONSOLE_OUTPUT));
	rings = fake_virtio.n_backend_rings;
	assert_int_equal(pv_console_client_write(&terminal, "x", 1, &taken), PV_OK);
	pv_console_client_kick(&terminal);
	assert_int_equal(fake_virtio.n_backend_rings, rings + 1);
	assert_int_equal(pv_console_server_serve(&console, 1, &n), PV_OK);
	/* Only who has something to put waits for room. */
	assert_true(pv_virtio_backend_wait_begin(&backend, PV_CONSOLE_OUTPUT));
	assert_false(pv_virtio_backend_wait_begin(&backend, PV_CONSOLE_INPUT));
	assert_false(pv_console_client_wait_begin(&terminal)); /* a slot is free again */
	pv_console_client_wait_end(&terminal);
}

static void test_console_broken(void **state)
{
	uint32_t taken, n;
	char byte;

	(void)state;
	store16(console.queues[1].queue.available + RING_INDEX, 99);
	assert_int_equal(pv_console_server_serve(&console, 1, &n), PV_CORRUPT);
	assert_int_equal(n, 0);
	store16(console.queues[0].queue.available + RING_INDEX, 99);
	assert_int_equal(pv_console_server_put(&console, "x", 1, &taken), PV_CORRUPT);
	assert_int_equal(taken, 0);
	store16(terminal.receive.queue.queue.used + RING_INDEX, 99);
	assert_int_equal(pv_console_client_read(&terminal, &byte, 1, &taken), PV_CORRUPT);
	store16(terminal.transmit.queue.queue.used + RING_INDEX, 99);
	assert_int_equal(pv_console_client_write(&terminal, "x", 1, &taken), PV_CORRUPT);
	assert_int_equal(taken, 0);
	/* Opened anew all is well. */
	assert_int_equal(pv_console_client_open(&terminal, &fake_virtio.frontend), PV_OK);
	update();
	assert_int_equal(pv_console_server_put(&console, "x", 1, &taken), PV_OK);
	assert_int_equal(pv_console_client_read(&terminal, &byte, 1, &taken), PV_OK);
	assert_int_equal(byte, 'x');
}

static void test_open_refuses(void **state)
{
	uint32_t taken;
	char byte;

	(void)state;
	fake_virtio.backend.queue_size_max = PV_CONSOLE_SLOTS / 2;
	assert_int_equal(pv_console_client_open(&terminal, &fake_virtio.frontend), PV_BAD_ARGUMENT);
	assert_int_equal(pv_console_client_write(&terminal, "x", 1, &taken), PV_CORRUPT);
	fake_virtio.backend.queue_size_max = PV_CONSOLE_SLOTS;
	fake_virtio.frontend.window_bytes = 4096;
	assert_int_equal(pv_console_client_open(&terminal, &fake_virtio.frontend), PV_FULL);
	assert_int_equal(pv_console_client_write(&terminal, "x", 1, &taken), PV_CORRUPT);
	assert_int_equal(pv_console_client_read(&terminal, &byte, 1, &taken), PV_CORRUPT);
	fake_virtio.frontend.device_id = PV_VIRTIO_RNG;
	assert_int_equal(pv_console_client_open(&terminal, &fake_virtio.frontend), PV_NOT_SUPPORTED);
}

/* ---- Random bytes --------------------------------------------------------------------- */

static struct pv_rng_server source;
static struct pv_rng_client random_client;
static uint8_t next_byte;

static void count(void *context, void *to, uint32_t bytes)
{
	assert_ptr_equal(context, &next_byte);
	for (uint32_t i = 0; i < bytes; i++) {
		((uint8_t *)to)[i] = next_byte++;
	}
}

static int begin_rng(void **state)
{
	(void)state;
	next_byte = 1;
	pv_rng_server_open(&source, count, &next_byte);
	begin_device(PV_VIRTIO_RNG, &source.queue, 1);
	assert_int_equal(pv_rng_client_open(&random_client, &fake_virtio.frontend), PV_OK);
	update();
	return 0;
}

static void test_rng(void **state)
{
	uint8_t bytes[PV_RNG_SLOT_BYTES + 1] = { 0 };
	uint32_t taken, n, rings = fake_virtio.n_backend_rings;

	(void)state;
	assert_false(pv_virtio_backend_wait_begin(&backend, 1));
	pv_rng_client_kick(&random_client);
	assert_int_equal(fake_virtio.n_backend_rings, rings + 1);
	assert_int_equal(pv_rng_client_read(&random_client, bytes, sizeof(bytes), &taken), PV_EMPTY);
	assert_true(pv_rng_client_wait_begin(&random_client));
	assert_int_equal(pv_rng_server_serve(&source, 2, &n), PV_OK);
	assert_int_equal(n, 2);
	assert_false(pv_rng_client_wait_begin(&random_client));
	pv_rng_client_wait_end(&random_client);
	assert_int_equal(pv_rng_server_serve(&source, 100, &n), PV_OK);
	assert_int_equal(n, PV_RNG_SLOTS - 2);
	assert_int_equal(pv_rng_client_read(&random_client, bytes, sizeof(bytes), &taken), PV_OK);
	assert_int_equal(taken, PV_RNG_SLOT_BYTES);
	assert_int_equal(bytes[0], 1);
	assert_int_equal(bytes[63], 64);
	assert_int_equal(bytes[64], 0);
	/* The rest of an answer is lost. */
	assert_int_equal(pv_rng_client_read(&random_client, bytes, 1, &taken), PV_OK);
	assert_int_equal(taken, 1);
	assert_int_equal(bytes[0], 65);
	assert_int_equal(pv_rng_client_read(&random_client, bytes, 1, &taken), PV_OK);
	assert_int_equal(bytes[0], 129);
	assert_int_equal(pv_rng_server_serve(&source, 100, &n), PV_OK);
	assert_int_equal(n, 3);
}

static void test_rng_limits(void **state)
{
	struct pv_virtqueue_driver driver;
	uint32_t n;

	(void)state;
	add_chain(&driver, &source.queue, 0, 2 * PV_RNG_REQUEST_MAX);
	assert_int_equal(pv_rng_server_serve(&source, 1, &n), PV_OK);
	assert_int_equal(used_bytes(&driver), PV_RNG_REQUEST_MAX);
	assert_int_equal(writable_part()[PV_RNG_REQUEST_MAX], 0);
	add_chain(&driver, &source.queue, 16, 0);
	assert_int_equal(pv_rng_server_serve(&source, 1, &n), PV_OK);
	assert_int_equal(used_bytes(&driver), 0);
	store16(driver.queue.available + RING_INDEX, 99);
	assert_int_equal(pv_rng_server_serve(&source, 1, &n), PV_CORRUPT);
	store16(random_client.slots.queue.queue.used + RING_INDEX, 99);
	assert_int_equal(pv_rng_client_read(&random_client, &n, 4, &n), PV_CORRUPT);
}

/* ---- GPIO ------------------------------------------------------------------------------- */

#define N_LINES 3u

static const struct pv_gpio block;
static const uint8_t pins[N_LINES] = { 7, 2, 5 };
static struct pv_gpio_lines lines;
static struct pv_gpio_server server;
static struct pv_gpio_client client;
static char calls[128]; /* what the driver of the block was asked to do */
static bool level_of_5;

static void note(const char *what, uint32_t pin, bool value)
{
	size_t n = strlen(calls);

	snprintf(calls + n, sizeof(calls) - n, "%s %u=%d;", what, pin, value);
}

void pv_gpio_set_output(const struct pv_gpio *gpio, uint32_t pin, bool is_output)
{
	assert_ptr_equal(gpio, &block);
	note("output", pin, is_output);
}

void pv_gpio_write(const struct pv_gpio *gpio, uint32_t pin, bool level)
{
	assert_ptr_equal(gpio, &block);
	note("write", pin, level);
}

bool pv_gpio_read(const struct pv_gpio *gpio, uint32_t pin)
{
	assert_ptr_equal(gpio, &block);
	return pin == 5 && level_of_5;
}

static int begin_gpio(void **state)
{
	(void)state;
	lines = (struct pv_gpio_lines){ &block, pins, N_LINES, NULL, 0 };
	pv_gpio_server_open(&server, &lines);
	begin_device(PV_VIRTIO_GPIO, &server.queue, 1);
	fake_virtio_configure(0, N_LINES);
	assert_int_equal(pv_gpio_client_open(&client, &fake_virtio.frontend), PV_OK);
	update();
	calls[0] = '\0';
	return 0;
}

static enum pv_status ask(enum pv_gpio_request request, uint32_t line, uint32_t value, uint32_t *result)
{
	uint32_t n;

	assert_int_equal(pv_gpio_client_start(&client, request, line, value), PV_OK);
	assert_int_equal(pv_gpio_client_start(&client, request, line, ~value), PV_FULL);
	assert_int_equal(pv_gpio_client_finish(&client, result), PV_EMPTY);
	assert_int_equal(pv_gpio_server_serve(&server, 9, &n), PV_OK);
	assert_int_equal(n, 1);
	return pv_gpio_client_finish(&client, result);
}

static void test_gpio(void **state)
{
	uint32_t value = 99;

	(void)state;
	assert_int_equal(client.n_lines, N_LINES);
	assert_int_equal(ask(PV_GPIO_GET_DIRECTION, 1, 0, &value), PV_OK);
	assert_int_equal(value, PV_GPIO_NONE);
	/* A value before the direction reaches the pin with it. */
	assert_int_equal(ask(PV_GPIO_SET_VALUE, 1, 1, &value), PV_OK);
	assert_string_equal(calls, "write 2=1;");
	assert_int_equal(ask(PV_GPIO_SET_DIRECTION, 1, PV_GPIO_OUTPUT, &value), PV_OK);
	assert_string_equal(calls, "write 2=1;write 2=1;output 2=1;write 2=1;");
	calls[0] = '\0';
	assert_int_equal(ask(PV_GPIO_SET_VALUE, 1, 0, &value), PV_OK);
	assert_int_equal(ask(PV_GPIO_GET_DIRECTION, 1, 0, &value), PV_OK);
	assert_int_equal(value, PV_GPIO_OUTPUT);
	assert_int_equal(ask(PV_GPIO_SET_DIRECTION, 1, PV_GPIO_NONE, &value), PV_OK);
	assert_int_equal(ask(PV_GPIO_SET_DIRECTION, 0, PV_GPIO_INPUT, &value), PV_OK);
	assert_string_equal(calls, "write 2=0;output 2=0;output 7=0;");
	assert_int_equal(ask(PV_GPIO_GET_VALUE, 2, 0, &value), PV_OK);
	assert_int_equal(value, 0);
	level_of_5 = true;
	assert_int_equal(ask(PV_GPIO_GET_VALUE, 2, 0, &value), PV_OK);
	assert_int_equal(value, 1);
}

static void test_gpio_refuses(void **state)
{
	uint32_t value;

	(void)state;
	assert_int_equal(ask(PV_GPIO_SET_DIRECTION, 0, 3, &value), PV_NOT_ALLOWED);
	assert_int_equal(ask(PV_GPIO_SET_VALUE, 0, 2, &value), PV_NOT_ALLOWED);
	assert_int_equal(pv_gpio_client_start(&client, PV_GPIO_GET_VALUE, N_LINES, 0),
			 PV_BAD_ARGUMENT);
	assert_int_equal(pv_gpio_client_start(&client, PV_GPIO_GET_NAMES, 0, 0), PV_BAD_ARGUMENT);
	assert_int_equal(pv_gpio_client_start(&client, (enum pv_gpio_request)6, 0, 0),
			 PV_BAD_ARGUMENT);
	/* The server checks for itself. */
	client.n_lines = UINT32_MAX;
	assert_int_equal(ask(PV_GPIO_GET_VALUE, N_LINES, 0, &value), PV_NOT_ALLOWED);
	assert_int_equal(ask(PV_GPIO_SET_DIRECTION, UINT16_MAX, 1, &value), PV_NOT_ALLOWED);
	assert_string_equal(calls, "");
	/* An answer that is too short is none. */
	struct pv_virtqueue_chain chain;

	assert_int_equal(pv_gpio_client_start(&client, PV_GPIO_GET_VALUE, 0, 0), PV_OK);
	assert_int_equal(pv_virtqueue_pop(&server.queue, &chain), PV_OK);
	assert_int_equal(pv_virtqueue_chain_write(&chain, 0, "\0\0", 2), 2);
	assert_int_equal(pv_virtqueue_push(&server.queue, &chain, 1), PV_OK);
	assert_int_equal(pv_gpio_client_finish(&client, &value), PV_NOT_ALLOWED);
	assert_int_equal(pv_gpio_client_start(&client, PV_GPIO_GET_VALUE, 0, 0), PV_OK);
	store16(client.queue.queue.used + RING_INDEX, 99);
	assert_int_equal(pv_gpio_client_finish(&client, &value), PV_CORRUPT);
	assert_int_equal(pv_gpio_client_start(&client, PV_GPIO_GET_VALUE, 0, 0), PV_CORRUPT);
}

/* Requests of any driver, to the server. */
static void test_gpio_server(void **state)
{
	static const struct {
		struct gpio_request request;
		uint32_t readable, writable, names_bytes, used;
		enum pv_status status;
		const char *answer;
	} cases[] = {
		{ { PV_GPIO_GET_NAMES, 0, 0 }, 8, 7, 6, 7, PV_OK, "\0led\0\0" },
		{ { PV_GPIO_GET_NAMES, 0, 0 }, 8, 6, 6, 2, PV_OK, "\1\0" },
		{ { PV_GPIO_GET_NAMES, 0, 0 }, 8, 7, 0, 2, PV_OK, "\1\0" },
		{ { 6, 0, 0 }, 8, 2, 0, 2, PV_OK, "\1\0" }, /* IRQ_TYPE */
		{ { 0, 0, 0 }, 8, 2, 0, 2, PV_OK, "\1\0" },
		{ { PV_GPIO_GET_DIRECTION, 0, 0 }, 16, 9, 0, 2, PV_OK, "\0\0" },
		{ { PV_GPIO_GET_DIRECTION, 0, 0 }, 7, 2, 0, 0, PV_CORRUPT, "" },
		{ { PV_GPIO_GET_DIRECTION, 0, 0 }, 8, 1, 0, 0, PV_CORRUPT, "" },
		{ { PV_GPIO_GET_DIRECTION, 0, 0 }, 0, 2, 0, 0, PV_CORRUPT, "" },
	};
	struct pv_virtqueue_driver driver;
	uint32_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lines.names = "led\0\0";
		lines.names_bytes = cases[i].names_bytes;
		memcpy(readable_part(), &cases[i].request, sizeof(cases[i].request));
		add_chain(&driver, &server.queue, cases[i].readable, cases[i].writable);
		assert_int_equal(pv_gpio_server_serve(&server, 1, &n), cases[i].status);
		if (cases[i].status == PV_OK) {
			assert_int_equal(used_bytes(&driver), cases[i].used);
			assert_memory_equal(writable_part(), cases[i].answer, cases[i].used);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name, begin) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(test_console_output, begin_console),
		TEST(test_console_long_output, begin_console),
		TEST(test_console_reset_amid_buffer, begin_console),
		TEST(test_console_input, begin_console),
		TEST(test_console_bells, begin_console),
		TEST(test_console_broken, begin_console),
		TEST(test_open_refuses, begin_console),
		TEST(test_rng, begin_rng),
		TEST(test_rng_limits, begin_rng),
		TEST(test_gpio, begin_gpio),
		TEST(test_gpio_refuses, begin_gpio),
		TEST(test_gpio_server, begin_gpio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
