/* links: core/mmio.c */
/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mmio.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct mmio_config regions[] = {
	{ IPA(0x08000000), 0x10000, MMIO_VGIC_DISTRIBUTOR, 0 },
	{ IPA(0x080a0000), 0x40000, MMIO_VGIC_REDISTRIBUTORS, 0 },
	{ IPA(UINT64_C(0xfffffffffffff000)), 0x1000, MMIO_VUART, 0 },
};
static const struct partition_config partition = { .name = "p", .n_mmio = 3, .mmio = regions };

#define NOWHERE NONE

static void addresses_find_their_region(void **state)
{
	static const struct {
		uint64_t address;
		uint32_t bytes, region;
		uint64_t offset;
	} cases[] = {
		{ 0x08000000, 4, 0, 0 },
		{ 0x0800fffc, 4, 0, 0xfffc },
		{ 0x0800ffff, 1, 0, 0xffff },
		{ 0x08010000, 4, NOWHERE, 0 },
		{ 0x07ffffff, 1, NOWHERE, 0 },
		{ 0x07fffffc, 4, NOWHERE, 0 },
		{ 0x080a0000, 8, 1, 0 },
		{ 0x080dfff8, 8, 1, 0x3fff8 },
		{ 0x080e0000, 8, NOWHERE, 0 },
		{ 0, 1, NOWHERE, 0 },
		{ UINT64_C(0x108000000), 4, NOWHERE, 0 },
		/* The last byte of all: no sum may wrap. */
		{ UINT64_MAX, 1, 2, 0xfff },
		{ UINT64_MAX - 7, 8, 2, 0xff8 },
		{ UINT64_C(0xffffffffffffeff8), 8, NOWHERE, 0 },
		/* Not aligned to its size: no device register is. */
		{ 0x08000002, 4, NOWHERE, 0 },
		{ 0x08000004, 8, NOWHERE, 0 },
		{ 0x08000001, 2, NOWHERE, 0 },
		{ 0x0800fffe, 4, NOWHERE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t offset = 0xdead;
		const struct mmio_config *found =
			mmio_find(&partition, IPA(cases[i].address), cases[i].bytes, &offset);

		if (cases[i].region == NOWHERE) {
			assert_null(found);
		} else {
			assert_ptr_equal(found, &regions[cases[i].region]);
			assert_int_equal(offset, cases[i].offset);
		}
	}
}

static void only_the_partitions_own_regions_count(void **state)
{
	struct partition_config fewer = partition;
	uint64_t offset;

	(void)state;
	fewer.n_mmio = 1;
	assert_null(mmio_find(&fewer, IPA(0x080a0000), 4, &offset));
	fewer.n_mmio = 0;
	assert_null(mmio_find(&fewer, IPA(0x08000000), 4, &offset));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_find_their_region),
		cmocka_unit_test(only_the_partitions_own_regions_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
