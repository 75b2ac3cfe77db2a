/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SDK's own files share: the per-CPU block and the steps of start-up.
 * Not for applications.
 */
#pragma once

#include "pv/frame.h"

/* Offsets in struct pv_cpu, for the assembly. */
#define CPU_SCRATCH_X1      0
#define CPU_SCRATCH_X2      8
#define CPU_SCRATCH_SP      16
#define CPU_SCRATCH_SLOT    24
#define CPU_EXCEPTION_STACK 32
#define CPU_STACK           40

#define EXCEPTION_STACK_BYTES 4096
#define PV_STACK_END          (4096 + 8192) /* end of the first struct pv_stack */

#ifndef __ASSEMBLER__
#include "pv/cpu.h"

/* TPIDR_EL1 points to the CPU's own. Read with caches off by a CPU that starts. */
struct pv_cpu {
	uint64_t scratch_x1; /* fault entry: what it needs before it has a stack */
	uint64_t scratch_x2;
	uint64_t scratch_sp;
	uint64_t scratch_slot;
	uint64_t exception_stack; /* top */
	uint64_t stack;           /* top */
	uint32_t number;
	uint32_t reserved;
	pv_cpu_entry *entry;
	void         *context;
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct pv_cpu, scratch_x1) == CPU_SCRATCH_X1, "CPU_SCRATCH_X1");
_Static_assert(offsetof(struct pv_cpu, scratch_x2) == CPU_SCRATCH_X2, "CPU_SCRATCH_X2");
_Static_assert(offsetof(struct pv_cpu, scratch_sp) == CPU_SCRATCH_SP, "CPU_SCRATCH_SP");
_Static_assert(offsetof(struct pv_cpu, scratch_slot) == CPU_SCRATCH_SLOT, "CPU_SCRATCH_SLOT");
_Static_assert(offsetof(struct pv_cpu, exception_stack) == CPU_EXCEPTION_STACK,
	       "CPU_EXCEPTION_STACK");
_Static_assert(offsetof(struct pv_cpu, stack) == CPU_STACK, "CPU_STACK");

/* A stack and the page below it, which is not mapped: an overflow faults. */
struct pv_stack {
	char guard[4096];
	char bytes[PV_STACK_BYTES];
} __attribute__((aligned(4096)));

_Static_assert(sizeof(struct pv_stack) == PV_STACK_END, "PV_STACK_END");
_Static_assert(sizeof(struct pv_stack) % 4096 == 0, "stacks end at a guard page");

extern struct pv_stack pv_stacks[PV_MAX_CPUS];

/* Linker script. */
extern char pv_image_start[], pv_text_end[], pv_rodata_end[], pv_image_end[];

static inline struct pv_cpu *pv_this_cpu(void)
{
	return (struct pv_cpu *)pv_sysreg_read(tpidr_el1);
}

/* Start-up, in this order. */
_Noreturn void pv_boot(const void *dtb);
_Noreturn void pv_boot_secondary(struct pv_cpu *cpu);
void pv_platform_init(const void *dtb);
void pv_mmu_init(void);
void pv_mmu_enable(void); /* start.S */

/* vectors.S and what it calls. */
extern char pv_vectors[];
struct pv_frame *pv_take_irq(struct pv_frame *frame);
struct pv_frame *pv_take_svc(struct pv_frame *frame);
struct pv_frame *pv_take_fault(struct pv_frame *frame, uint64_t slot);
#endif
