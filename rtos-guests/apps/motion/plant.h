/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated axis and its position controller, in integers.
 *
 *	axis        velocity follows the drive with a lag of PLANT_LAG_MS;
 *	            position is the sum of velocity
 *	controller  proportional + integral on the position, at DEMO_MOTION_HZ;
 *	            the integral rests while the drive is at its limit
 *
 * Owns     nothing; works on the caller's struct plant.
 * Context  the control task; once a period.
 */
#pragma once

#include <stdint.h>

#define PLANT_SPEED_MAX_UM_S 500000
#define PLANT_LAG_MS         16

struct plant {
	int64_t position_nm;
	int64_t velocity_um_s;
	int64_t integral_um_ms; /* of the position's error */
};

/* One period of 1 ms with this set-point, within +-DEMO_SET_POINT_MAX_UM. */
void plant_step(struct plant *plant, int32_t set_point_um);

int32_t plant_position_um(const struct plant *plant);
