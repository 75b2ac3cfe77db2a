/* SPDX-License-Identifier: Apache-2.0 */
/* links: linux-guest/pvserve/queue.c linux-guest/pvserve/block.c linux-guest/pvserve/block_daemon.c
   linux-guest/pvserve/block_direct.c linux-guest/pvserve/service.c linux-guest/pvserve/vhost_user.c
   linux-guest/pvserve/daemon.c rtos-guests/virtio/block_order.c rtos-guests/virtio/ring.c
   rtos-guests/virtio/virtqueue_driver.c rtos-guests/virtio/virtqueue_device.c */
/* flags: -std=gnu11 -Wl,--wrap=syscall -Irtos-guests/virtio/include -Irtos-guests/sdk/include */
/*
 * pvserve's disk, by direct I/O of its own and with a real qemu-storage-daemon,
 * against a driver here: every byte comes back, whoever is killed, and whenever.
 *
 * In place of the hypervisor and the Linux driver stand a window in a memfd and a
 * state record in shared memory.
 */
#define _GNU_SOURCE /* memfd_create(), pidfd_open() */
#include "linux-guest/pvserve/kinds.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <linux/virtio_blk.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WINDOW_ADDRESS  UINT64_C(0x47000000)
#define WINDOW_BYTES    0x40000u
#define QUEUE_SIZE      32u
#define SLOT_BYTES      4096u
#define N_SLOTS         8u /* three descriptors each */
#define SECTOR_BYTES    512u
#define DISK_SECTORS    8192u
#define SECTORS_A_SLOT  (SLOT_BYTES / SECTOR_BYTES)
#define PATIENCE_MS     30000
#define FIRST_HEADER    0x8000u /* in the window */
#define HEADER_STEP     64u
#define STATUS_OFFSET   32u
#define FIRST_DATA      0x10000u

/* What EL2 and the kernel's driver hold, as both processes see it. */
static struct shared {
	uint32_t sequence; /* of what follows, for nobody: writes are ordered by the turns of the test */
	volatile uint32_t acknowledged;
	volatile uint64_t capacity;
	struct pv_virtio_state state;
	/* What the server asks of the kernel, and how often that is to refuse. */
	volatile uint32_t n_synced, n_written_through, n_refused;
	volatile int      refusals[3]; /* 0: take one request of several; else errno */
} *shared;

static int window_fd, bell_fd, interrupt_fd;
static unsigned char *window;
static char *disk_format; /* NULL: direct I/O */
static uint64_t features;
static bool is_read_only;
static char disk_path[] = "build/unit/pvserve-disk-XXXXXX"; /* not in /tmp: a tmpfs has no direct I/O */
static pid_t server;
static struct pv_virtqueue_driver driver;
static struct {
	bool     is_busy;
	bool     is_write;
	uint32_t sector;
	unsigned char content[SLOT_BYTES];
} slots[N_SLOTS];
static unsigned char disk[DISK_SECTORS * SECTOR_BYTES]; /* what it should hold */
static uint8_t slot_of[QUEUE_SIZE];

/* ---- In place of device.c ------------------------------------------------------------- */

bool device_say(const struct device *device, const char *format, ...)
{
	va_list list;

	(void)device;
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return false;
}

bool device_say_seldom(const struct device *device, struct pv_seldom *seldom, const char *format, ...)
{
	(void)device;
	(void)seldom;
	(void)format;
	return false;
}

/* As the driver's: reading it is what the bell rang for. */
bool device_read_state(struct device *device)
{
	uint64_t count;

	(void)!read(bell_fd, &count, sizeof(count));
	__sync_synchronize();
	device->state = shared->state;
	return true;
}

bool device_configure(const struct device *device, uint32_t offset, uint64_t value)
{
	(void)device;
	assert_int_equal(offset, 0);
	shared->capacity = value;
	return true;
}

bool device_acknowledge(const struct device *device, uint32_t epoch)
{
	(void)device;
	shared->acknowledged = epoch;
	return true;
}

bool device_ring(const struct device *device)
{
	uint64_t one = 1;

	(void)device;
	return write(interrupt_fd, &one, sizeof(one)) == sizeof(one);
}

