/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/monitor/clock.h"

#include "pv/console.h"
#include "pv/rtc.h"

static struct pv_rtc rtc;
static bool has_rtc;

void clock_open(void)
{
	has_rtc = pv_rtc_open(&rtc);
}

const char *clock_stamp(char *text)
{
	text[0] = '\0';
	if (has_rtc) {
		struct pv_rtc_date date = pv_rtc_date_of(pv_rtc_seconds(&rtc));

		pv_snprintf(text, CLOCK_STAMP_BYTES, "%u-%02u-%02u %02u:%02u:%02u UTC, ", date.year,
			    date.month, date.day, date.hour, date.minute, date.second);
	}
	return text;
}
