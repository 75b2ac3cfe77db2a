/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the loader's jump to the first line of C.
 *
 * The image is an arm64 Linux Image (Documentation/arch/arm64/booting.rst of
 * Linux), so QEMU -kernel, U-Boot booti and the Raspberry Pi firmware load it
 * unchanged and enter _start at EL2, MMU off.
 * Wherever it was put, it first says so and looks about (early.c), then moves
 * itself to its link address. Until then nothing but PC-relative addresses and
 * literals may be used.
 *
 * Of the devicetree only the board's name is looked at: all else is known since
 * the build.
 */
#include "arch/arm64/boot.h"
#include "arch/frame.h"

#define CURRENTEL_EL2 0x8
#define PAGE          4096
#define HEAD_BYTES    4096	/* moved first: holds all code that runs before and during the move */

	.section .text.head, "ax"
	.globl	_start
_start:
	b	enter
	.long	0
	.quad	0x200000		/* text_offset */
	.quad	__image_end - _start	/* image_size */
	.quad	0xa			/* flags: little-endian, 4 KiB pages, anywhere in RAM */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

enter:
	msr	daifset, #0xf
	msr	spsel, #1
	mov	x19, x0			/* the loader's devicetree */
	mov	x20, #0			/* early_check() has not been called */
	mrs	x1, CurrentEL
	cmp	x1, #CURRENTEL_EL2
	b.ne	wrong_el
	bl	vectors_on
say_hello:
	adr	x1, _start
	tst	x1, #(PAGE - 1)
	b.ne	move			/* no C yet: it needs its pages where ADRP looks for them */
	bl	look_about
move:	adr	x1, _start		/* where we are */
	ldr	x2, =_start		/* where we must be */
	cmp	x1, x2
	b.eq	placed

	/*
	 * Whatever the caches hold of the target would be written back over the
	 * moved image one day: push it out now.
	 */
	ldr	x3, =__image_end
	mrs	x5, ctr_el0
	ubfx	x5, x5, #16, #4		/* CTR_EL0.DminLine: log2 of words */
	mov	x4, #4
	lsl	x5, x4, x5
	mov	x6, x2
1:	dc	civac, x6
	add	x6, x6, x5
	cmp	x6, x3
	b.lo	1b
	dsb	sy

	sub	x4, x3, x2		/* bytes, a multiple of 4096 */
	cmp	x1, x2
	b.hi	move_down

	/* Upwards: from the end, so that nothing is overwritten before it is read. */
	add	x6, x1, x4
	mov	x7, x3
