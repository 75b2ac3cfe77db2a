/* SPDX-License-Identifier: Apache-2.0 */
#include "pv/rtc.h"

#define SECONDS_PER_DAY 86400u

static bool is_leap(uint32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t days_of(uint32_t month, uint32_t year)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (uint32_t)(month == 2 && is_leap(year));
}

/* Bounded: 32 bits of seconds end in 2106. */
struct pv_rtc_date pv_rtc_date_of(uint32_t seconds)
{
	struct pv_rtc_date date = { .year = 1970, .month = 1 };
	uint32_t day = seconds / SECONDS_PER_DAY;
	uint32_t rest = seconds % SECONDS_PER_DAY;

	while (day >= 365 + (uint32_t)is_leap(date.year)) {
		day -= 365 + (uint32_t)is_leap(date.year);
		date.year++;
	}
	while (day >= days_of(date.month, date.year)) {
		day -= days_of(date.month, date.year);
		date.month++;
	}
	date.day = day + 1;
	date.hour = rest / 3600;
	date.minute = rest / 60 % 60;
	date.second = rest % 60;
	return date;
}
