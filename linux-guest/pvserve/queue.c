/* SPDX-License-Identifier: Apache-2.0 */
#include "linux-guest/pvserve/device.h"

struct pv_virtqueue_config device_queue(const struct device *device, uint32_t queue)
{
	const struct pv_virtio_queue_state *state = &device->state.queues[queue];

	return (struct pv_virtqueue_config){
		.size = state->size,
		.descriptors = state->descriptors,
		.available = state->available,
		.used = state->used,
		.features = device->state.features,
	};
}
