/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/netdisk/records.h"

#include "pv/console.h"
#include "pv/timer.h"

#define RECORD_SECTORS (RECORD_BYTES / PV_BLOCK_SECTOR_BYTES)
#define PERIOD_US      (UINT64_C(1000000) / RECORDS_PER_SECOND)

_Static_assert(sizeof(struct record) == RECORD_BYTES, "RECORD_WORDS");
_Static_assert(RECORD_BYTES <= PV_BLOCK_SLOT_BYTES, "a record is one request");

static void make_record(struct record *record, uint64_t number)
{
	record->number = number;
	for (uint32_t i = 0; i < RECORD_WORDS; i++) {
		record->text[i] = (number << 16 | i) * UINT64_C(0x9e3779b97f4a7c15);
	}
	demo_seal(record, sizeof(*record), RECORD_MAGIC);
}

static bool is_record(const struct record *record)
{
	return demo_is_whole(record, sizeof(*record), RECORD_MAGIC);
}

/* ---- One request after the other -------------------------------------------------- */

static void close_device(struct records *records, const char *why, enum pv_status status)
{
	pv_printf("disk: %s, status %d; it is opened anew\n", why, (int)status);
	records->step = RECORDS_CLOSED;
	records->due = pv_timer_now() + pv_ticks_from_us(RECORDS_REOPEN_US);
}

static void start(struct records *records, enum records_step step, enum pv_block_kind kind)
{
	const struct pv_block_request request = {
		.kind = kind, .sector = records->block * RECORD_SECTORS,
		.memory = &records->record, .bytes = RECORD_BYTES,
	};
	enum pv_status status = pv_block_start(&records->client, &request);

	if (status == PV_OK) {
		records->step = step;
	} else {
		close_device(records, "a request is refused", status);
	}
}

static void finish_record(struct records *records, bool is_right)
{
	if (!is_right && records->n_wrong++ < RECORDS_SHOWN_MAX) {
		pv_printf("disk: record %llu is wrong\n", (unsigned long long)records->number);
	}
	if (++records->n_written % RECORDS_PER_LINE == 0) {
		pv_printf("disk: %llu records written, %llu wrong\n",
			  (unsigned long long)records->n_written,
			  (unsigned long long)records->n_wrong);
	}
	records->number++;
	records->step = RECORDS_RESTING;
}

/* A block of the disk as an earlier life left it. */
static void take_found(struct records *records, bool is_read)
{
	const struct record *record = &records->record;

	if (is_read && is_record(record) && record->number % records->n_blocks == records->block &&
	    record->number > records->number) {
		records->number = record->number;
	}
	if (++records->block < records->n_blocks) {
		start(records, RECORDS_SCANNING, PV_BLOCK_READ);
		return;
	}
	records->number++;
	pv_printf("disk: %u blocks, the next record is %llu\n", records->n_blocks,
		  (unsigned long long)records->number);
	records->step = RECORDS_RESTING;
}

static void advance(struct records *records, bool is_good)
{
	switch (records->step) {
	case RECORDS_SCANNING:
		take_found(records, is_good);
		break;
	case RECORDS_WRITING:
	case RECORDS_FLUSHING:
		if (!is_good) {
			finish_record(records, false);
		} else if (records->step == RECORDS_WRITING &&
			   records->number % RECORDS_PER_FLUSH == 0) {
			start(records, RECORDS_FLUSHING, PV_BLOCK_FLUSH);
		} else {
			start(records, RECORDS_READING, PV_BLOCK_READ);
		}
		break;
	case RECORDS_READING:
		finish_record(records, is_good && is_record(&records->record) &&
					       records->record.number == records->number);
		break;
	case RECORDS_CLOSED:
	case RECORDS_WAITING:
	case RECORDS_RESTING:
	default:
		break; /* the client hands out what was started only */
	}
}

/* ---- The device ------------------------------------------------------------------- */

/* Kept until the device is opened anew; a smaller disk refuses what lies behind its end. */
static void take_size(struct records *records)
{
	uint64_t n_blocks = records->client.n_sectors / RECORD_SECTORS;

	records->n_blocks = (uint32_t)(n_blocks < RECORDS_BLOCKS_MAX ? n_blocks : RECORDS_BLOCKS_MAX);
	if (records->n_blocks != 0) {
		records->block = 0;
		records->number = 0;
		start(records, RECORDS_SCANNING, PV_BLOCK_READ);
	}
}

static void open_device(struct records *records)
{
	enum pv_status status = pv_block_client_open(&records->client, records->config, 1);

	if (status != PV_OK) {
		close_device(records, "it cannot be used", status);
		return;
	}
	records->step = RECORDS_WAITING;
	take_size(records);
	if (records->step == RECORDS_WAITING) {
		pv_printf("disk: waiting for its backend\n");
	}
}

void records_open(struct records *records, const struct pv_virtio_frontend_config *config)
{
	*records = (struct records){ .config = config };
	open_device(records);
}

static void take_answers(struct records *records)
{
	enum pv_block_result result;
	enum pv_status status;
	uint64_t tag;

	if (pv_virtio_frontend_is_config_new(&records->client.frontend) &&
	    pv_block_client_update(&records->client) == PV_OK &&
	    records->step == RECORDS_WAITING) {
		take_size(records);
	}
	while ((status = pv_block_finish(&records->client, &tag, &result)) == PV_OK) {
		advance(records, result == PV_BLOCK_OK);
	}
	if (status == PV_CORRUPT) {
		close_device(records, "the device broke the protocol", status);
	}
}

static void begin_next(struct records *records, uint64_t now)
{
	uint64_t period = pv_ticks_from_us(PERIOD_US);

	/* What could not be done in time is not made up for. */
	records->due = now - records->due < period ? records->due + period : now + period;
	records->block = records->number % records->n_blocks;
	make_record(&records->record, records->number);
	start(records, RECORDS_WRITING, PV_BLOCK_WRITE);
}

void records_run(struct records *records, uint64_t now)
{
	bool is_due = now >= records->due;

	if (records->step == RECORDS_CLOSED) {
		if (!is_due) {
			return;
		}
		open_device(records);
	} else {
		take_answers(records);
	}
	if (records->step == RECORDS_RESTING && is_due) {
		begin_next(records, now);
	}
	(void)pv_virtio_frontend_kick(&records->client.frontend, &records->client.queue);
}

uint64_t records_due(const struct records *records)
{
	bool has_time = records->step == RECORDS_CLOSED || records->step == RECORDS_RESTING;

	return has_time ? records->due : UINT64_MAX;
}

bool records_wait_begin(struct records *records)
{
	return pv_virtqueue_driver_wait_begin(&records->client.queue);
}

void records_wait_end(struct records *records)
{
	pv_virtqueue_driver_wait_end(&records->client.queue);
}
