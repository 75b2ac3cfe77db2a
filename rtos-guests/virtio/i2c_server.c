/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of an I2C bus. Those that the driver groups by FAIL_NEXT are one transfer:
 * they are taken until the last is there, made, and given back at once.
 */
#include "pv/virtio_i2c.h"

#include "rtos-guests/virtio/i2c_format.h"

#define STATUS_BYTES        ((uint32_t)sizeof(struct i2c_result))
#define HEADER_BYTES        ((uint32_t)sizeof(struct i2c_request))
#define REQUEST_DESCRIPTORS 3u /* header, bytes, status */

void pv_i2c_server_open(struct pv_i2c_server *server, const struct pv_i2c_operations *operations,
			void *context)
{
	*server = (struct pv_i2c_server){ .operations = operations, .context = context };
}

/* False: no message that a bus could take. */
static bool read_message(const struct pv_virtqueue_chain *chain, const struct i2c_request *request,
			 struct pv_i2c_message *message)
{
	bool is_read = (request->flags & I2C_READ) != 0;

	*message = (struct pv_i2c_message){
		.address = (uint8_t)((request->address & I2C_7BIT_MASK) >> I2C_7BIT_SHIFT),
		.is_read = is_read,
		.is_last = (request->flags & I2C_FAIL_NEXT) == 0,
		.n_bytes = is_read ? chain->writable_bytes - STATUS_BYTES
				   : chain->readable_bytes - HEADER_BYTES,
	};
	return (request->address & ~I2C_7BIT_MASK) == 0 &&
	       (request->flags & ~(I2C_FAIL_NEXT | I2C_READ)) == 0 &&
	       message->n_bytes <= PV_I2C_BYTES_MAX &&
	       (is_read ? chain->readable_bytes == HEADER_BYTES
			: chain->writable_bytes == STATUS_BYTES);
}

/* By way of private memory: the driver may change its bytes while they are on the bus. */
static bool transfer(struct pv_i2c_server *server, uint32_t i)
{
	const struct pv_virtqueue_chain *chain = &server->chains[i];
	struct pv_i2c_message *message = &server->messages[i];

	message->bytes = server->bytes;
	if (!message->is_read) {
		(void)pv_virtqueue_chain_read(chain, HEADER_BYTES, server->bytes, message->n_bytes);
	}
	if (!server->operations->transfer(server->context, message)) {
		return false;
	}
	if (message->is_read) {
		(void)pv_virtqueue_chain_write(chain, 0, server->bytes, message->n_bytes);
	}
	return true;
}

/* Make the transfer, or not, and give all requests of it back. */
static enum pv_status finish(struct pv_i2c_server *server, bool is_good)
{
	uint32_t n = server->n;

	for (uint32_t i = 0; i < n; i++) {
		const struct pv_virtqueue_chain *chain = &server->chains[i];
		uint32_t status_at = chain->writable_bytes - STATUS_BYTES;
		struct i2c_result result = { .status = I2C_STATUS_ERROR };

		is_good = is_good && transfer(server, i);
		if (is_good) {
			result.status = I2C_STATUS_OK;
		}
		(void)pv_virtqueue_chain_write(chain, status_at, &result, sizeof(result));
		/* Used bytes count from the first; of what was not read there are none. */
		server->used_bytes[i] = is_good || status_at == 0 ? chain->writable_bytes : 0;
	}
	server->n = 0;
	return pv_virtqueue_push_several(&server->queue, server->chains, server->used_bytes, n);
}

/* Can the driver send another request before these are answered? */
static bool has_room(const struct pv_i2c_server *server)
{
	uint32_t n_descriptors = REQUEST_DESCRIPTORS;

	for (uint32_t i = 0; i < server->n; i++) {
		n_descriptors += server->chains[i].n_readable + server->chains[i].n_writable;
	}
	return n_descriptors <= server->queue.queue.size;
}

static enum pv_status serve_one(struct pv_i2c_server *server)
{
	struct pv_virtqueue_device *queue = &server->queue;
	struct pv_virtqueue_chain *chain = &server->chains[server->n];
	struct pv_i2c_message *message = &server->messages[server->n];
	struct i2c_request request;
	enum pv_status status = pv_virtqueue_pop(queue, chain);

	if (status == PV_EMPTY && server->n != 0 && !has_room(server)) {
		/* Linux sends what fits and waits. It never sends the rest: next is another transfer. */
		queue->mark = false;
		return finish(server, false) == PV_OK ? PV_EMPTY : PV_CORRUPT;
	}
	if (status != PV_OK) {
		return status;
	}
	if ((queue->queue.features & PV_I2C_F_ZERO_LENGTH_REQUEST) == 0 ||
	    pv_virtqueue_chain_read(chain, 0, &request, sizeof(request)) < sizeof(request) ||
	    chain->writable_bytes < STATUS_BYTES) {
		pv_virtqueue_device_break(queue);
		return PV_CORRUPT;
	}
	queue->mark = !read_message(chain, &request, message) || queue->mark;
	server->n++;
	if (message->is_last) {
		status = finish(server, !queue->mark);
		queue->mark = false;
	} else if (queue->mark || server->n == PV_I2C_MESSAGES_MAX) {
		/* The rest fails, too, if there is one: see above. */
		queue->mark = has_room(server) || !pv_virtqueue_device_wait_begin(queue);
		status = finish(server, false);
	}
	return status;
}

enum pv_status pv_i2c_server_serve(struct pv_i2c_server *server, uint32_t limit, uint32_t *n)
{
	enum pv_status status = PV_OK;

	/* After a reset nothing is popped, and what was taken of a transfer is gone. */
	if (!pv_virtqueue_device_has_popped(&server->queue)) {
		server->n = 0;
	}
	for (*n = 0; *n < limit && status == PV_OK; *n += status == PV_OK) {
		status = serve_one(server);
	}
	return status == PV_EMPTY ? PV_OK : status;
}
