/* SPDX-License-Identifier: Apache-2.0 */
/* PSCI calls by the platform's conduit. Arm DEN 0022. */
#include "pv/psci.h"

#include "pv/cpu.h"
#include "pv/hypercall.h"
#include "pv/platform.h"

int64_t pv_psci_call(uint32_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
	struct pv_registers registers = { .x = { function, a1, a2, a3 } };

	pv_call(pv_platform()->conduit, &registers);
	/* 32-bit calls answer in w0. */
	return (function & UINT32_C(1) << 30) != 0 ? (int64_t)registers.x[0]
						   : (int32_t)registers.x[0];
}

/* For calls that do not come back, should one do so after all. */
static _Noreturn void halt(void)
{
	pv_irq_mask();
	for (;;) {
		pv_wfi();
	}
}

void pv_system_off(void)
{
	pv_psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	halt();
}

void pv_system_reset(void)
{
	pv_psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
	halt();
}

void pv_cpu_off(void)
{
	pv_psci_call(PSCI_CPU_OFF, 0, 0, 0);
	halt();
}
