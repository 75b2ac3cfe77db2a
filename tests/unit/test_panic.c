/* links: core/panic.c core/region.c core/format.c tests/fake/cpu.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/machine.h"

#include "core/panic.h"
#include "core/trap.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void begin(void)
{
	fake_system_begin(GIC_V3);
	fake_cpu_begin();
	fake_uart_begin();
	fake_cpu = 3;
}

static uint32_t n_turns;

static void count_turn(void)
{
	n_turns++;
}

static void one_line_then_the_cpu_stops(void **state)
{
	(void)state;
	begin();
	assert_true(FAKE_STOPS(panic("table %u of %s", 7, "beta")));
	assert_string_equal(fake_uart_text(), "\r\nparavent| PANIC: CPU 3: table 7 of beta\r\n");
}

static void a_long_text_is_cut(void **state)
{
	char text[400];

	(void)state;
	begin();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(FAKE_STOPS(panic("%s", text)));
	assert_true(strlen(fake_uart_text()) < 360);
	assert_non_null(strstr(fake_uart_text(), "xxx\r\n"));
}

static void assertions_name_their_place(void **state)
{
	volatile int one = 1;

	(void)state;
	begin();
	ASSERT(one == 1);
	assert_string_equal(fake_uart_text(), "");
	fake_stop_is_expected = true;
	if (setjmp(fake_stop) == 0) {
		ASSERT(one == 2);
		fail_msg("it went on");
	}
	assert_non_null(strstr(fake_uart_text(), "assertion failed: one == 2, "));
	assert_non_null(strstr(fake_uart_text(), "test_panic.c:"));
}

/* A UART that takes nothing must not keep the CPU from stopping. */
static void a_stuck_uart_is_given_up(void **state)
{
	(void)state;
	begin();
	fake_uart_room = 3;
	fake_on_relax = count_turn;
	assert_true(FAKE_STOPS(panic("x")));
	assert_string_equal(fake_uart_text(), "\r\np");
	assert_in_range(n_turns, 1, 100000000);
}

static void an_exception_of_el2_is_decoded(void **state)
{
	struct trap_frame frame = { .esr = 0x96000045, .elr = 0x40201234, .x[30] = 0x40205678 };

	(void)state;
	begin();
	fake_fault_va = 0xdead0000;
	assert_true(FAKE_STOPS(trap_dead(&frame, 4)));
	assert_string_equal(
		fake_uart_text(),
		"\r\nparavent| PANIC: CPU 3: exception in EL2: data abort, translation, at 0xdead0000; "
		"vector 4, ESR 0x96000045, ELR 0x40201234, FAR 0xdead0000, LR 0x40205678\r\n");

	static const struct {
		uint64_t esr;
		const char *text;
	} decoded[] = {
		{ 0x96000010, "data abort, external abort, at 0xa000010 (ethernet); vector" },
		{ 0x86000004, "instruction abort, translation, at 0xa000010 (ethernet);" },
		{ 0x96000021, "data abort, alignment, at" },
		{ 0x9600003f, "data abort, other, at" },
		{ 0x02000000, "exception in EL2: unknown instruction; vector" },
		{ 0xbe000000, "exception in EL2: SError, asynchronous external abort; vector" },
		{ 0xfe000000, "exception in EL2: exception of an unknown class; vector" },
	};

	fake_fault_va = 0x0a000010;
	for (size_t i = 0; i < ARRAY_SIZE(decoded); i++) {
		fake_uart_forget();
		frame.esr = decoded[i].esr;
		assert_true(FAKE_STOPS(trap_dead(&frame, 4)));
		if (strstr(fake_uart_text(), decoded[i].text) == NULL) {
			fail_msg("%s", fake_uart_text());
		}
	}
}

/* Before a CPU knows who it is: no number, and no table but EL2's own text is touched. */
static void an_exception_before_the_cpu_is_known_is_decoded(void **state)
{
	struct trap_frame frame = { .esr = 0x96000010, .elr = 0x48000040 };

	(void)state;
	begin();
	fake_cpu = FAKE_NO_CPU;
	fake_config.n_regions = 1;
	fake_config.regions = NULL;
	assert_true(FAKE_STOPS(trap_dead(&frame, 4)));
	assert_non_null(strstr(fake_uart_text(), "PANIC: starting: exception in EL2: data abort, "
						 "external abort, at 0x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_then_the_cpu_stops),
		cmocka_unit_test(a_long_text_is_cut),
		cmocka_unit_test(assertions_name_their_place),
		cmocka_unit_test(a_stuck_uart_is_given_up),
		cmocka_unit_test(an_exception_of_el2_is_decoded),
		cmocka_unit_test(an_exception_before_the_cpu_is_known_is_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
