/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbered records on a disk that another partition serves: each is written, at
 * times flushed, read back and compared, one after the other. The newest
 * RECORDS_BLOCKS_MAX are kept, record n in block n modulo their number; a new start
 * reads them all and goes on behind the newest.
 *
 * The disk may come later. A device that breaks the protocol or refuses a request is
 * opened anew, as at a start.
 */
#pragma once

#include "pv/virtio_block.h"
#include "rtos-guests/apps/demo_protocol.h"

#define RECORDS_BLOCKS_MAX 1024u
#define RECORDS_PER_SECOND 250u
#define RECORDS_PER_FLUSH  16u
#define RECORDS_PER_LINE   1000u /* one line on the console */
#define RECORDS_SHOWN_MAX  8u    /* of those that are wrong */
#define RECORDS_REOPEN_US  UINT64_C(1000000)

#define RECORD_MAGIC 0x43525650u /* "PVRC" */
#define RECORD_BYTES 4096u
#define RECORD_WORDS ((RECORD_BYTES - 16u) / 8u)

struct record {
	struct demo_head head;
	uint64_t number; /* from 1 */
	uint64_t text[RECORD_WORDS]; /* follows from the number */
};

enum records_step {
	RECORDS_CLOSED,  /* until `due` */
	RECORDS_WAITING, /* for a disk of some size */
	RECORDS_RESTING, /* until `due`, when the next record begins */
	RECORDS_SCANNING, RECORDS_WRITING, RECORDS_FLUSHING, RECORDS_READING, /* for an answer */
};

struct records {
	struct pv_block_client client;
	const struct pv_virtio_frontend_config *config;
	enum records_step step;
	uint64_t due;       /* ticks */
	uint32_t n_blocks;  /* of the disk that are used */
	uint64_t block;     /* that is read or written */
	uint64_t number;    /* of the record that is written, or the newest found */
	uint64_t n_written; /* in this life, as are the wrong ones among them */
	uint64_t n_wrong;
	struct record record;
};

void records_open(struct records *records, const struct pv_virtio_frontend_config *config);

/* Take what is finished, begin what is due. */
void records_run(struct records *records, uint64_t now);

/* When it is to run though no interrupt came, ticks; UINT64_MAX: never. */
uint64_t records_due(const struct records *records);

/* As pv_virtqueue_driver_wait_begin(). */
bool records_wait_begin(struct records *records);
void records_wait_end(struct records *records);
