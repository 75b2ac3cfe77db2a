/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SoC's watchdog, i.MX: resets the whole board, all partitions with it, when
 * it was not served in time, and raises an interrupt some time before.
 * Once started it goes on until a reset, also when the partition stops.
 *
 * Context  any; one user.
 */
#pragma once

#include "pv/device.h"

#include "abi/status.h"

#include <stdbool.h>
#include <stdint.h>

#define PV_WATCHDOG_STEP_MS 500u    /* times are rounded up to steps */
#define PV_WATCHDOG_MAX_MS  127500u

struct pv_watchdog {
	const struct pv_device *device;
};

/* Use the partition's watchdog; nothing is started. False: it has none. */
bool pv_watchdog_open(struct pv_watchdog *watchdog);

/*
 * Start it.
 * @timeout_ms  500 .. PV_WATCHDOG_MAX_MS
 * @warning_ms  how long before that the interrupt comes, below timeout_ms; 0: none
 *
 * PV_OK            it runs
 * PV_BAD_ARGUMENT  a time is out of range; nothing has changed
 * PV_BUSY          it runs already, with the times it was started with; it was served
 */
enum pv_status pv_watchdog_start(const struct pv_watchdog *watchdog, uint32_t timeout_ms,
				 uint32_t warning_ms);

/* Serve it: its time begins anew. */
void pv_watchdog_serve(const struct pv_watchdog *watchdog);

/* INTID of the warning. */
uint32_t pv_watchdog_interrupt(const struct pv_watchdog *watchdog);

/* In the handler, when it has been served: was there a warning? It is taken back then. */
bool pv_watchdog_ack_warning(const struct pv_watchdog *watchdog);
