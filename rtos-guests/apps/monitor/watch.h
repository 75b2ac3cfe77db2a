/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges motion's state: is it there, fresh, whole, and does it move on?
 *
 * One call for each look at the port; says when the judgement changes. Trouble
 * is reported at the first look that shows it; all is well again only after
 * WATCH_GOOD_LOOKS good looks in a row, so that an outage is one report.
 *
 * Owns     nothing; works on the caller's struct watch.
 * Context  the watching task.
 */
#pragma once

#include "abi/status.h"
#include "rtos-guests/apps/demo_protocol.h"

#define WATCH_GOOD_LOOKS 50

enum watch_condition {
	WATCH_WAITING, /* for the first state, for a while after the start */
	WATCH_GOOD,
	WATCH_LATE,
	WATCH_STUCK,
	WATCH_CORRUPT,
};

/* What one look at the port gave. */
struct watch_look {
	enum pv_status    status;    /* of pv_sampling_read() */
	uint32_t          bytes;
	uint64_t          number;    /* of the sample */
	uint64_t          age_ticks;
	bool              is_valid;  /* not older than the refresh period */
	struct demo_state state;
};

struct watch {
	enum watch_condition condition;
	uint64_t hz;             /* of the counter */
	uint64_t patience_ticks; /* for the first state */
	uint64_t stuck_ticks;    /* how long the tick may stand */
	uint64_t since;          /* when the trouble, or the waiting, began */
	uint64_t moved_at;       /* when the tick last changed */
	uint64_t tick;           /* the last good one */
	uint32_t n_good;         /* good looks in a row */
	uint64_t n_looks, n_overtaken, n_outages;
	uint64_t longest_ticks;  /* outage that is over */
	uint64_t age_max_ticks;  /* of good looks */
};

/* @refresh_us  the port's; 0: none, then 10 ms without progress are stuck */
void watch_start(struct watch *watch, uint64_t now, uint64_t hz, uint64_t refresh_us);

/* True: the condition has changed; *alarm says how. */
bool watch_feed(struct watch *watch, uint64_t now, const struct watch_look *look,
		struct demo_alarm *alarm);

const char *watch_condition_name(enum watch_condition condition);
