/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c
   rtos-guests/virtio/virtqueue_device.c */
/* flags: -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/*
 * Virtqueues: both ends on one window, and each end against a peer that writes
 * what it likes. The window is allocated to the byte, so that any step outside
 * is reported.
 */
#include "pv/virtqueue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rtos-guests/virtio/ring.h"

#define ADDRESS      UINT64_C(0x42000000)
#define WINDOW_BYTES 16384u
#define SIZE         4u
#define BUFFERS      8192u /* offset of buffers in the window */
#define N(array)     (sizeof(array) / sizeof((array)[0]))

struct setup {
	struct pv_virtio_window window;
	struct pv_virtqueue_config config;
	struct pv_virtqueue_driver driver;
	struct pv_virtqueue_device device;
};

static int begin_with(void **state, uint32_t size, uint64_t features)
{
	struct setup *s = calloc(1, sizeof(*s));

	s->window = (struct pv_virtio_window){ aligned_alloc(16, WINDOW_BYTES), ADDRESS,
					       WINDOW_BYTES };
	memset(s->window.memory, 0, WINDOW_BYTES);
	assert_true(pv_virtqueue_place(ADDRESS, size, features, &s->config) <= BUFFERS);
	assert_int_equal(pv_virtqueue_driver_open(&s->driver, &s->window, &s->config), PV_OK);
	assert_int_equal(pv_virtqueue_device_open(&s->device, &s->window, &s->config), PV_OK);
	assert_true(pv_virtqueue_must_interrupt(&s->device));
	*state = s;
	return 0;
}

static int begin(void **state)
{
	return begin_with(state, SIZE, PV_VIRTIO_FEATURES);
}

static int begin_without_events(void **state)
{
	return begin_with(state, SIZE, PV_VIRTIO_FEATURES_REQUIRED);
}

static int begin_large(void **state)
{
	return begin_with(state, PV_VIRTQUEUE_SIZE_MAX, PV_VIRTIO_FEATURES);
}

static int end(void **state)
{
	struct setup *s = *state;

	free(s->window.memory);
	free(s);
	return 0;
}

static uint16_t add(struct setup *s, uint32_t n_readable, uint32_t n_writable)
{
	struct pv_virtqueue_piece pieces[PV_VIRTQUEUE_CHAIN_MAX];
	uint16_t head = UINT16_MAX;

	for (uint32_t i = 0; i < n_readable + n_writable; i++) {
		pieces[i] = (struct pv_virtqueue_piece){ ADDRESS + BUFFERS + 8 * i, 8,
							 i >= n_readable };
	}
	assert_int_equal(pv_virtqueue_add(&s->driver, pieces, n_readable + n_writable, &head),
			 PV_OK);
	return head;
}

static void pop_and_push(struct setup *s, uint16_t head, uint32_t bytes)
{
	struct pv_virtqueue_chain chain;

	assert_int_equal(pv_virtqueue_pop(&s->device, &chain), PV_OK);
	assert_int_equal(chain.head, head);
	assert_int_equal(pv_virtqueue_push(&s->device, &chain, bytes), PV_OK);
}

static void collect(struct setup *s, uint16_t head, uint32_t bytes)
{
	uint16_t collected = UINT16_MAX;
	uint32_t collected_bytes = UINT32_MAX;

	assert_int_equal(pv_virtqueue_collect(&s->driver, &collected, &collected_bytes), PV_OK);
	assert_int_equal(collected, head);
	assert_int_equal(collected_bytes, bytes);
}

/* ---- What a window and a queue may be ---------------------------------------- */

static void test_window_at(void **state)
{
	struct setup *s = *state;
	static const struct {
		uint64_t address, bytes;
		bool is_inside;
	} cases[] = {
		{ ADDRESS, 1, true },
		{ ADDRESS, WINDOW_BYTES, true },
		{ ADDRESS, WINDOW_BYTES + 1, false },
		{ ADDRESS - 1, 1, false },
		{ ADDRESS - 1, 2, false },
		{ 0, 1, false },
		{ ADDRESS + WINDOW_BYTES - 1, 1, true },
		{ ADDRESS + WINDOW_BYTES - 1, 2, false },
		{ ADDRESS + WINDOW_BYTES + 1, 1, false },
		{ ADDRESS + 16, UINT64_MAX, false },
		{ ADDRESS + 16, UINT64_MAX - ADDRESS, false },
		{ UINT64_MAX, 1, false },
		{ UINT64_MAX - 7, 16, false },
	};

	for (size_t i = 0; i < N(cases); i++) {
		const unsigned char *at = pv_virtio_window_at(&s->window, cases[i].address,
							      cases[i].bytes);

		assert_ptr_equal(at, cases[i].is_inside
					     ? s->window.memory + (cases[i].address - ADDRESS)
					     : NULL);
	}
}

