/* SPDX-License-Identifier: Apache-2.0 */
/* The generic timer. Arm DDI 0487 "The Generic Timer in AArch64 state". */
#include "pv/timer.h"

#include "pv/cpu.h"

#define NS_PER_SECOND UINT64_C(1000000000)

#define CNT_CTL_ENABLE  UINT64_C(1)
#define CNT_CTL_ISTATUS UINT64_C(4)

uint64_t pv_timer_frequency(void)
{
	return pv_sysreg_read(cntfrq_el0);
}

uint64_t pv_timer_now(void)
{
	pv_isb(); /* the counter is not read ahead of what came before */
	return pv_sysreg_read(cntvct_el0);
}

uint64_t pv_timer_now_physical(void)
{
	pv_isb(); /* likewise */
	return pv_sysreg_read(cntpct_el0);
}

void pv_timer_set(enum pv_timer timer, uint64_t at)
{
	if (timer == PV_TIMER_VIRTUAL) {
		pv_sysreg_write(cntv_cval_el0, at);
		pv_sysreg_write(cntv_ctl_el0, CNT_CTL_ENABLE);
	} else {
		pv_sysreg_write(cntp_cval_el0, at);
		pv_sysreg_write(cntp_ctl_el0, CNT_CTL_ENABLE);
	}
	pv_isb(); /* armed, and its old interrupt gone, when this returns */
}

void pv_timer_stop(enum pv_timer timer)
{
	if (timer == PV_TIMER_VIRTUAL) {
		pv_sysreg_write(cntv_ctl_el0, 0);
	} else {
		pv_sysreg_write(cntp_ctl_el0, 0);
	}
	pv_isb(); /* its interrupt is gone when this returns */
}

bool pv_timer_has_fired(enum pv_timer timer)
{
	uint64_t control = timer == PV_TIMER_VIRTUAL ? pv_sysreg_read(cntv_ctl_el0)
						     : pv_sysreg_read(cntp_ctl_el0);

	return (control & CNT_CTL_ENABLE) != 0 && (control & CNT_CTL_ISTATUS) != 0;
}

/* value * to / from in two parts, so that the product stays within 64 bits. */
static uint64_t scale(uint64_t value, uint64_t to, uint64_t from)
{
	return value / from * to + value % from * to / from;
}

uint64_t pv_ticks_from_ns(uint64_t ns)
{
	return scale(ns, pv_timer_frequency(), NS_PER_SECOND);
}

uint64_t pv_ns_from_ticks(uint64_t ticks)
{
	return scale(ticks, NS_PER_SECOND, pv_timer_frequency());
}

void pv_timer_delay_us(uint64_t us)
{
	uint64_t start = pv_timer_now();
	uint64_t span = pv_ticks_from_us(us);

	while (pv_timer_now() - start < span) {
	}
}
