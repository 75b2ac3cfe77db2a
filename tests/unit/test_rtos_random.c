/* links: tests/fake/rtos_port.c rtos-guests/rtos/core/kernel.c rtos-guests/rtos/core/wait.c rtos-guests/rtos/core/deadline.c rtos-guests/rtos/core/task.c rtos-guests/rtos/core/mutex.c rtos-guests/rtos/core/semaphore.c rtos-guests/rtos/core/queue.c rtos-guests/rtos/core/notify.c rtos-guests/rtos/core/timer.c */
/* flags: -Irtos-guests/rtos/include */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RTOS under random use: tasks, interrupts and timers do whatever a dice
 * says to shared objects, and at every switch the kernel's whole state must make
 * sense. Seeds are fixed, so a failure can be repeated.
 */
#include "tests/fake/rtos_port.h"

#include "rtos-guests/rtos/core/kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define STACK_BYTES  4096
#define N_TASKS      9
#define N_MUTEXES    5
#define N_SEMAPHORES 2
#define N_SEEDS      12
#define RUN_TICKS    20000

static struct rtos_task tasks[N_TASKS];
static RTOS_STACK(stacks[N_TASKS], STACK_BYTES);
static struct rtos_mutex mutexes[N_MUTEXES];
static int inside[N_MUTEXES]; /* tasks that believe to hold it: 0 or 1 */
static struct rtos_semaphore semaphores[N_SEMAPHORES];
static struct rtos_queue queue;
static uint64_t queue_buffer[4];
static struct rtos_timer timer;
static unsigned int n_done[N_TASKS];
static unsigned int n_checked, n_refused, n_timed_out, n_raised;
static uint64_t dice_state;

static uint32_t dice(uint32_t sides)
{
	dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(dice_state >> 33) % sides;
}

/* ---- What must always hold ---------------------------------------------- */

static void check_waiters(const struct rtos_waiters *waiters)
{
	uint32_t last = RTOS_PRIORITIES;
	unsigned int n = 0;

	for (struct rtos_link *link = waiters->tasks.next; link != &waiters->tasks;
	     link = link->next) {
		struct rtos_task *task = CONTAINER_OF(link, struct rtos_task, link);

		assert_int_equal(task->state, RTOS_TASK_WAITING);
		assert_ptr_equal(task->waiters, waiters);
		assert_true(task->priority <= last);
		assert_true(++n <= N_TASKS);
		last = task->priority;
	}
}

static void check_ready_lists(void)
{
	for (uint32_t priority = 0; priority < RTOS_PRIORITIES; priority++) {
		const struct rtos_link *head = &rtos_kernel.ready[priority];
		bool has_bit = (rtos_kernel.ready_bitmap >> priority & 1) != 0;

		assert_int_equal(has_bit, !list_is_empty(head));
		for (struct rtos_link *link = head->next; link != head; link = link->next) {
			struct rtos_task *task = CONTAINER_OF(link, struct rtos_task, link);

			assert_int_equal(task->state, RTOS_TASK_READY);
			assert_int_equal(task->priority, priority);
		}
	}
}

static void check_deadlines(void)
{
	const struct rtos_link *head = &rtos_kernel.deadlines;

	for (struct rtos_link *link = head->next; link != head; link = link->next) {
		struct rtos_deadline *deadline = CONTAINER_OF(link, struct rtos_deadline, link);

		if (link->next != head) {
			struct rtos_deadline *next =
				CONTAINER_OF(link->next, struct rtos_deadline, link);

			assert_false(rtos_is_after(deadline->when, next->when));
		}
	}
}

static void check_kernel(void)
{
	uint32_t top = 31u - (uint32_t)__builtin_clz(rtos_kernel.ready_bitmap);

	n_checked++;
	check_ready_lists();
	assert_int_equal(rtos_kernel.current->priority, top);
	assert_ptr_equal(&rtos_kernel.current->link, rtos_kernel.ready[top].next);
	check_deadlines();
	for (unsigned int i = 0; i < RTOS_MAX_TASKS; i++) {
		struct rtos_task *task = rtos_kernel.tasks[i];

		if (task == NULL) {
			continue;
		}
		assert_int_equal(task->priority, kernel_inheritance_due(task));
		n_raised += task->priority != task->base_priority;
		if (task->wanted != NULL) {
			assert_int_equal(task->state, RTOS_TASK_WAITING);
			assert_ptr_equal(task->waiters, &task->wanted->waiters);
			assert_non_null(task->wanted->owner);
		}
	}
	for (unsigned int i = 0; i < N_MUTEXES; i++) {
		check_waiters(&mutexes[i].waiters);
		assert_true(kernel_waiters_is_empty(&mutexes[i].waiters) ||
			    mutexes[i].owner != NULL);
	}
	for (unsigned int i = 0; i < N_SEMAPHORES; i++) {
		check_waiters(&semaphores[i].waiters);
		assert_true(kernel_waiters_is_empty(&semaphores[i].waiters) ||
			    semaphores[i].count == 0);
	}
	check_waiters(&queue.senders);
	check_waiters(&queue.receivers);
	assert_true(kernel_waiters_is_empty(&queue.senders) || queue.count == queue.depth);
	assert_true(kernel_waiters_is_empty(&queue.receivers) || queue.count == 0);
}

/* ---- What is done ------------------------------------------------------- */