static void test_open_refuses(void **state)
{
	struct setup *s = *state;
	const struct pv_virtqueue_config good = s->config;
	const struct pv_virtio_window window = s->window;
	const struct {
		struct pv_virtqueue_config config;
		struct pv_virtio_window window;
	} cases[] = {
#define PLACES(d, a, u) QUEUE(SIZE, d, a, u, PV_VIRTIO_FEATURES)
#define QUEUE(size, d, a, u, features) \
	{ { size, ADDRESS + (d), ADDRESS + (a), ADDRESS + (u), features }, window }
		QUEUE(0, 0, 64, 80, PV_VIRTIO_FEATURES),
		QUEUE(12, 0, 512, 800, PV_VIRTIO_FEATURES),
		PLACES(8, 128, 192),
		PLACES(0, 129, 192),
		PLACES(0, 128, 194),
		PLACES(WINDOW_BYTES - 48, 128, 192),
		PLACES(0, WINDOW_BYTES - 12, 192),
		PLACES(0, 128, WINDOW_BYTES - 36),
		PLACES(0, 62, 192),    /* available in descriptors */
		PLACES(0, 128, 60),    /* used in descriptors */
		PLACES(0, 128, 140),   /* used in available */
		PLACES(128, 120, 320), /* available runs into descriptors */
		PLACES(0, 128, 100),   /* used runs into available */
		QUEUE(SIZE, 0, 128, 192, PV_VIRTIO_F_VERSION_1),
		QUEUE(SIZE, 0, 128, 192, PV_VIRTIO_F_ACCESS_PLATFORM),
		{ { SIZE, ADDRESS + 16, ADDRESS + 128, ADDRESS + 192, PV_VIRTIO_FEATURES },
		  { NULL, ADDRESS, WINDOW_BYTES } },
		{ good, { window.memory + 8, ADDRESS, WINDOW_BYTES - 8 } },
		{ good, { window.memory, ADDRESS - 8, WINDOW_BYTES } },
		{ good, { window.memory, ADDRESS, PV_VIRTIO_WINDOW_MAX + 1 } },
		{ good, { window.memory, UINT64_MAX - WINDOW_BYTES + 17, WINDOW_BYTES } },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct pv_virtqueue_chain chain;
		struct pv_virtqueue_piece piece = { ADDRESS + BUFFERS, 8, false };
		uint16_t head;
		uint32_t bytes;
		struct pv_virtqueue_config config = cases[i].config;

		if (i == N(cases) - 1) { /* the addresses fit; the window's end does not */
			config.descriptors = cases[i].window.address;
			config.available = config.descriptors + 128;
			config.used = config.descriptors + 192;
		}
		memset(&s->driver, 0xa5, sizeof(s->driver));
		memset(&s->device, 0xa5, sizeof(s->device));
		assert_int_equal(pv_virtqueue_driver_open(&s->driver, &cases[i].window, &config),
				 PV_BAD_ARGUMENT);
		assert_int_equal(pv_virtqueue_device_open(&s->device, &cases[i].window, &config),
				 PV_BAD_ARGUMENT);
		/* Nothing works on what was not opened, and nothing is touched. */
		assert_int_equal(pv_virtqueue_add(&s->driver, &piece, 1, &head), PV_CORRUPT);
		assert_int_equal(pv_virtqueue_collect(&s->driver, &head, &bytes), PV_CORRUPT);
		assert_int_equal(pv_virtqueue_pop(&s->device, &chain), PV_CORRUPT);
		assert_false(pv_virtqueue_kick(&s->driver));
		assert_false(pv_virtqueue_must_interrupt(&s->device));
		assert_true(pv_virtqueue_driver_wait_begin(&s->driver));
		assert_true(pv_virtqueue_device_wait_begin(&s->device));
		pv_virtqueue_driver_wait_end(&s->driver);
		pv_virtqueue_device_wait_end(&s->device);
	}
	assert_int_equal(pv_virtqueue_driver_open(&s->driver, &window, &good), PV_OK);
	assert_int_equal(pv_virtqueue_device_open(&s->device, &window, &good), PV_OK);
}

