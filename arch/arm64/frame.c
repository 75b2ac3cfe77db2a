/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/frame.h"

#include "arch/arm64/boot.h"
#include "arch/arm64/sysreg.h"

_Static_assert(offsetof(struct trap_frame, x[30]) == FRAME_X(30), "FRAME_X");
_Static_assert(offsetof(struct trap_frame, esr) == FRAME_ESR, "FRAME_ESR");
_Static_assert(offsetof(struct trap_frame, elr) == FRAME_ELR, "FRAME_ELR");
_Static_assert(offsetof(struct trap_frame, spsr) == FRAME_SPSR, "FRAME_SPSR");
_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE, "FRAME_SIZE");
_Static_assert(FRAME_SIZE % 16 == 0, "SP_EL2 must stay 16-byte aligned");

_Static_assert(offsetof(struct percpu, panic_sp) == PERCPU_PANIC_SP, "PERCPU_PANIC_SP");
_Static_assert(offsetof(struct percpu, vcpu) == PERCPU_VCPU, "PERCPU_VCPU");
_Static_assert(offsetof(struct percpu, doorbells) == PERCPU_DOORBELLS, "PERCPU_DOORBELLS");
_Static_assert(offsetof(struct percpu, n_doorbells) == PERCPU_N_DOORBELLS, "PERCPU_N_DOORBELLS");
_Static_assert(offsetof(struct percpu, attention) == PERCPU_ATTENTION, "PERCPU_ATTENTION");
_Static_assert(offsetof(struct percpu, wfi_exits) == PERCPU_WFI_EXITS, "PERCPU_WFI_EXITS");
_Static_assert(offsetof(struct percpu, gic_sysregs) == PERCPU_GIC_SYSREGS, "PERCPU_GIC_SYSREGS");
_Static_assert(offsetof(struct percpu, fast) == PERCPU_FAST, "PERCPU_FAST");
_Static_assert(offsetof(struct fast_gic, guest_gicd) == FAST_GUEST_GICD, "FAST_GUEST_GICD");
_Static_assert(offsetof(struct fast_gic, gicd) == FAST_GICD, "FAST_GICD");
_Static_assert(offsetof(struct fast_gic, owned) == FAST_OWNED, "FAST_OWNED");
_Static_assert(offsetof(struct fast_gic, statistics) == FAST_STATISTICS, "FAST_STATISTICS");
_Static_assert(offsetof(struct fast_gic, typer) == FAST_TYPER, "FAST_TYPER");
_Static_assert(offsetof(struct fast_gic, affinity) == FAST_AFFINITY, "FAST_AFFINITY");
_Static_assert(offsetof(struct fast_gic, sgi1r_targets) == FAST_SGI1R_TARGETS, "FAST_SGI1R_TARGETS");
_Static_assert(offsetof(struct fast_gic, shift) == FAST_SHIFT, "FAST_SHIFT");
_Static_assert(offsetof(struct fast_gic, sgir_targets) == FAST_SGIR_TARGETS, "FAST_SGIR_TARGETS");
_Static_assert(offsetof(struct fast_gic, slow_word) == FAST_SLOW_WORD, "FAST_SLOW_WORD");
_Static_assert(offsetof(struct fast_gic, gicc) == FAST_GICC, "FAST_GICC");
_Static_assert(STATISTIC_VGIC == 8 * PV_STATISTIC_VGIC, "STATISTIC_VGIC");
_Static_assert(STATISTIC_SGI == 8 * PV_STATISTIC_SGI, "STATISTIC_SGI");
_Static_assert(offsetof(struct percpu, messages) == PERCPU_MESSAGES, "PERCPU_MESSAGES");
_Static_assert(offsetof(struct percpu, n_messages) == PERCPU_MESSAGES + 8, "PERCPU_MESSAGES");
_Static_assert(offsetof(struct spinlock, next) == 0, "the lower half of the lock");
_Static_assert(offsetof(struct spinlock, serving) == 4, "the upper half of the lock");
_Static_assert(offsetof(struct message_queue, lock) == 0, "the lock comes first");
_Static_assert(offsetof(struct message_queue, put) == QUEUE_PUT, "QUEUE_PUT");
_Static_assert(offsetof(struct message_queue, taken) == QUEUE_TAKEN, "QUEUE_TAKEN");
_Static_assert(sizeof(struct message_end) == 1 << MESSAGE_END_SHIFT, "MESSAGE_END_SHIFT");
_Static_assert(offsetof(struct message_end, receive_queue) == END_RECEIVE_QUEUE, "END_RECEIVE_QUEUE");
_Static_assert(offsetof(struct message_end, slots) == END_SLOTS, "END_SLOTS");
_Static_assert(offsetof(struct message_end, send_queue) == END_SEND_QUEUE, "END_SEND_QUEUE");
_Static_assert(offsetof(struct message_end, pend_register) == END_REGISTER, "END_REGISTER");
_Static_assert(offsetof(struct message_end, mask) == END_MASK, "END_MASK");
_Static_assert(offsetof(struct message_end, sender) == END_SENDER, "END_SENDER");
_Static_assert(PV_MESSAGE_WORDS == 4, "a slot is five words");
_Static_assert(sizeof(struct percpu) == PERCPU_SIZE, "PERCPU_SIZE");

_Static_assert(sizeof(struct doorbell_config) == 1 << DOORBELL_SHIFT, "DOORBELL_SHIFT");
_Static_assert(offsetof(struct doorbell_config, pend_register) == DOORBELL_REGISTER, "DOORBELL_REGISTER");
_Static_assert(offsetof(struct doorbell_config, pend_bit) == DOORBELL_BIT, "DOORBELL_BIT");

_Static_assert(offsetof(struct system_config, cpus) == CONFIG_CPUS, "CONFIG_CPUS");
_Static_assert(offsetof(struct system_config, n_cpus) == CONFIG_N_CPUS, "CONFIG_N_CPUS");
_Static_assert(offsetof(struct system_config, tcr) == CONFIG_TCR, "CONFIG_TCR");
_Static_assert(offsetof(struct system_config, el2_root) == CONFIG_EL2_ROOT, "CONFIG_EL2_ROOT");
_Static_assert(offsetof(struct cpu_config, mpidr) == 0, "find_cpu reads it first");
_Static_assert(sizeof(struct cpu_config) == CPU_CONFIG_SIZE, "CPU_CONFIG_SIZE");
_Static_assert(sizeof(struct cpu_stack) == 1 << CPU_STACK_SHIFT, "CPU_STACK_SHIFT");

_Static_assert(MAIR_EL2_VALUE == MAIR_EL2_BOOT, "MAIR_EL2");
_Static_assert(SCTLR_EL2_ON == SCTLR_EL2_BOOT, "SCTLR_EL2");
_Static_assert((HCR_EL2_RW | HCR_EL2_AMO) == HCR_EL2_BOOT, "HCR_EL2");
_Static_assert(MPIDR_AFFINITY == MPIDR_AFFINITY_BOOT, "MPIDR_EL1");
