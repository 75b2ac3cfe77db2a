/* SPDX-License-Identifier: Apache-2.0 */
/* One console UART, behind arch/uart.h. All take the register base; none waits. */
#pragma once

#include "hyp/types.h"

struct uart_driver {
	void (*init)(pa_t base);
	bool (*put)(pa_t base, char c);
	int  (*get)(pa_t base); /* -1: nothing there */
	void (*receive_interrupt)(pa_t base, bool enabled);
};

extern const struct uart_driver uart_pl011, uart_bcm_mini, uart_imx;
