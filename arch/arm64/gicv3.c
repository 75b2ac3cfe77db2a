/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GICv3: redistributors and the system register CPU interface.
 *
 * Owns     GICR, ICC_* of this CPU while no guest runs on it
 * Locks    none
 * Context  EL2, interrupts masked
 * Spec     Arm IHI 0069
 */
#include "arch/arm64/gic.h"
#include "arch/arm64/mmio.h"
#include "arch/arm64/sysreg.h"
#include "arch/barrier.h"
#include "core/init.h"
#include "hyp/config.h"
#include "hyp/gic.h"

#define PRIORITY_ALL   0xffu /* ICC_PMR_EL1: nothing masked; RPR: nothing active */
#define POLL_LIMIT     1000000u
#define MAX_ACTIVE     128u /* levels of preemption there can be */
#define BPR1_RESET     0u   /* reads back as the smallest value the CPU has */
#define PPI_CONFIG     (GICD_ICFGR + 4u)
#define SGI(offset)    (GICR_SGI_BASE + (offset))

/* ICC_SGI1R_EL1 */
#define SGI1R_AFF3    FIELD(55, 48)
#define SGI1R_AFF2    FIELD(39, 32)
#define SGI1R_INTID   FIELD(27, 24)
#define SGI1R_AFF1    FIELD(23, 16)
#define MPIDR_AFF3    FIELD(39, 32)
#define MPIDR_AFF2    FIELD(23, 16)
#define MPIDR_AFF1    FIELD(15, 8)
#define MPIDR_AFF0    FIELD(7, 0)

static void write(uint32_t cpu_id, uint32_t offset, uint32_t value)
{
	irqchip_redistributor_write32(cpu_id, offset, value);
}

void gicv3_wait_distributor(void)
{
	for (uint32_t i = 0; i < POLL_LIMIT; i++) {
		if ((irqchip_distributor_read32(GICD_CTLR) & GICD_CTLR_RWP) == 0) {
			return;
		}
	}
	init_refuse("the GIC distributor does not complete a write (GICD_CTLR.RWP stays 1)");
}

void gicv3_wait_redistributor(uint32_t cpu_id)
{
	for (uint32_t i = 0; i < POLL_LIMIT; i++) {
		if ((irqchip_redistributor_read32(cpu_id, GICR_CTLR) & GICR_CTLR_RWP) == 0) {
			return;
		}
	}
	init_refuse("a GIC redistributor does not complete a write (GICR_CTLR.RWP stays 1)");
}

static void wake_redistributor(uint32_t cpu_id)
{
	uint32_t waker = irqchip_redistributor_read32(cpu_id, GICR_WAKER);

	write(cpu_id, GICR_WAKER, waker & (uint32_t)~GICR_WAKER_SLEEP);
	for (uint32_t i = 0; i < POLL_LIMIT; i++) {
		waker = irqchip_redistributor_read32(cpu_id, GICR_WAKER);
		if ((waker & GICR_WAKER_CHILDREN) == 0) {
			return;
		}
	}
	init_refuse("a GIC redistributor does not wake up (GICR_WAKER.ChildrenAsleep stays 1)");
}

/* SGIs and PPIs as after reset, except that the kick stands ready. */
static void reset_private(uint32_t cpu_id)
{
	write(cpu_id, SGI(GICD_ICENABLER), UINT32_MAX);
	gicv3_wait_redistributor(cpu_id);
	write(cpu_id, SGI(GICD_ICPENDR), UINT32_MAX);
	write(cpu_id, SGI(GICD_ICACTIVER), UINT32_MAX);
	for (uint32_t i = 0; i < 32; i += 4) {
		write(cpu_id, SGI(GICD_IPRIORITYR) + i, GUEST_DEFAULT_PRIORITY * 0x01010101u);
	}
	write(cpu_id, SGI(PPI_CONFIG), 0);
	irqchip_redistributor_write8(cpu_id, SGI(GICD_IPRIORITYR) + KICK_SGI, 0);
	write(cpu_id, SGI(GICD_ISENABLER), BIT(KICK_SGI));
}