2:	ldp	x8, x9, [x6, #-16]!
	stp	x8, x9, [x7, #-16]!
	cmp	x7, x2
	b.hi	2b
	b	moved

	/*
	 * Downwards, from the start. The copy may reach the very instructions that
	 * do it, so the head goes first and the rest is moved by the head's copy.
	 */
move_down:
	mov	x6, x1
	mov	x7, x2
	add	x8, x2, #HEAD_BYTES
3:	ldp	x9, x10, [x6], #16
	stp	x9, x10, [x7], #16
	cmp	x7, x8
	b.lo	3b
	dsb	sy
	ic	iallu
	dsb	sy
	isb
	ldr	x8, =move_rest
	br	x8
move_rest:
	ldp	x9, x10, [x6], #16
	stp	x9, x10, [x7], #16
	cmp	x7, x3
	b.lo	move_rest

moved:	dsb	sy
	ic	iallu
	dsb	sy
	isb
	ldr	x2, =placed
	br	x2

placed:
	cbnz	x20, 1f
	bl	look_about
1:	bl	vectors_on		/* those of the moved image */
	bl	find_cpu
	cbnz	x21, not_boot_cpu	/* also when not found */
	bl	el2_on

	/* With caches on, so that no stale line can come back over it. */
	adrp	x1, __bss_start
	add	x1, x1, #:lo12:__bss_start
	adrp	x2, __bss_end
	add	x2, x2, #:lo12:__bss_end
4:	.irp	offset, 0, 16, 32, 48, 64, 80, 96, 112
	stp	xzr, xzr, [x1, #\offset]
	.endr
	add	x1, x1, #128
	cmp	x1, x2
	b.lo	4b
	bl	set_percpu
	bl	init_boot_cpu
	b	guest_return		/* the frame is at SP */

/* Every other CPU, by PSCI CPU_ON or out of its spin table. */
	.globl	secondary_start
secondary_start:
	msr	daifset, #0xf
	msr	spsel, #1
	bl	vectors_on
	bl	find_cpu
	bl	el2_on
	bl	set_percpu
	bl	init_secondary_cpu
	b	guest_return

/*
 * Nothing may fault before this. No percpu yet: the vectors use early_stack, and
 * the report names no CPU. Clobbers x1.
 */
vectors_on:
	msr	tpidr_el2, xzr
	adr	x1, el2_vectors
	msr	vbar_el2, x1
	ldr	x1, =HCR_EL2_BOOT
	msr	hcr_el2, x1
	isb
	ret

/* early_check(), on a stack of the image. Keeps x19, x20 = 1. */
look_about:
	mov	x20, x30
	adrp	x1, early_stack_end
	add	x1, x1, #:lo12:early_stack_end
	mov	sp, x1
	adr	x1, _start
	ldr	x2, =_start
	stp	x1, x2, [sp, #-32]!
	str	x19, [sp, #16]
	mov	x0, sp			/* struct early_entry */
	mrs	x1, CurrentEL
	bl	early_check
	mov	x30, x20
	mov	x20, #1
	ret

/*
 * x21 = cpu_id by MPIDR_EL1; beyond n_cpus when the table does not know this CPU.
 * A stack comes with it. Clobbers x1-x7.
 */
find_cpu:
	mrs	x1, mpidr_el1
	ldr	x2, =MPIDR_AFFINITY_BOOT
	and	x1, x1, x2
	adrp	x3, system_config
	add	x3, x3, #:lo12:system_config
	ldr	w4, [x3, #CONFIG_N_CPUS]
	ldr	x3, [x3, #CONFIG_CPUS]
	mov	x21, #0
6:	ldr	x5, [x3], #CPU_CONFIG_SIZE
	cmp	x5, x1
	b.eq	7f
	add	x21, x21, #1
	cmp	x21, x4
	b.lo	6b
	b	unknown_cpu
7:	adrp	x5, cpu_stacks
	add	x5, x5, #:lo12:cpu_stacks
	add	x6, x21, #1
	add	x5, x5, x6, lsl #CPU_STACK_SHIFT
	sub	x5, x5, #FRAME_SIZE	/* the guest's first frame */
	mov	sp, x5
	ret

/* MMU and caches on, from the built tables. Clobbers x1-x3. */
el2_on:
	mov	x1, #MAIR_EL2_BOOT
	msr	mair_el2, x1
	adrp	x3, system_config
	add	x3, x3, #:lo12:system_config
	ldr	x1, [x3, #CONFIG_TCR]
	mrs	x2, id_aa64mmfr0_el1
	bfi	x1, x2, #16, #3		/* TCR_EL2.PS = ID_AA64MMFR0_EL1.PARange */
	msr	tcr_el2, x1
	ldr	x1, [x3, #CONFIG_EL2_ROOT]
	msr	ttbr0_el2, x1
	tlbi	alle2
	ic	iallu
	dsb	sy
	isb
	ldr	x1, =SCTLR_EL2_BOOT
	msr	sctlr_el2, x1
	isb
	ret

/* TPIDR_EL2 = &percpus[x21]; x0 = x21 for C. */
set_percpu:
	adrp	x1, percpus
	add	x1, x1, #:lo12:percpus
	mov	x2, #PERCPU_SIZE
	madd	x1, x21, x2, x1
	msr	tpidr_el2, x1
	mov	x0, x21
	ret

/* QEMU starts all CPUs of a board at an ELF file's entry: one of them is enough to say so. */
wrong_el:
	mrs	x1, mpidr_el1
	tst	x1, #0xffffff
	b.eq	say_hello
	wfi
	b	wrong_el

/* No stack, no MMU, no known CPU: say so and stay. */
unknown_cpu:
	adr	x0, message_unknown_cpu
	b	say_and_stop
not_boot_cpu:
	adr	x0, message_not_boot_cpu
say_and_stop:
	adrp	x1, early_stack_end
	add	x1, x1, #:lo12:early_stack_end
	mov	sp, x1
	b	boot_refuse

message_unknown_cpu:
	.asciz	"this CPU's MPIDR is not in the system's table: the image was built for another board"
message_not_boot_cpu:
	.asciz	"the firmware started us on a CPU that is not the first of the system's table"
	.balign	8
	.ltorg

	.globl	head_end		/* paravent.ld: within HEAD_BYTES */
head_end:

/* Until a CPU knows which of cpu_stacks is its own. One CPU at a time is so far. */
	.section .stacks, "aw"
	.balign	16
	.skip	EARLY_STACK_BYTES
	.globl	early_stack_end
early_stack_end:
