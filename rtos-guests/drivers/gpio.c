/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/drivers/gpio_driver.h"

#include "pv/cpu.h"

#include <stddef.h>

static const struct pv_gpio_driver *const drivers[] = {
	&pv_gpio_pl061, &pv_gpio_imx, &pv_gpio_bcm2711,
};

#define N_DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

static struct pv_lock gpio_lock;

bool pv_gpio_open(struct pv_gpio *gpio, const struct pv_device *device)
{
	for (size_t i = 0; device != NULL && i < N_DRIVERS; i++) {
		if (pv_device_is_compatible(device, drivers[i]->compatible)) {
			*gpio = (struct pv_gpio){ device, drivers[i] };
			return true;
		}
	}
	return false;
}

bool pv_gpio_open_first(struct pv_gpio *gpio)
{
	for (uint32_t i = 0; i < pv_n_devices; i++) {
		if (pv_gpio_open(gpio, &pv_devices[i])) {
			return true;
		}
	}
	return false;
}

uint32_t pv_gpio_n_pins(const struct pv_gpio *gpio)
{
	return gpio->driver->n_pins;
}

static bool has_pin(const struct pv_gpio *gpio, uint32_t pin)
{
	return pin < gpio->driver->n_pins;
}

void pv_gpio_set_output(const struct pv_gpio *gpio, uint32_t pin, bool is_output)
{
	if (has_pin(gpio, pin)) {
		uint64_t mask = pv_lock(&gpio_lock);

		gpio->driver->set_output(gpio->device->base, pin, is_output);
		pv_unlock(&gpio_lock, mask);
	}
}

void pv_gpio_write(const struct pv_gpio *gpio, uint32_t pin, bool level)
{
	if (has_pin(gpio, pin)) {
		uint64_t mask = pv_lock(&gpio_lock);

		gpio->driver->write(gpio->device->base, pin, level);
		pv_unlock(&gpio_lock, mask);
	}
}

bool pv_gpio_read(const struct pv_gpio *gpio, uint32_t pin)
{
	return has_pin(gpio, pin) && gpio->driver->read(gpio->device->base, pin);
}

uint32_t pv_gpio_interrupt(const struct pv_gpio *gpio, uint32_t pin)
{
	const uint32_t *interrupts = gpio->device->interrupts;

	if (!has_pin(gpio, pin)) {
		return 0;
	}
	/* A node may name fewer than the block has banks. */
	for (uint32_t bank = gpio->driver->bank_of(pin); bank > 0 && *interrupts != 0; bank--) {
		interrupts++;
	}
	return *interrupts;
}

void pv_gpio_interrupt_enable(const struct pv_gpio *gpio, uint32_t pin,
			      enum pv_gpio_trigger trigger)
{
	if (has_pin(gpio, pin)) {
		uint64_t mask = pv_lock(&gpio_lock);

		gpio->driver->disable(gpio->device->base, pin);
		gpio->driver->enable(gpio->device->base, pin, trigger);
		pv_unlock(&gpio_lock, mask);
	}
}

void pv_gpio_interrupt_disable(const struct pv_gpio *gpio, uint32_t pin)
{
	if (has_pin(gpio, pin)) {
		uint64_t mask = pv_lock(&gpio_lock);

		gpio->driver->disable(gpio->device->base, pin);
		pv_unlock(&gpio_lock, mask);
	}
}

bool pv_gpio_interrupt_ack(const struct pv_gpio *gpio, uint32_t pin)
{
	return has_pin(gpio, pin) && gpio->driver->ack(gpio->device->base, pin);
}
