/* SPDX-License-Identifier: Apache-2.0 */
/* PSCI and SMCCC: what they answer, and what they do to a second CPU. */
#include "tests/qemu/guests/abi/abi.h"

#include "rtos-guests/sdk/internal.h"

#include "pv/irq.h"
#include "pv/mmu.h"
#include "pv/platform.h"
#include "pv/psci.h"
#include "pv/timer.h"
#include "tests/qemu/guests/report.h"

#define PSCI_VERSION_1_1     0x10001
#define SMCCC_VERSION_1_2    0x10002
#define MIGRATE_NOT_REQUIRED 2

/* Power state, original format: bit 16 says power-down, bits 25:24 the level. */
#define STATE_STANDBY    UINT64_C(0)
#define STATE_POWER_DOWN UINT64_C(0x10000)
#define STATE_RESERVED   UINT64_C(0x80000000)

#define NOWHERE    UINT64_C(0x1000)     /* in nobody's memory */
#define SECOND_US  UINT64_C(1000000)
#define N_CASES(a) (sizeof(a) / sizeof((a)[0]))

/* entry.S: notes the state a CPU starts in, then goes on as any secondary does. */
extern char abi_entry[];
extern char pv_secondary_start[];

struct start_state {
	uint64_t x0, el, daif, sctlr, spsel, mpidr;
} __attribute__((aligned(64)));

struct start_state abi_start_state; /* written by entry.S past the caches */

static volatile uint32_t n_runs, n_resumes, is_to_stop;

void test_identification(void)
{
	struct pv_registers r;
	uint32_t major, minor;

	call(&r, PV_CALL_UID, 0, 0, 0);
	report(r.x[0] == PV_UID_0 && r.x[1] == PV_UID_1 && r.x[2] == PV_UID_2 && r.x[3] == PV_UID_3,
	       "call UID in w0..w3");
	pv_revision(&major, &minor);
	report(major == PV_ABI_MAJOR && minor == PV_ABI_MINOR, "revision %u.%u", major, minor);
	report(pv_platform()->is_paravent, "the device tree and the UID agree");
}

