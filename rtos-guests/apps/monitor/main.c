/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor: looks at motion's state every 2 ms and tells Linux, by alarm, when it
 * is late, stuck or corrupt, and when all is well again.
 *
 *	watch   20  looks, judges (watch.c), raises alarms
 *	report   5  console: outages that last, a summary now and then
 *
 * Key on the console: s what it has seen.
 */
#include "rtos-guests/apps/alarms.h"
#include "rtos-guests/apps/monitor/clock.h"
#include "rtos-guests/apps/monitor/watch.h"
#include "rtos-guests/apps/say.h"
#include "rtos/rtos.h"

#include "pv/console.h"
#include "pv/exception.h"
#include "pv/platform.h"
#include "pv/port.h"
#include "pv/start.h"

#define LOOKS_PER_SECOND   500
#define REPORTS_PER_SECOND 10
#define WATCH_PRIORITY     20
#define REPORT_PRIORITY    5
#define STACK_BYTES        4096
#define FIRST_SUMMARY_S    1
#define SUMMARY_EVERY_S    10

/* Shorter outages are counted for the console, not shown. Linux is told of all, at once. */
#define OUTAGE_SHOWN_MS 500

static struct rtos_task watch_task, report_task;
static RTOS_STACK(watch_stack, STACK_BYTES);
static RTOS_STACK(report_stack, STACK_BYTES);
static struct rtos_mutex watch_lock;
static struct watch watch;     /* under watch_lock */
static uint64_t n_late_looks;  /* looks that came a whole period late; under watch_lock */
static struct pv_sampling state_port;
static struct demo_alarms alarms; /* the watch task's */

/* ---- Watching ---------------------------------------------------------- */

static struct watch_look look_at_port(void)
{
	struct watch_look look = { .status = PV_EMPTY };
	struct pv_sample sample = { 0 };

	look.status = pv_sampling_read(&state_port, &look.state, sizeof(look.state), &sample);
	look.bytes = sample.bytes;
	look.number = sample.number;
	look.age_ticks = sample.age_ticks;
	look.is_valid = sample.is_valid;
	return look;
}

/* True: the judgement has changed. */
static bool feed(const struct watch_look *look, uint64_t n_missed, struct demo_alarm *alarm)
{
	if (rtos_mutex_lock(&watch_lock, RTOS_FOREVER) != RTOS_OK) {
		return false; /* not possible: no circle of owners exists here */
	}
	bool is_changed = watch_feed(&watch, rtos_now(), look, alarm);

	n_late_looks += n_missed;
	rtos_mutex_unlock(&watch_lock);
	return is_changed;
}

static void run_watch(void *argument)
{
	struct rtos_period period;
	struct demo_alarm alarm = {
		.code = DEMO_ALARM_MONITOR_STARTED,
		.timestamp = rtos_now(),
		.a = LOOKS_PER_SECOND,
		.b = state_port.config->refresh_us,
	};

	(void)argument;
	demo_alarms_raise(&alarms, &alarm);
	rtos_period_start(&period, rtos_frequency() / LOOKS_PER_SECOND);
	for (;;) {
		uint64_t n_missed = rtos_period_wait(&period);
		struct watch_look look = look_at_port();

		if (feed(&look, n_missed, &alarm)) {
			demo_alarms_raise(&alarms, &alarm);
		}
		(void)demo_alarms_flush(&alarms);
	}
}

/* ---- Console ----------------------------------------------------------- */

/* A copy that does not change while it is printed. */
static struct watch look_at_watch(uint64_t *n_late)
{
	struct watch seen = { .condition = WATCH_WAITING };

	if (rtos_mutex_lock(&watch_lock, RTOS_FOREVER) == RTOS_OK) {
		seen = watch;
		*n_late = n_late_looks;
		rtos_mutex_unlock(&watch_lock);
	}
	return seen;
}

static uint64_t ms_of(uint64_t ticks)
{
	return rtos_ns_from_ticks(ticks) / 1000000;
}

