/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RTOS's port for the host: coroutines by ucontext, simulated time.
 *
 * The test itself is a coroutine as well (`test`); tasks hand back to it when
 * the time asked for is over or the kernel panics.
 */
#define _GNU_SOURCE /* ucontext */
#include "tests/fake/rtos_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifdef HAS_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#define N_COROUTINES    (2 * RTOS_MAX_TASKS)
#define COROUTINE_BYTES (128 * 1024) /* sanitised code and printf() need room */
#define N_EVENTS        256
#define TRACE_BYTES     65536

struct coroutine {
	ucontext_t  context;
	const void *stack;
	size_t      stack_bytes;
	void       *shadow; /* the sanitizer's own record while it does not run */
};

struct event {
	uint64_t           when;
	fake_rtos_handler *handler; /* NULL: free */
	void              *argument;
};

static struct machine {
	uint64_t     now, until, alarm;
	bool         alarm_is_set;
	bool         is_masked, is_started;
	bool         in_tasks; /* not in the test itself */
	unsigned int n_coroutines, n_trace;
	struct event events[N_EVENTS];
	const char  *panic;
	struct coroutine *running; /* among the kernel's */
	struct coroutine *resumed; /* by whom the last switch was made */
} machine;

static struct coroutine test;
static struct coroutine boot;
static struct coroutine coroutines[N_COROUTINES];
static unsigned char stacks[N_COROUTINES + 1][COROUTINE_BYTES] __attribute__((aligned(16)));
static char trace[TRACE_BYTES], shown[TRACE_BYTES];

void (*fake_rtos_on_switch)(void);
unsigned int fake_rtos_n_alarms_set, fake_rtos_n_alarms_taken;

/* ---- Coroutines --------------------------------------------------------- */

/* First thing on a stack that was just switched to. */
static void arrive(void *shadow)
{
#ifdef HAS_ASAN
	struct coroutine *from = machine.resumed;

	__sanitizer_finish_switch_fiber(shadow, &from->stack, &from->stack_bytes);
#else
	(void)shadow;
#endif
}

static void switch_to(struct coroutine *from, struct coroutine *to)
{
	machine.resumed = from;
#ifdef HAS_ASAN
	__sanitizer_start_switch_fiber(&from->shadow, to->stack, to->stack_bytes);
#endif
	if (swapcontext(&from->context, &to->context) != 0) {
		fail_msg("swapcontext failed");
	}
	arrive(from->shadow);
}

static void make(struct coroutine *coroutine, unsigned char *stack, void (*entry)(void))
{
	memset(coroutine, 0, sizeof(*coroutine));
	getcontext(&coroutine->context);
	coroutine->stack = stack;
	coroutine->stack_bytes = COROUTINE_BYTES;
	coroutine->context.uc_stack.ss_sp = stack;
	coroutine->context.uc_stack.ss_size = COROUTINE_BYTES;
	makecontext(&coroutine->context, entry, 0);
}

/* ---- Time and interrupts ------------------------------------------------ */

/* Earliest event; NULL: none. Equals in order of their making. */
static struct event *next_event(void)
{
	struct event *next = NULL;

	for (unsigned int i = 0; i < N_EVENTS; i++) {
		struct event *event = &machine.events[i];

		if (event->handler != NULL &&
		    (next == NULL || rtos_is_after(next->when, event->when))) {
			next = event;
		}
	}
	return next;
}

static bool is_due(uint64_t when)
{
	return !rtos_is_after(when, machine.now);
}

static bool has_due_interrupt(void)
{
	const struct event *event = next_event();

	return (machine.alarm_is_set && is_due(machine.alarm)) ||
	       (event != NULL && is_due(event->when));
}

static void call_handlers(void)
{
	struct event *event = next_event();

	if (event != NULL && is_due(event->when)) {
		struct event taken = *event;

		event->handler = NULL;
		taken.handler(taken.argument);
	} else {
		fake_rtos_n_alarms_taken++;
		rtos_alarm();
		assert_false(machine.alarm_is_set && is_due(machine.alarm));
	}
}

/* Take what is pending, as hardware does at the first unmasked instruction. */
static void deliver(void)
{
	while (!machine.is_masked && machine.is_started && has_due_interrupt()) {
		struct coroutine *self = machine.running;

		machine.is_masked = true;
		rtos_interrupt_enter();
		call_handlers();

		struct coroutine *next = rtos_interrupt_exit(self);

		if (next != self) {
			if (fake_rtos_on_switch != NULL) {
				fake_rtos_on_switch();
			}
			machine.running = next;
			switch_to(self, next);
		}
		machine.is_masked = false;
	}
}

/* Ticks from now to the next interrupt that would be taken, at most `limit`. */
static uint64_t span_to_interrupt(uint64_t limit)
{
	const struct event *event = next_event();
	uint64_t span = limit;

	if (machine.is_masked) {
		return limit;
	}
	if (machine.alarm_is_set && machine.alarm - machine.now < span) {
		span = machine.alarm - machine.now;
	}
	if (event != NULL && event->when - machine.now < span) {
		span = event->when - machine.now;
	}
	return span;
}

