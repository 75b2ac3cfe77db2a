/* links: linux-guest/pvserve/i2c.c rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c
   rtos-guests/virtio/virtqueue_device.c */
/* flags: -std=gnu11 -Wl,--wrap=ioctl -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pvserve's I2C bus: what of the requests becomes a transfer, and what each is
 * answered. In place of the kernel's bus stands a memory chip at address 0x50.
 */
#include "linux-guest/pvserve/kinds.h"

#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/virtio_i2c.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define CHIP           0x50u
#define WINDOW_ADDRESS UINT64_C(0x47000000)
#define WINDOW_BYTES   0x20000u
#define QUEUE_SIZE     256u
#define BUFFERS        0x4000u

static unsigned char window[WINDOW_BYTES] __attribute__((aligned(4096)));
static const struct pv_virtio_window view = { window, WINDOW_ADDRESS, WINDOW_BYTES };
static struct service service;
static struct pv_virtqueue_driver driver;
static uint32_t next_buffer;
static unsigned char chip[256], pointer;
static unsigned n_transfers;

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

static bool do_message(const struct i2c_msg *message)
{
	if (message->addr != CHIP) {
		return false;
	}
	for (uint16_t i = 0; i < message->len; i++) {
		if ((message->flags & I2C_M_RD) != 0) {
			message->buf[i] = chip[pointer++];
		} else if (i == 0) {
			pointer = message->buf[0];
		} else {
			chip[pointer++] = message->buf[i];
		}
	}
	return true;
}

int __wrap_ioctl(int fd, unsigned long request, struct i2c_rdwr_ioctl_data *all);

int __wrap_ioctl(int fd, unsigned long request, struct i2c_rdwr_ioctl_data *all)
{
	(void)fd;
	assert_int_equal(request, I2C_RDWR);
	n_transfers++;
	for (uint32_t i = 0; i < all->nmsgs; i++) {
		if (!do_message(&all->msgs[i])) {
			return -1;
		}
	}
	return (int)all->nmsgs;
}

/* ---- The driver ---------------------------------------------------------------------------- */

struct request {
	unsigned char *content, *status;
	uint16_t       head;
	uint32_t       bytes;
};

static uint64_t take_buffer(uint32_t bytes, unsigned char **memory)
{
	uint64_t address = WINDOW_ADDRESS + next_buffer;

	*memory = window + next_buffer;
	memset(*memory, 0, bytes);
	next_buffer += bytes;
	return address;
}

static struct request add(uint32_t address, uint32_t flags, const void *content, uint32_t bytes)
{
	struct virtio_i2c_out_hdr header = { .addr = (uint16_t)(address << 1), .flags = flags };
	bool is_read = (flags & VIRTIO_I2C_FLAGS_M_RD) != 0;
	struct pv_virtqueue_piece pieces[3];
	struct request request = { .bytes = bytes };
	unsigned char *memory;
	uint32_t n = 0;

	pieces[n++] = (struct pv_virtqueue_piece){ take_buffer(sizeof(header), &memory), sizeof(header), false };
	memcpy(memory, &header, sizeof(header));
	if (bytes != 0) {
		pieces[n++] = (struct pv_virtqueue_piece){ take_buffer(bytes, &request.content), bytes, is_read };
		if (!is_read) {
			memcpy(request.content, content, bytes);
		}
	}
	pieces[n++] = (struct pv_virtqueue_piece){ take_buffer(1, &request.status), 1, true };
	*request.status = 0xff;
	assert_int_equal(pv_virtqueue_add(&driver, pieces, n, &request.head), PV_OK);
	return request;
}

static void serve(void)
{
	assert_true(i2c_kind.serve(&service));
	assert_int_equal(service.waits_for, 1);
}

static void expect(const struct request *request, unsigned char status, uint32_t bytes)
{
	uint32_t written;
	uint16_t head;

	assert_int_equal(pv_virtqueue_collect(&driver, &head, &written), PV_OK);
	assert_int_equal(head, request->head);
	assert_int_equal(written, bytes);
	assert_int_equal(*request->status, status);
}

static int begin_with(uint32_t size)
{
	const struct pv_virtqueue_config config = {
		.size = size,
		.descriptors = WINDOW_ADDRESS,
		.available = WINDOW_ADDRESS + 0x1000,
		.used = WINDOW_ADDRESS + 0x2000,
		.features = PV_VIRTIO_FEATURES,
	};
	char *arguments[] = { "/dev/null", NULL };

	next_buffer = BUFFERS;
	n_transfers = 0;
	memset(chip, 0, sizeof(chip));
	assert_int_equal(pv_virtqueue_driver_open(&driver, &view, &config), PV_OK);
	assert_int_equal(pv_virtqueue_device_open(&service.queues[0], &view, &config), PV_OK);
	assert_true(i2c_kind.open(&service, arguments));
	assert_true(i2c_kind.start(&service));
	return 0;
}

static int begin(void **state)
{
	(void)state;
	return begin_with(QUEUE_SIZE);
}

static int begin_small(void **state)
{
	(void)state;
	return begin_with(8);
}

/* ---- Tests ---------------------------------------------------------------------------------- */

