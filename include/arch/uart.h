/* SPDX-License-Identifier: Apache-2.0 */
/* What the console UART must offer. All work with the MMU off. */
#pragma once

#include "hyp/types.h"

/* As the firmware left it, plus what is needed for receive interrupts (left off). */
void uart_init(void);

/* false: no room now; the character was not taken. */
bool uart_put(char c);

/* Straight out, waiting for room; a UART that takes nothing for long is given up. */
void uart_write(const char *text);

/* -1: nothing there. */
int uart_get(void);

/* Raise the UART's interrupt while something has been received. */
void uart_receive_interrupt(bool enabled);
