/* SPDX-License-Identifier: Apache-2.0 */
/* The partitions' images, staged in EL2's memory. images.inc is written by pvc. */
	.macro	IMAGE name:req, file:req, offset:req, bytes:req
	.balign	4096
	.globl	\name
\name:
	.incbin	"\file", \offset, \bytes
	.endm

	.section .images, "a"
	.include "images.inc"
	.balign	4096
