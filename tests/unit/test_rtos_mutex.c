/* links: tests/fake/rtos_port.c rtos-guests/rtos/core/kernel.c rtos-guests/rtos/core/wait.c rtos-guests/rtos/core/deadline.c rtos-guests/rtos/core/task.c rtos-guests/rtos/core/mutex.c rtos-guests/rtos/core/semaphore.c rtos-guests/rtos/core/queue.c rtos-guests/rtos/core/notify.c rtos-guests/rtos/core/timer.c */
/* flags: -Irtos-guests/rtos/include */
/* SPDX-License-Identifier: Apache-2.0 */
/* The RTOS's mutexes: ownership, inheritance along chains, time-outs, circles. */
#include "tests/fake/rtos_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define STACK_BYTES 4096
#define N_TASKS     31
#define N_MUTEXES   32

static struct rtos_task tasks[N_TASKS];
static RTOS_STACK(stacks[N_TASKS], STACK_BYTES);
static struct rtos_mutex mutexes[N_MUTEXES];

static void create(unsigned int n, uint32_t priority, rtos_task_entry *entry, void *argument)
{
	struct rtos_task_config config = {
		.name = "test",
		.entry = entry,
		.argument = argument,
		.priority = priority,
		.stack = stacks[n],
		.stack_bytes = STACK_BYTES,
	};

	assert_int_equal(rtos_task_create(&tasks[n], &config), RTOS_OK);
}

static void begin(void)
{
	fake_rtos_begin(0);
	for (unsigned int i = 0; i < N_MUTEXES; i++) {
		rtos_mutex_init(&mutexes[i]);
	}
}

static void note(void *name)
{
	fake_rtos_note("%s ", (const char *)name);
}

static void lock(unsigned int n)
{
	assert_int_equal(rtos_mutex_lock(&mutexes[n], RTOS_FOREVER), RTOS_OK);
}

static void unlock(unsigned int n)
{
	assert_int_equal(rtos_mutex_unlock(&mutexes[n]), RTOS_OK);
}

/* A task as a script: at `at`, lock, work, unlock. */
struct job {
	const char  *name;
	uint64_t     at;
	unsigned int first, second; /* mutexes; N_MUTEXES: none */
	uint64_t     work;
};

static void do_job(void *argument)
{
	const struct job *job = argument;

	rtos_sleep_until(job->at);
	lock(job->first);
	if (job->second < N_MUTEXES) {
		fake_rtos_spend(1);
		lock(job->second);
	}
	fake_rtos_note("%s+%d ", job->name, (int)rtos_now());
	fake_rtos_spend(job->work);
	if (job->second < N_MUTEXES) {
		unlock(job->second);
	}
	unlock(job->first);
	fake_rtos_note("%s-%d ", job->name, (int)rtos_now());
}

static void spend_long(void *argument)
{
	const struct job *job = argument;

	rtos_sleep_until(job->at);
	fake_rtos_note("%s+%d ", job->name, (int)rtos_now());
	fake_rtos_spend(job->work);
	fake_rtos_note("%s-%d ", job->name, (int)rtos_now());
}

static void one_at_a_time_most_urgent_next(void **state)
{
	static struct job jobs[] = {
		{ "a", 0, 0, N_MUTEXES, 10 }, { "b", 2, 0, N_MUTEXES, 10 },
		{ "c", 3, 0, N_MUTEXES, 10 }, { "d", 4, 0, N_MUTEXES, 10 },
	};

	(void)state;
	begin();
	create(0, 3, do_job, &jobs[0]);
	create(1, 4, do_job, &jobs[1]);
	create(2, 4, do_job, &jobs[2]);
	create(3, 9, do_job, &jobs[3]);
	fake_rtos_run(100);
	/* d (9) passes b and c; these come in order of arrival; a ends last, being least urgent */
	assert_string_equal(fake_rtos_trace(), "a+0 d+10 d-20 b+20 b-30 c+30 c-40 a-40 ");
}

