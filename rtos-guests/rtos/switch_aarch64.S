/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The switch a task makes of its own will. It is a call, so only what a function
 * must preserve is saved (AAPCS64); it is saved as a frame, so that whoever runs
 * next need not know how this task came to wait.
 */
#include "pv/frame.h"

	.text

/*
 * void rtos_switch_frames(void **from, const struct pv_frame *to)
 * Interrupts masked. *from becomes a frame that returns from here.
 */
	.globl	rtos_switch_frames
	.type	rtos_switch_frames, %function
rtos_switch_frames:
	mov	x2, sp
	sub	sp, sp, #PV_FRAME_BYTES
	stp	x18, x19, [sp, #PV_FRAME_X(18)]
	stp	x20, x21, [sp, #PV_FRAME_X(20)]
	stp	x22, x23, [sp, #PV_FRAME_X(22)]
	stp	x24, x25, [sp, #PV_FRAME_X(24)]
	stp	x26, x27, [sp, #PV_FRAME_X(26)]
	stp	x28, x29, [sp, #PV_FRAME_X(28)]
	stp	x30, x2, [sp, #PV_FRAME_X(30)]	/* and SP */
	mrs	x3, daif			/* the mask as it is: bits 9..6, as in SPSR */
	add	x3, x3, #PV_SPSR_EL1H
	stp	x30, x3, [sp, #PV_FRAME_ELR]
	mov	x2, sp
	str	x2, [x0]
	mov	x0, x1
	b	pv_frame_resume			/* the other registers come back as found: dead */
	.size	rtos_switch_frames, . - rtos_switch_frames
