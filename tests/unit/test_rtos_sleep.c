/* links: tests/fake/rtos_port.c rtos-guests/rtos/core/kernel.c rtos-guests/rtos/core/wait.c rtos-guests/rtos/core/deadline.c rtos-guests/rtos/core/task.c rtos-guests/rtos/core/mutex.c rtos-guests/rtos/core/semaphore.c rtos-guests/rtos/core/queue.c rtos-guests/rtos/core/notify.c rtos-guests/rtos/core/timer.c */
/* flags: -Irtos-guests/rtos/include */
/* SPDX-License-Identifier: Apache-2.0 */
/* The RTOS's sleeping tasks: delays, periods, notifications. */
#include "tests/fake/rtos_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define STACK_BYTES 4096
#define N_TASKS     4
#define LATE_START  (UINT64_MAX - 50) /* the counter wraps during the test */

static struct rtos_task tasks[N_TASKS];
static RTOS_STACK(stacks[N_TASKS], STACK_BYTES);

static struct rtos_task_config config_of(unsigned int n, uint32_t priority,
					 rtos_task_entry *entry, void *argument)
{
	return (struct rtos_task_config){
		.name = "test",
		.entry = entry,
		.argument = argument,
		.priority = priority,
		.stack = stacks[n],
		.stack_bytes = STACK_BYTES,
	};
}

static void create(unsigned int n, uint32_t priority, rtos_task_entry *entry, void *argument)
{
	struct rtos_task_config config = config_of(n, priority, entry, argument);

	assert_int_equal(rtos_task_create(&tasks[n], &config), RTOS_OK);
}

static void note(void *name)
{
	fake_rtos_note("%s ", (const char *)name);
}

static void sleeps_then_notes(void *name)
{
	rtos_sleep(5);
	note(name);
}

/* ---- Sleeping ----------------------------------------------------------- */

static void sleeper(void *argument)
{
	uint64_t base = rtos_now();

	for (uint64_t ticks = 0; ticks < 40; ticks += 10) {
		rtos_sleep(ticks);
		fake_rtos_note("%s%d ", (const char *)argument, (int)(rtos_now() - base));
	}
}

static void sleepers_wake_in_order_across_the_wrap(void **state)
{
	(void)state;
	fake_rtos_begin(LATE_START);
	create(0, 5, sleeper, "a");
	create(1, 5, sleeper, "b");
	fake_rtos_run(LATE_START + 100);
	assert_string_equal(fake_rtos_trace(), "a0 b0 a10 b10 a30 b30 a60 b60 ");
	assert_int_equal(rtos_now(), LATE_START + 100);
}

static void sleeps_until(void *argument)
{
	uint64_t base = rtos_now();

	(void)argument;
	fake_rtos_note("%d", rtos_sleep_until(base));
	fake_rtos_note("%d", rtos_sleep_until(base - 1));
	fake_rtos_note("%d", rtos_sleep_until(base + 60));
	fake_rtos_note(" %d", (int)(rtos_now() - base));
}

static void sleep_until_says_when_it_is_late(void **state)
{
	(void)state;
	fake_rtos_begin(LATE_START);
	create(0, 5, sleeps_until, NULL);
	fake_rtos_run(LATE_START + 100);
	assert_string_equal(fake_rtos_trace(), "001 60");
}

static void sleeps_for_ever(void *name)
{
	rtos_sleep(RTOS_FOREVER);
	note(name);
}

/* Nothing due: no alarm, thus no interrupt at all. */
static void idle_system_sets_no_alarm(void **state)
{
	uint64_t when;

	(void)state;
	fake_rtos_begin(0);
	create(0, 5, sleeps_for_ever, "not reached");
	create(1, 5, sleeps_then_notes, "slept");
	fake_rtos_run(3);
	assert_true(fake_rtos_alarm_is_set(&when));
	assert_int_equal(when, 5);
	fake_rtos_run(UINT64_MAX);
	assert_false(fake_rtos_alarm_is_set(&when));
	assert_int_equal(fake_rtos_n_alarms_taken, 1);
	assert_string_equal(fake_rtos_trace(), "slept ");
}

/* ---- Periods ------------------------------------------------------------ */

