/* links: rtos-guests/sdk/device.c rtos-guests/drivers/gpio.c rtos-guests/drivers/gpio_pl061.c rtos-guests/drivers/gpio_imx.c rtos-guests/drivers/gpio_bcm2711.c rtos-guests/drivers/rtc_pl031.c rtos-guests/drivers/rtc_date.c rtos-guests/drivers/watchdog_imx.c rtos-guests/apps/monitor/clock.c rtos-guests/sdk/format.c */
/* flags: -Itests/fake/sdk -Irtos-guests/sdk/include -Irtos-guests/drivers/include */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guests' drivers against registers that only remember: who changes which bits,
 * in which order, and under the lock. That real blocks answer as they should is
 * what tests/qemu/guests/devices shows, as far as QEMU has them; it has neither
 * events of BCM2711 pins nor edges at i.MX inputs.
 */
#include "rtos-guests/apps/monitor/clock.h"

#include "pv/cpu.h"
#include "pv/gpio.h"
#include "pv/mmio.h"
#include "pv/rtc.h"
#include "pv/watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define SERIAL  0
#define IMX     1
#define PL061   2
#define BCM2711 3
#define SPACE   0x7000

unsigned int fake_locks_held;

static uint32_t space[SPACE / 4];
static bool may_write_unlocked;
static struct {
	uint64_t address;
	uint32_t value;
} last[4]; /* the latest writes, [0] the last */

static void note(uint64_t address, uint32_t value)
{
	memmove(&last[1], &last[0], sizeof(last) - sizeof(last[0]));
	last[0].address = address;
	last[0].value = value;
}

uint32_t pv_mmio_read32(uint64_t address)
{
	assert_true(address < SPACE && address % 4 == 0);
	return space[address / 4];
}

void pv_mmio_write32(uint64_t address, uint32_t value)
{
	assert_true(address < SPACE && address % 4 == 0);
	assert_true(may_write_unlocked || fake_locks_held == 1);
	note(address, value);
	space[address / 4] = value;
}

uint16_t pv_mmio_read16(uint64_t address)
{
	assert_true(address < SPACE && address % 2 == 0);
	return (uint16_t)(space[address / 4] >> 8 * (address % 4));
}

void pv_mmio_write16(uint64_t address, uint16_t value)
{
	uint32_t shift = 8 * (address % 4);

	assert_true(address < SPACE && address % 2 == 0);
	note(address, value);
	space[address / 4] = (space[address / 4] & ~(0xffffu << shift)) | (uint32_t)value << shift;
}

static uint32_t *at(uint64_t address)
{
	return &space[address / 4];
}

static int begin(void **state)
{
	(void)state;
	memset(space, 0, sizeof(space));
	memset(last, 0, sizeof(last));
	may_write_unlocked = false;
	fake_locks_held = 0;
	return 0;
}

static struct pv_gpio open_gpio(uint32_t device)
{
	struct pv_gpio gpio;

	assert_true(pv_gpio_open(&gpio, &pv_devices[device]));
	return gpio;
}

/* ---- device.c -------------------------------------------------------------------- */

static void devices_are_found(void **state)
{
	(void)state;
	assert_int_equal(pv_n_devices, 6);
	assert_ptr_equal(pv_device_find("fsl,imx8mp-gpio", 0), &pv_devices[IMX]);
	assert_ptr_equal(pv_device_find("fsl,imx35-gpio", 0), &pv_devices[IMX]);
	assert_ptr_equal(pv_device_find("arm,primecell", 0), &pv_devices[SERIAL]);
	assert_ptr_equal(pv_device_find("arm,primecell", 1), &pv_devices[PL061]);
	assert_ptr_equal(pv_device_find("arm,primecell", 2), &pv_devices[4]);
	assert_null(pv_device_find("arm,primecell", 3));
	assert_null(pv_device_find("arm,pl06", 0));
	assert_null(pv_device_find("arm,pl0611", 0));
	assert_null(pv_device_find("", 0));
	assert_int_equal(pv_devices[IMX].interrupts[1], 97);
	assert_int_equal(pv_devices[IMX].interrupts[2], 0);
}

/* ---- gpio.c ---------------------------------------------------------------------- */

