/* SPDX-License-Identifier: Apache-2.0 */
#include "partitions/vgic_filter.h"

#include "arch/irqchip.h"
#include "hyp/bits.h"
#include "hyp/gic.h"
#include "partitions/console.h"

#define BIT_REGISTERS_END GICD_IPRIORITYR
#define WORD_MASK         0x7cu /* word within one of the bit registers */
#define REGISTER_MASK     0xf80u

uint32_t vgic_owned(const struct vcpu *vcpu, uint32_t word)
{
	const struct partition_config *config = vcpu->partition->config;
	uint32_t owned = config->interrupts[word];

	if (word == 0) {
		return owned & (uint32_t)~(EL2_PPIS | BIT(KICK_SGI));
	}
	if (word == system_config.console.interrupt / 32 && console_has_interrupt(config)) {
		owned |= UINT32_C(1) << system_config.console.interrupt % 32;
	}
	return owned;
}

static uint32_t read32(const struct vgic_view *view, uint32_t offset)
{
	return view->is_private
		       ? irqchip_redistributor_read32(view->cpu_id, GICR_SGI_BASE + offset)
		       : irqchip_distributor_read32(offset);
}

static void write32(const struct vgic_view *view, uint32_t offset, uint32_t value)
{
	if (view->is_private) {
		irqchip_redistributor_write32(view->cpu_id, GICR_SGI_BASE + offset, value);
	} else {
		irqchip_distributor_write32(offset, value);
	}
}

static void write8(const struct vgic_view *view, uint32_t offset, uint8_t value)
{
	if (view->is_private) {
		irqchip_redistributor_write8(view->cpu_id, GICR_SGI_BASE + offset, value);
	} else {
		irqchip_distributor_write8(offset, value);
	}
}

static void update32(const struct vgic_view *view, uint32_t offset, uint32_t mask, uint32_t value)
{
	if (view->is_private) {
		irqchip_redistributor_update32(view->cpu_id, GICR_SGI_BASE + offset, mask, value);
	} else {
		irqchip_distributor_update32(offset, mask, value);
	}
}

/*
 * IGROUPR is EL2's: every interrupt is in the group that reaches EL1 as IRQ. The
 * others are write-one registers, so that a masked write touches only owned bits.
 */
static uint64_t access_bits(const struct vgic_view *view, uint32_t offset,
			    const struct mmio_access *access)
{
	uint32_t kind = offset & REGISTER_MASK;
	uint32_t owned = vgic_owned(view->vcpu, (offset & WORD_MASK) / 4);

	if (access->bytes != 4) {
		return 0;
	}
	if (kind == GICD_IGROUPR) {
		return system_config.gic.version == GIC_V3 ? owned : 0;
	}
	if (!access->is_write) {
		return read32(view, offset) & owned;
	}

	uint32_t bits = (uint32_t)access->value & owned;

	if (kind == GICD_ISENABLER || kind == GICD_ICENABLER) {
		console_note_enable(view->vcpu->partition->config, offset, (uint32_t)access->value);
	}
	if (bits != 0) {
		write32(view, offset, bits);
	}
	return 0;
}

/* No guest interrupt may outrank the kick. */
static uint8_t clamp_priority(uint8_t priority)
{
	return priority < GUEST_HIGHEST_PRIORITY ? GUEST_HIGHEST_PRIORITY : priority;
}

static uint64_t access_priority(const struct vgic_view *view, uint32_t offset,
				const struct mmio_access *access)
{
	uint32_t first = offset - GICD_IPRIORITYR; /* INTID */
	uint32_t owned = vgic_owned(view->vcpu, first / 32) >> first % 32;
	uint64_t result = 0;

	if (access->bytes != 1 && access->bytes != 4) {
		return 0;
	}
	if (!access->is_write) {
		uint32_t aligned = offset & ~3u;

		result = read32(view, aligned) >> (offset - aligned) * 8;
		for (uint32_t i = 0; i < access->bytes; i++) {
			if ((owned >> i & 1) == 0) {
				result &= ~(UINT64_C(0xff) << 8 * i);
			}
		}
		return access->bytes == 1 ? (uint8_t)result : result;
	}
	for (uint32_t i = 0; i < access->bytes; i++) {
		if ((owned >> i & 1) != 0) {
			write8(view, offset + i, clamp_priority((uint8_t)(access->value >> 8 * i)));
		}
	}
	return 0;
}

/* Bit n becomes bits 2n and 2n + 1. */
static uint32_t double_bits(uint32_t bits)
{
	bits = (bits | bits << 8) & 0x00ff00ffu;
	bits = (bits | bits << 4) & 0x0f0f0f0fu;
	bits = (bits | bits << 2) & 0x33333333u;
	bits = (bits | bits << 1) & 0x55555555u;
	return bits * 3;
}

static uint64_t access_config(const struct vgic_view *view, uint32_t offset,
			      const struct mmio_access *access)
{
	uint32_t first = (offset - GICD_ICFGR) * 4; /* INTID */
	uint32_t owned = vgic_owned(view->vcpu, first / 32) >> first % 32;
	uint32_t mask = double_bits(owned & 0xffff);

	if (access->bytes != 4) {
		return 0;
	}
	if (!access->is_write) {
		return read32(view, offset) & mask;
	}
	if (mask != 0 && first != 0) { /* SGIs are always edge-triggered */
		update32(view, offset, mask, (uint32_t)access->value);
	}
	return 0;
}

bool vgic_by_interrupt(const struct vgic_view *view, uint32_t offset,
		       const struct mmio_access *access, uint64_t *value)
{
	if (offset >= GICD_IGROUPR && offset < BIT_REGISTERS_END) {
		*value = access_bits(view, offset, access);
	} else if (offset >= GICD_IPRIORITYR && offset < GICD_ITARGETSR) {
		*value = access_priority(view, offset, access);
	} else if (offset >= GICD_ICFGR && offset < GICD_ICFGR + 0x100) {
		*value = access_config(view, offset, access);
	} else {
		return false;
	}
	return true;
}
