/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's clocks. */
#include "pv/lwip_hooks.h"
#include "pv/timer.h"

#include "lwip/sys.h"

#define NS_PER_MS       UINT64_C(1000000)
#define NS_PER_SEQUENCE UINT64_C(4000)

u32_t sys_now(void)
{
	return (u32_t)(pv_ns_from_ticks(pv_timer_now()) / NS_PER_MS);
}

uint32_t pv_lwip_isn(void)
{
	return (uint32_t)(pv_ns_from_ticks(pv_timer_now()) / NS_PER_SEQUENCE);
}
