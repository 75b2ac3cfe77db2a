/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c
   rtos-guests/virtio/virtqueue_device.c rtos-guests/virtio/block_order.c rtos-guests/virtio/block_server.c
   rtos-guests/virtio/block_client.c rtos-guests/virtio/frontend.c tests/fake/virtio_device.c */
/* flags: -Itests/fake/sdk -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/*
 * Block requests: server and client on one window, the server with requests in
 * every framing and of every wrong kind, the client with a server that lies.
 */
#include "pv/virtio_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rtos-guests/virtio/block_format.h"
#include "rtos-guests/virtio/ring.h"
#include "tests/fake/virtio_device.h"

#define ADDRESS   UINT64_C(0x42000000)
#define WINDOW_BYTES 0x5000u
#define N_SECTORS 16u
#define N_SLOTS   4u
#define QUEUE_MAX 16u
#define FEATURES  (PV_VIRTIO_FEATURES | PV_BLOCK_F_SIZE_MAX | PV_BLOCK_F_SEG_MAX | \
		   PV_BLOCK_F_BLK_SIZE | PV_BLOCK_F_FLUSH)
#define N(array)  (sizeof(array) / sizeof((array)[0]))

struct setup {
	struct pv_virtio_window window;
	struct pv_virtqueue_config config;
	struct pv_block_memory memory;
	struct pv_block_disk disk;
	struct pv_block_server server;
	struct pv_block_client client;
	uint32_t n_flushes;
};

static struct setup *current;

static bool flush(void *context)
{
	assert_ptr_equal(context, &current->memory);
	current->n_flushes++;
	return true;
}

static bool fail_flush(void *context)
{
	(void)context;
	return false;
}

static bool fail_read(void *context, uint64_t sector, void *to, uint32_t n_sectors)
{
	(void)sector;
	(void)to;
	(void)n_sectors;
	return fail_flush(context);
}

static bool fail_write(void *context, uint64_t sector, const void *from, uint32_t n_sectors)
{
	(void)sector;
	(void)from;
	(void)n_sectors;
	return fail_flush(context);
}

static struct pv_block_operations working;
static const struct pv_block_operations failing = { fail_read, fail_write, fail_flush };

static enum pv_status open_client(struct setup *s, uint32_t n_slots)
{
	return pv_block_client_open(&s->client, &fake_virtio.frontend, n_slots);
}

/* The server on the client's queue. */
static void open_both(struct setup *s)
{
	const struct pv_virtio_queue_state *queue = &fake_virtio.state.queues[0];

	assert_int_equal(open_client(s, N_SLOTS), PV_OK);
	pv_block_server_open(&s->server, &s->disk);
	assert_int_equal(pv_virtqueue_device_open(&s->server.queue, &s->client.frontend.window,
						  &(struct pv_virtqueue_config){
							  queue->size, queue->descriptors,
							  queue->available, queue->used,
							  s->client.frontend.features }), PV_OK);
}

/* As an epoch is acknowledged by a backend with nothing in its hands. */
static void acknowledge(void)
{
	fake_virtio.acknowledged = fake_virtio.state.epoch;
}

static int begin(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));
	struct block_config config = { .capacity = N_SECTORS, .size_max = 4096, .seg_max = 14,
				       .blk_size = 512 };

	fake_virtio_begin(PV_VIRTIO_BLOCK, FEATURES, 1, QUEUE_MAX);
	fake_virtio.on_reset = acknowledge;
	memcpy(&fake_virtio.registers[PV_VIRTIO_CONFIG_SPACE / 4], &config, sizeof(config));
	working = pv_block_memory_operations;
	working.flush = flush;
	s->window = (struct pv_virtio_window){ aligned_alloc(16, WINDOW_BYTES), ADDRESS,
					       WINDOW_BYTES };
	memset(s->window.memory, 0, WINDOW_BYTES);
	s->memory.memory = malloc(N_SECTORS * 512); /* to the byte */
	for (uint32_t i = 0; i < N_SECTORS * 512; i++) {
		s->memory.memory[i] = (unsigned char)(i * 7 + i / 512);
	}
	s->disk = (struct pv_block_disk){ .operations = &working, .context = &s->memory,
					  .n_sectors = N_SECTORS, .id = "twenty-bytes-of-name" };
	current = s;
	open_both(s);
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct setup *s = *state;

	fake_virtio_end();
	free(s->window.memory);
	free(s->memory.memory);
	free(s);
	return 0;
}

