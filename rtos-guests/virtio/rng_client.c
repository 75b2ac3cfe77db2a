/* SPDX-License-Identifier: Apache-2.0 */
#include "pv/virtio_rng.h"

#include "pv/string.h"

enum pv_status pv_rng_client_open(struct pv_rng_client *client,
				  const struct pv_virtio_frontend_config *config)
{
	enum pv_status status;

	*client = (struct pv_rng_client){ 0 };
	status = pv_virtio_frontend_start(&client->frontend, config, PV_VIRTIO_FEATURES);
	if (status == PV_OK) {
		status = pv_virtio_slots_open(&client->slots, &client->frontend, 0, PV_RNG_SLOTS,
					      PV_RNG_SLOT_BYTES);
	}
	if (status == PV_OK) {
		pv_virtio_slots_give_all(&client->slots);
		status = pv_virtio_frontend_go(&client->frontend);
	}
	client->slots.queue.queue.is_broken = status != PV_OK;
	return status;
}

enum pv_status pv_rng_client_read(struct pv_rng_client *client, void *to, uint32_t size,
				  uint32_t *taken)
{
	enum pv_status status = pv_virtio_slots_take(&client->slots, taken);

	if (status != PV_OK) {
		return status;
	}
	if (*taken > size) {
		*taken = size;
	}
	memcpy(to, pv_virtio_slots_next(&client->slots), *taken);
	pv_virtio_slots_give_all(&client->slots);
	return *taken != 0 ? PV_OK : PV_EMPTY;
}

void pv_rng_client_kick(struct pv_rng_client *client)
{
	(void)pv_virtio_frontend_kick(&client->frontend, &client->slots.queue);
}

bool pv_rng_client_wait_begin(struct pv_rng_client *client)
{
	return pv_virtqueue_driver_wait_begin(&client->slots.queue);
}

void pv_rng_client_wait_end(struct pv_rng_client *client)
{
	pv_virtqueue_driver_wait_end(&client->slots.queue);
}
