/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distributor, which both GIC versions share, and the choice between their
 * CPU interfaces.
 *
 * Owns     GICD
 * Locks    gic_lock, for words that interrupts of several partitions share
 * Context  EL2, interrupts masked
 * Spec     Arm IHI 0048, Arm IHI 0069
 */
#include "arch/arm64/gic.h"

#include "arch/arm64/mmio.h"
#include "arch/barrier.h"
#include "hyp/bits.h"
#include "hyp/config.h"
#include "hyp/gic.h"
#include "hyp/spinlock.h"

#define SPI_FIRST      32u
#define ICFGR_EDGE     2u

static struct spinlock gic_lock;

static bool is_v3(void)
{
	return system_config.gic.version == GIC_V3;
}

static pa_t gicd(void)
{
	return system_config.gic.distributor;
}

static pa_t gicr(uint32_t cpu_id)
{
	return PA(system_config.gic.redistributors.value +
		  (uint64_t)system_config.cpus[cpu_id].redistributor * GICR_BYTES);
}

static uint32_t bit_of(intid_t interrupt)
{
	return UINT32_C(1) << interrupt % 32;
}

static uint32_t word_of(intid_t interrupt)
{
	return interrupt / 32 * 4;
}

uint32_t irqchip_distributor_read32(uint32_t offset)
{
	return mmio_read32(gicd(), offset);
}

void irqchip_distributor_write32(uint32_t offset, uint32_t value)
{
	mmio_write32(gicd(), offset, value);
}

void irqchip_distributor_write8(uint32_t offset, uint8_t value)
{
	mmio_write8(gicd(), offset, value);
}

uint64_t irqchip_distributor_read64(uint32_t offset)
{
	return mmio_read64(gicd(), offset);
}

void irqchip_distributor_write64(uint32_t offset, uint64_t value)
{
	mmio_write64(gicd(), offset, value);
}

void irqchip_distributor_update32(uint32_t offset, uint32_t mask, uint32_t value)
{
	spinlock_take(&gic_lock);
	mmio_write32(gicd(), offset, (mmio_read32(gicd(), offset) & ~mask) | (value & mask));
	spinlock_drop(&gic_lock);
}

uint32_t irqchip_redistributor_read32(uint32_t cpu_id, uint32_t offset)
{
	return mmio_read32(gicr(cpu_id), offset);
}

void irqchip_redistributor_write32(uint32_t cpu_id, uint32_t offset, uint32_t value)
{
	mmio_write32(gicr(cpu_id), offset, value);
}

void irqchip_redistributor_write8(uint32_t cpu_id, uint32_t offset, uint8_t value)
{
	mmio_write8(gicr(cpu_id), offset, value);
}

void irqchip_redistributor_update32(uint32_t cpu_id, uint32_t offset, uint32_t mask,
				    uint32_t value)
{
	spinlock_take(&gic_lock);
	mmio_write32(gicr(cpu_id), offset,
		     (mmio_read32(gicr(cpu_id), offset) & ~mask) | (value & mask));
	spinlock_drop(&gic_lock);
}

uint32_t irqchip_n_spis(void)
{
	uint64_t words = field_get(GICD_TYPER_ITLINES, mmio_read32(gicd(), GICD_TYPER)) + 1;
	uint32_t lines = (uint32_t)words * 32;

	return (lines > MAX_INTIDS ? MAX_INTIDS : lines) - SPI_FIRST;
}

void irqchip_init(void)
{
	uint32_t words = (system_config.gic.n_spis + SPI_FIRST + 31) / 32;

	/*
	 * Everything in the group that reaches EL1 as IRQ: group 1 on GICv3. On
	 * GICv2 group 0, which is what a non-secure view of group 1 reads as, too.
	 */
	for (uint32_t word = 1; word < words; word++) {
		mmio_write32(gicd(), GICD_ICENABLER + 4 * word, UINT32_MAX);
		mmio_write32(gicd(), GICD_IGROUPR + 4 * word, is_v3() ? UINT32_MAX : 0);
	}
	if (is_v3()) {
		gicv3_wait_distributor();
		mmio_write32(gicd(), GICD_CTLR,
			     (uint32_t)(GICD_CTLR_ARE_NS | GICD_CTLR_ENABLE_GRP1A));
		gicv3_wait_distributor();
	} else {
		mmio_write32(gicd(), GICD_CTLR, (uint32_t)GICD_CTLR_ENABLE);
	}
}

