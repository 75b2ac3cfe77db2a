/* links: tests/fake/rtos_port.c rtos-guests/rtos/core/kernel.c rtos-guests/rtos/core/wait.c rtos-guests/rtos/core/deadline.c rtos-guests/rtos/core/task.c rtos-guests/rtos/core/mutex.c rtos-guests/rtos/core/semaphore.c rtos-guests/rtos/core/queue.c rtos-guests/rtos/core/notify.c rtos-guests/rtos/core/timer.c */
/* flags: -Irtos-guests/rtos/include */
/* SPDX-License-Identifier: Apache-2.0 */
/* The RTOS's semaphores and message queues. */
#include "tests/fake/rtos_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define STACK_BYTES 4096
#define N_TASKS     4
#define DEPTH       3

struct message {
	uint32_t number;
	uint32_t check; /* ~number */
	char     tail;  /* an odd size */
};

static struct rtos_task tasks[N_TASKS];
static RTOS_STACK(stacks[N_TASKS], STACK_BYTES);
static struct rtos_semaphore semaphore;
static struct rtos_queue queue;
static struct message buffer[DEPTH];

static void create(unsigned int n, uint32_t priority, rtos_task_entry *entry, void *argument)
{
	struct rtos_task_config config = {
		.name = "test",
		.entry = entry,
		.argument = argument,
		.priority = priority,
		.stack = stacks[n],
		.stack_bytes = STACK_BYTES,
	};

	assert_int_equal(rtos_task_create(&tasks[n], &config), RTOS_OK);
}

static void begin(uint32_t count, uint32_t limit)
{
	fake_rtos_begin(0);
	assert_int_equal(rtos_semaphore_init(&semaphore, count, limit), RTOS_OK);
	assert_int_equal(rtos_queue_init(&queue, buffer, sizeof(buffer[0]), DEPTH), RTOS_OK);
}

/* ---- Semaphores --------------------------------------------------------- */

static void semaphore_counts_between_0_and_limit(void **state)
{
	(void)state;
	begin(1, 2);
	assert_int_equal(rtos_semaphore_init(&semaphore, 0, 0), RTOS_BAD_ARGUMENT);
	assert_int_equal(rtos_semaphore_init(&semaphore, 3, 2), RTOS_BAD_ARGUMENT);
	assert_int_equal(rtos_semaphore_init(&semaphore, 1, 2), RTOS_OK);
	assert_true(rtos_semaphore_give(&semaphore));
	assert_false(rtos_semaphore_give(&semaphore));
	assert_int_equal(rtos_semaphore_take(&semaphore, RTOS_NO_WAIT), RTOS_OK);
	assert_int_equal(rtos_semaphore_take(&semaphore, 5), RTOS_OK);
	assert_int_equal(rtos_semaphore_take(&semaphore, RTOS_NO_WAIT), RTOS_TIMEOUT);
	assert_int_equal(rtos_semaphore_take(&semaphore, 5), RTOS_NOT_ALLOWED);
}

static void taker(void *name)
{
	enum rtos_status status = rtos_semaphore_take(&semaphore, 100);

	fake_rtos_note("%s:%d@%d ", (const char *)name, status, (int)rtos_now());
}

static void give(void *argument)
{
	(void)argument;
	assert_true(rtos_semaphore_give(&semaphore));
}

static void takers_are_served_by_priority_then_order(void **state)
{
	(void)state;
	begin(0, 1);
	create(0, 4, taker, "a");
	create(1, 6, taker, "b");
	create(2, 4, taker, "c");
	create(3, 6, taker, "d");
	fake_rtos_interrupt_at(10, give, NULL);
	fake_rtos_interrupt_at(20, give, NULL);
	fake_rtos_interrupt_at(30, give, NULL);
	fake_rtos_run(500);
	assert_string_equal(fake_rtos_trace(), "b:0@10 d:0@20 a:0@30 c:-1@100 ");
}

static void take_again_and_again(void *argument)
{
	(void)argument;
	assert_int_equal(rtos_semaphore_take(&semaphore, RTOS_FOREVER), RTOS_OK);
	fake_rtos_spend(1); /* while the other one is given to */
	rtos_sleep(1);
	enum rtos_status status = rtos_semaphore_take(&semaphore, RTOS_NO_WAIT);

	fake_rtos_note("again:%d ", status);
}

