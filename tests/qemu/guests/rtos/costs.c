/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With QEMU's -icount shift=0,sleep=off and cntfrq=1000000000 a tick is an
 * instruction, and these are the figures of docs/rtos.md.
 */
#include "tests/qemu/guests/rtos/costs.h"

#include "rtos/rtos.h"
#include "tests/qemu/guests/report.h"

#define STACK_BYTES 4096
#define N_COSTS     100
#define MS          rtos_ticks_from_ms(1)

static struct rtos_task task;
static RTOS_STACK(stack, STACK_BYTES);
static struct rtos_semaphore semaphore;

/* Least of N_COSTS: what the way costs when nothing comes between. */
static struct {
	uint64_t begin;
	uint64_t least;
} cost;

static void note_cost(void)
{
	uint64_t span = rtos_now() - cost.begin;

	cost.least = span < cost.least ? span : cost.least;
}

static void make(uint32_t priority, rtos_task_entry *entry)
{
	struct rtos_task_config config = {
		.name = "other",
		.entry = entry,
		.priority = priority,
		.stack = stack,
		.stack_bytes = STACK_BYTES,
	};

	report(rtos_task_create(&task, &config) == RTOS_OK, "the other task can be made");
}

/* The other task had its N_COSTS turns, and ends. */
static bool has_ended(void)
{
	for (unsigned int n = 0; n < 1000 && task.state != RTOS_TASK_ENDED; n++) {
		rtos_sleep(MS);
	}
	return task.state == RTOS_TASK_ENDED;
}

static void yield_back(void *argument)
{
	(void)argument;
	for (unsigned int n = 0; n < N_COSTS; n++) {
		note_cost();
		rtos_task_yield();
	}
}

static void measure_yield(void)
{
	cost.least = UINT64_MAX;
	make(RTOS_PRIORITY_MIN, yield_back);
	for (unsigned int n = 0; n < N_COSTS; n++) {
		cost.begin = rtos_now();
		rtos_task_yield();
	}
	report(has_ended(), "yield, to running an equal: %llu ticks",
	       (unsigned long long)cost.least);
}

static void take_gifts(void *argument)
{
	(void)argument;
	for (unsigned int n = 0; n < N_COSTS; n++) {
		if (rtos_semaphore_take(&semaphore, 1000 * MS) == RTOS_OK) {
			note_cost();
		}
	}
}

static void measure_semaphore(void)
{
	if (rtos_semaphore_init(&semaphore, 0, 1) != RTOS_OK) {
		report(false, "the semaphore can be set up");
	}
	cost.least = UINT64_MAX;
	make(20, take_gifts);
	for (unsigned int n = 0; n < N_COSTS; n++) {
		cost.begin = rtos_now();
		(void)rtos_semaphore_give(&semaphore);
	}
	report(has_ended(), "semaphore given, to its waiter running: %llu ticks",
	       (unsigned long long)cost.least);
}

static void measure_alarm(void)
{
	struct rtos_period period;

	cost.least = UINT64_MAX;
	rtos_period_start(&period, MS);
	for (unsigned int n = 0; n < N_COSTS; n++) {
		(void)rtos_period_wait(&period);
		cost.begin = period.release;
		note_cost();
	}
	report(cost.least < MS, "timer fires, to the sleeper running: %llu ticks",
	       (unsigned long long)cost.least);
}

void measure_costs(void)
{
	measure_yield();
	measure_semaphore();
	measure_alarm();
}
