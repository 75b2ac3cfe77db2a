/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c
   rtos-guests/virtio/virtqueue_device.c rtos-guests/virtio/frontend.c rtos-guests/virtio/backend.c
   rtos-guests/virtio/net.c rtos-guests/virtio/net_server.c rtos-guests/virtio/slots.c
   tests/fake/virtio_device.c */
/* flags: -Itests/fake/sdk -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/* The server of a virtio network interface: frames both ways, by our driver and by drivers of any kind. */
#include "pv/virtio_net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rtos-guests/virtio/net_format.h"
#include "rtos-guests/virtio/ring.h"
#include "tests/fake/virtio_device.h"

#define FEATURES  (PV_VIRTIO_FEATURES | PV_NET_F_MAC | PV_NET_F_MRG_RXBUF | PV_NET_F_STATUS)
#define QUEUE_MAX 16u
#define HEADER    ((uint32_t)sizeof(struct net_header))
#define MAC       UINT64_C(0x060504030202)
#define LINK_UP   (UINT64_C(1) << 48)

static struct pv_virtio_backend backend;
static struct pv_net_server server;
static struct pv_net net;
static unsigned char text[4096], back[4096];

static void update(void)
{
	assert_int_equal(pv_virtio_backend_update(&backend), PV_OK);
}

static int begin(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < sizeof(text); i++) {
		text[i] = (unsigned char)(i * 7 + i / 256);
	}
	fake_virtio_begin(PV_VIRTIO_NET, FEATURES, PV_NET_N_QUEUES, QUEUE_MAX);
	fake_virtio.backend.configuration = MAC;
	fake_virtio_configure(0, MAC);
	fake_virtio.on_reset = update;
	pv_net_server_open(&server);
	pv_virtio_backend_open(&backend, &fake_virtio.backend, server.queues, PV_NET_N_QUEUES);
	update();
	return 0;
}

static int begin_with_driver(void **state)
{
	(void)begin(state);
	assert_int_equal(pv_net_open(&net, &fake_virtio.frontend), PV_OK);
	update();
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_virtio_end();
	return 0;
}

static enum pv_status receive(size_t size, size_t *bytes)
{
	unsigned char *memory = malloc(size); /* to the byte */
	enum pv_status status = pv_net_server_receive(&server, memory, size, bytes);

	if (status == PV_OK) {
		assert_true(*bytes <= size);
		memcpy(back, memory, *bytes);
	}
	free(memory);
	return status;
}

/* ---- With our own driver --------------------------------------------------------------- */

static void test_frames(void **state)
{
	size_t bytes;

	(void)state;
	assert_int_equal(receive(PV_NET_FRAME_MAX, &bytes), PV_EMPTY);
	assert_int_equal(pv_net_server_send(&server, text, 0), PV_BAD_ARGUMENT);
	assert_int_equal(pv_net_server_send(&server, text, PV_NET_FRAME_MAX + 1), PV_BAD_ARGUMENT);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(pv_net_send(&net, text + i, PV_NET_FRAME_MAX - i), PV_OK);
		assert_int_equal(receive(PV_NET_FRAME_MAX - i, &bytes), PV_OK);
		assert_int_equal(bytes, PV_NET_FRAME_MAX - i);
		assert_memory_equal(back, text + i, bytes);

		assert_int_equal(pv_net_server_send(&server, text + i, 1 + i), PV_OK);
		assert_int_equal(pv_net_receive(&net, back, sizeof(back), &bytes), PV_OK);
		assert_int_equal(bytes, 1 + i);
		assert_memory_equal(back, text + i, bytes);
	}
	for (uint32_t i = 0; i < net.receive.n; i++) {
		assert_int_equal(pv_net_server_send(&server, text + i, PV_NET_FRAME_MAX), PV_OK);
	}
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_FULL);
	for (uint32_t i = 0; i < net.receive.n; i++) {
		assert_int_equal(pv_net_receive(&net, back, PV_NET_FRAME_MAX, &bytes), PV_OK);
		assert_memory_equal(back, text + i, PV_NET_FRAME_MAX);
	}
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_OK);
	assert_int_equal(server.n_received, 100);
	assert_int_equal(server.n_sent, 101 + net.receive.n);
	assert_int_equal(server.n_dropped, 0);
	/* One byte too long for its receiver. */
	assert_int_equal(pv_net_send(&net, text, 101), PV_OK);
	assert_int_equal(receive(100, &bytes), PV_EMPTY);
	assert_int_equal(server.n_dropped, 1);
}

