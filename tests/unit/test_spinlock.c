/* links: core/spinlock.c tests/fake/cpu.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/machine.h"

#include "hyp/spinlock.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define N_THREADS 3
#define N_TURNS   2000

static struct spinlock lock;
static uint32_t counter; /* not atomic on purpose */
static uint32_t order[3], n_order;

static void yield(void)
{
	(void)sched_yield();
}

static void *count(void *argument)
{
	for (uint32_t i = 0; i < N_TURNS; i++) {
		spinlock_take(&lock);
		uint32_t seen = counter;

		if (i % 64 == 0) {
			yield(); /* somebody else gets every chance to come between */
		}
		counter = seen + 1;
		spinlock_drop(&lock);
	}
	return argument;
}

static void one_at_a_time(void **state)
{
	pthread_t threads[N_THREADS];

	(void)state;
	fake_cpu_begin();
	fake_on_relax = yield;
	for (size_t i = 0; i < N_THREADS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	}
	for (size_t i = 0; i < N_THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
	assert_int_equal(counter, N_THREADS * N_TURNS);
}

/* The ticket counters wrap after 2^32 takes. */
static void counters_wrap(void **state)
{
	(void)state;
	fake_cpu_begin();
	atomic_store(&lock.next, UINT32_MAX - 1);
	atomic_store(&lock.serving, UINT32_MAX - 1);
	for (int i = 0; i < 4; i++) {
		spinlock_take(&lock);
		spinlock_drop(&lock);
	}
	assert_int_equal(atomic_load(&lock.next), 2);
	assert_int_equal(atomic_load(&lock.serving), 2);
}

static void *take_and_note(void *number)
{
	spinlock_take(&lock);
	order[n_order++] = *(uint32_t *)number;
	spinlock_drop(&lock);
	return NULL;
}

/* Wait until `n` CPUs stand in the queue behind the holder. */
static void wait_for_queue(uint32_t n)
{
	while (atomic_load(&lock.next) - atomic_load(&lock.serving) != n + 1) {
		yield();
	}
}

static void first_come_first_served(void **state)
{
	uint32_t numbers[3] = { 0, 1, 2 };
	pthread_t threads[3];

	(void)state;
	fake_cpu_begin();
	fake_on_relax = yield;
	n_order = 0;
	spinlock_take(&lock);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_note, &numbers[i]), 0);
		wait_for_queue(i + 1);
	}
	assert_int_equal(n_order, 0);
	spinlock_drop(&lock);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(order[i], i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(counters_wrap),
		cmocka_unit_test(first_come_first_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