static void test_write_and_read(void **state)
{
	struct request write = add(CHIP, 0, "\x10" "abc", 4);

	(void)state;
	serve();
	expect(&write, VIRTIO_I2C_MSG_OK, 1);

	struct request place = add(CHIP, VIRTIO_I2C_FLAGS_FAIL_NEXT, "\x11", 1);

	serve(); /* half a transfer: nothing happens before the rest is there */
	assert_int_equal(n_transfers, 1);

	struct request read = add(CHIP, VIRTIO_I2C_FLAGS_M_RD, NULL, 2);

	serve();
	assert_int_equal(n_transfers, 2);
	expect(&place, VIRTIO_I2C_MSG_OK, 1);
	expect(&read, VIRTIO_I2C_MSG_OK, 3);
	assert_memory_equal(read.content, "bc", 2);
}

static void test_empty_request(void **state)
{
	struct request probe = add(CHIP, 0, NULL, 0);

	(void)state;
	serve();
	expect(&probe, VIRTIO_I2C_MSG_OK, 1);
}

static void test_nobody_answers(void **state)
{
	struct request place = add(CHIP, VIRTIO_I2C_FLAGS_FAIL_NEXT, "\x11", 1);
	struct request read = add(CHIP + 1, VIRTIO_I2C_FLAGS_M_RD, NULL, 2);
	struct request next = add(CHIP, 0, "\x20", 1);

	(void)state;
	serve();
	expect(&place, VIRTIO_I2C_MSG_ERR, 1);
	expect(&read, VIRTIO_I2C_MSG_ERR, 0);
	expect(&next, VIRTIO_I2C_MSG_OK, 1);
}

/* What follows a refused request in its transfer is refused, too. */
static void test_too_long(void **state)
{
	static const unsigned char zeroes[5000];
	struct request longest = add(CHIP, VIRTIO_I2C_FLAGS_FAIL_NEXT, zeroes, sizeof(zeroes));
	struct request second = add(CHIP, 0, "\x10" "a", 2);

	(void)state;
	serve();
	expect(&longest, VIRTIO_I2C_MSG_ERR, 1);
	expect(&second, VIRTIO_I2C_MSG_ERR, 1);
	assert_int_equal(n_transfers, 0);
}

static void test_too_many(void **state)
{
	struct request requests[I2C_RDWR_IOCTL_MAX_MSGS + 2];
	const uint32_t n = sizeof(requests) / sizeof(requests[0]);

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		requests[i] = add(CHIP, i + 1 < n ? VIRTIO_I2C_FLAGS_FAIL_NEXT : 0, "\x10", 1);
	}
	serve();
	for (uint32_t i = 0; i < n; i++) {
		expect(&requests[i], VIRTIO_I2C_MSG_ERR, 1);
	}
	assert_int_equal(n_transfers, 0);
}

/* Of a transfer that is longer than the queue Linux sends what fits, and waits. */
static void test_without_room(void **state)
{
	struct request requests[3];

	(void)state;
	requests[0] = add(CHIP, VIRTIO_I2C_FLAGS_FAIL_NEXT, "\x10", 1);
	requests[1] = add(CHIP, VIRTIO_I2C_FLAGS_FAIL_NEXT, "\x10", 1);
	serve();
	expect(&requests[0], VIRTIO_I2C_MSG_ERR, 1);
	expect(&requests[1], VIRTIO_I2C_MSG_ERR, 1);
	assert_int_equal(n_transfers, 0);
	/* The next is another one. One that fills the queue has fitted. */
	requests[0] = add(CHIP, VIRTIO_I2C_FLAGS_FAIL_NEXT, "\x10", 1);
	requests[1] = add(CHIP, VIRTIO_I2C_FLAGS_FAIL_NEXT, "\x10", 1);
	requests[2] = add(CHIP, 0, NULL, 0);
	serve();
	for (uint32_t i = 0; i < 3; i++) {
		expect(&requests[i], VIRTIO_I2C_MSG_OK, 1);
	}
	assert_int_equal(n_transfers, 1);
}

static void try_broken(uint32_t readable_bytes, uint32_t n_pieces)
{
	unsigned char *memory;
	struct pv_virtqueue_piece pieces[] = {
		{ take_buffer(readable_bytes, &memory), readable_bytes, false },
		{ take_buffer(1, &memory), 1, true },
	};
	uint16_t head;

	assert_int_equal(pv_virtqueue_add(&driver, pieces, n_pieces, &head), PV_OK);
	serve();
	assert_true(service.queues[0].queue.is_broken);
}

static void test_no_header(void **state)
{
	(void)state;
	try_broken(4, 2);
}

static void test_no_status(void **state)
{
	(void)state;
	try_broken(sizeof(struct virtio_i2c_out_hdr), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_write_and_read, begin),
		cmocka_unit_test_setup(test_empty_request, begin),
		cmocka_unit_test_setup(test_nobody_answers, begin),
		cmocka_unit_test_setup(test_too_long, begin),
		cmocka_unit_test_setup(test_too_many, begin),
		cmocka_unit_test_setup(test_without_room, begin_small),
		cmocka_unit_test_setup(test_no_header, begin),
		cmocka_unit_test_setup(test_no_status, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
