/* links: rtos-guests/sdk/port.c */
/* flags: -Irtos-guests/sdk/include -pthread */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest SDK's ports: protocol, limits, hostile peers, two threads at once.
 * Windows are allocated to the byte, so that any step outside is reported.
 */
#include "pv/port.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pv/port_access.h"

#define MESSAGE_BYTES 36u /* not a multiple of 8: the last word is padded */
#define DEPTH         8u
#define TICKS_PER_US  10u
#define REFRESH_US    100u
#define SOURCE_BYTES  PV_QUEUING_SOURCE_BYTES(MESSAGE_BYTES, DEPTH)
#define SAMPLE_BYTES  PV_SAMPLING_BYTES(MESSAGE_BYTES)

static uint64_t now;
static uint32_t n_rings, last_bell;
static enum pv_status bell_status;

uint64_t port_now(void)
{
	return __atomic_load_n(&now, __ATOMIC_RELAXED);
}

uint64_t port_ticks_from_us(uint64_t us)
{
	return us * TICKS_PER_US;
}

enum pv_status port_ring(uint32_t doorbell)
{
	__atomic_store_n(&last_bell, doorbell, __ATOMIC_RELAXED);
	__atomic_fetch_add(&n_rings, 1, __ATOMIC_RELAXED);
	return bell_status;
}

struct pair {
	unsigned char *windows[2];
	struct pv_port_config source, destination;
	struct pv_queuing out, in;
	struct pv_sampling writer, reader;
};

static unsigned char *new_window(size_t bytes)
{
	unsigned char *window = aligned_alloc(64, (bytes + 63) / 64 * 64);

	assert_non_null(window);
	memset(window, 0, bytes);
	return window;
}

static struct pair *new_pair(enum pv_port_kind kind)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	assert_non_null(pair);
	pair->windows[0] = new_window(kind == PV_PORT_QUEUING ? SOURCE_BYTES : SAMPLE_BYTES);
	pair->windows[1] = new_window(PV_QUEUING_DESTINATION_BYTES);
	pair->source = (struct pv_port_config){
		"p",
		kind,
		PV_PORT_SOURCE,
		MESSAGE_BYTES,
		DEPTH,
		REFRESH_US,
		40,
		5,
		1,
		(uintptr_t)pair->windows[0],
		kind == PV_PORT_QUEUING ? (uintptr_t)pair->windows[1] : 0,
	};
	pair->destination = pair->source;
	pair->destination.direction = PV_PORT_DESTINATION;
	pair->destination.first_doorbell = 9;
	now = 1000;
	n_rings = 0;
	bell_status = PV_OK;
	return pair;
}

static struct pair *new_queue(void)
{
	struct pair *pair = new_pair(PV_PORT_QUEUING);

	assert_int_equal(pv_queuing_open(&pair->out, &pair->source), PV_OK);
	assert_int_equal(pv_queuing_open(&pair->in, &pair->destination), PV_OK);
	return pair;
}

static struct pair *new_sampling(void)
{
	struct pair *pair = new_pair(PV_PORT_SAMPLING);

	pair->source.n_doorbells = 2;
	assert_int_equal(pv_sampling_open(&pair->writer, &pair->source), PV_OK);
	assert_int_equal(pv_sampling_open(&pair->reader, &pair->destination), PV_OK);
	return pair;
}

static void free_pair(struct pair *pair)
{
	free(pair->windows[0]);
	free(pair->windows[1]);
	free(pair);
}

/* ---- Queuing ------------------------------------------------------------------ */

static void queue_is_first_in_first_out(void **state)
{
	struct pair *pair = new_queue();
	char text[MESSAGE_BYTES];
	struct pv_received received;

	(void)state;
	for (unsigned round = 0; round < 3 * DEPTH; round++) {
		unsigned n = round % DEPTH + 1;

		for (unsigned i = 0; i < n; i++) {
			char message[MESSAGE_BYTES];

			memset(message, (int)(round + i), sizeof(message));
			now = 100 * round + i;
			assert_int_equal(pv_queuing_send(&pair->out, message, i * 5), PV_OK);
			assert_int_equal(pv_queuing_level(&pair->in), i + 1);
		}
		for (unsigned i = 0; i < n; i++) {
			memset(text, 0xee, sizeof(text));
			assert_int_equal(
				pv_queuing_receive(&pair->in, text, sizeof(text), &received),
				PV_OK);
			assert_int_equal(received.bytes, i * 5);
			assert_int_equal(received.timestamp, 100 * round + i);
			for (unsigned b = 0; b < sizeof(text); b++) {
				assert_int_equal((unsigned char)text[b],
						 b < i * 5 ? round + i : 0xee);
			}
		}
	}
	assert_int_equal(pv_queuing_receive(&pair->in, text, sizeof(text), &received), PV_EMPTY);
	assert_int_equal(received.number, pair->out.count);
	assert_int_equal(n_rings, 0);
	free_pair(pair);
}

