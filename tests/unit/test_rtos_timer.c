/* links: tests/fake/rtos_port.c rtos-guests/rtos/core/kernel.c rtos-guests/rtos/core/wait.c rtos-guests/rtos/core/deadline.c rtos-guests/rtos/core/task.c rtos-guests/rtos/core/mutex.c rtos-guests/rtos/core/semaphore.c rtos-guests/rtos/core/queue.c rtos-guests/rtos/core/notify.c rtos-guests/rtos/core/timer.c */
/* flags: -Irtos-guests/rtos/include */
/* SPDX-License-Identifier: Apache-2.0 */
/* The RTOS's software timers and the alarm behind them. */
#include "tests/fake/rtos_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define STACK_BYTES 4096
#define N_TIMERS    4
#define LATE_START  (UINT64_MAX - 35)

static struct rtos_task task;
static RTOS_STACK(stack, STACK_BYTES);
static struct rtos_timer timers[N_TIMERS];
static uint64_t base;

static void create(rtos_task_entry *entry)
{
	struct rtos_task_config config = {
		.name = "test",
		.entry = entry,
		.priority = 5,
		.stack = stack,
		.stack_bytes = STACK_BYTES,
	};

	assert_int_equal(rtos_task_create(&task, &config), RTOS_OK);
}

static void note(struct rtos_timer *timer, void *argument)
{
	(void)timer;
	fake_rtos_note("%s%d ", (const char *)argument, (int)(rtos_now() - base));
}

static void begin(uint64_t start)
{
	static char names[N_TIMERS][2] = { "a", "b", "c", "d" };

	fake_rtos_begin(start);
	base = start;
	for (unsigned int i = 0; i < N_TIMERS; i++) {
		rtos_timer_init(&timers[i], note, names[i]);
	}
}

static void run(uint64_t until)
{
	fake_rtos_run(base + until);
}

static void once_in_order_of_time_then_of_start(void **state)
{
	const uint64_t starts[] = { 0, LATE_START };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		begin(starts[i]);
		rtos_timer_start(&timers[0], 30, 0);
		rtos_timer_start(&timers[1], 10, 0);
		rtos_timer_start(&timers[2], 30, 0);
		rtos_timer_start(&timers[3], 50, 0);
		assert_true(rtos_timer_is_running(&timers[0]));
		run(200);
		assert_string_equal(fake_rtos_trace(), "b10 a30 c30 d50 ");
		assert_false(rtos_timer_is_running(&timers[0]));
		assert_int_equal(fake_rtos_n_alarms_taken, 3);
	}
}

static void periodic_without_drift(void **state)
{
	(void)state;
	begin(LATE_START);
	rtos_timer_start(&timers[0], 5, 20);
	rtos_timer_start(&timers[1], 45, 45);
	run(130);
	assert_string_equal(fake_rtos_trace(), "a5 a25 b45 a45 a65 a85 b90 a105 a125 ");
	assert_int_equal(timers[0].missed, 0);
}

static void stopped_timer_is_silent(void **state)
{
	uint64_t when;

	(void)state;
	begin(0);
	rtos_timer_start(&timers[0], 10, 10);
	rtos_timer_start(&timers[1], 20, 0);
	run(15);
	assert_true(rtos_timer_stop(&timers[1]));
	assert_false(rtos_timer_stop(&timers[1]));
	run(35);
	assert_true(rtos_timer_stop(&timers[0]));
	assert_false(fake_rtos_alarm_is_set(&when));
	run(100);
	assert_string_equal(fake_rtos_trace(), "a10 a20 a30 ");
	assert_false(rtos_timer_stop(&timers[2])); /* never started */
}

static void started_again_it_forgets_the_old_time(void **state)
{
	(void)state;
	begin(0);
	rtos_timer_start(&timers[0], 10, 5);
	rtos_timer_start(&timers[0], 30, 0);
	run(100);
	assert_string_equal(fake_rtos_trace(), "a30 ");
}

/* Masked for 43 ticks, a period of 10 skips what went by and stays on its grid. */
static void masks_for_long(void *argument)
{
	(void)argument;
	fake_rtos_spend(5);
	uint64_t state = rtos_port_lock();
	fake_rtos_spend(43);
	rtos_port_unlock(state);
	fake_rtos_spend(30);
}

static void periods_missed_are_counted(void **state)
{
	(void)state;
	begin(0);
	create(masks_for_long);
	rtos_timer_start(&timers[0], 10, 10);
	run(65);
	assert_string_equal(fake_rtos_trace(), "a48 a50 a60 ");
	assert_int_equal(timers[0].missed, 3);
}

