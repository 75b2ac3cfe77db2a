/* SPDX-License-Identifier: Apache-2.0 */
#include "pv/virtio_i2c.h"

#include "rtos-guests/virtio/i2c_format.h"

#include "pv/string.h"

#define QUEUE_SIZE   8u  /* PV_I2C_CLIENT_MESSAGES of up to three descriptors */
#define STATUS_AT    8u  /* in a message's buffer, behind the header */
#define BYTES_AT     16u
#define BUFFER_BYTES (BYTES_AT + PV_I2C_BYTES_MAX)
#define ADDRESS_MAX  0x7fu

_Static_assert(3 * PV_I2C_CLIENT_MESSAGES <= QUEUE_SIZE, "a whole transfer fits");

static enum pv_status begin(struct pv_i2c_client *client,
			    const struct pv_virtio_frontend_config *config)
{
	enum pv_status status =
		pv_virtio_frontend_start(&client->frontend, config,
					 PV_VIRTIO_FEATURES | PV_I2C_F_ZERO_LENGTH_REQUEST);

	if (status != PV_OK) {
		return status;
	}
	if ((client->frontend.features & PV_I2C_F_ZERO_LENGTH_REQUEST) == 0) {
		return PV_NOT_SUPPORTED;
	}
	status = pv_virtio_frontend_add_queue(&client->frontend, 0, &client->queue, QUEUE_SIZE);
	if (status != PV_OK) {
		return status;
	}
	client->address = pv_virtio_frontend_take(&client->frontend,
						  PV_I2C_CLIENT_MESSAGES * BUFFER_BYTES);
	return client->address != 0 ? pv_virtio_frontend_go(&client->frontend) : PV_FULL;
}

enum pv_status pv_i2c_client_open(struct pv_i2c_client *client,
				  const struct pv_virtio_frontend_config *config)
{
	enum pv_status status;

	*client = (struct pv_i2c_client){ 0 };
	status = begin(client, config);
	client->queue.queue.is_broken = status != PV_OK;
	return status;
}

static uint64_t address_of(const struct pv_i2c_client *client, uint32_t i)
{
	return client->address + i * BUFFER_BYTES;
}

static unsigned char *buffer_of(const struct pv_i2c_client *client, uint32_t i)
{
	return pv_virtio_window_at(&client->frontend.window, address_of(client, i), BUFFER_BYTES);
}

static bool are_sane(const struct pv_i2c_message *messages, uint32_t n)
{
	bool are = n != 0 && n <= PV_I2C_CLIENT_MESSAGES;

	for (uint32_t i = 0; are && i < n; i++) {
		are = messages[i].address <= ADDRESS_MAX && messages[i].n_bytes <= PV_I2C_BYTES_MAX;
	}
	return are;
}

static enum pv_status add(struct pv_i2c_client *client, uint32_t i)
{
	const struct pv_i2c_message *message = &client->messages[i];
	struct i2c_request request = {
		.address = (uint16_t)(message->address << I2C_7BIT_SHIFT),
		.flags = (message->is_read ? I2C_READ : 0) | (message->is_last ? 0 : I2C_FAIL_NEXT),
	};
	uint64_t address = address_of(client, i);
	struct pv_virtqueue_piece pieces[3];
	uint32_t n = 0;

	memcpy(buffer_of(client, i), &request, sizeof(request));
	pieces[n++] = (struct pv_virtqueue_piece){ address, sizeof(request), false };
	if (message->n_bytes != 0) {
		pieces[n++] = (struct pv_virtqueue_piece){ address + BYTES_AT, message->n_bytes,
							   message->is_read };
		if (!message->is_read) {
			memcpy(buffer_of(client, i) + BYTES_AT, message->bytes, message->n_bytes);
		}
	}
	pieces[n++] = (struct pv_virtqueue_piece){ address + STATUS_AT, sizeof(struct i2c_result),
						   true };
	return pv_virtqueue_add(&client->queue, pieces, n, &client->heads[i]);
}

enum pv_status pv_i2c_client_start(struct pv_i2c_client *client,
				   const struct pv_i2c_message *messages, uint32_t n)
{
	enum pv_status status = PV_OK;

	if (client->queue.queue.is_broken) {
		return PV_CORRUPT;
	}
	if (client->n != 0) {
		return PV_FULL;
	}
	if (!are_sane(messages, n)) {
		return PV_BAD_ARGUMENT;
	}
	client->n = n;
	client->n_answered = 0;
	client->is_failed = false;
	for (uint32_t i = 0; i < n && status == PV_OK; i++) {
		client->messages[i] = messages[i];
		client->messages[i].is_last = i + 1 == n;
		status = add(client, i);
	}
	(void)pv_virtio_frontend_kick(&client->frontend, &client->queue);
	return status;
}

/* An answer counts only if all was written of it that there is. */
static bool take_answer(struct pv_i2c_client *client, uint32_t i, uint32_t bytes)
{
	const struct pv_i2c_message *message = &client->messages[i];
	const unsigned char *buffer = buffer_of(client, i);
	uint32_t n_read = message->is_read ? message->n_bytes : 0;
	struct i2c_result result;

	memcpy(&result, buffer + STATUS_AT, sizeof(result));
	if (bytes != n_read + sizeof(result) || result.status != I2C_STATUS_OK) {
		return false;
	}
	if (n_read != 0) { /* else there may be no memory either */
		memcpy(message->bytes, buffer + BYTES_AT, n_read);
	}
	return true;
}

enum pv_status pv_i2c_client_finish(struct pv_i2c_client *client)
{
	uint16_t head;
	uint32_t bytes;

	while (client->n_answered < client->n) {
		enum pv_status status = pv_virtqueue_collect(&client->queue, &head, &bytes);

		if (status != PV_OK) {
			return status;
		}
		/* The queue answers for it that the head is one of these. */
		uint32_t i = 0;

		while (i + 1 < client->n && client->heads[i] != head) {
			i++;
		}
		client->is_failed = !take_answer(client, i, bytes) || client->is_failed;
		client->n_answered++;
	}
	if (client->n == 0) {
		return client->queue.queue.is_broken ? PV_CORRUPT : PV_EMPTY;
	}
	client->n = 0;
	return client->is_failed ? PV_NOT_ALLOWED : PV_OK;
}
