/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exception saves: every general register, and the four system
 * registers that say where and why.
 *
 * A frame is complete: resuming it needs nothing else, so a kernel may keep a
 * task as a frame, on whatever stack the task has, and switch by returning
 * another frame from its hook (exception.h). Read in C and in assembly.
 */
#pragma once

#define PV_FRAME_X(n)  (8 * (n)) /* x0..x30 */
#define PV_FRAME_SP    (8 * 31)
#define PV_FRAME_ELR   (8 * 32) /* ELR and SPSR are a pair */
#define PV_FRAME_SPSR  (8 * 33)
#define PV_FRAME_ESR   (8 * 34) /* ESR and FAR are a pair */
#define PV_FRAME_FAR   (8 * 35)
#define PV_FRAME_BYTES (8 * 36)

/* SPSR of a task at EL1 with its own stack pointer: everything unmasked, or IRQ masked. */
#define PV_SPSR_EL1H        0x005
#define PV_SPSR_EL1H_NO_IRQ 0x085

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct pv_frame {
	uint64_t x[31];
	uint64_t sp;   /* stack pointer at the exception */
	uint64_t elr;  /* where to go on */
	uint64_t spsr; /* PSTATE at the exception */
	uint64_t esr;  /* synchronous exceptions and SErrors only; else stale */
	uint64_t far;  /* likewise */
};

_Static_assert(offsetof(struct pv_frame, x[30]) == PV_FRAME_X(30), "PV_FRAME_X");
_Static_assert(offsetof(struct pv_frame, sp) == PV_FRAME_SP, "PV_FRAME_SP");
_Static_assert(offsetof(struct pv_frame, elr) == PV_FRAME_ELR, "PV_FRAME_ELR");
_Static_assert(offsetof(struct pv_frame, esr) == PV_FRAME_ESR, "PV_FRAME_ESR");
_Static_assert(sizeof(struct pv_frame) == PV_FRAME_BYTES, "PV_FRAME_BYTES");
_Static_assert(PV_FRAME_BYTES % 16 == 0, "SP must stay 16-byte aligned");

/* Continue at a frame. It is consumed: the memory is free once its registers are loaded. */
_Noreturn void pv_frame_resume(const struct pv_frame *frame);
#endif /* __ASSEMBLER__ */
