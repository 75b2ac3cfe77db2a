/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c
   rtos-guests/virtio/virtqueue_device.c rtos-guests/virtio/frontend.c
   rtos-guests/virtio/backend.c tests/fake/virtio_device.c */
/* flags: -Itests/fake/sdk -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/* Both ends of a virtual device: handshake, queues, resets, restarts, configuration. */
#include "pv/virtio_backend.h"
#include "pv/virtio_frontend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/fake/virtio_device.h"

#define KNOWN    (PV_VIRTIO_FEATURES | 0x12)
#define OFFERED  (PV_VIRTIO_FEATURES | 0x32)
#define SIZE     8u
#define N_QUEUES 2u

static struct pv_virtio_frontend frontend;
static struct pv_virtqueue_driver drivers[N_QUEUES];
static struct pv_virtio_backend backend;
static struct pv_virtqueue_device devices[N_QUEUES];

static uint32_t *register_at(uint32_t offset)
{
	return &fake_virtio.registers[offset / 4];
}

static void update(void)
{
	assert_int_equal(pv_virtio_backend_update(&backend), PV_OK);
}

static int begin(void **state)
{
	(void)state;
	fake_virtio_begin(PV_VIRTIO_BLOCK, OFFERED, N_QUEUES, 16);
	pv_virtio_backend_open(&backend, &fake_virtio.backend, devices, N_QUEUES);
	fake_virtio.on_reset = update;
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_virtio_end();
	return 0;
}

static enum pv_status start(void)
{
	return pv_virtio_frontend_start(&frontend, &fake_virtio.frontend, KNOWN);
}

/* Handshake, queues, DRIVER_OK. */
static void drive(void)
{
	assert_int_equal(start(), PV_OK);
	for (uint32_t i = 0; i < N_QUEUES; i++) {
		assert_int_equal(pv_virtio_frontend_add_queue(&frontend, i, &drivers[i], SIZE),
				 PV_OK);
	}
	assert_int_equal(pv_virtio_frontend_go(&frontend), PV_OK);
}

static uint16_t add(uint32_t queue)
{
	struct pv_virtqueue_piece piece = { pv_virtio_frontend_take(&frontend, 16), 16, true };
	uint16_t head;

	assert_int_not_equal(piece.address, 0);
	assert_int_equal(pv_virtqueue_add(&drivers[queue], &piece, 1, &head), PV_OK);
	return head;
}

static enum pv_status pop(uint32_t queue)
{
	struct pv_virtqueue_chain chain;

	return pv_virtqueue_pop(&devices[queue], &chain);
}

static void pop_and_push(uint32_t queue)
{
	struct pv_virtqueue_chain chain;

	assert_int_equal(pv_virtqueue_pop(&devices[queue], &chain), PV_OK);
	assert_int_equal(pv_virtqueue_push(&devices[queue], &chain, 4), PV_OK);
}

static enum pv_status collect(uint32_t queue)
{
	uint16_t head;
	uint32_t bytes;

	return pv_virtqueue_collect(&drivers[queue], &head, &bytes);
}

/* ---- Driver ------------------------------------------------------------------------ */

static void test_handshake(void **state)
{
	(void)state;
	drive();
	assert_int_equal(frontend.features, OFFERED & KNOWN);
	assert_int_equal(fake_virtio.driver_features, OFFERED & KNOWN);
	assert_int_equal(*register_at(PV_VIRTIO_STATUS),
			 PV_VIRTIO_S_ACKNOWLEDGE | PV_VIRTIO_S_DRIVER | PV_VIRTIO_S_FEATURES_OK |
				 PV_VIRTIO_S_DRIVER_OK);
	assert_int_equal(fake_virtio.state.queues[0].size, SIZE);
	assert_true(fake_virtio.state.queues[1].descriptors > fake_virtio.state.queues[0].used);
	pv_virtio_frontend_stop(&frontend);
	assert_int_equal(*register_at(PV_VIRTIO_STATUS), 0);
}

