/* SPDX-License-Identifier: Apache-2.0 */
/* The machine under the ports library: see pv/port_access.h. */
#include "pv/port_access.h"

#include "pv/cpu.h"
#include "pv/hypercall.h"
#include "pv/timer.h"

uint64_t port_now(void)
{
	return pv_timer_now();
}

uint64_t port_ticks_from_us(uint64_t us)
{
	return pv_ticks_from_us(us);
}

enum pv_status port_ring(uint32_t doorbell)
{
	/*
	 * The messages before must be in the window when the bell, a store to the
	 * interrupt controller by another agent, rings: hence DSB, not DMB.
	 */
	pv_dsb();
	return pv_doorbell(doorbell);
}
