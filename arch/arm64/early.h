/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first lines of the console, and what is checked before the image moves
 * to its link address: exception level, board, devicetree, completeness, memory.
 *
 * Context  any EL, MMU off, .bss not yet cleared, the image anywhere at a multiple
 *          of 4 KiB. So: no pointer out of a const table as it is (they are
 *          link-time addresses), nothing of .bss or .data.
 */
#pragma once

#include "hyp/types.h"

/* Where the image is, where it belongs, and the loader's x0. */
struct early_entry {
	uint64_t here, linked, devicetree;
};

/* From boot.S. `el` as CurrentEL reads. Returns when the image may be moved and started. */
void early_check(const struct early_entry *entry, uint64_t el);

/*
 * vectors.S: one access to an address where there may be nothing. Returns 0, or
 * ESR_EL2 of the exception it ended in. The store goes past the caches. At EL2 only.
 */
uint64_t probe_load(uint64_t address, uint64_t *value);
uint64_t probe_store(uint64_t address, uint64_t value);
