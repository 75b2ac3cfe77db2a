/* SPDX-License-Identifier: Apache-2.0 */
/* PrimeCell real-time clock, "arm,pl031". Arm DDI 0224, "Programmer's Model". */
#include "pv/rtc.h"

#include "pv/mmio.h"

#include <stddef.h>

#define RTCDR   0x00 /* now */
#define RTCMR   0x04 /* the alarm */
#define RTCCR   0x0c
#define RTCIMSC 0x10
#define RTCMIS  0x18
#define RTCICR  0x1c

#define RTCCR_START UINT32_C(1)
#define RTC_ALARM   UINT32_C(1) /* RTCIMSC, RTCMIS, RTCICR */

bool pv_rtc_open(struct pv_rtc *rtc)
{
	rtc->device = pv_device_find("arm,pl031", 0);
	if (rtc->device == NULL) {
		return false;
	}
	pv_mmio_write32(rtc->device->base + RTCIMSC, 0);
	pv_mmio_write32(rtc->device->base + RTCICR, RTC_ALARM);
	pv_mmio_write32(rtc->device->base + RTCCR, RTCCR_START);
	return true;
}

uint32_t pv_rtc_seconds(const struct pv_rtc *rtc)
{
	return pv_mmio_read32(rtc->device->base + RTCDR);
}

uint32_t pv_rtc_interrupt(const struct pv_rtc *rtc)
{
	return rtc->device->interrupts[0];
}

void pv_rtc_set_alarm(const struct pv_rtc *rtc, uint32_t seconds)
{
	pv_mmio_write32(rtc->device->base + RTCIMSC, 0);
	pv_mmio_write32(rtc->device->base + RTCMR, seconds);
	pv_mmio_write32(rtc->device->base + RTCICR, RTC_ALARM);
	pv_mmio_write32(rtc->device->base + RTCIMSC, RTC_ALARM);
}

bool pv_rtc_ack_alarm(const struct pv_rtc *rtc)
{
	if ((pv_mmio_read32(rtc->device->base + RTCMIS) & RTC_ALARM) == 0) {
		return false;
	}
	pv_mmio_write32(rtc->device->base + RTCIMSC, 0);
	pv_mmio_write32(rtc->device->base + RTCICR, RTC_ALARM);
	return true;
}
