/* links: linux-guest/module/layout.c */
/* flags: -pthread */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports in windows as the Linux driver reads and writes them: the rules of
 * include/abi/port.h, a peer that writes anything it likes, and both ends at
 * work at the same time. Windows end at a malloc boundary, so that ASan sees
 * the first byte outside.
 */
#include "linux-guest/module/layout.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MESSAGE_BYTES 40u
#define DEPTH         4u
#define MANY          200000u

static uint64_t random_word(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* ---- Sampling -------------------------------------------------------------- */

struct sampling_pair {
	unsigned char *window;
	struct layout_sampling source, destination;
};

static struct sampling_pair make_sampling(void)
{
	struct sampling_pair pair = { .window = calloc(1, PV_SAMPLING_BYTES(MESSAGE_BYTES)) };

	assert_non_null(pair.window);
	assert_int_equal(layout_sampling_open(&pair.source, pair.window,
					      PV_SAMPLING_BYTES(MESSAGE_BYTES), MESSAGE_BYTES), 0);
	assert_int_equal(layout_sampling_open(&pair.destination, pair.window,
					      PV_SAMPLING_BYTES(MESSAGE_BYTES), MESSAGE_BYTES), 0);
	return pair;
}

static void test_sampling_open(void **state)
{
	struct layout_sampling port;
	uint64_t window[512] = { 0 };

	(void)state;
	assert_int_equal(layout_sampling_open(&port, window, sizeof(window), 0), -EINVAL);
	assert_int_equal(layout_sampling_open(&port, window, sizeof(window),
					      LAYOUT_MESSAGE_BYTES_MAX + 1), -EINVAL);
	assert_int_equal(layout_sampling_open(&port, window, sizeof(window), UINT32_MAX), -EINVAL);
	/* A header and four slots of 960 bytes fit a page, four of 1024 do not. */
	assert_int_equal(layout_sampling_open(&port, window, sizeof(window), 960 - 24), 0);
	assert_int_equal(layout_sampling_open(&port, window, sizeof(window), 960 - 23), -EINVAL);
}

static void test_sampling_values(void **state)
{
	struct sampling_pair pair = make_sampling();
	struct layout_message message;
	char text[MESSAGE_BYTES], expected[MESSAGE_BYTES];

	(void)state;
	assert_int_equal(layout_sampling_get(&pair.destination, text, &message), -ENODATA);
	for (uint64_t n = 1; n <= 3 * PV_SAMPLING_SLOTS; n++) {
		memset(expected, (int)n, sizeof(expected));
		assert_int_equal(layout_sampling_put(&pair.source, expected, n * 3 % 41, n * 10), 0);
		assert_int_equal(layout_sampling_latest(&pair.destination), n);
		assert_int_equal(layout_sampling_get(&pair.destination, text, &message), 0);
		assert_int_equal(message.number, n);
		assert_int_equal(message.timestamp, n * 10);
		assert_int_equal(message.bytes, n * 3 % 41);
		assert_memory_equal(text, expected, message.bytes);
	}
	assert_int_equal(layout_sampling_put(&pair.source, expected, MESSAGE_BYTES, 1), 0);
	assert_int_equal(layout_sampling_put(&pair.source, expected, MESSAGE_BYTES + 1, 1), -EMSGSIZE);
	/* A source that is opened again goes on counting. */
	assert_int_equal(layout_sampling_open(&pair.source, pair.window,
					      PV_SAMPLING_BYTES(MESSAGE_BYTES), MESSAGE_BYTES), 0);
	assert_int_equal(layout_sampling_put(&pair.source, "x", 1, 1), 0);
	assert_int_equal(layout_sampling_latest(&pair.destination), 3 * PV_SAMPLING_SLOTS + 2);
	free(pair.window);
}

/* The bytes of a window are those the ABI header draws, not only what both ends agree on. */
static void test_sampling_bytes(void **state)
{
	struct sampling_pair pair = make_sampling();
	const struct pv_sampling_slot *slot;
	uint64_t latest;

	(void)state;
	layout_sampling_put(&pair.source, "first", 5, 77);
	memcpy(&latest, pair.window, sizeof(latest));
	assert_int_equal(latest, 1);
	/* Message 1 lies in slot 1, behind the 64-byte header and one slot of 24 + 40 bytes. */
	slot = (const struct pv_sampling_slot *)(pair.window + 64 + 64);
	assert_int_equal(slot->sequence, 1);
	assert_int_equal(slot->timestamp, 77);
	assert_int_equal(slot->bytes, 5);
	assert_memory_equal(pair.window + 64 + 64 + 24, "first", 5);
	free(pair.window);
}

static void test_sampling_hostile(void **state)
{
	struct sampling_pair pair = make_sampling();
	struct pv_sampling_header *header = (struct pv_sampling_header *)pair.window;
	struct pv_sampling_slot *slot = (struct pv_sampling_slot *)(pair.window + 64 + 64);
	struct layout_message message;
	unsigned char text[MESSAGE_BYTES];
	unsigned n_taken = 0;

	(void)state;
	layout_sampling_put(&pair.source, "x", 1, 1);
	slot->bytes = MESSAGE_BYTES + 1;
	assert_int_equal(layout_sampling_get(&pair.destination, text, &message), -EBADMSG);
	slot->bytes = UINT32_MAX;
	assert_int_equal(layout_sampling_get(&pair.destination, text, &message), -EBADMSG);
	slot->bytes = 1;
	slot->sequence = 0; /* for ever "being written": the reader gives up */
	assert_int_equal(layout_sampling_get(&pair.destination, text, &message), -EBUSY);
	slot->sequence = 5;
	assert_int_equal(layout_sampling_get(&pair.destination, text, &message), -EBUSY);
	header->latest = UINT64_MAX;
	assert_int_equal(layout_sampling_get(&pair.destination, text, &message), -EBUSY);

	for (unsigned i = 0; i < MANY; i++) {
		size_t word = random_word() % (PV_SAMPLING_BYTES(MESSAGE_BYTES) / 8);

		((uint64_t *)pair.window)[word] = random_word() % 4 ? random_word() % 8 : random_word();
		n_taken += layout_sampling_get(&pair.destination, text, &message) == 0;
	}
	/* The walk does meet windows that are right by chance. */
	assert_true(n_taken > 0);
	free(pair.window);
}

/* ---- Queuing ---------------------------------------------------------------- */

struct queue_pair {
	unsigned char *source_window, *destination_window;
	struct layout_queue source, destination;
};

static int open_end(struct queue_pair *pair, bool is_source)
{
	return layout_queue_open(is_source ? &pair->source : &pair->destination, is_source,
				 pair->source_window, PV_QUEUING_SOURCE_BYTES(MESSAGE_BYTES, DEPTH),
				 pair->destination_window, PV_QUEUING_DESTINATION_BYTES,
				 MESSAGE_BYTES, DEPTH);
}

static struct queue_pair make_queue(void)
{
	struct queue_pair pair = {
		.source_window = calloc(1, PV_QUEUING_SOURCE_BYTES(MESSAGE_BYTES, DEPTH)),
		.destination_window = calloc(1, PV_QUEUING_DESTINATION_BYTES),
	};

	assert_true(pair.source_window != NULL && pair.destination_window != NULL);
	assert_int_equal(open_end(&pair, true), 0);
	assert_int_equal(open_end(&pair, false), 0);
	return pair;
}

static void free_queue(struct queue_pair *pair)
{
	free(pair->source_window);
	free(pair->destination_window);
}

static void test_queue_open(void **state)
{
	static const struct {
		uint32_t message_bytes, depth;
		uint64_t source_bytes, destination_bytes;
		int      status;
	} cases[] = {
		{ 40, 4, 64 + 4 * 64, 64, 0 },
		{ 40, 4, 64 + 4 * 64 - 1, 64, -EINVAL },
		{ 41, 4, 64 + 4 * 64, 64, -EINVAL },
		{ 40, 4, 64 + 4 * 64, 63, -EINVAL },
		{ 40, 3, 4096, 4096, -EINVAL },
		{ 40, 0, 4096, 4096, -EINVAL },
		{ 0, 4, 4096, 4096, -EINVAL },
		{ 40, 2048, UINT64_MAX, 4096, -EINVAL },
		{ 40, UINT32_C(1) << 31, UINT64_MAX, 4096, -EINVAL },
		{ UINT32_MAX, 2, UINT64_MAX, 4096, -EINVAL },
		{ LAYOUT_MESSAGE_BYTES_MAX, LAYOUT_DEPTH_MAX, UINT32_C(1) << 30, 64, -EINVAL },
	};
	static uint64_t windows[2][512];
	struct layout_queue port;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(layout_queue_open(&port, true, windows[0], cases[i].source_bytes,
						   windows[1], cases[i].destination_bytes,
						   cases[i].message_bytes, cases[i].depth),
				 cases[i].status);
	}
}