/* Runs for 0, 7, 14 ... of 10 ticks, then once far too long. */
static void periodic(void *argument)
{
	const uint64_t work[] = { 0, 7, 9, 10, 35, 0, 3, 12, 5, 0 };
	struct rtos_period period;
	uint64_t base = rtos_now();

	(void)argument;
	rtos_period_start(&period, 10);
	for (unsigned int i = 0; i < 10; i++) {
		uint64_t n_missed = rtos_period_wait(&period);

		fake_rtos_note("%d", (int)(period.release - base));
		if (rtos_now() != period.release) {
			fake_rtos_note("+%d", (int)(rtos_now() - period.release));
		}
		fake_rtos_note(n_missed != 0 ? "!%d " : " ", (int)n_missed);
		fake_rtos_spend(work[i]);
	}
}

static void periods_do_not_drift_and_say_what_was_missed(void **state)
{
	const uint64_t starts[] = { 0, LATE_START, 123456789 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		fake_rtos_begin(starts[i]);
		create(0, 5, periodic, NULL);
		fake_rtos_run(starts[i] + 500);
		/* 40+0: work of exactly one period; 80: 35 ticks from 50 skip 60 and 70 */
		assert_string_equal(fake_rtos_trace(),
				    "10 20 30 40 50 80+5!2 90 100 110+2 120 ");
	}
}

static void counts_releases(void *argument)
{
	struct rtos_period period;
	unsigned int *n = argument;

	rtos_period_start(&period, 1000);
	for (;;) {
		assert_int_equal(rtos_period_wait(&period), 0);
		++*n;
		fake_rtos_spend(*n % 700);
	}
}

static void long_run_keeps_every_release(void **state)
{
	unsigned int n = 0;

	(void)state;
	fake_rtos_begin(17);
	create(0, 5, counts_releases, &n);
	fake_rtos_run(17 + 20000 * 1000);
	assert_int_equal(n, 20000);
}

/* ---- Notifications ------------------------------------------------------ */

static void notify_first(void *argument)
{
	rtos_notify(&tasks[0], (uint32_t)(uintptr_t)argument);
}

static void waits_for_bits(void *argument)
{
	uint32_t bits;

	(void)argument;
	for (int i = 0; i < 5; i++) {
		enum rtos_status status = rtos_notify_wait(0x6, 100, &bits);

		fake_rtos_note("%d:%d:%x ", (int)rtos_now(), status, (unsigned int)bits);
	}
	assert_int_equal(rtos_notify_wait(0x1, RTOS_NO_WAIT, &bits), RTOS_OK);
	assert_int_equal(bits, 1);
	assert_int_equal(rtos_notify_wait(0x1, RTOS_NO_WAIT, &bits), RTOS_TIMEOUT);
	assert_int_equal(rtos_notify_wait(0, RTOS_NO_WAIT, &bits), RTOS_BAD_ARGUMENT);
	note("end");
}

static void interrupts_wake_the_task_they_name(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 5, waits_for_bits, NULL);
	fake_rtos_interrupt_at(10, notify_first, (void *)2);
	fake_rtos_interrupt_at(20, notify_first, (void *)1); /* not awaited: kept, no wake-up */
	fake_rtos_interrupt_at(30, notify_first, (void *)4);
	fake_rtos_interrupt_at(40, notify_first, (void *)2); /* both at one time: merge or two */
	fake_rtos_interrupt_at(40, notify_first, (void *)6);
	fake_rtos_run(500);
	assert_null(fake_rtos_panic());
	assert_string_equal(fake_rtos_trace(), "10:0:2 30:0:4 40:0:2 40:0:6 140:-1:0 end ");
}

static void busy_then_collects(void *argument)
{
	uint32_t bits;

	(void)argument;
	fake_rtos_spend(100);
	assert_int_equal(rtos_notify_wait(UINT32_MAX, RTOS_FOREVER, &bits), RTOS_OK);
	fake_rtos_note("%x ", (unsigned int)bits);
}

static void bits_merge_while_the_task_is_busy(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 5, busy_then_collects, NULL);
	fake_rtos_interrupt_at(10, notify_first, (void *)1);
	fake_rtos_interrupt_at(20, notify_first, (void *)0x80000000);
	fake_rtos_run(200);
	assert_string_equal(fake_rtos_trace(), "80000001 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleepers_wake_in_order_across_the_wrap),
		cmocka_unit_test(sleep_until_says_when_it_is_late),
		cmocka_unit_test(idle_system_sets_no_alarm),
		cmocka_unit_test(periods_do_not_drift_and_say_what_was_missed),
		cmocka_unit_test(long_run_keeps_every_release),
		cmocka_unit_test(interrupts_wake_the_task_they_name),
		cmocka_unit_test(bits_merge_while_the_task_is_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