static void test_not_supported(void **state)
{
	static const struct {
		uint32_t offset, value;
	} cases[] = { { PV_VIRTIO_MAGIC_VALUE, 0 }, { PV_VIRTIO_VERSION, 1 },
		      { PV_VIRTIO_DEVICE_ID, PV_VIRTIO_NET } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t before = *register_at(cases[i].offset);

		*register_at(cases[i].offset) = cases[i].value;
		assert_int_equal(start(), PV_NOT_SUPPORTED);
		assert_int_equal(*register_at(PV_VIRTIO_STATUS), 0);
		*register_at(cases[i].offset) = before;
	}
	fake_virtio.backend.features &= ~PV_VIRTIO_F_ACCESS_PLATFORM;
	assert_int_equal(start(), PV_NOT_SUPPORTED);
	assert_true((*register_at(PV_VIRTIO_STATUS) & PV_VIRTIO_S_FAILED) != 0);
	fake_virtio.backend.features = OFFERED;
	assert_int_equal(start(), PV_OK);
}

static void do_nothing(void)
{
}

static uint32_t n_resets;

static void update_at_second_reset(void)
{
	if (++n_resets == 2) {
		update();
	}
}

/* The backend still holds on to what an earlier life of the driver gave it. */
static void test_start_waits(void **state)
{
	(void)state;
	fake_virtio.on_reset = do_nothing;
	fake_virtio_reset();
	uint32_t epoch = fake_virtio.state.epoch;

	assert_int_equal(start(), PV_BUSY);
	assert_in_range(fake_virtio.state.epoch, epoch + 1, epoch + 5);
	n_resets = 0;
	fake_virtio.on_reset = update_at_second_reset;
	assert_int_equal(start(), PV_OK);
}

static void stay_in_reset(void)
{
	update();
	*register_at(PV_VIRTIO_STATUS) = PV_VIRTIO_S_DRIVER;
}

static void test_no_reset(void **state)
{
	(void)state;
	drive();
	fake_virtio.on_reset = stay_in_reset;
	assert_int_equal(start(), PV_BUSY);
}

static void test_add_queue_refuses(void **state)
{
	uint64_t first = fake_virtio.frontend.window;

	(void)state;
	assert_int_equal(start(), PV_OK);
	assert_int_equal(pv_virtio_frontend_queue_max(&frontend, 0), 16);
	assert_int_equal(pv_virtio_frontend_queue_max(&frontend, N_QUEUES), 0);
	assert_int_equal(pv_virtio_frontend_add_queue(&frontend, 0, &drivers[0], 32),
			 PV_BAD_ARGUMENT);
	assert_int_equal(pv_virtio_frontend_add_queue(&frontend, N_QUEUES, &drivers[0], 1),
			 PV_BAD_ARGUMENT);
	assert_int_equal(pv_virtio_frontend_add_queue(&frontend, 0, &drivers[0], 3),
			 PV_BAD_ARGUMENT);
	assert_int_equal(fake_virtio.state.queues[0].size, 0);
	/* To the last byte, and no further. */
	assert_int_equal(start(), PV_OK);
	assert_int_equal(pv_virtio_frontend_take(&frontend, 1), first);
	assert_int_equal(pv_virtio_frontend_take(&frontend, FAKE_WINDOW_BYTES - 63), 0);
	assert_int_equal(pv_virtio_frontend_take(&frontend, FAKE_WINDOW_BYTES - 64 - 10), first + 64);
	assert_int_equal(pv_virtio_frontend_take(&frontend, 1), 0);
	assert_int_equal(pv_virtio_frontend_add_queue(&frontend, 0, &drivers[0], 4), PV_FULL);
	/* EL2 refuses. */
	assert_int_equal(start(), PV_OK);
	frontend.window.address -= FAKE_WINDOW_BYTES;
	assert_int_equal(pv_virtio_frontend_add_queue(&frontend, 0, &drivers[0], 4), PV_CORRUPT);
	assert_int_equal(pv_virtio_frontend_go(&frontend), PV_CORRUPT);
}

