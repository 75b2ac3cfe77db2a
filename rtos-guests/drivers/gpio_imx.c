/* SPDX-License-Identifier: Apache-2.0 */
/*
 * i.MX GPIO, "fsl,imx35-gpio" and what is compatible with it.
 * i.MX 8M Plus Applications Processor Reference Manual, "General Purpose Input/Output (GPIO)".
 */
#include "rtos-guests/drivers/gpio_driver.h"
#include "rtos-guests/drivers/registers.h"

#define N_PINS        32u
#define PINS_PER_BANK 16u

#define GPIO_DR       0x00 /* outputs: what they drive; inputs: their level */
#define GPIO_GDIR     0x04 /* 1: output */
#define GPIO_ICR      0x0c /* ICR1, ICR2: two bits for each of 16 pins */
#define GPIO_IMR      0x14
#define GPIO_ISR      0x18 /* write 1 to clear */
#define GPIO_EDGE_SEL 0x1c /* 1: both edges, whatever ICR says */

#define ICR_MASK    UINT32_C(3)
#define ICR_LOW     UINT32_C(0)
#define ICR_HIGH    UINT32_C(1)
#define ICR_RISING  UINT32_C(2)
#define ICR_FALLING UINT32_C(3)

static uint32_t bit(uint32_t pin)
{
	return UINT32_C(1) << pin;
}

static uint32_t bank_of(uint32_t pin)
{
	return pin / PINS_PER_BANK;
}

static bool read(uint64_t base, uint32_t pin)
{
	return (pv_mmio_read32(base + GPIO_DR) & bit(pin)) != 0;
}

static void write(uint64_t base, uint32_t pin, bool level)
{
	assign_bits(base + GPIO_DR, bit(pin), level);
}

static void set_output(uint64_t base, uint32_t pin, bool is_output)
{
	assign_bits(base + GPIO_GDIR, bit(pin), is_output);
}

static uint32_t icr_of(enum pv_gpio_trigger trigger)
{
	switch (trigger) {
	case PV_GPIO_RISING:
		return ICR_RISING;
	case PV_GPIO_HIGH:
		return ICR_HIGH;
	case PV_GPIO_LOW:
		return ICR_LOW;
	case PV_GPIO_FALLING:
	case PV_GPIO_BOTH:
	default:
		return ICR_FALLING;
	}
}

static void enable(uint64_t base, uint32_t pin, enum pv_gpio_trigger trigger)
{
	uint64_t icr = base + GPIO_ICR + 4 * bank_of(pin);
	uint32_t shift = 2 * (pin % PINS_PER_BANK);
	uint32_t others = pv_mmio_read32(icr) & ~(ICR_MASK << shift);

	pv_mmio_write32(icr, others | icr_of(trigger) << shift);
	assign_bits(base + GPIO_EDGE_SEL, bit(pin), trigger == PV_GPIO_BOTH);
	pv_mmio_write32(base + GPIO_ISR, bit(pin));
	assign_bits(base + GPIO_IMR, bit(pin), true);
}

static void disable(uint64_t base, uint32_t pin)
{
	assign_bits(base + GPIO_IMR, bit(pin), false);
}

static bool ack(uint64_t base, uint32_t pin)
{
	/* ISR also shows pins that may not interrupt. */
	if ((pv_mmio_read32(base + GPIO_ISR) & pv_mmio_read32(base + GPIO_IMR) & bit(pin)) == 0) {
		return false;
	}
	pv_mmio_write32(base + GPIO_ISR, bit(pin));
	return true;
}

const struct pv_gpio_driver pv_gpio_imx = {
	.compatible = "fsl,imx35-gpio", .n_pins = N_PINS, .bank_of = bank_of, .read = read,
	.ack = ack, .set_output = set_output, .write = write, .enable = enable, .disable = disable,
};
