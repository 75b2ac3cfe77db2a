/* SPDX-License-Identifier: Apache-2.0 */
#include "linux-guest/pvserve/vhost_user.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_MS 60000

/* "Front-end message types" */
enum request {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	SET_VRING_ENABLE = 18,
	GET_CONFIG = 24,
	SET_CONFIG = 25,
};

#define MESSAGE_VERSION    1u
#define MESSAGE_REPLY      4u
#define F_PROTOCOL         (UINT64_C(1) << 30)
#define PROTOCOL_F_CONFIG  (UINT64_C(1) << 9)
#define CONFIG_BYTES_MAX   256

struct config {
	uint32_t offset, bytes, flags;
	uint8_t  content[CONFIG_BYTES_MAX];
} __attribute__((packed));

struct message {
	uint32_t request, flags, bytes;
	union {
		uint64_t                value;
		struct vhost_vring_state vring;
		struct vhost_vring_addr addresses;
		struct {
			uint32_t n, padding;
			struct {
				uint64_t address, bytes, memory, offset;
			} regions[VHOST_USER_REGIONS_MAX];
		} table;
		struct config config;
	};
} __attribute__((packed));

#define HEADER_BYTES (3 * sizeof(uint32_t))

/* ---- Messages --------------------------------------------------------------------------- */

static bool send_message(struct vhost_user *user, const struct message *message, const int *fds,
			 size_t n_fds)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(VHOST_USER_REGIONS_MAX * sizeof(int))];
	} control = { 0 };
	struct iovec piece = { (void *)message, HEADER_BYTES + message->bytes };
	struct msghdr header = { .msg_iov = &piece, .msg_iovlen = 1 };

	if (n_fds != 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, n_fds * sizeof(int));
	}
	/* Messages are far smaller than a socket's buffer: all of it or nothing. */
	return sendmsg(user->fd, &header, MSG_NOSIGNAL) == (ssize_t)piece.iov_len;
}

/* Wait until there is something to read; false when the daemon has ended or time is up. */
static bool wait_reply(const struct vhost_user *user)
{
	struct pollfd fds[] = { { user->fd, POLLIN, 0 }, { user->life, POLLIN, 0 } };
	int n = poll(fds, 2, REPLY_MS);

	if (n > 0 && (fds[0].revents & POLLIN) != 0) {
		return true;
	}
	errno = n == 0 ? ETIMEDOUT : ECONNRESET;
	return false;
}

static bool receive_bytes(const struct vhost_user *user, void *to, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t n = wait_reply(user) ? recv(user->fd, (char *)to + done, bytes - done, 0) : -1;

		if (n <= 0) {
			errno = n == 0 ? ECONNRESET : errno;
			return false;
		}
		done += (size_t)n;
	}
	return true;
}

/* Send, and put the answer in place of the question. */
static bool ask(struct vhost_user *user, enum request request, struct message *message,
		uint32_t bytes)
{
	message->request = request;
	message->flags = MESSAGE_VERSION;
	message->bytes = bytes;
	if (!send_message(user, message, NULL, 0) || !receive_bytes(user, message, HEADER_BYTES)) {
		return false;
	}
	if (message->request != request || (message->flags & MESSAGE_REPLY) == 0 ||
	    message->bytes > sizeof(*message) - HEADER_BYTES) {
		errno = EPROTO;
		return false;
	}
	return receive_bytes(user, &message->value, message->bytes);
}

static bool tell_with(struct vhost_user *user, enum request request, struct message *message,
		      uint32_t bytes, const int *fds, size_t n_fds)
{
	message->request = request;
	message->flags = MESSAGE_VERSION;
	message->bytes = bytes;
	return send_message(user, message, fds, n_fds);
}

static bool tell_value(struct vhost_user *user, enum request request, uint64_t value)
{
	struct message message = { .value = value };

	return tell_with(user, request, &message, sizeof(value), NULL, 0);
}

/* The queue has number 0. */
static bool tell_vring(struct vhost_user *user, enum request request, uint32_t value)
{
	struct message message = { .vring = { .index = 0, .num = value } };

	return tell_with(user, request, &message, sizeof(message.vring), NULL, 0);
}

