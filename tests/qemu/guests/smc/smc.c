/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that knows no HVC: PSCI and hypercalls by SMC alone ("conduit=smc" in
 * its boot arguments makes the SDK do so).
 */
#include "pv/cpu.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/psci.h"
#include "pv/start.h"
#include "pv/timer.h"
#include "tests/qemu/guests/report.h"

#define TEST_SGI  3u
#define SECOND_US UINT64_C(1000000)

static volatile uint32_t n_runs, n_sgis;

static void on_sgi(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	n_sgis++;
}

static void second_cpu(void *context)
{
	(void)context;
	n_runs++;
	pv_irq_send(0, TEST_SGI);
}

void guest_main(void)
{
	uint64_t n_calls = 0;

	report(pv_platform()->conduit == PV_CONDUIT_SMC, "calls are made by SMC");
	report(pv_platform()->is_paravent, "SMC finds Paravent");
	report_equal((uint64_t)pv_psci_call(PSCI_VERSION, 0, 0, 0), 0x10001, "PSCI 1.1");
	report_equal((uint64_t)pv_psci_call(PSCI_FEATURES, PSCI_CPU_ON, 0, 0), 0,
		     "CPU_ON is there");
	report_equal((uint64_t)pv_psci_call(PSCI_AFFINITY_INFO, 1, 0, 0), PSCI_AFFINITY_OFF,
		     "CPU 1 is off");
	report(pv_statistics(PV_STATISTIC_PSCI, 0, &n_calls) == PV_OK && n_calls > 0,
	       "EL2 counted the calls");
	report(pv_irq_attach(TEST_SGI, on_sgi, NULL), "attach an SGI");
	for (uint32_t round = 1; round <= 2; round++) {
		pv_irq_unmask();
		report(pv_cpu_start(1, second_cpu, NULL) == PV_OK, "round %u: CPU_ON", round);
		report(wait_until(&n_runs, round, 10 * SECOND_US), "round %u: CPU 1 runs", round);
		report(wait_until(&n_sgis, round, 10 * SECOND_US), "round %u: its SGI comes",
		       round);
		pv_irq_mask();
		for (int i = 0;
		     i < 5000 && pv_psci_call(PSCI_AFFINITY_INFO, 1, 0, 0) != PSCI_AFFINITY_OFF;
		     i++) {
			pv_timer_delay_us(1000);
		}
		report_equal((uint64_t)pv_psci_call(PSCI_AFFINITY_INFO, 1, 0, 0), PSCI_AFFINITY_OFF,
			     "CPU 1 is off again");
	}
	report_done();
}
