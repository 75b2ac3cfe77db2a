/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a trap leaves on the EL2 stack, and per-CPU data as the assembly sees it.
 * Shared by C and assembly; arch/arm64/frame.c proves each offset.
 */
#pragma once

#define FRAME_X(n)  (8 * (n)) /* x0..x30 */
#define FRAME_ESR   (8 * 31)
#define FRAME_ELR   (8 * 32)  /* ELR and SPSR are a pair */
#define FRAME_SPSR  (8 * 33)
#define FRAME_SIZE  (8 * 34)  /* a multiple of 16: SP alignment */

#define PERCPU_PANIC_SP    0
#define PERCPU_VCPU        8
#define PERCPU_DOORBELLS   16 /* const struct doorbell_config * of the running partition */
#define PERCPU_N_DOORBELLS 24
#define PERCPU_ATTENTION   32 /* not 0: the next WFI takes the C path */
#define PERCPU_WFI_EXITS   40
#define PERCPU_GIC_SYSREGS 48 /* 1: GICv3 */
#define PERCPU_SIZE        128

#define DOORBELL_SHIFT     5 /* log2(sizeof(struct doorbell_config)) */
#define DOORBELL_REGISTER  0
#define DOORBELL_BIT       8

#ifndef __ASSEMBLER__
#include "hyp/config.h"

#include <stdatomic.h>

struct vcpu;

struct trap_frame {
	uint64_t x[31];
	uint64_t esr;
	uint64_t elr;
	uint64_t spsr;
};

struct ALIGNED(64) percpu {
	uint64_t     panic_sp;
	struct vcpu *vcpu; /* NULL: no partition uses this CPU */
	const struct doorbell_config *doorbells;
	uint64_t     n_doorbells;
	_Atomic(uint64_t) attention; /* written by other CPUs too */
	uint64_t     wfi_exits;
	uint64_t     gic_sysregs;
	const struct partition_config *partition;
	uint32_t     cpu_id;
};

extern struct percpu percpus[MAX_CPUS];

/* Where boot.S leaves room for the guest's first frame: at the top of the CPU's stack. */
static inline struct trap_frame *cpu_first_frame(uint32_t cpu_id)
{
	return (struct trap_frame *)(void *)&cpu_stacks[cpu_id + 1] - 1;
}
#endif
