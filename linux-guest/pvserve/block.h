/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk's requests, and who does them.
 *
 * Requests are done in any order and answered in the driver's: a new pvserve takes
 * up the driver's queue at its used ring's index, and does again what had been
 * begun behind that. Data goes between the window and the disk without a stop here.
 */
#pragma once

#include "linux-guest/pvserve/service.h"

struct block_request {
	struct pv_virtqueue_chain chain;
	uint32_t written_bytes; /* of the chain's writable part; once it is done */
	bool     is_done;
};

/* Requests have numbers, modulo 2^16, in the driver's order. */
struct block_request *block_request_at(uint16_t number);

/* Whoever did requests is gone: those that are not done are to be sent again. */
void block_send_again(void);

/* All that was sent is done. */
bool block_is_idle(void);

/* The driver shall know; says so when it is news. */
bool block_tell_capacity(struct service *service, const char *path, uint64_t n_sectors);

/* Every function that returns false for a failure has said why in one line. */
struct block_engine {
	/* Once; the capacity is told. @format  NULL: raw bytes */
	bool (*open)(struct service *service, const char *path, const char *format);
	/* The driver has accepted its features. */
	bool (*start)(struct service *service);
	/* What is done since: its is_done is set. False: a failure. */
	bool (*collect)(struct service *service);
	/* Begin a request. False: no room; there is when one of those before is done. */
	bool (*send)(struct service *service, uint16_t number);
	/* Behind the last of several. False: a failure. */
	bool (*submit)(struct service *service);
	/* Return when nothing that was sent will touch the window any more. False: a failure. */
	bool (*finish)(struct service *service);
};

/* Image formats, and what the other cannot do: qemu-storage-daemon. */
extern const struct block_engine block_daemon;

/* Bytes of a disk or a file, by the kernel's asynchronous direct I/O. */
extern const struct block_engine block_direct;

/* Would it work for this? */
bool block_direct_fits(const char *path, bool is_read_only);
