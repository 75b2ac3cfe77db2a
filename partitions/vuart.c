/* SPDX-License-Identifier: Apache-2.0 */
#include "partitions/vuart.h"

#include "partitions/console.h"
#include "partitions/partition.h"

#define UARTDR    0x000u
#define UARTFR    0x018u
#define UARTIBRD  0x024u
#define UARTFBRD  0x028u
#define UARTLCR_H 0x02cu
#define UARTCR    0x030u
#define UARTIFLS  0x034u
#define UARTIMSC  0x038u
#define UARTRIS   0x03cu
#define UARTMIS   0x040u
#define UARTPERIPHID0 0xfe0u

#define FR_RXFE (1u << 4)
#define FR_TXFF (1u << 5)
#define FR_TXFE (1u << 7)
#define INT_RX  (1u << 4)
#define INT_TX  (1u << 5)
#define INT_RT  (1u << 6)
#define INT_ALL 0x7ffu
#define CR_RESET 0x300u /* RXE, TXE */

/* What a guest writes and reads back; only `mask` means anything here. */
struct vuart {
	uint32_t integer_baud, fraction_baud, line_control, control, levels, mask;
};

static struct vuart vuarts[MAX_PARTITIONS];

static struct vuart *vuart_of(const struct vcpu *vcpu)
{
	return &vuarts[vcpu->config->partition_id];
}

void vuart_reset(uint32_t partition_index)
{
	vuarts[partition_index] = (struct vuart){ .control = CR_RESET };
}

static uint32_t raw_interrupts(struct vcpu *vcpu)
{
	return (console_has_input(vcpu) ? INT_RX | INT_RT : 0) |
	       (console_has_room(vcpu) ? INT_TX : 0);
}

void vuart_update(struct vcpu *vcpu)
{
	uint32_t mask = vuart_of(vcpu)->mask;

	if (mask != 0 && (raw_interrupts(vcpu) & mask) != 0) {
		console_raise(vcpu);
	}
}

static uint32_t read_flags(struct vcpu *vcpu)
{
	return (console_has_input(vcpu) ? 0 : FR_RXFE) |
	       (console_has_room(vcpu) ? FR_TXFE : FR_TXFF);
}

/* PeriphID and PCellID: a PL011 r1p5 by Arm. */
static uint32_t read_identity(uint32_t offset)
{
	static const uint8_t bytes[] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	return bytes[(offset - UARTPERIPHID0) / 4];
}

static uint32_t read(struct vcpu *vcpu, uint32_t offset)
{
	const struct vuart *vuart = vuart_of(vcpu);
	int c;

	switch (offset) {
	case UARTDR:
		c = console_get(vcpu);
		return c < 0 ? 0 : (uint32_t)c;
	case UARTFR:
		return read_flags(vcpu);
	case UARTIBRD:
		return vuart->integer_baud;
	case UARTFBRD:
		return vuart->fraction_baud;
	case UARTLCR_H:
		return vuart->line_control;
	case UARTCR:
		return vuart->control;
	case UARTIFLS:
		return vuart->levels;
	case UARTIMSC:
		return vuart->mask;
	case UARTRIS:
		return raw_interrupts(vcpu);
	case UARTMIS:
		return raw_interrupts(vcpu) & vuart->mask;
	default:
		return offset >= UARTPERIPHID0 && offset < PAGE_BYTES ? read_identity(offset) : 0;
	}
}

static void write(struct vcpu *vcpu, uint32_t offset, uint32_t value)
{
	struct vuart *vuart = vuart_of(vcpu);
	char c = (char)value;

	switch (offset) {
	case UARTDR:
		(void)console_put(vcpu, &c, 1); /* as hardware: lost if UARTFR.TXFF was not heeded */
		vuart_update(vcpu);
		break;
	case UARTIBRD:
		vuart->integer_baud = value & 0xffff;
		break;
	case UARTFBRD:
		vuart->fraction_baud = value & 0x3f;
		break;
	case UARTLCR_H:
		vuart->line_control = value & 0xff;
		break;
	case UARTCR:
		vuart->control = value & 0xffff;
		break;
	case UARTIFLS:
		vuart->levels = value & 0x3f;
		break;
	case UARTIMSC:
		vuart->mask = value & INT_ALL;
		vuart_update(vcpu);
		break;
	default: /* UARTICR among them: our interrupts follow their causes */
		break;
	}
}

uint64_t vuart_access(struct vcpu *vcpu, struct mmio_access *access)
{
	upcall_count(vcpu, PV_STATISTIC_VUART);
	if (access->is_write) {
		write(vcpu, (uint32_t)access->offset & ~3u, (uint32_t)access->value);
		return 0;
	}
	return read(vcpu, (uint32_t)access->offset & ~3u);
}
