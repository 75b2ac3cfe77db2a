/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"

#include "arch/barrier.h"
#include "arch/uart.h"
#include "core/format.h"
#include "core/terminal.h"

#define LINE_BYTES  200u
#define FLUSH_LIMIT 100000u /* pumps; a UART that takes nothing must not hold us for ever */

static bool is_boot_over;
static uint32_t n_lost;

void log_end_boot(void)
{
	is_boot_over = true;
}

static void flush(void) NEEDS_LOCK(console_lock)
{
	for (uint32_t i = 0; i < FLUSH_LIMIT && !terminal_pump(); i++) {
		cpu_relax();
	}
}

bool log_pump(void)
{
	bool is_done;

	spinlock_take(&console_lock);
	is_done = terminal_pump();
	spinlock_drop(&console_lock);
	return is_done;
}

void log_flush(void)
{
	spinlock_take(&console_lock);
	flush();
	spinlock_drop(&console_lock);
}

/* At boot EL2 is alone with the UART, and a line must be out before the next step is tried. */
static void write_now(const char *line)
{
	uart_write("paravent");
	for (uint32_t i = sizeof("paravent") - 1; i < system_config.name_columns; i++) {
		uart_write(" ");
	}
	uart_write("| ");
	uart_write(line);
	uart_write("\r\n");
}

/* false: no room, the line is lost. */
static bool write_line(const char *text, size_t bytes) NEEDS_LOCK(console_lock)
{
	uint32_t source = terminal_own_source();

	if (terminal_room(source) < bytes) {
		return false;
	}
	(void)terminal_write(source, text, bytes);
	return true;
}

void log_line(const char *text, ...)
{
	char line[LINE_BYTES];
	va_list arguments;

	va_start(arguments, text);
	size_t used = format_list(line, sizeof(line) - 1, text, arguments);
	va_end(arguments);
	if (!is_boot_over) {
		write_now(line);
		return;
	}
	line[used++] = '\n';

	spinlock_take(&console_lock);
	if (n_lost != 0) {
		char lost[48];
		size_t bytes = format(lost, sizeof(lost), "(%u lines lost here)\n", n_lost);

		if (write_line(lost, bytes)) {
			n_lost = 0;
		}
	}
	/* Behind a gap that has not been told of there comes nothing. */
	if (n_lost != 0 || !write_line(line, used)) {
		n_lost++;
	}
	(void)terminal_pump();
	spinlock_drop(&console_lock);
}
