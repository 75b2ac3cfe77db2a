/* links: linux-guest/pvserve/queue.c linux-guest/pvserve/service.c rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c
   rtos-guests/virtio/virtqueue_device.c */
/* flags: -std=gnu11 -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How pvserve follows a driver: a script of states, and what a kind of device with
 * two queues sees of each.
 *
 * In place of the hypervisor and the Linux driver stands the script; its end ends
 * the server.
 */
#include "linux-guest/pvserve/service.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WINDOW_ADDRESS UINT64_C(0x47000000)
#define WINDOW_BYTES   0x10000u
#define QUEUE_SIZE     8u
#define QUEUE_STEP     0x1000u
#define DRIVEN         (PV_VIRTIO_S_DRIVER_OK | PV_VIRTIO_S_FEATURES_OK)

/* Places of a queue, in steps; 0 is none. */
struct step {
	uint32_t    epoch, status;
	uint32_t    places[2];
	const char *expected; /* calls of the kind; then one letter a queue: open, closed */
};

static unsigned char window[WINDOW_BYTES] __attribute__((aligned(4096)));
static const struct pv_virtio_window view = { window, WINDOW_ADDRESS, WINDOW_BYTES };
static struct service service;
static const struct step *script;
static size_t n_steps, n_done;
static char calls[64];

/* ---- In place of device.c ------------------------------------------------------------- */

bool device_say(const struct device *device, const char *format, ...)
{
	(void)device;
	(void)format;
	strcat(calls, "said ");
	return false;
}

bool device_say_seldom(const struct device *device, struct pv_seldom *seldom, const char *format, ...)
{
	(void)device;
	(void)seldom;
	(void)format;
	strcat(calls, "seldom ");
	return false;
}

static struct pv_virtio_queue_state queue_at(uint32_t place)
{
	uint64_t address = WINDOW_ADDRESS + (uint64_t)place * QUEUE_STEP;

	return place == 0 ? (struct pv_virtio_queue_state){ .size = 0 } :
			    (struct pv_virtio_queue_state){ .size = QUEUE_SIZE,
							    .descriptors = address,
							    .available = address + 0x400,
							    .used = address + 0x800 };
}

bool device_read_state(struct device *device)
{
	if (n_done != 0) {
		assert_string_equal(calls, script[n_done - 1].expected);
	}
	calls[0] = '\0';
	if (n_done == n_steps) {
		return false;
	}
	device->state = (struct pv_virtio_state){
		.epoch = script[n_done].epoch,
		.status = script[n_done].status,
		.features = PV_VIRTIO_FEATURES,
		.queues = { queue_at(script[n_done].places[0]), queue_at(script[n_done].places[1]) },
	};
	n_done++;
	return true;
}

bool device_acknowledge(const struct device *device, uint32_t epoch)
{
	(void)device;
	(void)epoch;
	return true;
}

bool device_ring(const struct device *device)
{
	(void)device;
	return true;
}

/* ---- The kind ------------------------------------------------------------------------- */

static bool start(struct service *of)
{
	strcat(calls, of->is_resumed ? "resume " : "start ");
	return true;
}

static bool stop(struct service *of)
{
	(void)of;
	strcat(calls, "stop ");
	return true;
}

static bool serve(struct service *of)
{
	struct pv_virtqueue_chain chain;

	for (uint32_t i = 0; i < 2; i++) {
		(void)pv_virtqueue_pop(&of->queues[i], &chain);
		strcat(calls, pv_virtqueue_device_is_open(&of->queues[i]) ? "o" : "c");
	}
	return true;
}

/* @status  when the server opens the device */
static void follow_script(const struct service_kind *kind, uint32_t status, const struct step *steps,
			  size_t n)
{
	int always_ready = open("/dev/zero", O_RDONLY);

	memset(window, 0, sizeof(window));
	service = (struct service){
		.kind = kind,
		.device = { .fd = always_ready, .about = { .n_queues = 2 }, .window = view },
		.fds = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 } },
	};
	service.device.state.epoch = 1;
	service.device.state.status = status;
	script = steps;
	n_steps = n;
	n_done = 0;
	service_run(&service);
	assert_int_equal(n_done, n);
	close(always_ready);
}

/* ---- Tests -------------------------------------------------------------------------------- */

static const struct service_kind own = { .start = start, .serve = serve, .stop = stop };
static const struct service_kind kernels = { .start = start, .stop = stop };

static void test_reset(void **state)
{
	const struct step steps[] = {
		{ 1, 0, { 0, 0 }, "" },
		{ 1, DRIVEN, { 1, 2 }, "start oo" },
		{ 1, DRIVEN, { 1, 2 }, "oo" },
		{ 2, 0, { 0, 0 }, "stop " },
		{ 2, DRIVEN, { 1, 2 }, "start oo" },
		{ 3, DRIVEN, { 1, 2 }, "stop start oo" },
	};

	(void)state;
	follow_script(&own, 0, steps, sizeof(steps) / sizeof(steps[0]));
}

static void test_queues_change(void **state)
{
	const struct step steps[] = {
		{ 1, DRIVEN, { 1, 0 }, "start oc" },
		{ 1, DRIVEN, { 1, 2 }, "stop start oo" },
		{ 1, DRIVEN, { 3, 2 }, "stop start oo" },
		{ 1, DRIVEN, { 0, 2 }, "stop start co" },
		{ 1, DRIVEN, { 0, 2 }, "co" },
	};

	(void)state;
	follow_script(&own, 0, steps, sizeof(steps) / sizeof(steps[0]));
}

static void test_queues_of_the_kernel(void **state)
{
	const struct step steps[] = {
		{ 1, DRIVEN, { 1, 0 }, "start " },
		{ 1, DRIVEN, { 1, 2 }, "stop start " },
		{ 1, DRIVEN, { 1, 2 }, "" },
	};

	(void)state;
	follow_script(&kernels, 0, steps, sizeof(steps) / sizeof(steps[0]));
}

/* Outside the window: nothing but a reset helps. */
static void test_broken(void **state)
{
	const struct step steps[] = {
		{ 1, DRIVEN, { 1, 100 }, "seldom " },
		{ 1, DRIVEN, { 1, 2 }, "" },
		{ 2, DRIVEN, { 1, 2 }, "start oo" },
	};

	(void)state;
	follow_script(&own, 0, steps, sizeof(steps) / sizeof(steps[0]));
}

/* Whose driver was there before, and until when. */
static void test_resumed(void **state)
{
	const struct step steps[] = {
		{ 1, DRIVEN, { 1, 2 }, "resume oo" },
		{ 2, DRIVEN, { 1, 2 }, "stop start oo" },
	};
	const struct step reset[] = { { 2, DRIVEN, { 1, 2 }, "start oo" } };

	(void)state;
	follow_script(&own, DRIVEN, steps, sizeof(steps) / sizeof(steps[0]));
	follow_script(&own, DRIVEN, reset, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_queues_change),
		cmocka_unit_test(test_queues_of_the_kernel),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_resumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
