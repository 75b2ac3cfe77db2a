/* links: tests/fake/rtos_port.c rtos-guests/rtos/core/kernel.c rtos-guests/rtos/core/wait.c rtos-guests/rtos/core/deadline.c rtos-guests/rtos/core/task.c rtos-guests/rtos/core/mutex.c rtos-guests/rtos/core/semaphore.c rtos-guests/rtos/core/queue.c rtos-guests/rtos/core/notify.c rtos-guests/rtos/core/timer.c */
/* flags: -Irtos-guests/rtos/include */
/* SPDX-License-Identifier: Apache-2.0 */
/* The RTOS's tasks: order of running, making and ending, stacks, interrupts. */
#include "tests/fake/rtos_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define STACK_BYTES 4096
#define N_TASKS     4

static struct rtos_task tasks[N_TASKS];
static RTOS_STACK(stacks[N_TASKS], STACK_BYTES);
static struct rtos_semaphore gate;

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

/* ---- Order -------------------------------------------------------------- */

static void most_urgent_first_then_first_come(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 5, note, "five");
	create(1, 31, note, "top");
	create(2, 5, note, "fiveB");
	create(3, 1, note, "one");
	fake_rtos_run(10);
	assert_string_equal(fake_rtos_trace(), "top five fiveB one ");
}

static void makes_two_others(void *name)
{
	fake_rtos_note("in ");
	create(1, 5, note, "equal");
	fake_rtos_note("still ");
	create(2, 6, note, "urgent");
	note(name);
}

static void new_task_preempts_only_if_more_urgent(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 5, makes_two_others, "out");
	fake_rtos_run(10);
	assert_string_equal(fake_rtos_trace(), "in still urgent out equal ");
}

static void spends_in_two_steps(void *name)
{
	note(name);
	fake_rtos_spend(10);
	note(name);
	fake_rtos_spend(10);
	note(name);
}

static void sleeps_then_notes(void *name)
{
	rtos_sleep(5);
	note(name);
}

/* A preempted task goes on before its equals: it has not given up its turn. */
static void preempted_keeps_its_turn(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 9, sleeps_then_notes, "urgent");
	create(1, 5, spends_in_two_steps, "A");
	create(2, 5, spends_in_two_steps, "B");
	fake_rtos_run(100);
	assert_string_equal(fake_rtos_trace(), "A urgent A A B B B ");
	assert_int_equal(rtos_now(), 100);
}

static void yields_thrice(void *name)
{
	for (int i = 0; i < 3; i++) {
		note(name);
		rtos_task_yield();
	}
}

static void yield_lets_equals_go_first(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 5, yields_thrice, "A");
	create(1, 5, yields_thrice, "B");
	create(2, 4, note, "low");
	create(3, 5, yields_thrice, "C");
	fake_rtos_run(10);
	assert_string_equal(fake_rtos_trace(), "A B C A B C A B C low ");
}

static void changes_priorities(void *name)
{
	note("start");
	assert_int_equal(rtos_task_set_priority(&tasks[1], 8), RTOS_OK);
	note("lower");
	assert_int_equal(rtos_task_set_priority(&tasks[0], 3), RTOS_OK);
	note(name);
	assert_int_equal(rtos_task_priority(&tasks[0]), 3);
	assert_int_equal(rtos_task_set_priority(&tasks[0], 0), RTOS_BAD_ARGUMENT);
	assert_int_equal(rtos_task_set_priority(&tasks[0], 32), RTOS_BAD_ARGUMENT);
	assert_int_equal(rtos_task_set_priority(&tasks[3], 5), RTOS_BAD_ARGUMENT);
}

static void priorities_change_the_order_at_once(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	tasks[3] = (struct rtos_task){ .name = "never made" };
	create(0, 7, changes_priorities, "end");
	create(1, 5, note, "raised");
	create(2, 6, note, "middle");
	fake_rtos_run(10);
	assert_null(fake_rtos_panic());
	assert_string_equal(fake_rtos_trace(), "start raised lower middle end ");
}

/* ---- Making and ending -------------------------------------------------- */

