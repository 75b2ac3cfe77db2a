/* SPDX-License-Identifier: Apache-2.0 */
#include "pv/virtio_console.h"

enum { INPUT_QUEUE = 0, OUTPUT_QUEUE = 1 };

void pv_console_server_open(struct pv_console_server *server,
			    void (*write)(void *context, const char *text, uint32_t bytes),
			    void *context)
{
	*server = (struct pv_console_server){ .write = write, .context = context };
}

/*
 * The next piece of the chain that is popped, by way of private memory: the driver
 * may change its text while it is written. Descriptors may overlap, so that a chain
 * is longer than the window.
 */
static enum pv_status write_piece(struct pv_console_server *server)
{
	const struct pv_virtqueue_chain *chain = &server->chain;
	char text[PV_CONSOLE_PIECE_BYTES];
	uint32_t n = pv_virtqueue_chain_read(chain, server->n_written, text, sizeof(text));

	if (n != 0) {
		server->write(server->context, text, n);
		server->n_written += n;
	}
	if (server->n_written < chain->readable_bytes) {
		return PV_OK;
	}
	return pv_virtqueue_push(&server->queues[OUTPUT_QUEUE], chain, 0);
}

enum pv_status pv_console_server_serve(struct pv_console_server *server, uint32_t limit,
				       uint32_t *n)
{
	struct pv_virtqueue_device *queue = &server->queues[OUTPUT_QUEUE];
	enum pv_status status = PV_OK;

	for (*n = 0; *n < limit && status == PV_OK; *n += status == PV_OK) {
		/* After a reset nothing is popped, and what was left of a chain is gone. */
		if (!pv_virtqueue_device_has_popped(queue)) {
			status = pv_virtqueue_pop(queue, &server->chain);
			server->n_written = 0;
		}
		if (status == PV_OK) {
			status = write_piece(server);
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