static void gpio_is_chosen(void **state)
{
	struct pv_gpio gpio;

	(void)state;
	assert_false(pv_gpio_open(&gpio, NULL));
	assert_false(pv_gpio_open(&gpio, &pv_devices[SERIAL]));
	assert_true(pv_gpio_open_first(&gpio));
	assert_ptr_equal(gpio.device, &pv_devices[IMX]);
	assert_int_equal(pv_gpio_n_pins(&gpio), 32);
}

static void pins_have_their_banks_interrupt(void **state)
{
	static const struct {
		uint32_t device, pin, interrupt;
	} cases[] = {
		{ IMX, 0, 96 }, { IMX, 15, 96 }, { IMX, 16, 97 }, { IMX, 31, 97 }, { IMX, 32, 0 },
		{ PL061, 0, 39 }, { PL061, 7, 39 }, { PL061, 8, 0 },
		{ BCM2711, 27, 145 }, { BCM2711, 28, 146 }, { BCM2711, 45, 146 },
		{ BCM2711, 46, 147 }, { BCM2711, 57, 147 }, { BCM2711, 58, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pv_gpio gpio = open_gpio(cases[i].device);

		assert_int_equal(pv_gpio_interrupt(&gpio, cases[i].pin), cases[i].interrupt);
	}
}

static void bank_without_interrupt_in_the_node(void **state)
{
	static const uint32_t one[] = { 145, 0 };
	struct pv_device device = pv_devices[BCM2711];
	struct pv_gpio gpio;

	(void)state;
	device.interrupts = one;
	assert_true(pv_gpio_open(&gpio, &device));
	assert_int_equal(pv_gpio_interrupt(&gpio, 5), 145);
	assert_int_equal(pv_gpio_interrupt(&gpio, 30), 0);
	assert_int_equal(pv_gpio_interrupt(&gpio, 50), 0);
}

static void pins_beyond_the_block_are_left_alone(void **state)
{
	static const uint32_t devices[] = { IMX, PL061, BCM2711 };

	(void)state;
	memset(space, 0xff, sizeof(space));
	for (size_t i = 0; i < 3; i++) {
		struct pv_gpio gpio = open_gpio(devices[i]);
		uint32_t pin = pv_gpio_n_pins(&gpio);

		pv_gpio_write(&gpio, pin, true);
		pv_gpio_set_output(&gpio, pin, true);
		pv_gpio_interrupt_enable(&gpio, pin, PV_GPIO_BOTH);
		pv_gpio_interrupt_disable(&gpio, pin);
		assert_false(pv_gpio_read(&gpio, pin));
		assert_false(pv_gpio_interrupt_ack(&gpio, UINT32_MAX));
		assert_int_equal(last[0].address, 0);
	}
}

/* ---- PL061 ----------------------------------------------------------------------- */

static void pl061_pins(void **state)
{
	struct pv_gpio gpio = open_gpio(PL061);

	(void)state;
	*at(0x3400) = 0x81;
	pv_gpio_set_output(&gpio, 4, true);
	assert_int_equal(*at(0x3400), 0x91);
	pv_gpio_set_output(&gpio, 0, false);
	assert_int_equal(*at(0x3400), 0x90);
	pv_gpio_write(&gpio, 4, true);
	assert_int_equal(last[0].address, 0x3000 + (0x10 << 2));
	assert_int_equal(last[0].value, 0x10);
	assert_true(pv_gpio_read(&gpio, 4));
	pv_gpio_write(&gpio, 4, false);
	assert_int_equal(last[0].address, 0x3000 + (0x10 << 2));
	assert_false(pv_gpio_read(&gpio, 4));
}

static void pl061_triggers(void **state)
{
	static const struct {
		enum pv_gpio_trigger trigger;
		uint32_t is, ibe, iev;
	} cases[] = {
		{ PV_GPIO_RISING, 0, 0, 4 }, { PV_GPIO_FALLING, 0, 0, 0 }, { PV_GPIO_BOTH, 0, 4, 0 },
		{ PV_GPIO_HIGH, 4, 0, 4 },   { PV_GPIO_LOW, 4, 0, 0 },
	};
	struct pv_gpio gpio = open_gpio(PL061);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		*at(0x3410) = 0x40;
		pv_gpio_interrupt_enable(&gpio, 2, cases[i].trigger);
		assert_int_equal(*at(0x3404), cases[i].is);
		assert_int_equal(*at(0x3408), cases[i].ibe);
		assert_int_equal(*at(0x340c), cases[i].iev);
		assert_int_equal(*at(0x3410), 0x44);
		/* What was seen before is forgotten before it may interrupt. */
		assert_int_equal(last[1].address, 0x341c);
		assert_int_equal(last[1].value, 4);
	}
	pv_gpio_interrupt_disable(&gpio, 2);
	assert_int_equal(*at(0x3410), 0x40);
	may_write_unlocked = true;
	assert_false(pv_gpio_interrupt_ack(&gpio, 2));
	*at(0x3418) = 0x0c;
	assert_true(pv_gpio_interrupt_ack(&gpio, 2));
	assert_int_equal(last[0].address, 0x341c);
	assert_int_equal(last[0].value, 4);
}

