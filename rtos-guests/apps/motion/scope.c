/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/motion/scope.h"

#include "pv/gpio.h"

#include <stddef.h>

/* Which pin, by the kind of block. To be chosen anew for a board whose pin is in use. */
static const struct {
	const char *compatible;
	uint32_t    pin;
} choices[] = {
	{ "arm,pl061", 0 },
	{ "brcm,bcm2711-gpio", 17 }, /* contact 11 of the Raspberry Pi's header */
	{ "fsl,imx35-gpio", 16 }, /* of gpio3: the status LED of the i.MX 8M Plus EVK */
};

#define N_CHOICES (sizeof(choices) / sizeof(choices[0]))

static struct pv_gpio gpio;
static uint32_t scope_pin;
static bool is_open, level;

const char *scope_open(uint32_t *pin)
{
	is_open = false;
	if (!pv_gpio_open_first(&gpio)) {
		return NULL;
	}
	for (size_t i = 0; i < N_CHOICES; i++) {
		if (pv_device_is_compatible(gpio.device, choices[i].compatible)) {
			is_open = true;
			level = false;
			scope_pin = choices[i].pin;
			pv_gpio_write(&gpio, scope_pin, level);
			pv_gpio_set_output(&gpio, scope_pin, true);
			*pin = scope_pin;
			return gpio.device->name;
		}
	}
	return NULL;
}

void scope_toggle(void)
{
	if (is_open) {
		level = !level;
		pv_gpio_write(&gpio, scope_pin, level);
	}
}