static void serve(struct setup *s, uint32_t n_expected)
{
	uint32_t n;

	assert_int_equal(pv_block_server_serve(&s->server, 100, &n), PV_OK);
	assert_int_equal(n, n_expected);
}

static enum pv_block_result finish(struct setup *s, uint64_t tag)
{
	uint64_t finished = ~tag;
	enum pv_block_result result = PV_BLOCK_ERROR;

	assert_int_equal(pv_block_finish(&s->client, &finished, &result), PV_OK);
	assert_int_equal(finished, tag);
	return result;
}

/* ---- Client and server ------------------------------------------------------------ */

static void test_requests(void **state)
{
	struct setup *s = *state;
	unsigned char text[4096], back[4096], id[PV_BLOCK_ID_BYTES];
	uint32_t n;

	for (uint32_t i = 0; i < sizeof(text); i++) {
		text[i] = (unsigned char)(i * 13 + 5);
	}
	const struct pv_block_request requests[N_SLOTS] = {
		{ PV_BLOCK_WRITE, 8, text, 4096, 100 },
		{ PV_BLOCK_FLUSH, 99, NULL, 0, 101 },
		{ PV_BLOCK_READ, 7, back, 4096, 102 },
		{ PV_BLOCK_GET_ID, 0, id, PV_BLOCK_ID_BYTES, 103 },
	};

	for (uint32_t i = 0; i < N_SLOTS; i++) {
		assert_int_equal(pv_block_start(&s->client, &requests[i]), PV_OK);
	}
	assert_int_equal(pv_block_start(&s->client, &requests[0]), PV_FULL);
	/* No more at a time than asked for. */
	assert_int_equal(pv_block_server_serve(&s->server, 1, &n), PV_OK);
	assert_int_equal(n, 1);
	assert_memory_equal(s->memory.memory + 8 * 512, text, 4096);
	assert_int_equal(s->n_flushes, 0);
	serve(s, 3);
	assert_int_equal(s->n_flushes, 1);
	for (uint32_t i = 0; i < N_SLOTS; i++) {
		assert_int_equal(finish(s, 100 + i), PV_BLOCK_OK);
	}
	assert_memory_equal(back, s->memory.memory + 7 * 512, 4096);
	assert_memory_equal(id, "twenty-bytes-of-name", sizeof(id));
	assert_int_equal(s->server.n_requests, 4);
	assert_int_equal(s->server.n_errors, 0);
	assert_int_equal(pv_block_finish(&s->client, &(uint64_t){ 0 }, &(enum pv_block_result){ 0 }),
			 PV_EMPTY);
}

static void test_disk_fails(void **state)
{
	struct setup *s = *state;
	unsigned char text[512] = "as before";

	s->disk.operations = &failing;
	for (uint32_t i = 0; i < 3; i++) {
		static const enum pv_block_kind kinds[] = { PV_BLOCK_READ, PV_BLOCK_WRITE,
							    PV_BLOCK_FLUSH };

		assert_int_equal(pv_block_start(&s->client, &(struct pv_block_request){
			kinds[i], 0, text, 512, i }), PV_OK);
		serve(s, 1);
		assert_int_equal(finish(s, i), PV_BLOCK_ERROR);
	}
	assert_string_equal((char *)text, "as before");
	assert_int_equal(s->server.n_errors, 3);
}

