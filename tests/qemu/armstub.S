/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Raspberry Pi 4's firmware leaves at EL3, for QEMU's raspi4b: all cores
 * start here, at address 0, and go on in EL2. As on the board
 *   SMC is undefined (SCR_EL3.SMD), so whoever tries PSCI fails,
 *   every interrupt is in group 1, and
 *   cores 1..3 wait for an address in the spin table at 0xd8.
 * The firmware writes the addresses of devicetree and kernel into the words at 0xf8.
 *
 * Spec  Arm DDI 0487 "SCR_EL3", "SPSR_EL3"; Arm IHI 0048 "GICD_IGROUPR", "GICC_CTLR".
 */
#define LOCAL_CONTROL    0xff800000
#define GICD             0xff841000
#define GICC             0xff842000
#define GICD_IGROUPR     0x80
#define N_IGROUPR        8
#define COUNTER_HZ       54000000
#define SCR_EL3_NS       0x001
#define SCR_EL3_RES1     0x030
#define SCR_EL3_SMD      0x080
#define SCR_EL3_HCE      0x100
#define SCR_EL3_RW       0x400
#define SPSR_EL2H_MASKED 0x3c9
#define SCTLR_EL2_RES1   0x30c50830
#define GICC_CTLR_GROUP1 0x1e7	/* both groups, group 0 as FIQ, no bypass */

	.text
	.globl	_start
_start:
	ldr	x0, =LOCAL_CONTROL
	str	wzr, [x0]		/* the counter runs from the crystal */
	ldr	x0, =COUNTER_HZ
	msr	cntfrq_el0, x0
	msr	cntvoff_el2, xzr
	msr	cptr_el3, xzr
	ldr	x0, =(SCR_EL3_RW | SCR_EL3_HCE | SCR_EL3_SMD | SCR_EL3_RES1 | SCR_EL3_NS)
	msr	scr_el3, x0

	ldr	x1, =GICD
	mov	w0, #3
	str	w0, [x1]
	mov	w0, #-1
	mov	x2, #N_IGROUPR
	add	x3, x1, #GICD_IGROUPR
1:	str	w0, [x3], #4
	subs	x2, x2, #1
	b.ne	1b
	ldr	x1, =GICC
	mov	w0, #GICC_CTLR_GROUP1
	str	w0, [x1]
	mov	w0, #0xff
	str	w0, [x1, #4]

	ldr	x0, =SCTLR_EL2_RES1
	msr	sctlr_el2, x0
	mov	x0, #SPSR_EL2H_MASKED
	msr	spsr_el3, x0
	adr	x0, in_el2
	msr	elr_el3, x0
	b	leave			/* around the table */

	.org	0xd8
spin_table:
	.quad	0, 0, 0
	.word	0x5afe570b, 0		/* magic, version; the firmware clears both: core 3's slot */
devicetree:
	.word	0
kernel:	.word	0

leave:	eret

in_el2:	mrs	x6, mpidr_el1
	ands	x6, x6, #3
	b.eq	boot_core
	adr	x5, spin_table
2:	wfe
	ldr	x4, [x5, x6, lsl #3]
	cbz	x4, 2b
	mov	x0, #0
	b	go
boot_core:
	ldr	w4, kernel
	ldr	w0, devicetree
go:	mov	x1, #0
	mov	x2, #0
	mov	x3, #0
	br	x4
	.ltorg
