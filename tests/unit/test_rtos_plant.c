/* links: rtos-guests/apps/motion/plant.c rtos-guests/apps/motion/latency.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the demo's motion that need no machine: plant, figures, checksum. */
#include "rtos-guests/apps/demo_protocol.h"
#include "rtos-guests/apps/motion/latency.h"
#include "rtos-guests/apps/motion/plant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void plant_stays_in_range_whatever_it_is_told(void **unused)
{
	struct plant plant = { .position_nm = 0 };

	(void)unused;
	srand(1);
	for (unsigned int i = 0; i < 200000; i++) {
		int32_t target = i / 777 % 2 == 0 ? DEMO_SET_POINT_MAX_UM : -DEMO_SET_POINT_MAX_UM;

		plant_step(&plant, rand() % 3 == 0 ? rand() % 2000001 - 1000000 : target);
		assert_in_range(plant.velocity_um_s + 1000000, 1000000 - PLANT_SPEED_MAX_UM_S,
				1000000 + PLANT_SPEED_MAX_UM_S);
		assert_in_range(plant_position_um(&plant) + 2000000, 900000, 3100000);
	}
}

static void step_response_overshoots_little(void **unused)
{
	struct plant plant = { .position_nm = 0 };
	int32_t highest = 0;
	unsigned int settled_at = 0;

	(void)unused;
	for (unsigned int ms = 0; ms < 6000; ms++) {
		plant_step(&plant, 100000);
		int32_t at = plant_position_um(&plant);

		highest = at > highest ? at : highest;
		settled_at = abs(at - 100000) > 1000 ? ms : settled_at;
	}
	assert_true(highest < 102500);
	assert_true(settled_at < 1500);
	assert_in_range(plant_position_um(&plant), 99980, 100020);
}

static void latency_figures_are_right(void **unused)
{
	struct latency latency;
	const uint64_t values[] = { 999, 1000, 50000, 4999999999, 1000000, 999999 };

	(void)unused;
	latency_reset(&latency);
	assert_int_equal(latency_average_ns(&latency), 0);
	for (unsigned int i = 0; i < 3; i++) {
		latency_add(&latency, values[i]);
	}
	assert_int_equal(latency.min_ns, 999);
	assert_int_equal(latency.max_ns, 50000);
	assert_int_equal(latency_average_ns(&latency), 51999 / 3);
	for (unsigned int i = 3; i < 6; i++) {
		latency_add(&latency, values[i]);
	}
	assert_int_equal(latency.max_ns, UINT32_MAX);
	const uint32_t bins[LATENCY_BINS] = { 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 2 };

	assert_memory_equal(latency.bins, bins, sizeof(bins));
	assert_int_equal(latency_bin_end_ns(6), 100000);
}

static void checksum_is_the_well_known_one(void **unused)
{
	struct demo_command command = { .sequence = 1, .operation = DEMO_ASK };
	unsigned char *bytes = (unsigned char *)&command;

	(void)unused;
	demo_seal(&command, sizeof(command), DEMO_COMMAND_MAGIC);
	assert_int_equal(demo_crc32("123456789", 9), 0xcbf43926);
	assert_int_equal(demo_crc32("", 0), 0);
	for (unsigned int bit = 0; bit < 8 * sizeof(command); bit++) {
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_false(demo_is_whole(&command, sizeof(command), DEMO_COMMAND_MAGIC));
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	assert_true(demo_is_whole(&command, sizeof(command), DEMO_COMMAND_MAGIC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plant_stays_in_range_whatever_it_is_told),
		cmocka_unit_test(step_response_overshoots_little),
		cmocka_unit_test(latency_figures_are_right),
		cmocka_unit_test(checksum_is_the_well_known_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