static void test_link(void **state)
{
	(void)state;
	assert_false(pv_net_is_link_up(&net));
	assert_int_equal(pv_net_server_set_link(&fake_virtio.backend, true), PV_OK);
	assert_true(pv_net_is_link_up(&net));
	assert_int_equal(pv_net_server_set_link(&fake_virtio.backend, false), PV_OK);
	assert_false(pv_net_is_link_up(&net));
	assert_int_equal(pv_net_open(&net, &fake_virtio.frontend), PV_OK);
	assert_memory_equal(net.mac, "\2\2\3\4\5\6", 6);
	fake_virtio.backend.number++;
	assert_int_equal(pv_net_server_set_link(&fake_virtio.backend, true), PV_NO_SUCH);
}

static void test_live(void **state)
{
	(void)state;
	assert_false(pv_net_server_is_live(&server));
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_FULL);
	assert_int_equal(pv_net_open(&net, &fake_virtio.frontend), PV_OK);
	assert_false(pv_net_server_is_live(&server));
	update();
	assert_true(pv_net_server_is_live(&server));
	pv_virtqueue_device_break(&server.queues[1]);
	assert_false(pv_net_server_is_live(&server));
	fake_virtio_reset();
	update();
	assert_false(pv_net_server_is_live(&server));
	assert_int_equal(pv_net_open(&net, &fake_virtio.frontend), PV_OK);
	update();
	assert_true(pv_net_server_is_live(&server));
	pv_virtqueue_device_close(&server.queues[0]);
	assert_false(pv_net_server_is_live(&server));
}

static void test_bells(void **state)
{
	size_t bytes;
	uint32_t rings;

	(void)state;
	(void)pv_virtio_backend_signal(&backend);
	pv_net_kick(&net);
	assert_true(pv_net_wait_begin(&net));
	assert_true(pv_virtio_backend_wait_begin(&backend, PV_NET_FROM_DRIVER));
	assert_false(pv_virtio_backend_wait_begin(&backend, PV_NET_TO_DRIVER));
	rings = fake_virtio.n_backend_rings;
	assert_int_equal(pv_net_send(&net, text, 60), PV_OK);
	pv_net_kick(&net);
	assert_int_equal(fake_virtio.n_backend_rings, rings + 1);
	assert_false(pv_virtio_backend_wait_begin(&backend, PV_NET_FROM_DRIVER));
	assert_int_equal(receive(100, &bytes), PV_OK);
	assert_true(pv_virtio_backend_wait_begin(&backend, PV_NET_FROM_DRIVER));
	rings = fake_virtio.n_frontend_rings;
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_OK);
	assert_true(pv_virtio_backend_signal(&backend));
	assert_int_equal(fake_virtio.n_frontend_rings, rings + 1);
	assert_false(pv_net_wait_begin(&net));
}

/* What a restart of this end finds: frames that nobody took, buffers that nobody filled. */
static void test_restart(void **state)
{
	size_t bytes;

	(void)state;
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_OK);
	assert_int_equal(pv_net_send(&net, text, 100), PV_OK);
	pv_net_server_open(&server);
	pv_virtio_backend_open(&backend, &fake_virtio.backend, server.queues, PV_NET_N_QUEUES);
	update();
	assert_true(pv_virtio_backend_signal(&backend));
	assert_int_equal(receive(100, &bytes), PV_OK);
	assert_int_equal(bytes, 100);
	assert_int_equal(pv_net_server_send(&server, text + 1, 61), PV_OK);
	assert_int_equal(pv_net_receive(&net, back, sizeof(back), &bytes), PV_OK);
	assert_int_equal(bytes, 60);
	assert_int_equal(pv_net_receive(&net, back, sizeof(back), &bytes), PV_OK);
	assert_memory_equal(back, text + 1, 61);
}

/* ---- A driver of any kind -------------------------------------------------------------- */

static struct pv_virtqueue_driver driver;
static uint64_t next_place;

static unsigned char *memory_at(uint64_t place)
{
	return (unsigned char *)(uintptr_t)(fake_virtio.frontend.window + place);
}

static void open_driver(uint32_t id, uint64_t features)
{
	struct pv_virtio_window window = { memory_at(0), fake_virtio.frontend.window, FAKE_WINDOW_BYTES };
	struct pv_virtqueue_config config;

	(void)pv_virtqueue_place(window.address, QUEUE_MAX, features, &config);
	assert_int_equal(pv_virtqueue_driver_open(&driver, &window, &config), PV_OK);
	pv_virtqueue_device_close(&server.queues[id]);
	assert_int_equal(pv_virtqueue_device_open(&server.queues[id], &window, &config), PV_OK);
	next_place = 0x8000;
	memset(memory_at(next_place), 0xee, FAKE_WINDOW_BYTES - next_place);
}

