/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How late a 1 kHz tick is, with interrupts open all the time. Makes no
 * hypercall but those of the console, so the very same binary runs bare: under
 * -icount both must say the same, to the instruction.
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/irq.h"
#include "pv/start.h"
#include "pv/timer.h"
#include "tests/qemu/guests/report.h"

#define N_TICKS   1000u
#define PERIOD_US 1000u

static uint64_t period, deadline, best, worst, total;
static volatile uint32_t n_ticks;

static void on_tick(uint32_t intid, void *context)
{
	uint64_t late = pv_timer_now() - deadline;

	(void)intid;
	(void)context;
	best = late < best ? late : best;
	worst = late > worst ? late : worst;
	total += late;
	n_ticks++;
	deadline += period;
	if (n_ticks < N_TICKS) {
		pv_timer_set(PV_TIMER_VIRTUAL, deadline);
	} else {
		pv_timer_stop(PV_TIMER_VIRTUAL);
	}
}

void guest_main(void)
{
	period = pv_ticks_from_us(PERIOD_US);
	best = UINT64_MAX;
	report(pv_irq_attach(PV_TIMER_VIRTUAL_INTID, on_tick, NULL), "the timer's interrupt");
	deadline = pv_timer_now() + period;
	pv_timer_set(PV_TIMER_VIRTUAL, deadline);
	pv_irq_unmask();
	while (n_ticks < N_TICKS) {
	}
	pv_irq_mask();
	pv_printf("tick: %u ticks late by %llu at best, %llu in all, %llu at worst\n", N_TICKS,
		  (unsigned long long)best, (unsigned long long)total, (unsigned long long)worst);
	report_done();
}
