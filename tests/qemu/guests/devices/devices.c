/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of a partition's own: found, driven, their interrupts taken.
 *
 * Boot arguments
 *   inputs=low     what nobody drives reads as low, and can interrupt
 *   button=PIN     somebody pulses that input once the guest asks for it
 *   touch=ADDRESS  do nothing but read there: a device of somebody else
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/device.h"
#include "pv/gpio.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/mmio.h"
#include "pv/mmu.h"
#include "pv/platform.h"
#include "pv/rtc.h"
#include "pv/start.h"
#include "pv/string.h"
#include "pv/timer.h"
#include "pv/watchdog.h"
#include "tests/qemu/guests/report.h"

#define SECOND_US UINT64_C(1000000)
#define YEAR_2020 1577836800u

/* So far apart that a busy host cannot let the first warning become a reset. */
#define WATCHDOG_TIMEOUT_MS 127500u
#define WATCHDOG_WARNING_MS 126000u

struct exits {
	uint64_t count[PV_N_STATISTICS];
};

/* What interrupt handlers note. */
struct event {
	volatile uint32_t n, n_stray;
	struct pv_gpio    gpio;
	uint32_t          pin;
};

static bool read_argument(const char *name, uint32_t base, uint64_t *value)
{
	char text[20] = "";

	*value = 0;
	if (!pv_platform_argument(name, text, sizeof(text))) {
		return false;
	}
	for (const char *at = text; *at != '\0'; at++) {
		*value = *value * base + (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	}
	return true;
}

/* ---- Interrupts without EL2 ------------------------------------------------------ */

static bool read_exits(struct exits *exits)
{
	for (unsigned i = 0; i < PV_N_STATISTICS; i++) {
		if (pv_statistics((enum pv_statistic)i, 0, &exits->count[i]) != PV_OK) {
			return false;
		}
	}
	return true;
}

/* Wait for the n-th interrupt; EL2 must not be entered on its way. */
static void await(const struct event *event, uint32_t n, uint64_t us, const char *what)
{
	struct exits before, after;
	uint64_t n_exits = 0;
	bool is_known = read_exits(&before);

	pv_irq_unmask();
	bool has_come = wait_until(&event->n, n, us);

	pv_irq_mask();
	is_known = read_exits(&after) && is_known;
	for (unsigned i = 0; i < PV_N_STATISTICS; i++) {
		n_exits += after.count[i] - before.count[i];
	}
	report(has_come, "%s: the interrupt comes", what);
	report(is_known && n_exits == PV_N_STATISTICS, "%s: no exit to EL2, but to ask for them",
	       what);
	report(event->n == n && event->n_stray == 0, "%s: once, and no other", what);
}

/* ---- GPIO ------------------------------------------------------------------------ */

static void on_pin(uint32_t intid, void *context)
{
	struct event *event = context;

	(void)intid;
	if (!pv_gpio_interrupt_ack(&event->gpio, event->pin)) {
		event->n_stray++;
		return;
	}
	event->n++;
}

/* For a level that stays. */
static void on_level(uint32_t intid, void *context)
{
	struct event *event = context;

	on_pin(intid, context);
	pv_gpio_interrupt_disable(&event->gpio, event->pin);
}

static void test_pin(const struct pv_gpio *gpio, uint32_t pin, uint32_t other)
{
	pv_gpio_write(gpio, other, false);
	pv_gpio_write(gpio, pin, false);
	pv_gpio_set_output(gpio, other, true);
	pv_gpio_set_output(gpio, pin, true);
	pv_gpio_write(gpio, pin, true);
	report(pv_gpio_read(gpio, pin) && !pv_gpio_read(gpio, other), "pin %u is high, %u is not",
	       pin, other);
	pv_gpio_write(gpio, other, true);
	pv_gpio_write(gpio, pin, false);
	report(!pv_gpio_read(gpio, pin) && pv_gpio_read(gpio, other), "pin %u is low, %u is not",
	       pin, other);
	pv_gpio_set_output(gpio, other, false);
}

static void test_level_interrupt(const struct pv_gpio *gpio, uint32_t pin)
{
	/* Handlers stay attached: each pin has an event of its own. */
	static struct event events[2];
	struct event *event = &events[pin >= 16];
	char what[16];

	*event = (struct event){ .gpio = *gpio, .pin = pin };
	pv_snprintf(what, sizeof(what), "pin %u", pin);
	report(pv_irq_attach(pv_gpio_interrupt(gpio, pin), on_level, event), "%s: INTID %u", what,
	       pv_gpio_interrupt(gpio, pin));
	pv_gpio_set_output(gpio, pin, false);
	report(!pv_gpio_read(gpio, pin), "%s: is low", what);
	pv_gpio_interrupt_enable(gpio, pin, PV_GPIO_LOW);
	await(event, 1, 10 * SECOND_US, what);
	pv_irq_disable(pv_gpio_interrupt(gpio, pin));
}

static bool wait_low(const struct pv_gpio *gpio, uint32_t pin)
{
	uint64_t start = pv_timer_now();

	while (pv_gpio_read(gpio, pin)) {
		if (pv_timer_now() - start > pv_ticks_from_us(10 * SECOND_US)) {
			return false;
		}
	}
	return true;
}

static void test_button(const struct pv_gpio *gpio, uint32_t pin)
{
	static struct event event;

	event = (struct event){ .gpio = *gpio, .pin = pin };
	pv_gpio_set_output(gpio, pin, false);
	report(!pv_gpio_read(gpio, pin), "pin %u is low", pin);
	report(pv_irq_attach(pv_gpio_interrupt(gpio, pin), on_pin, &event), "button attached");
	pv_gpio_interrupt_enable(gpio, pin, PV_GPIO_RISING);
	pv_printf("pulse pin %u\n", pin);
	await(&event, 1, 100 * SECOND_US, "rising edge");
	report(wait_low(gpio, pin), "pin %u: the pulse ends", pin);
	pv_gpio_interrupt_enable(gpio, pin, PV_GPIO_BOTH);
	pv_printf("pulse pin %u again\n", pin);
	await(&event, 3, 100 * SECOND_US, "both edges");
	pv_irq_disable(pv_gpio_interrupt(gpio, pin));
}

static void test_gpio(void)
{
	struct pv_gpio gpio;
	uint64_t button;
	char inputs[8];

	if (!pv_gpio_open_first(&gpio)) {
		report(false, "there is a GPIO block");
		return;
	}

	uint32_t n = pv_gpio_n_pins(&gpio);

	pv_printf("%s: %u pins\n", gpio.device->name, n);
	test_pin(&gpio, 5, 6);
	if (n > 16) {
		test_pin(&gpio, 20, 4);
	}
	if (n > 32) {
		test_pin(&gpio, 40, 8); /* the same bits of two registers */
	}
	report(pv_gpio_interrupt(&gpio, n) == 0 && !pv_gpio_read(&gpio, n), "no pin %u", n);
	if (pv_platform_argument("inputs", inputs, sizeof(inputs))) {
		test_level_interrupt(&gpio, 5);
		if (n > 16) {
			test_level_interrupt(&gpio, 20);
		}
	}
	if (read_argument("button", 10, &button)) {
		test_button(&gpio, (uint32_t)button);
	}
}

/* ---- RTC ------------------------------------------------------------------------- */

static struct pv_rtc rtc;

static void on_alarm(uint32_t intid, void *context)
{
	struct event *event = context;

	(void)intid;
	if (pv_rtc_ack_alarm(&rtc)) {
		event->n++;
	} else {
		event->n_stray++;
	}
}

static void test_rtc(void)
{
	static struct event event;

	if (!pv_rtc_open(&rtc)) {
		return;
	}

	uint32_t start = pv_rtc_seconds(&rtc);
	struct pv_rtc_date date = pv_rtc_date_of(start);

	report(start > YEAR_2020, "it is %u-%02u-%02u %02u:%02u:%02u", date.year, date.month,
	       date.day, date.hour, date.minute, date.second);
	report(pv_irq_attach(pv_rtc_interrupt(&rtc), on_alarm, &event), "alarm: INTID %u",
	       pv_rtc_interrupt(&rtc));
	for (uint32_t round = 1; round <= 2; round++) {
		uint32_t at = pv_rtc_seconds(&rtc) + 2;

		pv_rtc_set_alarm(&rtc, at);
		report(event.n == round - 1, "alarm: not before its time");
		await(&event, round, 30 * SECOND_US, "alarm");
		report(pv_rtc_seconds(&rtc) >= at, "alarm: it is that late");
	}
	pv_irq_disable(pv_rtc_interrupt(&rtc));
}

/* ---- Watchdog -------------------------------------------------------------------- */

static struct pv_watchdog watchdog;

static void on_warning(uint32_t intid, void *context)
{
	struct event *event = context;

	(void)intid;
	pv_watchdog_serve(&watchdog);
	if (pv_watchdog_ack_warning(&watchdog)) {
		event->n++;
	} else {
		event->n_stray++;
	}
}

static void test_watchdog(void)
{
	static struct event event;

	if (!pv_watchdog_open(&watchdog)) {
		return;
	}
	report(pv_watchdog_start(&watchdog, 0, 0) == PV_BAD_ARGUMENT &&
		       pv_watchdog_start(&watchdog, PV_WATCHDOG_MAX_MS + 1, 0) == PV_BAD_ARGUMENT &&
		       pv_watchdog_start(&watchdog, 1000, 1000) == PV_BAD_ARGUMENT,
	       "watchdog: times out of range");
	report(pv_irq_attach(pv_watchdog_interrupt(&watchdog), on_warning, &event),
	       "watchdog: INTID %u", pv_watchdog_interrupt(&watchdog));

	uint64_t start = pv_timer_now();

	report(pv_watchdog_start(&watchdog, WATCHDOG_TIMEOUT_MS, WATCHDOG_WARNING_MS) == PV_OK,
	       "watchdog: started");
	await(&event, 1, 60 * SECOND_US, "warning");
	report(pv_ns_from_ticks(pv_timer_now() - start) / 1000000 >=
		       WATCHDOG_TIMEOUT_MS - WATCHDOG_WARNING_MS - PV_WATCHDOG_STEP_MS,
	       "warning: not before its time");
	await(&event, 2, 60 * SECOND_US, "next warning");
	report(pv_watchdog_start(&watchdog, 1000, 0) == PV_BUSY, "watchdog: runs already");
	pv_irq_disable(pv_watchdog_interrupt(&watchdog));
}

/* ---- All ------------------------------------------------------------------------- */

static void test_table(void)
{
	const struct pv_device *first = &pv_devices[0];
	const char *second = first->compatible + strlen(first->compatible) + 1;

	report(pv_n_devices > 0, "%u devices", pv_n_devices);
	for (uint32_t i = 0; i < pv_n_devices; i++) {
		pv_printf("%s, %s, INTID %u\n", pv_devices[i].name, pv_devices[i].compatible,
			  pv_devices[i].interrupts[0]);
	}
	report(pv_device_find(first->compatible, 0) == first, "the first device is found");
	if (*second != '\0') {
		report(pv_device_find(second, 0) == first, "also by its second name");
	}
	report(pv_device_find(first->compatible, pv_n_devices) == NULL, "not so many of them");
	report(pv_device_find("no,such", 0) == NULL && pv_device_find("", 0) == NULL,
	       "what is not there is not found");
}

static void touch(uint64_t address)
{
	struct pv_gpio gpio;
	struct pv_rtc clock;
	struct pv_watchdog dog;

	report(pv_n_devices == 0 && !pv_gpio_open_first(&gpio) && !pv_rtc_open(&clock) &&
		       !pv_watchdog_open(&dog),
	       "no device is mine");
	report(pv_mmu_map(address, 4096, PV_MEMORY_DEVICE) == PV_OK, "map what is not mine");
	report(false, "it is 0x%x", pv_mmio_read32(address));
}

void guest_main(void)
{
	uint64_t address;

	if (read_argument("touch", 16, &address)) {
		touch(address);
		report_done();
	}
	test_table();
	test_gpio();
	test_rtc();
	test_watchdog();
	report_done();
}