static void pause_run(void)
{
	switch_to(machine.running, &test);
}

void fake_rtos_spend(uint64_t ticks)
{
	while (ticks > 0) {
		uint64_t span = span_to_interrupt(ticks);

		while (machine.until - machine.now < span) {
			uint64_t rest = machine.until - machine.now;

			machine.now += rest;
			span -= rest;
			ticks -= rest;
			pause_run();
		}
		machine.now += span;
		ticks -= span;
		deliver();
	}
}

void rtos_port_idle(void)
{
	uint64_t left = machine.until - machine.now;
	uint64_t span = span_to_interrupt(left);

	assert_false(machine.is_masked);
	machine.now += span;
	deliver();
	if (machine.now == machine.until && span_to_interrupt(1) != 0) {
		pause_run();
	}
}

/* ---- The port ----------------------------------------------------------- */

static void enter_task(void)
{
	arrive(NULL);
	machine.is_masked = false;
	deliver();
	rtos_task_main();
}

static void enter_boot(void)
{
	arrive(NULL);
	rtos_start();
}

void rtos_port_init(void)
{
	machine.n_coroutines = 0;
}

uint64_t rtos_port_lock(void)
{
	bool was_masked = machine.is_masked;

	machine.is_masked = true;
	return was_masked;
}

void rtos_port_unlock(uint64_t state)
{
	assert_true(machine.is_masked);
	machine.is_masked = state != 0;
	deliver();
}

uint64_t rtos_port_now(void)
{
	return machine.now;
}

uint64_t rtos_port_frequency(void)
{
	return FAKE_RTOS_FREQUENCY;
}

void rtos_port_alarm_set(uint64_t when)
{
	machine.alarm = when;
	machine.alarm_is_set = true;
	fake_rtos_n_alarms_set++;
}

void rtos_port_alarm_stop(void)
{
	machine.alarm_is_set = false;
}

/* The stack given is the kernel's to paint; sanitised code runs on a larger one. */
void *rtos_port_context(unsigned char *stack, size_t stack_bytes)
{
	assert_non_null(stack);
	assert_true(stack_bytes >= RTOS_STACK_BYTES_MIN);
	assert_true(machine.n_coroutines < N_COROUTINES);

	struct coroutine *coroutine = &coroutines[machine.n_coroutines];

	make(coroutine, stacks[machine.n_coroutines], enter_task);
	machine.n_coroutines++;
	return coroutine;
}

void rtos_port_switch(void **from, void *to)
{
	struct coroutine *self = machine.running;

	assert_true(machine.is_masked);
	if (fake_rtos_on_switch != NULL) {
		fake_rtos_on_switch();
	}
	*from = self;
	machine.running = to;
	switch_to(self, to);
	machine.is_masked = true;
}

void rtos_port_start(void *to)
{
	machine.running = to;
	machine.is_started = true;
	switch_to(&boot, to);
	fail_msg("the start-up code was resumed");
	for (;;) {
	}
}

void rtos_port_panic(const char *what, const struct rtos_task *task)
{
	(void)task;
	if (!machine.in_tasks) {
		mock_assert(0, what, __FILE__, __LINE__); /* for expect_assert_failure() */
	}
	machine.panic = what;
	for (;;) {
		pause_run();
	}
}

/* ---- For tests ---------------------------------------------------------- */

void fake_rtos_begin(uint64_t now)
{
	memset(&machine, 0, sizeof(machine));
	machine.now = now;
	machine.is_masked = true;
	fake_rtos_on_switch = NULL;
	fake_rtos_n_alarms_set = 0;
	fake_rtos_n_alarms_taken = 0;
	trace[0] = '\0';
	rtos_init();
}

void fake_rtos_run(uint64_t until)
{
	machine.until = until;
	assert_null(machine.panic);
	machine.in_tasks = true;
	if (!machine.is_started) {
		make(&boot, stacks[N_COROUTINES], enter_boot);
		switch_to(&test, &boot);
	} else {
		switch_to(&test, machine.running);
	}
	machine.in_tasks = false;
}

void fake_rtos_interrupt_at(uint64_t when, fake_rtos_handler *handler, void *argument)
{
	for (unsigned int i = 0; i < N_EVENTS; i++) {
		if (machine.events[i].handler == NULL) {
			machine.events[i] = (struct event){ when, handler, argument };
			return;
		}
	}
	fail_msg("more than %d events", N_EVENTS);
}

void fake_rtos_note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int n = vsnprintf(trace + machine.n_trace, TRACE_BYTES - machine.n_trace, format,
			  arguments);
	va_end(arguments);
	assert_true(n >= 0 && (unsigned int)n < TRACE_BYTES - machine.n_trace);
	machine.n_trace += (unsigned int)n;
}

const char *fake_rtos_trace(void)
{
	memcpy(shown, trace, sizeof(shown));
	trace[0] = '\0';
	machine.n_trace = 0;
	return shown;
}

const char *fake_rtos_panic(void)
{
	return machine.panic;
}

bool fake_rtos_alarm_is_set(uint64_t *when)
{
	*when = machine.alarm;
	return machine.alarm_is_set;
}
