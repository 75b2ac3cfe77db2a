/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks of the guest "hostile". Numbers are those of "attack=" in its boot arguments. */
#pragma once

#include <stdint.h>

/* tests/qemu/systems/hostile.dtsi: what is not ours. */
#define EL2_IMAGE     UINT64_C(0x40200000)
#define EL2_LATER     UINT64_C(0x41000000) /* still image-memory */
#define NEIGHBOUR     UINT64_C(0x44000000)
#define DEVICE        UINT64_C(0x09030000) /* the neighbour's gpio0 */
#define UNUSED_RAM    UINT64_C(0x4f000000)
#define NOTHING       UINT64_C(0x20000000)
#define BEYOND        UINT64_C(0x1000000000) /* larger than the IPA space */

struct attack {
	const char *name;
	void (*run)(void);
};

/* memory.c: reads, writes, fetches and walks outside our map. */
extern const struct attack memory_attacks[];
extern const unsigned n_memory_attacks;

/* time.c: CPUs that do not come back by themselves. */
extern const struct attack time_attacks[];
extern const unsigned n_time_attacks;

/* harmless.c: all that EL2 must refuse without ending us. */
void try_everything_harmless(void);
