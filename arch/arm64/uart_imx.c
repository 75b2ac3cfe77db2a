/* SPDX-License-Identifier: Apache-2.0 */
/* NXP i.MX UART. i.MX 8M Plus Applications Processor Reference Manual "UART" */
#include "arch/arm64/mmio.h"
#include "arch/arm64/uart_driver.h"

#define URXD 0x00u
#define UTXD 0x40u
#define UCR1 0x80u
#define UCR2 0x84u
#define UTS  0xb4u

#define URXD_DATA   0xffu
#define UCR1_UARTEN (1u << 0)
#define UCR1_RRDYEN (1u << 9)
#define UCR2_8N1    ((1u << 14) | (1u << 5)) /* ignore RTS, 8 bits */
#define UCR2_ON     ((1u << 2) | (1u << 1) | (1u << 0)) /* TXEN, RXEN, no reset */
#define UTS_TXFULL  (1u << 4)
#define UTS_RXEMPTY (1u << 5)

void uart_imx_init(pa_t base)
{
	mmio_write32(base, UCR1, UCR1_UARTEN);
	mmio_write32(base, UCR2, UCR2_8N1 | UCR2_ON);
}

bool uart_imx_put(pa_t base, char c)
{
	if ((mmio_read32(base, UTS) & UTS_TXFULL) != 0) {
		return false;
	}
	mmio_write32(base, UTXD, (unsigned char)c);
	return true;
}

int uart_imx_get(pa_t base)
{
	if ((mmio_read32(base, UTS) & UTS_RXEMPTY) != 0) {
		return -1;
	}
	return (int)(mmio_read32(base, URXD) & URXD_DATA);
}

void uart_imx_receive_interrupt(pa_t base, bool enabled)
{
	mmio_write32(base, UCR1, UCR1_UARTEN | (enabled ? UCR1_RRDYEN : 0));
}
