/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alarms to Linux on a message port: raised at once, sent when there is room.
 *
 * A receiver that does not take its messages fills the channel; alarms then
 * wait here, and what finds no room here either is dropped. The receiver sees
 * that by a gap in the sequence numbers.
 *
 * Owns     nothing; works on the caller's struct demo_alarms.
 * Locks    none: one task uses it.
 * Context  tasks.
 */
#pragma once

#include "pv/port.h"
#include "rtos-guests/apps/demo_protocol.h"

#define DEMO_ALARMS_PENDING 8

struct demo_alarms {
	bool              is_open;
	uint64_t          port;
	uint32_t          sequence; /* of the alarm raised last */
	uint32_t          n_dropped;
	uint32_t          first, n_pending;
	struct demo_alarm pending[DEMO_ALARMS_PENDING];
};

/* @config  entry of `ports`; NULL or not a message source: alarms go nowhere */
void demo_alarms_open(struct demo_alarms *alarms, const struct pv_port_config *ports,
		      const struct pv_port_config *config);

/* Note an alarm, to be sent by demo_alarms_flush(); its sequence number is filled in. */
void demo_alarms_raise(struct demo_alarms *alarms, const struct demo_alarm *alarm);

/* Send what is pending, as far as there is room. Returns the number of hypercalls made. */
unsigned int demo_alarms_flush(struct demo_alarms *alarms);
