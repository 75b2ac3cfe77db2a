/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small preemptive real-time kernel for one core of a partition.
 *
 *   tasks        fixed priorities 0..31, 31 the most urgent; the most urgent ready
 *                task runs, the longest waiting of equals first; no time slices
 *   time         counter ticks, 64 bits, no periodic tick: the next deadline
 *                programs the timer
 *   waiting      by priority, the longest waiting of equals first, always with a
 *                time limit (RTOS_NO_WAIT .. RTOS_FOREVER)
 *   memory       every object is given by the caller; there is no heap
 *
 * Owns     the kernel's one instance (core/kernel.c) and what callers hand in.
 *          Fields of the structures here are the kernel's: use the functions.
 * Locks    none for the caller; the kernel masks interrupts for bounded times.
 * Context  each function says so by one of these words in its comment:
 *            [any]   tasks, interrupt handlers, timer callbacks, before rtos_start()
 *            [task]  tasks only
 *            [start] before rtos_start(), or tasks
 *
 * Guide and design: docs/rtos.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTOS_PRIORITIES      32
#define RTOS_PRIORITY_IDLE   0 /* the kernel's own idle task; others start at 1 */
#define RTOS_PRIORITY_MIN    1
#define RTOS_PRIORITY_MAX    31
#define RTOS_MAX_TASKS       32 /* idle included; bounds every walk over waiting tasks */
#define RTOS_STACK_BYTES_MIN 2048
#define RTOS_STACK_ALIGN     16

#define RTOS_NO_WAIT UINT64_C(0)
#define RTOS_FOREVER UINT64_MAX /* as any time limit of 2^62 ticks and more */

#define RTOS_MUST_USE __attribute__((warn_unused_result))

enum rtos_status {
	RTOS_OK           = 0,
	RTOS_TIMEOUT      = -1, /* not within the time limit; with RTOS_NO_WAIT: not at once */
	RTOS_NOT_ALLOWED  = -2, /* wrong context: blocking in an interrupt; or not the owner */
	RTOS_BAD_ARGUMENT = -3,
	RTOS_DEADLOCK     = -4, /* waiting would close a circle of mutex owners */
	RTOS_FULL         = -5, /* no more tasks */
};

/* ---- Building blocks, private to the kernel ----------------------------- */

struct rtos_link {
	struct rtos_link *next;
	struct rtos_link *previous;
};

struct rtos_deadline {
	struct rtos_link link; /* in the kernel's list, earliest first */
	uint64_t         when;
	void (*expired)(struct rtos_deadline *deadline);
};

/* Tasks waiting for one thing: by priority, the longest waiting of equals first. */
struct rtos_waiters {
	struct rtos_link tasks;
};

/* ---- Kernel ------------------------------------------------------------- */

/* Forget everything and begin anew. Call it first, with interrupts masked. */
void rtos_init(void);

/* Let the tasks run; interrupts are unmasked. */
_Noreturn void rtos_start(void);

uint64_t rtos_now(void);       /* [any] the counter */
uint64_t rtos_frequency(void); /* [any] its ticks per second */

/* [any] Ticks of a time span and back, rounded down, without overflow below 2^62 ticks. */
uint64_t rtos_ticks_from_us(uint64_t us);
uint64_t rtos_ns_from_ticks(uint64_t ticks);

static inline uint64_t rtos_ticks_from_ms(uint64_t ms)
{
	return rtos_ticks_from_us(ms * 1000);
}

/* [any] Is `a` later than `b`? Also across the wrap, for times less than 2^63 apart. */
static inline bool rtos_is_after(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0;
}

struct rtos_statistics {
	uint64_t switches;   /* of tasks, since rtos_start() */
	uint64_t interrupts; /* taken */
	uint64_t idle_ticks; /* spent in the idle task */
};

/* [any] */
void rtos_statistics(struct rtos_statistics *result);

/* ---- Tasks -------------------------------------------------------------- */

typedef void rtos_task_entry(void *argument);

struct rtos_mutex;

enum rtos_task_state {
	RTOS_TASK_READY,   /* running or able to run */
	RTOS_TASK_WAITING, /* asleep, or waiting for something */
	RTOS_TASK_ENDED,   /* its entry function returned */
};

