/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memcpy and memset, which the compiler may call and the loader does: 16 bytes a
 * step, the tail by bytes. Ranges do not overlap. Not for device memory.
 */
	.text
	.globl	memcpy
memcpy:
	mov	x3, x0
1:	subs	x2, x2, #16
	b.lo	2f
	ldp	x4, x5, [x1], #16
	stp	x4, x5, [x3], #16
	b	1b
2:	adds	x2, x2, #16
	b.eq	4f
3:	ldrb	w4, [x1], #1
	strb	w4, [x3], #1
	subs	x2, x2, #1
	b.ne	3b
4:	ret

	.globl	memset
memset:
	and	x1, x1, #0xff
	mov	x4, #0x0101010101010101
	mul	x1, x1, x4
	mov	x3, x0
1:	subs	x2, x2, #16
	b.lo	2f
	stp	x1, x1, [x3], #16
	b	1b
2:	adds	x2, x2, #16
	b.eq	4f
3:	strb	w1, [x3], #1
	subs	x2, x2, #1
	b.ne	3b
4:	ret
