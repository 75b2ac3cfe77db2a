/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c
   rtos-guests/virtio/virtqueue_device.c rtos-guests/virtio/frontend.c rtos-guests/virtio/net.c
   rtos-guests/virtio/slots.c tests/fake/virtio_device.c */
/* flags: -Itests/fake/sdk -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/* Frames through a virtio network interface, the device at the other end good and bad. */
#include "pv/virtio_net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rtos-guests/virtio/net_format.h"
#include "tests/fake/virtio_device.h"

#define FEATURES  (PV_VIRTIO_FEATURES | PV_NET_F_MAC | PV_NET_F_MRG_RXBUF | PV_NET_F_STATUS)
#define QUEUE_MAX 32u
#define N_SLOTS   32u
#define RECEIVE   0u
#define TRANSMIT  1u
#define HEADER    ((uint32_t)sizeof(struct net_header))

static struct pv_net net;
static struct pv_virtqueue_device devices[2];
static unsigned char text[4096], back[4096];

/* As an epoch is acknowledged by a backend with nothing in its hands. */
static void acknowledge(void)
{
	fake_virtio.acknowledged = fake_virtio.state.epoch;
}

static enum pv_status open_net(void)
{
	enum pv_status status = pv_net_open(&net, &fake_virtio.frontend);

	for (uint32_t i = 0; status == PV_OK && i < 2; i++) {
		const struct pv_virtio_queue_state *queue = &fake_virtio.state.queues[i];

		assert_int_equal(pv_virtqueue_device_open(&devices[i], &net.frontend.window,
							  &(struct pv_virtqueue_config){
								  queue->size, queue->descriptors,
								  queue->available, queue->used,
								  net.frontend.features }), PV_OK);
	}
	return status;
}

static int begin(void **state)
{
	(void)state;
	fake_virtio_begin(PV_VIRTIO_NET, FEATURES, 2, QUEUE_MAX);
	fake_virtio.on_reset = acknowledge;
	fake_virtio_configure(0, UINT64_C(0x0000060504030202)); /* MAC, link down */
	for (uint32_t i = 0; i < sizeof(text); i++) {
		text[i] = (unsigned char)(i * 7 + i / 256);
	}
	assert_int_equal(open_net(), PV_OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_virtio_end();
	return 0;
}

/* One slot as the device fills it: bytes of `text` from an offset, with a header or without. */
static void fill(const struct net_header *header, uint32_t from, uint32_t bytes)
{
	struct pv_virtqueue_chain chain;
	uint32_t header_bytes = header != NULL ? HEADER : 0;

	assert_int_equal(pv_virtqueue_pop(&devices[RECEIVE], &chain), PV_OK);
	assert_int_equal(chain.writable_bytes, PV_NET_SLOT_BYTES);
	if (header != NULL) {
		assert_int_equal(pv_virtqueue_chain_write(&chain, 0, header, HEADER), HEADER);
	}
	assert_int_equal(pv_virtqueue_chain_write(&chain, header_bytes, text + from, bytes), bytes);
	assert_int_equal(pv_virtqueue_push(&devices[RECEIVE], &chain, header_bytes + bytes), PV_OK);
}

static enum pv_status receive(size_t size, size_t *bytes)
{
	unsigned char *memory = malloc(size); /* to the byte */
	enum pv_status status = pv_net_receive(&net, memory, size, bytes);

	if (status == PV_OK) {
		assert_true(*bytes <= size);
		memcpy(back, memory, *bytes);
	}
	free(memory);
	return status;
}

static void test_open(void **state)
{
	(void)state;
	assert_memory_equal(net.mac, "\2\2\3\4\5\6", 6);
	assert_int_equal(net.receive.n, N_SLOTS);
	assert_int_equal(devices[RECEIVE].queue.size, N_SLOTS);
	/* By the window, to the last power of two that fits. */
	fake_virtio.frontend.window_bytes = 0x10000;
	assert_int_equal(open_net(), PV_OK);
	assert_int_equal(net.receive.n, 8);
	fake_virtio.frontend.window_bytes = 4096;
	assert_int_equal(open_net(), PV_FULL);
	assert_int_equal(pv_net_send(&net, text, 60), PV_CORRUPT);
	fake_virtio.frontend.window_bytes = FAKE_WINDOW_BYTES;
	fake_virtio.n_queues = 1;
	assert_int_equal(open_net(), PV_FULL);
	fake_virtio.n_queues = 2;
	fake_virtio.backend.features &= ~PV_NET_F_MAC;
	assert_int_equal(open_net(), PV_NOT_SUPPORTED);
}

static void test_link(void **state)
{
	(void)state;
	assert_false(pv_net_is_link_up(&net));
	fake_virtio_configure(0, UINT64_C(0x0001060504030202));
	assert_true(pv_net_is_link_up(&net));
	assert_false(pv_virtio_frontend_is_config_new(&net.frontend));
	fake_virtio_configure(0, UINT64_C(0xfffe060504030202));
	assert_false(pv_net_is_link_up(&net));
	fake_virtio.backend.features &= ~PV_NET_F_STATUS;
	assert_int_equal(open_net(), PV_OK);
	assert_true(pv_net_is_link_up(&net));
}

static void test_send(void **state)
{
	const struct net_header none = { 0 };
	struct pv_virtqueue_chain chain;

	(void)state;
	assert_int_equal(pv_net_send(&net, text, 0), PV_BAD_ARGUMENT);
	assert_int_equal(pv_net_send(&net, text, PV_NET_FRAME_MAX + 1), PV_BAD_ARGUMENT);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < N_SLOTS; i++) {
			assert_int_equal(pv_net_send(&net, text + i, PV_NET_FRAME_MAX - i), PV_OK);
		}
		assert_int_equal(pv_net_send(&net, text, 60), PV_FULL);
		for (uint32_t i = 0; i < N_SLOTS; i++) {
			struct net_header header;
			uint32_t bytes = PV_NET_FRAME_MAX - i;

			assert_int_equal(pv_virtqueue_pop(&devices[TRANSMIT], &chain), PV_OK);
			assert_int_equal(chain.readable_bytes, HEADER + bytes);
			assert_int_equal(pv_virtqueue_chain_read(&chain, 0, &header, HEADER), HEADER);
			assert_memory_equal(&header, &none, sizeof(header));
			(void)pv_virtqueue_chain_read(&chain, HEADER, back, bytes);
			assert_memory_equal(back, text + i, bytes);
			assert_int_equal(pv_virtqueue_push(&devices[TRANSMIT], &chain, 0), PV_OK);
		}
	}
	assert_int_equal(net.n_sent, 3 * N_SLOTS);
	devices[TRANSMIT].queue.used[2] += 1; /* one more than there was */
	assert_int_equal(pv_net_send(&net, text, 60), PV_CORRUPT);
}

