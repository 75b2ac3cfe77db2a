/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The partition's console as /dev/hvcN, by hypercalls of up to 48 characters: the
 * emulated PL011 takes an exit to EL2 for each character and two to wait for room.
 */
#ifndef PARAVENT_CONSOLE_H
#define PARAVENT_CONSOLE_H

struct device;

/* Nothing happens where the partition has a UART of its own. A negative errno: there is no /dev/hvcN. */
int console_create(struct device *dev);
void console_remove(void);

#endif
