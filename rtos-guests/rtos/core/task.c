/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks: making and ending them, their stacks, sleeping, periods.
 *
 * A stack is painted with one word when its task is made. The lowest words are
 * the canary, checked at every switch; the paint that is left shows how much was
 * never used.
 *
 * Owns     nothing; the table of tasks is the kernel's.
 * Locks    interrupts masked.
 * Context  as rtos.h says for each function.
 */
#include "kernel.h"

#define STACK_PAINT  UINT64_C(0x7061696e74207076)
#define CANARY_WORDS 4 /* 32 bytes: a frame that steps over them hits them first */

static uint64_t *stack_words(const struct rtos_task *task)
{
	return (uint64_t *)(void *)task->stack;
}

static void paint_stack(const struct rtos_task *task)
{
	uint64_t *word = stack_words(task);

	for (size_t i = 0; i < task->stack_bytes / sizeof(*word); i++) {
		word[i] = STACK_PAINT;
	}
}

static size_t n_painted(const struct rtos_task *task, size_t limit)
{
	const uint64_t *word = stack_words(task);
	size_t n = 0;

	while (n < limit && word[n] == STACK_PAINT) {
		n++;
	}
	return n;
}

void kernel_check_stack(const struct rtos_task *task)
{
	if (n_painted(task, CANARY_WORDS) != CANARY_WORDS) {
		rtos_port_panic("stack overrun: give this task more stack_bytes", task);
	}
}

static void expired(struct rtos_deadline *deadline)
{
	kernel_wake(CONTAINER_OF(deadline, struct rtos_task, deadline), RTOS_TIMEOUT);
}

void kernel_task_init(struct rtos_task *task, const struct rtos_task_config *config)
{
	*task = (struct rtos_task){
		.base_priority = (uint8_t)config->priority,
		.priority = (uint8_t)config->priority,
		.name = config->name,
		.entry = config->entry,
		.argument = config->argument,
		.stack = config->stack,
		.stack_bytes = config->stack_bytes,
	};
	list_init(&task->link);
	list_init(&task->held);
	kernel_deadline_init(&task->deadline, expired);
	paint_stack(task);
	task->context = rtos_port_context(task->stack, task->stack_bytes);
}

static bool is_sound(const struct rtos_task_config *config)
{
	return config->entry != NULL && config->priority >= RTOS_PRIORITY_MIN &&
	       config->priority <= RTOS_PRIORITY_MAX && config->stack != NULL &&
	       (uintptr_t)config->stack % RTOS_STACK_ALIGN == 0 &&
	       config->stack_bytes % RTOS_STACK_ALIGN == 0 &&
	       config->stack_bytes >= RTOS_STACK_BYTES_MIN;
}

/* The place in the table where a task is, or a free one for NULL; NULL: nowhere. */
static struct rtos_task **find_place(const struct rtos_task *task)
{
	for (unsigned int i = 0; i < RTOS_MAX_TASKS; i++) {
		if (rtos_kernel.tasks[i] == task) {
			return &rtos_kernel.tasks[i];
		}
	}
	return NULL;
}

static enum rtos_status create(struct rtos_task *task, const struct rtos_task_config *config)
{
	struct rtos_task **place = find_place(NULL);

	if (rtos_kernel.in_interrupt) {
		return RTOS_NOT_ALLOWED;
	}
	if (find_place(task) != NULL) {
		return RTOS_BAD_ARGUMENT;
	}
	if (place == NULL) {
		return RTOS_FULL;
	}
	kernel_task_init(task, config);
	*place = task;
	kernel_make_ready(task);
	kernel_reschedule();
	return RTOS_OK;
}

enum rtos_status rtos_task_create(struct rtos_task *task, const struct rtos_task_config *config)
{
	if (task == NULL || !is_sound(config)) {
		return RTOS_BAD_ARGUMENT;
	}

	uint64_t state = kernel_lock();
	enum rtos_status status = create(task, config);

	kernel_unlock(state);
	return status;
}

static _Noreturn void end_task(struct rtos_task *self)
{
	(void)kernel_lock(); /* for ever, as far as this task goes */
	if (!list_is_empty(&self->held)) {
		rtos_port_panic("a task ended with a mutex in its hands", self);
	}
	kernel_make_unready(self);
	self->state = RTOS_TASK_ENDED;
	*find_place(self) = NULL;
	kernel_reschedule();
	rtos_port_panic("kernel: an ended task ran", self);
}

void rtos_task_main(void)
{
	struct rtos_task *self = rtos_kernel.current;

	self->entry(self->argument);
	end_task(self);
}

struct rtos_task *rtos_task_self(void)
{
	return rtos_kernel.current;
}

enum rtos_status rtos_task_set_priority(struct rtos_task *task, uint32_t priority)
{
	if (priority < RTOS_PRIORITY_MIN || priority > RTOS_PRIORITY_MAX) {
		return RTOS_BAD_ARGUMENT;
	}

	uint64_t state = kernel_lock();
	enum rtos_status status = RTOS_NOT_ALLOWED;

	if (!rtos_kernel.in_interrupt) {
		status = find_place(task) != NULL ? RTOS_OK : RTOS_BAD_ARGUMENT;
	}
	if (status == RTOS_OK) {
		task->base_priority = (uint8_t)priority;
		kernel_inheritance_update(task);
		kernel_reschedule();
	}
	kernel_unlock(state);
	return status;
}

uint32_t rtos_task_priority(const struct rtos_task *task)
{
	return task->priority;
}

size_t rtos_task_stack_unused(const struct rtos_task *task)
{
	return n_painted(task, task->stack_bytes / sizeof(uint64_t)) * sizeof(uint64_t);
}

uint64_t rtos_task_run_ticks(const struct rtos_task *task)
{
	uint64_t state = kernel_lock();
	uint64_t ticks = task->run_ticks;

	kernel_unlock(state);
	return ticks;
}

/* ---- Sleeping ----------------------------------------------------------- */

void rtos_sleep(uint64_t ticks)
{
	uint64_t state = kernel_lock();

	KERNEL_ASSERT(kernel_in_task());
	if (ticks != RTOS_NO_WAIT) {
		(void)kernel_wait(NULL, ticks);
	}
	kernel_unlock(state);
}

bool rtos_sleep_until(uint64_t when)
{
	uint64_t state = kernel_lock();
	bool is_ahead = rtos_is_after(when, rtos_port_now());

	KERNEL_ASSERT(kernel_in_task());
	if (is_ahead) {
		(void)kernel_wait_until(NULL, when);
	}
	kernel_unlock(state);
	return is_ahead;
}

void rtos_period_start(struct rtos_period *period, uint64_t ticks)
{
	KERNEL_ASSERT(ticks != 0);
	period->release = rtos_port_now();
	period->ticks = ticks;
}

uint64_t rtos_period_wait(struct rtos_period *period)
{
	uint64_t now = rtos_port_now();
	uint64_t release = period->release + period->ticks;
	uint64_t n_missed = 0;

	if (rtos_is_after(now, release)) {
		n_missed = (now - release) / period->ticks;
		release += n_missed * period->ticks;
	}
	period->release = release;
	(void)rtos_sleep_until(release);
	return n_missed;
}
