/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a task waits: off the ready list, perhaps among the waiters of an object,
 * perhaps with a deadline; and how that ends. All objects are built on this.
 *
 * Owns     nothing; works on the caller's lists.
 * Locks    interrupts masked.
 * Context  kernel_wait(), kernel_wait_until(): tasks. kernel_wake(): any.
 */
#include "kernel.h"

void kernel_waiters_init(struct rtos_waiters *waiters)
{
	list_init(&waiters->tasks);
}

bool kernel_waiters_is_empty(const struct rtos_waiters *waiters)
{
	return list_is_empty(&waiters->tasks);
}

struct rtos_task *kernel_waiters_first(const struct rtos_waiters *waiters)
{
	if (kernel_waiters_is_empty(waiters)) {
		return NULL;
	}
	return CONTAINER_OF(waiters->tasks.next, struct rtos_task, link);
}

/* Behind all of the same or a higher priority. At most RTOS_MAX_TASKS steps. */
void kernel_waiters_insert(struct rtos_waiters *waiters, struct rtos_task *task)
{
	struct rtos_link *position = &waiters->tasks;

	while (position->previous != &waiters->tasks) {
		struct rtos_task *before =
			CONTAINER_OF(position->previous, struct rtos_task, link);

		if (before->priority >= task->priority) {
			break;
		}
		position = position->previous;
	}
	list_insert_before(position, &task->link);
}

/* The running task goes to sleep; whoever wakes it has left the result. */
static enum rtos_status suspend(struct rtos_waiters *waiters)
{
	struct rtos_task *self = rtos_kernel.current;

	KERNEL_ASSERT(kernel_in_task());
	kernel_make_unready(self);
	self->state = RTOS_TASK_WAITING;
	self->waiters = waiters;
	if (waiters != NULL) {
		kernel_waiters_insert(waiters, self);
	}
	if (self->wanted != NULL) {
		kernel_inheritance_update(self->wanted->owner);
	}
	kernel_reschedule();
	return self->result;
}

enum rtos_status kernel_wait_until(struct rtos_waiters *waiters, uint64_t when)
{
	kernel_deadline_start(&rtos_kernel.current->deadline, when);
	return suspend(waiters);
}

enum rtos_status kernel_wait(struct rtos_waiters *waiters, uint64_t ticks)
{
	KERNEL_ASSERT(ticks != RTOS_NO_WAIT);
	if (ticks >= KERNEL_FOREVER_TICKS) {
		return suspend(waiters);
	}
	return kernel_wait_until(waiters, rtos_port_now() + ticks);
}

void kernel_wake(struct rtos_task *task, enum rtos_status result)
{
	struct rtos_mutex *wanted = task->wanted;

	KERNEL_ASSERT(task->state == RTOS_TASK_WAITING);
	kernel_deadline_stop(&task->deadline);
	list_remove(&task->link);
	task->waiters = NULL;
	task->wanted = NULL;
	task->awaited = 0;
	task->result = result;
	kernel_make_ready(task);
	if (wanted != NULL && wanted->owner != NULL) {
		/* One waiter less: the owner, and whoever it waits for, may be due less. */
		kernel_inheritance_update(wanted->owner);
	}
}
