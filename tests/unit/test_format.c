/* links: core/format.c */
/* SPDX-License-Identifier: Apache-2.0 */
#include "core/format.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Without the attribute: wrong conversions are what some cases are about. */
static size_t (*const print)(char *out, size_t bytes, const char *text, ...) = format;

static void numbers_are_printed_as_by_printf(void **state)
{
	static const struct {
		const char *text;
		uint64_t    value;
	} cases[] = {
		{ "%lu", 0 }, { "%lu", 7 }, { "%lu", UINT64_MAX }, { "%lu", UINT64_C(10000000000) },
		{ "%lx", 0 }, { "%lx", UINT64_MAX }, { "0x%lx", 0xdeadbeef }, { "%016lx", 0x1234 },
		{ "%ld", 0 }, { "%ld", (uint64_t)-1 }, { "%ld", (uint64_t)INT64_MIN },
		{ "%ld", INT64_MAX }, { "%5lu|", 42 }, { "%-5lu|", 42 }, { "%05lu|", 42 },
		{ "%1lu|", 12345 }, { "%-3ld|", (uint64_t)-7 }, { "%llx", 0xff },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char ours[64], theirs[64];
		size_t used = print(ours, sizeof(ours), cases[i].text, cases[i].value);
		int n = snprintf(theirs, sizeof(theirs), cases[i].text, cases[i].value);

		assert_string_equal(ours, theirs);
		assert_int_equal(used, n);
	}
}

static void int_is_32_bits_and_signed(void **state)
{
	char out[64];

	(void)state;
	(void)format(out, sizeof(out), "%d %d %u %x", INT_MIN, -1, UINT_MAX, UINT_MAX);
	assert_string_equal(out, "-2147483648 -1 4294967295 ffffffff");
}

static void strings_and_characters(void **state)
{
	char out[64];

	(void)state;
	(void)format(out, sizeof(out), "[%s] [%-6s] [%6s] [%2s] [%c]", "", "ab", "cd", "efg", 'x');
	assert_string_equal(out, "[] [ab    ] [    cd] [efg] [x]");
	(void)format(out, sizeof(out), "[%.3s] [%.0s] [%.9s] [%5.2s] [%-5.2s]", "abcdef", "gone",
		     "ab", "xyz", "xyz");
	assert_string_equal(out, "[abc] [] [ab] [   xy] [xy   ]");
	/* What a precision leaves out is not even looked at. */
	(void)format(out, sizeof(out), "%.2s", (const char[]){ 'a', 'b' });
	assert_string_equal(out, "ab");
}

static void what_is_unknown_prints_itself(void **state)
{
	char out[64];

	(void)state;
	(void)print(out, sizeof(out), "%q%d", 5);
	assert_string_equal(out, "%q5");
}

/* Whatever the size, nothing is written behind it, and the text always ends. */
static void no_size_is_exceeded(void **state)
{
	static const char whole[] = "x=0000002a, name=   short!";

	(void)state;
	for (size_t bytes = 1; bytes <= sizeof(whole) + 3; bytes++) {
		char out[40];
		size_t used;

		memset(out, '#', sizeof(out));
		used = format(out, bytes, "x=%08x, name=%8s%c", 42, "short", '!');
		assert_int_equal(used, bytes > sizeof(whole) - 1 ? sizeof(whole) - 1 : bytes - 1);
		assert_memory_equal(out, whole, used);
		assert_int_equal(out[used], '\0');
		for (size_t i = used + 1; i < sizeof(out); i++) {
			assert_int_equal(out[i], '#');
		}
	}
}

static void wide_padding_is_bounded_by_the_size(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(print(out, sizeof(out), "%1000000u", 1), sizeof(out) - 1);
	assert_string_equal(out, "               ");
}

static void a_percent_sign_at_the_end_does_not_run_on(void **state)
{
	static const char text[] = "50%\0secret";
	char out[16];

	(void)state;
	assert_in_range(print(out, sizeof(out), text), 3, 4);
	assert_string_equal(out, "50%");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_printed_as_by_printf),
		cmocka_unit_test(int_is_32_bits_and_signed),
		cmocka_unit_test(strings_and_characters),
		cmocka_unit_test(what_is_unknown_prints_itself),
		cmocka_unit_test(no_size_is_exceeded),
		cmocka_unit_test(wide_padding_is_bounded_by_the_size),
		cmocka_unit_test(a_percent_sign_at_the_end_does_not_run_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
