/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition whose first instruction reads the counter; then "first 0123456789abcdef",
 * what it read in hexadecimal, and off. For "reset to the first instruction".
 */
#include "abi/hypercall.h"

#define PSCI_SYSTEM_OFF 0x84000008
#define TEXT_BYTES      23

	.section .text.start, "ax"
	.globl	_start
_start:	mrs	x9, cntvct_el0
	adr	x10, digits
	mov	x11, #16
1:	ror	x9, x9, #60
	and	x12, x9, #15
	add	x12, x12, #'0'
	cmp	x12, #'9'
	b.ls	2f
	add	x12, x12, #('a' - '9' - 1)
2:	strb	w12, [x10], #1
	subs	x11, x11, #1
	b.ne	1b
	adr	x10, text
	ldr	x0, =PV_CONSOLE_WRITE
	mov	x1, #TEXT_BYTES
	ldp	x2, x3, [x10]
	ldr	x4, [x10, #16]
	hvc	#0
	ldr	w0, =PSCI_SYSTEM_OFF
	hvc	#0

	/* The sections around it are read-only for the linker, but not for stage 2. */
	.balign	8
text:	.ascii	"first "
digits:	.ascii	"0123456789abcdef\n"
	.balign	8