/* ---- In place of the kernel ------------------------------------------------------------- */

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static void look_at(struct iocb *const *requests, long n)
{
	for (long i = 0; i < n; i++) {
		shared->n_synced += requests[i]->aio_lio_opcode == IOCB_CMD_FDSYNC;
		shared->n_written_through += requests[i]->aio_lio_opcode == IOCB_CMD_PWRITEV &&
					     requests[i]->aio_rw_flags == RWF_DSYNC;
	}
}

/* The kernel does it all, but for what the test wants refused. */
long __wrap_syscall(long number, ...)
{
	const size_t n_refusals = sizeof(shared->refusals) / sizeof(shared->refusals[0]);
	long words[4];
	va_list list;

	va_start(list, number);
	for (size_t i = 0; i < 4; i++) {
		words[i] = va_arg(list, long);
	}
	va_end(list);
	if (number == SYS_io_submit && shared->n_refused != 0) {
		int refusal = shared->refusals[--shared->n_refused % n_refusals];

		if (refusal != 0) {
			errno = refusal;
			return -1;
		}
		words[1] = 1;
	}
	if (number == SYS_io_submit) {
		look_at((struct iocb *const *)words[2], words[1]);
	}
	return __real_syscall(number, words[0], words[1], words[2], words[3]);
}

/* ---- The server --------------------------------------------------------------------------- */

static _Noreturn void serve(void)
{
	static struct service service;
	char *arguments[] = { disk_path, disk_format, NULL };

	service.kind = &block_kind;
	service.device = (struct device){
		/* A daemon maps it, and what can be mapped is always ready: there nothing sleeps. */
		.fd = disk_format == NULL ? bell_fd : window_fd,
		.about = { .name = "disk", .frontend = "test", .n_queues = 1, .read_only = is_read_only },
		.window = { window, WINDOW_ADDRESS, WINDOW_BYTES },
	};
	(void)device_read_state(&service.device);
	for (size_t i = 0; i < SERVICE_FDS_MAX; i++) {
		service.fds[i].fd = -1;
	}
	if (block_kind.open(&service, arguments)) {
		service_run(&service);
	}
	_exit(1);
}

static void start_server(void)
{
	server = fork();
	assert_true(server >= 0);
	if (server == 0) {
		serve();
	}
}

/* Its only child. 0: it has none just now. */
static pid_t find_daemon(void)
{
	char path[64];
	int pid = 0;
	FILE *children;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", server, server);
	children = fopen(path, "r");
	assert_non_null(children);
	if (fscanf(children, "%d", &pid) != 1) {
		pid = 0;
	}
	fclose(children);
	return pid;
}

/* With its daemon, which must not go on alone: it has the window, and the disk's lock. */
static void kill_server(void)
{
	pid_t daemon = find_daemon();
	struct pollfd life = { .fd = daemon == 0 ? -1 : pidfd_open(daemon, 0), .events = POLLIN };

	assert_int_equal(kill(server, SIGKILL), 0);
	assert_int_equal(waitpid(server, NULL, 0), server);
	assert_true(life.fd < 0 || poll(&life, 1, PATIENCE_MS) == 1);
	close(life.fd);
}

/* ---- The driver ---------------------------------------------------------------------------- */

/* By both the driver's kicks and what EL2 tells of the state. */
static void ring(void)
{
	uint64_t one = 1;

	assert_int_equal(write(bell_fd, &one, sizeof(one)), sizeof(one));
}

static void kick(void)
{
	if (pv_virtqueue_kick(&driver)) {
		ring();
	}
}

static uint32_t random_number(uint32_t limit)
{
	static uint64_t x = 0x9e3779b97f4a7c15u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % limit;
}

