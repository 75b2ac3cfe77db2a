/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vGIC as a filter: everything about own interrupts works, nothing about
 * foreign ones does, by any register and any access size. The neighbour, guest
 * "victim", checks at the same time that nothing arrives there.
 *
 * Two CPUs: the tests run on CPU 0, CPU 1 takes what is routed to it.
 */
#include "tests/qemu/guests/vgic/vgic.h"

#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/start.h"
#include "pv/timer.h"
#include "tests/qemu/guests/report.h"

#define ACTIVE_IN_HANDLER  1u
#define DISABLE_IN_HANDLER 2u

const uint32_t foreign[N_FOREIGN] = { 39, 40, 79, 111, 150, 287 };

#define SGI_OF_EL2 15u

static volatile uint32_t n_taken[PV_MAX_CPUS];
static volatile uint32_t n_sgis[PV_MAX_CPUS][16], what_to_do, n_active, is_second_up;

static void on_own(uint32_t intid, void *context)
{
	(void)context;
	if (what_to_do == ACTIVE_IN_HANDLER) {
		n_active += pv_irq_is_active(intid);
	}
	if (what_to_do == DISABLE_IN_HANDLER) {
		pv_irq_disable(intid);
	}
	n_taken[pv_cpu_number()]++;
}

static void on_sgi(uint32_t intid, void *context)
{
	(void)context;
	n_sgis[pv_cpu_number()][intid]++;
}

static void second_cpu(void *context)
{
	(void)context;
	pv_irq_set_priority(PPI_TIMER, 0xb0);
	is_second_up = 1;
	for (;;) {
		pv_wfi();
		pv_irq_take_pending();
	}
}

static bool taken(uint32_t cpu, uint32_t before)
{
	pv_irq_unmask();
	bool is_taken = wait_until(&n_taken[cpu], before + 1, SECOND_US);

	pv_irq_mask();
	return is_taken;
}

/* ---- Delivery ----------------------------------------------------------------------- */

static void test_delivery(void)
{
	uint32_t before = n_taken[0];

	report(pv_irq_attach(OWN, on_own, NULL), "attach INTID %u", OWN);
	what_to_do = ACTIVE_IN_HANDLER;
	pv_irq_set_pending(OWN, true);
	report(taken(0, before) && n_active == 1,
	       "made pending, it is taken, and active meanwhile");
	report(!pv_irq_is_active(OWN) && !pv_irq_is_pending(OWN), "then it is neither");

	pv_irq_disable(OWN);
	pv_irq_set_pending(OWN, true);
	report(pv_irq_is_pending(OWN) && !taken(0, before + 1), "disabled, it waits");
	pv_irq_enable(OWN);
	report(taken(0, before + 1), "enabled, it comes");

	/* Disabled between acknowledge and end: it must not stay active for ever. */
	what_to_do = DISABLE_IN_HANDLER;
	pv_irq_set_pending(OWN, true);
	report(taken(0, before + 2), "disabled by its own handler");
	report(!pv_irq_is_active(OWN), "it is ended nevertheless");
	what_to_do = 0;
	pv_irq_enable(OWN);
	pv_irq_set_pending(OWN, true);
	report(taken(0, before + 3), "and comes again");
	report_equal(n_taken[0], before + 4, "each came once");
}

static void test_routing(void)
{
	uint32_t before = n_taken[1];

	pv_irq_set_target(OWN, 1);
	pv_irq_set_pending(OWN, true);
	report(taken(1, before), "routed to CPU 1, it arrives there");
	pv_irq_set_target(OWN, 0);
	before = n_taken[0];
	pv_irq_set_pending(OWN, true);
	report(taken(0, before), "routed back, it arrives here");
	pv_irq_disable(OWN);
}

/* ---- SGIs ------------------------------------------------------------------------------ */

static bool sgi_came(uint32_t cpu, uint32_t sgi, uint32_t before)
{
	pv_irq_unmask();
	bool has_come = wait_until(&n_sgis[cpu][sgi], before + 1, SECOND_US);

	pv_irq_mask();
	return has_come;
}

static void test_sgis(void)
{
	uint32_t n_good = 0, n_of_el2 = 0;

	for (uint32_t sgi = 0; sgi < 16; sgi++) {
		pv_irq_attach(sgi, on_sgi, NULL);
	}
	for (uint32_t sgi = 0; sgi < 16; sgi++) {
		for (uint32_t cpu = 0; cpu < 2; cpu++) {
			uint32_t before = n_sgis[cpu][sgi];

			pv_irq_send(cpu, sgi);
			*(sgi == SGI_OF_EL2 ? &n_of_el2 : &n_good) += sgi_came(cpu, sgi, before);
		}
	}
	report_equal(n_good, 30, "SGIs 0 to 14 reach CPU 0 and CPU 1");
	report_equal(n_of_el2, 0, "SGI 15 is EL2's and reaches nobody");

	uint32_t here = n_sgis[0][4], there = n_sgis[1][4];

	pv_irq_send_others(4);
	report(sgi_came(1, 4, there), "an SGI to all others reaches CPU 1");
	send_sgi_to_others(4);
	report(sgi_came(1, 4, there + 1), "and so with a target list of everybody");
	there++;
	send_sgi_to_foreign(4);
	pv_timer_delay_us(20000);
	pv_irq_take_pending();
	report(n_sgis[0][4] == here && n_sgis[1][4] == there + 1,
	       "SGIs to CPUs that are not ours reach none of ours");
	send_sgi_to_all(4);
	report(sgi_came(0, 4, here) && sgi_came(1, 4, there + 1),
	       "a target list of everybody reaches both of ours");
}

void guest_main(void)
{
	report(pv_cpu_start(1, second_cpu, NULL) == PV_OK &&
		       wait_until(&is_second_up, 1, 10 * SECOND_US),
	       "CPU 1 is up");
	test_identity();
	test_bit_registers();
	test_each_general_register();
	test_priorities();
	test_configuration();
	test_targets();
	test_private();
	test_delivery();
	test_routing();
	test_sgis();
	if (pv_platform()->gic_version == 3) {
		test_redistributors();
	} else {
		test_pending_sgis();
	}
	report_done();
}
