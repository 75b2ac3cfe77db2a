/* SPDX-License-Identifier: Apache-2.0 */
/*
 * General purpose pins: PL061, i.MX, BCM2711, whichever the partition has.
 *
 * Pins are numbered within their block. That a pin reaches the outside is the
 * boot loader's work (pin multiplexing, pulls), but for BCM2711, where the block
 * itself does it. Calls for a pin that the block does not have do nothing.
 *
 * Owns     nothing; works on the caller's struct pv_gpio.
 * Locks    one for all blocks, for registers that several pins share.
 * Context  any, on any CPU of the partition.
 */
#pragma once

#include "pv/device.h"

#include <stdbool.h>
#include <stdint.h>

struct pv_gpio_driver;

struct pv_gpio {
	const struct pv_device      *device;
	const struct pv_gpio_driver *driver;
};

enum pv_gpio_trigger {
	PV_GPIO_RISING,
	PV_GPIO_FALLING,
	PV_GPIO_BOTH, /* edges */
	PV_GPIO_HIGH,
	PV_GPIO_LOW,
};

/* Use a device. False: it is NULL or no GPIO block that is known here. */
bool pv_gpio_open(struct pv_gpio *gpio, const struct pv_device *device);

/* Use the partition's first GPIO block. False: it has none. */
bool pv_gpio_open_first(struct pv_gpio *gpio);

uint32_t pv_gpio_n_pins(const struct pv_gpio *gpio);

void pv_gpio_set_output(const struct pv_gpio *gpio, uint32_t pin, bool is_output);
void pv_gpio_write(const struct pv_gpio *gpio, uint32_t pin, bool level);
/* The level of an input; of an output, what it drives. */
bool pv_gpio_read(const struct pv_gpio *gpio, uint32_t pin);

/* INTID by which a pin's events arrive: the interrupt of its bank. 0: none. */
uint32_t pv_gpio_interrupt(const struct pv_gpio *gpio, uint32_t pin);

/*
 * Have a pin raise its bank's interrupt; what was seen of the pin before is
 * forgotten. Attach the handler first, by pv_irq_attach().
 */
void pv_gpio_interrupt_enable(const struct pv_gpio *gpio, uint32_t pin,
			      enum pv_gpio_trigger trigger);
void pv_gpio_interrupt_disable(const struct pv_gpio *gpio, uint32_t pin);

/*
 * In the handler, for each pin of the bank: was it this one? Its event is taken
 * back then. A level trigger comes again until the level has gone.
 */
bool pv_gpio_interrupt_ack(const struct pv_gpio *gpio, uint32_t pin);