static void start_driver(void)
{
	const struct pv_virtio_window view = { window, WINDOW_ADDRESS, WINDOW_BYTES };
	const struct pv_virtqueue_config config = {
		.size = QUEUE_SIZE,
		.descriptors = WINDOW_ADDRESS,
		.available = WINDOW_ADDRESS + 0x1000,
		.used = WINDOW_ADDRESS + 0x2000,
		.features = PV_VIRTIO_FEATURES,
	};

	assert_int_equal(pv_virtqueue_driver_open(&driver, &view, &config), PV_OK);
	memset(slots, 0, sizeof(slots));
	shared->state.queues[0] = (struct pv_virtio_queue_state){
		.size = config.size,
		.descriptors = config.descriptors,
		.available = config.available,
		.used = config.used,
	};
	shared->state.features = features;
	__sync_synchronize();
	shared->state.status = PV_VIRTIO_S_DRIVER_OK | PV_VIRTIO_S_FEATURES_OK;
	ring();
}

static void reset_driver(void)
{
	shared->state.status = 0;
	memset(shared->state.queues, 0, sizeof(shared->state.queues));
	__sync_synchronize();
	shared->state.epoch++;
	ring();
	/* Without sleep: what the server does too late happens within microseconds. */
	for (time_t limit = time(NULL) + PATIENCE_MS / 1000; shared->acknowledged != shared->state.epoch;) {
		assert_true(time(NULL) <= limit);
	}
}

static bool overlaps(uint32_t sector)
{
	for (size_t i = 0; i < N_SLOTS; i++) {
		if (slots[i].is_busy && sector < slots[i].sector + SECTORS_A_SLOT &&
		    slots[i].sector < sector + SECTORS_A_SLOT) {
			return true;
		}
	}
	return false;
}

static void add_request(uint32_t slot)
{
	unsigned char *header = window + FIRST_HEADER + slot * HEADER_STEP;
	unsigned char *data = window + FIRST_DATA + slot * SLOT_BYTES;
	uint64_t address = WINDOW_ADDRESS + FIRST_HEADER + slot * HEADER_STEP;
	struct pv_virtqueue_piece pieces[] = {
		{ address, 16, false },
		{ WINDOW_ADDRESS + FIRST_DATA + slot * SLOT_BYTES, SLOT_BYTES, false },
		{ address + STATUS_OFFSET, 1, true },
	};
	uint16_t head;

	do {
		slots[slot].sector = random_number(DISK_SECTORS - SECTORS_A_SLOT + 1);
	} while (overlaps(slots[slot].sector));
	slots[slot].is_busy = true;
	slots[slot].is_write = random_number(2) == 0;
	pieces[1].is_writable = !slots[slot].is_write;
	memcpy(header, &(uint32_t){ slots[slot].is_write }, 4);
	memset(header + 4, 0, 4);
	memcpy(header + 8, &(uint64_t){ slots[slot].sector }, 8);
	header[STATUS_OFFSET] = 0xff;
	if (slots[slot].is_write) {
		for (size_t i = 0; i < SLOT_BYTES; i += 4) {
			memcpy(slots[slot].content + i, &(uint32_t){ random_number(UINT32_MAX) }, 4);
		}
		memcpy(data, slots[slot].content, SLOT_BYTES);
	} else {
		memset(data, 0xa5, SLOT_BYTES);
	}
	assert_int_equal(pv_virtqueue_add(&driver, pieces, 3, &head), PV_OK);
	slot_of[head] = (uint8_t)slot;
	kick();
}

static void finish_request(uint16_t head, uint32_t bytes)
{
	uint32_t slot = slot_of[head];
	unsigned char *expected = disk + slots[slot].sector * SECTOR_BYTES;

	assert_true(slots[slot].is_busy);
	assert_int_equal(window[FIRST_HEADER + slot * HEADER_STEP + STATUS_OFFSET], 0);
	assert_int_equal(bytes, slots[slot].is_write ? 1 : SLOT_BYTES + 1);
	if (slots[slot].is_write) {
		memcpy(expected, slots[slot].content, SLOT_BYTES);
	} else {
		assert_memory_equal(window + FIRST_DATA + slot * SLOT_BYTES, expected, SLOT_BYTES);
	}
	slots[slot].is_busy = false;
}