void irqchip_init_cpu(uint32_t cpu_id)
{
	if (is_v3()) {
		gicv3_init_cpu(cpu_id);
	} else {
		gicv2_init_cpu(cpu_id);
	}
}

void irqchip_kick(uint32_t cpu_id)
{
	barrier_complete(); /* what the kicked CPU is to see comes first */
	if (is_v3()) {
		gicv3_kick(cpu_id);
	} else {
		gicv2_kick(cpu_id);
	}
	barrier_complete();
}

intid_t gic_find_active(uint32_t private_active, const uint32_t *interrupts)
{
	uint32_t words = (system_config.gic.n_spis + SPI_FIRST + 31) / 32;
	uint32_t active = private_active;

	for (uint32_t word = 0; word < words; word++) {
		if (word != 0) {
			active = mmio_read32(gicd(), GICD_ISACTIVER + 4 * word) & interrupts[word];
		}
		if (active != 0) {
			return word * 32 + (uint32_t)__builtin_ctz(active);
		}
	}
	intid_t console = system_config.console.interrupt;

	if (console != 0 &&
	    (mmio_read32(gicd(), GICD_ISACTIVER + word_of(console)) & bit_of(console)) != 0) {
		return console;
	}
	return INTID_NONE;
}

void irqchip_clean_cpu(uint32_t cpu_id, const uint32_t *interrupts)
{
	if (is_v3()) {
		gicv3_clean_cpu(cpu_id, interrupts);
	} else {
		gicv2_clean_cpu(interrupts);
	}
}

bool irqchip_open_cpu(struct irqchip_cpu_state *before)
{
	return is_v3() ? gicv3_open_cpu(before) : gicv2_open_cpu(before);
}

void irqchip_restore_cpu(const struct irqchip_cpu_state *before)
{
	if (is_v3()) {
		gicv3_restore_cpu(before);
	} else {
		gicv2_restore_cpu(before);
	}
}

void irqchip_send_sgi(uint32_t sgi, uint32_t cpu_mask)
{
	barrier_before_device(); /* the sender's stores before the receiver's interrupt */
	if (is_v3()) {
		gicv3_send_sgi(sgi, cpu_mask);
	} else {
		gicv2_send_sgi(sgi, cpu_mask);
	}
}

struct irqchip_target irqchip_target_of(uint32_t cpu_id)
{
	const struct cpu_config *cpu = &system_config.cpus[cpu_id];
	struct irqchip_target target = { .number = cpu->redistributor };

	if (is_v3()) {
		target.number = (uint32_t)gicv3_affinity_target(cpu->mpidr);
		target.cluster = gicv3_affinity_fields(cpu->mpidr);
	}
	return target;
}

void irqchip_refuse_interrupt(void)
{
	if (is_v3()) {
		gicv3_refuse_interrupt();
	} else {
		gicv2_refuse_interrupt();
	}
}

void irqchip_spi_enable(intid_t interrupt, bool enabled)
{
	mmio_write32(gicd(), (enabled ? GICD_ISENABLER : GICD_ICENABLER) + word_of(interrupt),
		     bit_of(interrupt));
}

void irqchip_set_pending(intid_t interrupt)
{
	mmio_write32(gicd(), GICD_ISPENDR + word_of(interrupt), bit_of(interrupt));
}

void irqchip_spi_reset(intid_t interrupt, uint32_t cpu_id, bool edge)
{
	const struct cpu_config *cpu = &system_config.cpus[cpu_id];
	uint32_t config_shift = interrupt % 16 * 2;

	irqchip_spi_enable(interrupt, false);
	if (is_v3()) {
		gicv3_wait_distributor();
	}
	mmio_write32(gicd(), GICD_ICPENDR + word_of(interrupt), bit_of(interrupt));
	mmio_write32(gicd(), GICD_ICACTIVER + word_of(interrupt), bit_of(interrupt));
	irqchip_distributor_update32(GICD_ICFGR + interrupt / 16 * 4,
				     ICFGR_EDGE << config_shift,
				     edge ? ICFGR_EDGE << config_shift : 0);
	mmio_write8(gicd(), GICD_IPRIORITYR + interrupt, GUEST_DEFAULT_PRIORITY);
	if (is_v3()) {
		mmio_write64(gicd(), GICD_IROUTER + 8 * interrupt, cpu->mpidr);
	} else {
		mmio_write8(gicd(), GICD_ITARGETSR + interrupt, (uint8_t)(1u << cpu->redistributor));
	}
}
