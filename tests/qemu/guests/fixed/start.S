/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start-up of the guest "fixed": a stand-in for firmware and kernels that were
 * linked for QEMU virt and for nothing else. MMU off throughout.
 */
	.section .text.start, "ax"
	.globl	_start
_start:
	msr	daifset, #0xf
	adrp	x1, fixed_vectors
	add	x1, x1, :lo12:fixed_vectors
	msr	vbar_el1, x1
	adrp	x1, fixed_stack_end
	add	sp, x1, :lo12:fixed_stack_end
	isb				/* vectors before anything that may trap */
	bl	fixed_main
1:	wfi
	b	1b

	.macro	slot handler:req
	.balign	0x80
	b	\handler
	.endm

	.section .text.vectors, "ax"
	.balign	0x800
fixed_vectors:
	.rept	4
	slot	fixed_fault
	.endr
	slot	fixed_fault
	slot	take_irq
	.rept	10
	slot	fixed_fault
	.endr

/* The C handler may use x0 to x18 and x30. */
take_irq:
	sub	sp, sp, #160
	stp	x0, x1, [sp, #0]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x30, [sp, #144]
	bl	fixed_irq
	ldp	x0, x1, [sp, #0]
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x30, [sp, #144]
	add	sp, sp, #160
	eret

	.section .bss, "aw", %nobits
	.balign	16
	.space	4096
fixed_stack_end:
