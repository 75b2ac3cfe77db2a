/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's random numbers. VIRTIO 1.2 "Entropy Device". */
#include "linux-guest/pvserve/kinds.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define QUEUE       0
#define BYTES_MAX   4096 /* of one request; a driver asks again for more */

static bool open_rng(struct service *service, char *const *arguments)
{
	(void)arguments;
	return !device_say(&service->device, "serving random numbers to %s",
			   service->device.about.frontend);
}

static bool serve_rng(struct service *service)
{
	struct pv_virtqueue_device *queue = &service->queues[QUEUE];
	unsigned char numbers[BYTES_MAX];
	struct pv_virtqueue_chain chain;

	while (pv_virtqueue_pop(queue, &chain) == PV_OK) {
		uint32_t bytes = chain.writable_bytes < BYTES_MAX ? chain.writable_bytes : BYTES_MAX;
		ssize_t got;

		do {
			got = getrandom(numbers, bytes, 0);
		} while (got < 0 && errno == EINTR);
		if (got < 0) {
			return device_say(&service->device, "getrandom: %s", strerror(errno));
		}
		(void)pv_virtqueue_chain_write(&chain, 0, numbers, (uint32_t)got);
		(void)pv_virtqueue_push(queue, &chain, (uint32_t)got);
	}
	service->waits_for = 1u << QUEUE;
	return true;
}

const struct service_kind rng_kind = {
	.name = "rng",
	.arguments = "",
	.device = PV_VIRTIO_RNG,
	.open = open_rng,
	.serve = serve_rng,
};
