/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a GPIO controller. VIRTIO 1.2 "GPIO Device".
 *
 * A line is taken from the kernel when the driver gives it a direction, and let
 * go when the driver says so, resets the device, or pvserve ends. A driver that
 * lives longer than a pvserve does not say its directions again: its next use of a
 * line shows what is missing.
 */
#include "linux-guest/pvserve/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/virtio_gpio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define QUEUE     0
#define LINES_MAX 256

static struct {
	int      chip;
	uint32_t n_lines;
	struct pv_seldom refusals; /* of the kernel, to give a line out */
	struct {
		uint32_t offset; /* in the controller */
		uint8_t  direction;
		uint8_t  value;  /* as last set */
		int      fd;     /* while it has a direction, or is read without one; else -1 */
		bool     is_unknown; /* the driver may have told its direction to an earlier pvserve */
	} lines[LINES_MAX];
} gpio;

/* "4,17,27": the first is line 0 of the frontend. */
static bool read_lines(struct service *service, const char *list)
{
	char *end;

	do {
		unsigned long offset = strtoul(list, &end, 10);

		if (end == list || (*end != ',' && *end != '\0') || offset > UINT32_MAX ||
		    gpio.n_lines == LINES_MAX) {
			return device_say(&service->device, "\"%s\": lines look like 4,17,27", list);
		}
		gpio.lines[gpio.n_lines].offset = (uint32_t)offset;
		gpio.lines[gpio.n_lines++].fd = -1;
		list = end + 1;
	} while (*end == ',');
	return true;
}

static bool open_gpio(struct service *service, char *const *arguments)
{
	struct device *device = &service->device;
	struct gpiochip_info chip;

	gpio.chip = open(arguments[0], O_RDWR | O_CLOEXEC);
	if (gpio.chip < 0 || ioctl(gpio.chip, GPIO_GET_CHIPINFO_IOCTL, &chip) != 0) {
		return device_say(device, "%s: %s", arguments[0], strerror(errno));
	}
	if (!read_lines(service, arguments[1])) {
		return false;
	}
	for (uint32_t i = 0; i < gpio.n_lines; i++) {
		if (gpio.lines[i].offset >= chip.lines) {
			return device_say(device, "%s has lines 0 to %u, not %u", arguments[0], chip.lines - 1,
					  gpio.lines[i].offset);
		}
	}
	device_say(device, "serving %u lines of %s to %s", gpio.n_lines, arguments[0], device->about.frontend);
	return true;
}

static bool start_gpio(struct service *service)
{
	for (uint32_t i = 0; i < gpio.n_lines; i++) {
		gpio.lines[i].is_unknown = service->is_resumed;
	}
	return true;
}

static void let_go(uint32_t line)
{
	if (gpio.lines[line].fd >= 0) {
		close(gpio.lines[line].fd);
		gpio.lines[line].fd = -1;
	}
	gpio.lines[line].direction = VIRTIO_GPIO_DIRECTION_NONE;
}

static bool stop_gpio(struct service *service)
{
	(void)service;
	for (uint32_t i = 0; i < gpio.n_lines; i++) {
		let_go(i);
	}
	return true;
}

static uint64_t flags_of(uint8_t direction)
{
	switch (direction) {
	case VIRTIO_GPIO_DIRECTION_OUT:
		return GPIO_V2_LINE_FLAG_OUTPUT;
	case VIRTIO_GPIO_DIRECTION_IN:
		return GPIO_V2_LINE_FLAG_INPUT;
	default:
		return 0;
	}
}

/* An output starts with the value that was set before; without a direction a line is left as it is. */
static bool take(const struct device *device, uint32_t line, uint8_t direction)
{
	struct gpio_v2_line_request request = {
		.offsets = { gpio.lines[line].offset },
		.consumer = "pvserve",
		.num_lines = 1,
		.config.flags = flags_of(direction),
	};

	if (direction == VIRTIO_GPIO_DIRECTION_OUT) {
		request.config.num_attrs = 1;
		request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
		request.config.attrs[0].attr.values = gpio.lines[line].value;
		request.config.attrs[0].mask = 1;
	}
	let_go(line);
	if (ioctl(gpio.chip, GPIO_V2_GET_LINE_IOCTL, &request) != 0) {
		return device_say_seldom(device, &gpio.refusals, "line %u of the controller: %s",
					 gpio.lines[line].offset, strerror(errno));
	}
	gpio.lines[line].fd = request.fd;
	gpio.lines[line].direction = direction;
	return true;
}

