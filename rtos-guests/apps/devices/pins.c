/* SPDX-License-Identifier: Apache-2.0 */
/* Pins of the partition's GPIO block, those that the boot argument "pins" lists. */
#include "rtos-guests/apps/devices/service.h"

#include "pv/gpio.h"
#include "pv/platform.h"
#include "pv/virtio_gpio.h"

static struct pv_gpio gpio;
static uint8_t pins[PV_GPIO_LINES_MAX];
static struct pv_gpio_lines lines = { .gpio = &gpio, .pins = pins };
static struct pv_gpio_server server;

/* "5,6": false if it is anything else. */
static bool read_pins(const char *text)
{
	do {
		uint32_t pin = 0;
		const char *start = text;

		for (; *text >= '0' && *text <= '9' && pin <= UINT8_MAX; text++) {
			pin = pin * 10 + (uint32_t)(*text - '0');
		}
		if (text == start || pin >= pv_gpio_n_pins(&gpio) || lines.n == PV_GPIO_LINES_MAX) {
			return false;
		}
		pins[lines.n++] = (uint8_t)pin;
	} while (*text++ == ',');
	return text[-1] == '\0';
}

static const char *open_pins(void)
{
	char text[128];

	if (!pv_gpio_open_first(&gpio)) {
		return "the partition has no GPIO block";
	}
	if (!pv_platform_argument("pins", text, sizeof(text)) || !read_pins(text)) {
		return "boot argument \"pins\" lists no pins of the block";
	}
	pv_gpio_server_open(&server, &lines);
	return NULL;
}

static enum pv_status serve(uint32_t *n)
{
	return pv_gpio_server_serve(&server, SERVICE_LIMIT, n);
}

struct service pins_service = {
	.name = "pins",
	.device = PV_VIRTIO_GPIO,
	.open = open_pins,
	.queues = &server.queue,
	.n_queues = 1,
	.serve = serve,
	.waits_for = service_first_queue,
};
