/* SPDX-License-Identifier: Apache-2.0 */
/* What the architecture must offer: ordering and waiting. */
#pragma once

#include "hyp/types.h"

/* All earlier stores are visible to every observer, devices included, before any later store. */
void barrier_before_device(void);

/* All earlier memory accesses are complete before the next instruction runs. */
void barrier_complete(void);

/* Sleep until an interrupt is pending for this CPU, masked or not. May return early. */
void cpu_wait_for_interrupt(void);

/* A hint inside a spin loop. */
void cpu_relax(void);

/* index if index < limit, else 0; also under speculation. limit > 0. */
static inline size_t index_nospec(size_t index, size_t limit)
{
	/* All ones when index < limit, without a branch to mispredict. */
	size_t in_range = (size_t)0 - (size_t)(index < limit);

	return index & in_range;
}