/* ---- Configuration ------------------------------------------------------------------ */

static uint32_t n_changes;

static void change_config(void)
{
	if (n_changes > 0) {
		n_changes--;
		fake_virtio_configure(0, (uint64_t)n_changes << 32 | n_changes);
	}
}

static void test_config(void **state)
{
	uint32_t both[2];
	unsigned char bytes[6];

	(void)state;
	drive();
	assert_false(pv_virtio_frontend_is_config_new(&frontend));
	fake_virtio_configure(8, UINT64_C(0x0807060504030201));
	assert_true(pv_virtio_frontend_is_config_new(&frontend));
	assert_false(pv_virtio_frontend_is_config_new(&frontend));
	assert_int_equal(pv_virtio_frontend_read_config(&frontend, 9, bytes, 6), PV_OK);
	assert_memory_equal(bytes, "\2\3\4\5\6\7", 6);
	assert_int_equal(pv_virtio_frontend_read_config(&frontend, 58, bytes, 6), PV_OK);
	assert_int_equal(pv_virtio_frontend_read_config(&frontend, 59, bytes, 6), PV_BAD_ARGUMENT);
	assert_int_equal(pv_virtio_frontend_read_config(&frontend, 65, bytes, 0), PV_BAD_ARGUMENT);
	assert_int_equal(pv_virtio_frontend_read_config(&frontend, UINT32_MAX, bytes, 6),
			 PV_BAD_ARGUMENT);
	/* Both halves are of one moment, or there is no answer. */
	fake_virtio.on_config_read = change_config;
	n_changes = 21;
	assert_int_equal(pv_virtio_frontend_read_config(&frontend, 0, both, sizeof(both)), PV_OK);
	assert_int_equal(both[0], 0);
	assert_int_equal(both[1], 0);
	n_changes = UINT32_MAX;
	assert_int_equal(pv_virtio_frontend_read_config(&frontend, 0, both, sizeof(both)), PV_BUSY);
}

/* ---- Device ------------------------------------------------------------------------- */

static void test_queues_open(void **state)
{
	(void)state;
	assert_int_equal(pop(0), PV_EMPTY);
	update();
	assert_int_equal(fake_virtio.n_acknowledged, 1);
	update();
	assert_int_equal(fake_virtio.n_acknowledged, 1);
	assert_int_equal(start(), PV_OK);
	assert_int_equal(pv_virtio_frontend_add_queue(&frontend, 1, &drivers[1], SIZE), PV_OK);
	add(1);
	update();
	/* Not before DRIVER_OK. */
	assert_false(pv_virtqueue_device_is_open(&devices[1]));
	assert_int_equal(pv_virtio_frontend_go(&frontend), PV_OK);
	update();
	assert_int_equal(backend.features, OFFERED & KNOWN);
	assert_false(pv_virtqueue_device_is_open(&devices[0]));
	assert_int_equal(pop(0), PV_EMPTY);
	pop_and_push(1);
	assert_int_equal(collect(1), PV_OK);
	assert_int_equal(backend.n_resets, 0);
}

static void test_reset(void **state)
{
	struct pv_virtqueue_chain chain;

	(void)state;
	drive();
	update();
	add(0);
	assert_int_equal(pv_virtqueue_pop(&devices[0], &chain), PV_OK);
	fake_virtio.on_reset = NULL;
	pv_virtio_frontend_stop(&frontend);
	assert_int_not_equal(fake_virtio.acknowledged, fake_virtio.state.epoch);
	update();
	assert_int_equal(fake_virtio.acknowledged, fake_virtio.state.epoch);
	assert_int_equal(backend.n_resets, 1);
	/* What was popped before does not come into the window any more. */
	assert_int_equal(pop(0), PV_EMPTY);
	assert_int_equal(pv_virtqueue_push(&devices[0], &chain, 0), PV_BAD_ARGUMENT);
	assert_false(pv_virtqueue_must_interrupt(&devices[0]));
	assert_true(pv_virtqueue_device_wait_begin(&devices[0]));
	pv_virtqueue_device_wait_end(&devices[0]);
	/* The next life starts at 0. */
	drive();
	update();
	assert_int_equal(devices[0].next_used, 0);
	add(0);
	pop_and_push(0);
	assert_int_equal(collect(0), PV_OK);
}