/* A queue of the largest size is accepted, twice that is not. */
static void test_open_size(void **state)
{
	struct pv_virtio_window window = { aligned_alloc(16, 16384), ADDRESS, 16384 };
	struct pv_virtqueue_config config;
	struct setup *s = *state;

	memset(window.memory, 0, 16384);
	(void)pv_virtqueue_place(ADDRESS, PV_VIRTQUEUE_SIZE_MAX, PV_VIRTIO_FEATURES, &config);
	assert_int_equal(pv_virtqueue_device_open(&s->device, &window, &config), PV_OK);
	(void)pv_virtqueue_place(ADDRESS, 2 * PV_VIRTQUEUE_SIZE_MAX, PV_VIRTIO_FEATURES, &config);
	assert_int_equal(pv_virtqueue_device_open(&s->device, &window, &config), PV_BAD_ARGUMENT);
	assert_int_equal(pv_virtqueue_driver_open(&s->driver, &window, &config), PV_BAD_ARGUMENT);
	free(window.memory);
}

/* ---- Both ends ----------------------------------------------------------------- */

/* 200,000 chains: indices wrap, descriptors come and go in every mixture. */
static void test_exchange(void **state)
{
	struct setup *s = *state;
	uint64_t n_collected = 0;
	uint64_t random = 1;

	for (uint64_t n_added = 0; n_collected < 200000;) {
		struct pv_virtqueue_piece pieces[3];
		uint32_t n_readable = 1 + (uint32_t)(random >> 33) % 2;
		uint16_t head;
		uint32_t bytes;
		struct pv_virtqueue_chain chain;

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		for (uint32_t i = 0; i < n_readable; i++) {
			pieces[i] = (struct pv_virtqueue_piece){
				ADDRESS + BUFFERS + 64 * (n_added % 128) + 8 * i, 8, false };
		}
		pieces[n_readable] = (struct pv_virtqueue_piece){
			ADDRESS + BUFFERS + 64 * (n_added % 128) + 16, 8, true };
		if (pv_virtqueue_add(&s->driver, pieces, n_readable + 1, &head) == PV_OK) {
			memcpy(s->window.memory + BUFFERS + 64 * (n_added % 128), &n_added, 8);
			n_added++;
		}
		if ((random >> 40 & 1) != 0 && pv_virtqueue_pop(&s->device, &chain) == PV_OK) {
			uint64_t number;

			assert_int_equal(pv_virtqueue_chain_read(&chain, 0, &number, 8), 8);
			assert_int_equal(pv_virtqueue_chain_write(&chain, 0, &number, 8), 8);
			assert_int_equal(pv_virtqueue_push(&s->device, &chain, 8), PV_OK);
		}
		if ((random >> 41 & 1) != 0 &&
		    pv_virtqueue_collect(&s->driver, &head, &bytes) == PV_OK) {
			uint64_t number;

			memcpy(&number, s->window.memory + BUFFERS + 64 * (n_collected % 128) + 16, 8);
			assert_int_equal(number, n_collected);
			assert_int_equal(bytes, 8);
			n_collected++;
		}
		assert_false(s->driver.queue.is_broken || s->device.queue.is_broken);
	}
}

static void test_add_refuses(void **state)
{
	struct setup *s = *state;
	const uint64_t at = ADDRESS + BUFFERS;
	static const struct pv_virtqueue_piece fine = { ADDRESS + BUFFERS, 8, false };
	const struct {
		struct pv_virtqueue_piece pieces[2];
		uint32_t n;
	} cases[] = {
		{ { fine, fine }, 0 },
		{ { fine, { at, 0, false } }, 2 },
		{ { { at, 8, true }, fine }, 2 },
		{ { fine, { ADDRESS + WINDOW_BYTES - 4, 8, false } }, 2 },
		{ { fine, { ADDRESS - 4, 8, true } }, 2 },
	};
	struct pv_virtqueue_piece many[PV_VIRTQUEUE_CHAIN_MAX + 2];
	uint32_t longest = s->config.size < PV_VIRTQUEUE_CHAIN_MAX ? s->config.size : PV_VIRTQUEUE_CHAIN_MAX;
	uint16_t head;

	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(pv_virtqueue_add(&s->driver, cases[i].pieces, cases[i].n, &head),
				 PV_BAD_ARGUMENT);
	}
	for (size_t i = 0; i < N(many); i++) {
		many[i] = fine;
	}
	/* Longer than the queue or than any chain can never succeed: not PV_FULL. */
	assert_int_equal(pv_virtqueue_add(&s->driver, many, longest + 1, &head), PV_BAD_ARGUMENT);
	assert_int_equal(s->driver.n_free, s->config.size);
	assert_int_equal(pv_virtqueue_add(&s->driver, many, longest, &head), PV_OK);
	assert_int_equal(pv_virtqueue_add(&s->driver, many, s->driver.n_free + 1, &head),
			 s->driver.n_free < longest ? PV_FULL : PV_BAD_ARGUMENT);
}

/* ---- The device writes what it likes ------------------------------------------- */