/* The textbook case: without inheritance `mid` would keep `high` out for 100 ticks. */
static void middle_task_cannot_delay_the_owner(void **state)
{
	static struct job low = { "low", 0, 0, N_MUTEXES, 10 };
	static struct job high = { "high", 5, 0, N_MUTEXES, 10 };
	static struct job mid = { "mid", 6, 0, 0, 100 };

	(void)state;
	begin();
	create(0, 1, do_job, &low);
	create(1, 9, do_job, &high);
	create(2, 5, spend_long, &mid);
	fake_rtos_run(500);
	assert_string_equal(fake_rtos_trace(),
			    "low+0 high+10 high-20 mid+20 mid-120 low-120 ");
	assert_int_equal(rtos_task_priority(&tasks[0]), 1);
}

/* It only gives back what it had borrowed: its turn among its equals is not lost. */
static void lowered_owner_goes_before_its_equals(void **state)
{
	static struct job low = { "low", 0, 0, N_MUTEXES, 10 };
	static struct job high = { "high", 5, 0, N_MUTEXES, 10 };
	static struct job equal = { "equal", 6, 0, 0, 10 };

	(void)state;
	begin();
	create(0, 5, do_job, &low);
	create(1, 9, do_job, &high);
	create(2, 5, spend_long, &equal);
	fake_rtos_run(100);
	assert_string_equal(fake_rtos_trace(),
			    "low+0 high+10 high-20 low-20 equal+20 equal-30 ");
}

/* Who is raised arrives behind those who are of that priority by right. */
static void raised_owner_goes_behind_its_new_equals(void **state)
{
	static struct job low = { "low", 0, 0, N_MUTEXES, 10 };
	static struct job high = { "high", 5, 0, N_MUTEXES, 10 };
	static struct job equal = { "equal", 5, 0, 0, 10 };

	(void)state;
	begin();
	create(0, 1, do_job, &low);
	create(1, 9, do_job, &high);
	create(2, 9, spend_long, &equal);
	fake_rtos_run(100);
	assert_string_equal(fake_rtos_trace(),
			    "low+0 equal+5 equal-15 high+20 high-30 low-30 ");
}

/* low has 0; link has 1 and waits for 0; high waits for 1: low must run at 9. */
static void inheritance_goes_along_a_chain(void **state)
{
	static struct job low = { "low", 0, 0, N_MUTEXES, 20 };
	static struct job link = { "link", 2, 1, 0, 5 };
	static struct job high = { "high", 5, 1, N_MUTEXES, 5 };
	static struct job mid = { "mid", 6, 0, 0, 100 };

	(void)state;
	begin();
	create(0, 1, do_job, &low);
	create(1, 2, do_job, &link);
	create(2, 9, do_job, &high);
	create(3, 5, spend_long, &mid);
	fake_rtos_run(4);
	assert_int_equal(rtos_task_priority(&tasks[0]), 2);
	fake_rtos_run(10);
	assert_int_equal(rtos_task_priority(&tasks[0]), 9);
	assert_int_equal(rtos_task_priority(&tasks[1]), 9);
	fake_rtos_run(500);
	assert_string_equal(fake_rtos_trace(), "low+0 link+21 high+26 high-31 mid+31 mid-131 "
					       "link-131 low-131 ");
}

/* ---- As long as a chain can be ------------------------------------------ */

/* Task n holds mutex n and waits for mutex n - 1. */
static void chain_member(void *argument)
{
	unsigned int n = (unsigned int)(uintptr_t)argument;

	lock(n);
	rtos_sleep_until(10 * (n + 1));
	if (n > 0) {
		lock(n - 1);
		unlock(n - 1);
	} else {
		rtos_sleep_until(1000);
		fake_rtos_note("%d ", (int)rtos_task_priority(&tasks[0]));
	}
	unlock(n);
	if (n > 0 && n < N_TASKS - 1) {
		assert_int_equal(rtos_task_priority(&tasks[n]), n + 1);
	}
}

static void longest_chain_is_raised_and_let_down(void **state)
{
	(void)state;
	begin();
	for (unsigned int n = 0; n < N_TASKS; n++) {
		create(n, n + 1, chain_member, (void *)(uintptr_t)n);
	}
	fake_rtos_run(999);
	for (unsigned int n = 0; n < N_TASKS; n++) {
		assert_int_equal(rtos_task_priority(&tasks[n]), N_TASKS);
	}
	fake_rtos_run(2000);
	assert_null(fake_rtos_panic());
	assert_string_equal(fake_rtos_trace(), "31 ");
	for (unsigned int n = 0; n < N_TASKS; n++) {
		assert_int_equal(tasks[n].state, RTOS_TASK_ENDED);
		assert_int_equal(rtos_task_priority(&tasks[n]), n + 1);
	}
}

