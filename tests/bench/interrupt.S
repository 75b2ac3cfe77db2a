/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts, timed: the first instruction of the vector reads the counter.
 *
 * IRQs are unmasked only within the functions below, so x9 to x13 are the
 * handler's: x9 = counter at the vector, x10 = scratch, x11 = GICC (GICv2),
 * x12 = not 0 once an interrupt has come.
 */
#define GICC_IAR  0x0c
#define GICC_EOIR 0x10

	.macro	handler version:req
	mrs	x9, cntvct_el0
	.if	\version == 3
	mrs	x10, s3_0_c12_c12_0	/* ICC_IAR1_EL1 */
	.else
	ldr	w10, [x11, #GICC_IAR]
	.endif
	msr	cntv_ctl_el0, xzr	/* a level must be gone before the end */
	isb
	.if	\version == 3
	msr	s3_0_c12_c12_1, x10	/* ICC_EOIR1_EL1 */
	.else
	str	w10, [x11, #GICC_EOIR]
	.endif
	isb
	mov	x12, #1
	eret
	.endm

/* Slot 5 is an IRQ from EL1 on its own stack; the others stay the SDK's. */
	.macro	vectors name:req, version:req
	.balign	0x800
	.globl	\name
\name:
	.irp	slot, 0, 1, 2, 3, 4
	b	pv_vectors + 0x80 * \slot
	.balign	0x80
	.endr
	.globl	bench_irq_v\version
bench_irq_v\version:
	handler	\version
	.balign	0x80
	.irp	slot, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	b	pv_vectors + 0x80 * \slot
	.balign	0x80
	.endr
	.endm

	.section .text.vectors, "ax"
	vectors	bench_vectors_v2, 2
	vectors	bench_vectors_v3, 3

	.text
/* uint64_t NAME(gicc): wait for one interrupt; the counter at its vector. */
	.macro	wait name:req, how:req
	.globl	\name
\name:
	mov	x11, x0
	mov	x12, xzr
	msr	daifclr, #2
1:	\how
	cbz	x12, 1b
	msr	daifset, #2
	mov	x0, x9
	ret
	.endm

	wait	bench_wait_spinning, yield
	wait	bench_wait_sleeping, wfi

/* uint64_t bench_unmask(gicc): ticks that a moment with IRQs unmasked takes, their handlers included. */
	.globl	bench_unmask
bench_unmask:
	mov	x11, x0
	isb
	mrs	x13, cntvct_el0
	msr	daifclr, #2
	isb
	msr	daifset, #2
	isb
	mrs	x0, cntvct_el0
	sub	x0, x0, x13
	ret

/* uint64_t NAME(gicc, register, value): an SGI to oneself, from before the send to its vector. */
	.macro	self name:req, send:vararg
	.globl	\name
\name:
	mov	x11, x0
	mov	x12, xzr
	msr	daifclr, #2
	isb
	mrs	x13, cntvct_el0
	\send
	isb
1:	cbz	x12, 1b
	msr	daifset, #2
	sub	x0, x9, x13
	ret
	.endm

	self	bench_self_v2, str w2, [x1]
	self	bench_self_v3, msr s3_0_c12_c11_5, x2
