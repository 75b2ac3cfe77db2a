/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time of day for what the console shows, where the partition has a clock.
 *
 * Context  clock_open() before rtos_start(); clock_stamp() from one task.
 */
#pragma once

#include <stddef.h>

#define CLOCK_STAMP_BYTES 32

void clock_open(void);

/* "2026-11-25 21:57:00 UTC, ", or "" without a clock. Returns `text`, of CLOCK_STAMP_BYTES. */
const char *clock_stamp(char *text);
