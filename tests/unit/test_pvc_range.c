/* links: tools/pvc/range.c tools/pvc/util.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges at the edges of 64 bits, where sums overflow. */
#include "tools/pvc/range.h"

#include "hyp/types.h"
#include "tools/pvc/util.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TOP UINT64_MAX

static void overlaps(void **state)
{
	static const struct {
		struct range a, b;
		bool         overlap, a_contains_b;
	} cases[] = {
		{ { 0x1000, 0x1000 }, { 0x2000, 0x1000 }, false, false }, /* they touch */
		{ { 0x1000, 0x1001 }, { 0x2000, 0x1000 }, true, false },  /* one byte */
		{ { 0x1000, 0x3000 }, { 0x2000, 0x1000 }, true, true },
		{ { 0x1000, 0x1000 }, { 0x1000, 0x1000 }, true, true },
		{ { 0x1000, 0 }, { 0x1000, 0x1000 }, false, false }, /* nothing */
		{ { 0x0, 0x2000 }, { 0x1000, 0 }, false, false },
		{ { TOP, 1 }, { TOP, 1 }, true, true }, /* the last byte */
		{ { TOP - 0xfff, 0x1000 },
		  { 0, 0x1000 },
		  false,
		  false }, /* ends at 2^64: no wrap */
		{ { TOP - 0xfff, 0x1000 }, { TOP, 1 }, true, true },
		{ { 0, TOP }, { TOP, 1 }, false, false },     /* all but the last byte */
		{ { TOP - 1, TOP }, { 0, 1 }, false, false }, /* would wrap: cut at 2^64 */
		{ { TOP - 1, TOP }, { TOP, 1 }, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(range_overlaps(cases[i].a, cases[i].b), cases[i].overlap);
		assert_int_equal(range_overlaps(cases[i].b, cases[i].a), cases[i].overlap);
		assert_int_equal(range_contains(cases[i].a, cases[i].b), cases[i].a_contains_b);
	}
}

static void covers(void **state)
{
	/* Out of order, touching, overlapping, with a gap at 0x5000. */
	static const struct range ranges[] = {
		{ 0x6000, 0x1000 }, { 0x2000, 0x2000 }, { 0x1000, 0x1000 }, { 0x3000, 0x2000 },
		{ TOP - 0xfff, 0x1000 },
	};

	(void)state;
	assert_true(range_is_covered(ranges, 5, (struct range){ 0x1000, 0x4000 }));
	assert_true(range_is_covered(ranges, 5, (struct range){ 0x1800, 0x10 }));
	assert_true(range_is_covered(ranges, 5, (struct range){ TOP - 0xfff, 0x1000 }));
	assert_false(range_is_covered(ranges, 5, (struct range){ 0x1000, 0x4001 }));
	assert_int_equal(range_first_gap(ranges, 5, (struct range){ 0x1000, 0x6000 }), 0x5000);
	assert_false(range_is_covered(ranges, 5, (struct range){ 0xfff, 0x10 }));
	assert_int_equal(range_first_gap(ranges, 5, (struct range){ 0xfff, 0x10 }), 0xfff);
	assert_false(range_is_covered(ranges, 5, (struct range){ 0x1000, 0 }));
	assert_false(range_is_covered(NULL, 0, (struct range){ 0, 1 }));
}

static void pages(void **state)
{
	struct range one = range_pages((struct range){ 0x1200, 0x200 }, 0x1000);
	struct range two = range_pages((struct range){ 0x1ffe, 4 }, 0x1000);
	struct range none = range_pages((struct range){ 0x1ffe, 0 }, 0x1000);
	struct range top = range_pages((struct range){ TOP, 1 }, 0x1000);

	(void)state;
	assert_true(one.base == 0x1000 && one.bytes == 0x1000);
	assert_true(two.base == 0x1000 && two.bytes == 0x2000);
	assert_int_equal(none.bytes, 0);
	assert_true(top.base == TOP - 0xfff && top.bytes == 0x1000);
}

static void rounding(void **state)
{
	(void)state;
	assert_int_equal(round_up(0, 0x1000), 0);
	assert_int_equal(round_up(1, 0x1000), 0x1000);
	assert_int_equal(round_up(0x1000, 0x1000), 0x1000);
	assert_true(round_up(TOP, 0x1000) == TOP - 0xfff);
	assert_int_equal(round_down(0x1fff, 0x1000), 0x1000);
}

static void texts(void **state)
{
	(void)state;
	assert_string_equal(range_text((struct range){ 0x1000, 0x1000 }), "0x1000..0x1fff");
	assert_string_equal(bytes_text(0), "0 bytes");
	assert_string_equal(bytes_text(1000), "1000 bytes");
	assert_string_equal(bytes_text(0x10000), "64 KiB");
	assert_string_equal(bytes_text(UINT64_C(3) << 30), "3 GiB");
	arena_free();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(overlaps), cmocka_unit_test(covers), cmocka_unit_test(pages),
		cmocka_unit_test(rounding), cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
