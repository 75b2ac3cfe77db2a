/* SPDX-License-Identifier: Apache-2.0 */
/* What gpio.c asks of one kind of GPIO block. The pin is one that the block has. */
#pragma once

#include "pv/gpio.h"

struct pv_gpio_driver {
	const char *compatible;
	uint32_t    n_pins;
	uint32_t  (*bank_of)(uint32_t pin); /* which of the node's interrupts */

	bool (*read)(uint64_t base, uint32_t pin);
	bool (*ack)(uint64_t base, uint32_t pin);

	/* Under the lock: these may read, change and write a register. */
	void (*set_output)(uint64_t base, uint32_t pin, bool is_output);
	void (*write)(uint64_t base, uint32_t pin, bool level);
	void (*enable)(uint64_t base, uint32_t pin, enum pv_gpio_trigger trigger);
	void (*disable)(uint64_t base, uint32_t pin);
};

extern const struct pv_gpio_driver pv_gpio_pl061;
extern const struct pv_gpio_driver pv_gpio_imx;
extern const struct pv_gpio_driver pv_gpio_bcm2711;
