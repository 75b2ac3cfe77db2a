/* SPDX-License-Identifier: Apache-2.0 */
/* The guest "hostile": CPUs that EL2 must regain although they do not call it. */
#include "tests/qemu/guests/hostile/hostile.h"

#include "pv/cpu.h"
#include "pv/mmio.h"
#include "pv/platform.h"

#define SCTLR_OFF UINT64_C(0x30d00800)

static void spin(void)
{
	__asm__ volatile("msr daifset, #0xf\n\tb .");
}

/* No translation of ours, no cache, nothing masked but everything. */
static void spin_without_mmu(void)
{
	__asm__ volatile("msr daifset, #0xf\n\tmsr sctlr_el1, %0\n\tisb\n\tb ." ::"r"(SCTLR_OFF));
}

/* Priority mask and group enable closed: no interrupt ends this WFI. */
static void sleep_for_good(void)
{
	pv_irq_mask();
	if (pv_platform()->gic_version == 3) {
		__asm__ volatile("msr s3_0_c4_c6_0, xzr\n\t"      /* ICC_PMR_EL1 */
				 "msr s3_0_c12_c12_7, xzr\n\tisb"); /* ICC_IGRPEN1_EL1 */
	} else {
		pv_mmio_write32(pv_platform()->gicc + 4, 0); /* GICC_PMR */
		pv_mmio_write32(pv_platform()->gicc, 0);     /* GICC_CTLR */
	}
	for (;;) {
		pv_wfi();
	}
}

static void wait_for_event(void)
{
	pv_irq_mask();
	for (;;) {
		pv_wfe();
	}
}

/* The instruction after each exception faults again: the CPU never leaves EL1's vectors. */
static void fault_for_ever(void)
{
	pv_sysreg_write(vbar_el1, 0x800);
	pv_isb(); /* the undefined instruction meets the new vectors */
	__asm__ volatile(".inst 0");
}

/* At EL0, which EL2 does not see, spinning. */
static void spin_at_el0(void)
{
	__asm__ volatile("msr daifset, #0xf\n\t"
			 "msr sctlr_el1, %0\n\t"
			 "isb\n\t"
			 "mov x0, #0x3c0\n\t"
			 "msr spsr_el1, x0\n\t"
			 "adr x0, 1f\n\t"
			 "msr elr_el1, x0\n\t"
			 "eret\n"
			 "1:\tb 1b" ::"r"(SCTLR_OFF)
			 : "x0");
}

/* Behind an interrupt that is never ended: EL2's own SGI, if it could be had, would shut out its kick. */
static void sleep_behind_sgi_15(void)
{
	uint64_t gicc = pv_platform()->gicc;

	pv_irq_mask();
	if (pv_platform()->gic_version == 3) {
		__asm__ volatile("msr s3_0_c12_c12_7, %0\n\t"  /* ICC_IGRPEN1_EL1 */
				 "msr s3_0_c12_c11_5, %1\n\t"  /* ICC_SGI1R_EL1 */
				 "dsb sy\n\tisb" ::"r"(UINT64_C(1)), "r"(UINT64_C(15) << 24 | 1));
		for (int i = 0; i < 1000; i++) {
			__asm__ volatile("mrs xzr, s3_0_c12_c12_0"); /* ICC_IAR1_EL1 */
		}
	} else {
		pv_mmio_write32(gicc + 4, 0xff);                /* GICC_PMR */
		pv_mmio_write32(gicc, 1);                       /* GICC_CTLR */
		pv_mmio_write32(pv_platform()->gicd + 0xf00, 0x0200000f); /* GICD_SGIR: self */
		for (int i = 0; i < 1000; i++) {
			(void)pv_mmio_read32(gicc + 0xc);       /* GICC_IAR */
		}
	}
	for (;;) {
		pv_wfi();
	}
}

/* The priority of EL2's kick is running, and nothing says that it ends. */
static void sleep_at_highest_priority(void)
{
	uint64_t gicc = pv_platform()->gicc;

	pv_irq_mask();
	if (pv_platform()->gic_version == 3) {
		__asm__ volatile("msr s3_0_c12_c12_7, %0\n\t" /* ICC_IGRPEN1_EL1 */
				 "msr s3_0_c12_c9_0, %0\n\t"  /* ICC_AP1R0_EL1 */
				 "isb" ::"r"(UINT64_C(1)));
	} else {
		pv_mmio_write32(gicc + 4, 0xff);                /* GICC_PMR */
		pv_mmio_write32(gicc, 1);                       /* GICC_CTLR */
		pv_mmio_write32(gicc + 0xd0, 1);                /* GICC_APR0 */
	}
	for (;;) {
		pv_wfi();
	}
}

/* An interrupt taken while all bits of the priority were subpriority: its group is 0. */
static void sleep_in_the_highest_group(void)
{
	uint64_t gicc = pv_platform()->gicc;

	pv_irq_mask();
	if (pv_platform()->gic_version == 3) {
		__asm__ volatile("msr s3_0_c12_c12_7, %0\n\t"  /* ICC_IGRPEN1_EL1 */
				 "msr s3_0_c12_c12_3, %1\n\t"  /* ICC_BPR1_EL1 */
				 "msr s3_0_c12_c11_5, %2\n\t"  /* ICC_SGI1R_EL1: SGI 1 to itself */
				 "dsb sy\n\tisb" ::"r"(UINT64_C(1)),
				 "r"(UINT64_C(7)), "r"(UINT64_C(1) << 24 | 1));
		for (int i = 0; i < 1000; i++) {
			__asm__ volatile("mrs xzr, s3_0_c12_c12_0"); /* ICC_IAR1_EL1 */
		}
		__asm__ volatile("msr s3_0_c12_c12_3, xzr\n\tisb");
	} else {
		pv_mmio_write32(gicc + 4, 0xff);                /* GICC_PMR */
		pv_mmio_write32(gicc + 8, 7);                   /* GICC_BPR */
		pv_mmio_write32(gicc, 1);                       /* GICC_CTLR */
		pv_mmio_write32(pv_platform()->gicd + 0xf00, 0x02000001); /* GICD_SGIR: self */
		for (int i = 0; i < 1000; i++) {
			(void)pv_mmio_read32(gicc + 0xc);       /* GICC_IAR */
		}
		pv_mmio_write32(gicc + 8, 0);
	}
	for (;;) {
		pv_wfi();
	}
}

const struct attack time_attacks[] = {
	{ "spin with everything masked", spin },            /* 30 */
	{ "spin without MMU", spin_without_mmu },
	{ "sleep with the interrupt controller closed", sleep_for_good },
	{ "wait for events", wait_for_event },
	{ "fault for ever", fault_for_ever },
	{ "spin at EL0", spin_at_el0 },                     /* 35 */
	{ "sleep behind SGI 15", sleep_behind_sgi_15 },
	{ "sleep at the highest priority", sleep_at_highest_priority },
	{ "sleep in the highest priority's group", sleep_in_the_highest_group },
};
const unsigned n_time_attacks = sizeof(time_attacks) / sizeof(time_attacks[0]);