/* ---- i.MX ------------------------------------------------------------------------ */

static void imx_pins(void **state)
{
	struct pv_gpio gpio = open_gpio(IMX);

	(void)state;
	*at(0x2000) = 0x80000001;
	pv_gpio_write(&gpio, 20, true);
	assert_int_equal(*at(0x2000), 0x80100001);
	assert_true(pv_gpio_read(&gpio, 20));
	pv_gpio_write(&gpio, 31, false);
	assert_int_equal(*at(0x2000), 0x00100001);
	assert_false(pv_gpio_read(&gpio, 31));
	pv_gpio_set_output(&gpio, 20, true);
	assert_int_equal(*at(0x2004), 0x00100000);
}

static void imx_triggers(void **state)
{
	static const struct {
		enum pv_gpio_trigger trigger;
		uint32_t icr, edge_sel;
	} cases[] = {
		{ PV_GPIO_LOW, 0, 0 },     { PV_GPIO_HIGH, 1, 0 }, { PV_GPIO_RISING, 2, 0 },
		{ PV_GPIO_FALLING, 3, 0 }, { PV_GPIO_BOTH, 3, 1 },
	};
	struct pv_gpio gpio = open_gpio(IMX);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		*at(0x200c) = 0xffffffff;
		*at(0x2010) = 0xffffffff;
		*at(0x2014) = 0x1;
		pv_gpio_interrupt_enable(&gpio, 20, cases[i].trigger);
		assert_int_equal(*at(0x200c), 0xffffffff);
		assert_int_equal(*at(0x2010), 0xfffffcff | cases[i].icr << 8);
		assert_int_equal(*at(0x201c), cases[i].edge_sel << 20);
		assert_int_equal(*at(0x2014), 0x00100001);
		assert_int_equal(last[1].address, 0x2018);
		assert_int_equal(last[1].value, 0x00100000);
	}
	pv_gpio_interrupt_enable(&gpio, 3, PV_GPIO_LOW);
	assert_int_equal(*at(0x200c), 0xffffff3f);
	pv_gpio_interrupt_disable(&gpio, 20);
	assert_int_equal(*at(0x2014), 0x9);

	/* Seen, but not asked for: not an interrupt of this pin. */
	may_write_unlocked = true;
	*at(0x2018) = 0x00100008;
	assert_false(pv_gpio_interrupt_ack(&gpio, 20));
	assert_true(pv_gpio_interrupt_ack(&gpio, 3));
	assert_int_equal(last[0].address, 0x2018);
	assert_int_equal(last[0].value, 8);
}

/* ---- BCM2711 --------------------------------------------------------------------- */

static void bcm2711_pins(void **state)
{
	struct pv_gpio gpio = open_gpio(BCM2711);

	(void)state;
	*at(0x4004) = 0x3fffffff;
	pv_gpio_set_output(&gpio, 17, true);
	assert_int_equal(*at(0x4004), 0x3f3fffff);
	pv_gpio_set_output(&gpio, 17, false);
	assert_int_equal(*at(0x4004), 0x3f1fffff);
	*at(0x4010) = 0;
	pv_gpio_set_output(&gpio, 40, true);
	assert_int_equal(*at(0x4010), 1);
	pv_gpio_write(&gpio, 17, true);
	assert_int_equal(last[0].address, 0x401c);
	assert_int_equal(last[0].value, 1u << 17);
	pv_gpio_write(&gpio, 40, false);
	assert_int_equal(last[0].address, 0x402c);
	assert_int_equal(last[0].value, 1u << 8);
	*at(0x4038) = 1u << 8;
	assert_true(pv_gpio_read(&gpio, 40));
	assert_false(pv_gpio_read(&gpio, 8));
}