static void test_queue_fifo(void **state)
{
	struct queue_pair pair = make_queue();
	struct layout_message message;
	char text[MESSAGE_BYTES];
	bool is_dropped;
	uint64_t put = 0, taken = 0;

	(void)state;
	assert_int_equal(layout_queue_get(&pair.destination, text, &message, &is_dropped), -EAGAIN);
	for (unsigned round = 0; round < 10; round++) {
		while (layout_queue_put(&pair.source, &put, sizeof(put), put + 100) == 0) {
			put++;
		}
		assert_int_equal(put - taken, DEPTH);
		assert_int_equal(layout_queue_level(&pair.source), DEPTH);
		assert_int_equal(layout_queue_put(&pair.source, &put, sizeof(put), 0), -EAGAIN);
		for (unsigned i = 0; i < 1 + round % DEPTH; i++) {
			assert_int_equal(layout_queue_get(&pair.destination, text, &message,
							  &is_dropped), 0);
			assert_memory_equal(text, &taken, sizeof(taken));
			assert_int_equal(message.bytes, sizeof(taken));
			assert_int_equal(message.timestamp, taken + 100);
			taken++;
			assert_int_equal(message.number, taken);
		}
	}
	assert_int_equal(layout_queue_put(&pair.source, text, MESSAGE_BYTES + 1, 0), -EMSGSIZE);
	/* Ends that are opened again go on where they stopped. */
	assert_int_equal(open_end(&pair, true), 0);
	assert_int_equal(open_end(&pair, false), 0);
	assert_int_equal(layout_queue_level(&pair.destination), put - taken);
	assert_int_equal(layout_queue_get(&pair.destination, text, &message, &is_dropped), 0);
	assert_memory_equal(text, &taken, sizeof(taken));
	free_queue(&pair);
}

