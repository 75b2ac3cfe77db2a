/* links: tests/fake/rtos_port.c rtos-guests/rtos/core/kernel.c rtos-guests/rtos/core/wait.c rtos-guests/rtos/core/deadline.c rtos-guests/rtos/core/task.c rtos-guests/rtos/core/mutex.c rtos-guests/rtos/core/semaphore.c rtos-guests/rtos/core/queue.c rtos-guests/rtos/core/notify.c rtos-guests/rtos/core/timer.c rtos-guests/apps/say.c rtos-guests/sdk/format.c */
/* flags: -Irtos-guests/rtos/include -Irtos-guests/sdk/include */
/* SPDX-License-Identifier: Apache-2.0 */
/* The demo's console for tasks: a full console holds up nobody but the one who prints. */
#include "tests/fake/rtos_port.h"

#include "rtos-guests/apps/say.h"

#include "pv/console.h"
#include "pv/hypercall.h"
#include "pv/platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define STACK_BYTES 4096

static struct rtos_task printer, loop;
static RTOS_STACK(printer_stack, STACK_BYTES);
static RTOS_STACK(loop_stack, STACK_BYTES);
static struct pv_platform platform;
static unsigned int n_periods, n_late;
static bool is_printed;

/* EL2's end of the console. */
static struct {
	enum pv_status status;
	size_t         room; /* bytes it takes before it is full */
	unsigned int   n_calls;
	char           text[1024];
} console;
static char uart[1024];

const struct pv_platform *pv_platform(void)
{
	return &platform;
}

enum pv_status pv_console_write(const char *text, size_t bytes, size_t *taken)
{
	assert_in_range(bytes, 1, PV_CONSOLE_BYTES);
	console.n_calls++;
	*taken = 0;
	if (console.status == PV_OK) {
		*taken = bytes < console.room ? bytes : console.room;
		console.room -= *taken;
		strncat(console.text, text, *taken);
	}
	return console.status;
}

void pv_console_put(const char *text, size_t bytes)
{
	assert_in_range(bytes, 1, 16); /* it masks interrupts meanwhile: little at a time */
	strncat(uart, text, bytes);
}

/* ---- The tasks ---------------------------------------------------------- */

static void print(void *argument)
{
	say("%s\n", (const char *)argument);
	is_printed = true;
}

static void count_periods(void *argument)
{
	struct rtos_period period;

	(void)argument;
	rtos_period_start(&period, 1000);
	for (;;) {
		rtos_period_wait(&period);
		n_periods++;
		n_late += rtos_now() != period.release;
	}
}

static void create(struct rtos_task *task, uint32_t priority, rtos_task_entry *entry,
		   const char *argument, void *stack)
{
	struct rtos_task_config config = {
		.name = "test",
		.entry = entry,
		.argument = (void *)(uintptr_t)argument,
		.priority = priority,
		.stack = stack,
		.stack_bytes = STACK_BYTES,
	};

	assert_int_equal(rtos_task_create(task, &config), RTOS_OK);
}

static void begin(const char *text, enum pv_status status, size_t room)
{
	memset(&console, 0, sizeof(console));
	memset(uart, 0, sizeof(uart));
	console.status = status;
	console.room = room;
	platform.is_paravent = true;
	n_periods = 0;
	n_late = 0;
	is_printed = false;
	fake_rtos_begin(0);
	create(&loop, 30, count_periods, NULL, loop_stack);
	create(&printer, 5, print, text, printer_stack);
}

#define LONG_TEXT                                                                      \
	"one hundred characters are more than what fits into two calls of forty-eight" \
	" bytes each, which is the point"

static void long_text_goes_in_pieces(void **state)
{
	(void)state;
	begin(LONG_TEXT, PV_OK, SIZE_MAX);
	fake_rtos_run(10);
	assert_true(is_printed);
	assert_string_equal(console.text, LONG_TEXT "\n");
	assert_int_equal(console.n_calls, 3);
}

static void full_console_holds_up_nobody_else(void **state)
{
	(void)state;
	begin(LONG_TEXT, PV_OK, 50);
	fake_rtos_run(50500);
	assert_false(is_printed);
	assert_int_equal(n_periods, 50);
	assert_int_equal(n_late, 0);
	console.room = SIZE_MAX;
	fake_rtos_run(60000);
	assert_true(is_printed);
	assert_string_equal(console.text, LONG_TEXT "\n");
}

static void patience_has_an_end(void **state)
{
	const enum pv_status full[] = { PV_OK, PV_FULL, PV_BUSY };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		begin("nobody reads this", full[i], 0);
		fake_rtos_run((SAY_PATIENCE_MS - 1) * 1000);
		assert_false(is_printed);
		fake_rtos_run((SAY_PATIENCE_MS + 1) * 1000);
		assert_true(is_printed);
		assert_int_equal(console.n_calls, SAY_PATIENCE_MS);
		assert_string_equal(uart, "");
	}
}

static void without_register_console_the_uart_serves(void **state)
{
	(void)state;
	begin(LONG_TEXT, PV_NOT_ALLOWED, 0);
	fake_rtos_run(10);
	assert_string_equal(uart, LONG_TEXT "\n");

	begin(LONG_TEXT, PV_OK, SIZE_MAX);
	platform.is_paravent = false;
	fake_rtos_run(10);
	assert_string_equal(uart, LONG_TEXT "\n");
	assert_int_equal(console.n_calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_text_goes_in_pieces),
		cmocka_unit_test(full_console_holds_up_nobody_else),
		cmocka_unit_test(patience_has_an_end),
		cmocka_unit_test(without_register_console_the_uart_serves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
