/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a disk or a file: the kernel moves them between it and the window,
 * behind this program's back. No other process has to be woken for a request.
 *
 * Requests that the kernel has begun are finished before this program's end, by
 * kill -9 too (io_destroy(2)): nothing touches the window behind it.
 */
#define _GNU_SOURCE /* O_DIRECT */
#include "linux-guest/pvserve/block.h"

#include "rtos-guests/virtio/block_order.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define ALIGNMENT     PV_BLOCK_SECTOR_BYTES /* of memory, offsets and lengths */
#define EVENTS_A_CALL 32
#define TELL_MS       60000 /* a disk that takes longer is told of */
#define MEMORY_US     1000  /* a pause for a kernel that is short of memory */
/* Bytes that qemu locks, too, one for each thing that it does or does not want others to do. */
#define LOCK_FIRST    100
#define LOCK_BYTES    200
#define LOCK_READS    100
#define LOCK_WRITES   101 /* to write, to write what is there, to resize */
#define LOCK_FORBIDS_WRITES 201
#define LOCK_WRITES_BYTES   3
#define LOCK_TRIES    40 /* a predecessor that was killed may be about to end */
#define LOCK_US       50000

enum { FD_DONE };

struct task {
	struct block_order order;
	struct iocb        io;
	struct iovec       vectors[PV_VIRTQUEUE_CHAIN_MAX];
	unsigned char     *bounce; /* NULL: all pieces are aligned */
};

static struct {
	int            fd, done; /* done: an eventfd */
	aio_context_t  context;
	uint64_t       n_sectors;
	bool           is_written_through; /* the driver takes what is answered for written */
	uint64_t       bounce_bytes; /* of all tasks, at most as much as the window */
	struct task    tasks[PV_VIRTQUEUE_SIZE_MAX];
	struct iocb   *batch[PV_VIRTQUEUE_SIZE_MAX]; /* sent, and not yet given to the kernel */
	long           n_batch;
} direct;

static struct task *task_at(uint16_t number)
{
	return &direct.tasks[number % PV_VIRTQUEUE_SIZE_MAX];
}

/* ---- Once --------------------------------------------------------------------------------- */

static int open_direct(const char *path, bool is_read_only)
{
	return open(path, (is_read_only ? O_RDONLY : O_RDWR) | O_DIRECT | O_CLOEXEC);
}

/* Whole sectors of 512 bytes to any address that is a multiple of that: not all disks can. */
bool block_direct_fits(const char *path, bool is_read_only)
{
	static _Alignas(2 * ALIGNMENT) unsigned char memory[2 * ALIGNMENT];
	int fd = open_direct(path, is_read_only);
	off_t bytes = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	bool fits = bytes > 0 && bytes % ALIGNMENT == 0 &&
		    pread(fd, memory + ALIGNMENT, ALIGNMENT, 0) == ALIGNMENT &&
		    pread(fd, memory + ALIGNMENT, ALIGNMENT, bytes - ALIGNMENT) == ALIGNMENT;

	if (fd >= 0) {
		close(fd);
	}
	return fits;
}

static struct flock lock_of(short type, off_t first, off_t bytes)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = first, .l_len = bytes };
}

/* A reader says what it does and what others shall not do, then looks whether they do. */
static bool lock_for_reading(void)
{
	struct flock reads = lock_of(F_RDLCK, LOCK_READS, 1);
	struct flock forbids = lock_of(F_RDLCK, LOCK_FORBIDS_WRITES, LOCK_WRITES_BYTES);
	struct flock writes = lock_of(F_WRLCK, LOCK_WRITES, LOCK_WRITES_BYTES);

	return fcntl(direct.fd, F_OFD_SETLK, &reads) == 0 && fcntl(direct.fd, F_OFD_SETLK, &forbids) == 0 &&
	       fcntl(direct.fd, F_OFD_GETLK, &writes) == 0 && writes.l_type == F_UNLCK;
}

/* Nobody else writes to it, nor reads what we write: neither another of us nor a qemu. */
static bool lock_disk(const struct service *service)
{
	struct flock all = lock_of(F_WRLCK, LOCK_FIRST, LOCK_BYTES);

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (service->device.about.read_only != 0 ? lock_for_reading() :
							   fcntl(direct.fd, F_OFD_SETLK, &all) == 0) {
			return true;
		}
		usleep(LOCK_US);
	}
	return false;
}

