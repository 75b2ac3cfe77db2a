/* links: linux-guest/pvserve/gpio.c rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c
   rtos-guests/virtio/virtqueue_device.c */
/* flags: -std=gnu11 -Wl,--wrap=ioctl -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pvserve's GPIO lines: what requests do to the lines of a controller, also when an
 * earlier pvserve was told the directions. In place of the kernel's controller
 * stands one of eight lines.
 */
#include "linux-guest/pvserve/kinds.h"

#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/virtio_gpio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WINDOW_ADDRESS UINT64_C(0x47000000)
#define WINDOW_BYTES   0x10000u
#define QUEUE_SIZE     8u
#define REQUEST_AT     0x4000u
#define REPLY_AT       0x5000u
#define N_LINES        8u
#define LINE           4u /* the frontend's line 1 */

static unsigned char window[WINDOW_BYTES] __attribute__((aligned(4096)));
static const struct pv_virtio_window view = { window, WINDOW_ADDRESS, WINDOW_BYTES };
static struct service service;
static struct pv_virtqueue_driver driver;
static struct {
	int      fd; /* of the line's one user; -1: it is free */
	bool     is_output;
	uint64_t level;
	unsigned n_taken;
} lines[N_LINES];

bool device_say(const struct device *device, const char *format, ...)
{
	(void)device;
	(void)format;
	return false;
}

bool device_say_seldom(const struct device *device, struct pv_seldom *seldom, const char *format, ...)
{
	(void)device;
	(void)seldom;
	(void)format;
	return false;
}

/* ---- The controller --------------------------------------------------------------------- */

static int take_line(struct gpio_v2_line_request *request)
{
	uint32_t line = request->offsets[0];

	/* A descriptor that was closed names no user any more. */
	if (lines[line].fd >= 0 && fcntl(lines[line].fd, F_GETFD) >= 0) {
		return -1;
	}
	if ((request->config.flags & GPIO_V2_LINE_FLAG_OUTPUT) != 0) {
		lines[line].is_output = true;
		lines[line].level = request->config.attrs[0].attr.values;
	} else if ((request->config.flags & GPIO_V2_LINE_FLAG_INPUT) != 0) {
		lines[line].is_output = false;
	}
	lines[line].n_taken++;
	lines[line].fd = open("/dev/null", O_RDWR);
	request->fd = lines[line].fd;
	return 0;
}

static uint32_t line_of(int fd)
{
	for (uint32_t i = 0; i < N_LINES; i++) {
		if (lines[i].fd == fd) {
			return i;
		}
	}
	return N_LINES;
}

static int access_line(int fd, unsigned long request, struct gpio_v2_line_values *values)
{
	uint32_t line = line_of(fd);

	if (fd < 0 || line == N_LINES) {
		return -1;
	}
	if (request == GPIO_V2_LINE_GET_VALUES_IOCTL) {
		values->bits = lines[line].level;
		return 0;
	}
	assert_int_equal(request, GPIO_V2_LINE_SET_VALUES_IOCTL);
	if (!lines[line].is_output) {
		return -1;
	}
	lines[line].level = values->bits;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, void *argument);

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	switch (request) {
	case GPIO_GET_CHIPINFO_IOCTL:
		((struct gpiochip_info *)argument)->lines = N_LINES;
		return 0;
	case GPIO_V2_GET_LINE_IOCTL:
		return take_line(argument);
	default:
		return access_line(fd, request, argument);
	}
}

static bool is_taken(void)
{
	return lines[LINE].fd >= 0 && fcntl(lines[LINE].fd, F_GETFD) >= 0;
}

/* ---- The driver ---------------------------------------------------------------------------- */

/* The value of the reply; -1 for an error. */
static int ask(uint16_t type, uint16_t line, uint32_t value)
{
	const struct virtio_gpio_request request = { .type = type, .gpio = line, .value = value };
	const struct pv_virtqueue_piece pieces[] = {
		{ WINDOW_ADDRESS + REQUEST_AT, sizeof(request), false },
		{ WINDOW_ADDRESS + REPLY_AT, 2, true },
	};
	uint16_t head;
	uint32_t bytes;

	memcpy(window + REQUEST_AT, &request, sizeof(request));
	assert_int_equal(pv_virtqueue_add(&driver, pieces, 2, &head), PV_OK);
	assert_true(gpio_kind.serve(&service));
	assert_int_equal(pv_virtqueue_collect(&driver, &head, &bytes), PV_OK);
	assert_int_equal(bytes, 2);
	return window[REPLY_AT] == VIRTIO_GPIO_STATUS_OK ? window[REPLY_AT + 1] : -1;
}

static int set_direction(uint32_t direction)
{
	return ask(VIRTIO_GPIO_MSG_SET_DIRECTION, 1, direction);
}

static int set_value(uint32_t value)
{
	return ask(VIRTIO_GPIO_MSG_SET_VALUE, 1, value);
}

static int get_value(void)
{
	return ask(VIRTIO_GPIO_MSG_GET_VALUE, 1, 0);
}

static void begin_life(bool is_resumed)
{
	assert_true(gpio_kind.stop(&service));
	service.is_resumed = is_resumed;
	assert_true(gpio_kind.start(&service));
}

