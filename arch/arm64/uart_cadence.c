/* SPDX-License-Identifier: Apache-2.0 */
/* Cadence UART. Zynq UltraScale+ Device Technical Reference Manual "UART Controllers" */
#include "arch/arm64/mmio.h"
#include "arch/arm64/uart_driver.h"

#define CONTROL   0x00u
#define INT_ON    0x08u
#define INT_OFF   0x0cu
#define INT_STATE 0x14u /* latched; writing ones clears */
#define RX_LEVEL  0x20u /* characters at which INT_RX comes */
#define CHANNEL   0x2cu
#define FIFO      0x30u

#define CONTROL_ON    0x14u /* receiver and transmitter enabled, none of them disabled */
#define INT_ALL       0x1fffu
#define INT_RX        (1u << 0)
#define CHANNEL_EMPTY (1u << 1) /* receive FIFO */
#define CHANNEL_FULL  (1u << 4) /* transmit FIFO */

void uart_cadence_init(pa_t base)
{
	mmio_write32(base, INT_OFF, INT_ALL);
	mmio_write32(base, RX_LEVEL, 1);
	mmio_write32(base, CONTROL, CONTROL_ON);
}

bool uart_cadence_put(pa_t base, char c)
{
	if ((mmio_read32(base, CHANNEL) & CHANNEL_FULL) != 0) {
		return false;
	}
	mmio_write32(base, FIFO, (unsigned char)c);
	return true;
}

int uart_cadence_get(pa_t base)
{
	/* Before the look at the FIFO: what comes behind it latches again. */
	mmio_write32(base, INT_STATE, INT_RX);
	if ((mmio_read32(base, CHANNEL) & CHANNEL_EMPTY) != 0) {
		return -1;
	}
	return (int)(mmio_read32(base, FIFO) & 0xff);
}

void uart_cadence_receive_interrupt(pa_t base, bool enabled)
{
	mmio_write32(base, enabled ? INT_ON : INT_OFF, INT_RX);
}
