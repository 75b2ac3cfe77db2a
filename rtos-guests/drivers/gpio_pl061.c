/* SPDX-License-Identifier: Apache-2.0 */
/* PrimeCell GPIO, "arm,pl061". Arm DDI 0190, "Programmer's Model". */
#include "rtos-guests/drivers/gpio_driver.h"
#include "rtos-guests/drivers/registers.h"

#define N_PINS 8u

/* Address bits 9:2 select the pins that a read shows and a write changes. */
#define GPIODATA(mask) ((uint64_t)(mask) << 2)
#define GPIODIR 0x400 /* 1: output */
#define GPIOIS  0x404 /* 1: level */
#define GPIOIBE 0x408 /* 1: both edges */
#define GPIOIEV 0x40c /* 1: rising edge, high level */
#define GPIOIE  0x410
#define GPIOMIS 0x418
#define GPIOIC  0x41c /* write 1 to clear an edge */

static uint32_t bit(uint32_t pin)
{
	return UINT32_C(1) << pin;
}

static uint32_t bank_of(uint32_t pin)
{
	(void)pin;
	return 0;
}

static bool read(uint64_t base, uint32_t pin)
{
	return pv_mmio_read32(base + GPIODATA(bit(pin))) != 0;
}

static void write(uint64_t base, uint32_t pin, bool level)
{
	pv_mmio_write32(base + GPIODATA(bit(pin)), level ? bit(pin) : 0);
}

static void set_output(uint64_t base, uint32_t pin, bool is_output)
{
	assign_bits(base + GPIODIR, bit(pin), is_output);
}

static void enable(uint64_t base, uint32_t pin, enum pv_gpio_trigger trigger)
{
	assign_bits(base + GPIOIS, bit(pin), trigger == PV_GPIO_HIGH || trigger == PV_GPIO_LOW);
	assign_bits(base + GPIOIBE, bit(pin), trigger == PV_GPIO_BOTH);
	assign_bits(base + GPIOIEV, bit(pin), trigger == PV_GPIO_HIGH || trigger == PV_GPIO_RISING);
	pv_mmio_write32(base + GPIOIC, bit(pin));
	assign_bits(base + GPIOIE, bit(pin), true);
}

static void disable(uint64_t base, uint32_t pin)
{
	assign_bits(base + GPIOIE, bit(pin), false);
}

static bool ack(uint64_t base, uint32_t pin)
{
	if ((pv_mmio_read32(base + GPIOMIS) & bit(pin)) == 0) {
		return false;
	}
	pv_mmio_write32(base + GPIOIC, bit(pin));
	return true;
}

const struct pv_gpio_driver pv_gpio_pl061 = {
	.compatible = "arm,pl061", .n_pins = N_PINS, .bank_of = bank_of, .read = read, .ack = ack,
	.set_output = set_output, .write = write, .enable = enable, .disable = disable,
};
