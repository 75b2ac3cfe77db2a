/* SPDX-License-Identifier: Apache-2.0 */
#include "linux-guest/pvserve/device.h"

#include "abi/hypercall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND UINT64_C(1000000000)

#define FOLDER "/dev/" PARAVENT_BACKEND_FOLDER

bool device_say(const struct device *device, const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	fprintf(stderr, "pvserve: %s: %s\n", device->about.name, text);
	return false;
}

bool device_say_seldom(const struct device *device, struct pv_seldom *seldom, const char *format, ...)
{
	struct timespec now;
	char text[512];
	va_list list;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (pv_seldom_tell(seldom, (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec, NS_PER_SECOND)) {
		va_start(list, format);
		vsnprintf(text, sizeof(text), format, list);
		va_end(list);
		device_say(device, "%s (%u so far)", text, seldom->n);
	}
	return false;
}

static bool say_why_not_open(const struct device *device)
{
	if (errno == ENOENT && access("/dev/paravent-control", F_OK) != 0) {
		return device_say(device, "the paravent driver is not there; load it with \"insmod paravent.ko\" "
					  "and look at dmesg if it does not stay");
	}
	if (errno == ENOENT) {
		return device_say(device, "this partition serves no such device; it has those in " FOLDER);
	}
	if (errno == EBUSY) {
		return device_say(device, "it is served already, by another pvserve or what one left running");
	}
	return device_say(device, "%s", strerror(errno));
}

static bool map_window(struct device *device)
{
	void *memory = mmap(NULL, device->about.window_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			    device->fd, 0);

	if (memory == MAP_FAILED) {
		return device_say(device, "no window: %s", strerror(errno));
	}
	device->window = (struct pv_virtio_window){
		.memory = memory,
		.address = device->about.window_address,
		.bytes = device->about.window_bytes,
	};
	return true;
}

bool device_open(struct device *device, const char *name, enum pv_virtio_device kind,
		 const char *kind_name)
{
	char path[sizeof(FOLDER) + PARAVENT_NAME_BYTES];

	snprintf(device->about.name, sizeof(device->about.name), "%s", name);
	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL ||
	    strlen(name) >= PARAVENT_NAME_BYTES) {
		return device_say(device, "this cannot be the name of a device; see " FOLDER);
	}
	snprintf(path, sizeof(path), FOLDER "/%s", name);
	device->fd = open(path, O_RDWR | O_CLOEXEC);
	if (device->fd < 0) {
		return say_why_not_open(device);
	}
	if (ioctl(device->fd, PARAVENT_BACKEND, &device->about) != 0) {
		return device_say(device, "%s; are the driver and pvserve of one version?", strerror(errno));
	}
	if (device->about.device != kind || device->about.n_queues > PV_VIRTIO_QUEUES_MAX) {
		return device_say(device, "this is no %s device: its virtio device type is %u", kind_name,
				  device->about.device);
	}
	return map_window(device) && device_read_state(device);
}

bool device_read_state(struct device *device)
{
	ssize_t n;

	do {
		n = read(device->fd, &device->state, sizeof(device->state));
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	return n == sizeof(device->state) || device_say(device, "no state: %s", strerror(errno));
}

bool device_configure(const struct device *device, uint32_t offset, uint64_t value)
{
	struct paravent_backend_config config = {
		.value = value,
		.offset = offset,
		.flags = PV_VIRTIO_CONFIG_NOTIFY,
	};

	return ioctl(device->fd, PARAVENT_BACKEND_CONFIG, &config) == 0 ||
	       device_say(device, "configuration refused: %s", strerror(errno));
}

bool device_acknowledge(const struct device *device, uint32_t epoch)
{
	/* Busy: the next reset has come, and with it an interrupt that shows it. */
	return ioctl(device->fd, PARAVENT_BACKEND_ACKNOWLEDGE, &epoch) == 0 || errno == EBUSY ||
	       device_say(device, "acknowledgement refused: %s", strerror(errno));
}

bool device_ring(const struct device *device)
{
	uint64_t one = 1;

	return write(device->fd, &one, sizeof(one)) == sizeof(one) ||
	       device_say(device, "cannot interrupt the frontend: %s", strerror(errno));
}

bool device_set_events(const struct device *device, int kick, int call)
{
	struct paravent_backend_events events = { .kick = kick, .call = call };

	return ioctl(device->fd, PARAVENT_BACKEND_EVENTS, &events) == 0 ||
	       device_say(device, "eventfds refused: %s", strerror(errno));
}
