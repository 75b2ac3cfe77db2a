/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of registers: one mask per field, named as in the specification. */
#pragma once

#include "hyp/types.h"

/* The bits high..low, as in the Arm ARM's [high:low]. Usable in #if-free constants. */
#define FIELD(high, low) ((UINT64_MAX >> (63 - (high))) & (UINT64_MAX << (low)))
#define BIT(n)           (UINT64_C(1) << (n))

/* Constant form of field_put(): usable in static initialisers. mask & -mask is its lowest bit. */
#define FIELD_VALUE(mask, value) ((uint64_t)(value) * ((mask) & (~(mask) + 1)))

static inline uint64_t field_get(uint64_t mask, uint64_t word)
{
	return (word & mask) / (mask & (~mask + 1));
}

static inline uint64_t field_put(uint64_t mask, uint64_t value)
{
	return (value * (mask & (~mask + 1))) & mask;
}
