/* links: core/log.c core/terminal.c core/format.c core/spinlock.c tests/fake/cpu.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* log_end_boot() cannot be undone: the tests of boot come first. */
#include "tests/fake/machine.h"

#include "core/log.h"
#include "core/terminal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OWN FAKE_N_PARTITIONS

static int begin(void **state)
{
	(void)state;
	fake_system_begin(GIC_V3);
	fake_cpu_begin();
	fake_uart_begin();
	log_flush();
	fake_uart_forget();
	return 0;
}

static void lines_go_out_under_el2s_name(void **state)
{
	(void)state;
	log_line("%s has %d", "beta", 3);
	assert_string_equal(fake_uart_text(), "paravent| beta has 3\r\n");
}

static void a_long_line_is_cut_and_still_a_line(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_line("%s", text);
	log_line("next");
	assert_non_null(strstr(fake_uart_text(), "xxx\r\nparavent| next\r\n"));
	assert_in_range(strlen(fake_uart_text()), 150, 250);
}

/* A UART as slow as one character a look. */
static void give_room(void)
{
	fake_uart_room = 1;
}

static void at_boot_a_line_waits_for_the_uart(void **state)
{
	(void)state;
	fake_uart_room = 0;
	fake_on_relax = give_room;
	for (int i = 0; i < 100; i++) {
		log_line("line %d of a hundred long enough to fill the ring", i);
	}
	log_flush();
	assert_non_null(strstr(fake_uart_text(), "line 0 of"));
	assert_non_null(strstr(fake_uart_text(), "line 99 of"));
	assert_null(strstr(fake_uart_text(), "lost"));
}

static uint32_t n_turns;

static void count_turn(void)
{
	n_turns++;
}

static void a_dead_uart_does_not_hold_the_boot_for_ever(void **state)
{
	(void)state;
	fake_uart_room = 0;
	fake_on_relax = count_turn;
	for (int i = 0; i < 10; i++) {
		log_line("line %d", i);
	}
	log_flush();
	assert_in_range(n_turns, 1, 2000000);
	fake_uart_room = FAKE_UART_UNLIMITED;
	log_flush();
}

/* ---- Partitions run from here on ------------------------------------------------- */

static void afterwards_no_call_waits(void **state)
{
	(void)state;
	log_end_boot();
	fake_uart_room = 0;
	for (int i = 0; i < 5; i++) {
		log_line("line %d", i); /* no fake_on_relax: a wait would end the test */
	}
	fake_uart_room = FAKE_UART_UNLIMITED;
	log_flush();
	assert_non_null(strstr(fake_uart_text(), "line 0\r\n"));
	assert_non_null(strstr(fake_uart_text(), "line 4\r\n"));
}

/* Not even room to say that lines are lost: the count goes on. */
static void lost_lines_are_counted(void **state)
{
	(void)state;
	fake_uart_room = 0;
	while (terminal_room(OWN) >= sizeof("gone")) {
		log_line("fill");
	}
	for (int i = 0; i < 5; i++) {
		log_line("gone");
	}
	assert_string_equal(fake_uart_text(), "");
	fake_uart_room = FAKE_UART_UNLIMITED;
	log_flush();
	assert_null(strstr(fake_uart_text(), "gone"));
	fake_uart_forget();
	log_line("here again");
	assert_string_equal(fake_uart_text(),
			    "paravent| (5 lines lost here)\r\nparavent| here again\r\n");
	fake_uart_forget();
	log_line("and no more");
	assert_string_equal(fake_uart_text(), "paravent| and no more\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines_go_out_under_el2s_name, begin),
		cmocka_unit_test_setup(a_long_line_is_cut_and_still_a_line, begin),
		cmocka_unit_test_setup(at_boot_a_line_waits_for_the_uart, begin),
		cmocka_unit_test_setup(a_dead_uart_does_not_hold_the_boot_for_ever, begin),
		cmocka_unit_test_setup(afterwards_no_call_waits, begin),
		cmocka_unit_test_setup(lost_lines_are_counted, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
