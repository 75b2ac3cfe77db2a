/* SPDX-License-Identifier: Apache-2.0 */
/* First instruction of a flat binary. Uses nothing but what the hardware gives: no MMU, no DTB. */
	.section .text.start, "ax"
	.globl	_start
_start:
	adrp	x1, raw_stack_end
	add	sp, x1, :lo12:raw_stack_end
	adr	x0, _start
	b	raw_main

/*
 * uint64_t raw_call(function, x1, x2, x3, x4, x5, x6, x7): the arguments are
 * already where the call wants them.
 */
	.globl	raw_call
raw_call:
	hvc	#0
	ret

/* Inside the file: a raw image has no memory of its own behind it. */
	.section .data, "aw"
	.balign	16
	.space	2048
	.globl	raw_stack_end
raw_stack_end:
