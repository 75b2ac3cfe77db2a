/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bool registers_survive(uint64_t pattern, uint64_t spins)
 *
 * Fill x2..x28 and the flags with values made from the pattern, spin, and see
 * whether all are still there. Whatever preempts must restore them.
 */
	.macro	for_each action:req
	.irp	n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28
	\action	\n
	.endr
	.endm

	.macro	fill n:req
	add	x\n, x0, #\n
	.endm

	/* x29 counts, x30 is the scratch; wrong values gather in x1's place on the stack */
	.macro	check n:req
	sub	x30, x\n, x0
	cmp	x30, #\n
	b.ne	2f
	.endm

	.text
	.globl	registers_survive
	.type	registers_survive, %function
registers_survive:
	stp	x29, x30, [sp, #-112]!
	stp	x18, x19, [sp, #16]
	stp	x20, x21, [sp, #32]
	stp	x22, x23, [sp, #48]
	stp	x24, x25, [sp, #64]
	stp	x26, x27, [sp, #80]
	str	x28, [sp, #96]
	for_each fill
	mov	x29, x1
	adds	xzr, x0, xzr		/* N and Z by the pattern */
	mrs	x30, nzcv
	str	x30, [sp, #104]
1:	mrs	x30, nzcv		/* the loop does not touch the flags */
	sub	x29, x29, #1
	cbnz	x29, 1b
	ldr	x1, [sp, #104]
	cmp	x1, x30
	b.ne	2f
	for_each check
	mov	x0, #1
	b	3f
2:	mov	x0, #0
3:	ldp	x18, x19, [sp, #16]
	ldp	x20, x21, [sp, #32]
	ldp	x22, x23, [sp, #48]
	ldp	x24, x25, [sp, #64]
	ldp	x26, x27, [sp, #80]
	ldr	x28, [sp, #96]
	ldp	x29, x30, [sp], #112
	ret
	.size	registers_survive, . - registers_survive