/* ---- Time-outs ---------------------------------------------------------- */

static void holds_for_100(void *argument)
{
	lock((unsigned int)(uintptr_t)argument);
	fake_rtos_spend(100);
	unlock((unsigned int)(uintptr_t)argument);
}

static void holds_1_wants_0(void *argument)
{
	(void)argument;
	lock(1);
	rtos_sleep(1);
	lock(0);
	unlock(0);
	unlock(1);
}

static void gives_up(void *argument)
{
	const struct job *job = argument;

	rtos_sleep_until(job->at);
	assert_int_equal(rtos_mutex_lock(&mutexes[job->first], job->work), RTOS_TIMEOUT);
	fake_rtos_note("%s-%d ", job->name, (int)rtos_now());
}

/*
 * The chain is let down link by link as its tail gives up. `seven` gets to ask
 * only at 30: until then the owner runs at 9.
 */
static void time_out_takes_the_inheritance_back(void **state)
{
	static struct job nine = { "nine", 10, 1, 0, 20 };
	static struct job seven = { "seven", 20, 1, 0, 20 };

	(void)state;
	begin();
	create(0, 1, holds_for_100, (void *)0);
	create(1, 2, holds_1_wants_0, NULL);
	create(2, 9, gives_up, &nine);
	create(3, 7, gives_up, &seven);
	fake_rtos_run(5);
	assert_int_equal(rtos_task_priority(&tasks[0]), 2);
	fake_rtos_run(25);
	assert_int_equal(rtos_task_priority(&tasks[0]), 9);
	assert_int_equal(rtos_task_priority(&tasks[1]), 9);
	fake_rtos_run(35);
	assert_int_equal(rtos_task_priority(&tasks[0]), 7);
	assert_int_equal(rtos_task_priority(&tasks[1]), 7);
	fake_rtos_run(60);
	assert_int_equal(rtos_task_priority(&tasks[0]), 2);
	assert_int_equal(rtos_task_priority(&tasks[1]), 2);
	fake_rtos_run(300);
	assert_string_equal(fake_rtos_trace(), "nine-30 seven-50 ");
	assert_int_equal(tasks[0].state, RTOS_TASK_ENDED);
	assert_int_equal(tasks[1].state, RTOS_TASK_ENDED);
}

/* ---- Several mutexes, released in any order ----------------------------- */

static void holds_three(void *argument)
{
	const unsigned int order[] = { 1, 0, 2 };

	(void)argument;
	lock(0);
	lock(1);
	lock(2);
	fake_rtos_spend(20);
	for (int i = 0; i < 3; i++) {
		fake_rtos_note("%d ", (int)rtos_task_priority(&tasks[0]));
		unlock(order[i]);
	}
	fake_rtos_note("%d ", (int)rtos_task_priority(&tasks[0]));
}

static void release_lowers_to_what_is_still_due(void **state)
{
	static struct job on_0 = { "on0", 5, 0, N_MUTEXES, 1 };
	static struct job on_1 = { "on1", 6, 1, N_MUTEXES, 1 };
	static struct job on_2 = { "on2", 7, 2, N_MUTEXES, 1 };

	(void)state;
	begin();
	create(0, 1, holds_three, NULL);
	create(1, 5, do_job, &on_0);
	create(2, 9, do_job, &on_1);
	create(3, 7, do_job, &on_2);
	fake_rtos_run(100);
	assert_string_equal(fake_rtos_trace(),
			    "9 on1+20 on1-21 7 7 on2+21 on2-22 on0+22 on0-23 1 ");
}

/* The new owner inherits from those who still wait. */
static void change_own_priority(void *argument)
{
	(void)argument;
	rtos_sleep_until(8);
	assert_int_equal(rtos_task_set_priority(&tasks[1], 20), RTOS_OK);
}