static void write_used(struct setup *s, uint16_t slot, uint32_t id, uint32_t bytes, uint16_t index)
{
	unsigned char *used = s->driver.queue.used;

	store32(used + RING_ENTRIES + 8 * slot + USED_ENTRY_ID, id);
	store32(used + RING_ENTRIES + 8 * slot + USED_ENTRY_LENGTH, bytes);
	store16(used + RING_INDEX, index);
}

static void test_hostile_device(void **state)
{
	struct setup *s = *state;
	static const struct {
		uint32_t id, bytes;
		uint16_t index;
	} cases[] = {
		{ 0, 8, 3 },               /* more used than there were */
		{ 0, 8, UINT16_MAX },      /* the index went back */
		{ SIZE, 8, 1 },            /* no such descriptor */
		{ UINT32_MAX, 8, 1 },
		{ 0x10000, 8, 1 },         /* 0 in 16 bits */
		{ 1, 8, 1 },               /* in a chain, not its head */
		{ 3, 8, 1 },               /* free */
		{ 0, 9, 1 },               /* longer than what it may write */
		{ 2, 1, 1 },               /* nothing to write there */
		{ 0, UINT32_MAX, 1 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		uint16_t head;
		uint32_t bytes;

		assert_int_equal(pv_virtqueue_driver_open(&s->driver, &s->window, &s->config),
				 PV_OK);
		assert_int_equal(add(s, 1, 1), 0);
		assert_int_equal(add(s, 1, 0), 2);
		write_used(s, 0, cases[i].id, cases[i].bytes, cases[i].index);
		assert_int_equal(pv_virtqueue_collect(&s->driver, &head, &bytes), PV_CORRUPT);
		assert_false(pv_virtqueue_kick(&s->driver)); /* for what was added before */
		/* It stays broken, also when the window is put right. */
		write_used(s, 0, 0, 8, 1);
		assert_int_equal(pv_virtqueue_collect(&s->driver, &head, &bytes), PV_CORRUPT);
	}
	assert_int_equal(pv_virtqueue_driver_open(&s->driver, &s->window, &s->config), PV_OK);
	(void)add(s, 1, 1);
	(void)add(s, 1, 0);
	write_used(s, 0, 0, 8, 1);
	collect(s, 0, 8);
	write_used(s, 1, 0, 8, 2); /* once more */
	assert_int_equal(pv_virtqueue_collect(&s->driver, &(uint16_t){ 0 }, &(uint32_t){ 0 }),
			 PV_CORRUPT);
}

/* What the device does to the descriptor table does not change which ones are free. */
static void test_hostile_device_descriptors(void **state)
{
	struct setup *s = *state;

	for (uint32_t round = 0; round < 100; round++) {
		uint16_t head = add(s, 2, 2);

		memset(s->driver.queue.descriptors, 0xff, 16 * SIZE);
		write_used(s, round % SIZE, head, 16, (uint16_t)(round + 1));
		collect(s, head, 16);
		assert_int_equal(s->driver.n_free, SIZE);
	}
}

/* ---- The driver writes what it likes -------------------------------------------- */

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

#define NEXT     DESCRIPTOR_F_NEXT
#define WRITE    DESCRIPTOR_F_WRITE
#define INDIRECT 4u
#define BUFFER   (ADDRESS + BUFFERS)

static void test_hostile_descriptors(void **state)
{
	struct setup *s = *state;
	static const struct {
		enum pv_status status;
		uint16_t head;
		struct descriptor table[SIZE];
	} cases[] = {
		{ PV_OK, 0, { { BUFFER, 8, 0, 0 } } },
		{ PV_OK, 0, { { BUFFER, 8, 0, 99 } } }, /* without NEXT, next means nothing */
		{ PV_OK, 3, { [3] = { BUFFER, 8, NEXT, 1 }, [1] = { BUFFER, 8, WRITE, 0 } } },
		{ PV_OK, 0, { { ADDRESS, WINDOW_BYTES, WRITE, 0 } } },
		{ PV_CORRUPT, SIZE, { { BUFFER, 8, 0, 0 } } },
		{ PV_CORRUPT, UINT16_MAX, { { BUFFER, 8, 0, 0 } } },
		{ PV_CORRUPT, 0, { { ADDRESS - 1, 8, 0, 0 } } },
		{ PV_CORRUPT, 0, { { ADDRESS + WINDOW_BYTES - 7, 8, 0, 0 } } },
		{ PV_CORRUPT, 0, { { ADDRESS, WINDOW_BYTES + 1, WRITE, 0 } } },
		{ PV_CORRUPT, 0, { { UINT64_MAX - 3, 8, 0, 0 } } },
		{ PV_CORRUPT, 0, { { 0, 8, 0, 0 } } },
		{ PV_CORRUPT, 0, { { BUFFER, UINT32_MAX, 0, 0 } } },
		{ PV_CORRUPT, 0, { { BUFFER, 0, 0, 0 } } },
		{ PV_CORRUPT, 0, { { BUFFER, 16, INDIRECT, 0 } } },
		{ PV_CORRUPT, 0, { { BUFFER, 8, 0x80, 0 } } },
		{ PV_CORRUPT, 0, { { BUFFER, 8, 0x8000, 0 } } },
		{ PV_CORRUPT, 0, { { BUFFER, 8, NEXT, SIZE } } },
		{ PV_CORRUPT, 0, { { BUFFER, 8, NEXT, UINT16_MAX } } },
		{ PV_CORRUPT, 0, { { BUFFER, 8, NEXT, 0 } } }, /* loops */
		{ PV_CORRUPT, 0, { { BUFFER, 8, NEXT, 1 }, { BUFFER, 8, NEXT, 0 } } },
		{ PV_CORRUPT, 0, { { BUFFER, 8, NEXT, 1 }, { BUFFER, 8, NEXT | WRITE, 1 } } },
		{ PV_CORRUPT, 0, { { BUFFER, 8, NEXT | WRITE, 1 }, { BUFFER, 8, 0, 0 } } },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct pv_virtqueue_chain chain;

		assert_int_equal(pv_virtqueue_driver_open(&s->driver, &s->window, &s->config),
				 PV_OK);
		assert_int_equal(pv_virtqueue_device_open(&s->device, &s->window, &s->config),
				 PV_OK);
		_Static_assert(sizeof(struct descriptor) == 16, "as in the table");
		memcpy(s->device.queue.descriptors, cases[i].table, sizeof(cases[i].table));
		store16(s->device.queue.available + RING_ENTRIES, cases[i].head);
		store_index(s->device.queue.available, 1);
		assert_int_equal(pv_virtqueue_pop(&s->device, &chain), cases[i].status);
		if (cases[i].status == PV_CORRUPT) {
			/* It stays broken, says nothing and takes nothing. */
			store16(s->device.queue.available + RING_ENTRIES + 2, 0);
			store_index(s->device.queue.available, 2);
			assert_int_equal(pv_virtqueue_pop(&s->device, &chain), PV_CORRUPT);
			assert_int_equal(pv_virtqueue_push(&s->device, &chain, 0), PV_CORRUPT);
			assert_false(pv_virtqueue_must_interrupt(&s->device));
			assert_true(pv_virtqueue_device_wait_begin(&s->device));
			assert_int_equal(load16(s->device.queue.used + RING_INDEX), 0);
		}
	}
}

/* PV_VIRTQUEUE_CHAIN_MAX descriptors are a chain, one more is not, in a table that has room. */
static void test_chain_length(void **state)
{
	struct setup *s = *state;

	for (uint16_t n = PV_VIRTQUEUE_CHAIN_MAX; n <= PV_VIRTQUEUE_CHAIN_MAX + 1; n++) {
		struct pv_virtqueue_chain chain;

		assert_int_equal(pv_virtqueue_driver_open(&s->driver, &s->window, &s->config),
				 PV_OK);
		assert_int_equal(pv_virtqueue_device_open(&s->device, &s->window, &s->config),
				 PV_OK);
		for (uint16_t i = 0; i < n; i++) {
			struct descriptor *table = (void *)s->device.queue.descriptors;

			table[i] = (struct descriptor){ BUFFER, 8, i + 1 < n ? NEXT : 0,
							(uint16_t)(i + 1) };
		}
		store_index(s->device.queue.available, 1);
		assert_int_equal(pv_virtqueue_pop(&s->device, &chain),
				 n == PV_VIRTQUEUE_CHAIN_MAX ? PV_OK : PV_CORRUPT);
	}
}

static void test_hostile_index(void **state)
{
	struct setup *s = *state;
	/* 4 chains were made available, 2 popped, 1 of them given back. */
	static const struct {
		uint16_t index;
		enum pv_status status;
	} cases[] = {
		{ 4, PV_OK },      { 2, PV_EMPTY },   { 5, PV_OK },
		{ 6, PV_CORRUPT }, { 1, PV_CORRUPT }, { 0, PV_CORRUPT },
		{ 0x8000, PV_CORRUPT }, { UINT16_MAX, PV_CORRUPT },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct pv_virtqueue_chain first, second, third;

		assert_int_equal(pv_virtqueue_driver_open(&s->driver, &s->window, &s->config),
				 PV_OK);
		assert_int_equal(pv_virtqueue_device_open(&s->device, &s->window, &s->config),
				 PV_OK);
		for (uint32_t n = 0; n < SIZE; n++) {
			(void)add(s, 1, 0);
		}
		assert_int_equal(pv_virtqueue_pop(&s->device, &first), PV_OK);
		assert_int_equal(pv_virtqueue_pop(&s->device, &second), PV_OK);
		assert_int_equal(pv_virtqueue_push(&s->device, &first, 0), PV_OK);
		store16(s->device.queue.available + RING_INDEX, cases[i].index);
		assert_int_equal(pv_virtqueue_pop(&s->device, &third), cases[i].status);
	}
}

/* Whatever the driver writes to the used ring, the device goes on from its own count. */
static void test_hostile_used_ring(void **state)
{
	struct setup *s = *state;

	pop_and_push(s, add(s, 1, 1), 8);
	store16(s->device.queue.used + RING_INDEX, 0x1234);
	pop_and_push(s, add(s, 1, 1), 8);
	assert_int_equal(load16(s->device.queue.used + RING_INDEX), 2);
}

static void test_push_refuses(void **state)
{
	struct setup *s = *state;
	struct pv_virtqueue_chain first, second;

	(void)add(s, 1, 1);
	(void)add(s, 1, 1);
	assert_int_equal(pv_virtqueue_pop(&s->device, &first), PV_OK);
	assert_int_equal(pv_virtqueue_pop(&s->device, &second), PV_OK);
	assert_int_equal(pv_virtqueue_push(&s->device, &second, 0), PV_BAD_ARGUMENT);
	assert_int_equal(pv_virtqueue_push(&s->device, &first, 9), PV_BAD_ARGUMENT);
	assert_int_equal(load16(s->device.queue.used + RING_INDEX), 0);
	assert_int_equal(pv_virtqueue_push(&s->device, &first, 8), PV_OK);
	assert_int_equal(pv_virtqueue_push(&s->device, &second, 0), PV_OK);
	/* All are back; head `first` stands where the next would. */
	s->device.heads[2] = first.head;
	assert_int_equal(pv_virtqueue_push(&s->device, &first, 0), PV_BAD_ARGUMENT);
}

/* All or nothing: also what the driver sees of it. */
static void test_push_several(void **state)
{
	struct setup *s = *state;
	struct pv_virtqueue_chain chains[3];
	uint32_t bytes[3] = { 8, 0, 3 };
	uint16_t heads[3];

	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 3; i++) {
			heads[i] = add(s, 0, 1);
		}
		for (uint32_t i = 0; i < 3; i++) {
			assert_int_equal(pv_virtqueue_pop(&s->device, &chains[i]), PV_OK);
		}
		bytes[2] = 9;
		assert_int_equal(pv_virtqueue_push_several(&s->device, chains, bytes, 3), PV_BAD_ARGUMENT);
		bytes[2] = 3;
		assert_int_equal(pv_virtqueue_push_several(&s->device, chains + 1, bytes, 2),
				 PV_BAD_ARGUMENT);
		assert_int_equal(load16(s->device.queue.used + RING_INDEX), 3 * round);
		assert_int_equal(pv_virtqueue_push_several(&s->device, chains, bytes, 3), PV_OK);
		assert_int_equal(load16(s->device.queue.used + RING_INDEX), 3 * round + 3);
		for (uint32_t i = 0; i < 3; i++) {
			collect(s, heads[i], bytes[i]);
		}
		/* More than were popped, with the right heads where others would stand. */
		for (uint32_t i = 0; i < 3; i++) {
			s->device.heads[(s->device.next_used + i) & (SIZE - 1)] = chains[i].head;
		}
		assert_int_equal(pv_virtqueue_push_several(&s->device, chains, bytes, 3), PV_BAD_ARGUMENT);
	}
}

