/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GICv2: banked distributor registers and the memory-mapped CPU interface.
 * A guest writes its own GICC directly; EL2 looks at it only when it stops or waits.
 *
 * Owns     GICC of this CPU while no guest runs on it
 * Locks    none
 * Context  EL2, interrupts masked
 * Spec     Arm IHI 0048
 */
#include "arch/arm64/gic.h"
#include "arch/arm64/mmio.h"
#include "arch/barrier.h"
#include "hyp/bits.h"
#include "hyp/config.h"
#include "hyp/gic.h"

#define GICC_CTLR 0x00u
#define GICC_PMR  0x04u
#define GICC_BPR  0x08u
#define GICC_EOIR 0x10u
#define GICC_RPR  0x14u
#define GICC_APR0 0xd0u
#define GICC_NSAPR0 0xe0u

#define GICC_CTLR_ENABLE 1u
#define GICC_CTLR_FIQEN  BIT(3)
#define PRIORITY_ALL     0xffu
#define MAX_ACTIVE       128u
#define SGI_BITS         0x0000ffffu

static uint32_t read(uint32_t offset)
{
	return mmio_read32(system_config.gic.cpu_interface, offset);
}

static void write(uint32_t offset, uint32_t value)
{
	mmio_write32(system_config.gic.cpu_interface, offset, value);
}

static void reset_private(void)
{
	irqchip_distributor_write32(GICD_ICENABLER, ~SGI_BITS);
	irqchip_distributor_write32(GICD_ICPENDR, ~SGI_BITS);
	irqchip_distributor_write32(GICD_ICACTIVER, UINT32_MAX);
	for (uint32_t i = 0; i < 16; i += 4) {
		irqchip_distributor_write32(GICD_CPENDSGIR + i, UINT32_MAX);
	}
	for (uint32_t i = 0; i < 32; i += 4) {
		irqchip_distributor_write32(GICD_IPRIORITYR + i,
					    GUEST_DEFAULT_PRIORITY * 0x01010101u);
	}
	irqchip_distributor_write8(GICD_IPRIORITYR + KICK_SGI, 0);
	irqchip_distributor_write32(GICD_ISENABLER, SGI_BITS);
}

static void reset_interface(void)
{
	write(GICC_BPR, 0);
	write(GICC_PMR, PRIORITY_ALL);
	write(GICC_CTLR, GICC_CTLR_ENABLE);
}

void gicv2_init_cpu(uint32_t cpu_id)
{
	(void)cpu_id;
	irqchip_distributor_write32(GICD_IGROUPR, 0); /* ignored when we are non-secure */
	reset_private();
	reset_interface();
}

void gicv2_kick(uint32_t cpu_id)
{
	gicv2_send_sgi(KICK_SGI, UINT32_C(1) << cpu_id);
}

void gicv2_clean_cpu(const uint32_t *interrupts)
{
	write(GICC_CTLR, GICC_CTLR_ENABLE); /* EOImode = 0: an EOI drops the priority and deactivates */
	for (uint32_t i = 0; i < MAX_ACTIVE; i++) {
		if ((read(GICC_RPR) & PRIORITY_ALL) == PRIORITY_ALL) {
			break;
		}
		write(GICC_EOIR,
		      gic_find_active(irqchip_distributor_read32(GICD_ISACTIVER), interrupts));
	}
	write(GICC_APR0, 0);
	write(GICC_NSAPR0, 0);
	reset_private();
	reset_interface();
}

bool gicv2_open_cpu(struct irqchip_cpu_state *before)
{
	if (read(GICC_RPR) == 0) {
		return false;
	}
	before->enable = read(GICC_CTLR);
	before->mask = read(GICC_PMR);
	before->binary_point = read(GICC_BPR);
	reset_interface();
	return true;
}

void gicv2_restore_cpu(const struct irqchip_cpu_state *before)
{
	write(GICC_BPR, (uint32_t)before->binary_point);
	write(GICC_PMR, (uint32_t)before->mask);
	write(GICC_CTLR, (uint32_t)before->enable);
}

void gicv2_send_sgi(uint32_t sgi, uint32_t cpu_mask)
{
	uint32_t targets = 0;

	for (; cpu_mask != 0; cpu_mask &= cpu_mask - 1) {
		targets |= 1u << system_config.cpus[__builtin_ctz(cpu_mask)].redistributor;
	}
	irqchip_distributor_write32(GICD_SGIR,
				    (uint32_t)(field_put(GICD_SGIR_TARGETS, targets) |
					       field_put(GICD_SGIR_INTID, sgi)));
}

/* The guest made group 0 signal FIQs, which are EL2's: back to IRQ. */
void gicv2_refuse_interrupt(void)
{
	write(GICC_CTLR, read(GICC_CTLR) & (uint32_t)~GICC_CTLR_FIQEN);
}