static void priority_set_while_waiting_reorders_and_hands_on(void **state)
{
	static struct job a = { "a", 0, 0, N_MUTEXES, 10 };
	static struct job b = { "b", 2, 0, N_MUTEXES, 10 };
	static struct job c = { "c", 3, 0, N_MUTEXES, 10 };

	(void)state;
	begin();
	create(0, 1, do_job, &a);
	create(1, 5, do_job, &b);
	create(2, 6, do_job, &c);
	create(3, 30, change_own_priority, NULL);
	fake_rtos_run(9);
	assert_int_equal(rtos_task_priority(&tasks[0]), 20);
	fake_rtos_run(100);
	assert_string_equal(fake_rtos_trace(), "a+0 b+10 b-20 c+20 c-30 a-30 ");
}

/* ---- What is refused ---------------------------------------------------- */

static void misuses(void *argument)
{
	(void)argument;
	assert_int_equal(rtos_mutex_unlock(&mutexes[0]), RTOS_NOT_ALLOWED);
	lock(0);
	assert_int_equal(rtos_mutex_lock(&mutexes[0], RTOS_FOREVER), RTOS_DEADLOCK);
	assert_int_equal(rtos_mutex_lock(&mutexes[0], RTOS_NO_WAIT), RTOS_DEADLOCK);
	rtos_sleep(10);
	unlock(0);
	assert_int_equal(rtos_mutex_unlock(&mutexes[0]), RTOS_NOT_ALLOWED);
	note("done");
}

static void foreign(void *argument)
{
	(void)argument;
	assert_int_equal(rtos_mutex_unlock(&mutexes[0]), RTOS_NOT_ALLOWED);
	assert_int_equal(rtos_mutex_lock(&mutexes[0], RTOS_NO_WAIT), RTOS_TIMEOUT);
	note("foreign");
}

static void from_interrupt(void *argument)
{
	(void)argument;
	assert_int_equal(rtos_mutex_lock(&mutexes[1], RTOS_NO_WAIT), RTOS_NOT_ALLOWED);
	assert_int_equal(rtos_mutex_unlock(&mutexes[0]), RTOS_NOT_ALLOWED);
	note("irq");
}

static void only_the_owner_unlocks(void **state)
{
	(void)state;
	begin();
	assert_int_equal(rtos_mutex_lock(&mutexes[0], RTOS_NO_WAIT), RTOS_NOT_ALLOWED);
	create(0, 5, misuses, NULL);
	create(1, 4, foreign, NULL);
	fake_rtos_interrupt_at(5, from_interrupt, NULL);
	fake_rtos_run(100);
	assert_null(fake_rtos_panic());
	assert_string_equal(fake_rtos_trace(), "foreign irq done ");
}

/* Three philosophers: who would close the circle is told, and lets go. */
static void philosopher(void *argument)
{
	unsigned int n = (unsigned int)(uintptr_t)argument;

	lock(n);
	rtos_sleep_until(10 * (n + 1));
	enum rtos_status status = rtos_mutex_lock(&mutexes[(n + 1) % 3], RTOS_FOREVER);

	fake_rtos_note("%u:%d ", n, status);
	if (status == RTOS_OK) {
		unlock((n + 1) % 3);
	}
	unlock(n);
}

static void circle_is_refused(void **state)
{
	(void)state;
	begin();
	for (unsigned int n = 0; n < 3; n++) {
		create(n, 5 + n, philosopher, (void *)(uintptr_t)n);
	}
	fake_rtos_run(200);
	assert_null(fake_rtos_panic());
	assert_string_equal(fake_rtos_trace(), "2:-4 1:0 0:0 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_at_a_time_most_urgent_next),
		cmocka_unit_test(middle_task_cannot_delay_the_owner),
		cmocka_unit_test(lowered_owner_goes_before_its_equals),
		cmocka_unit_test(raised_owner_goes_behind_its_new_equals),
		cmocka_unit_test(inheritance_goes_along_a_chain),
		cmocka_unit_test(longest_chain_is_raised_and_let_down),
		cmocka_unit_test(time_out_takes_the_inheritance_back),
		cmocka_unit_test(release_lowers_to_what_is_still_due),
		cmocka_unit_test(priority_set_while_waiting_reorders_and_hands_on),
		cmocka_unit_test(only_the_owner_unlocks),
		cmocka_unit_test(circle_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
