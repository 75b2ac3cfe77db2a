/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of the SDK's pv/mmio.h: a test answers for the device. */
#pragma once

#include <stdint.h>

uint16_t pv_mmio_read16(uint64_t address);
uint32_t pv_mmio_read32(uint64_t address);
uint64_t pv_mmio_read64(uint64_t address);
void pv_mmio_write16(uint64_t address, uint16_t value);
void pv_mmio_write32(uint64_t address, uint32_t value);
