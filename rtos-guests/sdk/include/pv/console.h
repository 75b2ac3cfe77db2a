/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Console: the register console on Paravent, else a PL011, else silence.
 *
 * Whole calls come out in one piece, also from several CPUs and from interrupt
 * handlers. The hypervisor shows whole lines, each with the partition's name.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#define PV_PRINTF_BYTES 256 /* longest output of one pv_printf(); the rest is cut off */

void pv_console_put(const char *text, size_t bytes);
int pv_console_get(void); /* next character typed, -1: none */

/* %d %i %u %x %X %c %s %p %%, with - 0 width .precision * and h hh l ll z j t. */
int pv_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int pv_snprintf(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* As C's: returns the length the whole text would have; always terminates if size > 0. */
int pv_vsnprintf(char *to, size_t size, const char *format, va_list arguments);