static bool tell_event(struct vhost_user *user, enum request request, int fd)
{
	struct message message = { .value = 0 };

	return tell_with(user, request, &message, sizeof(message.value), &fd, 1);
}

/* ---- Connection ----------------------------------------------------------------------------- */

static bool greet(struct vhost_user *user)
{
	struct message message = { 0 };
	struct message owner = { 0 };

	if (!ask(user, GET_FEATURES, &message, 0)) {
		return false;
	}
	user->features = message.value;
	if ((user->features & F_PROTOCOL) == 0) {
		errno = EPROTO;
		return false;
	}
	return ask(user, GET_PROTOCOL_FEATURES, &message, 0) &&
	       tell_value(user, SET_PROTOCOL_FEATURES, message.value & PROTOCOL_F_CONFIG) &&
	       tell_with(user, SET_OWNER, &owner, 0, NULL, 0);
}

bool vhost_user_open(struct vhost_user *user, int fd, int life)
{
	*user = (struct vhost_user){ .fd = fd, .life = life };
	if (greet(user)) {
		return true;
	}
	vhost_user_close(user);
	return false;
}

bool vhost_user_read_config(struct vhost_user *user, void *to, size_t bytes)
{
	struct message message = { .config = { .bytes = (uint32_t)bytes } };

	if (!ask(user, GET_CONFIG, &message, (uint32_t)(offsetof(struct config, content) + bytes))) {
		return false;
	}
	if (message.config.bytes != bytes) {
		errno = EPROTO;
		return false;
	}
	memcpy(to, message.config.content, bytes);
	return true;
}

bool vhost_user_write_config(struct vhost_user *user, uint32_t offset, uint8_t value)
{
	struct message message = { .config = { .offset = offset, .bytes = 1, .content = { value } } };

	return tell_with(user, SET_CONFIG, &message, offsetof(struct config, content) + 1, NULL, 0);
}

static bool tell_regions(struct vhost_user *user, const struct vhost_user_region *regions,
			 uint32_t n_regions)
{
	struct message message = { .table = { .n = n_regions } };
	int fds[VHOST_USER_REGIONS_MAX];

	for (uint32_t i = 0; i < n_regions; i++) {
		message.table.regions[i].address = regions[i].address;
		message.table.regions[i].bytes = regions[i].bytes;
		message.table.regions[i].memory = (uintptr_t)regions[i].memory;
		fds[i] = regions[i].fd;
	}
	return tell_with(user, SET_MEM_TABLE, &message,
			 (uint32_t)(sizeof(uint64_t) + n_regions * sizeof(message.table.regions[0])),
			 fds, n_regions);
}

static bool tell_addresses(struct vhost_user *user, const struct vhost_user_queue *queue)
{
	struct message message = {
		.addresses = {
			.desc_user_addr = (uintptr_t)queue->descriptors,
			.avail_user_addr = (uintptr_t)queue->available,
			.used_user_addr = (uintptr_t)queue->used,
		},
	};

	return tell_with(user, SET_VRING_ADDR, &message, sizeof(message.addresses), NULL, 0);
}

bool vhost_user_start(struct vhost_user *user, uint64_t features,
		      const struct vhost_user_region *regions, uint32_t n_regions,
		      const struct vhost_user_queue *queue)
{
	return tell_value(user, SET_FEATURES, features | F_PROTOCOL) &&
	       tell_regions(user, regions, n_regions) &&
	       tell_vring(user, SET_VRING_NUM, queue->size) &&
	       tell_vring(user, SET_VRING_BASE, 0) && tell_addresses(user, queue) &&
	       tell_event(user, SET_VRING_CALL, queue->call) &&
	       tell_event(user, SET_VRING_KICK, queue->kick) &&
	       tell_vring(user, SET_VRING_ENABLE, 1);
}

void vhost_user_close(struct vhost_user *user)
{
	if (user->fd >= 0) {
		close(user->fd);
		user->fd = -1;
	}
}
