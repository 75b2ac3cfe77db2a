/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations, each between two labels: tools/interference.py counts what EL2 executes
 * on this core from operation_NAME to operation_NAME_end, or to the vector of an
 * interrupt where there is no such end. No counter is read: with other cores at
 * work, QEMU's has their instructions in it.
 */
	.macro	label name:req
	.globl	\name
	.type	\name, %function
\name:
	.endm

/* One instruction, on x0 to x7 as the caller has them. */
	.macro	operation name:req, text:vararg
	label	operation_\name
	\text
	label	operation_\name\()_end
	ret
	.endm

/* Two functions, with what is counted between their calls. */
	.macro	bracket name:req
	label	operation_\name
	ret
	label	operation_\name\()_end
	ret
	.endm

/* operation_NAME(gicc, register, value): until an interrupt has been taken; see interrupt.S. */
	.macro	interrupted name:req, begin=nop, loop=nop
	label	operation_\name
	mov	x11, x0
	mov	x12, xzr
	msr	daifclr, #2
	\begin
1:	\loop
	cbz	x12, 1b
	msr	daifset, #2
	ret
	.endm

/* The same asleep. WFI ends also while IRQs are masked, and so does not miss the one that it is for. */
	.macro	interrupted_asleep name:req
	label	operation_\name
	mov	x11, x0
	mov	x12, xzr
1:	wfi
	msr	daifclr, #2
	isb
	msr	daifset, #2
	cbz	x12, 1b
	ret
	.endm

	.text
	operation psci_version, hvc #0
	operation doorbell, hvc #0
	operation message_send, hvc #0
	operation gicd_enable, str w1, [x0]
	operation notify, str w1, [x0]
	operation pause, wfi
	interrupted timer_spinning, loop=yield
	interrupted_asleep timer_sleeping
	interrupted sgi_self_v2, begin="str w2, [x1]"
	interrupted sgi_self_v3, begin="msr s3_0_c12_c11_5, x2"
	bracket	disk_read
	bracket	disk_reads
	bracket	frame
	bracket	frames
	bracket	loaded
	bracket	finish
