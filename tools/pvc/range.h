/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic on address ranges that cannot overflow: a range may end at, but not beyond, 2^64.
 * Ranges of 0 bytes overlap nothing.
 */
#pragma once

#include "tools/pvc/model.h"

#include <stdbool.h>

/* The last byte of a range that is not empty; of one that would wrap, the last of 64 bits. */
uint64_t range_last(struct range range);

bool range_overlaps(struct range a, struct range b);

/* `inner` lies wholly in `outer`. */
bool range_contains(struct range outer, struct range inner);

/* `inner` lies wholly in the union of the n ranges, which may touch and overlap. */
bool range_is_covered(const struct range *ranges, size_t n, struct range inner);

/*
 * The first address of `inner` that the n ranges do not cover; only when range_is_covered() is
 * false.
 */
uint64_t range_first_gap(const struct range *ranges, size_t n, struct range inner);

/* The smallest run of whole pages (`page` a power of two) around a range. */
struct range range_pages(struct range range, uint64_t page);

/* "0x50000000..0x6fffffff" */
const char *range_text(struct range range);

/* "512 MiB", "64 KiB", "100 bytes" */
const char *bytes_text(uint64_t bytes);
