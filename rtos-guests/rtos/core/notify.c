/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notifications: 32 bits in each task, set by interrupts or tasks, collected by
 * the task. They are remembered until collected and merge while they wait.
 *
 * Owns     nothing; the bits are the task's.
 * Locks    interrupts masked.
 * Context  rtos_notify(): any. rtos_notify_wait(): tasks.
 */
#include "kernel.h"

void rtos_notify(struct rtos_task *task, uint32_t bits)
{
	uint64_t state = kernel_lock();

	task->notified |= bits;
	if ((task->notified & task->awaited) != 0) {
		kernel_wake(task, RTOS_OK);
		kernel_reschedule();
	}
	kernel_unlock(state);
}

static enum rtos_status wait_for(uint32_t mask, uint64_t ticks)
{
	struct rtos_task *self = rtos_kernel.current;

	if ((self->notified & mask) != 0) {
		return RTOS_OK;
	}
	if (ticks == RTOS_NO_WAIT) {
		return RTOS_TIMEOUT;
	}
	self->awaited = mask;
	return kernel_wait(NULL, ticks);
}

enum rtos_status rtos_notify_wait(uint32_t mask, uint64_t ticks, uint32_t *bits)
{
	*bits = 0;
	if (mask == 0) {
		return RTOS_BAD_ARGUMENT;
	}

	uint64_t state = kernel_lock();
	enum rtos_status status = RTOS_NOT_ALLOWED;

	if (kernel_in_task()) {
		status = wait_for(mask, ticks);
	}
	if (status == RTOS_OK) {
		*bits = rtos_kernel.current->notified & mask;
		rtos_kernel.current->notified &= ~mask;
	}
	kernel_unlock(state);
	return status;
}
