/* SPDX-License-Identifier: Apache-2.0 */
#include "pv/virtio_rng.h"

void pv_rng_server_open(struct pv_rng_server *server,
			void (*fill)(void *context, void *to, uint32_t bytes), void *context)
{
	*server = (struct pv_rng_server){ .fill = fill, .context = context };
}

static uint32_t answer(const struct pv_rng_server *server, const struct pv_virtqueue_chain *chain)
{
	uint32_t done = 0;

	while (done < PV_RNG_REQUEST_MAX) {
		uint32_t n = PV_RNG_REQUEST_MAX - done;
		unsigned char *to = pv_virtqueue_chain_at(chain, true, done, &n);

		if (to == NULL) {
			break;
		}
		server->fill(server->context, to, n);
		done += n;
	}
	return done;
}

enum pv_status pv_rng_server_serve(struct pv_rng_server *server, uint32_t limit, uint32_t *n)
{
	enum pv_status status = PV_OK;

	for (*n = 0; *n < limit && status == PV_OK; *n += status == PV_OK) {
		struct pv_virtqueue_chain chain;

		status = pv_virtqueue_pop(&server->queue, &chain);
		if (status == PV_OK) {
			status = pv_virtqueue_push(&server->queue, &chain, answer(server, &chain));
		}
	}
	return status == PV_EMPTY ? PV_OK : status;
}
