/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open /dev/paravent-backend/NAME. Every function that returns false has said
 * why in one line.
 */
#pragma once

#include "abi/virtio.h"
#include "linux-guest/module/virtio_backend.h"
#include "pv/seldom.h"
#include "pv/virtqueue.h"

#include <stdbool.h>

struct device {
	int fd;
	struct paravent_backend about;
	struct pv_virtio_window window;
	struct pv_virtio_state  state; /* as last read */
};

/* "pvserve: NAME: ..." on standard error. Returns false. */
__attribute__((format(printf, 2, 3))) bool device_say(const struct device *device,
						      const char *format, ...);

/* As device_say(), for what the frontend can cause without end; tells how often it has happened. */
__attribute__((format(printf, 3, 4))) bool device_say_seldom(const struct device *device, struct pv_seldom *seldom,
							     const char *format, ...);

/* @kind  what the device must be; kind_name is the word for it */
bool device_open(struct device *device, const char *name, enum pv_virtio_device kind,
		 const char *kind_name);

bool device_read_state(struct device *device);

/* Eight bytes of the configuration space; the driver is told. */
bool device_configure(const struct device *device, uint32_t offset, uint64_t value);

/* Nothing of this epoch will be touched any more. */
bool device_acknowledge(const struct device *device, uint32_t epoch);

/* Interrupt the frontend: used buffers. */
bool device_ring(const struct device *device);

/* Let the kernel signal and look at eventfds; -1 for none. */
bool device_set_events(const struct device *device, int kick, int call);

/* As the state says it, for opening. */
struct pv_virtqueue_config device_queue(const struct device *device, uint32_t queue);
