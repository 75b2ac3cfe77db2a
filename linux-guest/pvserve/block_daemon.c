/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk, by way of qemu-storage-daemon, which knows image formats.
 *
 * The daemon cannot be asked what it had begun when it was killed. So it does not
 * see the driver's queue but one of our own, in memory that it shares with us
 * alone: requests are checked and copied from the one to the other. A new daemon
 * gets what the old one left.
 */
#define _GNU_SOURCE /* memfd_create(), O_DIRECT */
#include "linux-guest/pvserve/block.h"
#include "linux-guest/pvserve/daemon.h"
#include "linux-guest/pvserve/vhost_user.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAEMON       "qemu-storage-daemon"
/* Our own queue: where its three areas lie, of PV_VIRTQUEUE_SIZE_MAX descriptors. */
#define AVAILABLE_AT 4096u
#define USED_AT      8192u
#define QUEUE_BYTES  12288u
#define FINISH_MS    60000 /* patience with a disk at a reset */
#define LOSSES_MAX   3      /* of the daemon, without one finished request between */
#define FEATURES     (UINT64_C(1) << VIRTIO_BLK_F_FLUSH | UINT64_C(1) << VIRTIO_BLK_F_BLK_SIZE | \
		      UINT64_C(1) << VIRTIO_BLK_F_RO | PV_VIRTIO_F_EVENT_IDX | PV_VIRTIO_F_VERSION_1)

enum { FD_LIFE, FD_SOCKET, FD_CALL };

static struct {
	struct daemon     daemon;
	struct vhost_user user;
	char     file[256], blockdev[1200];
	int      memory_fd, kick, call;
	struct pv_virtio_window window; /* the driver's and, behind it, ours: as the daemon knows them */
	struct pv_virtqueue_driver queue;
	uint16_t request_of[PV_VIRTQUEUE_SIZE_MAX]; /* head in our queue to number */
	unsigned n_losses;
} block;

/* ---- Our queue ---------------------------------------------------------------------------- */

/* Fails only when the eventfd's count is at its end, and then it is signalled all the same. */
static void signal_fd(int fd)
{
	uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one));
}

_Static_assert(PV_VIRTQUEUE_DESCRIPTORS_BYTES(PV_VIRTQUEUE_SIZE_MAX) <= AVAILABLE_AT &&
	       AVAILABLE_AT + PV_VIRTQUEUE_AVAILABLE_BYTES(PV_VIRTQUEUE_SIZE_MAX) <= USED_AT &&
	       USED_AT + PV_VIRTQUEUE_USED_BYTES(PV_VIRTQUEUE_SIZE_MAX) <= QUEUE_BYTES, "apart");

static bool send_to_daemon(struct service *service, uint16_t number)
{
	const struct pv_virtio_window *window = &service->device.window;
	const struct pv_virtqueue_chain *chain = &block_request_at(number)->chain;
	struct pv_virtqueue_piece pieces[PV_VIRTQUEUE_CHAIN_MAX];
	uint32_t n = chain->n_readable + chain->n_writable;
	uint16_t head;

	for (uint32_t i = 0; i < n; i++) {
		pieces[i] = (struct pv_virtqueue_piece){
			.address = window->address + (uint64_t)(chain->segments[i].memory - window->memory),
			.bytes = chain->segments[i].bytes,
			.is_writable = i >= chain->n_readable,
		};
	}
	if (pv_virtqueue_add(&block.queue, pieces, n, &head) != PV_OK) {
		return false;
	}
	block.request_of[head] = number;
	return true;
}

/* A new queue for a new daemon. What the driver accepted makes no difference to it. */
static bool start_queue(struct service *service)
{
	const struct pv_virtio_window *window = &service->device.window;
	const uint64_t own = window->address + window->bytes;
	uint64_t features = block.user.features & FEATURES;
	const struct pv_virtqueue_config config = {
		.size = PV_VIRTQUEUE_SIZE_MAX,
		.descriptors = own,
		.available = own + AVAILABLE_AT,
		.used = own + USED_AT,
		.features = features | PV_VIRTIO_FEATURES_REQUIRED,
	};

	if (pv_virtqueue_driver_open(&block.queue, &block.window, &config) != PV_OK) {
		return device_say(&service->device, "the window lies where no queue can be behind it");
	}
	block_send_again();

	const struct vhost_user_region regions[] = {
		{ window->address, window->bytes, block.window.memory, service->device.fd },
		{ own, QUEUE_BYTES, block.window.memory + window->bytes, block.memory_fd },
	};
	const struct vhost_user_queue queue = {
		.size = PV_VIRTQUEUE_SIZE_MAX,
		.descriptors = block.queue.queue.descriptors,
		.available = block.queue.queue.available,
		.used = block.queue.queue.used,
		.kick = block.kick,
		.call = block.call,
	};

	/* Should it have ended, then fds say so, and the next one gets the queue. */
	(void)vhost_user_start(&block.user, features, regions, 2, &queue);
	return true;
}

