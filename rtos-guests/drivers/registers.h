/* SPDX-License-Identifier: Apache-2.0 */
/* 32-bit registers in which each pin has one bit. */
#pragma once

#include "pv/mmio.h"

#include <stdbool.h>
#include <stdint.h>

static inline void assign_bits(uint64_t address, uint32_t mask, bool is_set)
{
	uint32_t value = pv_mmio_read32(address);

	pv_mmio_write32(address, is_set ? value | mask : value & ~mask);
}