static const struct call_case psci_cases[] = {
	{ "PSCI_VERSION is 1.1", PSCI_VERSION, { 0 }, PSCI_VERSION_1_1 },
	{ "SMCCC_VERSION is 1.2", SMCCC_VERSION, { 0 }, SMCCC_VERSION_1_2 },
	{ "MIGRATE_INFO_TYPE: nothing to migrate", PSCI_MIGRATE_INFO_TYPE, { 0 },
	  MIGRATE_NOT_REQUIRED },
	{ "SMCCC_ARCH_FEATURES of itself", SMCCC_ARCH_FEATURES, { SMCCC_ARCH_FEATURES },
	  0 },
	{ "SMCCC_ARCH_FEATURES of SMCCC_VERSION", SMCCC_ARCH_FEATURES, { SMCCC_VERSION },
	  0 },
	{ "SMCCC_ARCH_FEATURES of nothing", SMCCC_ARCH_FEATURES, { 0x8000abcd }, -1 },
	{ "PSCI_FEATURES of PSCI_VERSION", PSCI_FEATURES, { PSCI_VERSION }, 0 },
	{ "PSCI_FEATURES of CPU_SUSPEND", PSCI_FEATURES, { PSCI_CPU_SUSPEND }, 0 },
	{ "PSCI_FEATURES of CPU_SUSPEND, 32 bits", PSCI_FEATURES, { PSCI_CPU_SUSPEND_32 },
	  0 },
	{ "PSCI_FEATURES of CPU_OFF", PSCI_FEATURES, { PSCI_CPU_OFF }, 0 },
	{ "PSCI_FEATURES of CPU_ON", PSCI_FEATURES, { PSCI_CPU_ON }, 0 },
	{ "PSCI_FEATURES of CPU_ON, 32 bits", PSCI_FEATURES, { PSCI_CPU_ON_32 }, 0 },
	{ "PSCI_FEATURES of AFFINITY_INFO", PSCI_FEATURES, { PSCI_AFFINITY_INFO }, 0 },
	{ "PSCI_FEATURES of SYSTEM_OFF", PSCI_FEATURES, { PSCI_SYSTEM_OFF }, 0 },
	{ "PSCI_FEATURES of SYSTEM_RESET", PSCI_FEATURES, { PSCI_SYSTEM_RESET }, 0 },
	{ "PSCI_FEATURES of PSCI_FEATURES", PSCI_FEATURES, { PSCI_FEATURES }, 0 },
	{ "PSCI_FEATURES of SMCCC_VERSION", PSCI_FEATURES, { SMCCC_VERSION }, 0 },
	{ "PSCI_FEATURES of SYSTEM_SUSPEND", PSCI_FEATURES, { PSCI_SYSTEM_SUSPEND }, -1 },
	{ "PSCI_FEATURES of nothing", PSCI_FEATURES, { 0x8400001f }, -1 },
	{ "AFFINITY_INFO of this CPU", PSCI_AFFINITY_INFO, { 0 }, PSCI_AFFINITY_ON },
	{ "AFFINITY_INFO of the other CPU", PSCI_AFFINITY_INFO, { 1 }, PSCI_AFFINITY_OFF },
	{ "AFFINITY_INFO, 32 bits", PSCI_AFFINITY_INFO_32, { 1 }, PSCI_AFFINITY_OFF },
	{ "AFFINITY_INFO of a CPU that is not ours", PSCI_AFFINITY_INFO, { 2 }, -2 },
	{ "AFFINITY_INFO of another cluster", PSCI_AFFINITY_INFO, { 0x100 }, -2 },
	{ "AFFINITY_INFO of level 1", PSCI_AFFINITY_INFO, { 0, 1 }, -2 },
	{ "CPU_ON of this CPU", PSCI_CPU_ON, { 0, 0x44400000 }, PSCI_ALREADY_ON },
	{ "CPU_ON of a CPU that is not ours", PSCI_CPU_ON, { 2, 0x44400000 }, -2 },
	{ "CPU_ON of another cluster", PSCI_CPU_ON, { UINT64_C(1) << 32, 0x44400000 }, -2 },
	{ "CPU_ON into EL2's memory", PSCI_CPU_ON, { 1, 0x40200000 },
	  PSCI_INVALID_ADDRESS },
	{ "CPU_ON into nobody's memory", PSCI_CPU_ON, { 1, NOWHERE },
	  PSCI_INVALID_ADDRESS },
	{ "CPU_ON, 32 bits, into nobody's memory", PSCI_CPU_ON_32, { 1, NOWHERE },
	  PSCI_INVALID_ADDRESS },
	{ "CPU_SUSPEND to nobody's memory", PSCI_CPU_SUSPEND, { STATE_POWER_DOWN, NOWHERE },
	  PSCI_INVALID_ADDRESS },
	{ "CPU_SUSPEND with reserved bits", PSCI_CPU_SUSPEND, { STATE_RESERVED, 0 },
	  PSCI_INVALID_PARAMETERS },
	{ "PSCI_VERSION as a 64-bit call", 0xc4000000, { 0 }, -1 },
	{ "CPU_OFF as a 64-bit call", 0xc4000002, { 0 }, -1 },
	{ "MIGRATE", 0x84000005, { 0 }, -1 },
	{ "SYSTEM_SUSPEND", PSCI_SYSTEM_SUSPEND, { 0x44400000 }, -1 },
	{ "SYSTEM_RESET2", 0xc4000012, { 0 }, -1 },
	{ "function 0", 0, { 1, 2, 3, 4, 5, 6, 7 }, -1 },
	{ "function 0xffffffff", 0xffffffff, { 1, 2, 3, 4, 5, 6, 7 }, -1 },
	{ "PSCI number beyond the table", 0x8400ffff, { 1, 2, 3, 4, 5, 6, 7 }, -1 },
	{ "PSCI with reserved bits", 0x84010000, { 1, 2, 3, 4, 5, 6, 7 }, -1 },
	{ "a yielding call", 0x06000000, { 1, 2, 3, 4, 5, 6, 7 }, -1 },
	{ "another vendor's call", 0xc2000001, { 1, 2, 3, 4, 5, 6, 7 }, -1 },
	{ "our numbers as 32-bit calls", 0x86000000, { 1, 2, 3, 4, 5, 6, 7 }, -1 },
	{ "our first unused number", PV_CALL64(PV_N_CALLS), { 1, 2, 3, 4, 5, 6, 7 }, -1 },
	{ "our last number", PV_CALL64(0xffff), { 1, 2, 3, 4, 5, 6, 7 }, -1 },
	{ "our numbers with reserved bits", PV_CALL64(0x10000), { 1, 2, 3, 4, 5, 6, 7 },
	  -1 },
};

void test_psci_values(void)
{
	static const struct call_case upper_halves = {
		"a 32-bit call ignores upper halves and keeps them",
		PSCI_FEATURES,
		{ UINT64_C(0xffffffff00000000) | PSCI_VERSION, 1, 1, UINT64_C(0x4444444400000004),
		  UINT64_C(0x5555555500000005), UINT64_C(0x6666666600000006),
		  UINT64_C(0x7777777700000007) },
		PSCI_SUCCESS,
	};

	run_cases(psci_cases, N_CASES(psci_cases), 1);
	run_cases(&upper_halves, 1, 1);
}

