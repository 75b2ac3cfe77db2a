/* links: linux-guest/pvctl/text.c */
/* flags: -D_POSIX_C_SOURCE=200809L */
/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and times as pvctl reads and prints them. */
#include "linux-guest/pvctl/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_hex(void **state)
{
	static const struct {
		const char *hex;
		long        n;
		const char *bytes;
	} cases[] = {
		{ "", 0, "" },
		{ " ", 0, "" },
		{ "00", 1, "\0" },
		{ "0102ff", 3, "\x01\x02\xff" },
		{ "Ab:cD,eF 01\n", 4, "\xab\xcd\xef\x01" },
		{ "1", -1, NULL },
		{ "1 2", -1, NULL },
		{ "0x01", -1, NULL },
		{ "zz", -1, NULL },
		{ "0g", -1, NULL },
		{ "\xff\xff", -1, NULL },
		{ "0102030405", -1, NULL }, /* more than fits */
	};
	unsigned char bytes[4];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long n = text_from_hex(cases[i].hex, bytes, sizeof(bytes));

		assert_int_equal(n, cases[i].n);
		if (n > 0) {
			assert_memory_equal(bytes, cases[i].bytes, (size_t)n);
		}
	}
}

static void test_printable(void **state)
{
	static const struct {
		const char *bytes;
		size_t      n;
		bool        is_printable;
	} cases[] = {
		{ "hello", 5, true },
		{ "hello\n", 6, true },
		{ "hi\0\0\0", 5, true },
		{ "h\0i", 3, false },
		{ "\0\0", 2, false },
		{ "", 0, false },
		{ "a\x1b[2J", 5, false },
		{ "\x7f", 1, false },
		{ "\xc3\xa9", 2, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(text_is_printable((const unsigned char *)cases[i].bytes, cases[i].n),
				 cases[i].is_printable);
	}
}

/* What a printing function wrote. */
static char printed[4096];

static FILE *open_page(void)
{
	memset(printed, 0, sizeof(printed));
	return fmemopen(printed, sizeof(printed) - 1, "w");
}

static void test_print(void **state)
{
	static const struct {
		const char *bytes;
		size_t      n;
		bool        is_hex;
		const char *text;
	} cases[] = {
		{ "hello", 5, false, "hello" },
		{ "hello\n\0\0", 8, false, "hello" },
		{ "hello", 5, true, "68 65 6c 6c 6f" },
		{ "\0\x01", 2, false, "00 01" },
		{ "", 0, false, "" },
		{ "\x1b[2J", 4, false, "1b 5b 32 4a" }, /* never to the terminal as it is */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *page = open_page();

		text_print(page, (const unsigned char *)cases[i].bytes, cases[i].n, cases[i].is_hex);
		fclose(page);
		assert_string_equal(printed, cases[i].text);
	}
}

static void test_dump(void **state)
{
	unsigned char bytes[40];
	FILE *page = open_page();

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (unsigned char)(i + 'A');
	}
	assert_int_equal(text_dump(page, bytes, sizeof(bytes), 8), 3);
	fclose(page);
	assert_string_equal(printed,
		"  0000   41 42 43 44 45 46 47 48  49 4a 4b 4c 4d 4e 4f 50  ABCDEFGHIJKLMNOP\n"
		"  0010   51 52 53 54 55 56 57 58  59 5a 5b 5c 5d 5e 5f 60  QRSTUVWXYZ[\\]^_`\n"
		"  0020   61 62 63 64 65 66 67 68                           abcdefgh\n");

	page = open_page();
	assert_int_equal(text_dump(page, bytes, sizeof(bytes), 2), 2);
	assert_int_equal(text_dump(page, bytes, 0, 2), 0);
	fclose(page);
	assert_null(strstr(printed, "0020 "));
}

static void test_time(void **state)
{
	static const struct {
		uint64_t    ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" },
		{ 999, "999 ns" },
		{ 1000, "1.00 us" },
		{ 12345, "12.34 us" },
		{ 123456, "123 us" },
		{ 1000000, "1.00 ms" },
		{ 99990000, "99.99 ms" },
		{ 1500000000, "1.50 s" },
		{ 3600000000000, "3600 s" },
		{ UINT64_MAX - 1, "18446744073 s" },
		{ UINT64_MAX, "unknown" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(text_of_time(cases[i].ns, text, sizeof(text)), cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