static void refuses_bad_configurations(void **state)
{
	(void)state;
	fake_rtos_begin(0);

	struct rtos_task_config good = config_of(0, 5, note, "good");
	struct rtos_task_config bad[8];

	for (size_t i = 0; i < 8; i++) {
		bad[i] = good;
	}
	bad[0].entry = NULL;
	bad[1].priority = RTOS_PRIORITY_IDLE;
	bad[2].priority = RTOS_PRIORITY_MAX + 1;
	bad[3].stack = NULL;
	bad[4].stack = stacks[0] + 8;
	bad[5].stack_bytes = RTOS_STACK_BYTES_MIN - RTOS_STACK_ALIGN;
	bad[6].stack_bytes = STACK_BYTES - 8;
	bad[7].priority = 256 + 5;
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(rtos_task_create(&tasks[0], &bad[i]), RTOS_BAD_ARGUMENT);
	}
	assert_int_equal(rtos_task_create(NULL, &good), RTOS_BAD_ARGUMENT);
	assert_int_equal(rtos_task_create(&tasks[0], &good), RTOS_OK);
	assert_int_equal(rtos_task_create(&tasks[0], &good), RTOS_BAD_ARGUMENT);
}

static void table_of_tasks_has_an_end(void **state)
{
	static struct rtos_task many[RTOS_MAX_TASKS];
	static RTOS_STACK(many_stacks[RTOS_MAX_TASKS], RTOS_STACK_BYTES_MIN);

	(void)state;
	fake_rtos_begin(0);
	for (unsigned int i = 0; i < RTOS_MAX_TASKS; i++) {
		struct rtos_task_config config = config_of(0, 5, note, "x");
		enum rtos_status want = i < RTOS_MAX_TASKS - 1 ? RTOS_OK : RTOS_FULL;

		config.stack = many_stacks[i];
		config.stack_bytes = RTOS_STACK_BYTES_MIN;
		assert_int_equal(rtos_task_create(&many[i], &config), want);
	}
}

static void makes_again(void *name)
{
	create(1, 9, note, "first");
	assert_int_equal(tasks[1].state, RTOS_TASK_ENDED);
	create(1, 9, note, "again");
	note(name);
}

static void ended_task_can_be_made_again(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 5, makes_again, "maker");
	fake_rtos_run(10);
	assert_null(fake_rtos_panic());
	assert_string_equal(fake_rtos_trace(), "first again maker ");
}

static void try_to_create(void *argument)
{
	struct rtos_task_config config = config_of(1, 5, note, "x");

	(void)argument;
	fake_rtos_note("%d ", rtos_task_create(&tasks[1], &config));
	fake_rtos_note("%d ", rtos_task_set_priority(&tasks[0], 6));
}

static void no_tasks_are_made_in_interrupts(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 5, spends_in_two_steps, "");
	fake_rtos_interrupt_at(5, try_to_create, NULL);
	fake_rtos_run(50);
	assert_non_null(strstr(fake_rtos_trace(), "-2 -2"));
}

/* ---- Stacks ------------------------------------------------------------- */

static void tramples(void *argument)
{
	stacks[0][(uintptr_t)argument] ^= 1;
	rtos_sleep(1);
	note("not reached");
}

static void overrun_stack_stops_everything(void **state)
{
	const uintptr_t places[] = { 0, 7, 8, 31 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		fake_rtos_begin(0);
		create(0, 5, tramples, (void *)places[i]);
		fake_rtos_run(10);
		assert_non_null(fake_rtos_panic());
		assert_non_null(strstr(fake_rtos_panic(), "stack overrun"));
		assert_string_equal(fake_rtos_trace(), "");
	}
}

/* Also when it is preempted by an interrupt, not only when it gives up the CPU. */
static void spends_and_tramples(void *argument)
{
	(void)argument;
	stacks[1][0] ^= 1;
	fake_rtos_spend(20);
	note("not reached");
}

static void overrun_is_found_at_preemption(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 9, sleeps_then_notes, "not reached");
	create(1, 5, spends_and_tramples, NULL);
	fake_rtos_run(100);
	assert_non_null(fake_rtos_panic());
	assert_string_equal(fake_rtos_trace(), "");
}

static void unused_stack_is_counted(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 5, note, "x");
	assert_int_equal(rtos_task_stack_unused(&tasks[0]), STACK_BYTES);
	stacks[0][1024] ^= 1;
	assert_int_equal(rtos_task_stack_unused(&tasks[0]), 1024);
	stacks[0][1023] ^= 1;
	assert_int_equal(rtos_task_stack_unused(&tasks[0]), 1016);
}

static void ends_with_a_mutex(void *argument)
{
	static struct rtos_mutex mutex;

	(void)argument;
	rtos_mutex_init(&mutex);
	assert_int_equal(rtos_mutex_lock(&mutex, RTOS_FOREVER), RTOS_OK);
}

