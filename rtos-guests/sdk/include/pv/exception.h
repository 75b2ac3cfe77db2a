/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions, and the hooks by which an application or a kernel takes them.
 *
 * A hook gets the frame of what was interrupted and returns the frame to go on
 * with: the same one, changed or not, or another (a task switch). It runs with
 * all interrupts masked and must leave SP_EL1's exception alone: no hook is
 * ever entered on top of itself, unless it faults.
 *
 *   IRQ, SVC       the frame and the hook use the interrupted stack (288 bytes
 *                  for the frame, plus what the hook needs)
 *   other faults   they use a stack of the CPU's own, so that a stack overflow
 *                  is reported and not a second fault. Such a frame must be
 *                  resumed or dropped before the hook returns.
 *
 * A synchronous exception without a hook, or whose hook returns NULL, prints a
 * crash report on the console and switches the partition off.
 *
 * The SDK uses TPIDR_EL1 (this CPU's struct pv_cpu) and TPIDRRO_EL0 (scratch).
 */
#pragma once

#include "pv/frame.h"

enum pv_exception {
	PV_EXCEPTION_IRQ,    /* default: pv_irq_dispatch() of irq.h */
	PV_EXCEPTION_SVC,    /* default: none */
	PV_EXCEPTION_FAULT,  /* every other synchronous exception; default: none */
	PV_EXCEPTION_SERROR, /* default: none */
	PV_N_EXCEPTIONS,
};

typedef struct pv_frame *pv_exception_hook(struct pv_frame *frame);

/* Install a hook for all CPUs; NULL: the default. */
void pv_exception_set(enum pv_exception exception, pv_exception_hook *hook);

/* ESR_EL1 exception classes a hook meets. Arm DDI 0487 "ESR_EL1", EC. */
#define PV_EC_UNKNOWN     0x00u
#define PV_EC_SVC64       0x15u
#define PV_EC_SYSREG      0x18u
#define PV_EC_INST_ABORT  0x21u
#define PV_EC_PC_ALIGN    0x22u
#define PV_EC_DATA_ABORT  0x25u
#define PV_EC_SP_ALIGN    0x26u

static inline uint32_t pv_frame_class(const struct pv_frame *frame)
{
	return (uint32_t)(frame->esr >> 26) & 0x3fu;
}

/* The n of `svc #n`. */
static inline uint32_t pv_frame_svc(const struct pv_frame *frame)
{
	return (uint32_t)frame->esr & 0xffffu;
}

/* Print a frame as the crash report does. Any context; uses the console. */
void pv_frame_print(const struct pv_frame *frame);

/* Print a reason and where it happened, then switch the partition off. */
_Noreturn void pv_panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
