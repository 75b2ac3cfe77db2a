/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/paravent-control: this partition, the others, EL2's statistics.
 *
 * Starting and stopping others takes the manager role, which the hypervisor
 * checks, and the right to open the device, which is root's.
 */
#ifndef PARAVENT_CONTROL_H
#define PARAVENT_CONTROL_H

#include <linux/device.h>

/* Make the device; undone by devm of @parent. */
int control_create(struct device *parent, u32 revision);

#endif