/* The guest's CPU does no unaligned accesses: the sanitizer stands for it. */
static void messages_may_lie_anywhere_and_end_anywhere(void **state)
{
	char sent[MESSAGE_BYTES + 8], got[MESSAGE_BYTES + 8];
	struct pv_received received;

	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++) {
		sent[i] = (char)(i + 1);
	}
	for (size_t from = 0; from < 8; from++) {
		for (size_t bytes = 1; bytes <= MESSAGE_BYTES; bytes++) {
			struct pair *pair = new_queue();
			size_t to = (from * 3 + bytes) % 8;

			memset(got, 0, sizeof(got));
			assert_int_equal(pv_queuing_send(&pair->out, sent + from, bytes), PV_OK);
			assert_int_equal(pv_queuing_receive(&pair->in, got + to, MESSAGE_BYTES, &received),
					 PV_OK);
			assert_int_equal(received.bytes, bytes);
			assert_memory_equal(got + to, sent + from, bytes);
			assert_int_equal(got[to + bytes], 0);
			free_pair(pair);
		}
	}
}

static void full_and_empty_are_told(void **state)
{
	struct pair *pair = new_queue();
	char text[MESSAGE_BYTES] = "x";
	struct pv_received received;

	(void)state;
	assert_int_equal(pv_queuing_receive(&pair->in, text, sizeof(text), &received), PV_EMPTY);
	for (unsigned i = 0; i < DEPTH; i++) {
		assert_int_equal(pv_queuing_send(&pair->out, text, 1), PV_OK);
	}
	assert_int_equal(pv_queuing_send(&pair->out, text, 1), PV_FULL);
	assert_int_equal(pv_queuing_level(&pair->out), DEPTH);
	assert_int_equal(pv_queuing_receive(&pair->in, text, sizeof(text), &received), PV_OK);
	assert_int_equal(received.number, 1);
	assert_int_equal(pv_queuing_send(&pair->out, text, 1), PV_OK);
	assert_int_equal(pv_queuing_send(&pair->out, text, 1), PV_FULL);
	free_pair(pair);
}

static void wrong_use_is_refused(void **state)
{
	struct pair *pair = new_queue();
	struct pair *sampling = new_sampling();
	char text[MESSAGE_BYTES + 1] = { 0 };
	struct pv_received received;
	struct pv_sample sample;

	(void)state;
	assert_int_equal(pv_queuing_send(&pair->in, text, 1), PV_NOT_ALLOWED);
	assert_int_equal(pv_queuing_receive(&pair->out, text, sizeof(text), &received),
			 PV_NOT_ALLOWED);
	assert_int_equal(pv_queuing_send(&pair->out, text, MESSAGE_BYTES + 1), PV_BAD_ARGUMENT);
	assert_int_equal(pv_queuing_receive(&pair->in, text, MESSAGE_BYTES - 1, &received),
			 PV_BAD_ARGUMENT);
	assert_int_equal(pv_queuing_send(&pair->out, text, 0), PV_OK);
	assert_int_equal(pv_sampling_write(&sampling->reader, text, 1), PV_NOT_ALLOWED);
	assert_int_equal(pv_sampling_read(&sampling->writer, text, sizeof(text), &sample),
			 PV_NOT_ALLOWED);
	assert_int_equal(pv_sampling_write(&sampling->writer, text, MESSAGE_BYTES + 1),
			 PV_BAD_ARGUMENT);
	assert_int_equal(pv_sampling_read(&sampling->reader, text, MESSAGE_BYTES - 1, &sample),
			 PV_BAD_ARGUMENT);
	free_pair(pair);
	free_pair(sampling);
}

