/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An I2C bus for another partition. VIRTIO 1.2 "I2C Adapter Device", addresses of 7
 * bits. A transfer is one message or several, with repeated starts between them.
 * Nothing blocks, but for the bus itself.
 */
#pragma once

#include "pv/virtio_frontend.h"

#define PV_I2C_BYTES_MAX 1024u /* of a message */

/* "I2C Adapter Device", Feature bits: both ends insist on it. */
#define PV_I2C_F_ZERO_LENGTH_REQUEST UINT64_C(1)

struct pv_i2c_message {
	uint8_t  address; /* 7 bits */
	bool     is_read;
	bool     is_last; /* of the transfer: a stop follows (the client sees to it itself) */
	void    *bytes;   /* to write, or where what is read goes */
	uint32_t n_bytes; /* 0: only the address goes out */
};

/* ---- Server ------------------------------------------------------------------ */

#define PV_I2C_MESSAGES_MAX 8u /* of a transfer */

struct pv_i2c_operations {
	/*
	 * One message on the bus. False: nobody answered, or something went wrong; the bus
	 * is free again then, and the rest of the transfer does not come.
	 */
	bool (*transfer)(void *context, const struct pv_i2c_message *message);
};

struct pv_i2c_server {
	struct pv_virtqueue_device queue; /* marked: the rest of the transfer must fail */
	const struct pv_i2c_operations *operations;
	void    *context;
	uint32_t n; /* requests of a transfer whose end is still to come */
	struct pv_virtqueue_chain chains[PV_I2C_MESSAGES_MAX];
	struct pv_i2c_message messages[PV_I2C_MESSAGES_MAX];
	uint32_t used_bytes[PV_I2C_MESSAGES_MAX];
	unsigned char bytes[PV_I2C_BYTES_MAX]; /* of the message that is on the bus */
};

/* Serve on server->queue, which pv_virtio_backend_open() takes. */
void pv_i2c_server_open(struct pv_i2c_server *server, const struct pv_i2c_operations *operations,
			void *context);

/*
 * Take at most `limit` requests; *n says how many. A transfer is made when its last
 * request is there, and answered as a whole: what was not answered before a restart
 * of this end is made again from its first message. Its time on the bus counts when a
 * driver that resets the device waits.
 * PV_OK, PV_CORRUPT (no request at all, or a driver without PV_I2C_F_ZERO_LENGTH_REQUEST)
 */
enum pv_status pv_i2c_server_serve(struct pv_i2c_server *server, uint32_t limit, uint32_t *n);

/* ---- Client ------------------------------------------------------------------ */

#define PV_I2C_CLIENT_MESSAGES 2u /* of a transfer: a write, then a read */

struct pv_i2c_client {
	struct pv_virtio_frontend  frontend;
	struct pv_virtqueue_driver queue;
	uint64_t address;       /* of the buffers, one a message */
	uint32_t n, n_answered; /* messages of the transfer that is under way */
	bool     is_failed;     /* one of those answered was refused */
	struct pv_i2c_message messages[PV_I2C_CLIENT_MESSAGES];
	uint16_t heads[PV_I2C_CLIENT_MESSAGES];
};

/* As pv_console_client_open(). */
enum pv_status pv_i2c_client_open(struct pv_i2c_client *client,
				  const struct pv_virtio_frontend_config *config);

/*
 * Begin a transfer, one at a time; the server is rung. What is to be written is copied;
 * memory for what is read belongs to the transfer until it is finished.
 * PV_OK, PV_FULL (one is under way), PV_BAD_ARGUMENT (none or too many messages, an
 * address of more than 7 bits, more than PV_I2C_BYTES_MAX), PV_CORRUPT
 */
enum pv_status pv_i2c_client_start(struct pv_i2c_client *client,
				   const struct pv_i2c_message *messages, uint32_t n);

/*
 * PV_OK (all of it was done), PV_EMPTY (none is under way, or not answered yet),
 * PV_NOT_ALLOWED (it failed: nobody answers at that address, for one; what was read
 * means nothing), PV_CORRUPT
 */
enum pv_status pv_i2c_client_finish(struct pv_i2c_client *client);
