/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A console for tasks beside a control loop.
 *
 * pv_printf() keeps interrupts masked until a whole text is out, however full
 * the console is; say() makes one short hypercall after the other and sleeps
 * when there is no room, so that more urgent tasks run in between. What finds no
 * room for SAY_PATIENCE_MS is dropped.
 *
 * Owns     nothing.
 * Locks    none: one task prints, or lines of several may mix.
 * Context  tasks.
 */
#pragma once

#define SAY_PATIENCE_MS 200

/* As pv_printf(), at most PV_PRINTF_BYTES - 1 characters. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