static int begin(void **state)
{
	const struct pv_virtqueue_config config = {
		.size = QUEUE_SIZE,
		.descriptors = WINDOW_ADDRESS,
		.available = WINDOW_ADDRESS + 0x1000,
		.used = WINDOW_ADDRESS + 0x2000,
		.features = PV_VIRTIO_FEATURES,
	};

	(void)state;
	for (uint32_t i = 0; i < N_LINES; i++) {
		lines[i].fd = -1;
		lines[i].is_output = false;
		lines[i].level = 0;
		lines[i].n_taken = 0;
	}
	assert_int_equal(pv_virtqueue_driver_open(&driver, &view, &config), PV_OK);
	assert_int_equal(pv_virtqueue_device_open(&service.queues[0], &view, &config), PV_OK);
	begin_life(false);
	return 0;
}

static int open_chip(void **state)
{
	char *arguments[] = { "/dev/null", "1,4", NULL };

	(void)state;
	return gpio_kind.open(&service, arguments) ? 0 : -1;
}

/* ---- Tests ---------------------------------------------------------------------------------- */

static void test_output(void **state)
{
	(void)state;
	assert_int_equal(set_value(1), 0);
	assert_false(is_taken());
	assert_int_equal(set_direction(VIRTIO_GPIO_DIRECTION_OUT), 0);
	assert_true(is_taken() && lines[LINE].is_output);
	assert_int_equal(lines[LINE].level, 1);
	assert_int_equal(set_value(0), 0);
	assert_int_equal(lines[LINE].level, 0);
	assert_int_equal(get_value(), 0);
	assert_int_equal(ask(VIRTIO_GPIO_MSG_GET_DIRECTION, 1, 0), VIRTIO_GPIO_DIRECTION_OUT);
	/* Said again: the line is not let go of. */
	assert_int_equal(set_direction(VIRTIO_GPIO_DIRECTION_OUT), 0);
	assert_int_equal(lines[LINE].n_taken, 1);
	assert_int_equal(set_direction(VIRTIO_GPIO_DIRECTION_NONE), 0);
	assert_false(is_taken());
}

static void test_input(void **state)
{
	(void)state;
	assert_int_equal(get_value(), -1);
	assert_int_equal(set_direction(VIRTIO_GPIO_DIRECTION_IN), 0);
	lines[LINE].level = 1;
	assert_int_equal(get_value(), 1);
	assert_int_equal(set_value(0), 0); /* for later, when it is an output */
	assert_int_equal(lines[LINE].level, 1);
}

static void test_wrong(void **state)
{
	(void)state;
	assert_int_equal(set_value(2), -1);
	assert_int_equal(set_direction(3), -1);
	assert_int_equal(ask(VIRTIO_GPIO_MSG_SET_VALUE, 2, 1), -1);
	assert_int_equal(ask(VIRTIO_GPIO_MSG_GET_NAMES, 0, 0), -1);
	/* Somebody else has it. */
	lines[LINE].fd = STDIN_FILENO;
	assert_int_equal(set_direction(VIRTIO_GPIO_DIRECTION_OUT), -1);
	lines[LINE].fd = -1;
}

static void test_resumed_output(void **state)
{
	(void)state;
	begin_life(true);
	assert_int_equal(set_value(1), 0);
	assert_true(is_taken() && lines[LINE].is_output);
	assert_int_equal(lines[LINE].level, 1);
	assert_int_equal(set_value(0), 0);
	assert_int_equal(lines[LINE].level, 0);
	assert_int_equal(get_value(), 0);
	assert_int_equal(lines[LINE].n_taken, 1);
	assert_false(lines[1].fd >= 0);
	/* With the next driver all is as ever. */
	begin_life(false);
	assert_int_equal(set_value(1), 0);
	assert_false(is_taken());
}

/* Read before it is written: its direction stays what it is until it is known. */
static void test_resumed_read(void **state)
{
	(void)state;
	lines[LINE].is_output = true;
	lines[LINE].level = 1;
	begin_life(true);
	assert_int_equal(get_value(), 1);
	assert_int_equal(get_value(), 1);
	assert_true(lines[LINE].is_output);
	assert_int_equal(lines[LINE].n_taken, 1);
	assert_int_equal(set_value(0), 0);
	assert_int_equal(lines[LINE].level, 0);
}

/* Once the driver has said it, there is nothing to guess. */
static void test_resumed_told(void **state)
{
	(void)state;
	begin_life(true);
	assert_int_equal(set_direction(VIRTIO_GPIO_DIRECTION_IN), 0);
	assert_int_equal(set_value(1), 0);
	assert_false(lines[LINE].is_output);
	assert_int_equal(set_direction(VIRTIO_GPIO_DIRECTION_NONE), 0);
	assert_int_equal(set_value(1), 0);
	assert_false(is_taken());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_output, begin),
		cmocka_unit_test_setup(test_input, begin),
		cmocka_unit_test_setup(test_wrong, begin),
		cmocka_unit_test_setup(test_resumed_output, begin),
		cmocka_unit_test_setup(test_resumed_read, begin),
		cmocka_unit_test_setup(test_resumed_told, begin),
	};

	return cmocka_run_group_tests(tests, open_chip, NULL);
}