static void test_queue_bytes(void **state)
{
	struct queue_pair pair = make_queue();
	const struct pv_queuing_slot *slot = (const struct pv_queuing_slot *)(pair.source_window + 64);
	struct layout_message message;
	char text[MESSAGE_BYTES];
	bool is_dropped;
	uint64_t count;

	(void)state;
	layout_queue_put(&pair.source, "first", 5, 77);
	memcpy(&count, pair.source_window, sizeof(count));
	assert_int_equal(count, 1);
	assert_int_equal(slot->sequence, 1);
	assert_int_equal(slot->timestamp, 77);
	assert_int_equal(slot->bytes, 5);
	assert_memory_equal(pair.source_window + 64 + 24, "first", 5);
	assert_int_equal(layout_queue_get(&pair.destination, text, &message, &is_dropped), 0);
	memcpy(&count, pair.destination_window, sizeof(count));
	assert_int_equal(count, 1);
	free_queue(&pair);
}

static void test_queue_wait(void **state)
{
	struct queue_pair pair = make_queue();
	struct layout_message message;
	char text[MESSAGE_BYTES] = "";
	bool is_dropped;

	(void)state;
	assert_false(layout_queue_is_peer_waiting(&pair.source));
	assert_true(layout_queue_wait(&pair.destination));
	assert_true(layout_queue_is_peer_waiting(&pair.source));
	layout_queue_put(&pair.source, text, 1, 0);
	assert_false(layout_queue_wait(&pair.destination));
	layout_queue_awake(&pair.destination);
	assert_false(layout_queue_is_peer_waiting(&pair.source));

	assert_false(layout_queue_wait(&pair.source));
	while (layout_queue_put(&pair.source, text, 1, 0) == 0) {
	}
	assert_true(layout_queue_wait(&pair.source));
	assert_true(layout_queue_is_peer_waiting(&pair.destination));
	assert_int_equal(layout_queue_get(&pair.destination, text, &message, &is_dropped), 0);
	assert_false(layout_queue_wait(&pair.source));
	free_queue(&pair);
}

static void test_queue_hostile_source(void **state)
{
	struct queue_pair pair = make_queue();
	struct pv_queuing_header *header = (struct pv_queuing_header *)pair.source_window;
	struct pv_queuing_slot *slot = (struct pv_queuing_slot *)(pair.source_window + 64);
	struct layout_message message;
	unsigned char text[MESSAGE_BYTES];
	bool is_dropped;

	(void)state;
	header->count = DEPTH + 1;
	assert_int_equal(layout_queue_level(&pair.destination), -EBADMSG);
	assert_int_equal(layout_queue_get(&pair.destination, text, &message, &is_dropped), -EBADMSG);
	assert_false(is_dropped);
	/* "Empty" would be a lie: whoever waits must look again and be told. */
	assert_false(layout_queue_wait(&pair.destination));
	header->count = UINT64_MAX;
	assert_int_equal(layout_queue_get(&pair.destination, text, &message, &is_dropped), -EBADMSG);

	/* One message with a wrong number, one too long, one that is right. */
	header->count = 3;
	slot[0].sequence = 7;
	assert_int_equal(layout_queue_get(&pair.destination, text, &message, &is_dropped), -EBADMSG);
	assert_true(is_dropped);
	slot = (struct pv_queuing_slot *)(pair.source_window + 64 + 64);
	*slot = (struct pv_queuing_slot){ .sequence = 2, .bytes = MESSAGE_BYTES + 1 };
	assert_int_equal(layout_queue_get(&pair.destination, text, &message, &is_dropped), -EBADMSG);
	assert_true(is_dropped);
	slot = (struct pv_queuing_slot *)(pair.source_window + 64 + 128);
	*slot = (struct pv_queuing_slot){ .sequence = 3, .bytes = MESSAGE_BYTES };
	assert_int_equal(layout_queue_get(&pair.destination, text, &message, &is_dropped), 0);

	for (unsigned i = 0; i < MANY; i++) {
		size_t word = random_word() % (PV_QUEUING_SOURCE_BYTES(MESSAGE_BYTES, DEPTH) / 8);

		((uint64_t *)pair.source_window)[word] =
			random_word() % 4 ? pair.destination.count + random_word() % 8 : random_word();
		layout_queue_get(&pair.destination, text, &message, &is_dropped);
		layout_queue_wait(&pair.destination);
	}
	free_queue(&pair);
}

