/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/motion/plant.h"

#define NM_PER_UM 1000

/* Drive (um/s) for each um of error, and for each um of error that lasted a second. */
#define GAIN_PROPORTIONAL 10
#define GAIN_INTEGRAL     8
#define MS_PER_S          1000

/* Far away the integral would only wind up. */
#define INTEGRAL_RANGE_UM 2000

static int64_t clamp(int64_t value, int64_t limit)
{
	if (value > limit) {
		return limit;
	}
	return value < -limit ? -limit : value;
}

/* The drive's speed for this period. */
static int64_t control(struct plant *plant, int32_t set_point_um)
{
	int64_t error_um = set_point_um - plant->position_nm / NM_PER_UM;

	if (error_um == clamp(error_um, INTEGRAL_RANGE_UM)) {
		plant->integral_um_ms += error_um;
	} else {
		plant->integral_um_ms = 0;
	}
	return clamp(error_um * GAIN_PROPORTIONAL +
		     plant->integral_um_ms * GAIN_INTEGRAL / MS_PER_S, PLANT_SPEED_MAX_UM_S);
}

void plant_step(struct plant *plant, int32_t set_point_um)
{
	int64_t drive_um_s = control(plant, set_point_um);

	plant->velocity_um_s += (drive_um_s - plant->velocity_um_s) / PLANT_LAG_MS;
	plant->position_nm += plant->velocity_um_s; /* um/s for 1 ms are nm */
}

int32_t plant_position_um(const struct plant *plant)
{
	return (int32_t)(plant->position_nm / NM_PER_UM);
}