static void bcm2711_triggers(void **state)
{
	static const struct {
		enum pv_gpio_trigger trigger;
		bool rising, falling, high, low;
	} cases[] = {
		{ PV_GPIO_RISING, true, false, false, false }, { PV_GPIO_FALLING, false, true, false, false },
		{ PV_GPIO_BOTH, true, true, false, false },    { PV_GPIO_HIGH, false, false, true, false },
		{ PV_GPIO_LOW, false, false, false, true },
	};
	struct pv_gpio gpio = open_gpio(BCM2711);
	uint32_t bit = 1u << (33 - 32);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		*at(0x4050) = 0x80000000;
		pv_gpio_interrupt_enable(&gpio, 33, cases[i].trigger);
		assert_int_equal(*at(0x4050), 0x80000000 | (cases[i].rising ? bit : 0));
		assert_int_equal(*at(0x405c), cases[i].falling ? bit : 0);
		assert_int_equal(*at(0x4068), cases[i].high ? bit : 0);
		assert_int_equal(*at(0x4074), cases[i].low ? bit : 0);
		assert_int_equal(*at(0x4044), bit);
	}
	pv_gpio_interrupt_disable(&gpio, 33);
	assert_int_equal(*at(0x4074), 0);
	may_write_unlocked = true;
	*at(0x4044) = 0;
	*at(0x4040) = bit;
	assert_false(pv_gpio_interrupt_ack(&gpio, 33));
	assert_true(pv_gpio_interrupt_ack(&gpio, 1));
	assert_int_equal(last[0].address, 0x4040);
}

/* ---- RTC ------------------------------------------------------------------------- */

static void rtc_alarm_is_masked_while_it_is_set(void **state)
{
	struct pv_rtc rtc;

	(void)state;
	may_write_unlocked = true;
	*at(0x5010) = 1;
	assert_true(pv_rtc_open(&rtc));
	assert_int_equal(*at(0x5010), 0);
	assert_int_equal(*at(0x500c), 1);
	*at(0x5000) = 1234;
	assert_int_equal(pv_rtc_seconds(&rtc), 1234);
	pv_rtc_set_alarm(&rtc, 1240);
	assert_int_equal(*at(0x5004), 1240);
	assert_int_equal(*at(0x5010), 1);
	assert_int_equal(last[1].address, 0x501c); /* an old match is gone before it may interrupt */
	assert_int_equal(last[3].address, 0x5010);
	assert_int_equal(last[3].value, 0);
	assert_false(pv_rtc_ack_alarm(&rtc));
	*at(0x5018) = 1;
	assert_true(pv_rtc_ack_alarm(&rtc));
	assert_int_equal(*at(0x5010), 0);
	assert_int_equal(last[0].address, 0x501c);
}

static void assert_date(uint32_t seconds)
{
	time_t host = (time_t)seconds;
	struct tm want = *gmtime(&host);
	struct pv_rtc_date date = pv_rtc_date_of(seconds);

	assert_int_equal(date.year, want.tm_year + 1900);
	assert_int_equal(date.month, want.tm_mon + 1);
	assert_int_equal(date.day, want.tm_mday);
	assert_int_equal(date.hour, want.tm_hour);
	assert_int_equal(date.minute, want.tm_min);
	assert_int_equal(date.second, want.tm_sec);
}

static void dates_are_those_of_the_host(void **state)
{
	(void)state;
	/* Both ends of every day that 32 bits can count. */
	for (uint64_t day = 0; day < UINT64_C(0x100000000); day += 86400) {
		assert_date((uint32_t)day);
		assert_date((uint32_t)(day - 1));
	}
	assert_date(UINT32_MAX);
	assert_date(1764107823);
}

