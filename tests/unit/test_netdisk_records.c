/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/apps/netdisk/records.c rtos-guests/virtio/ring.c
   rtos-guests/virtio/virtqueue_driver.c rtos-guests/virtio/virtqueue_device.c
   rtos-guests/virtio/block_order.c rtos-guests/virtio/block_server.c rtos-guests/virtio/block_client.c
   rtos-guests/virtio/frontend.c tests/fake/virtio_device.c */
/* flags: -Itests/fake/sdk -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/*
 * netdisk's records on a RAM disk: the client and the server of the block device
 * are the real ones, time is simulated, and the disk does what a test wants.
 */
#include "rtos-guests/apps/netdisk/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pv/console.h"
#include "pv/timer.h"
#include "rtos-guests/virtio/block_format.h"
#include "tests/fake/virtio_device.h"

#define QUEUE_MAX 32u
#define FEATURES  (PV_VIRTIO_FEATURES | PV_BLOCK_F_SIZE_MAX | PV_BLOCK_F_SEG_MAX | \
		   PV_BLOCK_F_BLK_SIZE | PV_BLOCK_F_FLUSH)
#define N_BLOCKS  20u
#define SECTORS   (RECORD_BYTES / 512u)
#define PERIOD_US (1000000u / RECORDS_PER_SECOND)

static struct records records;
static struct pv_block_server server;
static struct pv_block_memory memory;
static struct pv_block_disk disk;
static uint64_t now_us;
static char console[4096];

/* What the disk does. */
static struct {
	uint32_t n_reads, n_writes, n_flushes;
	bool is_write_lost, is_write_failed, is_flush_failed, is_read_failed;
} made;

uint64_t pv_timer_now(void)
{
	return now_us;
}

uint64_t pv_ticks_from_ns(uint64_t ns)
{
	return ns / 1000;
}

int pv_printf(const char *format, ...)
{
	size_t length = strlen(console);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(console + length, sizeof(console) - length, format, arguments);
	va_end(arguments);
	return 0;
}

static bool read_disk(void *context, uint64_t sector, void *to, uint32_t n_sectors)
{
	made.n_reads++;
	return !made.is_read_failed &&
	       pv_block_memory_operations.read(context, sector, to, n_sectors);
}

static bool write_disk(void *context, uint64_t sector, const void *from, uint32_t n_sectors)
{
	made.n_writes++;
	return !made.is_write_failed &&
	       (made.is_write_lost ||
		pv_block_memory_operations.write(context, sector, from, n_sectors));
}

static bool flush_disk(void *context)
{
	(void)context;
	made.n_flushes++;
	return !made.is_flush_failed;
}

static const struct pv_block_operations operations = { read_disk, write_disk, flush_disk };

static void acknowledge(void)
{
	fake_virtio.acknowledged = fake_virtio.state.epoch;
}

static void set_blocks(uint64_t n)
{
	disk.n_sectors = n * SECTORS;
	fake_virtio_configure(offsetof(struct block_config, capacity), disk.n_sectors);
}

/* As the server after each reset. */
static void open_server(void)
{
	const struct pv_virtio_queue_state *queue = &fake_virtio.state.queues[0];

	pv_block_server_open(&server, &disk);
	assert_int_equal(pv_virtqueue_device_open(
				 &server.queue, &records.client.frontend.window,
				 &(struct pv_virtqueue_config){ queue->size, queue->descriptors,
								queue->available, queue->used,
								fake_virtio.driver_features }),
			 PV_OK);
}

/* Both ends until nothing moves. */
static void settle(void)
{
	uint32_t n;

	do {
		records_run(&records, now_us);
		n = 0;
		if (records.step != RECORDS_CLOSED) {
			assert_int_equal(pv_block_server_serve(&server, 1, &n), PV_OK);
		}
	} while (n != 0 || records_due(&records) <= now_us);
}

/* One record after the other. */
static void run_records(uint32_t n)
{
	for (; n > 0; n--) {
		now_us += PERIOD_US;
		settle();
	}
}

static void open_records(void)
{
	console[0] = '\0';
	records_open(&records, &fake_virtio.frontend);
	if (records.step != RECORDS_CLOSED) {
		open_server();
		settle();
	}
}

static struct record *record_at(uint64_t block)
{
	return (struct record *)(void *)(memory.memory + block * RECORD_BYTES);
}

static int begin_with(uint64_t n_blocks)
{
	struct block_config config = { .size_max = 4096, .seg_max = 14, .blk_size = 512 };

	memset(&made, 0, sizeof(made));
	now_us = 1000000;
	fake_virtio_begin(PV_VIRTIO_BLOCK, FEATURES, 1, QUEUE_MAX);
	fake_virtio.on_reset = acknowledge;
	memcpy(&fake_virtio.registers[PV_VIRTIO_CONFIG_SPACE / 4], &config, sizeof(config));
	memory.memory = calloc(RECORDS_BLOCKS_MAX + 8, RECORD_BYTES);
	disk = (struct pv_block_disk){ .operations = &operations, .context = &memory };
	set_blocks(n_blocks);
	open_records();
	return 0;
}

