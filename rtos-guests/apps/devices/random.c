/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that do not repeat: SplitMix64 over a counter and the time. There is no
 * source of entropy behind it, so nothing that must be secret may come from here.
 */
#include "rtos-guests/apps/devices/service.h"

#include "pv/string.h"
#include "pv/timer.h"
#include "pv/virtio_rng.h"

static struct pv_rng_server server;
static uint64_t counter;

static uint64_t next_word(void)
{
	counter += UINT64_C(0x9e3779b97f4a7c15);

	uint64_t word = counter ^ pv_timer_now();

	word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
	return word ^ word >> 31;
}

static void fill(void *context, void *to, uint32_t bytes)
{
	(void)context;
	for (uint32_t done = 0; done < bytes; done += 8) {
		uint64_t word = next_word();

		memcpy((unsigned char *)to + done, &word, bytes - done < 8 ? bytes - done : 8);
	}
}

static const char *open_random(void)
{
	pv_rng_server_open(&server, fill, NULL);
	return NULL;
}

static enum pv_status serve(uint32_t *n)
{
	return pv_rng_server_serve(&server, SERVICE_LIMIT, n);
}

struct service random_service = {
	.name = "random",
	.device = PV_VIRTIO_RNG,
	.open = open_random,
	.queues = &server.queue,
	.n_queues = 1,
	.serve = serve,
	.waits_for = service_first_queue,
};
