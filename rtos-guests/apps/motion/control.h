/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control loop: once a millisecond a step of the plant, a state published,
 * a record in the trace. It waits for nobody and makes no hypercall.
 *
 * Owns     the plant, the ports `state` and `trace`, the latency figures.
 * Locks    one RTOS mutex around what others may look at: priority inheritance
 *          keeps the wait as short as one copy.
 * Context  control_start() before rtos_start(); the rest from tasks.
 */
#pragma once

#include "rtos-guests/apps/demo_protocol.h"
#include "rtos-guests/apps/motion/latency.h"
#include "rtos/rtos.h"

#define CONTROL_PRIORITY 30

/* What the loop can be told, at most CONTROL_ORDERS at a time. */
#define CONTROL_ORDERS 8
struct control_order {
	enum demo_operation operation; /* DEMO_SET_POINT, DEMO_RESET */
	int32_t             set_point_um;
};

/* Open the ports, make the task. False: the kernel refused; there is nothing to run then. */
bool control_start(void);

/* Hand over an order; it takes effect in the next period. RTOS_OK, RTOS_TIMEOUT */
RTOS_MUST_USE enum rtos_status control_order(const struct control_order *order, uint64_t ticks);

/* Copies of the latest state and figures. NULL: not wanted. */
void control_look(struct demo_state *state, struct latency *latency);

/* For the state that is published: counted by the command task. */
void control_note_command(void);
void control_note_lost_reply(void);