static void monitor_stamps_with_the_clock_it_has(void **state)
{
	char text[CLOCK_STAMP_BYTES] = "?";

	(void)state;
	assert_string_equal(clock_stamp(text), "");
	may_write_unlocked = true;
	clock_open();
	*at(0x5000) = 951782405; /* 2000, a leap year */
	assert_string_equal(clock_stamp(text), "2000-02-29 00:00:05 UTC, ");
	assert_ptr_equal(clock_stamp(text), text);
}

/* ---- Watchdog -------------------------------------------------------------------- */

static void watchdog_refuses_times_without_a_write(void **state)
{
	static const struct {
		uint32_t timeout_ms, warning_ms;
	} cases[] = {
		{ 0, 0 }, { 499, 0 }, { 127501, 0 }, { UINT32_MAX, 0 }, { 1000, 1000 }, { 1000, 501 },
		{ 1000, UINT32_MAX },
	};
	struct pv_watchdog watchdog;

	(void)state;
	assert_true(pv_watchdog_open(&watchdog));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(pv_watchdog_start(&watchdog, cases[i].timeout_ms,
						   cases[i].warning_ms),
				 PV_BAD_ARGUMENT);
	}
	assert_int_equal(last[0].address, 0);
}

static void watchdog_starts_once(void **state)
{
	struct pv_watchdog watchdog;

	(void)state;
	assert_true(pv_watchdog_open(&watchdog));
	assert_int_equal(pv_watchdog_start(&watchdog, 2001, 1000), PV_OK);
	assert_int_equal(pv_mmio_read16(0x6000), 4u << 8 | 0x34); /* 5 half seconds */
	assert_int_equal(pv_mmio_read16(0x6006), 0xc002);
	assert_int_equal(pv_mmio_read16(0x6008), 0);
	assert_int_equal(last[1].value, 0x5555);
	assert_int_equal(last[0].value, 0xaaaa);
	assert_int_equal(last[0].address, 0x6002);
	assert_int_equal(pv_watchdog_start(&watchdog, 1000, 0), PV_BUSY);
	assert_int_equal(pv_mmio_read16(0x6000), 4u << 8 | 0x34);
	assert_int_equal(last[1].value, 0x5555);
	assert_int_equal(last[0].value, 0xaaaa);
}

static void watchdog_warning_is_taken_back(void **state)
{
	struct pv_watchdog watchdog;

	(void)state;
	assert_true(pv_watchdog_open(&watchdog));
	pv_mmio_write16(0x6006, 0x8002);
	assert_false(pv_watchdog_ack_warning(&watchdog));
	pv_mmio_write16(0x6006, 0xc002);
	assert_true(pv_watchdog_ack_warning(&watchdog));
	assert_int_equal(last[0].address, 0x6006);
	assert_int_equal(last[0].value, 0xc002);
	assert_int_equal(pv_watchdog_interrupt(&watchdog), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(devices_are_found, begin),
		cmocka_unit_test_setup(gpio_is_chosen, begin),
		cmocka_unit_test_setup(pins_have_their_banks_interrupt, begin),
		cmocka_unit_test_setup(bank_without_interrupt_in_the_node, begin),
		cmocka_unit_test_setup(pins_beyond_the_block_are_left_alone, begin),
		cmocka_unit_test_setup(pl061_pins, begin),
		cmocka_unit_test_setup(pl061_triggers, begin),
		cmocka_unit_test_setup(imx_pins, begin),
		cmocka_unit_test_setup(imx_triggers, begin),
		cmocka_unit_test_setup(bcm2711_pins, begin),
		cmocka_unit_test_setup(bcm2711_triggers, begin),
		cmocka_unit_test_setup(rtc_alarm_is_masked_while_it_is_set, begin),
		cmocka_unit_test_setup(dates_are_those_of_the_host, begin),
		cmocka_unit_test_setup(monitor_stamps_with_the_clock_it_has, begin),
		cmocka_unit_test_setup(watchdog_refuses_times_without_a_write, begin),
		cmocka_unit_test_setup(watchdog_starts_once, begin),
		cmocka_unit_test_setup(watchdog_warning_is_taken_back, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
