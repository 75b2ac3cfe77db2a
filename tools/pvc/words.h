/* SPDX-License-Identifier: Apache-2.0 */
/* "did you mean": the known word nearest to one that is not known. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Letters to insert, delete, change or swap to turn one word into the other; counted up to 64
 * letters.
 */
size_t word_distance(const char *a, const char *b);

/* `known` is near enough to `word` to be meant, and nearer than `best` (NULL: none so far). */
bool is_typo_of(const char *word, const char *known, const char *best);