static void test_chain_bytes(void **state)
{
	struct setup *s = *state;
	const struct pv_virtqueue_piece pieces[] = {
		{ BUFFER, 3, false }, { BUFFER + 100, 5, false },
		{ BUFFER + 200, 2, true }, { BUFFER + 300, 6, true },
	};
	struct pv_virtqueue_chain chain;
	uint16_t head;
	char text[16] = "";
	uint32_t n = 100;

	memcpy(s->window.memory + BUFFERS, "abc", 3);
	memcpy(s->window.memory + BUFFERS + 100, "defgh", 5);
	assert_int_equal(pv_virtqueue_add(&s->driver, pieces, 4, &head), PV_OK);
	assert_int_equal(pv_virtqueue_pop(&s->device, &chain), PV_OK);
	assert_int_equal(chain.readable_bytes, 8);
	assert_int_equal(chain.writable_bytes, 8);
	assert_int_equal(pv_virtqueue_chain_read(&chain, 1, text, sizeof(text)), 7);
	assert_string_equal(text, "bcdefgh");
	assert_int_equal(pv_virtqueue_chain_read(&chain, 8, text, 1), 0);
	assert_int_equal(pv_virtqueue_chain_write(&chain, 1, "12345", 5), 5);
	assert_memory_equal(s->window.memory + BUFFERS + 200, "\0001", 2);
	assert_memory_equal(s->window.memory + BUFFERS + 300, "2345\0", 5);
	assert_int_equal(pv_virtqueue_chain_write(&chain, 7, "xy", 2), 1);
	assert_ptr_equal(pv_virtqueue_chain_at(&chain, true, 3, &n),
			 s->window.memory + BUFFERS + 301);
	assert_int_equal(n, 5);
	assert_null(pv_virtqueue_chain_at(&chain, true, 8, &n));
}

