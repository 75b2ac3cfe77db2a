/* SPDX-License-Identifier: Apache-2.0 */
#include "pv/virtio_console.h"

#include "pv/string.h"

enum { RECEIVE_QUEUE = 0, TRANSMIT_QUEUE = 1 };

static enum pv_status begin(struct pv_console_client *client,
			    const struct pv_virtio_frontend_config *config)
{
	enum pv_status status =
		pv_virtio_frontend_start(&client->frontend, config, PV_VIRTIO_FEATURES);

	if (status == PV_OK) {
		status = pv_virtio_slots_open(&client->receive, &client->frontend, RECEIVE_QUEUE,
					      PV_CONSOLE_SLOTS, PV_CONSOLE_SLOT_BYTES);
	}
	if (status == PV_OK) {
		status = pv_virtio_slots_open(&client->transmit, &client->frontend, TRANSMIT_QUEUE,
					      PV_CONSOLE_SLOTS, PV_CONSOLE_SLOT_BYTES);
	}
	if (status == PV_OK) {
		pv_virtio_slots_give_all(&client->receive);
		status = pv_virtio_frontend_go(&client->frontend);
	}
	return status;
}

enum pv_status pv_console_client_open(struct pv_console_client *client,
				      const struct pv_virtio_frontend_config *config)
{
	enum pv_status status;

	*client = (struct pv_console_client){ 0 };
	status = begin(client, config);
	client->receive.queue.queue.is_broken = status != PV_OK;
	client->transmit.queue.queue.is_broken = status != PV_OK;
	return status;
}

/* Slots that the server has read are free again. */
static enum pv_status reclaim(struct pv_console_client *client)
{
	uint32_t unused;
	enum pv_status status;

	while ((status = pv_virtio_slots_take(&client->transmit, &unused)) == PV_OK) {
	}
	return status == PV_EMPTY ? PV_OK : status;
}

enum pv_status pv_console_client_write(struct pv_console_client *client, const char *text,
				       uint32_t bytes, uint32_t *taken)
{
	enum pv_status status = reclaim(client);
	unsigned char *slot;

	*taken = 0;
	while (status == PV_OK && *taken < bytes &&
	       (slot = pv_virtio_slots_next(&client->transmit)) != NULL) {
		uint32_t n = bytes - *taken < PV_CONSOLE_SLOT_BYTES ? bytes - *taken
								    : PV_CONSOLE_SLOT_BYTES;

		memcpy(slot, text + *taken, n);
		status = pv_virtio_slots_give(&client->transmit, n, false);
		*taken += n;
	}
	return status;
}

enum pv_status pv_console_client_read(struct pv_console_client *client, char *text, uint32_t size,
				      uint32_t *taken)
{
	*taken = 0;
	if (client->n_held == 0) {
		enum pv_status status = pv_virtio_slots_take(&client->receive, &client->n_held);

		if (status != PV_OK) {
			return status;
		}
		client->n_read = 0;
	}
	*taken = client->n_held - client->n_read;
	if (*taken > size) {
		*taken = size;
	}
	memcpy(text, pv_virtio_slots_next(&client->receive) + client->n_read, *taken);
	client->n_read += *taken;
	if (client->n_read == client->n_held) {
		client->n_held = 0;
		pv_virtio_slots_give_all(&client->receive);
	}
	return *taken != 0 ? PV_OK : PV_EMPTY;
}

void pv_console_client_kick(struct pv_console_client *client)
{
	(void)pv_virtio_frontend_kick(&client->frontend, &client->receive.queue);
	(void)pv_virtio_frontend_kick(&client->frontend, &client->transmit.queue);
}

bool pv_console_client_wait_begin(struct pv_console_client *client)
{
	bool may_sleep = pv_virtqueue_driver_wait_begin(&client->receive.queue);

	return pv_virtqueue_driver_wait_begin(&client->transmit.queue) && may_sleep &&
	       client->n_held == 0;
}

void pv_console_client_wait_end(struct pv_console_client *client)
{
	pv_virtqueue_driver_wait_end(&client->receive.queue);
	pv_virtqueue_driver_wait_end(&client->transmit.queue);
}
