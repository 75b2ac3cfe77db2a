/* links: core/terminal.c core/spinlock.c tests/fake/cpu.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/machine.h"

#include "core/terminal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OWN        3u /* EL2's own source: behind the three partitions */
#define NOBODY     UINT32_MAX
#define LONG_TIME  1000000u
#define MOST_PUMPS 10000

static size_t put(uint32_t source, const char *text)
{
	return terminal_write(source, text, strlen(text));
}

static void pump_dry(void)
{
	for (int i = 0; i < MOST_PUMPS; i++) {
		if (terminal_pump()) {
			return;
		}
		fake_now += LONG_TIME;
	}
	fail_msg("the rings never get empty");
}

/* The terminal as it is when nobody has an open line. Its state outlives a test. */
static int begin(void **state)
{
	(void)state;
	fake_system_begin(GIC_V3);
	fake_cpu_begin();
	fake_uart_begin();
	for (uint32_t source = 0; source <= OWN; source++) {
		pump_dry();
		(void)put(source, "\n");
		fake_now += LONG_TIME;
	}
	pump_dry();
	terminal_set_focus(NOBODY);
	fake_uart_forget();
	fake_now += LONG_TIME;
	return 0;
}

static void lines_carry_their_sources_name(void **state)
{
	(void)state;
	(void)put(ALPHA, "one\n");
	(void)put(OWN, "two\n");
	assert_true(terminal_pump());
	(void)put(GAMMA, "three\nfour\n");
	assert_true(terminal_pump());
	assert_string_equal(
		fake_uart_text(),
		"alpha   | one\r\nparavent| two\r\ngamma   | three\r\ngamma   | four\r\n");
}

static void a_name_longer_than_the_prefix_is_cut(void **state)
{
	(void)state;
	fake_partitions[ALPHA].name = "a-name-of-more-than-forty-characters-in-all";
	fake_config.name_columns = 60;
	(void)put(ALPHA, "x\n");
	assert_true(terminal_pump());
	assert_string_equal(fake_uart_text(), "a-name-of-more-than-forty-characters| x\r\n");
}

static void a_line_is_shown_whole_or_not_at_all(void **state)
{
	(void)state;
	(void)put(ALPHA, "half");
	assert_true(terminal_pump());
	assert_string_equal(fake_uart_text(), "");
	(void)put(BETA, "other\n");
	(void)put(ALPHA, " and half\n");
	assert_true(terminal_pump());
	assert_non_null(strstr(fake_uart_text(), "alpha   | half and half\r\n"));
	assert_non_null(strstr(fake_uart_text(), "beta    | other\r\n"));
}

static void the_focused_source_is_shown_as_it_types(void **state)
{
	(void)state;
	terminal_set_focus(BETA);
	(void)put(BETA, "$ ");
	assert_true(terminal_pump());
	assert_string_equal(fake_uart_text(), "beta    | $ ");
	(void)put(BETA, "ls");
	assert_true(terminal_pump());
	assert_string_equal(fake_uart_text(), "beta    | $ ls");
}

/* A newline comes out as the same two characters, whether its source writes one or both. */
static void returns_are_sent_where_they_are_seen(void **state)
{
	(void)state;
	(void)put(ALPHA, "not \rtyped in\r\n");
	assert_true(terminal_pump());
	assert_string_equal(fake_uart_text(), "alpha   | not typed in\r\n");
	fake_uart_forget();
	terminal_set_focus(BETA);
	(void)put(BETA, "both\r");
	assert_true(terminal_pump());
	(void)put(BETA, "\n");
	assert_true(terminal_pump());
	assert_string_equal(fake_uart_text(), "beta    | both\r\n");
	fake_uart_forget();
	(void)put(BETA, "50%\r60%");
	assert_true(terminal_pump());
	assert_string_equal(fake_uart_text(), "beta    | 50%\r60%");
}