/* ---- Bells ---------------------------------------------------------------------- */

static void test_events(void **state)
{
	struct setup *s = *state;
	struct pv_virtqueue_chain chain;

	/* The device sleeps: one bell for the first of two, none while it is awake. */
	assert_true(pv_virtqueue_device_wait_begin(&s->device));
	assert_false(pv_virtqueue_kick(&s->driver)); /* nothing new */
	(void)add(s, 1, 0);
	(void)add(s, 1, 0);
	assert_true(pv_virtqueue_kick(&s->driver));
	pv_virtqueue_device_wait_end(&s->device);
	assert_int_equal(pv_virtqueue_pop(&s->device, &chain), PV_OK);
	(void)add(s, 1, 0);
	assert_false(pv_virtqueue_kick(&s->driver));
	/* There is work: it must not sleep. */
	assert_false(pv_virtqueue_device_wait_begin(&s->device));

	/* The driver sleeps: one interrupt for the first, none while it is awake. */
	assert_true(pv_virtqueue_driver_wait_begin(&s->driver));
	assert_false(pv_virtqueue_must_interrupt(&s->device)); /* nothing given back yet */
	assert_int_equal(pv_virtqueue_push(&s->device, &chain, 0), PV_OK);
	assert_true(pv_virtqueue_must_interrupt(&s->device));
	assert_false(pv_virtqueue_driver_wait_begin(&s->driver));
	pv_virtqueue_driver_wait_end(&s->driver);
	assert_int_equal(pv_virtqueue_pop(&s->device, &chain), PV_OK);
	assert_int_equal(pv_virtqueue_push(&s->device, &chain, 0), PV_OK);
	assert_false(pv_virtqueue_must_interrupt(&s->device));
}

