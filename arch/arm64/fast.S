/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guests do all the time, answered without a frame and without C: SGIs
 * (ICC_SGI1R_EL1, GICD_SGIR), GICD_TYPER, the distributor's words of one bit an
 * interrupt, and register messages. What is out of the ordinary goes to slow_sync;
 * partitions/vgic.c and message.c answer everything, and both ways the same.
 *
 * Entered from vectors.S by the cause, with w2 = ESR_EL2, x2 and x3 parked at [sp, #-16]. The
 * area below SP is free: EL2 takes no interrupts.
 *
 * Owns     nothing; struct fast_gic is written by vgic_bind(), struct message_end by message_bind()
 * Locks    of a message queue, if it is free; none for the GIC: a word of write-one
 *          registers, and one store an SGI
 * Spec     Arm DDI 0487 "ESR_EL2", Arm IHI 0048, Arm IHI 0069
 */
#include "abi/hypercall.h"
#include "arch/frame.h"

#define PARKED_X0      -32
#define PARKED_X2      -16
#define PARKED_X8      -32

/* MSR to ICC_SGI1R_EL1, but for the register that it writes. */
#define ESR_SGI1R      0x623a3016
#define ESR_SYSREG_RT  0x3e0
#define SYSREG_RT_LOW  5

/* Data abort of a lower EL: valid syndrome, a word, not sign extended, no walk, translation fault of any level. */
#define ESR_WORD_MASK  0xfde001bc
#define ESR_WORD       0x91800004
#define DATA_RT_LOW    16
#define DATA_IS_WRITE  6

#define GICD_TYPER     0x004
#define GICD_BITS      0x100		/* GICD_ISENABLER to GICD_ICACTIVER */
#define GICD_BITS_END  0x400
#define GICD_SGIR      0xf00
#define WORD_LOW       2		/* of an offset: the word of interrupts */
#define WORD_BITS      5

#define KICK_SGI       15
#define SGIR_OTHER     0xff00fff0	/* not the targets, not the INTID: filters, NSATT */
#define SGI1R_OTHER    0xfffffffff0ff0000 /* not the targets, not the INTID: IRM, affinities, RS */
#define SGI1R_INTID    0x0f000000
#define SGI1R_INTID_LOW 24

/* x1 = general register number \low+4..\low of w2. Clobbers x3. */
	.macro	fetch_register low:req
	ubfx	x3, x2, #\low, #5
	adr	x1, 8f
	add	x1, x1, x3, lsl #3
	br	x1
8:	ldr	x1, [sp, #PARKED_X0]
	b	9f
	ldr	x1, [sp, #PARKED_X0 + 8]
	b	9f
	ldr	x1, [sp, #PARKED_X2]
	b	9f
	ldr	x1, [sp, #PARKED_X2 + 8]
	b	9f
	.irp	n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	mov	x1, x\n
	b	9f
	.endr
	mov	x1, xzr
9:
	.endm

	.macro	count statistic:req	/* x3 = percpu. Clobbers x1, x2. */
	ldr	x1, [x3, #PERCPU_FAST + FAST_STATISTICS]
	ldr	x2, [x1, #\statistic]
	add	x2, x2, #1
	str	x2, [x1, #\statistic]
	.endm

/* Is EL2 wanted on this CPU? C sees to it first. x3 = percpu. Clobbers x1 or \scratch. */
	.macro	unless_wanted scratch=x1
	ldr	\scratch, [x3, #PERCPU_ATTENTION]
	cbnz	\scratch, give_up
	.endm

	.macro	skip_instruction	/* clobbers x1 */
	mrs	x1, elr_el2
	add	x1, x1, #4
	msr	elr_el2, x1
	.endm

	.text
	.globl	fast_abort
fast_abort:
	stp	x0, x1, [sp, #PARKED_X0]
	ldr	w1, =ESR_WORD_MASK
	and	w0, w2, w1
	ldr	w1, =ESR_WORD
	cmp	w0, w1
	b.ne	give_up
	mrs	x0, hpfar_el2
	mrs	x1, far_el2
	and	x1, x1, #0xfff
	orr	x0, x1, x0, lsl #8	/* HPFAR_EL2.FIPA: bits 43..4 are address bits 51..12 */
	mrs	x3, tpidr_el2
	unless_wanted
	ldr	x1, [x3, #PERCPU_FAST + FAST_GUEST_GICD]
	sub	x0, x0, x1		/* offset in the distributor; far out if it is elsewhere */
	tbnz	w2, #DATA_IS_WRITE, write_word
	cmp	x0, #GICD_TYPER
	b.ne	read_bits
	ldr	x0, [x3, #PERCPU_FAST + FAST_TYPER]

/* Leave x0 in the guest's register. x3 = percpu. */
answer_read:
	count	STATISTIC_VGIC
	skip_instruction
	mrs	x2, esr_el2
	ubfx	x2, x2, #DATA_RT_LOW, #5
	adr	x1, 1f
	add	x1, x1, x2, lsl #3
	br	x1
1:	str	x0, [sp, #PARKED_X0]
	b	leave
	str	x0, [sp, #PARKED_X0 + 8]
	b	leave
	str	x0, [sp, #PARKED_X2]
	b	leave
	str	x0, [sp, #PARKED_X2 + 8]
	b	leave
	.irp	n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	mov	x\n, x0
	b	leave
	.endr
	nop				/* register 31: the zero register */
leave:
	ldp	x0, x1, [sp, #PARKED_X0]
	ldp	x2, x3, [sp, #PARKED_X2]
	eret
	dsb	nsh			/* no speculation past the ERET */
	isb

give_up:
	ldp	x0, x1, [sp, #PARKED_X0]
	b	slow_sync

/*
 * x2 = the word of interrupts that the register at offset x0 is about, to be looked
 * up in the partition's own. Word 0 is private, and in GICv3 not here at all.
 */
	.macro	find_word
	sub	x2, x0, #GICD_BITS
	cmp	x2, #(GICD_BITS_END - GICD_BITS)
	b.hs	give_up
	tst	x0, #3
	b.ne	give_up
	ubfx	x2, x0, #WORD_LOW, #WORD_BITS
	cbz	x2, give_up
	and	x0, x0, #(GICD_BITS_END - 1) /* an offset, also where the branches were guessed */
	.endm

/* A word may change hands only under its lock, in C. Clobbers \scratch. */
	.macro	unless_slow scratch:req
	ldr	\scratch, [x3, #PERCPU_FAST + FAST_SLOW_WORD]
	cmp	w2, \scratch
	b.eq	give_up
	.endm

read_bits:
	find_word
	unless_slow w1
	ldr	x1, [x3, #PERCPU_FAST + FAST_OWNED]
	ldr	w1, [x1, x2, lsl #2]
	ldr	x2, [x3, #PERCPU_FAST + FAST_GICD]
	ldr	w0, [x2, x0]
	and	w0, w0, w1
	b	answer_read

write_word:
	fetch_register DATA_RT_LOW
	mrs	x3, tpidr_el2
	cmp	x0, #GICD_SGIR
	b.eq	write_sgir
	find_word
	unless_slow w3
	mrs	x3, tpidr_el2
	ldr	x3, [x3, #PERCPU_FAST + FAST_OWNED]
	ldr	w2, [x3, x2, lsl #2]
	and	w1, w1, w2		/* write-one registers: the rest is nobody's business */
	mrs	x3, tpidr_el2
	ldr	x2, [x3, #PERCPU_FAST + FAST_GICD]
	str	w1, [x2, x0]
answer_write:
	count	STATISTIC_VGIC
	skip_instruction
	b	leave

/* GICv2 (GICv3 has no such register, and 0 for its mask here), w1 = what the guest wrote. */
write_sgir:
	ldr	w0, =SGIR_OTHER
	tst	w1, w0
	b.ne	give_up
	and	w0, w1, #0xf
	cmp	w0, #KICK_SGI
	b.eq	give_up
	ldr	w2, [x3, #PERCPU_FAST + FAST_SGIR_TARGETS]
	ands	w2, w2, w1
	b.eq	give_up
	ldr	w1, [x3, #PERCPU_FAST + FAST_SHIFT]
	lsl	w2, w2, w1
	orr	w0, w0, w2
	ldr	x2, [x3, #PERCPU_FAST + FAST_GICD]
	dsb	ishst			/* the sender's stores before the receiver's interrupt */
	str	w0, [x2, #GICD_SGIR]
	ldr	x3, [x3, #PERCPU_FAST + FAST_STATISTICS]
	ldp	x0, x1, [x3, #STATISTIC_VGIC] /* and STATISTIC_SGI behind it */
	add	x0, x0, #1
	add	x1, x1, #1
	stp	x0, x1, [x3, #STATISTIC_VGIC]
	skip_instruction
	b	leave

/* GICv3: MSR or MRS. */
	.globl	fast_sysreg
fast_sysreg:
	stp	x0, x1, [sp, #PARKED_X0]
	and	w0, w2, #~ESR_SYSREG_RT
	ldr	w1, =ESR_SGI1R
	cmp	w0, w1
	b.ne	give_up
	fetch_register SYSREG_RT_LOW
	mrs	x3, tpidr_el2
	unless_wanted x0
	ldr	x0, =SGI1R_OTHER
	tst	x1, x0
	b.ne	give_up
	ubfx	x0, x1, #SGI1R_INTID_LOW, #4
	cmp	x0, #KICK_SGI
	b.eq	give_up
	ldp	w0, w2, [x3, #PERCPU_FAST + FAST_SGI1R_TARGETS] /* and the shift behind it */
	ands	w0, w0, w1
	b.eq	give_up
	lsl	w0, w0, w2
	and	x1, x1, #SGI1R_INTID
	orr	x0, x0, x1
	ldr	x1, [x3, #PERCPU_FAST + FAST_AFFINITY]
	orr	x0, x0, x1
	dsb	ishst			/* the sender's stores before the receiver's interrupt */
	msr	s3_0_c12_c11_5, x0	/* ICC_SGI1R_EL1 */
	isb
	count	STATISTIC_SGI
	skip_instruction
	b	leave

/* ---- Register messages ----------------------------------------------------------------- */

/* x2 = the struct message_end of port x1. Clobbers x3. */
	.macro	find_end
	mrs	x2, tpidr_el2
	ldp	x2, x3, [x2, #PERCPU_MESSAGES] /* their number behind them */
	cmp	x1, x3
	b.hs	slow_sync
	csel	x3, x1, xzr, lo		/* x1 as the branch has it, also under speculation */
	csdb
	add	x2, x2, x3, lsl #MESSAGE_END_SHIFT
	.endm

/*
 * Take the lock of queue x6, if nobody has it: a ticket, next in the lower and
 * serving in the upper half. w\serving = what drops it. Acquire: what the last
 * holder wrote is seen; pairs with drop and with spinlock_drop().
 */
	.macro	take serving:req, scratch:req, busy:req
	ldaxr	x\scratch, [x6]
	eor	x\serving, x\scratch, x\scratch, ror #32
	cbnz	x\serving, \busy
	add	w\serving, w\scratch, #1
	bfi	x\scratch, x\serving, #0, #32
	stxr	w3, x\scratch, [x6]
	cbnz	w3, \busy
	.endm

/* Release: what was written under the lock is seen by the next holder. Clobbers x6. */
	.macro	drop serving:req
	add	x6, x6, #4
	stlr	w\serving, [x6]
	.endm

/* x1 = port, x2 to x5 = message; x6 and x7 must be 0, and so are free. */
	.globl	fast_message_send
fast_message_send:
	orr	x2, x6, x7
	cbnz	x2, slow_sync
	find_end
	stp	x8, x9, [sp, #PARKED_X8]
	ldp	x7, x6, [x2, #END_SLOTS] /* and the queue behind it */
	cbz	x6, send_slowly
	take	9, 8, send_slowly
	ldp	w3, w8, [x6, #QUEUE_PUT] /* w8 = taken */
	ldr	w0, [x2, #END_MASK]
	sub	w8, w3, w8
	cmp	w8, w0
	b.hi	queue_is_full
	and	w0, w3, w0
	add	w3, w3, #1
	str	w3, [x6, #QUEUE_PUT]
	add	x0, x0, x0, lsl #2	/* a slot has five words: the sender, and the message */
	add	x7, x7, x0, lsl #3
	ldr	w8, [x2, #END_SENDER]
	ldp	x0, x3, [sp, #PARKED_X2]
	stp	x8, x0, [x7]
	stp	x3, x4, [x7, #16]
	str	x5, [x7, #32]
	drop	9
	ldp	x6, x7, [x2, #END_REGISTER]
	dsb	ishst			/* the message is in the queue before the interrupt says so */
	str	w7, [x6]
	mov	x6, #0
	mov	x7, #0
	mov	x0, #0			/* PV_OK */
	ldp	x8, x9, [sp, #PARKED_X8]
	ldp	x2, x3, [sp, #PARKED_X2]
	eret
	dsb	nsh			/* no speculation past the ERET */
	isb
queue_is_full:
	drop	9
send_slowly:
	ldr	x0, =PV_MESSAGE_SEND
	mov	x6, #0
	mov	x7, #0
	ldp	x8, x9, [sp, #PARKED_X8]
	b	slow_sync

/* x1 = port; x2 to x7 must be 0, and so are free. */
	.globl	fast_message_receive
fast_message_receive:
	ldp	x2, x3, [sp, #PARKED_X2]
	orr	x2, x2, x3
	orr	x2, x2, x4
	orr	x2, x2, x5
	orr	x2, x2, x6
	orr	x2, x2, x7
	cbnz	x2, slow_sync
	find_end
	ldp	x6, x7, [x2, #END_RECEIVE_QUEUE] /* and the slots behind it */
	cbz	x6, receive_slowly
	take	5, 4, receive_slowly
	ldp	w3, w4, [x6, #QUEUE_PUT] /* w4 = taken */
	cmp	w3, w4
	b.eq	queue_is_empty
	ldr	w0, [x2, #END_MASK]
	and	w0, w4, w0
	add	w4, w4, #1
	str	w4, [x6, #QUEUE_TAKEN]
	add	x0, x0, x0, lsl #2
	add	x7, x7, x0, lsl #3
	ldp	x1, x2, [x7]
	ldp	x3, x4, [x7, #16]
	ldr	x0, [x7, #32]
	drop	5
	mov	x5, x0
	mov	x6, #0
	mov	x7, #0
	mov	x0, #0			/* PV_OK */
	eret
	dsb	nsh			/* no speculation past the ERET */
	isb
queue_is_empty:
	drop	5
receive_slowly:
	ldr	x0, =PV_MESSAGE_RECEIVE
	mov	x4, #0
	mov	x5, #0
	mov	x6, #0
	mov	x7, #0
	b	slow_sync
