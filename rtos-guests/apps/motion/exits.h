/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often EL2 was entered from this core over a stretch of time, by EL2's own
 * count, without the entries that asking costs.
 *
 * Owns     nothing; works on the caller's struct exits.
 * Context  one task.
 */
#pragma once

#include "abi/hypercall.h"

#include <stdbool.h>
#include <stdint.h>

struct exits {
	uint64_t begin[PV_N_STATISTICS];
};

struct exits_count {
	uint64_t work;  /* entries of all kinds but sleeping */
	uint64_t sleep; /* WFI, where EL2 traps it */
};

/* False: EL2 does not say. */
bool exits_begin(struct exits *exits);

/* @own_calls  hypercalls made knowingly since exits_begin() */
bool exits_end(const struct exits *exits, uint64_t own_calls, struct exits_count *count);
