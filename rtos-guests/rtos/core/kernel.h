/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's inside: its state, ready lists, waiting, deadlines, inheritance.
 *
 * Owns     struct kernel, the one instance.
 * Locks    every function here but rtos_ ones runs with interrupts masked by
 *          its caller (kernel_lock() .. kernel_unlock(), or an interrupt).
 * Context  as the public function that calls.
 */
#pragma once

#include "list.h"
#include "rtos/port.h"

struct kernel {
	struct rtos_task *current;     /* it stays in its ready list while it runs */
	struct rtos_link  ready[RTOS_PRIORITIES];
	uint32_t          ready_bitmap; /* bit p: ready[p] is not empty */
	bool              is_running;   /* rtos_start() has happened */
	bool              in_interrupt;
	struct rtos_link  deadlines;    /* struct rtos_deadline, earliest first */
	uint64_t          switched_at;  /* when `current` began to run */
	uint64_t          n_switches;
	uint64_t          n_interrupts;
	struct rtos_task *tasks[RTOS_MAX_TASKS]; /* all that exist, in no order; NULL: free */
	struct rtos_task  idle;
};

extern struct kernel rtos_kernel;

/*
 * Time limits from here on mean "for ever". Deadlines thus lie less than 2^62
 * ticks ahead, and any two of them, the latest just expired included, less than
 * 2^63 apart: rtos_is_after() orders them all.
 */
#define KERNEL_FOREVER_TICKS (UINT64_C(1) << 62)

/* What a reader has to believe; checked in every build. */
#define KERNEL_ASSERT(condition)                                             \
	do {                                                                 \
		if (!(condition)) {                                          \
			rtos_port_panic("kernel: not true: " #condition,     \
					rtos_kernel.current);                     \
		}                                                            \
	} while (false)

static inline uint64_t kernel_lock(void)
{
	return rtos_port_lock();
}

static inline void kernel_unlock(uint64_t state)
{
	rtos_port_unlock(state);
}

/* May the caller block? */
static inline bool kernel_in_task(void)
{
	return rtos_kernel.is_running && !rtos_kernel.in_interrupt;
}

/* ---- Ready lists (kernel.c) --------------------------------------------- */

/* Run the most urgent ready task, unless an interrupt will do that at its end. */
void kernel_reschedule(void);

void kernel_make_ready(struct rtos_task *task);
void kernel_make_unready(struct rtos_task *task);

/* Change the priority in effect, and the task's place wherever it stands. */
void kernel_set_effective(struct rtos_task *task, uint8_t priority);

/* ---- Waiting (wait.c) --------------------------------------------------- */

void kernel_waiters_init(struct rtos_waiters *waiters);
bool kernel_waiters_is_empty(const struct rtos_waiters *waiters);
struct rtos_task *kernel_waiters_first(const struct rtos_waiters *waiters); /* NULL: none */
void kernel_waiters_insert(struct rtos_waiters *waiters, struct rtos_task *task);

/*
 * Suspend the running task, among `waiters` if not NULL, until kernel_wake() or
 * the time limit (RTOS_TIMEOUT). @ticks  not RTOS_NO_WAIT
 */
enum rtos_status kernel_wait(struct rtos_waiters *waiters, uint64_t ticks);
/* The same with an absolute time. */
enum rtos_status kernel_wait_until(struct rtos_waiters *waiters, uint64_t when);

/* Make a waiting task ready, and have kernel_wait() return `result` there. */
void kernel_wake(struct rtos_task *task, enum rtos_status result);

/* ---- Deadlines (deadline.c) --------------------------------------------- */

void kernel_deadline_init(struct rtos_deadline *deadline, void (*expired)(struct rtos_deadline *));
void kernel_deadline_start(struct rtos_deadline *deadline, uint64_t when);
void kernel_deadline_stop(struct rtos_deadline *deadline);

/* ---- Tasks (task.c) ----------------------------------------------------- */

void kernel_task_init(struct rtos_task *task, const struct rtos_task_config *config);
/* Stop everything if the task's stack is or was overrun. */
void kernel_check_stack(const struct rtos_task *task);

/* ---- Inheritance (mutex.c) ---------------------------------------------- */

/* What a task is due: its own priority or its most urgent waiter's. */
uint8_t kernel_inheritance_due(const struct rtos_task *task);
/* Bring a task, and all that its chain of mutexes leads to, to the priority they are due. */
void kernel_inheritance_update(struct rtos_task *task);
