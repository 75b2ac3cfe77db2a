/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine for the RTOS on the host, in simulated time.
 *
 * Time stands still unless a task spends it (fake_rtos_spend()) or all sleep;
 * then it jumps to the next event. Interrupts are delivered when they are due
 * and unmasked, on the stack of whoever runs. Each task is a coroutine, so a
 * test is one ordinary function, and every run is the same.
 *
 *	fake_rtos_begin(0);            resets the machine, calls rtos_init()
 *	... create tasks ...
 *	fake_rtos_run(1000);           until that time or until nothing can happen
 *	assert_string_equal(fake_rtos_trace(), "...");
 */
#pragma once

#include "rtos/port.h"

#define FAKE_RTOS_FREQUENCY UINT64_C(1000000) /* ticks are microseconds */

void fake_rtos_begin(uint64_t now);

/* Let the tasks run, or run on, until the clock shows `until`. */
void fake_rtos_run(uint64_t until);

/* From a task: use the CPU for that long; others may preempt in between. */
void fake_rtos_spend(uint64_t ticks);

/* Call handler(argument) in an interrupt at that time. */
typedef void fake_rtos_handler(void *argument);
void fake_rtos_interrupt_at(uint64_t when, fake_rtos_handler *handler, void *argument);

/* Append to the trace, which fake_rtos_trace() returns and empties. */
void fake_rtos_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *fake_rtos_trace(void);

/* Called at every switch between tasks, masked; NULL: nothing. */
extern void (*fake_rtos_on_switch)(void);

/* What rtos_port_panic() was told while tasks ran; NULL: nothing. Tasks are stopped then. */
const char *fake_rtos_panic(void);

/* How often the alarm was set, and how many alarm interrupts came. */
extern unsigned int fake_rtos_n_alarms_set, fake_rtos_n_alarms_taken;
bool fake_rtos_alarm_is_set(uint64_t *when);
