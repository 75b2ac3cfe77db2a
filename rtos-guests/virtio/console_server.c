/* SPDX-License-Identifier: Apache-2.0 */
#include "pv/virtio_console.h"

enum { INPUT_QUEUE = 0, OUTPUT_QUEUE = 1 };

#define PIECE_BYTES 64u

void pv_console_server_open(struct pv_console_server *server,
			    void (*write)(void *context, const char *text, uint32_t bytes),
			    void *context)
{
	*server = (struct pv_console_server){ .write = write, .context = context };
}

/* By way of private memory: the driver may change its text while it is written. */
static void write_chain(const struct pv_console_server *server,
			const struct pv_virtqueue_chain *chain)
{
	char text[PIECE_BYTES];

	for (uint32_t done = 0; done < chain->readable_bytes;) {
		uint32_t n = pv_virtqueue_chain_read(chain, done, text, sizeof(text));

		server->write(server->context, text, n);
		done += n;
	}
}

enum pv_status pv_console_server_serve(struct pv_console_server *server, uint32_t limit,
				       uint32_t *n)
{
	struct pv_virtqueue_device *queue = &server->queues[OUTPUT_QUEUE];
	enum pv_status status = PV_OK;

	for (*n = 0; *n < limit && status == PV_OK; *n += status == PV_OK) {
		struct pv_virtqueue_chain chain;

		status = pv_virtqueue_pop(queue, &chain);
		if (status == PV_OK) {
			write_chain(server, &chain);
			status = pv_virtqueue_push(queue, &chain, 0);
		}
	}
	return status == PV_EMPTY ? PV_OK : status;
}

enum pv_status pv_console_server_put(struct pv_console_server *server, const char *text,
				     uint32_t bytes, uint32_t *taken)
{
	struct pv_virtqueue_device *queue = &server->queues[INPUT_QUEUE];
	enum pv_status status = PV_OK;

	for (*taken = 0; *taken < bytes && status == PV_OK;) {
		struct pv_virtqueue_chain chain;

		status = pv_virtqueue_pop(queue, &chain);
		if (status == PV_OK) {
			uint32_t n = pv_virtqueue_chain_write(&chain, 0, text + *taken,
							      bytes - *taken);

			status = pv_virtqueue_push(queue, &chain, n);
			*taken += n;
		}
	}
	return status == PV_EMPTY ? PV_OK : status;
}