/* Take what is finished, waiting for it at most a while. */
static uint32_t finish_some(void)
{
	struct pollfd fd = { interrupt_fd, POLLIN, 0 };
	uint32_t n = 0, bytes;
	uint64_t count;
	uint16_t head;

	pv_virtqueue_driver_wait_end(&driver);
	do {
		enum pv_status status;

		while ((status = pv_virtqueue_collect(&driver, &head, &bytes)) == PV_OK) {
			finish_request(head, bytes);
			n++;
		}
		assert_int_equal(status, PV_EMPTY);
	} while (!pv_virtqueue_driver_wait_begin(&driver));
	if (n == 0) {
		assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
		assert_int_equal(read(interrupt_fd, &count, sizeof(count)), sizeof(count));
	}
	return n;
}

/* Requests until `n` are finished; none is in flight then, unless is_left. */
static void run_requests(uint32_t n, bool is_left)
{
	uint32_t n_added = 0, n_finished = 0;

	while (n_finished < n) {
		for (uint32_t i = 0; i < N_SLOTS && n_added < n; i++) {
			if (!slots[i].is_busy) {
				add_request(i);
				n_added++;
			}
		}
		if (is_left && n_added == n) {
			return;
		}
		n_finished += finish_some();
	}
}

static void finish_all(void)
{
	for (uint32_t i = 0; i < N_SLOTS; i++) {
		while (slots[i].is_busy) {
			finish_some();
		}
	}
}

/* ---- Tests ---------------------------------------------------------------------------------- */

static void *map_shared(size_t bytes, int fd)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

static void make_disk(void)
{
	char command[128];

	snprintf(command, sizeof(command), "qemu-img create -q -f %s %s %u",
		 disk_format == NULL ? "raw" : disk_format, disk_path,
		 DISK_SECTORS * SECTOR_BYTES);
	assert_int_equal(system(command), 0);
}

static int begin_with(char *format, uint64_t accepted)
{
	int fd;

	disk_format = format;
	features = accepted;
	strcpy(disk_path + sizeof(disk_path) - 7, "XXXXXX");
	fd = mkstemp(disk_path);
	assert_true(fd >= 0);
	close(fd);
	make_disk();
	memset(disk, 0, sizeof(disk));
	window_fd = memfd_create("window", 0);
	assert_int_equal(ftruncate(window_fd, WINDOW_BYTES), 0);
	window = map_shared(WINDOW_BYTES, window_fd);
	shared = map_shared(sizeof(*shared), -1);
	shared->state.epoch = 1;
	interrupt_fd = eventfd(0, 0);
	bell_fd = eventfd(0, EFD_NONBLOCK);
	start_driver();
	start_server();
	return 0;
}

static int begin_with_daemon(void **state)
{
	(void)state;
	return begin_with("raw", PV_VIRTIO_FEATURES | UINT64_C(1) << VIRTIO_BLK_F_FLUSH);
}

static int begin_direct(void **state)
{
	(void)state;
	return begin_with(NULL, PV_VIRTIO_FEATURES | UINT64_C(1) << VIRTIO_BLK_F_FLUSH);
}

static int begin_direct_without_flush(void **state)
{
	(void)state;
	return begin_with(NULL, PV_VIRTIO_FEATURES);
}

static int begin_without_flush(void **state)
{
	(void)state;
	return begin_with("qcow2", PV_VIRTIO_FEATURES);
}

static int end(void **state)
{
	(void)state;
	kill_server();
	munmap(window, WINDOW_BYTES);
	munmap(shared, sizeof(*shared));
	close(window_fd);
	close(interrupt_fd);
	close(bell_fd);
	unlink(disk_path);
	return 0;
}

static void test_disk(void **state)
{
	(void)state;
	run_requests(2000, false);
	assert_int_equal(shared->capacity, DISK_SECTORS);
	assert_true((find_daemon() == 0) == (disk_format == NULL));
}

static void test_daemon_killed(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		pid_t victim;

		run_requests(50 + random_number(50), true);
		victim = find_daemon();
		if (victim != 0) {
			kill(victim, SIGKILL);
		}
		finish_all();
	}
}

static void test_server_killed(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		run_requests(50 + random_number(50), true);
		kill_server();
		start_server();
		finish_all();
	}
}

/* What was answered is there: a format keeps its tables in memory until it is told to flush. */
static void test_no_flush(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		run_requests(50, false);
		kill_server();
		start_server();
	}
	run_requests(200, false);
}

