/* SPDX-License-Identifier: Apache-2.0 */
/* Which emulated device, if any, an address of a partition belongs to. */
#pragma once

#include "hyp/config.h"

/* NULL: none, or the access leaves the region or is not aligned to its size. */
const struct mmio_config *mmio_find(const struct partition_config *partition, ipa_t address,
				    uint32_t bytes, uint64_t *offset);
