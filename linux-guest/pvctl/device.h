/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's devices, with errors that say what to do, for pvctl and the
 * demo client. Every function that
 * fails has printed one line "PROGRAM: ..." already, unless it says otherwise.
 */
#pragma once

#include "linux-guest/module/paravent.h"

#include <stdbool.h>
#include <stddef.h>

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOTHING = 3, /* nothing came, or nothing fitted, before the time was up */
};

/* "PROGRAM: ..." on standard error. Returns EXIT_FAILED. */
__attribute__((format(printf, 1, 2))) enum exit_code complain(const char *format, ...);

/* File descriptor of a port, opened with the flags of open(), or -1. */
int port_open(const char *name, int flags);

/* What the driver knows of an open port. */
bool port_describe(int fd, const char *name, struct paravent_port *port);

/* Names of all ports, sorted; ends with NULL, the caller's for ever. NULL: no driver. */
char **port_names(void);

/* File descriptor of /dev/paravent-control, or -1. */
int control_open(void);

/* PARAVENT_NOBODY: this partition. false without a message when there is none with this id. */
bool partition_describe(int fd, __u32 id, struct paravent_partition *partition);

/* The partition with this place in the list of all; false: the list is shorter. */
bool partition_id(int fd, __u32 index, __u32 *id);

/* By name, else by number; false after a message. */
bool partition_find(int fd, const char *name, struct paravent_partition *partition);

const char *kind_name(__u32 kind);
const char *direction_name(__u32 direction);
const char *state_name(__u32 state);
