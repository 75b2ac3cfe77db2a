/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software timers: callbacks in the alarm's interrupt, in order of their times,
 * equals in the order in which they were started.
 *
 * Owns     nothing; works on the caller's timers.
 * Locks    interrupts masked.
 * Context  any; callbacks run in the interrupt.
 */
#include "kernel.h"

/*
 * The next time lies on the timer's own grid and after now: periods that went
 * by with interrupts masked are counted, not made up for. Started again before
 * the callback runs, so that the callback can stop it.
 */
static void expired(struct rtos_deadline *deadline)
{
	struct rtos_timer *timer = CONTAINER_OF(deadline, struct rtos_timer, deadline);

	if (timer->period != 0) {
		uint64_t n_missed = (rtos_port_now() - deadline->when) / timer->period;

		timer->missed += n_missed;
		kernel_deadline_start(deadline, deadline->when + (n_missed + 1) * timer->period);
	}
	timer->callback(timer, timer->argument);
}

void rtos_timer_init(struct rtos_timer *timer, rtos_timer_callback *callback, void *argument)
{
	*timer = (struct rtos_timer){ .callback = callback, .argument = argument };
	kernel_deadline_init(&timer->deadline, expired);
}

void rtos_timer_start(struct rtos_timer *timer, uint64_t delay, uint64_t period)
{
	uint64_t state = kernel_lock();

	KERNEL_ASSERT(delay < KERNEL_FOREVER_TICKS && period < KERNEL_FOREVER_TICKS);
	kernel_deadline_stop(&timer->deadline);
	timer->period = period;
	kernel_deadline_start(&timer->deadline, rtos_port_now() + (delay != 0 ? delay : 1));
	kernel_unlock(state);
}

bool rtos_timer_stop(struct rtos_timer *timer)
{
	uint64_t state = kernel_lock();
	bool was_running = list_is_linked(&timer->deadline.link);

	kernel_deadline_stop(&timer->deadline);
	kernel_unlock(state);
	return was_running;
}

bool rtos_timer_is_running(const struct rtos_timer *timer)
{
	uint64_t state = kernel_lock();
	bool is_running = list_is_linked(&timer->deadline.link);

	kernel_unlock(state);
	return is_running;
}
