/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EL2 itself is wrong. Prints once, straight to the UART (its locks may be held
 * by the CPU that failed), and stops this CPU; the other CPUs' partitions go on,
 * since they need nothing of this one.
 */
#pragma once

#include "hyp/compiler.h"
#include "hyp/types.h"

_Noreturn void panic(const char *text, ...) PRINTF(1, 2);

/* Compiled in always. Never on a value that a guest chooses. */
#define ASSERT(condition)                                                              \
	do {                                                                           \
		if (!(condition)) {                                                    \
			panic("assertion failed: %s, %s:%d", #condition, __FILE__, __LINE__); \
		}                                                                      \
	} while (0)
