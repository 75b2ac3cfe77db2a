/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the MMU must offer at run time: the tables themselves are built by pvc.
 */
#pragma once

#include "hyp/config.h"

/*
 * Let this CPU reach partition memory, and end that. Between the two calls
 * nothing but loading happens; outside them no partition memory is mapped in EL2.
 */
void mmu_begin_load(void);
void mmu_end_load(void);

/* Memory of a partition or a window, only between mmu_begin_load() and mmu_end_load(). 1:1. */
void *mmu_loadable(pa_t address);

/*
 * Take a partition's memory away, on all CPUs: its next access or instruction
 * fetch traps to EL2. Complete on return.
 */
void mmu_revoke(const struct partition_config *partition);

/* Give it back. No vCPU of the partition may be running. */
void mmu_restore(const struct partition_config *partition);

/*
 * A page of EL2's own that a partition may read: a virtual device's registers or
 * state. Mapped at run time as Device memory, everywhere: what is stored is seen
 * in order, and no cache stands between.
 */
volatile void *mmu_shown_page(pa_t address);

/*
 * Is there memory? A store past the caches, and a load; as mmu_loadable(). true: done,
 * false: the bus answered with an external abort.
 */
bool mmu_try_store(pa_t address, uint64_t value);
bool mmu_try_load(pa_t address, uint64_t *value);

/* Write back and invalidate the data caches for a range, to the point of coherency. */
void cache_clean_invalidate(const void *start, uint64_t bytes);

/* Make instruction fetches of all CPUs see what has been written. */
void cache_invalidate_instructions(void);