/* A reset and a new set-up between two looks: the queues are not those of before. */
static void test_reset_unseen(void **state)
{
	(void)state;
	drive();
	update();
	add(0);
	pop_and_push(0);
	fake_virtio.on_reset = NULL;
	fake_virtio.acknowledged = fake_virtio.state.epoch + 1; /* as at a start of the backend */
	drive();
	add(0);
	update();
	assert_int_equal(devices[0].next_used, 0);
	pop_and_push(0);
	assert_int_equal(collect(0), PV_OK);
}

static void reset_once(void)
{
	fake_virtio.on_acknowledge = NULL;
	fake_virtio_reset();
}

/* While an epoch is acknowledged another comes. */
static void test_reset_twice(void **state)
{
	(void)state;
	drive();
	update();
	fake_virtio_reset();
	fake_virtio.on_acknowledge = reset_once;
	update();
	assert_int_equal(backend.epoch, fake_virtio.state.epoch);
	assert_int_equal(fake_virtio.acknowledged, fake_virtio.state.epoch);
	/* A number that is not ours. */
	fake_virtio.backend.number++;
	fake_virtio_reset();
	assert_int_equal(pv_virtio_backend_update(&backend), PV_NO_SUCH);
	assert_false(pv_virtio_backend_wait_begin(&backend, 3));
}

static uint32_t n_writes;

/* Between two reads the state becomes another; every field says which. */
static void write_state(void)
{
	if (n_writes > 0) {
		n_writes--;
		fake_virtio.state.sequence += 2;
		fake_virtio.state.features = PV_VIRTIO_FEATURES | n_writes << 1;
		fake_virtio.state.status = n_writes;
	}
}

static void test_state_torn(void **state)
{
	(void)state;
	drive();
	update();
	fake_virtio.on_state_read = write_state;
	n_writes = 21;
	fake_virtio.state.sequence += 2;
	update();
	assert_int_equal(backend.features, PV_VIRTIO_FEATURES);
	assert_int_equal(backend.sequence, fake_virtio.state.sequence);
	n_writes = UINT32_MAX;
	fake_virtio.state.sequence += 2;
	assert_int_equal(pv_virtio_backend_update(&backend), PV_BUSY);
	assert_false(pv_virtio_backend_wait_begin(&backend, 3));
	/* EL2 is amid a write. */
	fake_virtio.on_state_read = NULL;
	fake_virtio.state.sequence++;
	assert_int_equal(pv_virtio_backend_update(&backend), PV_BUSY);
	fake_virtio.state.sequence++;
	update();
}

/* The other life of a backend: it reads all from the state page. */
static void test_backend_restarts(void **state)
{
	(void)state;
	drive();
	update();
	add(0);
	add(0);
	pop_and_push(0);
	pv_virtio_backend_open(&backend, &fake_virtio.backend, devices, N_QUEUES);
	update();
	assert_int_equal(devices[0].next_used, 1);
	pop_and_push(0);
	assert_int_equal(collect(0), PV_OK);
	assert_int_equal(collect(0), PV_OK);
	assert_int_equal(collect(0), PV_EMPTY);
	assert_int_equal(backend.n_resets, 0);
}

