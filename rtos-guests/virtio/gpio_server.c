/* SPDX-License-Identifier: Apache-2.0 */
/* Requests for lines to pins of a block. The block's registers are the only state that outlives us. */
#include "pv/virtio_gpio.h"

#include "rtos-guests/virtio/gpio_format.h"

#include "pv/gpio.h"

void pv_gpio_server_open(struct pv_gpio_server *server, const struct pv_gpio_lines *lines)
{
	*server = (struct pv_gpio_server){ .lines = lines };
}

static bool set_direction(struct pv_gpio_server *server, uint32_t line, uint32_t direction)
{
	const struct pv_gpio *gpio = server->lines->gpio;
	uint32_t pin = server->lines->pins[line];

	if (direction > PV_GPIO_INPUT) {
		return false;
	}
	server->directions[line] = (uint8_t)direction;
	if (direction == PV_GPIO_OUTPUT) {
		/* Before, for no wrong level at first; behind, for blocks that ignore it at an input. */
		pv_gpio_write(gpio, pin, server->levels[line]);
		pv_gpio_set_output(gpio, pin, true);
		pv_gpio_write(gpio, pin, server->levels[line]);
	} else {
		pv_gpio_set_output(gpio, pin, false);
	}
	return true;
}

static bool set_value(struct pv_gpio_server *server, uint32_t line, uint32_t value)
{
	if (value > 1) {
		return false;
	}
	server->levels[line] = value != 0;
	/* Whatever the direction: an earlier life may have made it an output. */
	pv_gpio_write(server->lines->gpio, server->lines->pins[line], value != 0);
	return true;
}

static struct gpio_answer answer(struct pv_gpio_server *server, const struct gpio_request *request)
{
	uint32_t line = request->line;
	bool is_done = true;
	uint8_t value = 0;

	if (line >= server->lines->n) {
		return (struct gpio_answer){ .status = GPIO_STATUS_ERROR };
	}
	switch (request->type) {
	case PV_GPIO_GET_DIRECTION:
		value = server->directions[line];
		break;
	case PV_GPIO_SET_DIRECTION:
		is_done = set_direction(server, line, request->value);
		break;
	case PV_GPIO_GET_VALUE:
		value = pv_gpio_read(server->lines->gpio, server->lines->pins[line]);
		break;
	case PV_GPIO_SET_VALUE:
		is_done = set_value(server, line, request->value);
		break;
	default:
		is_done = false;
		break;
	}
	return (struct gpio_answer){ is_done ? GPIO_STATUS_OK : GPIO_STATUS_ERROR, value };
}

/* Bytes written. The driver knows from configuration space how many names there are. */
static uint32_t answer_names(const struct pv_gpio_lines *lines,
			     const struct pv_virtqueue_chain *chain)
{
	struct gpio_answer none = { .status = GPIO_STATUS_ERROR };
	uint8_t status = GPIO_STATUS_OK;

	if (lines->names_bytes == 0 || chain->writable_bytes < 1 + lines->names_bytes) {
		return pv_virtqueue_chain_write(chain, 0, &none, sizeof(none));
	}
	return pv_virtqueue_chain_write(chain, 0, &status, 1) +
	       pv_virtqueue_chain_write(chain, 1, lines->names, lines->names_bytes);
}

static enum pv_status serve_one(struct pv_gpio_server *server)
{
	struct pv_virtqueue_chain chain;
	struct gpio_request request;
	struct gpio_answer result;
	uint32_t bytes;
	enum pv_status status = pv_virtqueue_pop(&server->queue, &chain);

	if (status != PV_OK) {
		return status;
	}
	if (pv_virtqueue_chain_read(&chain, 0, &request, sizeof(request)) < sizeof(request) ||
	    chain.writable_bytes < sizeof(result)) {
		pv_virtqueue_device_break(&server->queue);
		return PV_CORRUPT;
	}
	if (request.type == PV_GPIO_GET_NAMES) {
		bytes = answer_names(server->lines, &chain);
	} else {
		result = answer(server, &request);
		bytes = pv_virtqueue_chain_write(&chain, 0, &result, sizeof(result));
	}
	return pv_virtqueue_push(&server->queue, &chain, bytes);
}

enum pv_status pv_gpio_server_serve(struct pv_gpio_server *server, uint32_t limit, uint32_t *n)
{
	enum pv_status status = PV_OK;

	for (*n = 0; *n < limit && status == PV_OK; *n += status == PV_OK) {
		status = serve_one(server);
	}
	return status == PV_EMPTY ? PV_OK : status;
}
