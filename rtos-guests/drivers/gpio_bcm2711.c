/* SPDX-License-Identifier: Apache-2.0 */
/* Raspberry Pi 4 GPIO, "brcm,bcm2711-gpio". BCM2711 ARM Peripherals, "General Purpose I/O (GPIO)". */
#include "rtos-guests/drivers/gpio_driver.h"
#include "rtos-guests/drivers/registers.h"

#define N_PINS 58u

/* First of each kind; one bit a pin, 32 pins a register. */
#define GPSET 0x1c
#define GPCLR 0x28
#define GPLEV 0x34
#define GPEDS 0x40 /* an event was seen; write 1 to clear */
#define GPREN 0x4c /* rising edges are events, and so on */
#define GPFEN 0x58
#define GPHEN 0x64
#define GPLEN 0x70

#define GPFSEL        0x00 /* the pin's function: three bits a pin, ten pins a register */
#define FSEL_PINS     10u
#define FSEL_BITS     3u
#define FSEL_MASK     UINT32_C(7)
#define FSEL_INPUT    UINT32_C(0)
#define FSEL_OUTPUT   UINT32_C(1)

/* The first pins of the second and third interrupt. */
#define SECOND_BANK 28u
#define THIRD_BANK  46u

static uint64_t word(uint64_t first, uint32_t pin)
{
	return first + 4 * (pin / 32);
}

static uint32_t bit(uint32_t pin)
{
	return UINT32_C(1) << pin % 32;
}

static uint32_t bank_of(uint32_t pin)
{
	return (uint32_t)(pin >= SECOND_BANK) + (uint32_t)(pin >= THIRD_BANK);
}

static bool read(uint64_t base, uint32_t pin)
{
	return (pv_mmio_read32(word(base + GPLEV, pin)) & bit(pin)) != 0;
}

static void write(uint64_t base, uint32_t pin, bool level)
{
	pv_mmio_write32(word(base + (level ? GPSET : GPCLR), pin), bit(pin));
}

static void set_output(uint64_t base, uint32_t pin, bool is_output)
{
	uint64_t fsel = base + GPFSEL + 4 * (pin / FSEL_PINS);
	uint32_t shift = pin % FSEL_PINS * FSEL_BITS;
	uint32_t others = pv_mmio_read32(fsel) & ~(FSEL_MASK << shift);

	pv_mmio_write32(fsel, others | (is_output ? FSEL_OUTPUT : FSEL_INPUT) << shift);
}

static void disable(uint64_t base, uint32_t pin)
{
	assign_bits(word(base + GPREN, pin), bit(pin), false);
	assign_bits(word(base + GPFEN, pin), bit(pin), false);
	assign_bits(word(base + GPHEN, pin), bit(pin), false);
	assign_bits(word(base + GPLEN, pin), bit(pin), false);
}

static void enable(uint64_t base, uint32_t pin, enum pv_gpio_trigger trigger)
{
	bool is_both = trigger == PV_GPIO_BOTH;

	pv_mmio_write32(word(base + GPEDS, pin), bit(pin));
	assign_bits(word(base + GPREN, pin), bit(pin), is_both || trigger == PV_GPIO_RISING);
	assign_bits(word(base + GPFEN, pin), bit(pin), is_both || trigger == PV_GPIO_FALLING);
	assign_bits(word(base + GPHEN, pin), bit(pin), trigger == PV_GPIO_HIGH);
	assign_bits(word(base + GPLEN, pin), bit(pin), trigger == PV_GPIO_LOW);
}

static bool ack(uint64_t base, uint32_t pin)
{
	if ((pv_mmio_read32(word(base + GPEDS, pin)) & bit(pin)) == 0) {
		return false;
	}
	pv_mmio_write32(word(base + GPEDS, pin), bit(pin));
	return true;
}

const struct pv_gpio_driver pv_gpio_bcm2711 = {
	.compatible = "brcm,bcm2711-gpio", .n_pins = N_PINS, .bank_of = bank_of, .read = read,
	.ack = ack, .set_output = set_output, .write = write, .enable = enable, .disable = disable,
};