static bool set_direction(const struct device *device, uint32_t line, uint32_t direction)
{
	switch (direction) {
	case VIRTIO_GPIO_DIRECTION_NONE:
		let_go(line);
		break;
	case VIRTIO_GPIO_DIRECTION_OUT:
	case VIRTIO_GPIO_DIRECTION_IN:
		/* Never let go in between of what has this direction already. */
		if (gpio.lines[line].direction != direction && !take(device, line, (uint8_t)direction)) {
			return false;
		}
		break;
	default:
		return false;
	}
	gpio.lines[line].is_unknown = false;
	return true;
}

static bool get_value(const struct device *device, uint32_t line, uint8_t *value)
{
	struct gpio_v2_line_values values = { .mask = 1 };

	if (gpio.lines[line].is_unknown && gpio.lines[line].fd < 0 &&
	    !take(device, line, VIRTIO_GPIO_DIRECTION_NONE)) {
		return false;
	}
	if (ioctl(gpio.lines[line].fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) != 0) {
		return false;
	}
	*value = values.bits & 1;
	return true;
}

static bool set_value(const struct device *device, uint32_t line, uint32_t value)
{
	struct gpio_v2_line_values values = { .bits = value, .mask = 1 };

	if (value > 1) {
		return false;
	}
	gpio.lines[line].value = (uint8_t)value;
	if (gpio.lines[line].is_unknown) {
		return set_direction(device, line, VIRTIO_GPIO_DIRECTION_OUT);
	}
	return gpio.lines[line].direction != VIRTIO_GPIO_DIRECTION_OUT ||
	       ioctl(gpio.lines[line].fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) == 0;
}

/* Status and value. */
static void answer(const struct device *device, const struct virtio_gpio_request *request,
		   uint8_t reply[2])
{
	uint32_t line = request->gpio;
	bool is_done = line < gpio.n_lines;

	reply[1] = 0;
	switch (request->type) {
	case VIRTIO_GPIO_MSG_GET_DIRECTION:
		if (is_done) {
			reply[1] = gpio.lines[line].direction;
		}
		break;
	case VIRTIO_GPIO_MSG_SET_DIRECTION:
		is_done = is_done && set_direction(device, line, request->value);
		break;
	case VIRTIO_GPIO_MSG_GET_VALUE:
		is_done = is_done && get_value(device, line, &reply[1]);
		break;
	case VIRTIO_GPIO_MSG_SET_VALUE:
		is_done = is_done && set_value(device, line, request->value);
		break;
	default:
		is_done = false;
		break;
	}
	reply[0] = is_done ? VIRTIO_GPIO_STATUS_OK : VIRTIO_GPIO_STATUS_ERR;
}

static bool serve_gpio(struct service *service)
{
	struct pv_virtqueue_device *queue = &service->queues[QUEUE];
	struct virtio_gpio_request request;
	struct pv_virtqueue_chain chain;
	uint8_t reply[2];

	while (pv_virtqueue_pop(queue, &chain) == PV_OK) {
		if (pv_virtqueue_chain_read(&chain, 0, &request, sizeof(request)) != sizeof(request)) {
			pv_virtqueue_device_break(queue);
			break;
		}
		answer(&service->device, &request, reply);
		(void)pv_virtqueue_push(queue, &chain,
					pv_virtqueue_chain_write(&chain, 0, reply, sizeof(reply)));
	}
	service->waits_for = 1u << QUEUE;
	return true;
}

const struct service_kind gpio_kind = {
	.name = "gpio",
	.arguments = "/dev/gpiochipN LINE,LINE,...",
	.n_arguments_min = 2,
	.n_arguments_max = 2,
	.device = PV_VIRTIO_GPIO,
	.open = open_gpio,
	.start = start_gpio,
	.serve = serve_gpio,
	.stop = stop_gpio,
};
