/* SPDX-License-Identifier: Apache-2.0 */
/* The core that gets in the way: it writes memory, one line of the cache after the other, and enters EL2. */
#include "tests/bench/bench.h"

#include "pv/hypercall.h"
#include "pv/mmio.h"
#include "pv/platform.h"

#define LINE_BYTES  64u
#define STORM_BYTES (UINT64_C(1) << 20) /* at the end of the partition's memory: more than a core's own cache */
#define GICD_CTLR   0u                  /* read by C */

void storm(void)
{
	const struct pv_memory_range *memory = &pv_platform()->memory[0];
	uint64_t first = memory->base + memory->bytes - STORM_BYTES;

	for (;;) {
		for (uint64_t at = 0; at < STORM_BYTES; at += LINE_BYTES) {
			*(volatile uint64_t *)(uintptr_t)(first + at) = at;
			if (at % (16 * LINE_BYTES) == 0) {
				(void)pv_features(PV_NULL);
				(void)pv_mmio_read32(pv_platform()->gicd + GICD_CTLR);
			}
		}
	}
}