/* A unit given to a waiter is the waiter's, even if it has not run since. */
static void given_unit_cannot_be_stolen(void **state)
{
	(void)state;
	begin(1, 1);
	create(0, 9, take_again_and_again, NULL);
	create(1, 5, taker, "low");
	fake_rtos_interrupt_at(2, give, NULL);
	fake_rtos_run(500);
	assert_string_equal(fake_rtos_trace(), "again:-1 low:0@2 ");
}

static void take_in_interrupt(void *argument)
{
	(void)argument;
	fake_rtos_note("%d ", rtos_semaphore_take(&semaphore, RTOS_NO_WAIT));
	fake_rtos_note("%d ", rtos_semaphore_take(&semaphore, RTOS_NO_WAIT));
	fake_rtos_note("%d ", rtos_semaphore_take(&semaphore, 5));
}

static void interrupts_take_without_waiting(void **state)
{
	(void)state;
	begin(1, 1);
	fake_rtos_interrupt_at(2, take_in_interrupt, NULL);
	fake_rtos_run(10);
	assert_string_equal(fake_rtos_trace(), "0 -1 -2 ");
}

/* ---- Queues ------------------------------------------------------------- */

static struct message message(uint32_t number)
{
	return (struct message){ number, ~number, 'm' };
}

static enum rtos_status send(uint32_t number, uint64_t ticks)
{
	struct message text = message(number);

	return rtos_queue_send(&queue, &text, ticks);
}

/* The number, or the status if there was none. */
static int receive(uint64_t ticks)
{
	struct message text = { 0, 0, 0 };
	enum rtos_status status = rtos_queue_receive(&queue, &text, ticks);

	if (status != RTOS_OK) {
		return status;
	}
	assert_int_equal(text.check, ~text.number);
	assert_int_equal(text.tail, 'm');
	return (int)text.number;
}

static void queue_refuses_bad_sizes(void **state)
{
	(void)state;
	begin(0, 1);
	assert_int_equal(rtos_queue_init(&queue, NULL, 4, 4), RTOS_BAD_ARGUMENT);
	assert_int_equal(rtos_queue_init(&queue, buffer, 0, 4), RTOS_BAD_ARGUMENT);
	assert_int_equal(rtos_queue_init(&queue, buffer, 4, 0), RTOS_BAD_ARGUMENT);
	assert_int_equal(rtos_queue_init(&queue, buffer, SIZE_MAX / 2, 3), RTOS_BAD_ARGUMENT);
}

static void queue_keeps_order_round_its_end(void **state)
{
	uint32_t sent = 0;
	int received = 0;

	(void)state;
	begin(0, 1);
	for (int round = 0; round < 10; round++) {
		for (uint32_t n = 0; n < DEPTH; n++) {
			assert_int_equal(rtos_queue_count(&queue), n);
			assert_int_equal(send(sent++, RTOS_NO_WAIT), RTOS_OK);
		}
		assert_int_equal(send(99, RTOS_NO_WAIT), RTOS_TIMEOUT);
		assert_int_equal(send(99, 1), RTOS_NOT_ALLOWED);
		for (uint32_t n = 0; n < 1 + (uint32_t)round % DEPTH; n++) {
			assert_int_equal(receive(RTOS_NO_WAIT), received++);
		}
		while (rtos_queue_count(&queue) > 0) {
			assert_int_equal(receive(5), received++);
		}
		assert_int_equal(receive(RTOS_NO_WAIT), RTOS_TIMEOUT);
		assert_int_equal(receive(1), RTOS_NOT_ALLOWED);
		/* shift the ring by one, so that each round wraps elsewhere */
		assert_int_equal(send(sent++, RTOS_NO_WAIT), RTOS_OK);
		assert_int_equal(receive(RTOS_NO_WAIT), received++);
	}
}

static void receiver(void *name)
{
	int result = receive(50);

	fake_rtos_note("%s:%d@%d ", (const char *)name, result, (int)rtos_now());
}