static void test_receive(void **state)
{
	const struct net_header one = { .n_buffers = 1 }, three = { .n_buffers = 3 };
	size_t bytes;

	(void)state;
	assert_int_equal(receive(PV_NET_FRAME_MAX, &bytes), PV_EMPTY);
	/* Each slot comes back to the device: more frames than slots. */
	for (uint32_t i = 1; i < 3 * N_SLOTS; i++) {
		fill(&one, i, PV_NET_FRAME_MAX - i);
		assert_int_equal(receive(PV_NET_FRAME_MAX - i, &bytes), PV_OK);
		assert_int_equal(bytes, PV_NET_FRAME_MAX - i);
		assert_memory_equal(back, text + i, bytes);
	}
	for (uint32_t i = 0; i < N_SLOTS; i++) {
		fill(&three, 0, 100);
		fill(NULL, 100, 1);
		fill(NULL, 101, 1000);
		assert_int_equal(receive(PV_NET_FRAME_MAX, &bytes), PV_OK);
		assert_int_equal(bytes, 1101);
		assert_memory_equal(back, text, 1101);
	}
	assert_int_equal(receive(PV_NET_FRAME_MAX, &bytes), PV_EMPTY);
	assert_int_equal(net.n_dropped, 0);
	assert_int_equal(net.n_received, 4 * N_SLOTS - 1);
}

static void test_receive_drops(void **state)
{
	static const struct {
		struct net_header header;
		uint32_t bytes;
	} cases[] = {
		{ { .n_buffers = 1 }, 0 },
		{ { .n_buffers = 1 }, 101 },            /* too long */
		{ { .n_buffers = 1 }, PV_NET_SLOT_BYTES - HEADER },
		{ { .n_buffers = 1, .flags = 1 }, 60 }, /* NEEDS_CSUM */
		{ { .n_buffers = 1, .gso_type = 1 }, 60 },
	};
	/* DATA_VALID: of Linux, which has looked at the checksum. */
	const struct net_header good = { .n_buffers = 1, .flags = 2 }, two = { .n_buffers = 2 };
	size_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fill(&cases[i].header, 0, cases[i].bytes);
		fill(&good, 5, 100);
		assert_int_equal(receive(100, &bytes), PV_OK);
		assert_int_equal(bytes, 100);
		assert_memory_equal(back, text + 5, 100);
		assert_int_equal(net.n_dropped, i + 1);
	}
	/* Too long by its second slot, and then by what no slot fits. */
	fill(&two, 0, 60);
	fill(NULL, 60, 41);
	fill(&two, 0, 101);
	fill(NULL, 0, 1);
	fill(NULL, 0, 3); /* not even a header */
	assert_int_equal(receive(100, &bytes), PV_EMPTY);
	assert_int_equal(net.n_dropped, sizeof(cases) / sizeof(cases[0]) + 3);
	fill(&good, 0, 100);
	assert_int_equal(receive(100, &bytes), PV_OK);
}