static void zero_delay_is_one_tick(void **state)
{
	(void)state;
	begin(0);
	rtos_timer_start(&timers[0], 0, 0);
	run(10);
	assert_string_equal(fake_rtos_trace(), "a1 ");
}

/* ---- From within callbacks ---------------------------------------------- */

static void stops_itself_third_time(struct rtos_timer *timer, void *argument)
{
	unsigned int *n = argument;

	fake_rtos_note("x%d ", (int)rtos_now());
	if (++*n == 3) {
		assert_true(rtos_timer_stop(timer));
	}
}

static void starts_next(struct rtos_timer *timer, void *argument)
{
	(void)argument;
	fake_rtos_note("n%d ", (int)rtos_now());
	rtos_timer_start(&timers[1], 0, 0);  /* later, in its own interrupt */
	rtos_timer_start(timer, 7, 0);
	assert_true(rtos_timer_stop(&timers[2])); /* due now as well, but not yet called */
}

static void callbacks_start_and_stop_timers(void **state)
{
	unsigned int n = 0;

	(void)state;
	begin(0);
	rtos_timer_init(&timers[3], stops_itself_third_time, &n);
	rtos_timer_start(&timers[3], 1, 4);
	run(100);
	assert_string_equal(fake_rtos_trace(), "x1 x5 x9 ");

	begin(0);
	rtos_timer_init(&timers[0], starts_next, NULL);
	rtos_timer_start(&timers[0], 10, 0);
	rtos_timer_start(&timers[2], 10, 1);
	run(12);
	assert_string_equal(fake_rtos_trace(), "n10 b11 ");
	assert_true(rtos_timer_stop(&timers[0]));
}

static void wakes_task(struct rtos_timer *timer, void *argument)
{
	(void)timer;
	(void)argument;
	rtos_notify(&task, 1);
}

static void waits_for_timer(void *argument)
{
	uint32_t bits;

	(void)argument;
	for (;;) {
		assert_int_equal(rtos_notify_wait(1, RTOS_FOREVER, &bits), RTOS_OK);
		fake_rtos_note("t%d ", (int)rtos_now());
	}
}

static void callback_wakes_a_task(void **state)
{
	(void)state;
	begin(0);
	create(waits_for_timer);
	rtos_timer_init(&timers[0], wakes_task, NULL);
	rtos_timer_start(&timers[0], 10, 10);
	run(35);
	assert_string_equal(fake_rtos_trace(), "t10 t20 t30 ");
}

/* ---- The alarm ---------------------------------------------------------- */

/* It always shows the earliest deadline, and no interrupt comes before that. */
static void alarm_follows_the_earliest_deadline(void **state)
{
	uint64_t when;

	(void)state;
	begin(0);
	rtos_timer_start(&timers[0], 50, 0);
	assert_true(fake_rtos_alarm_is_set(&when));
	assert_int_equal(when, 50);
	rtos_timer_start(&timers[1], 20, 0);
	assert_true(fake_rtos_alarm_is_set(&when));
	assert_int_equal(when, 20);

	unsigned int n_set = fake_rtos_n_alarms_set;

	rtos_timer_start(&timers[2], 30, 0);
	assert_int_equal(fake_rtos_n_alarms_set, n_set); /* a later one does not touch it */
	rtos_timer_stop(&timers[1]);
	assert_true(fake_rtos_alarm_is_set(&when));
	assert_int_equal(when, 30);
	rtos_timer_stop(&timers[2]);
	rtos_timer_stop(&timers[0]);
	assert_false(fake_rtos_alarm_is_set(&when));
	run(100);
	assert_int_equal(fake_rtos_n_alarms_taken, 0);
}

static void span_without_end_is_refused(void **state)
{
	(void)state;
	begin(0);
	expect_assert_failure(rtos_timer_start(&timers[0], RTOS_FOREVER, 0));
	expect_assert_failure(rtos_timer_start(&timers[0], 1, RTOS_FOREVER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_in_order_of_time_then_of_start),
		cmocka_unit_test(periodic_without_drift),
		cmocka_unit_test(stopped_timer_is_silent),
		cmocka_unit_test(started_again_it_forgets_the_old_time),
		cmocka_unit_test(periods_missed_are_counted),
		cmocka_unit_test(zero_delay_is_one_tick),
		cmocka_unit_test(callbacks_start_and_stop_timers),
		cmocka_unit_test(callback_wakes_a_task),
		cmocka_unit_test(alarm_follows_the_earliest_deadline),
		cmocka_unit_test(span_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
