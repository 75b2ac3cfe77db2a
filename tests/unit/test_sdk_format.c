/* links: rtos-guests/sdk/format.c */
/* flags: -Irtos-guests/sdk/include */
/* SPDX-License-Identifier: Apache-2.0 */
/* The guest SDK's vsnprintf, against the C library's. */
#include "pv/console.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The same text, the same length, cut off alike; the format is the test's point. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-overflow"

static void check(size_t size, const char *format, ...)
{
	char *ours = malloc(size);
	char theirs[256];
	va_list list;

	assert_non_null(ours);
	va_start(list, format);
	int length = pv_vsnprintf(ours, size, format, list);
	va_end(list);
	va_start(list, format);
	int expected = vsnprintf(theirs, size, format, list);
	va_end(list);
	assert_int_equal(length, expected);
	if (size > 0) {
		assert_string_equal(ours, theirs);
	}
	free(ours);
}

static void numbers(void **state)
{
	static const char *const formats[] = {
		"%lld",    "%5lld|",   "%-5lld|",   "%05lld|",   "%+lld",    "% lld",
		"%.3lld",  "%8.3lld|", "%-8.3lld|", "%08.3lld|", "%.0lld|",  "%llx",
		"%#llx",   "%016llx",  "%-20llx|",  "%llX",      "%#12llX|", "%llu",
		"%20llu|", "%+.9lld",  "%hhd",      "%hd",       "%hhu",     "%hx",
	};
	static const long long values[] = { 0, 1, -1, 42, -42, 123456789, LLONG_MAX, LLONG_MIN };

	(void)state;
	for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			/* h and hh take an int. */
			if (strchr(formats[f], 'h') != NULL) {
				check(64, formats[f], (int)values[v]);
			} else {
				check(64, formats[f], values[v]);
			}
		}
	}
	check(64, "%d %i %u", INT_MIN, INT_MAX, UINT_MAX);
	check(64, "%zu %jd %td", (size_t)7, (intmax_t)-7, (ptrdiff_t)9);
	check(64, "%*d|%-*d|%*d", 6, 1, 6, 2, -6, 3);
	check(64, "%.*d|%.*d", 3, 1, -1, 2);
}

static void texts(void **state)
{
	(void)state;
	check(64, "plain");
	check(64, "%s and %s", "one", "two");
	check(64, "%10s|%-10s|%.2s|%8.2s|%.*s", "abc", "abc", "abc", "abc", 1, "abc");
	check(64, "%c%c %5c|%-5c|", 'a', 'b', 'c', 'd');
	check(64, "100%%");
	check(64, "%p", (void *)(uintptr_t)0x1234abcd);
	check(64, "%.3s", (const char[]){ 'a', 'b', 'c' }); /* not terminated */
}

static void short_buffers(void **state)
{
	(void)state;
	for (size_t size = 0; size < 20; size++) {
		check(size, "%s:%05d:%-6x|", "abc", 42, 0xbeefu);
	}
}

static void unknown_and_unfinished(void **state)
{
	char text[32];

	(void)state;
	assert_int_equal(pv_snprintf(text, sizeof(text), "%s", (char *)NULL), 6);
	assert_string_equal(text, "(null)");
	const char *format = "a%q";

	assert_int_equal(pv_snprintf(text, sizeof(text), format), 3);
	assert_string_equal(text, "a%q");
	format = "a%";
	assert_int_equal(pv_snprintf(text, sizeof(text), format), 1);
	assert_string_equal(text, "a");
	format = "%99999999999999d";
	assert_true(pv_snprintf(text, sizeof(text), format, 1) > 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(texts),
		cmocka_unit_test(short_buffers),
		cmocka_unit_test(unknown_and_unfinished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