struct rtos_task {
	void                *context; /* the port's; saved while the task does not run */
	struct rtos_link     link;    /* in a ready list, or among the waiters of something */
	struct rtos_deadline deadline;
	struct rtos_waiters *waiters; /* where it waits; NULL: nowhere, or just asleep */
	struct rtos_mutex   *wanted;  /* the mutex it waits for */
	struct rtos_link     held;    /* mutexes it holds */
	union {
		void       *in;  /* where a received message goes */
		const void *out; /* the message to send */
	} message;
	uint32_t             notified;      /* bits that came and were not yet collected */
	uint32_t             awaited;       /* bits it waits for */
	enum rtos_status     result;        /* of the wait that ended */
	enum rtos_task_state state;
	uint8_t              base_priority; /* as set */
	uint8_t              priority;      /* in effect: base, or inherited from waiters */
	const char          *name;
	rtos_task_entry     *entry;
	void                *argument;
	unsigned char       *stack;
	size_t               stack_bytes;
	uint64_t             run_ticks;
};

struct rtos_task_config {
	const char      *name;     /* for reports; not copied */
	rtos_task_entry *entry;
	void            *argument;
	uint32_t         priority; /* RTOS_PRIORITY_MIN .. RTOS_PRIORITY_MAX */
	void            *stack;    /* aligned to RTOS_STACK_ALIGN; the task's until it has ended */
	size_t           stack_bytes; /* multiple of RTOS_STACK_ALIGN, >= RTOS_STACK_BYTES_MIN */
};

/* static RTOS_STACK(motion_stack, 4096); */
#define RTOS_STACK(name, bytes) \
	unsigned char name[bytes] __attribute__((aligned(RTOS_STACK_ALIGN)))

/*
 * [start] Make a task and let it run. The task may end by returning from its
 * entry function, with no mutex in its hands; its memory may then be used again.
 *
 * RTOS_OK, RTOS_BAD_ARGUMENT (priority, stack, entry, or the task exists),
 * RTOS_FULL (RTOS_MAX_TASKS exist), RTOS_NOT_ALLOWED (in an interrupt)
 */
RTOS_MUST_USE enum rtos_status rtos_task_create(struct rtos_task *task,
						const struct rtos_task_config *config);

/* [any] The running task; in an interrupt, the interrupted one; NULL before rtos_start(). */
struct rtos_task *rtos_task_self(void);

/* [task] Let ready tasks of the same priority go first. */
void rtos_task_yield(void);

/*
 * [start] Change a task's own priority; what it inherits stays on top of that.
 * RTOS_OK, RTOS_BAD_ARGUMENT, RTOS_NOT_ALLOWED (in an interrupt)
 */
RTOS_MUST_USE enum rtos_status rtos_task_set_priority(struct rtos_task *task, uint32_t priority);

/* [any] The priority in effect. */
uint32_t rtos_task_priority(const struct rtos_task *task);

/* [any] Bytes of its stack a task has never used; walks the stack. */
size_t rtos_task_stack_unused(const struct rtos_task *task);

/* [any] Ticks a task has run, up to its last switch. */
uint64_t rtos_task_run_ticks(const struct rtos_task *task);

/* [task] Sleep for at least that long. RTOS_NO_WAIT returns at once. */
void rtos_sleep(uint64_t ticks);

/*
 * [task] Sleep until the counter reaches `when`, less than 2^62 ticks ahead.
 * False: it already had, and there was no sleep.
 */
bool rtos_sleep_until(uint64_t when);

/* A periodic task's clock. Releases lie at start + n * period for ever: no drift. */
struct rtos_period {
	uint64_t release; /* when the current period began, not when the task got to run */
	uint64_t ticks;   /* length of a period */
};

/* [task] The current period begins now. @ticks  at least 1 */
void rtos_period_start(struct rtos_period *period, uint64_t ticks);

/*
 * [task] Sleep until the next release, or not at all if it is past already.
 * Returns the number of releases that were missed altogether: the task is
 * then released for the latest one, in step with the others.
 */
uint64_t rtos_period_wait(struct rtos_period *period);

/* ---- Notifications: from an interrupt or a task to one task ------------- */

/* [any] Set bits of a task's notification word and wake the task if it waits for one of them. */
void rtos_notify(struct rtos_task *task, uint32_t bits);

/*
 * [task] Wait until one of the bits in `mask` is set; collect and clear those.
 * @bits  the collected bits; 0 unless RTOS_OK
 * RTOS_OK, RTOS_TIMEOUT, RTOS_NOT_ALLOWED (in an interrupt), RTOS_BAD_ARGUMENT (mask 0)
 */
RTOS_MUST_USE enum rtos_status rtos_notify_wait(uint32_t mask, uint64_t ticks, uint32_t *bits);

/* ---- Semaphores: counting; binary with a limit of 1 --------------------- */

