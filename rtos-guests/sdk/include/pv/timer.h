/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generic timer. Both counters run at pv_timer_frequency() and show the
 * same value in all partitions (CNTVOFF is 0). Each CPU has both timers; their
 * interrupts are level PPIs: re-arm or stop the timer before ending one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum pv_timer {
	PV_TIMER_VIRTUAL,  /* CNTV, PPI 27 */
	PV_TIMER_PHYSICAL, /* CNTP, PPI 30 */
};

#define PV_TIMER_VIRTUAL_INTID  27u
#define PV_TIMER_PHYSICAL_INTID 30u

uint64_t pv_timer_frequency(void); /* ticks per second */
uint64_t pv_timer_now(void);       /* CNTVCT, ordered after earlier instructions */
uint64_t pv_timer_now_physical(void);

/* Fire when the counter reaches `at`, at once if it already has. */
void pv_timer_set(enum pv_timer timer, uint64_t at);
void pv_timer_stop(enum pv_timer timer);
bool pv_timer_has_fired(enum pv_timer timer);

/* Exact and without overflow for spans up to 500 years at 1 GHz. */
uint64_t pv_ticks_from_ns(uint64_t ns);
uint64_t pv_ns_from_ticks(uint64_t ticks);

static inline uint64_t pv_ticks_from_us(uint64_t us)
{
	return pv_ticks_from_ns(us * 1000u);
}

/* Spin; for start-up and tests. */
void pv_timer_delay_us(uint64_t us);
