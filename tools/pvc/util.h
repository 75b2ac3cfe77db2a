/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory and files for pvc.
 *
 * Owns     every allocation: all hang in one list and live until arena_free(), as pvc runs once and
 *          for a second. Nobody else calls malloc() or free().
 * Running out of memory ends pvc with a message: these functions never return NULL.
 */
#pragma once

#include "hyp/compiler.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory, aligned for any type. 0 bytes are allowed. */
void *xmalloc(size_t bytes);

/* n zeroed elements of `bytes` each. */
void *xarray(size_t n, size_t bytes);

/* A copy of n elements of `bytes` each, with room for more (zeroed): `n_new` in all. */
void *xgrow(const void *old, size_t n, size_t n_new, size_t bytes);

/*
 * Room for one more element behind n: the array itself, or a larger copy of it whenever n is a
 * power of two. For arrays that grow by nothing but this.
 */
void *xextend(const void *old, size_t n, size_t bytes);

char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t most);
PRINTF(1, 2) char *xasprintf(const char *format, ...);
PRINTF(1, 0) char *xvasprintf(const char *format, va_list arguments);

/* Frees everything ever allocated; for tests that run pvc many times in one program. */
void arena_free(void);

/*
 * Whole file, with a zero byte behind it that `*bytes` does not count; NULL and errno on failure.
 */
char *file_read(const char *path, size_t *bytes);

bool starts_with(const char *text, const char *start);
bool ends_with(const char *text, const char *end);

/* The part of a path behind its last slash; and the part before it, "." when there is none. */
const char *path_base(const char *path);
const char *path_folder(const char *path);

/* Rounding to a power of two. round_up() saturates at the last multiple that fits 64 bits. */
uint64_t round_down(uint64_t value, uint64_t to);
uint64_t round_up(uint64_t value, uint64_t to);