static void tables_that_make_no_sense_do_not_open(void **state)
{
	struct pair *pair = new_queue();
	struct pv_queuing queuing;
	struct pv_sampling sampling;
	struct pv_port_config good = pair->source;
	struct pv_port_config bad[8];

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		bad[i] = good;
	}
	bad[0].kind = PV_PORT_SAMPLING;
	bad[1].depth = 0;
	bad[2].depth = 6;
	bad[3].depth = 2048;
	bad[4].message_bytes = 0;
	bad[5].message_bytes = UINT32_MAX - 10;
	bad[6].destination_window = 0;
	bad[7].source_window += 8;
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(pv_queuing_open(&queuing, &bad[i]), PV_BAD_ARGUMENT);
	}
	assert_int_equal(pv_sampling_open(&sampling, &good), PV_BAD_ARGUMENT);
	good.direction = PV_PORT_BOTH;
	assert_int_equal(pv_queuing_open(&queuing, &good), PV_BAD_ARGUMENT);
	free_pair(pair);
}

static void a_sleeper_is_rung(void **state)
{
	struct pair *pair = new_queue();
	char text[MESSAGE_BYTES] = "x";
	struct pv_received received;

	(void)state;
	assert_true(pv_queuing_wait_begin(&pair->in));
	assert_int_equal(pv_queuing_send(&pair->out, text, 1), PV_OK);
	assert_int_equal(n_rings, 1);
	assert_int_equal(last_bell, 5);
	assert_false(pv_queuing_wait_begin(&pair->in)); /* a message: awake again, no wish left */
	assert_int_equal(pv_queuing_send(&pair->out, text, 1), PV_OK);
	assert_int_equal(n_rings, 1);
	while (pv_queuing_send(&pair->out, text, 1) == PV_OK) {
	}
	assert_true(pv_queuing_wait_begin(&pair->out));
	bell_status = PV_BUSY; /* a refused bell does not undo the message */
	assert_int_equal(pv_queuing_receive(&pair->in, text, sizeof(text), &received), PV_OK);
	assert_int_equal(n_rings, 2);
	assert_int_equal(last_bell, 9);
	assert_false(pv_queuing_wait_begin(&pair->out));
	free_pair(pair);
}

static void a_restarted_end_goes_on(void **state)
{
	struct pair *pair = new_queue();
	char text[MESSAGE_BYTES] = "x";
	struct pv_received received;

	(void)state;
	assert_int_equal(pv_queuing_send(&pair->out, "a", 1), PV_OK);
	assert_int_equal(pv_queuing_send(&pair->out, "b", 1), PV_OK);
	assert_int_equal(pv_queuing_receive(&pair->in, text, sizeof(text), &received), PV_OK);
	assert_true(pair->windows[1] != NULL && !pv_queuing_wait_begin(&pair->in));
	assert_int_equal(pv_queuing_open(&pair->in, &pair->destination), PV_OK);
	assert_int_equal(pv_queuing_open(&pair->out, &pair->source), PV_OK);
	assert_int_equal(pv_queuing_send(&pair->out, "c", 1), PV_OK);
	assert_int_equal(pv_queuing_receive(&pair->in, text, sizeof(text), &received), PV_OK);
	assert_int_equal(text[0], 'b');
	assert_int_equal(pv_queuing_receive(&pair->in, text, sizeof(text), &received), PV_OK);
	assert_int_equal(text[0], 'c');
	assert_int_equal(received.number, 3);
	free_pair(pair);
}

static struct pv_queuing_header *header(unsigned char *window)
{
	return (struct pv_queuing_header *)(void *)window;
}

static void counts_that_make_no_sense_are_told(void **state)
{
	static const uint64_t put_lies[] = { DEPTH + 1, UINT64_MAX, UINT64_C(1) << 63, 1000 };
	static const uint64_t taken_lies[] = { 1, DEPTH + 1, UINT64_C(1) << 63, 1000 };
	struct pair *pair = new_queue();
	char text[MESSAGE_BYTES] = { 0 };
	struct pv_received received;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		header(pair->windows[0])->count = put_lies[i];
		assert_int_equal(pv_queuing_receive(&pair->in, text, sizeof(text), &received),
				 PV_CORRUPT);
		assert_int_equal(pv_queuing_level(&pair->in), PV_CORRUPT);
		assert_true(pv_queuing_wait_begin(&pair->in));
		assert_int_equal(header(pair->windows[1])->count, 0);
		header(pair->windows[1])->count = taken_lies[i];
		header(pair->windows[0])->count = 0;
		assert_int_equal(pv_queuing_send(&pair->out, text, 1), PV_CORRUPT);
		header(pair->windows[1])->count = 0;
	}
	free_pair(pair);
}