/* Reset with requests in flight. Done or not: both are right for a write, and only a read tells. */
static void reset_in_flight(void)
{
	reset_driver();
	for (size_t slot = 0; slot < N_SLOTS; slot++) {
		size_t at = slots[slot].sector * SECTOR_BYTES;

		if (slots[slot].is_busy && slots[slot].is_write) {
			FILE *file = fopen(disk_path, "r");

			assert_non_null(file);
			assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
			assert_int_equal(fread(disk + at, 1, SLOT_BYTES, file), SLOT_BYTES);
			fclose(file);
		}
	}
}

/* After the acknowledgement nobody writes to the window any more. */
static void test_reset(void **state)
{
	static unsigned char copy[WINDOW_BYTES];

	(void)state;
	for (int i = 0; i < 50; i++) {
		run_requests(random_number(20) + N_SLOTS, true);
		reset_driver();
		memcpy(copy, window, WINDOW_BYTES);
		reset_in_flight();
		assert_memory_equal(copy, window, WINDOW_BYTES);
		start_driver();
	}
	run_requests(200, false);
}

/* A request with one buffer on each side; returns the status byte. */
static unsigned char ask(uint32_t type, uint64_t sector, uint32_t offset, uint32_t bytes, bool is_written)
{
	unsigned char *header = window + FIRST_HEADER;
	struct pv_virtqueue_piece pieces[] = {
		{ WINDOW_ADDRESS + FIRST_HEADER, 16, false },
		{ WINDOW_ADDRESS + FIRST_DATA + offset, bytes, !is_written },
		{ WINDOW_ADDRESS + FIRST_HEADER + STATUS_OFFSET, 1, true },
	};
	struct pollfd fd = { interrupt_fd, POLLIN, 0 };
	uint16_t head;
	uint32_t written;
	uint64_t count;

	memcpy(header, &type, 4);
	memcpy(header + 8, &sector, 8);
	header[STATUS_OFFSET] = 0xff;
	if (bytes == 0) {
		pieces[1] = pieces[2];
	}
	assert_int_equal(pv_virtqueue_add(&driver, pieces, bytes == 0 ? 2 : 3, &head), PV_OK);
	kick();
	while (pv_virtqueue_collect(&driver, &head, &written) == PV_EMPTY) {
		if (pv_virtqueue_driver_wait_begin(&driver)) {
			assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
			assert_int_equal(read(interrupt_fd, &count, sizeof(count)), sizeof(count));
		}
		pv_virtqueue_driver_wait_end(&driver);
	}
	return header[STATUS_OFFSET];
}

