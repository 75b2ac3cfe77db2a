/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pin that changes its level at the beginning of each period, where the
 * partition has a GPIO block: an oscilloscope on it shows the loop's jitter.
 *
 * Owns     the pin.
 * Context  scope_open() before rtos_start(); scope_toggle() from the control task.
 */
#pragma once

#include <stdint.h>

/* Name of the block whose pin it is, NULL if there is none; *pin is set then. */
const char *scope_open(uint32_t *pin);

/* Does nothing without a pin. */
void scope_toggle(void);
