/* SPDX-License-Identifier: Apache-2.0 */
/* Device registers: volatile accesses of the exact width, at base + offset. */
#pragma once

#include "hyp/types.h"

static inline uint32_t mmio_read32(pa_t base, uint32_t offset)
{
	return *(const volatile uint32_t *)(base.value + offset);
}

static inline uint64_t mmio_read64(pa_t base, uint32_t offset)
{
	return *(const volatile uint64_t *)(base.value + offset);
}

static inline void mmio_write32(pa_t base, uint32_t offset, uint32_t value)
{
	*(volatile uint32_t *)(base.value + offset) = value;
}

static inline void mmio_write64(pa_t base, uint32_t offset, uint64_t value)
{
	*(volatile uint64_t *)(base.value + offset) = value;
}

static inline void mmio_write8(pa_t base, uint32_t offset, uint8_t value)
{
	*(volatile uint8_t *)(base.value + offset) = value;
}
