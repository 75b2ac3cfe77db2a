/* SPDX-License-Identifier: Apache-2.0 */
/* The core that gets in the way: it writes memory, one line of the cache after the other, and enters EL2. */
#include "tests/bench/bench.h"

#include "pv/hypercall.h"
#include "pv/mmio.h"
#include "pv/platform.h"
#include "pv/timer.h"

#define LINE_BYTES  64u
#define STORM_BYTES (UINT64_C(1) << 20) /* at the end of the partition's memory: more than a core's own cache */
#define GICD_CTLR   0u                  /* read by C */
#define TURN_TICKS  512u                /* at most */

uint64_t bench_random(void)
{
	static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/*
 * QEMU runs one core until the next timer is due, and then another. So that its turn ends
 * anywhere, also in EL2, one that never sleeps has a timer, whose interrupt it does not take.
 */
void bench_end_turn_soon(void)
{
	pv_timer_set(PV_TIMER_VIRTUAL, pv_timer_now() + bench_random() % TURN_TICKS);
}

void storm(void)
{
	const struct pv_memory_range *memory = &pv_platform()->memory[0];
	uint64_t first = memory->base + memory->bytes - STORM_BYTES;

	for (;;) {
		for (uint64_t at = 0; at < STORM_BYTES; at += LINE_BYTES) {
			*(volatile uint64_t *)(uintptr_t)(first + at) = at;
			if (at % (16 * LINE_BYTES) == 0) {
				bench_end_turn_soon();
				(void)pv_features(PV_NULL);
				(void)pv_mmio_read32(pv_platform()->gicd + GICD_CTLR);
			}
		}
	}
}
