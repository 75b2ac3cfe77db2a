/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EL2 exception vectors. Arm DDI 0487 "Exception vectors".
 *
 * A working system reaches four of the sixteen slots: a lower-EL (AArch64)
 * synchronous exception, IRQ, FIQ and SError. These save the guest and call C;
 * the first answers the three calls whose speed matters (PV_NULL, PSCI_VERSION,
 * PV_DOORBELL) and an idle CPU's WFI by itself, fast.S
 * register messages and what guests ask of the GIC. The other slots report their own
 * number and stop the machine: no slot hangs in silence.
 *
 * On a guest trap   SP_EL2 = top of this CPU's stack, TPIDR_EL2 = its percpu.
 * C is called with  x0 = trap_frame, x1 = percpu, interrupts masked.
 */
#include "abi/hypercall.h"
#include "arch/frame.h"

#define ESR_HVC0          0x5a000000	/* EC 0x16, IL, imm16 = 0 */
#define ESR_WFI           0x07e00000	/* EC 0x01, IL, CV, COND = always, TI = WFI */
#define ESR_EC_HIGH       31		/* aborts of a lower EL have it, WFI and MSR do not */
#define PSCI_VERSION      0x84000000
#define PSCI_1_1          0x10001
#define BPR1_HIGHEST      3
#define BPR_HIGHEST       3		/* GICC_BPR */
#define GICC_CTLR         0x0
#define GICC_PMR          0x4
#define GICC_BPR          0x8
#define GICC_RPR          0x14
#define SMCCC_64_BIT      30		/* of a function identifier */

