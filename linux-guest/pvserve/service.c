/* SPDX-License-Identifier: Apache-2.0 */
#include "linux-guest/pvserve/service.h"

#include <errno.h>
#include <string.h>

static bool is_driven(const struct pv_virtio_state *state)
{
	const uint32_t live = PV_VIRTIO_S_DRIVER_OK | PV_VIRTIO_S_FEATURES_OK;

	return (state->status & (live | PV_VIRTIO_S_NEEDS_RESET | PV_VIRTIO_S_FAILED)) == live;
}

/* ---- Following the driver --------------------------------------------------------------- */

static void open_queues(struct service *service)
{
	struct device *device = &service->device;

	for (uint32_t i = 0; i < device->about.n_queues; i++) {
		struct pv_virtqueue_config config = device_queue(device, i);
		enum pv_status status;

		if (config.size == 0) {
			pv_virtqueue_device_close(&service->queues[i]);
			continue;
		}
		status = pv_virtqueue_device_open(&service->queues[i], &device->window, &config);
		if (status != PV_OK) {
			device_say_seldom(device, &service->senseless,
					  "queue %u makes no sense (%d): waiting for the driver to reset it", i,
					  status);
			service->is_broken = true;
		}
	}
}

static bool start(struct service *service)
{
	service->is_started = true;
	service->waits_for = 0;
	memcpy(service->ready, service->device.state.queues, sizeof(service->ready));
	if (service->kind->serve != NULL) {
		open_queues(service);
	}
	return service->kind->start == NULL || service->is_broken || service->kind->start(service);
}

static bool stop(struct service *service)
{
	bool was_broken = service->is_broken;

	service->is_started = false;
	service->is_broken = false;
	return service->kind->stop == NULL || was_broken || service->kind->stop(service);
}

/* What a broken queue waits for is a reset. */
static bool has_other_queues(const struct service *service)
{
	return !service->is_broken &&
	       memcmp(service->ready, service->device.state.queues, sizeof(service->ready)) != 0;
}

/* A reset first: whatever the driver did since, it did on a device that was let go. */
static bool follow(struct service *service)
{
	struct device *device = &service->device;

	if (!device_read_state(device)) {
		return false;
	}
	if (service->is_started &&
	    (device->state.epoch != service->epoch || !is_driven(&device->state) ||
	     has_other_queues(service))) {
		if (!stop(service)) {
			return false;
		}
	}
	if (device->state.epoch != service->epoch) {
		if (!device_acknowledge(device, device->state.epoch)) {
			return false;
		}
		service->epoch = device->state.epoch;
		service->is_resumed = false;
	}
	return service->is_started || !is_driven(&device->state) || start(service);
}

/* ---- Serving ------------------------------------------------------------------------------ */

static bool find_broken_queue(struct service *service)
{
	struct device *device = &service->device;

	for (uint32_t i = 0; i < device->about.n_queues; i++) {
		if (service->queues[i].queue.is_broken) {
			device_say_seldom(device, &service->breaches,
					  "%s broke the rules of queue %u: waiting for its reset",
					  device->about.frontend, i);
			service->is_broken = true;
			return service->kind->stop == NULL || service->kind->stop(service);
		}
	}
	return true;
}

static bool must_interrupt(struct service *service)
{
	bool is_due = false;

	for (uint32_t i = 0; i < service->device.about.n_queues; i++) {
		is_due |= pv_virtqueue_must_interrupt(&service->queues[i]);
	}
	return is_due;
}

/* True: nothing has come meanwhile in the queues that are waited for. */
static bool begin_waiting(struct service *service)
{
	bool may_sleep = true;

	for (uint32_t i = 0; i < service->device.about.n_queues; i++) {
		if ((service->waits_for & 1u << i) != 0) {
			may_sleep &= pv_virtqueue_device_wait_begin(&service->queues[i]);
		}
	}
	return may_sleep;
}

/* *may_sleep: nothing is left to do before an event. */
static bool serve(struct service *service, bool *may_sleep)
{
	*may_sleep = true;
	if (!service->is_started || service->is_broken || service->kind->serve == NULL) {
		return true;
	}
	for (uint32_t i = 0; i < service->device.about.n_queues; i++) {
		pv_virtqueue_device_wait_end(&service->queues[i]);
	}
	if (!service->kind->serve(service) || !find_broken_queue(service)) {
		return false;
	}
	if (must_interrupt(service) && !device_ring(&service->device)) {
		return false;
	}
	*may_sleep = service->is_broken || begin_waiting(service);
	return true;
}

/* The kind's fds count while it serves; the device's own always does. */
static bool wait(struct service *service, bool may_sleep)
{
	struct pollfd fds[1 + SERVICE_FDS_MAX] = { { .fd = service->device.fd, .events = POLLIN } };
	bool has_more = service->is_started && !service->is_broken;
	int n;

	for (int i = 0; i < SERVICE_FDS_MAX; i++) {
		fds[1 + i] = (struct pollfd){ service->fds[i].fd, service->fds[i].events, 0 };
	}
	do {
		n = poll(fds, has_more ? 1 + SERVICE_FDS_MAX : 1, may_sleep ? -1 : 0);
	} while (n < 0 && errno == EINTR);
	for (int i = 0; i < SERVICE_FDS_MAX; i++) {
		service->fds[i].revents = fds[1 + i].revents;
	}
	if (n < 0) {
		return device_say(&service->device, "poll: %s", strerror(errno));
	}
	return (fds[0].revents & POLLIN) == 0 || follow(service);
}

void service_run(struct service *service)
{
	bool may_sleep;

	/* Of an earlier life nothing is left: the device opens only when that is gone. */
	if (!device_acknowledge(&service->device, service->device.state.epoch)) {
		return;
	}
	service->epoch = service->device.state.epoch;
	service->is_resumed = is_driven(&service->device.state);
	if (!follow(service)) {
		return;
	}
	while (serve(service, &may_sleep) && wait(service, may_sleep)) {
	}
}
