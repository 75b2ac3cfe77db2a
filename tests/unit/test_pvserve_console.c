/* links: linux-guest/pvserve/console.c linux-guest/pvserve/service.c rtos-guests/virtio/ring.c
   rtos-guests/virtio/virtqueue_driver.c rtos-guests/virtio/virtqueue_device.c */
/* flags: -std=gnu11 -pthread -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pvserve's console on a real pseudo terminal: every byte arrives, nobody's absence
 * holds the driver up, and a reader that is slow loses nothing.
 *
 * The server runs in a thread; in place of the hypervisor and the Linux driver
 * stand an eventfd and memory.
 */
#define _GNU_SOURCE
#include "linux-guest/pvserve/kinds.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#define WINDOW_ADDRESS UINT64_C(0x47000000)
#define WINDOW_BYTES   0x10000u
#define QUEUE_SIZE     8u
#define QUEUE_STEP     0x1000u
#define BUFFERS        0x4000u /* in the window: the input's, then the output's */
#define BUFFER_BYTES   512u
#define PATIENCE_MS    20000
#define MANY_BYTES     100000u

enum { INPUT, OUTPUT };

static unsigned char window[WINDOW_BYTES] __attribute__((aligned(4096)));
static const struct pv_virtio_window view = { window, WINDOW_ADDRESS, WINDOW_BYTES };
static struct service service;
static struct pv_virtqueue_driver queues[2];
static int kick_fd, interrupt_fd;
static pthread_t thread;
static char link_path[] = "/tmp/pvserve-console";
static bool must_end;

/* ---- In place of device.c ------------------------------------------------------------- */

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

/* False, to end the server, is the test's only way to stop it. */
bool device_read_state(struct device *device)
{
	uint64_t count;

	(void)!read(kick_fd, &count, sizeof(count));
	device->state.epoch = 1;
	device->state.status = PV_VIRTIO_S_DRIVER_OK | PV_VIRTIO_S_FEATURES_OK;
	return !__atomic_load_n(&must_end, __ATOMIC_ACQUIRE);
}

bool device_acknowledge(const struct device *device, uint32_t epoch)
{
	(void)device;
	(void)epoch;
	return true;
}

bool device_ring(const struct device *device)
{
	uint64_t one = 1;

	(void)device;
	return write(interrupt_fd, &one, sizeof(one)) == sizeof(one);
}

struct pv_virtqueue_config device_queue(const struct device *device, uint32_t queue)
{
	uint64_t address = WINDOW_ADDRESS + queue * QUEUE_STEP;

	(void)device;
	return (struct pv_virtqueue_config){
		.size = QUEUE_SIZE,
		.descriptors = address,
		.available = address + 0x400,
		.used = address + 0x800,
		.features = PV_VIRTIO_FEATURES,
	};
}

/* ---- The driver ---------------------------------------------------------------------------- */

static void kick(int queue)
{
	uint64_t one = 1;

	if (pv_virtqueue_kick(&queues[queue])) {
		assert_int_equal(write(kick_fd, &one, sizeof(one)), sizeof(one));
	}
}

static void wait_interrupt(int queue)
{
	struct pollfd fd = { interrupt_fd, POLLIN, 0 };
	uint64_t count;

	if (pv_virtqueue_driver_wait_begin(&queues[queue])) {
		assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
		assert_int_equal(read(interrupt_fd, &count, sizeof(count)), sizeof(count));
	}
}

static uint16_t collect(int queue, uint32_t *bytes)
{
	uint16_t head;
	enum pv_status status;

	while ((status = pv_virtqueue_collect(&queues[queue], &head, bytes)) == PV_EMPTY) {
		wait_interrupt(queue);
	}
	assert_int_equal(status, PV_OK);
	return head;
}

