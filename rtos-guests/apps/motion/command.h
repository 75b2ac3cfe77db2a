/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands: taken from the port `command`, checked, handed to the loop, answered
 * on `reply`. Sleeps until the doorbell rings.
 *
 * When nobody takes replies the answer waits up to COMMAND_PATIENCE_MS for room,
 * so the sender is slowed down before anything is lost; then it is given up
 * and counted. The control loop does not notice.
 *
 * Owns     the ports `command` and `reply`.
 * Context  command_start() before rtos_start(); the rest from tasks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define COMMAND_PRIORITY    20
#define COMMAND_PATIENCE_MS 100

/* Open the ports, make the task. False: there is no such port, so there are no commands. */
bool command_start(void);

/* Commands that were refused as not whole, since start. */
uint32_t command_n_bad(void);