static void wait_off(void)
{
	for (int i = 0; i < 5000; i++) {
		if (pv_psci_call(PSCI_AFFINITY_INFO, 1, 0, 0) == PSCI_AFFINITY_OFF) {
			break;
		}
		pv_timer_delay_us(1000);
	}
	report_equal((uint64_t)pv_psci_call(PSCI_AFFINITY_INFO, 1, 0, 0), PSCI_AFFINITY_OFF,
		     "CPU 1 is off");
}

static void run_until_told(void *context)
{
	(void)context;
	n_runs++;
	while (is_to_stop == 0) {
	}
}

static void after_resume(void *context)
{
	(void)context;
	n_resumes++;
}

static void ignore_timer(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	pv_timer_stop(PV_TIMER_VIRTUAL);
}

/* Power down until the timer fires; come back through the entry point. */
static void suspend_to_entry(void *context)
{
	struct pv_cpu *cpu = pv_this_cpu();

	(void)context;
	n_runs++;
	pv_irq_attach(PV_TIMER_VIRTUAL_INTID, ignore_timer, NULL);
	pv_timer_set(PV_TIMER_VIRTUAL, pv_timer_now() + pv_ticks_from_us(20000));
	cpu->entry = after_resume;
	pv_cache_clean(cpu, sizeof(*cpu));
	pv_psci_call(PSCI_CPU_SUSPEND, STATE_POWER_DOWN, (uintptr_t)pv_secondary_start,
		     (uintptr_t)cpu);
}

static void drop_cached(const void *at)
{
	__asm__ volatile("dc civac, %0\n\tdsb sy" ::"r"(at) : "memory");
}

/* Reset state, by an entry point that looks before it does anything. */
static void test_entry_state(void)
{
	uint64_t context = UINT64_C(0x123456789abcdef0);

	drop_cached(&abi_start_state);
	report(pv_psci_call(PSCI_CPU_ON, 1, (uintptr_t)abi_entry, context) == PSCI_SUCCESS,
	       "CPU_ON of CPU 1");
	wait_off();
	drop_cached(&abi_start_state);
	report_equal(abi_start_state.x0, context, "it starts with x0 = context");
	report_equal(abi_start_state.el, 1u << 2, "at EL1");
	report_equal(abi_start_state.spsel, 1, "on SP_EL1");
	report_equal(abi_start_state.daif, 0x3c0, "with all interrupts masked");
	report_equal(abi_start_state.sctlr & 0x1005, 0, "with MMU and caches off");
	report_equal(abi_start_state.mpidr & UINT64_C(0xff00ffffff), 1, "as CPU 1");
}

static void test_suspend(void)
{
	uint64_t start = pv_timer_now();

	pv_irq_attach(PV_TIMER_VIRTUAL_INTID, ignore_timer, NULL);
	pv_timer_set(PV_TIMER_VIRTUAL, start + pv_ticks_from_us(10000));
	report_equal((uint64_t)pv_psci_call(PSCI_CPU_SUSPEND, STATE_STANDBY, 0, 0), PSCI_SUCCESS,
		     "CPU_SUSPEND to standby returns");
	report(pv_timer_now() - start >= pv_ticks_from_us(10000), "at the interrupt, not before");
	pv_timer_stop(PV_TIMER_VIRTUAL);

	n_runs = 0;
	n_resumes = 0;
	report(pv_cpu_start(1, suspend_to_entry, NULL) == PV_OK, "CPU 1 suspends to power-down");
	report(wait_until(&n_resumes, 1, 10 * SECOND_US), "and resumes at its entry point");
	report_equal(n_runs, 1, "once");
	wait_off();
}

void test_psci_cpus(void)
{
	test_entry_state();
	for (unsigned round = 1; round <= 3; round++) {
		n_runs = 0;
		is_to_stop = 0;
		report(pv_cpu_start(1, run_until_told, NULL) == PV_OK, "round %u: CPU 1 starts",
		       round);
		report(wait_until(&n_runs, 1, 10 * SECOND_US), "round %u: it runs", round);
		report_equal((uint64_t)pv_psci_call(PSCI_AFFINITY_INFO, 1, 0, 0), PSCI_AFFINITY_ON,
			     "AFFINITY_INFO says on");
		report_equal((uint64_t)pv_psci_call(PSCI_CPU_ON, 1, (uintptr_t)abi_entry, 0),
			     (uint64_t)PSCI_ALREADY_ON, "CPU_ON of a CPU that is on");
		is_to_stop = 1;
		wait_off();
	}
	test_suspend();
}
