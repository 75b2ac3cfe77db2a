/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console UART: which driver, as system_config.console says. Line settings
 * stay as the firmware left them: without its clocks we could not set them.
 *
 * Owns     the UART
 * Locks    none; the caller's
 * Context  EL2, MMU on or off
 */
#include "arch/uart.h"

#include "arch/arm64/uart_driver.h"
#include "hyp/config.h"

static const struct uart_driver *const drivers[] = {
	[UART_NONE]     = NULL,
	[UART_PL011]    = &uart_pl011,
	[UART_BCM_MINI] = &uart_bcm_mini,
	[UART_IMX]      = &uart_imx,
};

static const struct uart_driver *driver(void)
{
	return drivers[system_config.console.kind];
}

static pa_t base(void)
{
	return system_config.console.base;
}

void uart_init(void)
{
	if (driver() != NULL) {
		driver()->init(base());
	}
}

bool uart_put(char c)
{
	return driver() == NULL || driver()->put(base(), c);
}

int uart_get(void)
{
	return driver() == NULL ? -1 : driver()->get(base());
}

void uart_receive_interrupt(bool enabled)
{
	if (driver() != NULL) {
		driver()->receive_interrupt(base(), enabled);
	}
}