static void print_summary(void)
{
	uint64_t n_late = 0;
	struct watch seen = look_at_watch(&n_late);

	say("motion's state is %s, tick %llu; %llu looks (%llu skipped), oldest %llu us, "
	    "%llu outages, longest %llu ms\n", watch_condition_name(seen.condition),
	    (unsigned long long)seen.tick, (unsigned long long)seen.n_looks,
	    (unsigned long long)n_late,
	    (unsigned long long)(rtos_ns_from_ticks(seen.age_max_ticks) / 1000),
	    (unsigned long long)seen.n_outages,
	    (unsigned long long)ms_of(seen.longest_ticks));
}

/*
 * Show outages that last, and their end.
 * @shown  what the console shows last: WATCH_GOOD or a kind of trouble
 */
static void show_outage(enum watch_condition *shown)
{
	uint64_t n_late = 0;
	struct watch seen = look_at_watch(&n_late);
	char stamp[CLOCK_STAMP_BYTES];
	uint64_t outage_ms = ms_of(rtos_now() - seen.since);

	if (seen.condition == *shown || seen.condition == WATCH_WAITING) {
		return;
	}
	if (seen.condition == WATCH_GOOD) {
		say("%smotion's state is good at tick %llu\n", clock_stamp(stamp),
		    (unsigned long long)seen.tick);
	} else if (outage_ms >= OUTAGE_SHOWN_MS) {
		say("%sALARM: motion's state is %s since %llu ms, last tick %llu\n",
		    clock_stamp(stamp), watch_condition_name(seen.condition), (unsigned long long)outage_ms,
		    (unsigned long long)seen.tick);
	} else {
		return;
	}
	*shown = seen.condition;
}

static void answer_keys(void)
{
	for (int key = pv_console_get(); key >= 0; key = pv_console_get()) {
		if (key == 's') {
			print_summary();
		} else if (key != '\r' && key != '\n') {
			say("key: s what was seen of motion\n");
		}
	}
}

static void run_report(void *argument)
{
	enum watch_condition shown = WATCH_WAITING;
	struct rtos_period period;

	(void)argument;
	say("%u looks a second at motion's state, refresh period %llu us\n",
	    LOOKS_PER_SECOND, (unsigned long long)state_port.config->refresh_us);
	rtos_period_start(&period, rtos_frequency() / REPORTS_PER_SECOND);
	for (uint64_t n = 1;; n++) {
		uint64_t second = n / REPORTS_PER_SECOND;

		(void)rtos_period_wait(&period);
		show_outage(&shown);
		answer_keys();
		if (n % REPORTS_PER_SECOND == 0 &&
		    (second == FIRST_SUMMARY_S || second % SUMMARY_EVERY_S == 0)) {
			print_summary();
		}
	}
}

/* ---- Start ------------------------------------------------------------- */

static bool make_task(struct rtos_task *task, const char *name, rtos_task_entry *entry,
		      uint32_t priority, void *stack)
{
	return rtos_task_create(task, &(struct rtos_task_config){
		.name = name,
		.entry = entry,
		.priority = priority,
		.stack = stack,
		.stack_bytes = STACK_BYTES,
	}) == RTOS_OK;
}

void guest_main(void)
{
	const struct pv_platform *platform = pv_platform();
	const struct pv_port_config *config = pv_platform_port("state");

	if (config == NULL || config->direction != PV_PORT_DESTINATION ||
	    config->message_bytes != sizeof(struct demo_state) ||
	    pv_sampling_open(&state_port, config) != PV_OK) {
		pv_panic("no sampling port `state` of %u bytes to look at: see the system's DTS",
			 (unsigned int)sizeof(struct demo_state));
	}
	clock_open();
	rtos_init();
	rtos_mutex_init(&watch_lock);
	demo_alarms_open(&alarms, platform->ports, pv_platform_port("alarm"));
	watch_start(&watch, rtos_now(), rtos_frequency(), config->refresh_us);
	if (!make_task(&watch_task, "watch", run_watch, WATCH_PRIORITY, watch_stack) ||
	    !make_task(&report_task, "report", run_report, REPORT_PRIORITY, report_stack)) {
		pv_panic("monitor cannot make its tasks");
	}
	rtos_start();
}