/* One buffer at a time, given back before the next. */
static void write_bytes(const unsigned char *text, uint32_t bytes)
{
	struct pv_virtqueue_piece piece = { WINDOW_ADDRESS + BUFFERS + BUFFER_BYTES, BUFFER_BYTES, false };
	uint16_t head;
	uint32_t n;

	for (uint32_t done = 0; done < bytes; done += piece.bytes) {
		piece.bytes = bytes - done < BUFFER_BYTES ? bytes - done : BUFFER_BYTES;
		memcpy(window + BUFFERS + BUFFER_BYTES, text + done, piece.bytes);
		assert_int_equal(pv_virtqueue_add(&queues[OUTPUT], &piece, 1, &head), PV_OK);
		kick(OUTPUT);
		assert_int_equal(collect(OUTPUT, &n), head);
	}
}

static void read_bytes(unsigned char *to, uint32_t bytes)
{
	struct pv_virtqueue_piece piece = { WINDOW_ADDRESS + BUFFERS, BUFFER_BYTES, true };
	uint16_t head;
	uint32_t n;

	for (uint32_t done = 0; done < bytes; done += n) {
		assert_int_equal(pv_virtqueue_add(&queues[INPUT], &piece, 1, &head), PV_OK);
		kick(INPUT);
		collect(INPUT, &n);
		assert_in_range(n, 1, bytes - done);
		memcpy(to + done, window + BUFFERS, n);
	}
}

/* ---- Tests ---------------------------------------------------------------------------------- */

static unsigned char text[MANY_BYTES], got[MANY_BYTES];

static void *serve(void *context)
{
	service_run(&service);
	return context;
}

static int begin(void **state)
{
	char *arguments[] = { link_path, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = (unsigned char)(i * 2654435761u >> 13);
	}
	memset(got, 0, sizeof(got));
	kick_fd = eventfd(0, EFD_NONBLOCK);
	interrupt_fd = eventfd(0, 0);
	must_end = false;
	service = (struct service){
		.kind = &console_kind,
		.device = { .fd = kick_fd, .about = { .n_queues = 2 }, .window = view },
	};
	for (size_t i = 0; i < SERVICE_FDS_MAX; i++) {
		service.fds[i].fd = -1;
	}
	for (uint32_t i = 0; i < 2; i++) {
		const struct pv_virtqueue_config config = device_queue(NULL, i);

		assert_int_equal(pv_virtqueue_driver_open(&queues[i], &view, &config), PV_OK);
		service.device.state.queues[i].size = QUEUE_SIZE;
	}
	assert_true(console_kind.open(&service, arguments));
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
	return 0;
}

static int end(void **state)
{
	uint64_t one = 1;

	(void)state;
	__atomic_store_n(&must_end, true, __ATOMIC_RELEASE);
	assert_int_equal(write(kick_fd, &one, sizeof(one)), sizeof(one));
	pthread_join(thread, NULL);
	close(kick_fd);
	close(interrupt_fd);
	unlink(link_path);
	return 0;
}

static void *read_slowly(void *context)
{
	int fd = *(int *)context;

	for (size_t done = 0; done < sizeof(got);) {
		ssize_t n = read(fd, got + done, 100);

		if (n <= 0) {
			break;
		}
		done += (size_t)n;
	}
	return NULL;
}

static void test_output(void **state)
{
	int fd = open(link_path, O_RDWR | O_NOCTTY);
	pthread_t reader;

	(void)state;
	assert_true(fd >= 0);
	pthread_create(&reader, NULL, read_slowly, &fd);
	write_bytes(text, sizeof(text));
	pthread_join(reader, NULL);
	assert_memory_equal(got, text, sizeof(text));
	close(fd);
}

static void test_nobody_reads(void **state)
{
	(void)state;
	write_bytes(text, sizeof(text));
	test_output(state); /* and who comes later sees what comes later */
}

/* Who writes may be gone before the driver has a buffer for it. */
static void test_input(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		int fd = open(link_path, O_RDWR | O_NOCTTY);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, text + i, 2000), 2000);
		close(fd);
		read_bytes(got, 2000);
		assert_memory_equal(got, text + i, 2000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_output, begin, end),
		cmocka_unit_test_setup_teardown(test_nobody_reads, begin, end),
		cmocka_unit_test_setup_teardown(test_input, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
