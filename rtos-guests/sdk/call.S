/* SPDX-License-Identifier: Apache-2.0 */
/*
 * void pv_call(enum pv_conduit conduit, struct pv_registers *registers)
 *
 * Loads x0..x17 from the block, makes the call and stores them back, so that a
 * caller sees every register a call may touch by the SMC Calling Convention.
 */
	.macro	argument_registers op:req
	\op	x2,  x3,  [x19, #16]
	\op	x4,  x5,  [x19, #32]
	\op	x6,  x7,  [x19, #48]
	\op	x8,  x9,  [x19, #64]
	\op	x10, x11, [x19, #80]
	\op	x12, x13, [x19, #96]
	\op	x14, x15, [x19, #112]
	\op	x16, x17, [x19, #128]
	\op	x0,  x1,  [x19, #0]
	.endm

	.text
	.globl	pv_call
	.type	pv_call, %function
pv_call:
	stp	x29, x30, [sp, #-32]!
	stp	x19, x20, [sp, #16]
	mov	x19, x1
	cbnz	w0, 1f
	argument_registers ldp
	hvc	#0
	b	2f
1:	argument_registers ldp
	smc	#0
2:	argument_registers stp
	ldp	x19, x20, [sp, #16]
	ldp	x29, x30, [sp], #32
	ret
	.size	pv_call, . - pv_call