struct rtos_semaphore {
	struct rtos_waiters waiters;
	uint32_t            count;
	uint32_t            limit;
};

/* [start] @limit  at least 1; count <= limit. RTOS_OK, RTOS_BAD_ARGUMENT */
RTOS_MUST_USE enum rtos_status rtos_semaphore_init(struct rtos_semaphore *semaphore,
						   uint32_t count, uint32_t limit);

/* [any with RTOS_NO_WAIT, else task] RTOS_OK, RTOS_TIMEOUT, RTOS_NOT_ALLOWED */
RTOS_MUST_USE enum rtos_status rtos_semaphore_take(struct rtos_semaphore *semaphore,
						   uint64_t ticks);

/* [any] Wake a waiter, or count up. False: the count was at its limit and stays there. */
bool rtos_semaphore_give(struct rtos_semaphore *semaphore);

/* ---- Mutexes with priority inheritance ---------------------------------- */

/*
 * While tasks wait for a mutex, its owner runs at least at their highest
 * priority, and so does whoever the owner waits for, to the end of the chain.
 * A released mutex goes straight to the most urgent waiter. Not recursive.
 */
struct rtos_mutex {
	struct rtos_waiters waiters;
	struct rtos_task   *owner;
	struct rtos_link    link; /* among what its owner holds */
};

/* [start] */
void rtos_mutex_init(struct rtos_mutex *mutex);

/*
 * [task] RTOS_OK; RTOS_TIMEOUT; RTOS_NOT_ALLOWED (not in a task); RTOS_DEADLOCK: the
 * caller has it already, or its owner waits, through others, for the caller.
 */
RTOS_MUST_USE enum rtos_status rtos_mutex_lock(struct rtos_mutex *mutex, uint64_t ticks);

/* [task] RTOS_OK, RTOS_NOT_ALLOWED (not the owner) */
enum rtos_status rtos_mutex_unlock(struct rtos_mutex *mutex);

/* ---- Message queues: copies of fixed size, first in, first out ---------- */

struct rtos_queue {
	struct rtos_waiters senders;   /* wait for room: only while full */
	struct rtos_waiters receivers; /* wait for a message: only while empty */
	unsigned char      *buffer;
	size_t              message_bytes;
	uint32_t            depth;
	uint32_t            first; /* oldest message */
	uint32_t            count;
};

/*
 * [start] @buffer  depth * message_bytes bytes, the queue's from now on
 * RTOS_OK, RTOS_BAD_ARGUMENT (something is 0, or too large)
 */
RTOS_MUST_USE enum rtos_status rtos_queue_init(struct rtos_queue *queue, void *buffer,
					       size_t message_bytes, uint32_t depth);

/*
 * [any with RTOS_NO_WAIT, else task] RTOS_OK, RTOS_TIMEOUT (full), RTOS_NOT_ALLOWED.
 * Messages arrive in the order in which they were accepted.
 */
RTOS_MUST_USE enum rtos_status rtos_queue_send(struct rtos_queue *queue, const void *message,
					       uint64_t ticks);

/* [any with RTOS_NO_WAIT, else task] RTOS_OK, RTOS_TIMEOUT (empty), RTOS_NOT_ALLOWED */
RTOS_MUST_USE enum rtos_status rtos_queue_receive(struct rtos_queue *queue, void *message,
						  uint64_t ticks);

/* [any] */
uint32_t rtos_queue_count(const struct rtos_queue *queue);

/* ---- Software timers ---------------------------------------------------- */

struct rtos_timer;

/* Runs as an interrupt handler does: briefly, without blocking. It may start and stop timers. */
typedef void rtos_timer_callback(struct rtos_timer *timer, void *argument);

struct rtos_timer {
	struct rtos_deadline deadline;
	uint64_t             period; /* ticks; 0: once */
	uint64_t             missed; /* periods skipped because interrupts were masked too long */
	rtos_timer_callback *callback;
	void                *argument;
};

/* [start] */
void rtos_timer_init(struct rtos_timer *timer, rtos_timer_callback *callback, void *argument);

/*
 * [any] Call back in `delay` ticks (0 counts as 1), then every `period` ticks
 * after that, without drift (0: only once). Starts anew if it runs already.
 * @delay, @period  less than 2^62
 */
void rtos_timer_start(struct rtos_timer *timer, uint64_t delay, uint64_t period);

/* [any] True: it was running, and will not call back any more. */
bool rtos_timer_stop(struct rtos_timer *timer);

/* [any] */
bool rtos_timer_is_running(const struct rtos_timer *timer);
