/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message queues. Receivers wait only while the queue is empty and senders only
 * while it is full, so a message goes either through the buffer or straight from
 * a sender to a waiting receiver; no task wakes to find itself too late.
 *
 * Copies are made with interrupts masked: keep messages small, or queue pointers.
 *
 * Owns     nothing; works on the caller's queues.
 * Locks    interrupts masked.
 * Context  tasks, and any with RTOS_NO_WAIT.
 */
#include "kernel.h"

#include <string.h>

static void put_last(struct rtos_queue *queue, const void *message)
{
	/* 64 bits: first + count may exceed 32 */
	uint64_t place = ((uint64_t)queue->first + queue->count) % queue->depth;

	memcpy(queue->buffer + place * queue->message_bytes, message, queue->message_bytes);
	queue->count++;
}

static void take_first(struct rtos_queue *queue, void *message)
{
	memcpy(message, queue->buffer + queue->first * queue->message_bytes,
	       queue->message_bytes);
	queue->first = queue->first + 1 == queue->depth ? 0 : queue->first + 1;
	queue->count--;
}

enum rtos_status rtos_queue_init(struct rtos_queue *queue, void *buffer, size_t message_bytes,
				 uint32_t depth)
{
	if (buffer == NULL || message_bytes == 0 || depth == 0 ||
	    message_bytes > SIZE_MAX / depth) {
		return RTOS_BAD_ARGUMENT;
	}
	*queue = (struct rtos_queue){
		.buffer = buffer,
		.message_bytes = message_bytes,
		.depth = depth,
	};
	kernel_waiters_init(&queue->senders);
	kernel_waiters_init(&queue->receivers);
	return RTOS_OK;
}

static enum rtos_status send(struct rtos_queue *queue, const void *message, uint64_t ticks)
{
	struct rtos_task *receiver = kernel_waiters_first(&queue->receivers);

	if (receiver != NULL) {
		memcpy(receiver->message.in, message, queue->message_bytes);
		kernel_wake(receiver, RTOS_OK);
		kernel_reschedule();
		return RTOS_OK;
	}
	if (queue->count < queue->depth) {
		put_last(queue, message);
		return RTOS_OK;
	}
	if (ticks == RTOS_NO_WAIT) {
		return RTOS_TIMEOUT;
	}
	if (!kernel_in_task()) {
		return RTOS_NOT_ALLOWED;
	}
	rtos_kernel.current->message.out = message;
	return kernel_wait(&queue->senders, ticks);
}

enum rtos_status rtos_queue_send(struct rtos_queue *queue, const void *message, uint64_t ticks)
{
	uint64_t state = kernel_lock();
	enum rtos_status status = send(queue, message, ticks);

	kernel_unlock(state);
	return status;
}

static enum rtos_status receive(struct rtos_queue *queue, void *message, uint64_t ticks)
{
	struct rtos_task *sender = kernel_waiters_first(&queue->senders);

	if (queue->count > 0) {
		take_first(queue, message);
		if (sender != NULL) {
			put_last(queue, sender->message.out);
			kernel_wake(sender, RTOS_OK);
			kernel_reschedule();
		}
		return RTOS_OK;
	}
	if (ticks == RTOS_NO_WAIT) {
		return RTOS_TIMEOUT;
	}
	if (!kernel_in_task()) {
		return RTOS_NOT_ALLOWED;
	}
	rtos_kernel.current->message.in = message;
	return kernel_wait(&queue->receivers, ticks);
}

enum rtos_status rtos_queue_receive(struct rtos_queue *queue, void *message, uint64_t ticks)
{
	uint64_t state = kernel_lock();
	enum rtos_status status = receive(queue, message, ticks);

	kernel_unlock(state);
	return status;
}

uint32_t rtos_queue_count(const struct rtos_queue *queue)
{
	uint64_t state = kernel_lock();
	uint32_t count = queue->count;

	kernel_unlock(state);
	return count;
}