static void an_open_line_is_kept_whole_while_it_is_written(void **state)
{
	(void)state;
	terminal_set_focus(BETA);
	(void)put(BETA, "wri");
	(void)terminal_pump();
	(void)put(ALPHA, "hello\n");
	assert_false(terminal_pump()); /* there is something left, for later */
	(void)put(BETA, "ting\n");
	assert_true(terminal_pump());
	assert_string_equal(fake_uart_text(), "beta    | writing\r\nalpha   | hello\r\n");
}

static void an_idle_open_line_gives_way_and_is_drawn_again(void **state)
{
	(void)state;
	terminal_set_focus(BETA);
	(void)put(BETA, "$ ab\bc");
	(void)terminal_pump();
	(void)put(ALPHA, "hello\n");
	fake_now += LONG_TIME;
	assert_true(terminal_pump());
	(void)put(BETA, "d\n");
	assert_true(terminal_pump());
	assert_string_equal(fake_uart_text(), "beta    | $ ab\bc\r\nalpha   | hello\r\n"
					      "beta    | $ acd\r\n");
}

static void nothing_is_rubbed_out_before_the_line_begins(void **state)
{
	(void)state;
	terminal_set_focus(BETA);
	(void)put(BETA, "a\b\b\bxy");
	(void)terminal_pump();
	(void)put(ALPHA, "hello\n");
	fake_now += LONG_TIME;
	assert_true(terminal_pump());
	assert_string_equal(fake_uart_text(), "beta    | a\b\b\bxy\r\nalpha   | hello\r\n"
					      "beta    | xy");
}

static void a_very_long_open_line_is_drawn_again_as_far_as_it_is_kept(void **state)
{
	char text[301];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	terminal_set_focus(BETA);
	(void)put(BETA, text);
	pump_dry();
	(void)put(ALPHA, "hello\n");
	fake_now += LONG_TIME;
	pump_dry();
	const char *again = strstr(fake_uart_text(), "hello\r\nbeta    | xxx");
	assert_non_null(again);
	assert_in_range(strlen(again), 100, 200);
}

static void a_full_uart_loses_nothing(void **state)
{
	(void)state;
	for (size_t room = 1; room < 8; room++) {
		(void)begin(NULL);
		(void)put(ALPHA, "one line\nand one more\n");
		for (int i = 0; i < 100; i++) {
			fake_uart_room = room;
			if (terminal_pump()) {
				break;
			}
			assert_int_equal(fake_uart_room, 0);
		}
		assert_string_equal(fake_uart_text(),
				    "alpha   | one line\r\nalpha   | and one more\r\n");
	}
}

static void one_call_sends_a_bounded_number_of_characters(void **state)
{
	char text[TERMINAL_RING_BYTES];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	(void)terminal_write(ALPHA, text, sizeof(text));
	assert_false(terminal_pump());
	assert_in_range(strlen(fake_uart_text()), 1, 256);
	pump_dry();
	assert_int_equal(strlen(fake_uart_text()), sizeof(text) + strlen("alpha   | \r"));
}

static void a_ring_takes_what_it_has_room_for(void **state)
{
	char text[TERMINAL_RING_BYTES + 10];

	(void)state;
	memset(text, 'x', sizeof(text));
	fake_uart_room = 0;
	assert_int_equal(terminal_room(ALPHA), TERMINAL_RING_BYTES);
	assert_int_equal(terminal_write(ALPHA, text, 1000), 1000);
	assert_int_equal(terminal_room(ALPHA), TERMINAL_RING_BYTES - 1000);
	assert_int_equal(terminal_write(ALPHA, text, 1000), TERMINAL_RING_BYTES - 1000);
	assert_int_equal(terminal_write(ALPHA, text, 1), 0);
	assert_int_equal(terminal_room(ALPHA), 0);
	/* Nobody else pays for it. */
	assert_int_equal(terminal_room(BETA), TERMINAL_RING_BYTES);
	assert_int_equal(terminal_room(OWN), TERMINAL_RING_BYTES);
	assert_int_equal(put(OWN, "mine\n"), 5);
	/* A full ring is shown though its line has no end: it cannot grow any more. */
	fake_uart_room = FAKE_UART_UNLIMITED;
	pump_dry();
	assert_non_null(strstr(fake_uart_text(), "alpha   | xxxxx"));
	assert_non_null(strstr(fake_uart_text(), "paravent| mine\r\n"));
	assert_int_equal(terminal_room(ALPHA), TERMINAL_RING_BYTES);
}

