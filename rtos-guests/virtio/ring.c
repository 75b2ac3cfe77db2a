/* SPDX-License-Identifier: Apache-2.0 */
/* What both ends of a virtqueue share: the window, and where the queue lies in it. */
#include "rtos-guests/virtio/ring.h"

_Static_assert(PV_VIRTIO_WINDOW_MAX * PV_VIRTQUEUE_CHAIN_MAX <= UINT32_MAX, "lengths of chains");

#define DESCRIPTORS_ALIGN 16u
#define AVAILABLE_ALIGN   2u
#define USED_ALIGN        4u

unsigned char *pv_virtio_window_at(const struct pv_virtio_window *window, uint64_t address,
				   uint64_t bytes)
{
	uint64_t offset = address - window->address; /* of an address below: beyond every window */

	if (offset > window->bytes || bytes > window->bytes - offset) {
		return NULL;
	}
	return window->memory + offset;
}

uint64_t pv_virtqueue_place(uint64_t address, uint32_t size, uint64_t features,
			    struct pv_virtqueue_config *config)
{
	uint64_t available = PV_VIRTQUEUE_DESCRIPTORS_BYTES(size);
	uint64_t used = available + PV_VIRTQUEUE_AVAILABLE_BYTES(size);

	used = (used + USED_ALIGN - 1) / USED_ALIGN * USED_ALIGN;
	*config = (struct pv_virtqueue_config){
		.size = size,
		.descriptors = address,
		.available = address + available,
		.used = address + used,
		.features = features,
	};
	return used + PV_VIRTQUEUE_USED_BYTES(size);
}

static bool is_window(const struct pv_virtio_window *window)
{
	return window->memory != NULL && window->bytes <= PV_VIRTIO_WINDOW_MAX &&
	       (uintptr_t)window->memory % DESCRIPTORS_ALIGN == 0 &&
	       window->address % DESCRIPTORS_ALIGN == 0 &&
	       window->address <= UINT64_MAX - window->bytes;
}

static bool are_apart(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a + a_bytes <= b || b + b_bytes <= a;
}

enum pv_status virtqueue_open(struct virtqueue *queue, const struct pv_virtio_window *window,
			      const struct pv_virtqueue_config *config)
{
	uint32_t size = config->size;

	if (!is_window(window) || size == 0 || size > PV_VIRTQUEUE_SIZE_MAX ||
	    (size & (size - 1)) != 0 || config->descriptors % DESCRIPTORS_ALIGN != 0 ||
	    config->available % AVAILABLE_ALIGN != 0 || config->used % USED_ALIGN != 0 ||
	    (config->features & PV_VIRTIO_FEATURES_REQUIRED) != PV_VIRTIO_FEATURES_REQUIRED) {
		return PV_BAD_ARGUMENT;
	}

	uint32_t descriptors_bytes = PV_VIRTQUEUE_DESCRIPTORS_BYTES(size);
	uint32_t available_bytes = PV_VIRTQUEUE_AVAILABLE_BYTES(size);
	uint32_t used_bytes = PV_VIRTQUEUE_USED_BYTES(size);

	*queue = (struct virtqueue){
		.window = *window,
		.size = (uint16_t)size,
		.has_event_idx = (config->features & PV_VIRTIO_F_EVENT_IDX) != 0,
		.features = config->features,
		.descriptors = pv_virtio_window_at(window, config->descriptors, descriptors_bytes),
		.available = pv_virtio_window_at(window, config->available, available_bytes),
		.used = pv_virtio_window_at(window, config->used, used_bytes),
	};
	if (queue->descriptors == NULL || queue->available == NULL || queue->used == NULL ||
	    !are_apart(config->descriptors, descriptors_bytes, config->available,
		       available_bytes) ||
	    !are_apart(config->descriptors, descriptors_bytes, config->used, used_bytes) ||
	    !are_apart(config->available, available_bytes, config->used, used_bytes)) {
		return PV_BAD_ARGUMENT;
	}
	return PV_OK;
}
