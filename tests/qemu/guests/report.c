/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/qemu/guests/report.h"

#include "pv/console.h"
#include "pv/psci.h"
#include "pv/timer.h"

static uint32_t n_passed, n_failed;

void report(bool condition, const char *format, ...)
{
	char text[160];
	va_list arguments;

	va_start(arguments, format);
	pv_vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	__atomic_fetch_add(condition ? &n_passed : &n_failed, 1, __ATOMIC_RELAXED);
	pv_printf("%s %u %s\n", condition ? "ok" : "not ok", n_passed + n_failed, text);
}

void report_equal(uint64_t actual, uint64_t expected, const char *text)
{
	if (actual == expected) {
		report(true, "%s", text);
	} else {
		report(false, "%s: 0x%llx, expected 0x%llx", text, (unsigned long long)actual,
		       (unsigned long long)expected);
	}
}

void report_counts(const char *word)
{
	pv_printf("%s: %u passed, %u failed\n", word, n_passed, n_failed);
}

void report_done(void)
{
	report_counts("done");
	pv_system_off();
}

bool wait_until(const volatile uint32_t *counter, uint32_t value, uint64_t us)
{
	uint64_t start = pv_timer_now();
	uint64_t span = pv_ticks_from_us(us);

	while (*counter < value) {
		if (pv_timer_now() - start > span) {
			return false;
		}
	}
	return true;
}