static void a_bad_slot_is_dropped(void **state)
{
	struct pair *pair = new_queue();
	char text[MESSAGE_BYTES] = "x";
	struct pv_received received;
	struct pv_queuing_slot *slot = (void *)(pair->windows[0] + 64);

	(void)state;
	assert_int_equal(pv_queuing_send(&pair->out, "a", 1), PV_OK);
	assert_int_equal(pv_queuing_send(&pair->out, "b", 1), PV_OK);
	assert_int_equal(pv_queuing_send(&pair->out, "c", 1), PV_OK);
	slot->bytes = MESSAGE_BYTES + 1;
	assert_int_equal(pv_queuing_receive(&pair->in, text, sizeof(text), &received), PV_CORRUPT);
	assert_int_equal(received.bytes, 0);
	slot = (void *)(pair->windows[0] + 64 + PV_SLOT_STRIDE(MESSAGE_BYTES));
	slot->sequence = 7;
	assert_int_equal(pv_queuing_receive(&pair->in, text, sizeof(text), &received), PV_CORRUPT);
	assert_int_equal(pv_queuing_receive(&pair->in, text, sizeof(text), &received), PV_OK);
	assert_int_equal(text[0], 'c');
	free_pair(pair);
}

/* ---- Sampling ------------------------------------------------------------------- */

static void the_latest_sample_is_read(void **state)
{
	struct pair *pair = new_sampling();
	char text[MESSAGE_BYTES];
	struct pv_sample sample;

	(void)state;
	assert_int_equal(pv_sampling_read(&pair->reader, text, sizeof(text), &sample), PV_EMPTY);
	for (unsigned i = 1; i < 20; i++) {
		char message[MESSAGE_BYTES];

		memset(message, (int)i, sizeof(message));
		now = i * 1000;
		assert_int_equal(pv_sampling_write(&pair->writer, message, i), PV_OK);
		assert_int_equal(n_rings, 2 * i); /* each destination */
		now = i * 1000 + REFRESH_US * TICKS_PER_US;
		assert_int_equal(pv_sampling_read(&pair->reader, text, sizeof(text), &sample),
				 PV_OK);
		assert_int_equal(sample.bytes, i);
		assert_int_equal(sample.number, i);
		assert_int_equal(sample.timestamp, i * 1000);
		assert_int_equal(sample.age_ticks, REFRESH_US * TICKS_PER_US);
		assert_true(sample.is_valid);
		assert_memory_equal(text, message, i);
		now++;
		assert_int_equal(pv_sampling_read(&pair->reader, text, sizeof(text), &sample),
				 PV_OK);
		assert_false(sample.is_valid);
	}
	assert_int_equal(pv_sampling_open(&pair->writer, &pair->source), PV_OK);
	assert_int_equal(pv_sampling_write(&pair->writer, "z", 1), PV_OK);
	assert_int_equal(pv_sampling_read(&pair->reader, text, sizeof(text), &sample), PV_OK);
	assert_int_equal(sample.number, 20);
	free_pair(pair);
}

static void a_sample_without_refresh_stays_valid(void **state)
{
	struct pair *pair = new_sampling();
	char text[MESSAGE_BYTES];
	struct pv_sample sample;

	(void)state;
	pair->destination.refresh_us = 0;
	assert_int_equal(pv_sampling_open(&pair->reader, &pair->destination), PV_OK);
	assert_int_equal(pv_sampling_write(&pair->writer, "z", 1), PV_OK);
	now = UINT64_MAX;
	assert_int_equal(pv_sampling_read(&pair->reader, text, sizeof(text), &sample), PV_OK);
	assert_true(sample.is_valid);
	now = 1; /* the sample is from the future now */
	assert_int_equal(pv_sampling_read(&pair->reader, text, sizeof(text), &sample), PV_OK);
	assert_false(sample.is_valid);
	free_pair(pair);
}