static int begin(void **state)
{
	(void)state;
	return begin_with(N_BLOCKS);
}

static int begin_without_disk(void **state)
{
	(void)state;
	return begin_with(0);
}

static int end(void **state)
{
	(void)state;
	free(memory.memory);
	fake_virtio_end();
	return 0;
}

static void assert_said(const char *text)
{
	if (strstr(console, text) == NULL) {
		fail_msg("no \"%s\" in \"%s\"", text, console);
	}
}

/* ---- Tests ------------------------------------------------------------------------ */

static void test_empty_disk(void **state)
{
	(void)state;
	assert_string_equal(console, "disk: 20 blocks, the next record is 1\n");
	assert_int_equal(made.n_reads, N_BLOCKS + 1); /* all blocks; the first record was due at once */
	assert_int_equal(records.number, 2);
	run_records(41);
	assert_int_equal(records.n_written, 42);
	assert_int_equal(records.n_wrong, 0);
	assert_int_equal(made.n_writes, 42);
	assert_int_equal(made.n_reads, N_BLOCKS + 42);
	assert_int_equal(made.n_flushes, 2); /* 16 and 32 */
	for (uint64_t n = 23; n <= 42; n++) {
		const struct record *record = record_at(n % N_BLOCKS);

		assert_int_equal(record->number, n);
		assert_true(demo_is_whole(record, RECORD_BYTES, RECORD_MAGIC));
	}
	assert_memory_not_equal(record_at(2)->text, record_at(3)->text, 64);
}

static void test_lines(void **state)
{
	(void)state;
	run_records(RECORDS_PER_LINE - 2);
	assert_null(strstr(console, "records written"));
	run_records(1);
	assert_said("disk: 1000 records written, 0 wrong\n");
	run_records(RECORDS_PER_LINE);
	assert_said("disk: 2000 records written, 0 wrong\n");
}

/* A new life goes on behind the newest record that is whole and in its place. */
static void test_restart(void **state)
{
	(void)state;
	run_records(30); /* 31 is in block 11 */
	record_at(11)->text[7] ^= 1;
	*record_at(5) = *record_at(9);
	record_at(5)->number = 1000;
	demo_seal(record_at(5), RECORD_BYTES, RECORD_MAGIC);
	open_records();
	assert_said("the next record is 31\n");
	assert_int_equal(records.n_written, 1);
}

/* The largest number of blocks that is used, on a disk that has more. */
static void test_large_disk(void **state)
{
	(void)state;
	memset(memory.memory, 0, N_BLOCKS * RECORD_BYTES);
	set_blocks(RECORDS_BLOCKS_MAX + 5);
	open_records();
	assert_said("disk: 1024 blocks, the next record is 1\n");
	run_records(RECORDS_BLOCKS_MAX);
	assert_int_equal(record_at(1)->number, RECORDS_BLOCKS_MAX + 1);
	assert_int_equal(record_at(RECORDS_BLOCKS_MAX)->number, 0);
}

static void test_disk_comes_later(void **state)
{
	(void)state;
	assert_string_equal(console, "disk: waiting for its backend\n");
	assert_true(records_due(&records) == UINT64_MAX);
	set_blocks(N_BLOCKS);
	settle();
	assert_said("disk: 20 blocks, the next record is 1\n");
	run_records(3);
	assert_int_equal(records.n_written, 4);
}

static void test_another_size(void **state)
{
	(void)state;
	set_blocks(N_BLOCKS + 7); /* more is not looked at */
	run_records(N_BLOCKS);
	assert_int_equal(records.n_blocks, N_BLOCKS);
	assert_int_equal(records.n_wrong, 0);
	set_blocks(3); /* record 22 would lie in block 2, 23 in 3 */
	run_records(2);
	assert_said("disk: a request is refused, status -4; it is opened anew\n");
	assert_int_equal(records.step, RECORDS_CLOSED);
	assert_true(records_wait_begin(&records));
	records_wait_end(&records);
}

static void test_wrong_records(void **state)
{
	(void)state;
	made.is_write_lost = true;
	run_records(1);
	assert_said("disk: record 2 is wrong\n");
	made.is_write_lost = false;
	made.is_write_failed = true;
	run_records(1);
	assert_said("disk: record 3 is wrong\n");
	made.is_write_failed = false;
	made.is_read_failed = true;
	run_records(1);
	assert_said("disk: record 4 is wrong\n");
	made.is_read_failed = false;
	run_records(12 - 1);
	assert_int_equal(records.n_wrong, 3);
	made.is_flush_failed = true;
	run_records(1);
	assert_said("disk: record 16 is wrong\n");
	made.is_write_lost = true;
	run_records(N_BLOCKS);
	assert_int_equal(records.n_wrong, 4 + N_BLOCKS);
	assert_said("disk: record 20 is wrong\n");
	assert_null(strstr(console, "disk: record 21 is wrong\n")); /* enough is enough */
}