static void test_queue_hostile_destination(void **state)
{
	struct queue_pair pair = make_queue();
	struct pv_queuing_header *header = (struct pv_queuing_header *)pair.destination_window;
	char text[MESSAGE_BYTES] = "";

	(void)state;
	header->count = 1; /* taken before anything was put */
	assert_int_equal(layout_queue_put(&pair.source, text, 1, 0), -EBADMSG);
	for (unsigned i = 0; i < MANY; i++) {
		header->count = random_word() % 4 ? pair.source.count - random_word() % 8 : random_word();
		header->wait = (uint32_t)random_word();
		layout_queue_put(&pair.source, text, MESSAGE_BYTES, i);
		layout_queue_wait(&pair.source);
	}
	free_queue(&pair);
}

/* ---- Both ends at once ---------------------------------------------------------- */

struct checked {
	uint64_t number;
	uint64_t copies[4]; /* of a word made of the number */
};

static struct checked make_checked(uint64_t number)
{
	uint64_t word = number * 0x9e3779b97f4a7c15u;

	return (struct checked){ number, { word, word, word, word } };
}

static void *send_all(void *cookie)
{
	struct layout_queue *port = cookie;

	for (uint64_t n = 0; n < MANY;) {
		struct checked message = make_checked(n);

		if (layout_queue_put(port, &message, sizeof(message), n) == 0) {
			n++;
		} else {
			sched_yield();
		}
	}
	return NULL;
}

static void test_queue_threads(void **state)
{
	struct queue_pair pair = make_queue();
	struct layout_message message;
	struct checked text, expected;
	bool is_dropped;
	pthread_t source;

	(void)state;
	assert_int_equal(pthread_create(&source, NULL, send_all, &pair.source), 0);
	for (uint64_t n = 0; n < MANY; n++) {
		while (layout_queue_get(&pair.destination, &text, &message, &is_dropped) == -EAGAIN) {
			sched_yield();
		}
		expected = make_checked(n);
		assert_int_equal(message.number, n + 1);
		assert_memory_equal(&text, &expected, sizeof(text));
	}
	pthread_join(source, NULL);
	free_queue(&pair);
}

static void *publish_all(void *cookie)
{
	struct layout_sampling *port = cookie;

	for (uint64_t n = 1; n <= MANY; n++) {
		struct checked message = make_checked(n);

		layout_sampling_put(port, &message, sizeof(message), n);
	}
	return NULL;
}

static void test_sampling_threads(void **state)
{
	struct sampling_pair pair = make_sampling();
	struct layout_message message = { 0 };
	struct checked text, expected;
	uint64_t last = 0;
	pthread_t source;

	(void)state;
	assert_int_equal(pthread_create(&source, NULL, publish_all, &pair.source), 0);
	while (last < MANY) {
		int status = layout_sampling_get(&pair.destination, &text, &message);

		if (status != 0) {
			assert_true(status == -ENODATA || status == -EBUSY);
			sched_yield();
			continue;
		}
		/* Never torn, never older than what was seen before. */
		expected = make_checked(message.number);
		assert_memory_equal(&text, &expected, sizeof(text));
		assert_true(message.number >= last);
		last = message.number;
	}
	pthread_join(source, NULL);
	free(pair.window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sampling_open),
		cmocka_unit_test(test_sampling_values),
		cmocka_unit_test(test_sampling_bytes),
		cmocka_unit_test(test_sampling_hostile),
		cmocka_unit_test(test_queue_open),
		cmocka_unit_test(test_queue_fifo),
		cmocka_unit_test(test_queue_bytes),
		cmocka_unit_test(test_queue_wait),
		cmocka_unit_test(test_queue_hostile_source),
		cmocka_unit_test(test_queue_hostile_destination),
		cmocka_unit_test(test_queue_threads),
		cmocka_unit_test(test_sampling_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
