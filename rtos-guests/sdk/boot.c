/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start-up behind start.S, of the first CPU and of the others.
 *
 * Owns     pv_cpus, pv_stacks.
 * Context  each CPU its own block; a block is filled by pv_cpu_start() while
 *          its CPU is off.
 */
#include "rtos-guests/sdk/internal.h"

#include "pv/exception.h"
#include "pv/irq.h"
#include "pv/mmu.h"
#include "pv/platform.h"
#include "pv/psci.h"
#include "pv/start.h"

struct pv_stack pv_stacks[PV_MAX_CPUS] __attribute__((section(".stacks"), aligned(4096)));

static struct {
	char bytes[EXCEPTION_STACK_BYTES] __attribute__((aligned(16)));
} exception_stacks[PV_MAX_CPUS];

static struct pv_cpu pv_cpus[PV_MAX_CPUS];

/* start.S */
extern char pv_secondary_start[];

static struct pv_cpu *prepare_cpu(uint32_t number)
{
	struct pv_cpu *cpu = &pv_cpus[number];

	cpu->number = number;
	cpu->stack = (uint64_t)(uintptr_t)(&pv_stacks[number] + 1);
	cpu->exception_stack = (uint64_t)(uintptr_t)(&exception_stacks[number] + 1);
	return cpu;
}

void pv_boot(const void *dtb)
{
	/* The block first: from here on a fault can be reported. */
	pv_sysreg_write(tpidr_el1, (uintptr_t)prepare_cpu(0));
	pv_platform_init(dtb);
	pv_mmu_init();
	pv_mmu_enable();
	pv_irq_init();
	pv_irq_init_cpu();
	guest_main();
	pv_system_off();
}

void pv_boot_secondary(struct pv_cpu *cpu)
{
	pv_sysreg_write(tpidr_el1, (uintptr_t)cpu);
	pv_irq_init_cpu();
	cpu->entry(cpu->context);
	pv_cpu_off();
}

enum pv_status pv_cpu_start(uint32_t number, pv_cpu_entry *entry, void *context)
{
	if (number >= pv_platform()->n_cpus || number >= PV_MAX_CPUS) {
		return PV_NO_SUCH;
	}

	/* A running CPU's block must stay as it is. */
	if (pv_psci_call(PSCI_AFFINITY_INFO, number, 0, 0) != PSCI_AFFINITY_OFF) {
		return PV_BUSY;
	}

	struct pv_cpu *cpu = prepare_cpu(number);

	cpu->entry = entry;
	cpu->context = context;
	pv_cache_clean(cpu, sizeof(*cpu)); /* the starting CPU reads it with caches off */

	int64_t result =
		pv_psci_call(PSCI_CPU_ON, number, (uintptr_t)pv_secondary_start, (uintptr_t)cpu);

	if (result == PSCI_SUCCESS) {
		return PV_OK;
	}
	if (result == PSCI_ALREADY_ON || result == PSCI_ON_PENDING) {
		return PV_BUSY;
	}
	return result == PSCI_INVALID_PARAMETERS ? PV_NO_SUCH : PV_NOT_ALLOWED;
}
