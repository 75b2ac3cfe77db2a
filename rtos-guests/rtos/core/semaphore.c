/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting semaphores. A unit goes straight to the first waiter, so a task that
 * comes later, however urgent, cannot take it away.
 *
 * Owns     nothing; works on the caller's semaphores.
 * Locks    interrupts masked.
 * Context  give: any. take: tasks, and any with RTOS_NO_WAIT.
 */
#include "kernel.h"

enum rtos_status rtos_semaphore_init(struct rtos_semaphore *semaphore, uint32_t count,
				     uint32_t limit)
{
	if (limit == 0 || count > limit) {
		return RTOS_BAD_ARGUMENT;
	}
	kernel_waiters_init(&semaphore->waiters);
	semaphore->count = count;
	semaphore->limit = limit;
	return RTOS_OK;
}

static enum rtos_status take(struct rtos_semaphore *semaphore, uint64_t ticks)
{
	if (semaphore->count > 0) {
		semaphore->count--;
		return RTOS_OK;
	}
	if (ticks == RTOS_NO_WAIT) {
		return RTOS_TIMEOUT;
	}
	if (!kernel_in_task()) {
		return RTOS_NOT_ALLOWED;
	}
	return kernel_wait(&semaphore->waiters, ticks);
}

enum rtos_status rtos_semaphore_take(struct rtos_semaphore *semaphore, uint64_t ticks)
{
	uint64_t state = kernel_lock();
	enum rtos_status status = take(semaphore, ticks);

	kernel_unlock(state);
	return status;
}

bool rtos_semaphore_give(struct rtos_semaphore *semaphore)
{
	uint64_t state = kernel_lock();
	struct rtos_task *first = kernel_waiters_first(&semaphore->waiters);
	bool is_taken = first != NULL || semaphore->count < semaphore->limit;

	if (first != NULL) {
		kernel_wake(first, RTOS_OK);
		kernel_reschedule();
	} else if (is_taken) {
		semaphore->count++;
	}
	kernel_unlock(state);
	return is_taken;
}
