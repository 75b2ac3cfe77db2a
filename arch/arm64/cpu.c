/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processor: EL2's own registers, a vCPU's reset state, starting CPUs.
 *
 * Owns     EL2 and EL1 system registers of each CPU, except GIC and MMU ones
 * Locks    none: each CPU writes only its own
 * Context  EL2, interrupts masked
 * Spec     Arm DDI 0487 "AArch64 System Register Descriptions"; Arm DEN 0022 (PSCI)
 */
#include "arch/cpu.h"

#include "arch/arm64/mmio.h"
#include "arch/arm64/sysreg.h"
#include "arch/barrier.h"
#include "arch/mmu.h"
#include "core/init.h"

#define PSCI_CPU_ON     UINT64_C(0xc4000003)
#define PSCI_SYSTEM_OFF UINT64_C(0x84000008)

#define ESR_EC_HVC64    UINT64_C(0x16)
#define ESR_EC_SYSREG   UINT64_C(0x18)

/* boot.S, vectors.S */
extern const char secondary_start[], probe_sgi[], probe_mask[];
uint64_t probe_run(const char *entry);

struct percpu percpus[MAX_CPUS];

struct percpu *this_cpu(void)
{
	return (struct percpu *)sysreg_read(tpidr_el2);
}

void barrier_before_device(void)
{
	dsb(ishst);
}

void barrier_complete(void)
{
	dsb(sy);
	isb();
}

void cpu_wait_for_interrupt(void)
{
	__asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

void cpu_relax(void)
{
	__asm__ volatile("yield" : : : "memory");
}

uint64_t time_now(void)
{
	isb(); /* not earlier than the accesses before it */
	return sysreg_read(cntvct_el0);
}

uint64_t time_frequency_hz(void)
{
	return sysreg_read(cntfrq_el0);
}

/* SMC Calling Convention, fast call with three arguments. Arm DEN 0028. */
static int64_t firmware_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	__asm__ volatile("smc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			 :
			 : "memory", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			   "x12", "x13", "x14", "x15", "x16", "x17");
	return (int64_t)x0;
}

int64_t cpu_start(const struct cpu_config *config)
{
	uint64_t entry = (uint64_t)secondary_start;

	if (system_config.cpu_start == CPU_START_PSCI_SMC) {
		return firmware_call(PSCI_CPU_ON, config->mpidr, entry, 0);
	}

	/* Spin table (devicetree specification "cpu-release-addr"): the CPU polls with caches off. */
	mmio_write64(config->release_address, 0, entry);
	cache_clean_invalidate((const void *)config->release_address.value, sizeof(entry));
	__asm__ volatile("sev");
	return 0;
}

void machine_power_off(void)
{
	if (system_config.cpu_start == CPU_START_PSCI_SMC) {
		(void)firmware_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	}
}

_Noreturn void cpu_stop(void)
{
	for (;;) {
		__asm__ volatile("msr daifset, #0xf\n\twfi");
	}
}

void cpu_init(const struct cpu_config *config)
{
	struct percpu *cpu = this_cpu();

	cpu->cpu_id = (uint32_t)(config - system_config.cpus);
	cpu->gic_sysregs = system_config.gic.version == GIC_V3;
	cpu->panic_sp = (uint64_t)&cpu_stacks[cpu->cpu_id + 1];

	if (field_get(ID_AA64PFR0_EL1_GIC, sysreg_read(id_aa64pfr0_el1)) == 0 &&
	    system_config.gic.version == GIC_V3) {
		init_refuse("this CPU has no GICv3 interface, but the system was built for GICv3");
	}
	sysreg_write(cptr_el2, CPTR_EL2_OPEN);
	isb();
}

/* What a reset would leave in EL1, for every register that a guest can have changed. */
static void reset_el1(void)
{
	sysreg_write(sctlr_el1, SCTLR_EL1_RESET);
	sysreg_write(cpacr_el1, 0);
	sysreg_write(ttbr0_el1, 0);
	sysreg_write(ttbr1_el1, 0);
	sysreg_write(tcr_el1, 0);
	sysreg_write(mair_el1, 0);
	sysreg_write(amair_el1, 0);
	sysreg_write(vbar_el1, 0);
	sysreg_write(contextidr_el1, 0);
	sysreg_write(tpidr_el0, 0);
	sysreg_write(tpidrro_el0, 0);
	sysreg_write(tpidr_el1, 0);
	sysreg_write(sp_el0, 0);
	sysreg_write(sp_el1, 0);
	sysreg_write(elr_el1, 0);
	sysreg_write(spsr_el1, 0);
	sysreg_write(esr_el1, 0);
	sysreg_write(far_el1, 0);
	sysreg_write(par_el1, 0);
	sysreg_write(csselr_el1, 0);
	sysreg_write(mdscr_el1, 0);
	sysreg_write(cntkctl_el1, 0);
	sysreg_write(cntv_ctl_el0, 0);
	sysreg_write(cntp_ctl_el0, 0);
	isb();
}

