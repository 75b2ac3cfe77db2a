/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutexes and priority inheritance.
 *
 * Owner and waiter form chains: task -> mutex it wants -> owner -> mutex that one
 * wants ... A task waits for one mutex at most and a lock that would close a
 * circle is refused, so a chain ends after less than RTOS_MAX_TASKS tasks. What
 * a task is due is always computed from what it holds, never counted up and
 * down; so time-outs, releases in any order and changed priorities need no
 * cases of their own.
 *
 * Owns     nothing; works on the caller's mutexes.
 * Locks    interrupts masked.
 * Context  tasks.
 */
#include "kernel.h"

uint8_t kernel_inheritance_due(const struct rtos_task *task)
{
	uint8_t due = task->base_priority;

	for (const struct rtos_link *link = task->held.next; link != &task->held;
	     link = link->next) {
		const struct rtos_mutex *mutex = CONTAINER_OF(link, struct rtos_mutex, link);
		const struct rtos_task *first = kernel_waiters_first(&mutex->waiters);

		if (first != NULL && first->priority > due) {
			due = first->priority;
		}
	}
	return due;
}

void kernel_inheritance_update(struct rtos_task *task)
{
	while (task != NULL) {
		uint8_t due = kernel_inheritance_due(task);

		if (due == task->priority) {
			return; /* nothing changes further on either */
		}
		kernel_set_effective(task, due);
		task = task->wanted != NULL ? task->wanted->owner : NULL;
	}
}

/* Does the chain from this mutex lead to the task? */
static bool leads_to(const struct rtos_mutex *mutex, const struct rtos_task *task)
{
	for (unsigned int n = 0; n < RTOS_MAX_TASKS; n++) {
		if (mutex->owner == task) {
			return true;
		}
		mutex = mutex->owner->wanted;
		if (mutex == NULL) {
			return false;
		}
	}
	rtos_port_panic("kernel: a chain of mutexes has no end", task);
}

static void give_to(struct rtos_mutex *mutex, struct rtos_task *task)
{
	mutex->owner = task;
	list_insert_before(&task->held, &mutex->link);
}

void rtos_mutex_init(struct rtos_mutex *mutex)
{
	kernel_waiters_init(&mutex->waiters);
	mutex->owner = NULL;
	list_init(&mutex->link);
}

static enum rtos_status lock(struct rtos_mutex *mutex, uint64_t ticks)
{
	struct rtos_task *self = rtos_kernel.current;

	if (!kernel_in_task()) {
		return RTOS_NOT_ALLOWED;
	}
	if (mutex->owner == NULL) {
		give_to(mutex, self);
		return RTOS_OK;
	}
	if (leads_to(mutex, self)) {
		return RTOS_DEADLOCK;
	}
	if (ticks == RTOS_NO_WAIT) {
		return RTOS_TIMEOUT;
	}
	self->wanted = mutex;
	return kernel_wait(&mutex->waiters, ticks);
}

enum rtos_status rtos_mutex_lock(struct rtos_mutex *mutex, uint64_t ticks)
{
	uint64_t state = kernel_lock();
	enum rtos_status status = lock(mutex, ticks);

	kernel_unlock(state);
	return status;
}

static enum rtos_status unlock(struct rtos_mutex *mutex)
{
	struct rtos_task *self = rtos_kernel.current;
	struct rtos_task *next = kernel_waiters_first(&mutex->waiters);

	if (!kernel_in_task() || mutex->owner != self) {
		return RTOS_NOT_ALLOWED;
	}
	list_remove(&mutex->link);
	mutex->owner = NULL;
	if (next != NULL) {
		give_to(mutex, next);
		kernel_wake(next, RTOS_OK);
	}
	kernel_inheritance_update(self);
	kernel_reschedule();
	return RTOS_OK;
}

enum rtos_status rtos_mutex_unlock(struct rtos_mutex *mutex)
{
	uint64_t state = kernel_lock();
	enum rtos_status status = unlock(mutex);

	kernel_unlock(state);
	return status;
}
