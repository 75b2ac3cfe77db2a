/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where "abi" lets CPU 1 start once: note x0 and the state, then switch off. The
 * MMU is off, so the stores go past the caches.
 */
	.text
	.globl	abi_entry
abi_entry:
	adrp	x1, abi_start_state
	add	x1, x1, :lo12:abi_start_state
	mrs	x2, CurrentEL
	stp	x0, x2, [x1], #16
	mrs	x2, daif
	mrs	x3, sctlr_el1
	stp	x2, x3, [x1], #16
	mrs	x2, spsel
	mrs	x3, mpidr_el1
	stp	x2, x3, [x1]
	dsb	sy			/* noted before the CPU is seen to be off */
	mov	w0, #0x0002		/* PSCI CPU_OFF */
	movk	w0, #0x8400, lsl #16
	hvc	#0
	b	.