/* Without MRG_RXBUF the count says nothing. */
static void test_receive_unmerged(void **state)
{
	const struct net_header zero = { .n_buffers = 0 }, two = { .n_buffers = 2 };
	size_t bytes;

	(void)state;
	fake_virtio.backend.features &= ~PV_NET_F_MRG_RXBUF;
	assert_int_equal(open_net(), PV_OK);
	fill(&zero, 0, 60);
	fill(&two, 0, 70);
	assert_int_equal(receive(100, &bytes), PV_OK);
	assert_int_equal(bytes, 60);
	assert_int_equal(receive(100, &bytes), PV_OK);
	assert_int_equal(bytes, 70);
}

/* Slots that the header promises and that do not come. */
static void test_receive_cut(void **state)
{
	const struct net_header two = { .n_buffers = 2 };
	size_t bytes;

	(void)state;
	fill(&two, 0, 60);
	assert_int_equal(receive(100, &bytes), PV_CORRUPT);
	fill(&(struct net_header){ .n_buffers = 1 }, 0, 60);
	assert_int_equal(receive(100, &bytes), PV_CORRUPT);
	/* Opened anew it works. */
	assert_int_equal(open_net(), PV_OK);
	fill(&(struct net_header){ .n_buffers = 1 }, 0, 60);
	assert_int_equal(receive(100, &bytes), PV_OK);
}

static void test_bells(void **state)
{
	const struct net_header one = { .n_buffers = 1 };
	struct pv_virtqueue_chain chain;
	size_t bytes;

	(void)state;
	pv_net_kick(&net);
	uint32_t n = fake_virtio.n_backend_rings;

	assert_true(pv_net_wait_begin(&net));
	pv_net_wait_end(&net);
	fill(&one, 0, 60);
	assert_false(pv_net_wait_begin(&net));
	assert_int_equal(receive(100, &bytes), PV_OK);
	/* The device waits for frames, and for slots. */
	assert_true(pv_virtqueue_device_wait_begin(&devices[TRANSMIT]));
	assert_int_equal(pv_net_send(&net, text, 60), PV_OK);
	pv_net_kick(&net);
	assert_int_equal(fake_virtio.n_backend_rings, n + 1);
	pv_net_kick(&net);
	assert_int_equal(fake_virtio.n_backend_rings, n + 1);
	/* With room to send, what was sent does not wake; without it does. */
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(pv_net_send(&net, text, 60), PV_OK);
		assert_true(pv_net_wait_begin(&net));
		assert_int_equal(pv_virtqueue_pop(&devices[TRANSMIT], &chain), PV_OK);
		assert_int_equal(pv_virtqueue_push(&devices[TRANSMIT], &chain, 0), PV_OK);
		/* At first the event is where all begins. */
		assert_int_equal(pv_virtqueue_must_interrupt(&devices[TRANSMIT]), i == 0);
	}
	while (pv_net_send(&net, text, 60) == PV_OK) {
	}
	assert_true(pv_net_wait_begin(&net));
	assert_int_equal(pv_virtqueue_pop(&devices[TRANSMIT], &chain), PV_OK);
	assert_int_equal(pv_virtqueue_push(&devices[TRANSMIT], &chain, 0), PV_OK);
	assert_true(pv_virtqueue_must_interrupt(&devices[TRANSMIT]));
	assert_true(pv_net_wait_begin(&net)); /* it has room again */
	assert_int_equal(pv_net_send(&net, text, 60), PV_OK);
	pv_net_wait_end(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(test_open),
		TEST(test_link),
		TEST(test_send),
		TEST(test_receive),
		TEST(test_receive_drops),
		TEST(test_receive_unmerged),
		TEST(test_receive_cut),
		TEST(test_bells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