/* VIRTIO 1.2 "Used Buffer Notification Suppression": crossing the event, also past 2^16. */
static void test_event_arithmetic(void **state)
{
	static const struct {
		uint16_t event, now, old;
		bool has_passed;
	} cases[] = {
		{ 0, 1, 0, true },  { 0, 0, 0, false }, { 1, 1, 0, false }, { 1, 2, 0, true },
		{ 4, 9, 5, false }, { 8, 9, 5, true },  { 9, 9, 5, false }, { 5, 9, 5, true },
		{ 0xffff, 0, 0xffff, true }, { 0, 0, 0xfffe, false }, { 0xfffe, 1, 0xffff, false },
		{ 0, 1, 0xfff0, true },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(has_passed(cases[i].event, cases[i].now, cases[i].old),
				 cases[i].has_passed);
	}
}

static void test_flags(void **state)
{
	struct setup *s = *state;

	/* Without EVENT_IDX flags say it: quiet while awake, a bell while asleep. */
	(void)add(s, 1, 0);
	assert_false(pv_virtqueue_kick(&s->driver));
	assert_false(pv_virtqueue_device_wait_begin(&s->device));
	(void)add(s, 1, 0);
	assert_true(pv_virtqueue_kick(&s->driver));
	assert_false(pv_virtqueue_kick(&s->driver)); /* nothing new */
	pv_virtqueue_device_wait_end(&s->device);
	(void)add(s, 1, 0);
	assert_false(pv_virtqueue_kick(&s->driver));

	pv_virtqueue_driver_wait_end(&s->driver);
	pop_and_push(s, 0, 0);
	assert_false(pv_virtqueue_must_interrupt(&s->device));
	assert_false(pv_virtqueue_driver_wait_begin(&s->driver));
	pop_and_push(s, 1, 0);
	assert_true(pv_virtqueue_must_interrupt(&s->device));
}

/* ---- The device's restart --------------------------------------------------------- */

