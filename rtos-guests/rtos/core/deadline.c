/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines: one list for the time limits of tasks and for software timers,
 * earliest first, equals in order of arrival. Its head programs the alarm; while
 * nothing is due there is no interrupt at all.
 *
 * Times compare by their difference, so the counter may wrap. Insertion takes
 * at most as many steps as there are tasks and running timers.
 *
 * Owns     rtos_kernel.deadlines.
 * Locks    interrupts masked.
 * Context  any.
 */
#include "kernel.h"

static struct rtos_deadline *first_deadline(void)
{
	return CONTAINER_OF(rtos_kernel.deadlines.next, struct rtos_deadline, link);
}

static void program_alarm(void)
{
	if (list_is_empty(&rtos_kernel.deadlines)) {
		rtos_port_alarm_stop();
	} else {
		rtos_port_alarm_set(first_deadline()->when);
	}
}

void kernel_deadline_init(struct rtos_deadline *deadline, void (*expired)(struct rtos_deadline *))
{
	list_init(&deadline->link);
	deadline->when = 0;
	deadline->expired = expired;
}

void kernel_deadline_start(struct rtos_deadline *deadline, uint64_t when)
{
	struct rtos_link *position = rtos_kernel.deadlines.next;

	KERNEL_ASSERT(!list_is_linked(&deadline->link));
	while (position != &rtos_kernel.deadlines &&
	       !rtos_is_after(CONTAINER_OF(position, struct rtos_deadline, link)->when, when)) {
		position = position->next;
	}
	deadline->when = when;
	list_insert_before(position, &deadline->link);
	if (first_deadline() == deadline) {
		program_alarm();
	}
}

void kernel_deadline_stop(struct rtos_deadline *deadline)
{
	bool was_first = rtos_kernel.deadlines.next == &deadline->link;

	list_remove(&deadline->link);
	if (was_first) {
		program_alarm();
	}
}

/*
 * `now` is read once: what a callback starts lies at least one tick later, so
 * the loop ends after the deadlines that were there when it began.
 */
void rtos_alarm(void)
{
	uint64_t now = rtos_port_now();

	KERNEL_ASSERT(rtos_kernel.in_interrupt);
	while (!list_is_empty(&rtos_kernel.deadlines)) {
		struct rtos_deadline *deadline = first_deadline();

		if (rtos_is_after(deadline->when, now)) {
			break;
		}
		list_remove(&deadline->link);
		deadline->expired(deadline);
	}
	/* Also when nothing expired: the interrupt's condition must not stay true. */
	program_alarm();
}
