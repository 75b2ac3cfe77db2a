/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Console output by hypercall or by PL011, and input.
 *
 * Owns     the input buffer, `is_register_console`.
 * Locks    console_lock, once the MMU is on (exclusives need it).
 * Spec     Arm DDI 0183 (PL011).
 */
#include "pv/console.h"

#include "pv/cpu.h"
#include "pv/hypercall.h"
#include "pv/mmio.h"
#include "pv/platform.h"
#include "pv/timer.h"

#define UART_DR        0x00
#define UART_FR        0x18
#define UART_FR_RXFE   (1u << 4)
#define UART_FR_TXFF   (1u << 5)
#define UART_POLLS_MAX 1000000u

#define SCTLR_EL1_M UINT64_C(1)

/* How long a full console may hold us up before text is dropped. */
#define PATIENCE_US 200000u

static struct pv_lock console_lock;
static bool has_no_register_console;
static char typed[PV_CONSOLE_BYTES];
static size_t n_typed, next_typed;

static bool is_mmu_on(void)
{
	return (pv_sysreg_read(sctlr_el1) & SCTLR_EL1_M) != 0;
}

static uint64_t lock(void)
{
	return is_mmu_on() ? pv_lock(&console_lock) : pv_irq_save();
}

static void unlock(uint64_t mask)
{
	if (is_mmu_on()) {
		pv_unlock(&console_lock, mask);
	} else {
		pv_irq_restore(mask);
	}
}

static uint32_t uart_read(uint32_t offset)
{
	return pv_mmio_read32(pv_platform()->uart + offset);
}

static void uart_put(char c)
{
	for (uint32_t i = 0; i < UART_POLLS_MAX && (uart_read(UART_FR) & UART_FR_TXFF) != 0; i++) {
	}
	pv_mmio_write32(pv_platform()->uart + UART_DR, (unsigned char)c);
}

static bool has_register_console(void)
{
	return pv_platform()->is_paravent && !has_no_register_console;
}

/* Returns how many bytes need no other way out. */
static size_t put_by_call(const char *text, size_t bytes)
{
	uint64_t start = pv_timer_now();
	uint64_t patience = pv_ticks_from_us(PATIENCE_US);
	size_t done = 0;

	while (done < bytes) {
		size_t chunk = bytes - done < PV_CONSOLE_BYTES ? bytes - done : PV_CONSOLE_BYTES;
		size_t taken;
		enum pv_status status = pv_console_write(text + done, chunk, &taken);

		if (status != PV_OK && status != PV_FULL && status != PV_BUSY) {
			has_no_register_console = true;
			return done;
		}
		done += taken;
		if (taken == 0 && pv_timer_now() - start > patience) {
			return bytes;
		}
	}
	return done;
}

void pv_console_put(const char *text, size_t bytes)
{
	uint64_t mask = lock();
	size_t done = has_register_console() ? put_by_call(text, bytes) : 0;

	if (done < bytes && pv_platform()->uart != 0) {
		for (size_t i = done; i < bytes; i++) {
			if (text[i] == '\n') {
				uart_put('\r');
			}
			uart_put(text[i]);
		}
	}
	unlock(mask);
}

static int get_by_call(void)
{
	if (next_typed == n_typed) {
		next_typed = 0;
		if (pv_console_read(typed, sizeof(typed), &n_typed) != PV_OK) {
			n_typed = 0;
		}
	}
	return next_typed < n_typed ? (unsigned char)typed[next_typed++] : -1;
}

int pv_console_get(void)
{
	uint64_t mask = lock();
	int c = -1;

	if (has_register_console()) {
		c = get_by_call();
	} else if (pv_platform()->uart != 0 && (uart_read(UART_FR) & UART_FR_RXFE) == 0) {
		c = (int)(uart_read(UART_DR) & 0xffu);
	}
	unlock(mask);
	return c;
}

int pv_printf(const char *format, ...)
{
	char text[PV_PRINTF_BYTES];
	va_list arguments;

	va_start(arguments, format);
	int length = pv_vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	pv_console_put(text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1);
	return length;
}
