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
