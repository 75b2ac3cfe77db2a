/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/monitor/watch.h"

#define PATIENCE_MS        UINT64_C(1000)
#define STUCK_US_DEFAULT   UINT64_C(10000)
#define NS_PER_S           UINT64_C(1000000000)
#define US_PER_S           UINT64_C(1000000)
#define MS_PER_S           UINT64_C(1000)

/* Whole seconds apart, so that no product exceeds 64 bits. */
static uint64_t ns_of(const struct watch *watch, uint64_t ticks)
{
	return ticks / watch->hz * NS_PER_S + ticks % watch->hz * NS_PER_S / watch->hz;
}

void watch_start(struct watch *watch, uint64_t now, uint64_t hz, uint64_t refresh_us)
{
	uint64_t stuck_us = refresh_us != 0 ? refresh_us : STUCK_US_DEFAULT;

	*watch = (struct watch){
		.condition = WATCH_WAITING,
		.hz = hz,
		.patience_ticks = hz * PATIENCE_MS / MS_PER_S,
		.stuck_ticks = stuck_us / US_PER_S * hz + stuck_us % US_PER_S * hz / US_PER_S,
		.since = now,
		.moved_at = now,
	};
}

/* What this look alone says. */
static enum watch_condition judge(struct watch *watch, uint64_t now,
				  const struct watch_look *look)
{
	if (look->status == PV_EMPTY) {
		bool is_patient = watch->condition == WATCH_WAITING &&
				  now - watch->since < watch->patience_ticks;

		return is_patient ? WATCH_WAITING : WATCH_LATE;
	}
	if (look->status != PV_OK || look->bytes != sizeof(look->state) ||
	    !demo_is_whole(&look->state, sizeof(look->state), DEMO_STATE_MAGIC)) {
		return WATCH_CORRUPT;
	}
	if (!look->is_valid) {
		return WATCH_LATE;
	}
	if (look->state.tick != watch->tick) {
		watch->tick = look->state.tick;
		watch->moved_at = now;
	}
	return now - watch->moved_at > watch->stuck_ticks ? WATCH_STUCK : WATCH_GOOD;
}

static struct demo_alarm alarm_of(const struct watch *watch, uint64_t now,
				  const struct watch_look *look)
{
	struct demo_alarm alarm = { .timestamp = now, .b = watch->tick };

	switch (watch->condition) {
	case WATCH_LATE:
		alarm.code = DEMO_ALARM_STATE_LATE;
		alarm.a = look->status == PV_OK ? ns_of(watch, look->age_ticks) : 0;
		break;
	case WATCH_STUCK:
		alarm.code = DEMO_ALARM_STATE_STUCK;
		alarm.a = ns_of(watch, now - watch->moved_at);
		break;
	case WATCH_CORRUPT:
		alarm.code = DEMO_ALARM_STATE_CORRUPT;
		alarm.a = look->status == PV_OK ? look->number : 0;
		break;
	case WATCH_WAITING:
	case WATCH_GOOD:
		alarm.code = DEMO_ALARM_STATE_GOOD;
		alarm.a = ns_of(watch, now - watch->since);
		break;
	}
	return alarm;
}

/* Good looks count until they are enough; from waiting, one is. */
static bool is_recovered(struct watch *watch)
{
	watch->n_good++;
	return watch->condition == WATCH_WAITING || watch->n_good >= WATCH_GOOD_LOOKS;
}

/* The condition is about to change to this one. */
static void note_outage(struct watch *watch, uint64_t now, enum watch_condition condition)
{
	if (watch->condition == WATCH_GOOD) {
		watch->since = now;
		watch->n_outages++;
	} else if (watch->condition != WATCH_WAITING && condition == WATCH_GOOD &&
		   now - watch->since > watch->longest_ticks) {
		watch->longest_ticks = now - watch->since;
	}
}

bool watch_feed(struct watch *watch, uint64_t now, const struct watch_look *look,
		struct demo_alarm *alarm)
{
	watch->n_looks++;
	if (look->status == PV_BUSY) {
		watch->n_overtaken++; /* the writer was faster, again and again: it lives */
		return false;
	}

	enum watch_condition condition = judge(watch, now, look);
	enum watch_condition before = watch->condition;

	if (condition == WATCH_GOOD) {
		if (look->age_ticks > watch->age_max_ticks) {
			watch->age_max_ticks = look->age_ticks;
		}
		if (before == WATCH_GOOD || !is_recovered(watch)) {
			return false;
		}
	} else {
		watch->n_good = 0;
	}
	if (condition == before) {
		return false;
	}
	note_outage(watch, now, condition);
	watch->condition = condition;
	*alarm = alarm_of(watch, now, look);
	return true;
}

const char *watch_condition_name(enum watch_condition condition)
{
	switch (condition) {
	case WATCH_WAITING:
		return "waiting for the first state";
	case WATCH_GOOD:
		return "good";
	case WATCH_LATE:
		return "late";
	case WATCH_STUCK:
		return "stuck";
	case WATCH_CORRUPT:
		return "corrupt";
	}
	return "?";
}