static bool open_disk(struct service *service, const char *path, const char *format)
{
	off_t bytes;

	(void)format;
	direct.fd = open_direct(path, service->device.about.read_only != 0);
	bytes = direct.fd < 0 ? -1 : lseek(direct.fd, 0, SEEK_END);
	if (bytes >= 0 && !lock_disk(service)) {
		return device_say(&service->device, "%s is in use: by another pvserve or a qemu", path);
	}
	direct.done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bytes < 0 || direct.done < 0 ||
	    syscall(SYS_io_setup, PV_VIRTQUEUE_SIZE_MAX, &direct.context) != 0) {
		return device_say(&service->device, "%s: %s", path, strerror(errno));
	}
	direct.n_sectors = (uint64_t)bytes / PV_BLOCK_SECTOR_BYTES;
	service->fds[FD_DONE] = (struct pollfd){ .fd = direct.done, .events = POLLIN };
	return block_tell_capacity(service, path, direct.n_sectors);
}

static bool start_disk(struct service *service)
{
	direct.is_written_through = (service->device.state.features & PV_BLOCK_F_FLUSH) == 0;
	return true;
}

/* ---- The end of a request ------------------------------------------------------------------ */

static void finish_task(uint16_t number, enum pv_block_result result)
{
	struct block_request *request = block_request_at(number);
	struct task *task = task_at(number);

	if (task->bounce != NULL && task->order.type == PV_BLOCK_READ && result == PV_BLOCK_OK) {
		(void)pv_virtqueue_chain_write(&request->chain, 0, task->bounce, task->order.bytes);
	}
	if (task->bounce != NULL) {
		free(task->bounce);
		task->bounce = NULL;
		direct.bounce_bytes -= task->order.bytes;
	}
	request->written_bytes = block_order_answer(&request->chain, &task->order, result);
	request->is_done = true;
}

/* False: none is left. */
static bool collect_some(void)
{
	struct timespec at_once = { 0 };
	struct io_event events[EVENTS_A_CALL];
	long n = syscall(SYS_io_getevents, direct.context, 0, EVENTS_A_CALL, events, &at_once);

	for (long i = 0; i < n; i++) {
		uint16_t number = (uint16_t)events[i].data;
		const struct task *task = task_at(number);
		int64_t expected = task->order.type == PV_BLOCK_FLUSH ? 0 : task->order.bytes;

		finish_task(number, events[i].res == expected ? PV_BLOCK_OK : PV_BLOCK_ERROR);
	}
	return n == EVENTS_A_CALL;
}

static void collect(void)
{
	uint64_t count;

	(void)!read(direct.done, &count, sizeof(count)); /* first: what ends after it is signalled again */
	while (collect_some()) {
	}
}

static bool collect_from_disk(struct service *service)
{
	if (service->fds[FD_DONE].revents != 0) {
		collect();
	}
	return true;
}

/* ---- The beginning ------------------------------------------------------------------------- */

static bool is_aligned(const struct pv_virtqueue_segment *piece)
{
	return ((uintptr_t)piece->memory | piece->bytes) % ALIGNMENT == 0;
}

/*
 * The data's pieces, neighbours joined. Returns their number; 0: not all are aligned.
 * The header and the status byte may share segments with the data.
 */
static uint32_t gather(const struct pv_virtqueue_chain *chain, const struct block_order *order,
		       struct iovec *vectors)
{
	bool is_read = order->type == PV_BLOCK_READ;
	const struct pv_virtqueue_segment *segment = &chain->segments[is_read ? chain->n_readable : 0];
	uint32_t skipped = order->offset, n = 0;

	for (uint32_t left = order->bytes; left != 0; segment++) {
		struct pv_virtqueue_segment piece = *segment;

		if (skipped >= piece.bytes) {
			skipped -= piece.bytes;
			continue;
		}
		piece.memory += skipped;
		piece.bytes -= skipped;
		skipped = 0;
		piece.bytes = piece.bytes < left ? piece.bytes : left;
		left -= piece.bytes;
		if (!is_aligned(&piece)) {
			return 0;
		}
		if (n != 0 && (unsigned char *)vectors[n - 1].iov_base + vectors[n - 1].iov_len == piece.memory) {
			vectors[n - 1].iov_len += piece.bytes;
		} else {
			vectors[n++] = (struct iovec){ piece.memory, piece.bytes };
		}
	}
	return n;
}

/* Where the data is moved to or from. Returns the number of vectors; 0: there is no memory, until some comes back. */
static uint32_t place_data(const struct service *service, const struct pv_virtqueue_chain *chain, struct task *task)
{
	const struct block_order *order = &task->order;
	uint32_t n_vectors = gather(chain, order, task->vectors);

	if (n_vectors != 0) {
		return n_vectors;
	}
	if (direct.bounce_bytes + order->bytes > service->device.window.bytes ||
	    posix_memalign((void **)&task->bounce, ALIGNMENT, order->bytes) != 0) {
		task->bounce = NULL;
		return 0;
	}
	direct.bounce_bytes += order->bytes;
	if (order->type == PV_BLOCK_WRITE) {
		(void)pv_virtqueue_chain_read(chain, order->offset, task->bounce, order->bytes);
	}
	task->vectors[0] = (struct iovec){ task->bounce, order->bytes };
	return 1;
}

