/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/sdk/string.c */
/* flags: -Itests/fake/sdk -Irtos-guests/sdk/include -fno-builtin -Dmemcpy=sdk_memcpy -Dmemmove=sdk_memmove
   -Dmemset=sdk_memset -Dmemcmp=sdk_memcmp -Dstrlen=sdk_strlen -Dstrnlen=sdk_strnlen
   -Dstrcmp=sdk_strcmp -Dstrncmp=sdk_strncmp -Dstrchr=sdk_strchr */
/*
 * Copies of every length between all alignments, to the byte. That no word is read
 * or written where it is not aligned, the sanitizer sees.
 */
#include "rtos-guests/sdk/include/pv/string.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define PLACES 9u  /* offsets 0..8 */
#define LONGEST 41u
#define AREA   64u /* with room at both ends */
#define FIRST  8u

static _Alignas(8) unsigned char area[2 * AREA], expected[2 * AREA];

static void fill(void)
{
	for (unsigned i = 0; i < sizeof(area); i++) {
		area[i] = expected[i] = (unsigned char)(i * 7 + 1);
	}
}

static void check(void)
{
	for (unsigned i = 0; i < sizeof(area); i++) {
		assert_int_equal(area[i], expected[i]);
	}
}

static void test_memcpy(void **state)
{
	(void)state;
	for (unsigned to = FIRST; to < FIRST + PLACES; to++) {
		for (unsigned from = AREA + FIRST; from < AREA + FIRST + PLACES; from++) {
			for (unsigned n = 0; n <= LONGEST; n++) {
				fill();
				for (unsigned i = 0; i < n; i++) {
					expected[to + i] = expected[from + i];
				}
				assert_ptr_equal(memcpy(area + to, area + from, n), area + to);
				check();
			}
		}
	}
}

/* Up and down, over itself. */
static void test_memmove(void **state)
{
	unsigned char copy[LONGEST];

	(void)state;
	for (unsigned to = FIRST; to < FIRST + 2 * PLACES; to++) {
		for (unsigned from = FIRST; from < FIRST + 2 * PLACES; from++) {
			for (unsigned n = 0; n <= LONGEST; n++) {
				fill();
				for (unsigned i = 0; i < n; i++) {
					copy[i] = area[from + i];
				}
				for (unsigned i = 0; i < n; i++) {
					expected[to + i] = copy[i];
				}
				assert_ptr_equal(memmove(area + to, area + from, n), area + to);
				check();
			}
		}
	}
}

static void test_memset(void **state)
{
	(void)state;
	for (unsigned to = FIRST; to < FIRST + PLACES; to++) {
		for (unsigned n = 0; n <= LONGEST; n++) {
			fill();
			for (unsigned i = 0; i < n; i++) {
				expected[to + i] = 0xa5;
			}
			assert_ptr_equal(memset(area + to, 0x1a5, n), area + to);
			check();
		}
	}
}

static void test_texts(void **state)
{
	(void)state;
	assert_int_equal(memcmp("abc", "abd", 2), 0);
	assert_true(memcmp("abc", "ab\xff", 3) < 0);
	assert_int_equal(strlen("four"), 4);
	assert_int_equal(strnlen("four", 3), 3);
	assert_int_equal(strcmp("same", "same"), 0);
	assert_true(strcmp("a\xff", "ab") > 0);
	assert_true(strcmp("ab", "abc") < 0);
	assert_int_equal(strncmp("abx", "aby", 2), 0);
	assert_string_equal(strchr("key=value", '='), "=value");
	assert_null(strchr("key", '='));
	assert_string_equal(strchr("key", '\0'), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy),
		cmocka_unit_test(test_memmove),
		cmocka_unit_test(test_memset),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
