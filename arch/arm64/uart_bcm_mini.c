/* SPDX-License-Identifier: Apache-2.0 */
/* The "mini UART" of Broadcom BCM2711. BCM2711 ARM Peripherals "Mini UART" */
#include "arch/arm64/mmio.h"
#include "arch/arm64/uart_driver.h"

#define AUX_MU_IO_REG   0x00u
#define AUX_MU_IER_REG  0x04u
#define AUX_MU_LSR_REG  0x14u
#define AUX_MU_CNTL_REG 0x20u

#define IER_RECEIVE   0x1u
#define LSR_DATA      0x01u /* receive FIFO holds something */
#define LSR_TX_ROOM   0x20u /* transmit FIFO takes at least one */
#define CNTL_ON       0x3u  /* receiver and transmitter */

void uart_bcm_mini_init(pa_t base)
{
	mmio_write32(base, AUX_MU_IER_REG, 0);
	mmio_write32(base, AUX_MU_CNTL_REG, CNTL_ON);
}

bool uart_bcm_mini_put(pa_t base, char c)
{
	if ((mmio_read32(base, AUX_MU_LSR_REG) & LSR_TX_ROOM) == 0) {
		return false;
	}
	mmio_write32(base, AUX_MU_IO_REG, (unsigned char)c);
	return true;
}

int uart_bcm_mini_get(pa_t base)
{
	if ((mmio_read32(base, AUX_MU_LSR_REG) & LSR_DATA) == 0) {
		return -1;
	}
	return (int)(mmio_read32(base, AUX_MU_IO_REG) & 0xff);
}

void uart_bcm_mini_receive_interrupt(pa_t base, bool enabled)
{
	mmio_write32(base, AUX_MU_IER_REG, enabled ? IER_RECEIVE : 0);
}
