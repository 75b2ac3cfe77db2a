/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a test guest speaks: numbered lines and a closing count.
 *
 *	ok 1 null call returns PV_OK
 *	not ok 2 console takes 48 bytes
 *	done: 1 passed, 1 failed
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One claim. Any CPU. */
void report(bool condition, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A claim that two numbers are equal; both are shown when they are not. */
void report_equal(uint64_t actual, uint64_t expected, const char *text);

/* A closing line "WORD: N passed, M failed", for guests that live more than once. */
void report_counts(const char *word);

/* The closing line "done: ...", then PSCI SYSTEM_OFF. */
_Noreturn void report_done(void);

/* Wait for a counter another CPU or an interrupt handler moves; false: not within the time. */
bool wait_until(const volatile uint32_t *counter, uint32_t value, uint64_t us);
