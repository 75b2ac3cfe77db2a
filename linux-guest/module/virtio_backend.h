/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR Apache-2.0 */
/*
 * /dev/paravent-backend/NAME: a virtual device that this partition serves.
 *
 * One open file at a time; it may be handed on, and the device is free again
 * when the last descriptor and the last mapping are gone. Then, and as long as
 * nobody has it open, the driver itself acknowledges resets of the device.
 *
 *	mmap()   the window, from offset 0; shared, readable and writable
 *	read()   struct pv_virtio_state of include/abi/virtio.h, as it is now; never
 *	         sleeps. EAGAIN: EL2 is writing it, an interrupt will follow
 *	poll()   readable: the state has changed since the last read(), or, as long as
 *	         there is no eventfd for that, the frontend has rung
 *	write()  8 bytes of any value, as to an eventfd: interrupts the frontend
 */
#ifndef PARAVENT_VIRTIO_BACKEND_H
#define PARAVENT_VIRTIO_BACKEND_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "paravent.h"

#define PARAVENT_BACKEND_FOLDER "paravent-backend" /* in /dev */
#define PARAVENT_MAC_BYTES 6

struct paravent_backend {
	char  name[PARAVENT_NAME_BYTES];
	char  frontend[PARAVENT_NAME_BYTES]; /* the partition that drives it */
	__u64 window_address; /* in descriptors and in the state */
	__u64 window_bytes;
	__u64 features;       /* offered to the driver */
	__u32 device;         /* enum pv_virtio_device */
	__u32 n_queues;
	__u32 queue_size_max;
	__u32 read_only;      /* block: the driver was told so */
	__u8  mac[PARAVENT_MAC_BYTES]; /* net */
	__u8  reserved[2];
};

/* Eight bytes of the configuration space. */
struct paravent_backend_config {
	__u64 value;
	__u32 offset; /* a multiple of 8 */
	__u32 flags;  /* PV_VIRTIO_CONFIG_NOTIFY or 0 */
};

/* eventfds, each -1 for none; they replace those given before. */
struct paravent_backend_events {
	__s32 kick; /* signalled when the frontend has rung, or the state has changed */
	__s32 call; /* a signal of it interrupts the frontend, without a turn through user space */
};

#define PARAVENT_BACKEND             _IOR('P', 32, struct paravent_backend)
#define PARAVENT_BACKEND_CONFIG      _IOW('P', 33, struct paravent_backend_config)
/* The epoch whose queues and buffers will be touched no more. EBUSY: there is a newer one. */
#define PARAVENT_BACKEND_ACKNOWLEDGE _IOW('P', 34, __u32)
#define PARAVENT_BACKEND_EVENTS      _IOW('P', 35, struct paravent_backend_events)

#endif
