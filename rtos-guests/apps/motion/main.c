/* SPDX-License-Identifier: Apache-2.0 */
/*
 * motion: a position controller at 1 kHz that talks to Linux and to monitor.
 *
 *	control  30  the loop (control.c)
 *	command  20  set-points in, answers out (command.c)
 *	report    5  console, alarms (this file)
 *
 * Keys on the console: s the state, h the histogram of latencies.
 * Without Paravent, or without a port, it does what it can do.
 */
#include "rtos-guests/apps/alarms.h"
#include "rtos-guests/apps/motion/command.h"
#include "rtos-guests/apps/motion/control.h"
#include "rtos-guests/apps/motion/exits.h"
#include "rtos-guests/apps/motion/scope.h"
#include "rtos-guests/apps/say.h"
#include "rtos/rtos.h"

#include "pv/console.h"
#include "pv/exception.h"
#include "pv/platform.h"
#include "pv/start.h"

#define REPORT_PRIORITY 5
#define STACK_BYTES     4096

#define LOOKS_PER_SECOND 10
#define FIRST_REPORT_S   1
#define REPORT_EVERY_S   10

/* A kind of fault: what was counted, and how much of that Linux has been told, and when. */
struct fault {
	enum demo_alarm_code code;
	uint64_t             n_told;
	uint64_t             quiet_until_s;
};

static struct rtos_task task;
static RTOS_STACK(stack, STACK_BYTES);
static struct demo_alarms alarms;
static struct fault missed = { .code = DEMO_ALARM_PERIODS_MISSED };
static struct fault bad = { .code = DEMO_ALARM_BAD_COMMAND };
static struct fault lost = { .code = DEMO_ALARM_REPLY_LOST };
static const char *scope_name; /* of the GPIO block; NULL: none */
static uint32_t scope_pin;

/* ---- Alarms ------------------------------------------------------------- */

static void raise(enum demo_alarm_code code, uint64_t a, uint64_t b)
{
	struct demo_alarm alarm = { .code = code, .timestamp = rtos_now(), .a = a, .b = b };

	demo_alarms_raise(&alarms, &alarm);
}

/* Tell Linux what is new, once a second at most for each kind. */
static void look_at_fault(struct fault *fault, uint64_t n, uint64_t tick, uint64_t second)
{
	if (n < fault->n_told) {
		fault->n_told = 0; /* the figures were reset */
	}
	if (n > fault->n_told && second >= fault->quiet_until_s) {
		raise(fault->code, n - fault->n_told, tick);
		fault->n_told = n;
		fault->quiet_until_s = second + 1;
	}
}

/* ---- Console ------------------------------------------------------------ */

/* 12345 ns as "12.3". */
#define US_FORMAT "%u.%u"
#define US(ns)    (unsigned int)((ns) / 1000), (unsigned int)((ns) % 1000 / 100)

static void print_state(void)
{
	struct demo_state state;

	control_look(&state, NULL);
	say("tick %llu: at %d um of %d, latency us min " US_FORMAT " avg " US_FORMAT
	    " max " US_FORMAT ", missed %u, commands %u\n",
	    (unsigned long long)state.tick, state.position_um, state.set_point_um,
	    US(state.latency_min_ns), US(state.latency_avg_ns), US(state.latency_max_ns),
	    state.n_missed, state.n_commands);
}

static void print_exits(const struct exits_count *count, uint64_t n_ticks)
{
	say("EL2 was entered %llu times in %llu ticks, and %llu times to sleep\n",
	    (unsigned long long)count->work, (unsigned long long)n_ticks,
	    (unsigned long long)count->sleep);
}

static void print_histogram(void)
{
	struct latency latency;

	control_look(NULL, &latency);
	for (unsigned int bin = 0; bin < LATENCY_BINS; bin++) {
		if (bin < LATENCY_BINS - 1) {
			say("latency below %4u us: %u\n", latency_bin_end_ns(bin) / 1000,
			    latency.bins[bin]);
		} else {
			say("latency above         : %u\n", latency.bins[bin]);
		}
	}
}

static void answer_key(int key)
{
	switch (key) {
	case 's':
		print_state();
		break;
	case 'h':
		print_histogram();
		break;
	case '\r':
	case '\n':
		break;
	default:
		say("keys: s state, h histogram of latencies\n");
		break;
	}
}

static void greet(void)
{
	const struct pv_platform *platform = pv_platform();
	uint64_t khz = rtos_frequency() / 1000;

	say("%u Hz control loop, counter %u.%03u MHz, %u ports, %s\n", DEMO_MOTION_HZ,
	    (unsigned int)(khz / 1000), (unsigned int)(khz % 1000),
	    platform->n_ports, platform->is_paravent ? "on Paravent" : "on its own");
	if (scope_name != NULL) {
		say("pin %u of %s changes its level with each period\n", (unsigned int)scope_pin,
		    scope_name);
	}
}

/* ---- The report task ---------------------------------------------------- */

/* Once a second: figures if they are due, then keys. */
static void report(uint64_t second, const struct exits_count *count, uint64_t n_ticks)
{
	if (second == FIRST_REPORT_S || second % REPORT_EVERY_S == 0) {
		print_state();
		if (count != NULL) {
			print_exits(count, n_ticks);
		}
	}
	for (int key = pv_console_get(); key >= 0; key = pv_console_get()) {
		answer_key(key);
	}
}

/* One second of looking at faults. Returns the number of hypercalls that took. */
static uint64_t watch_faults(struct rtos_period *period, uint64_t second)
{
	uint64_t n_calls = 0;
	struct demo_state state;

	for (unsigned int i = 0; i < LOOKS_PER_SECOND; i++) {
		(void)rtos_period_wait(period);
		control_look(&state, NULL);
		look_at_fault(&missed, state.n_missed, state.tick, second);
		look_at_fault(&lost, state.n_lost, state.tick, second);
		look_at_fault(&bad, command_n_bad(), state.tick, second);
		n_calls += demo_alarms_flush(&alarms);
	}
	return n_calls;
}

static void run_report(void *argument)
{
	bool is_paravent = pv_platform()->is_paravent;
	struct rtos_period period;

	(void)argument;
	greet();
	raise(DEMO_ALARM_MOTION_STARTED, DEMO_MOTION_HZ, rtos_frequency());
	rtos_period_start(&period, rtos_frequency() / LOOKS_PER_SECOND);
	for (uint64_t second = 1;; second++) {
		struct exits exits;
		struct exits_count count;
		struct demo_state before, after;
		bool is_counted = is_paravent && exits_begin(&exits);

		control_look(&before, NULL);
		uint64_t n_calls = watch_faults(&period, second);

		control_look(&after, NULL);
		is_counted = is_counted && exits_end(&exits, n_calls, &count);
		report(second, is_counted ? &count : NULL, after.tick - before.tick);
	}
}

void guest_main(void)
{
	const struct pv_platform *platform = pv_platform();
	struct rtos_task_config config = {
		.name = "report",
		.entry = run_report,
		.priority = REPORT_PRIORITY,
		.stack = stack,
		.stack_bytes = sizeof(stack),
	};

	scope_name = scope_open(&scope_pin);
	rtos_init();
	if (!control_start() || rtos_task_create(&task, &config) != RTOS_OK) {
		pv_panic("motion cannot make its tasks");
	}
	if (!command_start()) {
		pv_printf("no port `command` for %u byte messages: nobody can move the axis\n",
			  (unsigned int)sizeof(struct demo_command));
	}
	demo_alarms_open(&alarms, platform->ports, pv_platform_port("alarm"));
	rtos_start();
}