static void test_start_refuses(void **state)
{
	struct setup *s = *state;
	unsigned char text[8192];
	static const struct {
		enum pv_block_kind kind;
		uint64_t sector;
		uint32_t bytes;
	} cases[] = {
		{ PV_BLOCK_READ, 0, 0 },
		{ PV_BLOCK_READ, 0, 511 },
		{ PV_BLOCK_READ, 0, 4608 },
		{ PV_BLOCK_WRITE, N_SECTORS, 512 },
		{ PV_BLOCK_WRITE, N_SECTORS - 1, 1024 },
		{ PV_BLOCK_READ, N_SECTORS + 1, 512 },
		{ PV_BLOCK_READ, UINT64_MAX, 512 },
		{ PV_BLOCK_GET_ID, 0, 19 },
		{ (enum pv_block_kind)3, 0, 512 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(pv_block_start(&s->client, &(struct pv_block_request){
			cases[i].kind, cases[i].sector, text, cases[i].bytes, 0 }),
			PV_BAD_ARGUMENT);
	}
	serve(s, 0);
	assert_int_equal(pv_block_start(&s->client, &(struct pv_block_request){
		PV_BLOCK_READ, N_SECTORS - 1, text, 512, 0 }), PV_OK);
}

static void set_size_max(uint32_t bytes)
{
	fake_virtio.registers[(PV_VIRTIO_CONFIG_SPACE + offsetof(struct block_config, size_max)) / 4] =
		bytes;
}

static void test_client_opens(void **state)
{
	struct setup *s = *state;
	unsigned char text[1024];
	const struct pv_block_request read = { PV_BLOCK_READ, 0, text, 1024, 0 };
	const struct pv_block_request write = { PV_BLOCK_WRITE, 0, text, 512, 0 };
	const struct pv_block_request flush_it = { PV_BLOCK_FLUSH, 0, NULL, 0, 0 };

	memset(&s->client, 0xa5, sizeof(s->client));
	assert_int_equal(open_client(s, 0), PV_BAD_ARGUMENT);
	assert_int_equal(pv_block_start(&s->client, &read), PV_CORRUPT); /* not open */
	fake_virtio.backend.queue_size_max = PV_VIRTQUEUE_SIZE_MAX;
	assert_int_equal(open_client(s, PV_BLOCK_SLOTS_MAX + 1), PV_BAD_ARGUMENT);
	fake_virtio.backend.queue_size_max = QUEUE_MAX;
	assert_int_equal(open_client(s, QUEUE_MAX / 3 + 1), PV_BAD_ARGUMENT);
	assert_int_equal(pv_block_start(&s->client, &read), PV_CORRUPT);
	fake_virtio.frontend.window_bytes = N_SLOTS * PV_BLOCK_SLOT_BYTES;
	assert_int_equal(open_client(s, N_SLOTS), PV_FULL);
	assert_int_equal(pv_block_start(&s->client, &read), PV_CORRUPT);
	fake_virtio.frontend.window_bytes = FAKE_WINDOW_BYTES;
	fake_virtio.backend.features = FEATURES & ~PV_VIRTIO_F_ACCESS_PLATFORM;
	assert_int_equal(open_client(s, N_SLOTS), PV_NOT_SUPPORTED);
	assert_int_equal(pv_block_start(&s->client, &read), PV_CORRUPT);
	fake_virtio.backend.features = FEATURES | UINT64_C(1) << 34; /* RING_PACKED: not accepted */
	assert_int_equal(open_client(s, N_SLOTS), PV_OK);
	assert_int_equal(s->client.frontend.features, FEATURES);

	set_size_max(511);
	assert_int_equal(open_client(s, N_SLOTS), PV_NOT_SUPPORTED);
	set_size_max(512);
	assert_int_equal(open_client(s, N_SLOTS), PV_OK);
	assert_int_equal(pv_block_start(&s->client, &read), PV_BAD_ARGUMENT);
	fake_virtio.backend.features = (FEATURES & ~(PV_BLOCK_F_SIZE_MAX | PV_BLOCK_F_FLUSH)) |
				       PV_BLOCK_F_RO;
	assert_int_equal(open_client(s, N_SLOTS), PV_OK);
	assert_int_equal(pv_block_start(&s->client, &write), PV_NOT_ALLOWED);
	assert_int_equal(pv_block_start(&s->client, &flush_it), PV_NOT_SUPPORTED);
	assert_int_equal(pv_block_start(&s->client, &read), PV_OK);
}

/* Opened anew after its server broke the queue, and with requests in flight. */
static void test_client_opens_again(void **state)
{
	struct setup *s = *state;
	unsigned char text[512];
	const struct pv_block_request read = { PV_BLOCK_READ, 0, text, 512, 7 };

	for (uint32_t i = 0; i < N_SLOTS; i++) {
		assert_int_equal(pv_block_start(&s->client, &read), PV_OK);
	}
	store16(s->client.queue.queue.used + RING_INDEX, 99);
	assert_int_equal(pv_block_finish(&s->client, &(uint64_t){ 0 }, &(enum pv_block_result){ 0 }),
			 PV_CORRUPT);
	open_both(s);
	assert_int_equal(pv_block_start(&s->client, &read), PV_OK);
	serve(s, 1);
	assert_int_equal(finish(s, 7), PV_BLOCK_OK);
}

/* The disk's server comes later. */
static void test_capacity(void **state)
{
	struct setup *s = *state;
	unsigned char text[512];
	const struct pv_block_request read = { PV_BLOCK_READ, 0, text, 512, 7 };

	fake_virtio_configure(0, 0);
	assert_int_equal(open_client(s, N_SLOTS), PV_OK);
	assert_int_equal(s->client.n_sectors, 0);
	assert_int_equal(pv_block_start(&s->client, &read), PV_BAD_ARGUMENT);
	fake_virtio_configure(0, N_SECTORS);
	assert_int_equal(pv_block_client_update(&s->client), PV_OK);
	assert_int_equal(s->client.n_sectors, N_SECTORS);
	assert_int_equal(pv_block_start(&s->client, &read), PV_OK);
}

/* A server answers a read of 512 bytes with this status byte and this length. */
static void test_server_lies(void **state)
{
	struct setup *s = *state;
	static const struct {
		int status; /* -1: writes none */
		uint32_t bytes;
		enum pv_block_result result;
	} cases[] = {
		{ 0, 513, PV_BLOCK_OK },
		{ -1, 513, PV_BLOCK_ERROR },
		{ 0, 512, PV_BLOCK_ERROR },
		{ 0, 0, PV_BLOCK_ERROR },
		{ 1, 513, PV_BLOCK_ERROR },
		{ 2, 513, PV_BLOCK_UNSUPPORTED },
		{ 3, 513, PV_BLOCK_ERROR },
	};

	for (size_t i = 0; i < N(cases); i++) {
		unsigned char text[512] = "as before";
		struct pv_virtqueue_chain chain;
		unsigned char byte = (unsigned char)cases[i].status;

		assert_int_equal(pv_block_start(&s->client, &(struct pv_block_request){
			PV_BLOCK_READ, 0, text, 512, i }), PV_OK);
		assert_int_equal(pv_virtqueue_pop(&s->server.queue, &chain), PV_OK);
		(void)pv_virtqueue_chain_write(&chain, 0, "from the disk", 14);
		if (cases[i].status >= 0) {
			(void)pv_virtqueue_chain_write(&chain, 512, &byte, 1);
		}
		assert_int_equal(pv_virtqueue_push(&s->server.queue, &chain, cases[i].bytes),
				 PV_OK);
		assert_int_equal(finish(s, i), cases[i].result);
		assert_string_equal((char *)text, cases[i].result == PV_BLOCK_OK
							  ? "from the disk" : "as before");
	}
}

/* ---- The server, from any driver ----------------------------------------------------- */

#define HEADER      (ADDRESS + UINT64_C(0x1000))
#define INPUT       (ADDRESS + UINT64_C(0x2000))
#define AT(address) (s->window.memory + ((address) - ADDRESS))

/* Make one chain of pieces available to a server that has just opened; *bytes: used length. */
static enum pv_status ask(struct setup *s, struct block_header header,
			  const struct pv_virtqueue_piece *pieces, uint32_t n, uint32_t *bytes)
{
	uint16_t head;
	uint32_t n_answered;
	enum pv_status status;

	*bytes = UINT32_MAX;
	(void)pv_virtqueue_place(ADDRESS, 16, PV_VIRTIO_FEATURES, &s->config);
	assert_int_equal(pv_virtqueue_driver_open(&s->client.queue, &s->window, &s->config),
			 PV_OK);
	pv_block_server_open(&s->server, &s->disk);
	assert_int_equal(pv_virtqueue_device_open(&s->server.queue, &s->window, &s->config), PV_OK);
	memcpy(AT(HEADER), &header, sizeof(header));
	assert_int_equal(pv_virtqueue_add(&s->client.queue, pieces, n, &head), PV_OK);
	status = pv_block_server_serve(&s->server, 1, &n_answered);
	if (status == PV_OK) {
		assert_int_equal(pv_virtqueue_collect(&s->client.queue, &head, bytes), PV_OK);
	}
	return status;
}

static void test_server_answers(void **state)
{
	struct setup *s = *state;
	const struct pv_virtqueue_piece status = { ADDRESS + 0x900, 1, true };
	const struct {
		struct block_header header;
		struct pv_virtqueue_piece data;
		bool is_read_only;
		unsigned char status;
		uint32_t bytes;
	} cases[] = {
		{ { PV_BLOCK_READ, 0, 0 }, { INPUT, 512, true }, false, 0, 513 },
		{ { PV_BLOCK_READ, 0, 8 }, { INPUT, 4096, true }, true, 0, 4097 },
		{ { PV_BLOCK_READ, 0, 9 }, { INPUT, 4096, true }, false, 1, 0 },
		{ { PV_BLOCK_READ, 0, N_SECTORS }, { INPUT, 512, true }, false, 1, 0 },
		{ { PV_BLOCK_READ, 0, UINT64_MAX }, { INPUT, 1024, true }, false, 1, 0 },
		{ { PV_BLOCK_READ, 0, UINT64_C(1) << 55 }, { INPUT, 512, true }, false, 1, 0 },
		{ { PV_BLOCK_READ, 0, 0 }, { INPUT, 511, true }, false, 1, 0 },
		{ { PV_BLOCK_READ, 0, 0 }, { INPUT, 4608, true }, false, 0, 4609 },
		{ { PV_BLOCK_WRITE, 0, 15 }, { INPUT, 512, false }, false, 0, 1 },
		{ { PV_BLOCK_WRITE, 0, 16 }, { INPUT, 512, false }, false, 1, 1 },
		{ { PV_BLOCK_WRITE, 0, 0 }, { INPUT, 100, false }, false, 1, 1 },
		{ { PV_BLOCK_WRITE, 0, 0 }, { INPUT, 512, false }, true, 1, 1 },
		{ { PV_BLOCK_FLUSH, 0, 0 }, { INPUT, 1, true }, false, 0, 0 },
		{ { PV_BLOCK_GET_ID, 0, 0 }, { INPUT, 20, true }, false, 0, 21 },
		{ { PV_BLOCK_GET_ID, 0, 0 }, { INPUT, 19, true }, false, 1, 0 },
		{ { PV_BLOCK_GET_ID, 0, 0 }, { INPUT, 21, true }, false, 1, 0 },
		{ { 2, 0, 0 }, { INPUT, 512, true }, false, 2, 0 },
		{ { UINT32_MAX, 0, 0 }, { INPUT, 512, false }, false, 2, 1 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		const struct pv_virtqueue_piece pieces[] = { { HEADER, 16, false },
							     cases[i].data, status };
		unsigned char before[N_SECTORS * 512];
		uint32_t bytes;

		s->disk.is_read_only = cases[i].is_read_only;
		memcpy(before, s->memory.memory, sizeof(before));
		memset(AT(INPUT), 0x5a, 4608);
		*AT(status.address) = 0xee;
		assert_int_equal(ask(s, cases[i].header, pieces, 3, &bytes), PV_OK);
		assert_int_equal(*AT(status.address), cases[i].status);
		assert_int_equal(bytes, cases[i].bytes);
		if (cases[i].header.type == PV_BLOCK_WRITE && cases[i].status == 0) {
			memset(before + 512 * cases[i].header.sector, 0x5a, cases[i].data.bytes);
		} else if (cases[i].header.type == PV_BLOCK_READ && cases[i].status == 0) {
			assert_memory_equal(AT(INPUT), before + 512 * cases[i].header.sector,
					    cases[i].data.bytes);
		}
		assert_memory_equal(s->memory.memory, before, sizeof(before));
	}
}

/* VIRTIO 1.2 "Message Framing": where descriptors end has no meaning. */
static void test_framing(void **state)
{
	struct setup *s = *state;
	const struct pv_virtqueue_piece write[] = {
		{ HEADER, 5, false },
		{ HEADER + 5, 11 + 100, false }, /* the rest of it, and data */
		{ INPUT, 412 + 512, false },
		{ INPUT + 1000, 512, false },
		{ ADDRESS + 0x900, 1, true },
	};
	const struct pv_virtqueue_piece read[] = {
		{ HEADER, 16, false },
		{ INPUT, 1, true },
		{ INPUT + 100, 1023, true },
		{ INPUT + 2000, 513, true }, /* a sector and the status */
	};
	unsigned char expected[1536];
	uint32_t bytes;

	memset(AT(INPUT), 0, 4096);
	for (uint32_t i = 0; i < 1536; i++) {
		AT(INPUT)[i] = (unsigned char)(i / 5);
		AT(HEADER + 16)[i % 100] = (unsigned char)(i % 100 + 100);
	}
	memcpy(expected, AT(HEADER + 16), 100);
	memcpy(expected + 100, AT(INPUT), 924);
	memcpy(expected + 1024, AT(INPUT + 1000), 512);
	assert_int_equal(ask(s, (struct block_header){ PV_BLOCK_WRITE, 0, 3 }, write, N(write),
			     &bytes), PV_OK);
	assert_int_equal(*AT(ADDRESS + 0x900), 0);
	assert_memory_equal(s->memory.memory + 3 * 512, expected, 1536);

	*AT(INPUT + 2512) = 0xee;
	assert_int_equal(ask(s, (struct block_header){ PV_BLOCK_READ, 0, 3 }, read, N(read),
			     &bytes), PV_OK);
	assert_int_equal(bytes, 1537);
	assert_int_equal(*AT(INPUT + 2512), 0);
	assert_memory_equal(AT(INPUT), expected, 1);
	assert_memory_equal(AT(INPUT + 100), expected + 1, 1023);
	assert_memory_equal(AT(INPUT + 2000), expected + 1024, 512);

	/* A disk that fails, on a sector in pieces. */
	s->disk.operations = &failing;
	assert_int_equal(ask(s, (struct block_header){ PV_BLOCK_READ, 0, 3 }, read, N(read),
			     &bytes), PV_OK);
	assert_int_equal(*AT(INPUT + 2512), 1);
}

/* What cannot be refused breaks the queue. */
static void test_no_request(void **state)
{
	struct setup *s = *state;
	const struct pv_virtqueue_piece no_status[] = { { HEADER, 16, false },
							{ INPUT, 512, false } };
	const struct pv_virtqueue_piece short_header[] = { { HEADER, 15, false },
							   { INPUT, 512, true } };
	const struct pv_virtqueue_piece no_header[] = { { INPUT, 512, true } };
	const struct block_header write = { PV_BLOCK_WRITE, 0, 0 };
	uint32_t bytes, n;

	assert_int_equal(ask(s, write, no_status, 2, &bytes), PV_CORRUPT);
	assert_int_equal(ask(s, write, short_header, 2, &bytes), PV_CORRUPT);
	assert_int_equal(ask(s, write, no_header, 1, &bytes), PV_CORRUPT);
	assert_int_equal(pv_block_server_serve(&s->server, 1, &n), PV_CORRUPT);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(test_requests),
		TEST(test_disk_fails),
		TEST(test_start_refuses),
		TEST(test_client_opens),
		TEST(test_client_opens_again),
		TEST(test_capacity),
		TEST(test_server_lies),
		TEST(test_server_answers),
		TEST(test_framing),
		TEST(test_no_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