static void ending_with_a_mutex_stops_everything(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 5, ends_with_a_mutex, NULL);
	fake_rtos_run(10);
	assert_non_null(fake_rtos_panic());
	assert_non_null(strstr(fake_rtos_panic(), "mutex"));
}

/* ---- Interrupts -------------------------------------------------------- */

static void give_gate(void *argument)
{
	(void)argument;
	rtos_semaphore_give(&gate);
	note("(irq)");
}

static void waits_at_gate(void *name)
{
	assert_int_equal(rtos_semaphore_take(&gate, RTOS_FOREVER), RTOS_OK);
	note(name);
}

/* A task that an interrupt wakes runs when the interrupt ends, before the one it interrupted. */
static void woken_task_runs_at_interrupt_exit(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	assert_int_equal(rtos_semaphore_init(&gate, 0, 1), RTOS_OK);
	create(0, 5, spends_in_two_steps, "low");
	create(1, 6, waits_at_gate, "woken");
	fake_rtos_interrupt_at(5, give_gate, NULL);
	fake_rtos_run(100);
	assert_string_equal(fake_rtos_trace(), "low (irq) woken low low ");
}

/* ---- Figures ------------------------------------------------------------ */

static void time_is_booked_to_whoever_ran(void **state)
{
	struct rtos_statistics figures;

	(void)state;
	fake_rtos_begin(0);
	create(0, 9, sleeps_then_notes, "x");
	create(1, 5, spends_in_two_steps, "y");
	fake_rtos_interrupt_at(90, note, "i");
	fake_rtos_run(100);
	rtos_statistics(&figures);
	assert_int_equal(rtos_task_run_ticks(&tasks[0]), 0);
	assert_int_equal(rtos_task_run_ticks(&tasks[1]), 20);
	assert_int_equal(figures.idle_ticks, 0); /* booked when it stops */
	assert_int_equal(figures.interrupts, 2);
	assert_int_equal(figures.switches, 4);   /* sleeper, spender, sleeper, spender, idle */
}

static void spans_convert_without_overflow(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	assert_int_equal(rtos_ticks_from_us(0), 0);
	assert_int_equal(rtos_ticks_from_us(1500), 1500);
	assert_int_equal(rtos_ticks_from_ms(7), 7000);
	assert_int_equal(rtos_ticks_from_us(UINT64_C(1) << 62), UINT64_C(1) << 62);
	assert_int_equal(rtos_ns_from_ticks(3), 3000);
	assert_int_equal(rtos_ns_from_ticks(UINT64_C(15000000000000000)),
			 UINT64_C(15000000000000000000));
	assert_true(rtos_is_after(5, UINT64_MAX));
	assert_false(rtos_is_after(UINT64_MAX, 5));
	assert_false(rtos_is_after(5, 5));
}

static void sleep_in_interrupt(void *argument)
{
	(void)argument;
	rtos_sleep(1);
}

static void sleeping_in_an_interrupt_stops_everything(void **state)
{
	(void)state;
	fake_rtos_begin(0);
	create(0, 5, spends_in_two_steps, "x");
	fake_rtos_interrupt_at(5, sleep_in_interrupt, NULL);
	fake_rtos_run(50);
	assert_non_null(fake_rtos_panic());
	assert_non_null(strstr(fake_rtos_panic(), "kernel_in_task"));

	fake_rtos_begin(0);
	expect_assert_failure(rtos_sleep(1)); /* before rtos_start() */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_urgent_first_then_first_come),
		cmocka_unit_test(new_task_preempts_only_if_more_urgent),
		cmocka_unit_test(preempted_keeps_its_turn),
		cmocka_unit_test(yield_lets_equals_go_first),
		cmocka_unit_test(priorities_change_the_order_at_once),
		cmocka_unit_test(refuses_bad_configurations),
		cmocka_unit_test(table_of_tasks_has_an_end),
		cmocka_unit_test(ended_task_can_be_made_again),
		cmocka_unit_test(no_tasks_are_made_in_interrupts),
		cmocka_unit_test(overrun_stack_stops_everything),
		cmocka_unit_test(overrun_is_found_at_preemption),
		cmocka_unit_test(unused_stack_is_counted),
		cmocka_unit_test(ending_with_a_mutex_stops_everything),
		cmocka_unit_test(woken_task_runs_at_interrupt_exit),
		cmocka_unit_test(time_is_booked_to_whoever_ran),
		cmocka_unit_test(spans_convert_without_overflow),
		cmocka_unit_test(sleeping_in_an_interrupt_stops_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
