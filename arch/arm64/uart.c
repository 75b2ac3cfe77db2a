/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console UART: which driver, as system_config.console says. Line settings
 * stay as the firmware left them: without its clocks we could not set them.
 *
 * Owns     the UART
 * Locks    none; the caller's
 * Context  EL2, MMU on or off, wherever the image is
 */
#include "arch/uart.h"

#include "arch/arm64/uart_driver.h"

#define PUT_LIMIT 0x10000u /* polls for one character: some milliseconds at least */

static bool put(enum uart_kind kind, pa_t base, char c)
{
	switch (kind) {
	case UART_PL011:
		return uart_pl011_put(base, c);
	case UART_BCM_MINI:
		return uart_bcm_mini_put(base, c);
	case UART_IMX:
		return uart_imx_put(base, c);
	case UART_CADENCE:
		return uart_cadence_put(base, c);
	case UART_NONE:
		break;
	}
	return true;
}

void uart_init_one(enum uart_kind kind, pa_t base)
{
	switch (kind) {
	case UART_PL011:
		uart_pl011_init(base);
		break;
	case UART_BCM_MINI:
		uart_bcm_mini_init(base);
		break;
	case UART_IMX:
		uart_imx_init(base);
		break;
	case UART_CADENCE:
		uart_cadence_init(base);
		break;
	case UART_NONE:
		break;
	}
}

void uart_write_one(enum uart_kind kind, pa_t base, const char *text)
{
	for (; *text != '\0'; text++) {
		uint32_t polls = 0;

		while (!put(kind, base, *text)) {
			if (++polls == PUT_LIMIT) {
				return;
			}
		}
	}
}

void uart_init(void)
{
	uart_init_one(system_config.console.kind, system_config.console.base);
}

bool uart_put(char c)
{
	return put(system_config.console.kind, system_config.console.base, c);
}

void uart_write(const char *text)
{
	uart_write_one(system_config.console.kind, system_config.console.base, text);
}

int uart_get(void)
{
	pa_t base = system_config.console.base;

	switch (system_config.console.kind) {
	case UART_PL011:
		return uart_pl011_get(base);
	case UART_BCM_MINI:
		return uart_bcm_mini_get(base);
	case UART_IMX:
		return uart_imx_get(base);
	case UART_CADENCE:
		return uart_cadence_get(base);
	case UART_NONE:
		break;
	}
	return -1;
}

void uart_receive_interrupt(bool enabled)
{
	pa_t base = system_config.console.base;

	switch (system_config.console.kind) {
	case UART_PL011:
		uart_pl011_receive_interrupt(base, enabled);
		break;
	case UART_BCM_MINI:
		uart_bcm_mini_receive_interrupt(base, enabled);
		break;
	case UART_IMX:
		uart_imx_receive_interrupt(base, enabled);
		break;
	case UART_CADENCE:
		uart_cadence_receive_interrupt(base, enabled);
		break;
	case UART_NONE:
		break;
	}
}