/* ---- The daemon ------------------------------------------------------------------------- */

/* The driver is told what the daemon says of the disk, also when a new one finds another. */
static bool tell_capacity(struct service *service)
{
	struct virtio_blk_config config;

	if (!vhost_user_read_config(&block.user, &config, sizeof(config))) {
		return device_say(&service->device, DAEMON " does not tell the size: %s", strerror(errno));
	}
	return block_tell_capacity(service, block.file, config.capacity);
}

/*
 * A driver that did not accept FLUSH takes what is answered for written. The answer
 * to the reading says that the writing was heeded, before the next request is.
 */
static bool set_write_cache(struct service *service)
{
	const uint8_t has_cache = (service->device.state.features & UINT64_C(1) << VIRTIO_BLK_F_FLUSH) != 0;
	struct virtio_blk_config config;

	if (!vhost_user_write_config(&block.user, offsetof(struct virtio_blk_config, wce), has_cache) ||
	    !vhost_user_read_config(&block.user, &config, sizeof(config))) {
		/* Should it have ended, then fds say so, and the next one is told. */
		return errno == ECONNRESET || errno == EPIPE ||
		       device_say(&service->device, DAEMON " does not answer: %s", strerror(errno));
	}
	return config.wce == has_cache ||
	       device_say(&service->device, DAEMON " does not let its write cache be switched");
}

static bool start_daemon(struct service *service)
{
	char export[128];
	char *arguments[] = { DAEMON, "--blockdev", block.blockdev, "--export", export, NULL };
	int fd = daemon_connect(&block.daemon);

	snprintf(export, sizeof(export),
		 "type=vhost-user-blk,id=pvserve,node-name=disk,writable=%s,addr.type=fd,addr.str=%d",
		 service->device.about.read_only != 0 ? "off" : "on", block.daemon.listener);
	if (fd < 0 || !daemon_start(&block.daemon, arguments)) {
		return device_say(&service->device, DAEMON ": %s", strerror(errno));
	}
	if (!vhost_user_open(&block.user, fd, block.daemon.life)) {
		return device_say(&service->device, DAEMON " does not come up: %s", strerror(errno));
	}
	service->fds[FD_LIFE] = (struct pollfd){ .fd = block.daemon.life, .events = POLLIN };
	service->fds[FD_SOCKET] = (struct pollfd){ .fd = fd }; /* for its end */
	return tell_capacity(service) && set_write_cache(service) && start_queue(service);
}

static bool replace_daemon(struct service *service)
{
	if (++block.n_losses > LOSSES_MAX) {
		return device_say(&service->device, DAEMON " ends whenever it is started: giving up");
	}
	device_say(&service->device, DAEMON " has ended; starting it anew");
	vhost_user_close(&block.user);
	daemon_stop(&block.daemon);
	return start_daemon(service);
}

/* ---- Once ------------------------------------------------------------------------------------ */

static bool has_direct_io(const char *path, bool is_read_only)
{
	int fd = open(path, (is_read_only ? O_RDONLY : O_RDWR) | O_DIRECT | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
	}
	return fd >= 0;
}

/*
 * With direct I/O the kernel does it behind the daemon's back: no thread has to be woken for each request.
 * @format  of the file, as qemu knows it; "raw" for a disk or its bytes
 */
