/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a GPIO block for another partition. VIRTIO 1.2 "GPIO Device", without
 * interrupts of lines. Nothing blocks.
 *
 * The server needs rtos-guests/drivers for the pins; the client does not.
 */
#pragma once

#include "pv/virtio_frontend.h"

#define PV_GPIO_LINES_MAX 64u

enum pv_gpio_request {
	PV_GPIO_GET_NAMES     = 1, /* VIRTIO_GPIO_MSG_GET_LINE_NAMES */
	PV_GPIO_GET_DIRECTION = 2,
	PV_GPIO_SET_DIRECTION = 3, /* value: enum pv_gpio_direction */
	PV_GPIO_GET_VALUE     = 4,
	PV_GPIO_SET_VALUE     = 5, /* value: 0, 1; kept until the line becomes an output */
};

enum pv_gpio_direction {
	PV_GPIO_NONE   = 0, /* as an input */
	PV_GPIO_OUTPUT = 1,
	PV_GPIO_INPUT  = 2,
};

/* ---- Server ------------------------------------------------------------------ */

struct pv_gpio;

/* What is served: lines 0.. are these pins of a block. */
struct pv_gpio_lines {
	const struct pv_gpio *gpio;
	const uint8_t *pins;
	uint32_t       n;           /* paravent,lines of the device, at most PV_GPIO_LINES_MAX */
	const char    *names;       /* paravent,line-names, one string behind the other */
	uint32_t       names_bytes; /* with the zero of each; 0: none */
};

struct pv_gpio_server {
	struct pv_virtqueue_device queue;
	const struct pv_gpio_lines *lines;
	uint8_t directions[PV_GPIO_LINES_MAX]; /* enum pv_gpio_direction */
	bool    levels[PV_GPIO_LINES_MAX];     /* as the driver set it last */
};

/* Serve on server->queue, which pv_virtio_backend_open() takes. Pins stay as they are until asked for. */
void pv_gpio_server_open(struct pv_gpio_server *server, const struct pv_gpio_lines *lines);

/* Answer at most `limit` requests; *n says how many. PV_OK, PV_CORRUPT (no request at all) */
enum pv_status pv_gpio_server_serve(struct pv_gpio_server *server, uint32_t limit, uint32_t *n);

/* ---- Client ------------------------------------------------------------------ */

struct pv_gpio_client {
	struct pv_virtio_frontend  frontend;
	struct pv_virtqueue_driver queue;
	uint64_t address; /* of request and answer */
	uint32_t n_lines;
};

/* As pv_console_client_open(). */
enum pv_status pv_gpio_client_open(struct pv_gpio_client *client,
				   const struct pv_virtio_frontend_config *config);

/*
 * Ask for something, one thing at a time; the server is rung. Not for PV_GPIO_GET_NAMES.
 * PV_OK, PV_FULL (a request is under way), PV_BAD_ARGUMENT (kind, line), PV_CORRUPT
 */
enum pv_status pv_gpio_client_start(struct pv_gpio_client *client, enum pv_gpio_request request,
				    uint32_t line, uint32_t value);

/*
 * *value  of a get
 * PV_OK, PV_EMPTY (not answered yet), PV_NOT_ALLOWED (the server refused), PV_CORRUPT
 */
enum pv_status pv_gpio_client_finish(struct pv_gpio_client *client, uint32_t *value);