/* An older record in the place of the new one is whole, and wrong. */
static void test_old_record(void **state)
{
	(void)state;
	run_records(N_BLOCKS - 1);
	assert_int_equal(records.n_wrong, 0);
	made.is_write_lost = true;
	run_records(1);
	assert_int_equal(records.n_wrong, 1);
}

/* A record whose text changed on its way. */
static bool write_changed(void *context, uint64_t sector, const void *from, uint32_t n_sectors)
{
	bool is_good = pv_block_memory_operations.write(context, sector, from, n_sectors);

	memory.memory[sector * 512 + 3000] ^= 0x10;
	return is_good;
}

static void test_changed_record(void **state)
{
	static const struct pv_block_operations changing = { read_disk, write_changed, flush_disk };

	(void)state;
	disk.operations = &changing;
	run_records(1);
	assert_int_equal(records.n_wrong, 1);
}

static void test_pace(void **state)
{
	uint64_t before;

	(void)state;
	settle();
	assert_int_equal(records.n_written, 1);
	assert_true(records_due(&records) == now_us + PERIOD_US);
	now_us += PERIOD_US - 1;
	settle();
	assert_int_equal(records.n_written, 1);
	now_us += 1 + PERIOD_US / 2; /* half a period late: the next one is not */
	settle();
	assert_int_equal(records.n_written, 2);
	assert_true(records_due(&records) == now_us + PERIOD_US / 2);
	before = records.n_written;
	now_us += 100 * PERIOD_US; /* much too late: nothing is made up for */
	settle();
	assert_int_equal(records.n_written, before + 1);
	assert_true(records_due(&records) == now_us + PERIOD_US);
}

static void test_bells(void **state)
{
	uint32_t n_before, n;

	(void)state;
	now_us += PERIOD_US;
	assert_true(pv_virtqueue_device_wait_begin(&server.queue));
	n_before = fake_virtio.n_backend_rings;
	records_run(&records, now_us);
	assert_int_equal(fake_virtio.n_backend_rings, n_before + 1);
	assert_true(records_due(&records) == UINT64_MAX); /* an answer is awaited */
	assert_true(records_wait_begin(&records));
	records_wait_end(&records);
	assert_int_equal(pv_block_server_serve(&server, 1, &n), PV_OK);
	assert_false(records_wait_begin(&records));
	records_wait_end(&records);
}

static void test_broken_device(void **state)
{
	(void)state;
	now_us += PERIOD_US;
	records_run(&records, now_us);
	/* More is used than was available. */
	uint16_t *used_index = (uint16_t *)(uintptr_t)(fake_virtio.state.queues[0].used + 2);

	*used_index = (uint16_t)(*used_index + 9);
	records_run(&records, now_us);
	assert_said("disk: the device broke the protocol, status -8; it is opened anew\n");
	assert_int_equal(records.step, RECORDS_CLOSED);
	assert_true(records_due(&records) == now_us + RECORDS_REOPEN_US);
	assert_true(records_wait_begin(&records));
	records_wait_end(&records);
	now_us += RECORDS_REOPEN_US - 1;
	records_run(&records, now_us);
	assert_int_equal(records.step, RECORDS_CLOSED);
	now_us += 1;
	memset((void *)(uintptr_t)fake_virtio.frontend.window, 0, FAKE_WINDOW_BYTES);
	records_run(&records, now_us);
	assert_int_equal(records.step, RECORDS_SCANNING);
	open_server();
	settle();
	assert_said("the next record is 2\n");
	run_records(20);
	assert_int_equal(records.n_wrong, 0);
}

static void test_no_disk_at_all(void **state)
{
	(void)state;
	fake_virtio.registers[PV_VIRTIO_DEVICE_ID / 4] = PV_VIRTIO_NET;
	open_records();
	assert_string_equal(console, "disk: it cannot be used, status -1; it is opened anew\n");
	assert_int_equal(records.step, RECORDS_CLOSED);
	records_run(&records, now_us);
	assert_true(records_wait_begin(&records));
	records_wait_end(&records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty_disk, begin, end),
		cmocka_unit_test_setup_teardown(test_lines, begin, end),
		cmocka_unit_test_setup_teardown(test_restart, begin, end),
		cmocka_unit_test_setup_teardown(test_large_disk, begin, end),
		cmocka_unit_test_setup_teardown(test_disk_comes_later, begin_without_disk, end),
		cmocka_unit_test_setup_teardown(test_another_size, begin, end),
		cmocka_unit_test_setup_teardown(test_wrong_records, begin, end),
		cmocka_unit_test_setup_teardown(test_old_record, begin, end),
		cmocka_unit_test_setup_teardown(test_changed_record, begin, end),
		cmocka_unit_test_setup_teardown(test_pace, begin, end),
		cmocka_unit_test_setup_teardown(test_bells, begin, end),
		cmocka_unit_test_setup_teardown(test_broken_device, begin, end),
		cmocka_unit_test_setup_teardown(test_no_disk_at_all, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
