/* links: arch/arm64/uart.c arch/arm64/uart_pl011.c arch/arm64/uart_bcm_mini.c arch/arm64/uart_imx.c
   arch/arm64/uart_cadence.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* The console drivers on registers of plain memory. */
#include "arch/uart.h"

#include "arch/arm64/uart_driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct system_config table __asm__("system_config");

static uint32_t registers[0x100 / 4];

/* What each kind shows when it is full or empty, and where its characters go and come from. */
static const struct {
	enum uart_kind kind;
	uint32_t status, full, room, empty, received, out, in;
} uarts[] = {
	{ UART_PL011, 0x18, 1 << 5, 0, 1 << 4, 0, 0x00, 0x00 },
	{ UART_BCM_MINI, 0x14, 0, 0x20, 0, 0x01, 0x00, 0x00 },
	{ UART_IMX, 0xb4, 1 << 4, 0, 1 << 5, 0, 0x40, 0x00 },
	{ UART_CADENCE, 0x2c, 1 << 4, 0, 1 << 1, 0, 0x30, 0x30 },
};

static void begin(enum uart_kind kind)
{
	memset(registers, 0, sizeof(registers));
	table.console.kind = kind;
	table.console.base = PA((uint64_t)(uintptr_t)registers);
}

static void each_sends_when_there_is_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uarts); i++) {
		begin(uarts[i].kind);
		registers[uarts[i].status / 4] = uarts[i].room;
		assert_true(uart_put('A'));
		assert_int_equal(registers[uarts[i].out / 4], 'A');
		registers[uarts[i].status / 4] = uarts[i].full;
		assert_false(uart_put('B'));
		assert_int_equal(registers[uarts[i].out / 4], 'A');
	}
}

static void a_uart_that_takes_nothing_is_given_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uarts); i++) {
		begin(uarts[i].kind);
		registers[uarts[i].status / 4] = uarts[i].full;
		uart_write("never"); /* returns */
		assert_int_equal(registers[uarts[i].out / 4], 0);
		registers[uarts[i].status / 4] = uarts[i].room;
		uart_write("xyz");
		assert_int_equal(registers[uarts[i].out / 4], 'z');
	}
}

static void each_receives(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uarts); i++) {
		begin(uarts[i].kind);
		registers[uarts[i].status / 4] = uarts[i].empty;
		assert_int_equal(uart_get(), -1);
		registers[uarts[i].status / 4] = uarts[i].received;
		registers[uarts[i].in / 4] = 0xff41 & (uarts[i].kind == UART_IMX ? 0x41 : 0xff41);
		assert_int_equal(uart_get(), 0x41);
	}
}

static void the_cadence_interrupt_is_cleared_and_switched(void **state)
{
	(void)state;
	begin(UART_CADENCE);
	uart_init();
	assert_int_equal(registers[0x00 / 4], 0x14);  /* both directions on */
	assert_int_equal(registers[0x0c / 4], 0x1fff); /* all interrupts off */
	assert_int_equal(registers[0x20 / 4], 1);      /* from one character on */
	uart_receive_interrupt(true);
	assert_int_equal(registers[0x08 / 4], 1);
	registers[0x0c / 4] = 0;
	uart_receive_interrupt(false);
	assert_int_equal(registers[0x0c / 4], 1);
	registers[0x2c / 4] = 1 << 1;
	assert_int_equal(uart_get(), -1);
	assert_int_equal(registers[0x14 / 4], 1); /* the latched one, also when nothing came */
}

static void without_a_console_all_goes_nowhere(void **state)
{
	(void)state;
	begin(UART_NONE);
	uart_init();
	assert_true(uart_put('x'));
	uart_write("text");
	uart_receive_interrupt(true);
	assert_int_equal(uart_get(), -1);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		assert_int_equal(registers[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sends_when_there_is_room),
		cmocka_unit_test(a_uart_that_takes_nothing_is_given_up),
		cmocka_unit_test(each_receives),
		cmocka_unit_test(the_cadence_interrupt_is_cleared_and_switched),
		cmocka_unit_test(without_a_console_all_goes_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
