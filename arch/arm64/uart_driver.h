/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console UARTs, behind arch/uart.h. Each kind has four functions, which
 * take the register base; none waits.
 *
 *	init               ready to send; receive interrupts off
 *	put                false: no room now
 *	get                -1: nothing there
 *	receive_interrupt  raised while something has been received
 *
 * uart.c calls them by name and not through a table of pointers: pointers are
 * link-time addresses, and the first lines come out before the image has moved.
 */
#pragma once

#include "hyp/config.h"

#define UART_DRIVER(kind)                                                      \
	void kind##_init(pa_t base);                                           \
	bool kind##_put(pa_t base, char c);                                    \
	int kind##_get(pa_t base);                                             \
	void kind##_receive_interrupt(pa_t base, bool enabled)

UART_DRIVER(uart_pl011);
UART_DRIVER(uart_bcm_mini);
UART_DRIVER(uart_imx);
UART_DRIVER(uart_cadence);

/* uart_init() and uart_write() of arch/uart.h, for a UART that is not the system's. */
void uart_init_one(enum uart_kind kind, pa_t base);
void uart_write_one(enum uart_kind kind, pa_t base, const char *text);