static uint64_t some_limit(void)
{
	return dice(4) == 0 ? RTOS_NO_WAIT : dice(30);
}

static void count(enum rtos_status status)
{
	n_timed_out += status == RTOS_TIMEOUT;
	n_refused += status == RTOS_DEADLOCK;
	assert_true(status == RTOS_OK || status == RTOS_TIMEOUT || status == RTOS_DEADLOCK);
}

static void do_something(unsigned int depth);

static void use_mutex(unsigned int depth)
{
	unsigned int n = dice(N_MUTEXES);
	enum rtos_status status = rtos_mutex_lock(&mutexes[n], some_limit());

	count(status);
	if (status != RTOS_OK) {
		return;
	}
	assert_int_equal(inside[n]++, 0);
	fake_rtos_spend(dice(4));
	if (depth < 4) {
		do_something(depth + 1);
	}
	assert_int_equal(--inside[n], 0);
	assert_int_equal(rtos_mutex_unlock(&mutexes[n]), RTOS_OK);
}

static void do_something(unsigned int depth)
{
	uint64_t message = dice(1000);
	uint32_t bits;

	switch (dice(9)) {
	case 0:
		rtos_sleep(dice(20));
		break;
	case 1:
		fake_rtos_spend(dice(10));
		break;
	case 2:
		count(rtos_semaphore_take(&semaphores[dice(N_SEMAPHORES)], some_limit()));
		break;
	case 3:
		(void)rtos_semaphore_give(&semaphores[dice(N_SEMAPHORES)]);
		break;
	case 4:
		count(rtos_queue_send(&queue, &message, some_limit()));
		break;
	case 5:
		count(rtos_queue_receive(&queue, &message, some_limit()));
		assert_true(message < 1000);
		break;
	case 6:
		if (dice(8) == 0) {
			count(rtos_task_set_priority(&tasks[dice(N_TASKS)], 1 + dice(8)));
		} else if (dice(2) == 0) {
			rtos_notify(&tasks[dice(N_TASKS)], 1u << dice(3));
		} else {
			count(rtos_notify_wait(1 + dice(7), some_limit(), &bits));
		}
		break;
	default:
		use_mutex(depth);
		break;
	}
}

static void live(void *argument)
{
	unsigned int *n = argument;

	for (;;) {
		do_something(0);
		++*n;
		rtos_sleep(1 + dice(3)); /* so that the least urgent get their turn */
	}
}

static void interrupt(void *argument)
{
	uint64_t message = dice(1000);

	(void)argument;
	switch (dice(4)) {
	case 0:
		(void)rtos_semaphore_give(&semaphores[dice(N_SEMAPHORES)]);
		break;
	case 1:
		rtos_notify(&tasks[dice(N_TASKS)], 1u << dice(3));
		break;
	case 2:
		count(rtos_queue_send(&queue, &message, RTOS_NO_WAIT));
		break;
	default:
		count(rtos_queue_receive(&queue, &message, RTOS_NO_WAIT));
		break;
	}
	fake_rtos_interrupt_at(rtos_now() + 1 + dice(15), interrupt, NULL);
}

static void timer_callback(struct rtos_timer *self, void *argument)
{
	(void)argument;
	(void)rtos_semaphore_give(&semaphores[dice(N_SEMAPHORES)]);
	if (dice(10) == 0) {
		rtos_timer_start(self, dice(20), 1 + dice(20));
	}
}

static void run_seed(uint64_t seed)
{
	uint64_t start = seed % 2 == 0 ? UINT64_MAX - RUN_TICKS / 2 : seed;

	dice_state = seed;
	fake_rtos_begin(start);
	fake_rtos_on_switch = check_kernel;
	for (unsigned int i = 0; i < N_MUTEXES; i++) {
		rtos_mutex_init(&mutexes[i]);
		inside[i] = 0;
	}
	for (unsigned int i = 0; i < N_SEMAPHORES; i++) {
		assert_int_equal(rtos_semaphore_init(&semaphores[i], 1, 3), RTOS_OK);
	}
	assert_int_equal(rtos_queue_init(&queue, queue_buffer, sizeof(queue_buffer[0]), 4),
			 RTOS_OK);
	for (unsigned int i = 0; i < N_TASKS; i++) {
		struct rtos_task_config config = {
			.name = "random",
			.entry = live,
			.argument = &n_done[i],
			.priority = 1 + dice(8),
			.stack = stacks[i],
			.stack_bytes = STACK_BYTES,
		};

		n_done[i] = 0;
		assert_int_equal(rtos_task_create(&tasks[i], &config), RTOS_OK);
	}
	rtos_timer_init(&timer, timer_callback, NULL);
	rtos_timer_start(&timer, 5, 13);
	fake_rtos_interrupt_at(start + 1, interrupt, NULL);
	fake_rtos_run(start + RUN_TICKS);
	assert_null(fake_rtos_panic());
	for (unsigned int i = 0; i < N_TASKS; i++) {
		assert_true(n_done[i] > 20);
	}
}

static void state_makes_sense_at_every_switch(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
		run_seed(seed);
	}
	/* The dice must have met what this is about. */
	assert_true(n_checked > 10000 && n_raised > 1000);
	assert_true(n_timed_out > 1000 && n_refused > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(state_makes_sense_at_every_switch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
