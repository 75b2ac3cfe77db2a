/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio block device: the server, with any disk behind it, and the client.
 * VIRTIO 1.2 "Block Device".
 */
#pragma once

#include "pv/virtio_frontend.h"
#include "pv/virtqueue.h"

#define PV_BLOCK_SECTOR_BYTES  512u
#define PV_BLOCK_ID_BYTES      20u

/* "Block Device", Feature bits */
#define PV_BLOCK_F_SIZE_MAX UINT64_C(0x2)
#define PV_BLOCK_F_SEG_MAX  UINT64_C(0x4)
#define PV_BLOCK_F_RO       UINT64_C(0x20)
#define PV_BLOCK_F_BLK_SIZE UINT64_C(0x40)
#define PV_BLOCK_F_FLUSH    UINT64_C(0x200)

/* Types of requests */
enum pv_block_kind {
	PV_BLOCK_READ   = 0, /* VIRTIO_BLK_T_IN */
	PV_BLOCK_WRITE  = 1, /* VIRTIO_BLK_T_OUT */
	PV_BLOCK_FLUSH  = 4, /* VIRTIO_BLK_T_FLUSH */
	PV_BLOCK_GET_ID = 8, /* VIRTIO_BLK_T_GET_ID */
};

/* The status byte */
enum pv_block_result {
	PV_BLOCK_OK          = 0, /* VIRTIO_BLK_S_OK */
	PV_BLOCK_ERROR       = 1, /* VIRTIO_BLK_S_IOERR */
	PV_BLOCK_UNSUPPORTED = 2, /* VIRTIO_BLK_S_UNSUPP */
};

/* ---- Server ------------------------------------------------------------------ */

/* False: the disk could not. Sectors have been checked against n_sectors. */
struct pv_block_operations {
	bool (*read)(void *context, uint64_t sector, void *to, uint32_t n_sectors);
	bool (*write)(void *context, uint64_t sector, const void *from, uint32_t n_sectors);
	bool (*flush)(void *context); /* NULL: what is written stays; nothing to do */
};

struct pv_block_disk {
	const struct pv_block_operations *operations;
	void    *context;
	uint64_t n_sectors;
	bool     is_read_only;
	char     id[PV_BLOCK_ID_BYTES]; /* padded with zeroes */
};

/* A disk in memory: context is a struct pv_block_memory. */
struct pv_block_memory {
	unsigned char *memory;
};
extern const struct pv_block_operations pv_block_memory_operations;

struct pv_block_server {
	const struct pv_block_disk *disk;
	struct pv_virtqueue_device  queue;
	uint64_t n_requests; /* answered */
	uint64_t n_errors;   /* of these, with another status than OK */
	uint64_t bounce[PV_BLOCK_SECTOR_BYTES / 8]; /* a sector that lies in several segments */
};

/*
 * Serve a disk on server->queue, which pv_virtio_backend_open() takes. The driver
 * sees no disk before its capacity is set:
 *	pv_virtio_config(backend.config->number, 0, disk.n_sectors, PV_VIRTIO_CONFIG_NOTIFY)
 */
void pv_block_server_open(struct pv_block_server *server, const struct pv_block_disk *disk);

/*
 * Answer at most `limit` requests, one after the other; *n_answered says how
 * many. Then pv_virtio_backend_signal(). A request that was begun when this end
 * was restarted is done again, with the same outcome.
 * PV_OK, PV_CORRUPT (a request that cannot even be refused)
 */
enum pv_status pv_block_server_serve(struct pv_block_server *server, uint32_t limit,
				     uint32_t *n_answered);

/* ---- Client ------------------------------------------------------------------ */

#define PV_BLOCK_SLOTS_MAX  32u   /* requests in flight */
#define PV_BLOCK_SLOT_BYTES 4096u /* data of one */

struct pv_block_request {
	enum pv_block_kind kind;
	uint64_t sector; /* read, write */
	void    *memory; /* read and GET_ID: stays the client's until the request is finished */
	uint32_t bytes;  /* read, write: whole sectors, at most client->request_bytes_max */
	uint64_t tag;    /* the caller's; comes back when it is finished */
};

struct pv_block_client {
	struct pv_virtio_frontend  frontend;
	struct pv_virtqueue_driver queue;
	uint64_t n_sectors; /* 0: there is no disk yet */
	uint32_t request_bytes_max;
	uint32_t n_slots;
	uint64_t first_header, first_data; /* of the slots, addresses */
	uint8_t  slot_of[PV_VIRTQUEUE_SIZE_MAX]; /* head of a chain in flight to slot */
	struct {
		struct pv_block_request request;
		bool is_busy;
	} slots[PV_BLOCK_SLOTS_MAX];
};

/*
 * Begin anew, also after PV_CORRUPT: requests in flight are forgotten.
 * @n_slots  requests in flight, 1..PV_BLOCK_SLOTS_MAX
 * PV_OK, PV_BAD_ARGUMENT (n_slots), PV_FULL (the window has no room for them),
 * PV_NOT_SUPPORTED (also: too small a segment), PV_BUSY, PV_CORRUPT as in virtio_frontend.h
 */
enum pv_status pv_block_client_open(struct pv_block_client *client,
				    const struct pv_virtio_frontend_config *config,
				    uint32_t n_slots);

/*
 * Read n_sectors anew: after pv_virtio_frontend_is_config_new().
 * PV_OK, PV_BUSY, PV_NOT_SUPPORTED (too small a segment)
 */
enum pv_status pv_block_client_update(struct pv_block_client *client);

/*
 * Copy a request into a slot and make it available. Then
 * pv_virtio_frontend_kick(). Requests in flight may be done in any order.
 * PV_OK, PV_FULL (all slots in flight), PV_BAD_ARGUMENT (kind, size, behind the
 * disk's end), PV_NOT_ALLOWED (write to a read-only disk), PV_NOT_SUPPORTED
 * (flush, and the device has none), PV_CORRUPT
 */
enum pv_status pv_block_start(struct pv_block_client *client,
			      const struct pv_block_request *request);

/*
 * The next finished request. What was read is in its memory if *result is
 * PV_BLOCK_OK, and its memory is untouched otherwise.
 * PV_OK, PV_EMPTY, PV_CORRUPT
 */
enum pv_status pv_block_finish(struct pv_block_client *client, uint64_t *tag,
			       enum pv_block_result *result);
