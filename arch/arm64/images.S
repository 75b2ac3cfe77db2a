/* SPDX-License-Identifier: Apache-2.0 */
/* The partitions' images, staged in EL2's memory. images.inc is written by pvc. */
#include "arch/arm64/boot.h"

	.macro	IMAGE name:req, file:req, offset:req, bytes:req
	.balign	4096
	.globl	\name
\name:
	.incbin	"\file", \offset, \bytes
	.endm

	.section .images, "a"
	.include "images.inc"
	.balign	8
	.globl	image_end_mark		/* early.c looks whether it has arrived */
image_end_mark:
	.quad	IMAGE_END_MARK