static void reset_interface(void)
{
	sysreg_write(ICC_PMR_EL1, PRIORITY_ALL);
	sysreg_write(ICC_BPR1_EL1, BPR1_RESET);
	sysreg_write(ICC_CTLR_EL1, 0); /* EOImode = 0 */
	sysreg_write(ICC_IGRPEN1_EL1, 1);
	isb();
}

void gicv3_init_cpu(uint32_t cpu_id)
{
	wake_redistributor(cpu_id);
	write(cpu_id, SGI(GICD_IGROUPR), UINT32_MAX);
	sysreg_write(ICC_SRE_EL2, ICC_SRE_EL2_OPEN);
	isb();
	sysreg_write(ICH_HCR_EL2, 0);
	sysreg_write(ICH_VMCR_EL2, 0);
	reset_private(cpu_id);
	reset_interface();
}

/*
 * The target's guest may have disabled the kick or lowered its priority: its
 * redistributor is memory, and set right from here.
 */
void gicv3_kick(uint32_t cpu_id)
{
	irqchip_redistributor_write8(cpu_id, SGI(GICD_IPRIORITYR) + KICK_SGI, 0);
	write(cpu_id, SGI(GICD_ISENABLER), BIT(KICK_SGI));
	barrier_complete();
	gicv3_send_sgi(KICK_SGI, UINT32_C(1) << cpu_id);
}

void gicv3_clean_cpu(uint32_t cpu_id, const uint32_t *interrupts)
{
	sysreg_write(ICC_CTLR_EL1, 0); /* EOImode = 0: an EOI drops the priority and deactivates */
	isb();
	for (uint32_t i = 0; i < MAX_ACTIVE; i++) {
		if (sysreg_read(ICC_RPR_EL1) == PRIORITY_ALL) {
			break;
		}
		uint32_t private_active =
			irqchip_redistributor_read32(cpu_id, SGI(GICD_ISACTIVER));

		sysreg_write(ICC_EOIR1_EL1, gic_find_active(private_active, interrupts));
		isb();
	}
	sysreg_write(ICC_AP1R0_EL1, 0);
	reset_private(cpu_id);
	reset_interface();
}

bool gicv3_open_cpu(struct irqchip_cpu_state *before)
{
	if (sysreg_read(ICC_RPR_EL1) == 0) {
		return false;
	}
	before->enable = sysreg_read(ICC_IGRPEN1_EL1);
	before->binary_point = sysreg_read(ICC_BPR1_EL1);
	sysreg_write(ICC_IGRPEN1_EL1, 1);
	sysreg_write(ICC_BPR1_EL1, BPR1_RESET);
	isb();
	return true;
}

void gicv3_restore_cpu(const struct irqchip_cpu_state *before)
{
	sysreg_write(ICC_IGRPEN1_EL1, before->enable);
	sysreg_write(ICC_BPR1_EL1, before->binary_point);
	isb();
}

uint64_t gicv3_affinity_fields(uint64_t mpidr)
{
	return field_put(SGI1R_AFF3, field_get(MPIDR_AFF3, mpidr)) |
	       field_put(SGI1R_AFF2, field_get(MPIDR_AFF2, mpidr)) |
	       field_put(SGI1R_AFF1, field_get(MPIDR_AFF1, mpidr));
}

uint64_t gicv3_affinity_target(uint64_t mpidr)
{
	return field_get(MPIDR_AFF0, mpidr);
}

void gicv3_send_sgi(uint32_t sgi, uint32_t cpu_mask)
{
	for (; cpu_mask != 0; cpu_mask &= cpu_mask - 1) {
		uint64_t mpidr = system_config.cpus[__builtin_ctz(cpu_mask)].mpidr;

		sysreg_write(ICC_SGI1R_EL1, gicv3_affinity_fields(mpidr) |
						    field_put(SGI1R_INTID, sgi) |
						    BIT(gicv3_affinity_target(mpidr)));
	}
	isb();
}

/* Only group 0 can come here, as FIQ: close it again. */
void gicv3_refuse_interrupt(void)
{
	sysreg_write(ICC_IGRPEN0_EL1, 0);
	isb();
}