/* A queue that makes no sense is broken until the next reset. */
static void test_broken_queue(void **state)
{
	(void)state;
	drive();
	fake_virtio.state.queues[0].size = 3;
	update();
	assert_int_equal(pop(0), PV_CORRUPT);
	fake_virtio.state.sequence += 2;
	fake_virtio.state.queues[0].size = SIZE;
	update();
	assert_int_equal(pop(0), PV_CORRUPT);
	pv_virtio_frontend_stop(&frontend);
	assert_int_equal(pop(0), PV_EMPTY);
	drive();
	update();
	add(0);
	assert_int_equal(pop(0), PV_OK);
}

/* Between two looks a queue goes elsewhere, without a reset. */
static void test_queue_moves(void **state)
{
	struct pv_virtqueue_config config;

	(void)state;
	drive();
	update();
	add(0);
	pop_and_push(0);
	(void)pv_virtqueue_place(pv_virtio_frontend_take(&frontend, 0x1000), SIZE, frontend.features,
				 &config);
	assert_int_equal(pv_virtqueue_driver_open(&drivers[0], &frontend.window, &config), PV_OK);
	fake_virtio.state.queues[0].descriptors = config.descriptors;
	fake_virtio.state.queues[0].available = config.available;
	fake_virtio.state.queues[0].used = config.used;
	fake_virtio.state.sequence += 2;
	add(0);
	update();
	pop_and_push(0);
	assert_int_equal(collect(0), PV_OK);
	/* One that stays where it is goes on. */
	add(1);
	add(1);
	assert_int_equal(pop(1), PV_OK);
	fake_virtio.state.sequence += 2;
	update();
	assert_true(pv_virtqueue_device_has_popped(&devices[1]));
	/* Only the used ring, or only the size. */
	fake_virtio.state.queues[1].used += 4096;
	fake_virtio.state.sequence += 2;
	update();
	assert_false(pv_virtqueue_device_has_popped(&devices[1]));
	assert_int_equal(pop(1), PV_OK);
	fake_virtio.state.queues[1].size /= 2;
	fake_virtio.state.sequence += 2;
	update();
	assert_false(pv_virtqueue_device_has_popped(&devices[1]));
}

/* ---- Bells --------------------------------------------------------------------------- */

static void test_bells(void **state)
{
	(void)state;
	drive();
	update();
	assert_true(pv_virtio_backend_signal(&backend)); /* an earlier life may have owed it */
	assert_int_equal(fake_virtio.n_frontend_rings, 1);
	assert_false(pv_virtio_backend_signal(&backend));
	assert_true(pv_virtio_backend_wait_begin(&backend, 3));
	uint32_t n = fake_virtio.n_backend_rings;

	add(0);
	assert_true(pv_virtio_frontend_kick(&frontend, &drivers[0]));
	assert_false(pv_virtio_frontend_kick(&frontend, &drivers[0]));
	assert_int_equal(fake_virtio.n_backend_rings, n + 1);
	assert_false(pv_virtio_backend_wait_begin(&backend, 3));
	assert_true(pv_virtio_backend_wait_begin(&backend, 2)); /* does not care for queue 0 */
	pv_virtio_backend_wait_end(&backend);
	assert_true(pv_virtqueue_driver_wait_begin(&drivers[0]));
	pop_and_push(0);
	assert_true(pv_virtio_backend_signal(&backend));
	assert_int_equal(fake_virtio.n_frontend_rings, 2);
	/* Never asleep over a change of state. */
	pv_virtio_frontend_stop(&frontend);
	assert_true(pv_virtio_backend_wait_begin(&backend, 3));
	fake_virtio_reset();
	assert_false(pv_virtio_backend_wait_begin(&backend, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(test_handshake),
		TEST(test_not_supported),
		TEST(test_start_waits),
		TEST(test_no_reset),
		TEST(test_add_queue_refuses),
		TEST(test_config),
		TEST(test_queues_open),
		TEST(test_reset),
		TEST(test_reset_unseen),
		TEST(test_reset_twice),
		TEST(test_state_torn),
		TEST(test_backend_restarts),
		TEST(test_broken_queue),
		TEST(test_queue_moves),
		TEST(test_bells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
