/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real-time clock, PL031: seconds since 1970-01-01, UTC by convention, and one alarm.
 *
 * Context  any; one user of the alarm.
 */
#pragma once

#include "pv/device.h"

#include <stdbool.h>
#include <stdint.h>

struct pv_rtc {
	const struct pv_device *device;
};

/* Use the partition's clock and switch it on, its alarm off. False: it has none. */
bool pv_rtc_open(struct pv_rtc *rtc);

uint32_t pv_rtc_seconds(const struct pv_rtc *rtc);

/* INTID of the alarm. */
uint32_t pv_rtc_interrupt(const struct pv_rtc *rtc);

/* Raise the interrupt when the clock comes to `seconds`. */
void pv_rtc_set_alarm(const struct pv_rtc *rtc, uint32_t seconds);

/* In the handler: has it come to that? The interrupt is taken back and the alarm off then. */
bool pv_rtc_ack_alarm(const struct pv_rtc *rtc);

/* A time as people write it. */
struct pv_rtc_date {
	uint32_t year, month, day; /* month and day from 1 */
	uint32_t hour, minute, second;
};

struct pv_rtc_date pv_rtc_date_of(uint32_t seconds);
