/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people: the part of printf that reports need.
 *
 * Conversions: %s %c %d %u %x, with l or ll for 64 bits, a width, a leading 0 or
 * - flag, and for %s a precision. Anything else prints itself, so a mistake shows.
 */
#pragma once

#include "hyp/compiler.h"
#include "hyp/types.h"

#include <stdarg.h>

/* Returns the characters written, at most bytes - 1; always terminates. bytes > 0. */
size_t format(char *out, size_t bytes, const char *text, ...) PRINTF(3, 4);
size_t format_list(char *out, size_t bytes, const char *text, va_list arguments) PRINTF(3, 0);