static void test_requests(void **state)
{
	unsigned char *data = window + FIRST_DATA;
	unsigned char content[3 * SECTOR_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(content); i++) {
		content[i] = (unsigned char)random_number(256);
	}
	/* Where no direct I/O is possible. */
	memcpy(data + 24, content, sizeof(content));
	assert_int_equal(ask(VIRTIO_BLK_T_OUT, 7, 24, sizeof(content), true), VIRTIO_BLK_S_OK);
	memset(data, 0, 4096);
	assert_int_equal(ask(VIRTIO_BLK_T_IN, 7, 1000, sizeof(content), false), VIRTIO_BLK_S_OK);
	assert_memory_equal(data + 1000, content, sizeof(content));
	assert_int_equal(ask(VIRTIO_BLK_T_IN, 8, 512, 1024, false), VIRTIO_BLK_S_OK);
	assert_memory_equal(data + 512, content + 512, 1024);
	assert_int_equal(ask(VIRTIO_BLK_T_FLUSH, 0, 0, 0, false), VIRTIO_BLK_S_OK);
	assert_int_equal(ask(VIRTIO_BLK_T_GET_ID, 0, 0, 20, false), VIRTIO_BLK_S_OK);
	assert_int_equal(ask(VIRTIO_BLK_T_IN, DISK_SECTORS - 1, 0, 1024, false), VIRTIO_BLK_S_IOERR);
	assert_int_equal(ask(VIRTIO_BLK_T_OUT, DISK_SECTORS, 0, 512, true), VIRTIO_BLK_S_IOERR);
	assert_int_equal(ask(VIRTIO_BLK_T_IN, UINT64_MAX, 0, 512, false), VIRTIO_BLK_S_IOERR);
	assert_int_equal(ask(VIRTIO_BLK_T_IN, 0, 0, 100, false), VIRTIO_BLK_S_IOERR);
	assert_int_equal(ask(0x4000, 0, 0, 512, false), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(ask(VIRTIO_BLK_T_IN, DISK_SECTORS - 1, 0, 512, false), VIRTIO_BLK_S_OK);
}

/* What a driver without FLUSH writes is on the disk before it is answered; with FLUSH when that is. */
static void test_durable(void **state)
{
	bool has_flush = (features & UINT64_C(1) << VIRTIO_BLK_F_FLUSH) != 0;

	(void)state;
	for (uint32_t i = 1; i <= 5; i++) {
		assert_int_equal(ask(VIRTIO_BLK_T_OUT, i, 0, 512, true), VIRTIO_BLK_S_OK);
		assert_int_equal(shared->n_written_through, has_flush ? 0 : i);
		assert_int_equal(ask(VIRTIO_BLK_T_FLUSH, 0, 0, 0, false), VIRTIO_BLK_S_OK);
		assert_int_equal(shared->n_synced, i);
	}
}

/* A kernel that takes requests one by one and is short of memory now and then: nothing is lost. */
static void test_refusals(void **state)
{
	(void)state;
	shared->refusals[0] = EAGAIN;
	shared->refusals[1] = 0;
	shared->refusals[2] = ENOMEM;
	for (int i = 0; i < 30; i++) {
		shared->n_refused = random_number(20);
		run_requests(random_number(30) + 1, true);
		if (i % 5 == 4) {
			reset_in_flight();
			start_driver();
		}
		finish_all();
	}
	/* What it never took does not hold up a reset. */
	shared->refusals[1] = EAGAIN;
	shared->n_refused = UINT32_MAX;
	run_requests(3, true);
	reset_in_flight();
	shared->n_refused = 0;
	start_driver();
	run_requests(100, false);
}

/* What it does not take at all is an error of that request, and of no other. */
static void test_refused(void **state)
{
	(void)state;
	shared->refusals[0] = shared->refusals[1] = shared->refusals[2] = EINVAL;
	shared->n_refused = 1;
	assert_int_equal(ask(VIRTIO_BLK_T_IN, 0, 0, 512, false), VIRTIO_BLK_S_IOERR);
	assert_int_equal(ask(VIRTIO_BLK_T_IN, 0, 0, 512, false), VIRTIO_BLK_S_OK);
	run_requests(100, false);
}

/* The same buffers again and again, in all requests there is room for, none of them aligned. */
static void test_greedy_driver(void **state)
{
	struct pv_virtqueue_piece pieces[QUEUE_SIZE];
	unsigned char *header = window + FIRST_HEADER;
	uint16_t head;

	(void)state;
	/* A write of twice the window... */
	memcpy(header, &(uint32_t){ VIRTIO_BLK_T_OUT }, 4);
	memset(header + 4, 0, 12);
	header[STATUS_OFFSET] = 0xff;
	pieces[0] = (struct pv_virtqueue_piece){ WINDOW_ADDRESS + FIRST_HEADER, 16, false };
	for (uint32_t i = 1; i < 5; i++) {
		pieces[i] = (struct pv_virtqueue_piece){ WINDOW_ADDRESS + FIRST_DATA - 8, 0x20000, false };
	}
	pieces[5] = (struct pv_virtqueue_piece){ WINDOW_ADDRESS + FIRST_HEADER + STATUS_OFFSET, 1, true };
	assert_int_equal(pv_virtqueue_add(&driver, pieces, 6, &head), PV_OK);
	kick();
	for (uint32_t bytes; pv_virtqueue_collect(&driver, &head, &bytes) == PV_EMPTY;) {
		assert_int_equal(poll(&(struct pollfd){ interrupt_fd, POLLIN, 0 }, 1, PATIENCE_MS), 1);
	}
	assert_int_equal(header[STATUS_OFFSET], VIRTIO_BLK_S_IOERR);
	/* ... and ten of half of it at once: they take turns. */
	for (uint32_t i = 0; i < 10; i++) {
		assert_int_equal(pv_virtqueue_add(&driver, (struct pv_virtqueue_piece[]){
			pieces[0], pieces[1], pieces[5] }, 3, &head), PV_OK);
	}
	kick();
	for (uint32_t n = 0, bytes; n < 10;) {
		if (pv_virtqueue_collect(&driver, &head, &bytes) == PV_OK) {
			assert_int_equal(header[STATUS_OFFSET], VIRTIO_BLK_S_OK);
			n++;
		}
	}
	memset(disk, 0, sizeof(disk));
	for (uint32_t i = 0; i < 0x20000; i += SECTOR_BYTES) {
		memcpy(disk + i, window + FIRST_DATA - 8 + i, SECTOR_BYTES);
	}
	run_requests(100, false);
}

/* Another that serves the same image directly: does it end by itself? */
static bool is_refused(bool is_reader)
{
	int status;
	pid_t other = fork();

	assert_true(other >= 0);
	if (other == 0) {
		disk_format = NULL;
		is_read_only = is_reader;
		serve();
	}
	assert_int_equal(waitpid(other, &status, 0), other);
	return WIFEXITED(status);
}

/* Two of which one writes to one image destroy it; be the other a qemu. */
static void test_in_use(void **state)
{
	(void)state;
	run_requests(10, false);
	assert_true(is_refused(false));
	assert_true(is_refused(true));
	run_requests(100, false);
}

static void test_hostile_driver(void **state)
{
	struct pv_virtqueue_piece piece = { WINDOW_ADDRESS, 16, false };
	uint16_t head;

	(void)state;
	run_requests(100, false);
	assert_int_equal(pv_virtqueue_add(&driver, &piece, 1, &head), PV_OK);
	/* Behind the window lies what the daemon is shown besides. */
	memcpy(driver.queue.descriptors + 16u * head, &(uint64_t){ WINDOW_ADDRESS + WINDOW_BYTES }, 8);
	reset_driver();
	start_driver();
	assert_int_equal(pv_virtqueue_add(&driver, &piece, 1, &head), PV_OK);
	memcpy(driver.queue.available + 2, &(uint16_t){ 1000 }, 2);
	reset_driver();
	start_driver();
	run_requests(100, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_disk, begin_with_daemon, end),
		cmocka_unit_test_setup_teardown(test_daemon_killed, begin_with_daemon, end),
		cmocka_unit_test_setup_teardown(test_server_killed, begin_with_daemon, end),
		cmocka_unit_test_setup_teardown(test_no_flush, begin_without_flush, end),
		cmocka_unit_test_setup_teardown(test_reset, begin_with_daemon, end),
		cmocka_unit_test_setup_teardown(test_requests, begin_with_daemon, end),
		cmocka_unit_test_setup_teardown(test_hostile_driver, begin_with_daemon, end),
		cmocka_unit_test_setup_teardown(test_disk, begin_direct, end),
		cmocka_unit_test_setup_teardown(test_disk, begin_direct_without_flush, end),
		cmocka_unit_test_setup_teardown(test_server_killed, begin_direct, end),
		cmocka_unit_test_setup_teardown(test_reset, begin_direct, end),
		cmocka_unit_test_setup_teardown(test_requests, begin_direct, end),
		cmocka_unit_test_setup_teardown(test_hostile_driver, begin_direct, end),
		cmocka_unit_test_setup_teardown(test_durable, begin_direct, end),
		cmocka_unit_test_setup_teardown(test_durable, begin_direct_without_flush, end),
		cmocka_unit_test_setup_teardown(test_refusals, begin_direct, end),
		cmocka_unit_test_setup_teardown(test_refused, begin_direct, end),
		cmocka_unit_test_setup_teardown(test_greedy_driver, begin_direct, end),
		cmocka_unit_test_setup_teardown(test_in_use, begin_direct, end),
		cmocka_unit_test_setup_teardown(test_in_use, begin_with_daemon, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
