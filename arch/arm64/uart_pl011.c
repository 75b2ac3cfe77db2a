/* SPDX-License-Identifier: Apache-2.0 */
/* Arm PL011. Arm DDI 0183 "PrimeCell UART (PL011)" */
#include "arch/arm64/mmio.h"
#include "arch/arm64/uart_driver.h"

#define UARTDR   0x00u
#define UARTFR   0x18u
#define UARTCR   0x30u
#define UARTIMSC 0x38u

#define FR_RXFE (1u << 4)
#define FR_TXFF (1u << 5)
#define CR_ON   0x301u /* RXE, TXE, UARTEN */
#define INT_RX  (1u << 4)
#define INT_RT  (1u << 6)

void uart_pl011_init(pa_t base)
{
	mmio_write32(base, UARTIMSC, 0);
	mmio_write32(base, UARTCR, CR_ON);
}

bool uart_pl011_put(pa_t base, char c)
{
	if ((mmio_read32(base, UARTFR) & FR_TXFF) != 0) {
		return false;
	}
	mmio_write32(base, UARTDR, (unsigned char)c);
	return true;
}

int uart_pl011_get(pa_t base)
{
	if ((mmio_read32(base, UARTFR) & FR_RXFE) != 0) {
		return -1;
	}
	return (int)(mmio_read32(base, UARTDR) & 0xff);
}

void uart_pl011_receive_interrupt(pa_t base, bool enabled)
{
	mmio_write32(base, UARTIMSC, enabled ? INT_RX | INT_RT : 0);
}
