/* SPDX-License-Identifier: Apache-2.0 */
/* Requests, answers and configuration space. VIRTIO 1.2 "GPIO Device". */
#pragma once

#include <stdint.h>

/* struct virtio_gpio_request */
struct gpio_request {
	uint16_t type;
	uint16_t line;
	uint32_t value;
};

/* struct virtio_gpio_response */
struct gpio_answer {
	uint8_t status;
	uint8_t value; /* of GET_LINE_NAMES: the first byte of many */
};

/* struct virtio_gpio_config */
struct gpio_config {
	uint16_t n_lines;
	uint8_t  padding[2];
	uint32_t names_bytes;
};

#define GPIO_STATUS_OK    0u
#define GPIO_STATUS_ERROR 1u

_Static_assert(sizeof(struct gpio_request) == 8, "as on the wire");
_Static_assert(sizeof(struct gpio_answer) == 2, "as on the wire");
_Static_assert(sizeof(struct gpio_config) == 8, "as in configuration space");
