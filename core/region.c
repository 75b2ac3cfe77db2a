/* SPDX-License-Identifier: Apache-2.0 */
#include "core/region.h"

const struct region_config *region_find(pa_t address)
{
	for (uint32_t i = 0; i < system_config.n_regions; i++) {
		const struct region_config *region = &system_config.regions[i];

		if (address.value - region->base.value < region->bytes) {
			return region;
		}
	}
	return NULL;
}