static void send_in_interrupt(void *argument)
{
	assert_int_equal(send((uint32_t)(uintptr_t)argument, RTOS_NO_WAIT), RTOS_OK);
}

static void receivers_wait_and_time_out(void **state)
{
	(void)state;
	begin(0, 1);
	create(0, 4, receiver, "a");
	create(1, 5, receiver, "b");
	create(2, 4, receiver, "c");
	fake_rtos_interrupt_at(10, send_in_interrupt, (void *)7);
	fake_rtos_interrupt_at(20, send_in_interrupt, (void *)8);
	fake_rtos_interrupt_at(60, send_in_interrupt, (void *)9);
	fake_rtos_run(500);
	assert_string_equal(fake_rtos_trace(), "b:7@10 a:8@20 c:-1@50 ");
	assert_int_equal(rtos_queue_count(&queue), 1); /* 9 came too late, and is kept */
}

struct sending {
	const char *name;
	uint32_t    number;
	uint64_t    limit;
};

static void sender(void *argument)
{
	const struct sending *sending = argument;
	enum rtos_status status = send(sending->number, sending->limit);

	fake_rtos_note("%s:%d@%d ", sending->name, status, (int)rtos_now());
}

static void receive_in_interrupt(void *argument)
{
	(void)argument;
	fake_rtos_note("got%d ", receive(RTOS_NO_WAIT));
}

/* Waiting senders' messages enter as room appears, by priority, and none is lost or doubled. */
static void senders_wait_for_room_and_time_out(void **state)
{
	static struct sending low = { "low", 10, 100 }, high = { "high", 20, 100 };
	static struct sending hasty = { "hasty", 30, 15 };

	(void)state;
	begin(0, 1);
	for (uint32_t n = 0; n < DEPTH; n++) {
		assert_int_equal(send(n, RTOS_NO_WAIT), RTOS_OK);
	}
	create(0, 3, sender, &low);
	create(1, 6, sender, &high);
	create(2, 9, sender, &hasty);
	fake_rtos_interrupt_at(20, receive_in_interrupt, NULL);
	fake_rtos_interrupt_at(30, receive_in_interrupt, NULL);
	for (uint64_t when = 40; when < 90; when += 10) {
		fake_rtos_interrupt_at(when, receive_in_interrupt, NULL);
	}
	fake_rtos_run(500);
	assert_string_equal(fake_rtos_trace(), "hasty:-1@15 got0 high:0@20 got1 low:0@30 "
					       "got2 got20 got10 got-1 got-1 ");
}

#define N_STREAM 5000

static void producer(void *argument)
{
	(void)argument;
	for (uint32_t n = 0; n < N_STREAM; n++) {
		assert_int_equal(send(n, RTOS_FOREVER), RTOS_OK);
		fake_rtos_spend(n * 7 % 5);
	}
}

static void consumer(void *argument)
{
	unsigned int *n_received = argument;

	for (int n = 0; n < N_STREAM; n++) {
		assert_int_equal(receive(RTOS_FOREVER), n);
		++*n_received;
		fake_rtos_spend((uint64_t)n * 11 % 6);
	}
}

static void stream_is_whole_whoever_is_more_urgent(void **state)
{
	(void)state;
	for (uint32_t producers = 4; producers <= 6; producers++) {
		unsigned int n_received = 0;

		begin(0, 1);
		create(0, producers, producer, NULL);
		create(1, 5, consumer, &n_received);
		fake_rtos_run(1000000);
		assert_int_equal(n_received, N_STREAM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(semaphore_counts_between_0_and_limit),
		cmocka_unit_test(takers_are_served_by_priority_then_order),
		cmocka_unit_test(given_unit_cannot_be_stolen),
		cmocka_unit_test(interrupts_take_without_waiting),
		cmocka_unit_test(queue_refuses_bad_sizes),
		cmocka_unit_test(queue_keeps_order_round_its_end),
		cmocka_unit_test(receivers_wait_and_time_out),
		cmocka_unit_test(senders_wait_for_room_and_time_out),
		cmocka_unit_test(stream_is_whole_whoever_is_more_urgent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
