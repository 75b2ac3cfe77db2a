/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front end of the vhost-user protocol: it tells a daemon where the memory
 * and the one queue of a device are.
 *
 * Spec  QEMU, docs/interop/vhost-user.rst
 */
#pragma once

#include <linux/vhost_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VHOST_USER_REGIONS_MAX 2

struct vhost_user {
	int      fd;   /* of the socket; -1: not connected */
	int      life; /* readable when the daemon has ended: a pidfd */
	uint64_t features;
};

/* Memory that the daemon may touch. */
struct vhost_user_region {
	uint64_t address; /* in descriptors */
	uint64_t bytes;
	void    *memory;  /* here; names the place for the daemon, too */
	int      fd;      /* what it shall map, from its start */
};

struct vhost_user_queue {
	uint16_t size;
	void    *descriptors, *available, *used;
	int      kick, call; /* eventfds */
};

/*
 * Talk to a daemon over a connected socket, which is closed on failure.
 * False: errno is ETIMEDOUT, ECONNRESET when it has ended, or EPROTO.
 */
bool vhost_user_open(struct vhost_user *user, int fd, int life);

bool vhost_user_read_config(struct vhost_user *user, void *to, size_t bytes);

/* One byte. Whether it was taken shows in what is read afterwards. */
bool vhost_user_write_config(struct vhost_user *user, uint32_t offset, uint8_t value);

/* Start its one queue, empty, at index 0. */
bool vhost_user_start(struct vhost_user *user, uint64_t features,
		      const struct vhost_user_region *regions, uint32_t n_regions,
		      const struct vhost_user_queue *queue);

void vhost_user_close(struct vhost_user *user);