/* Positions in a ring run freely: far more than its size goes through. */
static void text_survives_many_turns_of_the_ring(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "line %d of many\n", i);
		assert_int_equal(put(ALPHA, text), strlen(text));
		assert_true(terminal_pump());
		(void)snprintf(text, sizeof(text), "| line %d of many\r\n", i);
		assert_non_null(strstr(fake_uart_text(), text));
		fake_uart_forget();
	}
}

static uint32_t count(const char *what)
{
	uint32_t n = 0;

	for (const char *at = fake_uart_text(); (at = strstr(at, what)) != NULL; at++) {
		n++;
	}
	return n;
}

/* Whatever lengths the lines of two floods have, each gets its share, and EL2's line is seen. */
static void floods_share_the_terminal(void **state)
{
	(void)state;
	for (size_t bytes = 20; bytes < 300; bytes += 5) {
		char text[301];

		(void)begin(NULL);
		memset(text, '.', bytes);
		text[bytes] = '\n';
		text[bytes + 1] = '\0';
		(void)put(OWN, "report\n");
		for (int i = 0; i < 60; i++) {
			for (uint32_t source = ALPHA; source <= BETA; source++) {
				while (terminal_room(source) > bytes) {
					(void)put(source, text);
				}
			}
			(void)terminal_pump();
		}
		uint32_t n_alpha = count("alpha   |"), n_beta = count("beta    |");

		assert_int_equal(count("paravent| report"), 1);
		assert_in_range(n_alpha, n_beta / 2, n_beta * 2 + 1);
	}
}

/* A line without an end is not the terminal's end. */
static void nobody_keeps_the_terminal_with_an_endless_line(void **state)
{
	(void)state;
	terminal_set_focus(ALPHA);
	for (uint32_t endless = ALPHA; endless <= BETA; endless++) {
		(void)begin(NULL);
		terminal_set_focus(ALPHA);
		for (int i = 0; i < 200; i++) {
			while (terminal_room(endless) != 0) {
				(void)put(endless, "x");
			}
			if (i == 5) {
				(void)put(OWN, "report\n");
			}
			fake_now += 100;
			(void)terminal_pump();
		}
		assert_int_equal(count("paravent| report\r\n"), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines_carry_their_sources_name, begin),
		cmocka_unit_test_setup(a_name_longer_than_the_prefix_is_cut, begin),
		cmocka_unit_test_setup(a_line_is_shown_whole_or_not_at_all, begin),
		cmocka_unit_test_setup(the_focused_source_is_shown_as_it_types, begin),
		cmocka_unit_test_setup(returns_are_sent_where_they_are_seen, begin),
		cmocka_unit_test_setup(an_open_line_is_kept_whole_while_it_is_written, begin),
		cmocka_unit_test_setup(an_idle_open_line_gives_way_and_is_drawn_again, begin),
		cmocka_unit_test_setup(nothing_is_rubbed_out_before_the_line_begins, begin),
		cmocka_unit_test_setup(a_very_long_open_line_is_drawn_again_as_far_as_it_is_kept,
				       begin),
		cmocka_unit_test_setup(a_full_uart_loses_nothing, begin),
		cmocka_unit_test_setup(one_call_sends_a_bounded_number_of_characters, begin),
		cmocka_unit_test_setup(a_ring_takes_what_it_has_room_for, begin),
		cmocka_unit_test_setup(text_survives_many_turns_of_the_ring, begin),
		cmocka_unit_test_setup(floods_share_the_terminal, begin),
		cmocka_unit_test_setup(nobody_keeps_the_terminal_with_an_endless_line, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
