/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mmio.h"

const struct mmio_config *mmio_find(const struct partition_config *partition, ipa_t address,
				    uint32_t bytes, uint64_t *offset)
{
	if (address.value % bytes != 0) {
		return NULL;
	}
	/* Three regions, and one a virtual device: few, and the GIC's come first. */
	for (uint32_t i = 0; i < partition->n_mmio; i++) {
		const struct mmio_config *region = &partition->mmio[i];
		uint64_t at = address.value - region->base.value; /* wraps below the base */

		if (at < region->bytes) {
			*offset = at;
			return region;
		}
	}
	return NULL;
}
