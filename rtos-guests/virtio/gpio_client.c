/* SPDX-License-Identifier: Apache-2.0 */
#include "pv/virtio_gpio.h"

#include "rtos-guests/virtio/gpio_format.h"

#include "pv/string.h"

#define QUEUE_SIZE   2u /* request and answer */
#define ANSWER_AT    8u
#define BUFFER_BYTES 16u

static enum pv_status begin(struct pv_gpio_client *client,
			    const struct pv_virtio_frontend_config *config)
{
	struct gpio_config lines;
	enum pv_status status =
		pv_virtio_frontend_start(&client->frontend, config, PV_VIRTIO_FEATURES);

	if (status == PV_OK) {
		status = pv_virtio_frontend_read_config(&client->frontend, 0, &lines, sizeof(lines));
	}
	if (status == PV_OK) {
		client->n_lines = lines.n_lines;
		status = pv_virtio_frontend_add_queue(&client->frontend, 0, &client->queue,
						      QUEUE_SIZE);
	}
	if (status != PV_OK) {
		return status;
	}
	client->address = pv_virtio_frontend_take(&client->frontend, BUFFER_BYTES);
	return client->address != 0 ? pv_virtio_frontend_go(&client->frontend) : PV_FULL;
}

enum pv_status pv_gpio_client_open(struct pv_gpio_client *client,
				   const struct pv_virtio_frontend_config *config)
{
	enum pv_status status;

	*client = (struct pv_gpio_client){ 0 };
	status = begin(client, config);
	client->queue.queue.is_broken = status != PV_OK;
	return status;
}

static unsigned char *buffer_of(const struct pv_gpio_client *client)
{
	return pv_virtio_window_at(&client->frontend.window, client->address, BUFFER_BYTES);
}

enum pv_status pv_gpio_client_start(struct pv_gpio_client *client, enum pv_gpio_request request,
				    uint32_t line, uint32_t value)
{
	const struct pv_virtqueue_piece pieces[] = {
		{ client->address, sizeof(struct gpio_request), false },
		{ client->address + ANSWER_AT, sizeof(struct gpio_answer), true },
	};
	struct gpio_request text = { (uint16_t)request, (uint16_t)line, value };
	uint16_t head;
	enum pv_status status;

	if (client->queue.queue.is_broken) {
		return PV_CORRUPT;
	}
	if (client->queue.n_free < QUEUE_SIZE) {
		return PV_FULL;
	}
	if (line >= client->n_lines || request < PV_GPIO_GET_DIRECTION ||
	    request > PV_GPIO_SET_VALUE) {
		return PV_BAD_ARGUMENT;
	}
	memcpy(buffer_of(client), &text, sizeof(text));
	status = pv_virtqueue_add(&client->queue, pieces, 2, &head);
	(void)pv_virtio_frontend_kick(&client->frontend, &client->queue);
	return status;
}

enum pv_status pv_gpio_client_finish(struct pv_gpio_client *client, uint32_t *value)
{
	struct gpio_answer answer;
	uint16_t head;
	uint32_t bytes;
	enum pv_status status = pv_virtqueue_collect(&client->queue, &head, &bytes);

	if (status != PV_OK) {
		return status;
	}
	memcpy(&answer, buffer_of(client) + ANSWER_AT, sizeof(answer));
	if (bytes < sizeof(answer) || answer.status != GPIO_STATUS_OK) {
		return PV_NOT_ALLOWED;
	}
	*value = answer.value;
	return PV_OK;
}
