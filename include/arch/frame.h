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
#define PERCPU_FAST        72 /* struct fast_gic */
#define PERCPU_MESSAGES    144 /* struct message_end of the running partition's ports; their number behind it */
#define PERCPU_SIZE        192

#define FAST_GUEST_GICD    0
#define FAST_GICD          8
#define FAST_OWNED         16
#define FAST_STATISTICS    24
#define FAST_TYPER         32
#define FAST_AFFINITY      40
#define FAST_SGI1R_TARGETS 48 /* and the shift behind it: a pair */
#define FAST_SHIFT         52
#define FAST_SGIR_TARGETS  56
#define FAST_SLOW_WORD     60
#define FAST_GICC          64

#define STATISTIC_VGIC     16 /* in vcpu.statistics */
#define STATISTIC_SGI      24

#define DOORBELL_SHIFT     5 /* log2(sizeof(struct doorbell_config)) */
#define DOORBELL_REGISTER  0
#define DOORBELL_BIT       8

#define QUEUE_PUT          8
#define QUEUE_TAKEN        12

#define MESSAGE_END_SHIFT  6 /* log2(sizeof(struct message_end)) */
#define END_RECEIVE_QUEUE  0
#define END_SLOTS          8
#define END_SEND_QUEUE     16
#define END_REGISTER       24
#define END_MASK           40
#define END_SENDER         44

#ifndef __ASSEMBLER__
#include "hyp/config.h"
#include "hyp/spinlock.h"

#include <stdatomic.h>

struct vcpu;

struct trap_frame {
	uint64_t x[31];
	uint64_t esr;
	uint64_t elr;
	uint64_t spsr;
};

/*
 * What fast.S answers a guest's accesses to the GIC from, without C. Written by
 * vgic_bind() before the CPU enters its vCPU for the first time.
 */
struct fast_gic {
	uint64_t        guest_gicd; /* IPA of the trapped distributor */
	uint64_t        gicd;       /* the real one */
	const uint32_t *owned;      /* partition_config.interrupts */
	uint64_t       *statistics; /* of the vCPU */
	uint64_t        typer;      /* GICD_TYPER as the guest reads it */
	uint64_t        affinity;   /* GICv3: ICC_SGI1R_EL1 fields of the partition's CPUs, but for targets */
	/*
	 * Where vCPU n is target n + shift: its vCPUs as targets in ICC_SGI1R_EL1
	 * (GICv3) or in GICD_SGIR (GICv2). Else, and of the other GIC, 0.
	 */
	uint32_t        sgi1r_targets, shift, sgir_targets;
	uint32_t        slow_word;  /* of interrupts, whose owner may change: the console's */
	uint64_t        gicc;       /* GICv2 */
};

/* A queue of register messages. The assembly takes the lock as one word: 8-byte aligned. */
struct ALIGNED(16) message_queue {
	struct spinlock lock;
	uint32_t        put, taken; /* free running */
};

/* A message port as fast.S needs it; of other ports both queues are NULL. */
struct message_end {
	struct message_queue *receive_queue; /* NULL: not a destination */
	uint64_t (*slots)[1 + PV_MESSAGE_WORDS];
	struct message_queue *send_queue;    /* NULL: not a source */
	uint64_t pend_register;              /* the receiver's interrupt, as in struct doorbell_config */
	uint64_t pend_bit;
	uint32_t mask;                       /* depth - 1 */
	uint32_t sender;                     /* the partition's id */
	uint64_t reserved[2];
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
	struct fast_gic fast;
	const struct message_end *messages;
	uint64_t     n_messages; /* 0: all messages go to C */
};

extern struct percpu percpus[MAX_CPUS];

/* Where boot.S leaves room for the guest's first frame: at the top of the CPU's stack. */
static inline struct trap_frame *cpu_first_frame(uint32_t cpu_id)
{
	return (struct trap_frame *)(void *)&cpu_stacks[cpu_id + 1] - 1;
}
#endif
