/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the demo's partitions say to each other, byte by byte. Shared by the
 * guests motion and monitor and by the tools on the Linux side; needs nothing
 * but a little-endian C11 compiler. In words: docs/rtos.md "The demo's messages".
 *
 *	channel  kind      from             to              text
 *	state    sampling  motion           linux, monitor  struct demo_state
 *	command  queuing   linux            motion          struct demo_command
 *	reply    queuing   motion           linux           struct demo_reply
 *	alarm    message   motion, monitor  linux           struct demo_alarm
 *	trace    window    motion           linux (reads)   struct demo_trace
 *
 * All fields are little-endian and naturally aligned; reserved ones are 0.
 * Times are CNTVCT ticks: one time base for all partitions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fields are little-endian");

#define DEMO_MOTION_HZ 1000 /* periods of motion's control loop a second */

/* ---- Checksum ----------------------------------------------------------- */

/* CRC-32 of IEEE 802.3, as zlib's crc32(). */
static inline uint32_t demo_crc32(const void *text, size_t bytes)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const unsigned char *at = (const unsigned char *)text;
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < bytes; i++) {
		crc ^= at[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* First in every checked text: what it is, and the CRC-32 of all bytes behind this head. */
struct demo_head {
	uint32_t magic;
	uint32_t checksum;
};

/* Fill in the head of a text that begins with one. @bytes  of the whole text */
static inline void demo_seal(void *text, size_t bytes, uint32_t magic)
{
	struct demo_head head = {
		magic,
		demo_crc32((unsigned char *)text + sizeof(head), bytes - sizeof(head)),
	};

	memcpy(text, &head, sizeof(head));
}

/* Is this what it should be, and whole? */
static inline bool demo_is_whole(const void *text, size_t bytes, uint32_t magic)
{
	struct demo_head head;

	memcpy(&head, text, sizeof(head));
	return head.magic == magic &&
	       head.checksum == demo_crc32((const unsigned char *)text + sizeof(head),
					   bytes - sizeof(head));
}

/* ---- state: 64 bytes, once a period ------------------------------------- */

#define DEMO_STATE_MAGIC 0x54534d50 /* "PMST" in memory */

struct demo_state {
	struct demo_head head;
	uint64_t tick;          /* periods since the loop began; missed ones count */
	uint64_t release;       /* when this period began */
	int32_t  position_um;
	int32_t  velocity_um_s;
	int32_t  set_point_um;
	uint32_t latency_ns;    /* how long after its release this period's work began */
	uint32_t latency_min_ns, latency_avg_ns, latency_max_ns; /* since DEMO_RESET */
	uint32_t n_missed;      /* periods skipped, since DEMO_RESET */
	uint32_t n_commands;    /* taken since start, refused ones included */
	uint32_t n_lost;        /* replies given up, since start: nobody took them */
};

/* ---- command: 32 bytes -------------------------------------------------- */

#define DEMO_COMMAND_MAGIC 0x4d434d50 /* "PMCM" */
#define DEMO_SET_POINT_MAX_UM 1000000 /* either way */

enum demo_operation {
	DEMO_SET_POINT = 1, /* go to set_point_um */
	DEMO_ASK       = 2, /* only answer */
	DEMO_RESET     = 3, /* begin the latency figures anew */
};

struct demo_command {
	struct demo_head head;
	uint32_t sequence;     /* the sender's, returned in the reply */
	uint32_t operation;    /* enum demo_operation */
	int32_t  set_point_um; /* DEMO_SET_POINT; else 0 */
	uint32_t reserved;
	uint64_t cookie;       /* the sender's, returned in the reply */
};

/* ---- reply: 32 bytes, one for each command ------------------------------ */

#define DEMO_REPLY_MAGIC 0x50524d50 /* "PMRP" */

enum demo_result {
	DEMO_OK               = 0,
	DEMO_BAD_COMMAND      = 1, /* length, head or operation: sequence may be wrong */
	DEMO_OUT_OF_RANGE     = 2, /* set-point beyond DEMO_SET_POINT_MAX_UM */
};

struct demo_reply {
	struct demo_head head;
	uint32_t sequence;
	uint16_t result;      /* enum demo_result */
	uint16_t reserved;
	int32_t  position_um; /* at `tick` */
	uint32_t tick;        /* low half of demo_state.tick */
	uint64_t cookie;
};

/* ---- alarm: the 32 bytes of a register message -------------------------- */

/*
 * EL2 carries it in registers and names the sender: it can be neither torn nor
 * forged, so it has no head.
 */
enum demo_alarm_code {
	/* from motion */
	DEMO_ALARM_MOTION_STARTED = 1, /* a = periods a second, b = counter ticks a second */
	DEMO_ALARM_PERIODS_MISSED = 2, /* a = how many since the last such alarm, b = tick */
	DEMO_ALARM_BAD_COMMAND    = 3, /* a = how many since the last such alarm, b = tick */
	DEMO_ALARM_REPLY_LOST     = 4, /* a = how many since the last such alarm, b = tick */
	/* from monitor */
	DEMO_ALARM_MONITOR_STARTED = 16, /* a = samples a second, b = refresh period in us */
	DEMO_ALARM_STATE_LATE      = 17, /* a = age in ns (0: never written), b = last tick */
	DEMO_ALARM_STATE_STUCK     = 18, /* written, but the tick stands: a = ns, b = tick */
	DEMO_ALARM_STATE_CORRUPT   = 19, /* a = number of the sample, b = last good tick */
	DEMO_ALARM_STATE_GOOD      = 20, /* it has recovered: a = trouble lasted ns, b = tick */
};

struct demo_alarm {
	uint32_t code;      /* enum demo_alarm_code */
	uint32_t sequence;  /* counts the sender's alarms, from 1; a gap: some found no room */
	uint64_t timestamp; /* when it happened */
	uint64_t a, b;
};

/* ---- trace: a window ---------------------------------------------------- */

/*
 * A header, then as many records as fit. Record n (from 1) lies in place
 * n % n_records. The writer does, each step ordered before the next:
 * record.number = 0; its other fields; record.number = n; header.count = n.
 * The reader reads count, and takes a record only if its number is n both
 * before and after copying it. n_records of the header is for information: a
 * reader computes it from the size of the window.
 */
#define DEMO_TRACE_MAGIC 0x52544d50 /* "PMTR" */

struct demo_trace_header {
	uint32_t magic;
	uint32_t record_bytes;
	uint32_t n_records;
	uint32_t reserved0;
	uint64_t count;       /* records written since start */
	uint64_t reserved[5]; /* records begin at offset 64 */
};

struct demo_trace_record {
	uint64_t number;
	uint64_t release;     /* when the period began */
	uint32_t latency_ns;
	uint32_t work_ns;     /* from the beginning to the end of the period's work */
	int32_t  position_um;
	int32_t  set_point_um;
};

#define DEMO_TRACE_RECORDS(window_bytes)                           \
	(((window_bytes) - sizeof(struct demo_trace_header)) /     \
	 sizeof(struct demo_trace_record))

_Static_assert(sizeof(struct demo_state) == 64, "message size of channel state");
_Static_assert(sizeof(struct demo_command) == 32, "message size of channel command");
_Static_assert(sizeof(struct demo_reply) == 32, "message size of channel reply");
_Static_assert(sizeof(struct demo_alarm) == 32, "a register message");
_Static_assert(sizeof(struct demo_trace_header) == 64, "records begin at offset 64");
_Static_assert(sizeof(struct demo_trace_record) == 32, "no padding");
