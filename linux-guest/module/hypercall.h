/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paravent's hypercalls, as include/abi/hypercall.h numbers them. Each returns
 * 0 or a negative errno:
 *
 *	-EOPNOTSUPP  this hypervisor does not know the call
 *	-ENXIO       this partition owns no such object
 *	-EPERM       it owns it, without this right
 *	-EINVAL      malformed
 *	-EBUSY       right call, wrong moment
 *	-EAGAIN      full, or empty
 *
 * Context  any; none of them sleeps.
 */
#ifndef PARAVENT_HYPERCALL_H
#define PARAVENT_HYPERCALL_H

#include <linux/types.h>

#include "abi/hypercall.h"

/* 0, or -ENODEV when there is no Paravent or none with this ABI: the cause is in the log. */
int hypercall_probe(struct device *dev, u32 *revision);

int hypercall_doorbell(u32 doorbell);

struct hypercall_partition {
	u32 id, n_vcpus, state, n_ports, n_doorbells, n_starts, roles;
};

int hypercall_partition_info(u32 id, struct hypercall_partition *partition);
int hypercall_partition_control(u32 id, u32 control);

struct hypercall_port {
	u32 kind, direction, peer_state;
};

int hypercall_port_info(u32 port, struct hypercall_port *result);

int hypercall_message_send(u32 port, const u64 message[PV_MESSAGE_WORDS]);
int hypercall_message_receive(u32 port, u32 *sender, u64 message[PV_MESSAGE_WORDS]);

/* @bytes  in: to write, or most to read; out: written, or read (0: nothing there). -EBUSY: no room. */
int hypercall_console_write(const u64 text[PV_CONSOLE_BYTES / 8], u32 *bytes);
int hypercall_console_read(u64 text[PV_CONSOLE_BYTES / 8], u32 *bytes);

int hypercall_statistic(u32 which, u32 vcpu, u64 *value);

/* @backend  a virtual device, counted among those that this partition serves */
int hypercall_virtio_config(u32 backend, u32 offset, u64 value, u32 flags);
int hypercall_virtio_acknowledge(u32 backend, u32 epoch);

#endif