static void test_resume(void **state)
{
	struct setup *s = *state;
	struct pv_virtqueue_chain chain;

	pop_and_push(s, add(s, 1, 1), 8);
	collect(s, 0, 8);
	uint16_t second = add(s, 1, 1), third = add(s, 1, 1);

	/* Given back without an interrupt, and popped without being given back. */
	pop_and_push(s, second, 4);
	assert_int_equal(pv_virtqueue_pop(&s->device, &chain), PV_OK);
	assert_false(pv_virtqueue_driver_wait_begin(&s->driver));
	memset(&s->device, 0xa5, sizeof(s->device));
	assert_int_equal(pv_virtqueue_device_open(&s->device, &s->window, &s->config), PV_OK);
	/* The interrupt is made good, once. */
	assert_true(pv_virtqueue_must_interrupt(&s->device));
	assert_false(pv_virtqueue_must_interrupt(&s->device));
	/* The second is not served again, the third is. */
	pop_and_push(s, third, 2);
	assert_int_equal(pv_virtqueue_pop(&s->device, &chain), PV_EMPTY);
	collect(s, second, 4);
	collect(s, third, 2);
	assert_int_equal(pv_virtqueue_collect(&s->driver, &(uint16_t){ 0 }, &(uint32_t){ 0 }),
			 PV_EMPTY);
}

static void test_resume_refuses(void **state)
{
	struct setup *s = *state;
	struct pv_virtqueue_chain chain;

	for (uint16_t n = SIZE; n <= SIZE + 1; n++) {
		store16(s->device.queue.used + RING_INDEX, 0xfffe);
		store16(s->device.queue.available + RING_INDEX, (uint16_t)(0xfffe + n));
		assert_int_equal(pv_virtqueue_device_open(&s->device, &s->window, &s->config),
				 n == SIZE ? PV_OK : PV_CORRUPT);
	}
	store16(s->device.queue.available + RING_INDEX, 0xfffe);
	assert_int_equal(pv_virtqueue_pop(&s->device, &chain), PV_CORRUPT);
}

/* A closed queue is empty, also in memory that was never used. */
static void test_close(void **state)
{
	struct setup *s = *state;
	struct pv_virtqueue_chain chain = { .head = 0 };

	(void)add(s, 1, 0);
	s->device.mark = true;
	pv_virtqueue_device_break(&s->device);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(pv_virtqueue_device_is_open(&s->device), i == 0);
		assert_int_equal(s->device.mark, i == 0);
		assert_int_equal(pv_virtqueue_pop(&s->device, &chain), i == 0 ? PV_CORRUPT : PV_EMPTY);
		assert_int_equal(pv_virtqueue_push(&s->device, &chain, 0),
				 i == 0 ? PV_CORRUPT : PV_BAD_ARGUMENT);
		assert_false(pv_virtqueue_must_interrupt(&s->device));
		assert_true(pv_virtqueue_device_wait_begin(&s->device));
		pv_virtqueue_device_wait_end(&s->device);
		pv_virtqueue_device_close(&s->device);
	}
	memset(&s->device, 0, sizeof(s->device));
	assert_false(pv_virtqueue_device_is_open(&s->device));
	assert_int_equal(pv_virtqueue_pop(&s->device, &chain), PV_EMPTY);
	assert_int_equal(pv_virtqueue_device_open(&s->device, &s->window, &s->config), PV_OK);
	assert_true(pv_virtqueue_device_is_open(&s->device));
	assert_int_equal(pv_virtqueue_pop(&s->device, &chain), PV_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)               cmocka_unit_test_setup_teardown(name, begin, end)
#define TEST_IN(name, situation) cmocka_unit_test_setup_teardown(name, situation, end)
		TEST(test_window_at),
		TEST(test_open_refuses),
		TEST(test_open_size),
		TEST(test_exchange),
		TEST_IN(test_exchange, begin_without_events),
		TEST_IN(test_exchange, begin_large),
		TEST(test_add_refuses),
		TEST_IN(test_add_refuses, begin_large),
		TEST(test_hostile_device),
		TEST(test_hostile_device_descriptors),
		TEST(test_hostile_descriptors),
		TEST_IN(test_chain_length, begin_large),
		TEST(test_hostile_index),
		TEST(test_hostile_used_ring),
		TEST(test_push_refuses),
		TEST(test_push_several),
		TEST(test_chain_bytes),
		TEST(test_events),
		TEST(test_event_arithmetic),
		TEST_IN(test_flags, begin_without_events),
		TEST(test_resume),
		TEST_IN(test_resume, begin_without_events),
		TEST(test_resume_refuses),
		TEST(test_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