static void lying_sources_are_seen_through(void **state)
{
	struct pair *pair = new_sampling();
	char text[MESSAGE_BYTES];
	struct pv_sample sample;
	struct pv_sampling_header *head = (void *)pair->windows[0];
	struct pv_sampling_slot *slot =
		(void *)(pair->windows[0] + 64 + PV_SLOT_STRIDE(MESSAGE_BYTES));

	(void)state;
	assert_int_equal(pv_sampling_write(&pair->writer, "a", 1), PV_OK);
	slot->bytes = MESSAGE_BYTES + 1;
	assert_int_equal(pv_sampling_read(&pair->reader, text, sizeof(text), &sample), PV_CORRUPT);
	slot->bytes = UINT32_MAX;
	assert_int_equal(pv_sampling_read(&pair->reader, text, sizeof(text), &sample), PV_CORRUPT);
	slot->bytes = 1;
	slot->sequence = 0;
	assert_int_equal(pv_sampling_read(&pair->reader, text, sizeof(text), &sample), PV_BUSY);
	slot->sequence = 1;
	head->latest = UINT64_MAX;
	assert_int_equal(pv_sampling_read(&pair->reader, text, sizeof(text), &sample), PV_BUSY);
	free_pair(pair);
}

/* ---- Anything at all in the peer's pages ----------------------------------------- */

static void fill_randomly(unsigned char *window, size_t bytes)
{
	for (size_t i = 0; i + sizeof(uint64_t) <= bytes; i += sizeof(uint64_t)) {
		/* Small numbers are the plausible ones. */
		uint64_t word = rand() % 3 == 0 ? (uint64_t)(rand() % 40)
						: (uint64_t)rand() << 33 ^ (uint64_t)rand();

		memcpy(window + i, &word, sizeof(word));
	}
}

static void random_windows_do_no_harm(void **state)
{
	struct pair *queue = new_queue();
	struct pair *sampling = new_sampling();
	struct pv_received received;
	struct pv_sample sample;

	(void)state;
	srand(1);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned char *text = malloc(MESSAGE_BYTES);

		assert_non_null(text);
		fill_randomly(queue->windows[0], SOURCE_BYTES);
		fill_randomly(sampling->windows[0], SAMPLE_BYTES);
		if (i % 3 == 0) {
			header(queue->windows[0])->count =
				queue->in.count + (uint64_t)(rand() % (int)(DEPTH + 2));
			((struct pv_sampling_header *)(void *)sampling->windows[0])->latest =
				i % 40;
		}
		enum pv_status got = pv_queuing_receive(&queue->in, text, MESSAGE_BYTES, &received);

		assert_true(got == PV_OK || got == PV_EMPTY || got == PV_CORRUPT);
		got = pv_sampling_read(&sampling->reader, text, MESSAGE_BYTES, &sample);
		assert_true(got == PV_OK || got == PV_EMPTY || got == PV_CORRUPT || got == PV_BUSY);
		/* As the source: only the small window is the peer's. */
		fill_randomly(queue->windows[1], PV_QUEUING_DESTINATION_BYTES);
		got = pv_queuing_send(&queue->out, text, i % MESSAGE_BYTES);
		assert_true(got == PV_OK || got == PV_FULL || got == PV_CORRUPT);
		free(text);
	}
	free_pair(queue);
	free_pair(sampling);
}

/* ---- Two ends at once ---------------------------------------------------------------- */

#define N_MESSAGES 100000u

struct message {
	uint32_t number;
	uint32_t filler[7];
	uint32_t sum;
};

_Static_assert(sizeof(struct message) == MESSAGE_BYTES, "one message");

static struct message make_message(uint32_t number)
{
	struct message message = { .number = number, .sum = number };

	for (unsigned i = 0; i < 7; i++) {
		message.filler[i] = number * 2654435761u + i;
		message.sum += message.filler[i];
	}
	return message;
}

static bool is_whole(const struct message *message)
{
	struct message expected = make_message(message->number);

	return memcmp(message, &expected, sizeof(expected)) == 0;
}

static void *send_all(void *context)
{
	struct pair *pair = context;

	for (uint32_t i = 1; i <= N_MESSAGES; i++) {
		struct message message = make_message(i);

		while (pv_queuing_send(&pair->out, &message, sizeof(message)) == PV_FULL) {
			sched_yield();
		}
	}
	return NULL;
}

static void no_message_is_lost_or_torn(void **state)
{
	struct pair *pair = new_queue();
	struct pv_received received;
	pthread_t thread;
	uint32_t wanted = 1;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, send_all, pair), 0);
	while (wanted <= N_MESSAGES) {
		struct message message;
		enum pv_status got =
			pv_queuing_receive(&pair->in, &message, sizeof(message), &received);

		if (got == PV_EMPTY) {
			sched_yield();
			continue;
		}
		assert_int_equal(got, PV_OK);
		assert_int_equal(message.number, wanted);
		assert_true(is_whole(&message));
		wanted++;
	}
	pthread_join(thread, NULL);
	free_pair(pair);
}

