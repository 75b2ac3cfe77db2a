/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First instructions of a guest: EL1, MMU and caches off, x0 = device tree (or
 * nothing of use). Ahead of them stands an arm64 Image header (Linux
 * Documentation/arch/arm64/booting.rst), for loaders that want one.
 */
#include "rtos-guests/sdk/internal.h"

/* Arm DDI 0487 "SCTLR_EL1": the RES1 bits of Armv8.0, everything else off. */
#define SCTLR_EL1_OFF 0x30d00800

	.macro	address reg:req, symbol:req
	adrp	\reg, \symbol
	add	\reg, \reg, :lo12:\symbol
	.endm

	.macro	reset_state scratch:req
	msr	daifset, #0xf
	ldr	\scratch, =SCTLR_EL1_OFF
	msr	sctlr_el1, \scratch
	msr	spsel, #1
	address	\scratch, pv_vectors
	msr	vbar_el1, \scratch
	isb				/* the above before anything that may fault */
	.endm

/* Arm DDI 0487 "MAIR_EL1": attribute 0 Normal write-back, 1 Device-nGnRE. */
#define MAIR_EL1_SDK 0x04ff
/* "TCR_EL1": 39 bits, TTBR0 only, write-back inner-shareable walks; IPS comes from the CPU. */
#define TCR_EL1_SDK  (25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23)
#define TCR_EL1_IPS_SHIFT 32
/* MMU, caches, stack alignment check. */
#define SCTLR_EL1_ON (SCTLR_EL1_OFF | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12)

	.section .text.start, "ax"
	.globl	_start
_start:
	b	boot_start
	.word	0
	.quad	0			/* text_offset: start of a 2 MiB block */
	.quad	pv_image_bytes
	.quad	0xa			/* little-endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

boot_start:
	mov	x19, x0
	reset_state x1
	address	x1, pv_bss_start
	address	x2, pv_bss_end
1:	cmp	x1, x2
	b.hs	2f
	stp	xzr, xzr, [x1], #16
	b	1b
2:	address	x1, pv_stacks
	ldr	x2, =PV_STACK_END
	add	sp, x1, x2
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x19
	b	pv_boot

/* Where PSCI CPU_ON enters: x0 = this CPU's struct pv_cpu. */
	.globl	pv_secondary_start
pv_secondary_start:
	reset_state x1
	bl	pv_mmu_enable		/* before any store: caches may still hold this stack */
	ldr	x1, [x0, #CPU_STACK]
	mov	sp, x1
	mov	x29, xzr
	mov	x30, xzr
	b	pv_boot_secondary

/*
 * void pv_mmu_enable(void): with the tables at pv_mmu_root. Uses no memory and
 * only x9 to x11, so that it can run before there is a stack.
 */
	.globl	pv_mmu_enable
	.type	pv_mmu_enable, %function
pv_mmu_enable:
	ldr	x9, =MAIR_EL1_SDK
	msr	mair_el1, x9
	ldr	x9, =TCR_EL1_SDK
	mrs	x10, id_aa64mmfr0_el1
	and	x10, x10, #0x7		/* PARange up to 52 bits: as IPS wants it */
	mov	x11, #5
	cmp	x10, x11
	csel	x10, x10, x11, lo	/* 48 bits are enough for 4 KiB pages */
	orr	x9, x9, x10, lsl #TCR_EL1_IPS_SHIFT
	msr	tcr_el1, x9
	address	x9, pv_mmu_root
	msr	ttbr0_el1, x9
	dsb	ish			/* the tables are written before a walk reads them */
	isb
	tlbi	vmalle1
	ic	iallu
	dsb	nsh			/* old translations and instructions are gone */
	isb
	ldr	x9, =SCTLR_EL1_ON
	msr	sctlr_el1, x9
	isb				/* fetch by the new map from here on */
	ret
	.size	pv_mmu_enable, . - pv_mmu_enable
