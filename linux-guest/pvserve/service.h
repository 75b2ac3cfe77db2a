/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all kinds of devices have in common: following the driver through its
 * life, resets included, and calling the kind when there is something to do.
 *
 * A restarted pvserve finds the driver where it was and goes on. All queues are
 * answered in the order of their requests, which makes that possible.
 */
#pragma once

#include "linux-guest/pvserve/device.h"

#include <poll.h>

#define SERVICE_FDS_MAX 4

struct service;

struct service_kind {
	const char *name;      /* on the command line */
	const char *arguments; /* behind the device's name, for the usage */
	int         n_arguments_min, n_arguments_max;
	enum pv_virtio_device device;

	/* Once: what is behind the device, and its configuration space. NULL ends the arguments. */
	bool (*open)(struct service *service, char *const *arguments);
	/*
	 * The driver is there, all queues that it made ready are open. Again, after stop(),
	 * when it has made others ready. NULL: nothing to do.
	 */
	bool (*start)(struct service *service);
	/*
	 * The driver may have rung, or one of fds is ready: do what can be done without
	 * sleeping, and say in waits_for and fds what to wait for. NULL: the kernel serves.
	 */
	bool (*serve)(struct service *service);
	/* Whoever else touches the window stops; no return before that. NULL: nobody does. */
	bool (*stop)(struct service *service);
};

struct service {
	const struct service_kind *kind;
	struct device device;
	bool          is_started;
	bool          is_resumed; /* the driver was there before us; until its reset */
	uint32_t      epoch;
	struct pv_virtio_queue_state ready[PV_VIRTIO_QUEUES_MAX]; /* as at the start */
	struct pv_virtqueue_device queues[PV_VIRTIO_QUEUES_MAX]; /* closed as long as not ready */
	bool          is_broken; /* of the driver's fault; until its reset */
	struct pv_seldom senseless, breaches; /* queues that make no sense, or whose rules it broke */
	uint32_t      waits_for; /* bit n: queue n is empty, its driver shall ring */
	struct pollfd fds[SERVICE_FDS_MAX]; /* the kind's; fd -1 where there is none */
};

/* Serve until something fails; it has been said. */
void service_run(struct service *service);