void vcpu_bind(const struct partition_config *partition, const struct vcpu_config *vcpu)
{
	uint64_t pa_range = field_get(ID_AA64MMFR0_EL1_PARANGE, sysreg_read(id_aa64mmfr0_el1));
	uint64_t counters = 0;

	/* HPMN = all counters: the PMU is the partition's. Reserved when there is no PMU. */
	if (field_get(ID_AA64DFR0_EL1_PMUVER, sysreg_read(id_aa64dfr0_el1)) != 0) {
		counters = field_get(PMCR_EL0_N, sysreg_read(pmcr_el0));
	}

	sysreg_write(vtcr_el2, system_config.vtcr | field_put(VTCR_EL2_PS, pa_range));
	sysreg_write(vttbr_el2, partition->vttbr);
	sysreg_write(vpidr_el2, sysreg_read(midr_el1));
	sysreg_write(vmpidr_el2, VMPIDR_EL2_RES1 | vcpu->number);
	sysreg_write(mdcr_el2, field_put(MDCR_EL2_HPMN, counters));
	sysreg_write(hstr_el2, 0);
	sysreg_write(actlr_el2, 0); /* implementation defined control stays EL2's */
	sysreg_write(cnthctl_el2, CNTHCTL_EL2_EL1PCTEN | CNTHCTL_EL2_EL1PCEN);
	sysreg_write(cntvoff_el2, 0); /* one time base for all */
	sysreg_write(hcr_el2, HCR_EL2_DIRECT);
	isb();
}

void vcpu_reset(struct trap_frame *frame, ipa_t entry, uint64_t context)
{
	reset_el1();
	for (size_t i = 0; i < ARRAY_SIZE(frame->x); i++) {
		frame->x[i] = 0;
	}
	frame->x[0] = context;
	frame->elr = entry.value;
	frame->spsr = SPSR_GUEST_START;

	/* The memory may hold another program than the one these have seen. */
	tlbi(vmalls12e1);
	__asm__ volatile("ic iallu" : : : "memory");
	dsb(nsh);
	isb();
}

void vcpu_inject_undefined(struct trap_frame *frame)
{
	/* Offsets of the synchronous entry by origin. Arm DDI 0487 "Exception vectors". */
	static const uint16_t from_el1_sp0 = 0x000, from_el1_spx = 0x200, from_el0_a64 = 0x400,
			      from_el0_a32 = 0x600;
	uint16_t offset = from_el0_a64;

	if ((frame->spsr & SPSR_M_AARCH32) != 0) {
		offset = from_el0_a32;
	} else if (field_get(SPSR_M, frame->spsr) == SPSR_M_EL1H) {
		offset = from_el1_spx;
	} else if (field_get(SPSR_M, frame->spsr) == SPSR_M_EL1T) {
		offset = from_el1_sp0;
	}
	sysreg_write(elr_el1, frame->elr);
	sysreg_write(spsr_el1, frame->spsr);
	sysreg_write(esr_el1, ESR_EL1_UNKNOWN);
	frame->elr = sysreg_read(vbar_el1) + offset;
	frame->spsr = SPSR_GUEST_START;
}

uint64_t trap_fault_va(void)
{
	return sysreg_read(far_el2);
}

/*
 * Stage 1 allowed the access, at EL0 or EL1, so EL1 may read there. The walk meets
 * no bus error: HCR_EL2.PTW keeps it out of Device memory. Returns PAR_EL1.
 */
static uint64_t translate_stage1(uint64_t va)
{
	uint64_t guests = sysreg_read(par_el1);
	uint64_t result;

	__asm__ volatile("at s1e1r, %0" : : "r"(va) : "memory");
	isb();
	result = sysreg_read(par_el1);
	sysreg_write(par_el1, guests);
	return result;
}

bool trap_fault_ipa(bool is_permission, ipa_t *ipa)
{
	uint64_t va = sysreg_read(far_el2);
	uint64_t page = field_get(HPFAR_EL2_FIPA, sysreg_read(hpfar_el2)) * PAGE_BYTES;

	/* Arm DDI 0487 "HPFAR_EL2": UNKNOWN after a permission fault that is not on a walk. */
	if (is_permission) {
		uint64_t par = translate_stage1(va);

		if ((par & PAR_EL1_F) != 0) {
			return false;
		}
		page = par & PAR_EL1_PA;
	}
	*ipa = IPA(page | (va & (PAGE_BYTES - 1)));
	return true;
}

void vcpu_read_registers(struct vcpu_registers *out)
{
	out->sp_el0 = sysreg_read(sp_el0);
	out->sp_el1 = sysreg_read(sp_el1);
	out->elr_el1 = sysreg_read(elr_el1);
	out->esr_el1 = sysreg_read(esr_el1);
	out->far_el1 = sysreg_read(far_el1);
	out->sctlr_el1 = sysreg_read(sctlr_el1);
	out->vbar_el1 = sysreg_read(vbar_el1);
}

const char *cpu_check_direct_interrupts(void)
{
	uint64_t esr;

	if (system_config.gic.version != GIC_V3) {
		return NULL; /* GICv2's distributor, and with it SGIs, is memory: stage 2 guards it */
	}
	reset_el1();
	sysreg_write(hcr_el2, HCR_EL2_DIRECT & ~HCR_EL2_VM);
	isb();

	esr = probe_run(probe_sgi);
	if (field_get(ESR_EL2_EC, esr) != ESR_EC_SYSREG) {
		return "a guest's SGI is not trapped with HCR_EL2.FMO = 1, IMO = 0";
	}

	uint64_t before = sysreg_read(ICC_PMR_EL1);

	esr = probe_run(probe_mask);
	if (field_get(ESR_EL2_EC, esr) != ESR_EC_HVC64 || sysreg_read(ICC_PMR_EL1) != before) {
		return "a guest's ICC_PMR_EL1 is the physical one with HCR_EL2.FMO = 1, IMO = 0";
	}
	return NULL;
}