static void *write_all(void *context)
{
	struct pair *pair = context;

	for (uint32_t i = 1; i <= N_MESSAGES; i++) {
		struct message message = make_message(i);

		assert_int_equal(pv_sampling_write(&pair->writer, &message, sizeof(message)),
				 PV_OK);
	}
	return NULL;
}

static void no_sample_is_torn(void **state)
{
	struct pair *pair = new_sampling();
	struct pv_sample sample = { 0 };
	pthread_t thread;
	uint64_t last = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, write_all, pair), 0);
	while (last < N_MESSAGES) {
		struct message message;
		enum pv_status got =
			pv_sampling_read(&pair->reader, &message, sizeof(message), &sample);

		if (got == PV_EMPTY || got == PV_BUSY) {
			sched_yield();
			continue;
		}
		assert_int_equal(got, PV_OK);
		assert_true(is_whole(&message));
		assert_int_equal(message.number, sample.number);
		assert_true(sample.number >= last); /* never back in time */
		last = sample.number;
	}
	pthread_join(thread, NULL);
	free_pair(pair);
}

static void ports_are_found_and_rung(void **state)
{
	static const struct pv_port_config ports[] = {
		{ .name = "a", .kind = PV_PORT_MESSAGE },
		{ .name = "b",
		  .kind = PV_PORT_WINDOW,
		  .message_bytes = 8192,
		  .first_doorbell = 3,
		  .n_doorbells = 2,
		  .source_window = 0x1000 },
	};
	size_t bytes = 0;

	(void)state;
	n_rings = 0;
	bell_status = PV_OK;
	assert_ptr_equal(pv_port_find(ports, 2, "b"), &ports[1]);
	assert_null(pv_port_find(ports, 2, "c"));
	assert_null(pv_window(&ports[0], &bytes));
	assert_int_equal((uintptr_t)pv_window(&ports[1], &bytes), 0x1000);
	assert_int_equal(bytes, 8192);
	assert_int_equal(pv_port_ring(&ports[1], 1), PV_OK);
	assert_int_equal(last_bell, 4);
	assert_int_equal(pv_port_ring(&ports[1], 2), PV_NO_SUCH);
	assert_int_equal(pv_port_ring(&ports[0], 0), PV_NO_SUCH);
	assert_int_equal(n_rings, 1);
}

/* The bytes of docs/abi.md "A worked example". */
static void the_documented_bytes_are_written(void **state)
{
	struct pair *pair = new_queue();
	static const unsigned char header_bytes[] = {
		1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	};
	static const unsigned char slot_bytes[] = {
		1,    0,    0,    0,    0,    0,    0,    0,    /* sequence */
		0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, /* timestamp */
		5,    0,    0,    0,    0,    0,    0,    0,    /* bytes, reserved */
		'h',  'e',  'l',  'l',  'o',  0,    0,    0,
	};

	(void)state;
	now = UINT64_C(0x1122334455667788);
	assert_int_equal(pv_queuing_send(&pair->out, "hello", 5), PV_OK);
	assert_memory_equal(pair->windows[0], header_bytes, sizeof(header_bytes));
	assert_memory_equal(pair->windows[0] + 64, slot_bytes, sizeof(slot_bytes));
	free_pair(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queue_is_first_in_first_out),
		cmocka_unit_test(messages_may_lie_anywhere_and_end_anywhere),
		cmocka_unit_test(full_and_empty_are_told),
		cmocka_unit_test(wrong_use_is_refused),
		cmocka_unit_test(tables_that_make_no_sense_do_not_open),
		cmocka_unit_test(a_sleeper_is_rung),
		cmocka_unit_test(a_restarted_end_goes_on),
		cmocka_unit_test(counts_that_make_no_sense_are_told),
		cmocka_unit_test(a_bad_slot_is_dropped),
		cmocka_unit_test(the_latest_sample_is_read),
		cmocka_unit_test(a_sample_without_refresh_stays_valid),
		cmocka_unit_test(lying_sources_are_seen_through),
		cmocka_unit_test(random_windows_do_no_harm),
		cmocka_unit_test(no_message_is_lost_or_torn),
		cmocka_unit_test(no_sample_is_torn),
		cmocka_unit_test(ports_are_found_and_rung),
		cmocka_unit_test(the_documented_bytes_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
