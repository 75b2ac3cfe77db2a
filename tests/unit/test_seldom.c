/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Irtos-guests/virtio/include */
/* A flood of events is told once a second, and none is left out of the count. */
#include "pv/seldom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PER_SECOND UINT64_C(1000)

static void a_flood_is_told_once_a_second(void **state)
{
	struct pv_seldom seldom = { 0 };
	uint32_t n_told = 0;

	(void)state;
	for (uint64_t now = 0; now < 10 * PER_SECOND; now++) {
		n_told += pv_seldom_tell(&seldom, now, PER_SECOND);
	}
	assert_int_equal(n_told, 10);
	assert_int_equal(seldom.n, 10 * PER_SECOND);
}

static void the_first_is_told_at_once(void **state)
{
	struct pv_seldom seldom = { 0 }, other = { 0 };

	(void)state;
	assert_true(pv_seldom_tell(&seldom, 0, PER_SECOND));
	assert_false(pv_seldom_tell(&seldom, 0, PER_SECOND));
	assert_true(pv_seldom_tell(&other, 0, PER_SECOND)); /* each kind for itself */
	assert_false(pv_seldom_tell(&seldom, PER_SECOND - 1, PER_SECOND));
	assert_true(pv_seldom_tell(&seldom, PER_SECOND, PER_SECOND));
	assert_int_equal(seldom.n, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_is_told_once_a_second),
		cmocka_unit_test(the_first_is_told_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
