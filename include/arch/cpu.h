/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the processor must offer: starting CPUs, entering and leaving guests,
 * time, and the registers a report shows.
 */
#pragma once

#include "arch/frame.h"
#include "hyp/config.h"

/* Per-CPU data of the caller; for log and panic only (handlers are passed what they need). */
struct percpu *this_cpu(void);

/* This CPU's EL2 registers. Refuses (init_refuse) what the CPU cannot do. */
void cpu_init(const struct cpu_config *config);

/*
 * Prove that interrupt mode "direct" holds here: with HCR_EL2.FMO = 1 and IMO = 0
 * a guest's SGI is trapped and its priority mask is not the physical one.
 * Returns NULL, or what is wrong.
 */
const char *cpu_check_direct_interrupts(void);

/* Start a CPU at EL2 into core/init.h's init_secondary_cpu(). Returns 0, or the firmware's error code. */
int64_t cpu_start(const struct cpu_config *config);

/* Power the machine off by its firmware. Returns when that is not possible. */
void machine_power_off(void);

/* Stop this CPU for good. */
_Noreturn void cpu_stop(void);

/* Counter ticks since power-on, the same on all CPUs, and ticks per second. */
uint64_t time_now(void);
uint64_t time_frequency_hz(void);

/* Set up this CPU for its vCPU: stage 2, traps, virtual identity. Once. */
void vcpu_bind(const struct partition_config *partition, const struct vcpu_config *vcpu);

/* EL1 as after reset, MMU off, and in `frame` the first instruction with x0 = context. */
void vcpu_reset(struct trap_frame *frame, ipa_t entry, uint64_t context);

/* Give the guest an Undefined Instruction exception at its current instruction. */
void vcpu_inject_undefined(struct trap_frame *frame);

/*
 * Syndrome of a stage 2 abort, valid until the next trap. Of a permission fault the
 * hardware gives no IPA: the guest's own tables are asked for it. false: they do
 * not lead there any more.
 */
uint64_t trap_fault_va(void);
MUST_USE bool trap_fault_ipa(bool is_permission, ipa_t *ipa);

/* What a crash report shows of EL1 besides the frame. */
struct vcpu_registers {
	uint64_t sp_el0, sp_el1, elr_el1, esr_el1, far_el1, sctlr_el1, vbar_el1;
};
void vcpu_read_registers(struct vcpu_registers *out);