static bool describe_disk(struct service *service, const char *path, const char *format)
{
	bool is_read_only = service->device.about.read_only != 0;
	const char *switched = is_read_only ? "on" : "off";
	bool is_direct = has_direct_io(path, is_read_only);
	struct stat status;

	if (stat(path, &status) != 0) {
		return device_say(&service->device, "%s: %s", path, strerror(errno));
	}
	if (strchr(path, ',') != NULL || strchr(format, ',') != NULL || strlen(path) >= sizeof(block.file)) {
		return device_say(&service->device, "%s: " DAEMON " takes no such name; make a link", path);
	}
	snprintf(block.file, sizeof(block.file), "%s", path);
	snprintf(block.blockdev, sizeof(block.blockdev),
		 "driver=%s,node-name=disk,read-only=%s,cache.direct=%s,"
		 "file.driver=%s,file.aio=%s,file.filename=%s",
		 format, switched, is_direct ? "on" : "off",
		 S_ISBLK(status.st_mode) ? "host_device" : "file", is_direct ? "native" : "threads", path);
	return true;
}

/* Our queue, behind the window for whoever counts in addresses of descriptors. */
static bool make_queue(struct service *service)
{
	const struct pv_virtio_window *window = &service->device.window;
	unsigned char *place = mmap(NULL, window->bytes + QUEUE_BYTES, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	block.memory_fd = memfd_create("queue", MFD_CLOEXEC);
	if (place == MAP_FAILED || block.memory_fd < 0 || ftruncate(block.memory_fd, QUEUE_BYTES) != 0 ||
	    mmap(place + window->bytes, QUEUE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 block.memory_fd, 0) == MAP_FAILED) {
		return device_say(&service->device, "no memory for a queue: %s", strerror(errno));
	}
	block.window = (struct pv_virtio_window){ place, window->address, window->bytes + QUEUE_BYTES };
	return true;
}

static bool open_daemon(struct service *service, const char *path, const char *format)
{
	block.kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	block.call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	block.daemon.life = -1;
	if (block.kick < 0 || block.call < 0) {
		return device_say(&service->device, "no eventfd: %s", strerror(errno));
	}
	service->fds[FD_CALL] = (struct pollfd){ .fd = block.call, .events = POLLIN };
	return describe_disk(service, path, format == NULL ? "raw" : format) &&
	       make_queue(service) && start_daemon(service);
}

/* ---- Requests ------------------------------------------------------------------------------ */

static void collect(void)
{
	uint16_t head;
	uint32_t bytes;

	while (pv_virtqueue_collect(&block.queue, &head, &bytes) == PV_OK) {
		struct block_request *request = block_request_at(block.request_of[head]);

		request->written_bytes = bytes;
		request->is_done = true;
		block.n_losses = 0;
	}
}

static bool collect_from_daemon(struct service *service)
{
	uint64_t count;

	if (service->fds[FD_LIFE].revents != 0 || service->fds[FD_SOCKET].revents != 0) {
		return replace_daemon(service);
	}
	if (service->fds[FD_CALL].revents != 0) {
		(void)!read(block.call, &count, sizeof(count));
	}
	pv_virtqueue_driver_wait_end(&block.queue);
	collect();
	return true;
}

static bool kick_daemon(struct service *service)
{
	if (block.queue.queue.is_broken) {
		return device_say(&service->device, DAEMON " broke the rules of its queue");
	}
	if (pv_virtqueue_kick(&block.queue)) {
		signal_fd(block.kick);
	}
	if (!pv_virtqueue_driver_wait_begin(&block.queue)) {
		signal_fd(block.call); /* it has just finished something: come again */
	}
	return true;
}

/* A disk that does not answer must not hold up the driver's reset for ever: without its daemon it is let go. */
static bool finish_with_daemon(struct service *service)
{
	struct pollfd fds[] = { service->fds[FD_LIFE], service->fds[FD_SOCKET], service->fds[FD_CALL] };
	uint64_t count;

	while (collect(), !block_is_idle()) {
		if (!pv_virtqueue_driver_wait_begin(&block.queue)) {
			continue;
		}
		if (poll(fds, 3, FINISH_MS) <= 0 || fds[0].revents != 0 || fds[1].revents != 0) {
			return replace_daemon(service);
		}
		(void)!read(block.call, &count, sizeof(count));
	}
	return true;
}

const struct block_engine block_daemon = {
	.open = open_daemon,
	.start = set_write_cache,
	.collect = collect_from_daemon,
	.send = send_to_daemon,
	.submit = kick_daemon,
	.finish = finish_with_daemon,
};