/* Returns where it lies. */
static uint64_t add(uint32_t readable, uint32_t writable)
{
	struct pv_virtqueue_piece pieces[2];
	uint64_t place = next_place;
	uint32_t n = 0;
	uint16_t head;

	if (readable != 0) {
		pieces[n++] = (struct pv_virtqueue_piece){ fake_virtio.frontend.window + next_place, readable,
							   false };
		next_place += readable;
	}
	if (writable != 0) {
		pieces[n++] = (struct pv_virtqueue_piece){ fake_virtio.frontend.window + next_place, writable,
							   true };
		next_place += writable;
	}
	assert_int_equal(pv_virtqueue_add(&driver, pieces, n, &head), PV_OK);
	return place;
}

static uint32_t used_bytes(void)
{
	uint16_t head;
	uint32_t bytes = UINT32_MAX;

	assert_int_equal(pv_virtqueue_collect(&driver, &head, &bytes), PV_OK);
	return bytes;
}

static void assert_none_used(void)
{
	uint16_t head;
	uint32_t bytes;

	assert_int_equal(pv_virtqueue_collect(&driver, &head, &bytes), PV_EMPTY);
}

static void test_what_drivers_send(void **state)
{
	static const struct {
		struct net_header header;
		uint32_t readable, writable;
		enum pv_status status;
		uint32_t bytes;
	} cases[] = {
		{ { .flags = 2 }, HEADER + 60, 0, PV_OK, 60 }, /* DATA_VALID */
		{ { .n_buffers = 9 }, HEADER + 60, 5, PV_OK, 60 },
		{ { .flags = 1 }, HEADER + 60, 0, PV_EMPTY, 0 }, /* NEEDS_CSUM */
		{ { .gso_type = 1 }, HEADER + 60, 0, PV_EMPTY, 0 },
		{ { 0 }, HEADER, 0, PV_EMPTY, 0 },
		{ { 0 }, HEADER + 100, 0, PV_OK, 100 },
		{ { 0 }, HEADER + 101, 0, PV_EMPTY, 0 },
		{ { 0 }, HEADER + 20000, 0, PV_EMPTY, 0 },
		{ { 0 }, HEADER - 1, 0, PV_CORRUPT, 0 },
		{ { 0 }, 0, 60, PV_CORRUPT, 0 },
	};
	uint32_t n_dropped = 0;
	size_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_driver(1, FEATURES);

		uint64_t place = add(cases[i].readable, cases[i].writable);

		memcpy(memory_at(place), &cases[i].header, HEADER);
		memcpy(memory_at(place) + HEADER, text, 100);
		assert_int_equal(receive(100, &bytes), cases[i].status);
		if (cases[i].status == PV_OK) {
			assert_int_equal(bytes, cases[i].bytes);
			assert_memory_equal(back, text, bytes);
		}
		if (cases[i].status != PV_CORRUPT) {
			assert_int_equal(used_bytes(), 0);
		}
		n_dropped += cases[i].status == PV_EMPTY;
		assert_int_equal(server.n_dropped, n_dropped);
		assert_int_equal(pv_net_server_is_live(&server), false); /* there is one queue only */
		assert_int_equal(server.queues[1].queue.is_broken, cases[i].status == PV_CORRUPT);
	}
	/* One after those that are dropped. */
	open_driver(1, FEATURES);
	for (uint32_t i = 0; i < 3; i++) {
		memset(memory_at(add(HEADER + (i == 2 ? 7 : 101), 0)), 0, HEADER);
	}
	assert_int_equal(receive(100, &bytes), PV_OK);
	assert_int_equal(bytes, 7);
	assert_int_equal(receive(100, &bytes), PV_EMPTY);
}