/* One list for both directions, so that save and restore cannot disagree. */
	.macro	gprs op:req
	\op	x0,  x1,  [sp, #FRAME_X(0)]
	\op	x2,  x3,  [sp, #FRAME_X(2)]
	\op	x4,  x5,  [sp, #FRAME_X(4)]
	\op	x6,  x7,  [sp, #FRAME_X(6)]
	\op	x8,  x9,  [sp, #FRAME_X(8)]
	\op	x10, x11, [sp, #FRAME_X(10)]
	\op	x12, x13, [sp, #FRAME_X(12)]
	\op	x14, x15, [sp, #FRAME_X(14)]
	\op	x16, x17, [sp, #FRAME_X(16)]
	\op	x18, x19, [sp, #FRAME_X(18)]
	\op	x20, x21, [sp, #FRAME_X(20)]
	\op	x22, x23, [sp, #FRAME_X(22)]
	\op	x24, x25, [sp, #FRAME_X(24)]
	\op	x26, x27, [sp, #FRAME_X(26)]
	\op	x28, x29, [sp, #FRAME_X(28)]
	.endm

/* A slot is 32 instructions; a longer one must not assemble. */
	.macro	slot_end start:req
	.if	(. - \start) > 0x80
	.error	"vector slot is longer than 128 bytes"
	.endif
	.balign	0x80, 0			/* unused words are UDF */
	.endm

	.macro	guest_slot handler:req
9:	sub	sp, sp, #FRAME_SIZE
	gprs	stp
	adr	x2, \handler
	b	guest_trap
	slot_end 9b
	.endm

	.macro	dead_slot number:req
9:	msr	sp_el0, x0		/* the guest is lost: a scratch */
	mrs	x0, tpidr_el2
	cbz	x0, 8f			/* this CPU is still starting */
	ldr	x0, [x0, #PERCPU_PANIC_SP] /* the stack itself may be the cause */
	cbnz	x0, 7f
8:	adrp	x0, early_stack_end
	add	x0, x0, #:lo12:early_stack_end
7:	mov	sp, x0
	mrs	x0, sp_el0
	sub	sp, sp, #FRAME_SIZE
	gprs	stp
	mov	x3, #\number
	b	dead_trap
	slot_end 9b
	.endm

	.section .text.vectors, "ax"
/* Whatever the probe does comes back here; EL2's own faults, too. */
	.balign	0x800
probe_vectors:
	.rept	16
	b	probe_back
	.balign	0x80, 0
	.endr

	.balign	0x800
	.globl	el2_vectors
el2_vectors:
	dead_slot  0			/* EL2, SP_EL0: never selected */
	dead_slot  1
	dead_slot  2
	dead_slot  3
	dead_slot  4			/* EL2, SP_EL2: a fault of our own */
	dead_slot  5
	dead_slot  6
	dead_slot  7

/*
 * Lower EL, AArch64, synchronous. The area below SP is free: EL2 takes no
 * interrupts. x2 and x3 are parked there while the cause is looked at.
 */
8:	stp	x2, x3, [sp, #-16]
	mrs	x2, esr_el2
	mov	w3, #ESR_HVC0
	cmp	w2, w3
	b.ne	not_a_hypercall
	tbz	w0, #SMCCC_64_BIT, call_32 /* none of ours */
	mov	w3, #PV_NULL
	subs	w3, w0, w3
	b.eq	answer_ok
	cmp	w3, #(PV_DOORBELL - PV_NULL)
	b.ne	not_a_doorbell
	mrs	x2, tpidr_el2
	ldp	x2, x3, [x2, #PERCPU_DOORBELLS] /* their number behind them */
	cmp	x1, x3
	b.hs	slow_sync		/* refused in C, with its reason */
	csel	x3, x1, xzr, lo		/* x1 as the branch has it, also under speculation */
	csdb
	add	x2, x2, x3, lsl #DOORBELL_SHIFT
	ldp	x2, x3, [x2, #DOORBELL_REGISTER] /* w3 = the bit behind it */
	/* The sender's stores to the window are visible before the receiver's interrupt. */
	dsb	ishst
	str	w3, [x2]
answer_ok:
	mov	x0, #0			/* PV_OK */
	ldp	x2, x3, [sp, #-16]
	eret
	slot_end 8b

	guest_slot trap_irq
	guest_slot trap_irq		/* FIQ: only a guest that plays with groups */
	guest_slot trap_serror
	dead_slot 12			/* lower EL, AArch32: HCR_EL2.RW = 1 */
	dead_slot 13
	dead_slot 14
	dead_slot 15

not_a_doorbell:
	cmp	w3, #(PV_MESSAGE_SEND - PV_NULL)
	b.eq	fast_message_send
	cmp	w3, #(PV_MESSAGE_RECEIVE - PV_NULL)
	b.eq	fast_message_receive
	b	slow_sync

call_32:
	mov	w3, #PSCI_VERSION
	cmp	w0, w3
	b.ne	slow_sync
	mov	w0, #(PSCI_1_1 & 0xffff)
	movk	w0, #(PSCI_1_1 >> 16), lsl #16
	ldp	x2, x3, [sp, #-16]
	eret
	dsb	nsh			/* no speculation past the ERET */
	isb

not_a_hypercall:
	tbnz	w2, #ESR_EC_HIGH, fast_abort /* or another cause that is not looked at here */
	mov	w3, #ESR_WFI
	cmp	w2, w3
	b.ne	fast_sysreg
	mrs	x3, tpidr_el2
	ldr	x2, [x3, #PERCPU_WFI_EXITS]
	add	x2, x2, #1
	str	x2, [x3, #PERCPU_WFI_EXITS]
	ldr	x2, [x3, #PERCPU_ATTENTION]
	cbnz	x2, slow_sync
	/* A guest that has closed its CPU interface would not be woken by a kick. */
	ldr	x2, [x3, #PERCPU_GIC_SYSREGS]
	cbz	x2, wfi_v2
	mrs	x2, s3_0_c12_c12_7	/* ICC_IGRPEN1_EL1 */
	cbz	x2, slow_sync
	mrs	x2, s3_0_c12_c12_3	/* ICC_BPR1_EL1: more than this hides the kick's priority */
	cmp	x2, #BPR1_HIGHEST
	b.hi	slow_sync
	mrs	x2, s3_0_c12_c11_3	/* ICC_RPR_EL1: an unfinished interrupt of the kick's priority hides it */
	cbz	x2, slow_sync
wait:	dsb	sy
	wfi
	ldr	x2, [x3, #PERCPU_ATTENTION]
	cbnz	x2, slow_sync		/* a kick: EL2 wants this CPU */
	mrs	x2, elr_el2
	add	x2, x2, #4
	msr	elr_el2, x2
	ldp	x2, x3, [sp, #-16]
	eret
	dsb	nsh
	isb

/* The same of GICC. Its mask is the guest's own: what it masks does not wake it, but 0 masks the kick too. */
wfi_v2:
	ldr	x2, [x3, #PERCPU_FAST + FAST_GICC]
	ldr	w3, [x2, #GICC_CTLR]
	tbz	w3, #0, slow_sync
	ldr	w3, [x2, #GICC_BPR]
	cmp	w3, #BPR_HIGHEST
	b.hi	slow_sync
	ldr	w3, [x2, #GICC_RPR]
	cbz	w3, slow_sync
	ldr	w2, [x2, #GICC_PMR]
	cbz	w2, slow_sync
	mrs	x3, tpidr_el2
	b	wait

	.globl	slow_sync
slow_sync:
	ldp	x2, x3, [sp, #-16]
	sub	sp, sp, #FRAME_SIZE
	gprs	stp
	adr	x2, trap_sync
guest_trap:
	mrs	x3, esr_el2
	stp	x30, x3, [sp, #FRAME_X(30)]
	mrs	x3, elr_el2
	mrs	x4, spsr_el2
	stp	x3, x4, [sp, #FRAME_ELR]
	mov	x0, sp
	mrs	x1, tpidr_el2
	blr	x2

/* Enter or re-enter the guest described by the frame at SP. Does not return. */
	.globl	guest_return
guest_return:
	ldp	x2, x3, [sp, #FRAME_ELR]
	msr	elr_el2, x2
	msr	spsr_el2, x3
	gprs	ldp
	ldr	x30, [sp, #FRAME_X(30)]
	add	sp, sp, #FRAME_SIZE
	eret
	dsb	nsh			/* no speculation past the ERET */
	isb

dead_trap:
	mrs	x4, esr_el2
	stp	x30, x4, [sp, #FRAME_X(30)]
	mrs	x4, elr_el2
	mrs	x5, spsr_el2
	stp	x4, x5, [sp, #FRAME_ELR]
	mov	x0, sp
	mov	x1, x3
	b	trap_dead

/*
 * The little guest of cpu_check_direct_interrupts(): EL1, MMU and stage 2 off.
 * x0 = 0: generate an SGI for nobody. x0 = 1: write the priority mask. Then HVC.
 */
	.globl	probe_sgi
probe_sgi:
	msr	s3_0_c12_c11_5, xzr	/* ICC_SGI1R_EL1, empty target list */
	hvc	#0
	b	.
	.globl	probe_mask
probe_mask:
	mov	x0, #0x40
	msr	s3_0_c4_c6_0, x0	/* ICC_PMR_EL1 */
	isb
	hvc	#0
	b	.

/* uint64_t probe_run(entry): run it, return ESR_EL2 of what came back. */
	.globl	probe_run
probe_run:
	stp	x29, x30, [sp, #-16]!
	mrs	x9, vbar_el2
	adr	x10, probe_vectors
	msr	vbar_el2, x10
	mov	x10, #0x3c5		/* EL1h, DAIF masked */
	msr	spsr_el2, x10
	msr	elr_el2, x0
	mov	x29, sp
	isb
	eret
probe_back:
	mov	sp, x29
	msr	vbar_el2, x9
	isb
	mrs	x0, esr_el2
	ldp	x29, x30, [sp], #16
	ret

/*
 * uint64_t probe_load(address, value), probe_store(address, value): see early.h.
 * SErrors are let in, too: a bus may report a store that way.
 */
	.macro	probe_begin
	stp	x29, x30, [sp, #-16]!
	mrs	x9, vbar_el2
	adr	x10, probe_vectors
	msr	vbar_el2, x10
	mov	x29, sp
	isb
	msr	daifclr, #4
	.endm

	.globl	probe_load
probe_load:
	probe_begin
	ldr	x3, [x0]
	bl	probe_settle
	str	x3, [x1]
	mov	x0, #0
	ret
	.globl	probe_store
probe_store:
	probe_begin
	dc	civac, x0		/* with the MMU off: no older line may come back over it */
	dsb	sy
	str	x1, [x0]
	dc	civac, x0
	bl	probe_settle
	mov	x0, #0
	ret
/* Whatever the access caused has come; back to the caller's vectors and its x30. */
probe_settle:
	dsb	sy
	isb
	msr	daifset, #4
	msr	vbar_el2, x9
	isb
	mov	x10, x30
	ldp	x29, x30, [sp], #16
	br	x10
