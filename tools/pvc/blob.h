/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a flattened tree safe to walk? libfdt's own check trusts lengths near 2^32 up to version
 * 1.6.1.
 */
#pragma once

#include <stddef.h>

/* NULL, or what is wrong with the n bytes. */
const char *blob_check(const void *blob, size_t n);