static struct iocb describe(const struct task *task, uint16_t number, uint32_t n_vectors)
{
	const struct block_order *order = &task->order;
	struct iocb io = {
		.aio_data = number,
		.aio_fildes = (uint32_t)direct.fd,
		.aio_flags = IOCB_FLAG_RESFD,
		.aio_resfd = (uint32_t)direct.done,
	};

	if (order->type == PV_BLOCK_FLUSH) {
		io.aio_lio_opcode = IOCB_CMD_FDSYNC;
		return io;
	}
	io.aio_lio_opcode = order->type == PV_BLOCK_READ ? IOCB_CMD_PREADV : IOCB_CMD_PWRITEV;
	io.aio_buf = (uintptr_t)task->vectors;
	io.aio_nbytes = n_vectors;
	io.aio_offset = (int64_t)(order->sector * PV_BLOCK_SECTOR_BYTES);
	if (order->type == PV_BLOCK_WRITE && direct.is_written_through) {
		io.aio_rw_flags = RWF_DSYNC;
	}
	return io;
}

static void answer_id(struct service *service, const struct pv_virtqueue_chain *chain)
{
	const char *name = service->device.about.name;
	char id[PV_BLOCK_ID_BYTES] = { 0 };

	memcpy(id, name, strnlen(name, sizeof(id)));
	(void)pv_virtqueue_chain_write(chain, 0, id, sizeof(id));
}

static void come_again(void)
{
	uint64_t one = 1;

	(void)!write(direct.done, &one, sizeof(one));
}

static bool moves_data(const struct block_order *order)
{
	return (order->type == PV_BLOCK_READ || order->type == PV_BLOCK_WRITE) && order->bytes != 0;
}

static bool send_to_disk(struct service *service, uint16_t number)
{
	const struct pv_virtqueue_chain *chain = &block_request_at(number)->chain;
	struct task *task = task_at(number);
	enum pv_block_result result;
	uint32_t n_vectors = 0;

	if (!block_order_is_whole(chain)) {
		pv_virtqueue_device_break(&service->queues[0]);
		return false;
	}
	result = block_order_read(chain, direct.n_sectors, service->device.about.read_only != 0, &task->order);
	/* More than the window is the same memory again and again: it would only take long. */
	if (result == PV_BLOCK_OK && task->order.bytes > service->device.window.bytes) {
		result = PV_BLOCK_ERROR;
	}
	if (result == PV_BLOCK_OK && moves_data(&task->order)) {
		n_vectors = place_data(service, chain, task);
		if (n_vectors == 0) {
			if (direct.bounce_bytes == 0) {
				usleep(MEMORY_US);
				come_again();
			}
			return false;
		}
	}
	if (result == PV_BLOCK_OK && (n_vectors != 0 || task->order.type == PV_BLOCK_FLUSH)) {
		task->io = describe(task, number, n_vectors);
		direct.batch[direct.n_batch++] = &task->io;
		return true;
	}
	if (result == PV_BLOCK_OK && task->order.type == PV_BLOCK_GET_ID) {
		answer_id(service, chain);
	}
	finish_task(number, result); /* nothing to do, or not to be done */
	return true;
}

/* What the kernel does not take has failed, but for want of memory: that is tried again. */
static bool submit_to_disk(struct service *service)
{
	struct iocb **batch = direct.batch;

	(void)service;
	while (direct.n_batch != 0) {
		long n = syscall(SYS_io_submit, direct.context, direct.n_batch, batch);

		if (n <= 0) {
			come_again();
			if (errno == EAGAIN || errno == ENOMEM) {
				usleep(MEMORY_US);
				break;
			}
			finish_task((uint16_t)batch[0]->aio_data, PV_BLOCK_ERROR);
			n = 1;
		}
		batch += n;
		direct.n_batch -= n;
	}
	memmove(direct.batch, batch, (size_t)direct.n_batch * sizeof(*batch));
	return true;
}

/* What the kernel has begun nobody can stop, and it has the window's pages until it is done. */
static bool finish_with_disk(struct service *service)
{
	struct pollfd done = service->fds[FD_DONE];

	while (direct.n_batch != 0) {
		finish_task((uint16_t)direct.batch[--direct.n_batch]->aio_data, PV_BLOCK_ERROR);
	}
	while (collect(), !block_is_idle()) {
		if (poll(&done, 1, TELL_MS) == 0) {
			device_say(&service->device, "the disk is slow: waiting for requests that it has begun");
		}
	}
	return true;
}

const struct block_engine block_direct = {
	.open = open_disk,
	.start = start_disk,
	.collect = collect_from_disk,
	.send = send_to_disk,
	.submit = submit_to_disk,
	.finish = finish_with_disk,
};
