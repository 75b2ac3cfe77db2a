/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same accesses by each general register, since EL2 has to tell them apart:
 *
 *	void each_register(set, clear, value, results)
 *	void each_sgi(state, clear, value, results, sgi)
 *
 * Store `value` to `clear`, load from `set` (`state`), store `value` to `set` (write
 * `sgi` to ICC_SGI1R_EL1), and load again; results[2n] and [2n + 1] are what
 * register n got.
 */
	.macro	one n:req, base:req, is_sgi:req
	ldp	x\base, x\n, [sp, #8]	/* clear, value */
	str	w\n, [x\base]
	ldr	x\base, [sp]
	mov	x\n, #-1
	ldr	w\n, [x\base]
	ldr	x\base, [sp, #24]
	str	x\n, [x\base, #(16 * \n)]
	ldr	x\base, [sp]
	.if	\is_sgi
	ldr	x\n, [sp, #32]
	msr	s3_0_c12_c11_5, x\n	/* ICC_SGI1R_EL1 */
	isb
	.else
	ldr	x\n, [sp, #16]
	str	w\n, [x\base]
	.endif
	mov	x\n, #-1
	ldr	w\n, [x\base]
	ldr	x\base, [sp, #24]
	str	x\n, [x\base, #(16 * \n + 8)]
	.endm

	.macro	each name:req, is_sgi:req
	.globl	\name
\name:
	sub	sp, sp, #144
	stp	x19, x20, [sp, #48]
	stp	x21, x22, [sp, #64]
	stp	x23, x24, [sp, #80]
	stp	x25, x26, [sp, #96]
	stp	x27, x28, [sp, #112]
	stp	x29, x30, [sp, #128]
	stp	x0, x1, [sp]
	stp	x2, x3, [sp, #16]
	str	x4, [sp, #32]
	one	0, 1, \is_sgi
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	one	\n, 0, \is_sgi
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	one	\n, 0, \is_sgi
	.endr
	ldp	x19, x20, [sp, #48]
	ldp	x21, x22, [sp, #64]
	ldp	x23, x24, [sp, #80]
	ldp	x25, x26, [sp, #96]
	ldp	x27, x28, [sp, #112]
	ldp	x29, x30, [sp, #128]
	add	sp, sp, #144
	ret
	.endm

	.text
	each	each_register, 0
	each	each_sgi, 1
