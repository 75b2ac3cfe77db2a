/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What /dev/paravent-backend/NAME answers to wrong calls, and that an eventfd rings
 * it. Run in the partition that serves; the device is not served meanwhile.
 */
#include "abi/hypercall.h"
#include "abi/virtio.h"
#include "linux-guest/module/virtio_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int n_failed;

static void report(bool is_right, const char *what)
{
	printf("%s %s (%s)\n", is_right ? "ok" : "WRONG", what, strerror(errno));
	n_failed += !is_right;
	errno = 0;
}

static void try_map(int fd, size_t bytes, int flags, off_t offset, int error, const char *what)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, offset);

	report(error == 0 ? memory != MAP_FAILED : memory == MAP_FAILED && errno == error, what);
	if (memory != MAP_FAILED) {
		*(volatile char *)((char *)memory + bytes - 1) = 0; /* it is really there */
		munmap(memory, bytes);
	}
}

static void try_maps(int fd, size_t bytes)
{
	try_map(fd, bytes, MAP_SHARED, 0, 0, "the window");
	try_map(fd, bytes - 4096, MAP_SHARED, 4096, 0, "its end");
	try_map(fd, bytes + 4096, MAP_SHARED, 0, EINVAL, "more than the window");
	try_map(fd, bytes, MAP_SHARED, 4096, EINVAL, "past its end");
	try_map(fd, 4096, MAP_SHARED, (off_t)bytes + 4096, EINVAL, "behind it");
	try_map(fd, bytes, MAP_PRIVATE, 0, EINVAL, "a private copy");
}

static void try_state(int fd)
{
	struct pv_virtio_state state;
	uint64_t one = 1;

	report(read(fd, &state, sizeof(state) - 1) < 0 && errno == EMSGSIZE, "too little room for the state");
	report(read(fd, &state, sizeof(state)) == sizeof(state) && state.epoch != 0 &&
	       (state.sequence & 1) == 0, "the state");
	report(write(fd, &one, 4) < 0 && errno == EINVAL, "half a call");
	report(write(fd, &one, sizeof(one)) == sizeof(one), "a call");
	report(ioctl(fd, PARAVENT_BACKEND_ACKNOWLEDGE, &state.epoch) == 0, "this epoch");
	state.epoch++;
	report(ioctl(fd, PARAVENT_BACKEND_ACKNOWLEDGE, &state.epoch) < 0 && errno == EBUSY, "another epoch");
}

static void try_config(int fd)
{
	struct paravent_backend_config config = { .offset = PV_VIRTIO_CONFIG_BYTES };

	report(ioctl(fd, PARAVENT_BACKEND_CONFIG, &config) < 0 && errno == EINVAL, "behind the configuration");
	config.offset = 4;
	report(ioctl(fd, PARAVENT_BACKEND_CONFIG, &config) < 0 && errno == EINVAL, "across two words of it");
}

static void try_events(int fd)
{
	uint64_t one = 1;
	int call = eventfd(1, EFD_NONBLOCK);
	struct paravent_backend_events events = { .kick = fd, .call = -1 };

	report(ioctl(fd, PARAVENT_BACKEND_EVENTS, &events) < 0 && errno == EINVAL, "a kick that is no eventfd");
	events = (struct paravent_backend_events){ .kick = -1, .call = fd };
	report(ioctl(fd, PARAVENT_BACKEND_EVENTS, &events) < 0 && errno == EINVAL, "a call that is no eventfd");
	events.call = call;
	report(ioctl(fd, PARAVENT_BACKEND_EVENTS, &events) == 0, "a call eventfd");
	report(write(call, &one, sizeof(one)) == sizeof(one) && read(call, &one, sizeof(one)) < 0 &&
	       errno == EAGAIN, "its signal is consumed");
	events.call = -1;
	report(ioctl(fd, PARAVENT_BACKEND_EVENTS, &events) == 0 && write(call, &one, sizeof(one)) == sizeof(one) &&
	       read(call, &one, sizeof(one)) == sizeof(one), "and is not, when it is taken away");
	events.call = call;
	(void)ioctl(fd, PARAVENT_BACKEND_EVENTS, &events);
	close(call); /* before the device */
}

int main(int argc, char **argv)
{
	struct paravent_backend about;
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;

	report(fd >= 0, "open");
	report(open(argv[1], O_RDWR) < 0 && errno == EBUSY, "open again");
	report(ioctl(fd, PARAVENT_BACKEND, &about) == 0, "description");
	report(ioctl(fd, PARAVENT_PORT, &about) < 0 && errno == ENOTTY, "a port's call");
	try_maps(fd, about.window_bytes);
	try_state(fd);
	try_config(fd);
	try_events(fd);
	printf("%d wrong\n", n_failed);
	return n_failed != 0;
}
