/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that uses one timer and never touches the other: "timer=virtual" or
 * "timer=physical" in its boot arguments. It measures ticks, and that a steady
 * 1 kHz tick costs not one exit to EL2.
 *
 * On a bare board (QEMU virt at EL1, -append "timer=virtual") it measures the same
 * ticks without EL2, for comparison.
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/start.h"
#include "pv/string.h"
#include "pv/timer.h"
#include "tests/qemu/guests/report.h"

#define N_TICKS     1000u
#define PERIOD_US   1000u
#define PATIENCE_US UINT64_C(60000000)

struct exits {
	uint64_t count[PV_N_STATISTICS];
};

static enum pv_timer timer;
static uint64_t period, deadline, worst, total;
static volatile uint32_t n_ticks;

static uint64_t now(void)
{
	return timer == PV_TIMER_VIRTUAL ? pv_timer_now() : pv_timer_now_physical();
}

static void on_tick(uint32_t intid, void *context)
{
	uint64_t late = now() - deadline;

	(void)intid;
	(void)context;
	worst = late > worst ? late : worst;
	total += late;
	n_ticks++;
	deadline += period;
	if (n_ticks < N_TICKS) {
		pv_timer_set(timer, deadline);
	} else {
		pv_timer_stop(timer);
	}
}

/* All zero on a bare board: there is nobody to exit to. */
static bool read_exits(struct exits *exits)
{
	bool is_good = true;

	*exits = (struct exits){ 0 };
	for (unsigned i = 0; i < PV_N_STATISTICS && pv_platform()->is_paravent; i++) {
		is_good = pv_statistics((enum pv_statistic)i, 0, &exits->count[i]) == PV_OK &&
			  is_good;
	}
	return is_good;
}

/* @is_sleeping  wait for each tick by WFI, else by spinning */
static bool run_ticks(bool is_sleeping)
{
	uint64_t start = now();

	n_ticks = 0;
	worst = 0;
	total = 0;
	deadline = start + period;
	pv_timer_set(timer, deadline);
	while (n_ticks < N_TICKS && now() - start < pv_ticks_from_us(PATIENCE_US)) {
		if (is_sleeping) {
			pv_wfi();
		}
		pv_irq_take_pending();
	}
	return n_ticks == N_TICKS;
}

static void test_ticks(bool is_sleeping)
{
	const char *how = is_sleeping ? "sleeping" : "spinning";
	struct exits before, after;
	uint64_t start, span;

	/* No report in between: the console is a hypercall, too. */
	bool has_before = read_exits(&before);

	start = now();
	bool is_complete = run_ticks(is_sleeping);

	span = now() - start;
	report(read_exits(&after) && has_before, "%s: statistics before and after", how);
	report(is_complete, "%s: %u ticks", how, N_TICKS);
	report(span >= N_TICKS * period, "%s: no tick comes early", how);

	uint64_t n_others = 0;

	for (unsigned i = 0; i < PV_N_STATISTICS; i++) {
		if (i != PV_STATISTIC_WFI && i != PV_STATISTIC_HYPERCALLS) {
			n_others += after.count[i] - before.count[i];
		}
	}
	report_equal(n_others, 0, "no exit in between");
	/* Each of the PV_N_STATISTICS questions above is one. */
	report_equal(after.count[PV_STATISTIC_HYPERCALLS] - before.count[PV_STATISTIC_HYPERCALLS],
		     pv_platform()->is_paravent ? PV_N_STATISTICS : 0,
		     "no hypercall but those that ask");

	uint64_t n_wfi = after.count[PV_STATISTIC_WFI] - before.count[PV_STATISTIC_WFI];

	if (is_sleeping) {
		report(n_wfi <= N_TICKS + 1, "%llu exits by WFI", (unsigned long long)n_wfi);
	} else {
		report_equal(n_wfi, 0, "no exit by WFI");
	}
	pv_printf(
		"timer: %s, %u ticks of %u us: exits %llu, late by %llu ns on average, %llu ns at "
		"worst, %llu ns in all\n",
		how, N_TICKS, PERIOD_US, (unsigned long long)n_others,
		(unsigned long long)pv_ns_from_ticks(total / N_TICKS),
		(unsigned long long)pv_ns_from_ticks(worst),
		(unsigned long long)pv_ns_from_ticks(total));
}

/* The other timer was never armed: nobody may have fired it. */
static void test_other_is_idle(void)
{
	if (timer == PV_TIMER_VIRTUAL) {
		report((pv_sysreg_read(cntp_ctl_el0) & 1) == 0, "the physical timer is off");
		report(!pv_irq_is_pending(PV_TIMER_PHYSICAL_INTID), "and not pending");
	} else {
		report((pv_sysreg_read(cntv_ctl_el0) & 1) == 0, "the virtual timer is off");
		report(!pv_irq_is_pending(PV_TIMER_VIRTUAL_INTID), "and not pending");
	}
}

void guest_main(void)
{
	char name[16] = "";
	uint32_t intid;

	pv_platform_argument("timer", name, sizeof(name));
	report(strcmp(name, "virtual") == 0 || strcmp(name, "physical") == 0, "timer \"%s\"", name);
	timer = strcmp(name, "physical") == 0 ? PV_TIMER_PHYSICAL : PV_TIMER_VIRTUAL;
	intid = timer == PV_TIMER_PHYSICAL ? PV_TIMER_PHYSICAL_INTID : PV_TIMER_VIRTUAL_INTID;
	period = pv_ticks_from_us(PERIOD_US);

	/* CNTVOFF_EL2 is 0: one time base. The second reading is the later one. */
	uint64_t virtual_time = pv_timer_now();
	uint64_t physical_time = pv_timer_now_physical();

	report(physical_time >= virtual_time &&
		       physical_time - virtual_time < pv_timer_frequency() / 10,
	       "both counters show the same time");
	report(pv_irq_attach(intid, on_tick, NULL), "interrupt %u attached", intid);
	test_ticks(false);
	test_ticks(true);
	test_other_is_idle();
	report_done();
}
