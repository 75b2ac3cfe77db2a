/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device registers. One plain load or store each: EL2 emulates an access only if
 * the CPU describes it, and it does not describe pairs or writing back the base
 * register, which a compiler may choose for a volatile pointer.
 * Arm DDI 0487 "ESR_EL2", ISS of a data abort, ISV.
 */
#pragma once

#include <stdint.h>

static inline uint8_t pv_mmio_read8(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return (uint8_t)value;
}

static inline uint16_t pv_mmio_read16(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return (uint16_t)value;
}

static inline uint32_t pv_mmio_read32(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline uint64_t pv_mmio_read64(uint64_t address)
{
	uint64_t value;

	__asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void pv_mmio_write8(uint64_t address, uint8_t value)
{
	__asm__ volatile("strb %w0, [%1]" ::"rZ"((uint32_t)value), "r"(address) : "memory");
}

static inline void pv_mmio_write16(uint64_t address, uint16_t value)
{
	__asm__ volatile("strh %w0, [%1]" ::"rZ"((uint32_t)value), "r"(address) : "memory");
}

static inline void pv_mmio_write32(uint64_t address, uint32_t value)
{
	__asm__ volatile("str %w0, [%1]" ::"rZ"(value), "r"(address) : "memory");
}

static inline void pv_mmio_write64(uint64_t address, uint64_t value)
{
	__asm__ volatile("str %x0, [%1]" ::"rZ"(value), "r"(address) : "memory");
}
