/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EL1 exception vectors, and the way back. Arm DDI 0487 "Exception vectors".
 *
 * IRQ and SVC push a frame on the stack in use. Every other exception moves to
 * the CPU's exception stack first, since the stack in use may be its cause.
 * The C functions get the frame and return the frame to resume.
 */
#include "rtos-guests/sdk/internal.h"

#define ESR_EL1_EC_SHIFT 26
#define EC_SVC64         0x15

	.macro	gprs op:req, base:req
	\op	x2,  x3,  [\base, #PV_FRAME_X(2)]
	\op	x4,  x5,  [\base, #PV_FRAME_X(4)]
	\op	x6,  x7,  [\base, #PV_FRAME_X(6)]
	\op	x8,  x9,  [\base, #PV_FRAME_X(8)]
	\op	x10, x11, [\base, #PV_FRAME_X(10)]
	\op	x12, x13, [\base, #PV_FRAME_X(12)]
	\op	x14, x15, [\base, #PV_FRAME_X(14)]
	\op	x16, x17, [\base, #PV_FRAME_X(16)]
	\op	x18, x19, [\base, #PV_FRAME_X(18)]
	\op	x20, x21, [\base, #PV_FRAME_X(20)]
	\op	x22, x23, [\base, #PV_FRAME_X(22)]
	\op	x24, x25, [\base, #PV_FRAME_X(24)]
	\op	x26, x27, [\base, #PV_FRAME_X(26)]
	\op	x28, x29, [\base, #PV_FRAME_X(28)]
	.endm

/* Push the frame of an exception that may use the stack in use. */
	.macro	push_frame
	sub	sp, sp, #PV_FRAME_BYTES
	stp	x0, x1, [sp, #PV_FRAME_X(0)]
	gprs	stp, sp
	add	x1, sp, #PV_FRAME_BYTES
	stp	x30, x1, [sp, #PV_FRAME_X(30)]
	mrs	x1, elr_el1
	mrs	x2, spsr_el1
	stp	x1, x2, [sp, #PV_FRAME_ELR]
	mov	x0, sp
	.endm

	.macro	slot_end start:req
	.if	(. - \start) > 0x80
	.error	"vector slot is longer than 128 bytes"
	.endif
	.balign	0x80, 0
	.endm

	.macro	irq_slot
9:	push_frame
	bl	pv_take_irq
	b	pv_frame_resume
	slot_end 9b
	.endm

	.macro	sync_slot number:req
9:	msr	tpidrro_el0, x0
	mrs	x0, esr_el1
	lsr	x0, x0, #ESR_EL1_EC_SHIFT
	cmp	x0, #EC_SVC64
	b.eq	take_svc
	mrs	x0, tpidr_el1
	stp	x1, x2, [x0, #CPU_SCRATCH_X1]
	mov	x2, #\number
	b	take_fault
	slot_end 9b
	.endm

	.macro	fault_slot number:req
9:	msr	tpidrro_el0, x0
	mrs	x0, tpidr_el1
	stp	x1, x2, [x0, #CPU_SCRATCH_X1]
	mov	x2, #\number
	b	take_fault
	slot_end 9b
	.endm

	.section .text.vectors, "ax"
	.balign	0x800
	.globl	pv_vectors
pv_vectors:
	fault_slot 0			/* EL1 on SP_EL0: not used by the SDK */
	fault_slot 1
	fault_slot 2
	fault_slot 3
	sync_slot  4			/* EL1 on SP_EL1: the normal case */
	irq_slot
	fault_slot 6			/* FIQ: no group 0 interrupt is ours */
	fault_slot 7			/* SError */
	fault_slot 8			/* EL0: not used by the SDK */
	fault_slot 9
	fault_slot 10
	fault_slot 11
	fault_slot 12
	fault_slot 13
	fault_slot 14
	fault_slot 15

take_svc:
	mrs	x0, tpidrro_el0
	push_frame
	mrs	x1, esr_el1
	stp	x1, xzr, [sp, #PV_FRAME_ESR]
	bl	pv_take_svc
	b	pv_frame_resume

/* x0 = struct pv_cpu, x2 = slot; the real x0 is in TPIDRRO_EL0, x1 and x2 in the scratch words. */
take_fault:
	mov	x1, sp
	stp	x1, x2, [x0, #CPU_SCRATCH_SP] /* and SLOT behind it */
	ldr	x2, [x0, #CPU_EXCEPTION_STACK]
	sub	x2, x2, x1
	cmp	x2, #EXCEPTION_STACK_BYTES
	b.lo	1f			/* a fault within a fault: go on below it */
	ldr	x1, [x0, #CPU_EXCEPTION_STACK]
1:	sub	x1, x1, #PV_FRAME_BYTES
	and	sp, x1, #-16
	ldp	x1, x2, [x0, #CPU_SCRATCH_X1]
	mrs	x0, tpidrro_el0
	stp	x0, x1, [sp, #PV_FRAME_X(0)]
	gprs	stp, sp
	mrs	x0, tpidr_el1
	ldr	x1, [x0, #CPU_SCRATCH_SP]
	stp	x30, x1, [sp, #PV_FRAME_X(30)]
	mrs	x1, elr_el1
	mrs	x2, spsr_el1
	stp	x1, x2, [sp, #PV_FRAME_ELR]
	mrs	x1, esr_el1
	mrs	x2, far_el1
	stp	x1, x2, [sp, #PV_FRAME_ESR]
	mrs	x1, tpidr_el1
	ldr	x1, [x1, #CPU_SCRATCH_SLOT]
	mov	x0, sp
	bl	pv_take_fault
	b	pv_frame_resume

	.globl	pv_frame_resume
pv_frame_resume:
	msr	daifset, #2		/* ELR and SPSR are set: no exception may come between */
	ldp	x1, x2, [x0, #PV_FRAME_ELR]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	gprs	ldp, x0
	ldp	x30, x1, [x0, #PV_FRAME_X(30)]
	mov	sp, x1
	ldp	x0, x1, [x0, #PV_FRAME_X(0)]
	eret
	dsb	nsh			/* no speculation past the ERET */
	isb