/* Buffers of many sizes; each frame is put together as a driver does it. */
static void test_merged(void **state)
{
	static const struct {
		uint32_t sizes[PV_NET_MERGE_MAX], frame, n;
	} cases[] = {
		{ { 2048 }, 1514, 1 },
		{ { HEADER + 100 }, 100, 1 },
		{ { HEADER + 100, 50 }, 101, 2 },
		{ { HEADER, 1514 }, 1514, 2 },
		{ { HEADER + 1, HEADER, HEADER, HEADER, HEADER, HEADER, HEADER, HEADER }, 1 + 7 * HEADER, 8 },
		{ { 200, 200, 200, 200, 200, 200, 200, 126 }, 1514, 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct net_header header;
		uint32_t done = 0;

		open_driver(0, FEATURES);

		uint64_t place = next_place;

		for (uint32_t k = 0; k < cases[i].n; k++) {
			/* The driver sees nothing of a frame before all of it is there. */
			assert_int_equal(pv_net_server_send(&server, text, cases[i].frame), PV_FULL);
			assert_none_used();
			(void)add(k, cases[i].sizes[k]); /* what can be read stands before it */
		}
		assert_int_equal(pv_net_server_send(&server, text, cases[i].frame), PV_OK);
		for (uint32_t k = 0; k < cases[i].n; k++) {
			uint32_t used = used_bytes(), at = k == 0 ? HEADER : 0;

			assert_int_equal(used, k + 1 < cases[i].n ? cases[i].sizes[k]
								  : cases[i].frame - done + at);
			place += k;
			if (k == 0) {
				memcpy(&header, memory_at(place), HEADER);
				assert_int_equal(header.n_buffers, cases[i].n);
				header.n_buffers = 0;
				assert_memory_equal(&header, &(struct net_header){ 0 }, HEADER);
			}
			assert_memory_equal(memory_at(place + at), text + done, used - at);
			assert_true(used == cases[i].sizes[k] || memory_at(place)[used] == 0xee);
			done += used - at;
			place += cases[i].sizes[k];
		}
		assert_int_equal(done, cases[i].frame);
		assert_none_used();
	}
	assert_int_equal(server.n_sent, sizeof(cases) / sizeof(cases[0]));
}

/* Held for a long frame, filled with short ones, in their order. */
static void test_held(void **state)
{
	uint64_t places[3];

	(void)state;
	open_driver(0, FEATURES);
	for (uint32_t i = 0; i < 3; i++) {
		places[i] = add(0, 100);
	}
	assert_int_equal(pv_net_server_send(&server, text, 1000), PV_FULL);
	assert_none_used();
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(pv_net_server_send(&server, text + i, 20), PV_OK);
		assert_int_equal(used_bytes(), HEADER + 20);
		assert_memory_equal(memory_at(places[i]) + HEADER, text + i, 20);
		assert_none_used();
	}
	assert_int_equal(pv_net_server_send(&server, text, 20), PV_FULL);
	/* Nothing is held over a reset. */
	(void)add(0, 100);
	assert_int_equal(pv_net_server_send(&server, text, 1000), PV_FULL);
	open_driver(0, FEATURES);
	assert_int_equal(pv_net_server_send(&server, text, 20), PV_FULL);
	(void)add(0, 100);
	assert_int_equal(pv_net_server_send(&server, text, 20), PV_OK);
	assert_int_equal(used_bytes(), HEADER + 20);
}

/* Buffers that no frame fits. */
static void test_bad_buffers(void **state)
{
	(void)state;
	open_driver(0, FEATURES);
	(void)add(0, HEADER - 1);
	(void)add(0, 2000);
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_CORRUPT);
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_CORRUPT);
	assert_none_used();
	/* It would become the first of the next frame. */
	open_driver(0, FEATURES);
	(void)add(0, 2000);
	(void)add(0, HEADER - 1);
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_OK);
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_CORRUPT);
	open_driver(0, FEATURES);
	(void)add(0, HEADER + 59);
	(void)add(0, HEADER - 1);
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_CORRUPT);
	open_driver(0, FEATURES);
	(void)add(60, 0);
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_CORRUPT);
	open_driver(0, FEATURES);
	for (uint32_t i = 0; i <= PV_NET_MERGE_MAX; i++) {
		(void)add(0, 100);
	}
	assert_int_equal(pv_net_server_send(&server, text, 789), PV_CORRUPT);
	open_driver(0, FEATURES);
	for (uint32_t i = 0; i <= PV_NET_MERGE_MAX; i++) {
		(void)add(0, 100);
	}
	assert_int_equal(pv_net_server_send(&server, text, 788), PV_OK);
	/* Without MRG_RXBUF a frame is in one buffer. */
	open_driver(0, FEATURES & ~PV_NET_F_MRG_RXBUF);
	(void)add(0, HEADER + 60);
	(void)add(0, HEADER + 60);
	(void)add(0, HEADER + 60);
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_OK);
	assert_int_equal(memory_at(0x8000)[offsetof(struct net_header, n_buffers)], 1);
	assert_int_equal(pv_net_server_send(&server, text, 61), PV_CORRUPT);
	/* An index that makes no sense. */
	open_driver(0, FEATURES);
	store16(server.queues[0].queue.available + RING_INDEX, 99);
	assert_int_equal(pv_net_server_send(&server, text, 60), PV_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name, begin) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(test_frames, begin_with_driver),
		TEST(test_link, begin_with_driver),
		TEST(test_live, begin),
		TEST(test_bells, begin_with_driver),
		TEST(test_restart, begin_with_driver),
		TEST(test_what_drivers_send, begin),
		TEST(test_merged, begin),
		TEST(test_held, begin),
		TEST(test_bad_buffers, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
