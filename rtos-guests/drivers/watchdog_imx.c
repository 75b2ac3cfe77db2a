/* SPDX-License-Identifier: Apache-2.0 */
/*
 * i.MX watchdog, "fsl,imx21-wdt" and what is compatible with it: 16-bit registers.
 * i.MX 8M Plus Applications Processor Reference Manual, "Watchdog Timer (WDOG)".
 */
#include "pv/watchdog.h"

#include "pv/mmio.h"

#include <stddef.h>

#define WDOG_WCR  0x0
#define WDOG_WSR  0x2
#define WDOG_WICR 0x6 /* writable once, but for WTIS */
#define WDOG_WMCR 0x8

#define WCR_WT(steps) ((steps) << 8) /* time-out: steps + 1 half seconds */
#define WCR_WDA       0x20u          /* 0: assert the WDOG_B pin now */
#define WCR_SRS       0x10u          /* 0: reset now */
#define WCR_WDE       0x04u          /* runs; cannot be cleared */
#define WCR_STARTED(steps) (uint16_t)(WCR_WT(steps) | WCR_WDA | WCR_SRS | WCR_WDE)

#define WSR_FIRST  0x5555u
#define WSR_SECOND 0xaaaau

#define WICR_WIE  0x8000u
#define WICR_WTIS 0x4000u /* write 1 to clear */

static uint32_t steps_of(uint32_t ms)
{
	return (ms + PV_WATCHDOG_STEP_MS - 1) / PV_WATCHDOG_STEP_MS;
}

bool pv_watchdog_open(struct pv_watchdog *watchdog)
{
	watchdog->device = pv_device_find("fsl,imx21-wdt", 0);
	return watchdog->device != NULL;
}

void pv_watchdog_serve(const struct pv_watchdog *watchdog)
{
	pv_mmio_write16(watchdog->device->base + WDOG_WSR, WSR_FIRST);
	pv_mmio_write16(watchdog->device->base + WDOG_WSR, WSR_SECOND);
}

enum pv_status pv_watchdog_start(const struct pv_watchdog *watchdog, uint32_t timeout_ms,
				 uint32_t warning_ms)
{
	uint64_t base = watchdog->device->base;

	if (timeout_ms < PV_WATCHDOG_STEP_MS || timeout_ms > PV_WATCHDOG_MAX_MS ||
	    warning_ms >= timeout_ms || steps_of(warning_ms) >= steps_of(timeout_ms)) {
		return PV_BAD_ARGUMENT;
	}
	if ((pv_mmio_read16(base + WDOG_WCR) & WCR_WDE) != 0) {
		pv_watchdog_serve(watchdog);
		return PV_BUSY;
	}
	/* The power-down counter would assert WDOG_B 16 s after reset. */
	pv_mmio_write16(base + WDOG_WMCR, 0);
	if (warning_ms != 0) {
		pv_mmio_write16(base + WDOG_WICR,
				(uint16_t)(WICR_WIE | WICR_WTIS | steps_of(warning_ms)));
	}
	pv_mmio_write16(base + WDOG_WCR, WCR_STARTED(steps_of(timeout_ms) - 1));
	pv_watchdog_serve(watchdog);
	return PV_OK;
}

uint32_t pv_watchdog_interrupt(const struct pv_watchdog *watchdog)
{
	return watchdog->device->interrupts[0];
}

bool pv_watchdog_ack_warning(const struct pv_watchdog *watchdog)
{
	uint64_t wicr = watchdog->device->base + WDOG_WICR;
	uint16_t value = pv_mmio_read16(wicr);

	if ((value & WICR_WTIS) == 0) {
		return false;
	}
	pv_mmio_write16(wicr, value);
	return true;
}
