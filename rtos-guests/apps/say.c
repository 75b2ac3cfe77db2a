/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/say.h"

#include "pv/console.h"
#include "pv/hypercall.h"
#include "pv/platform.h"
#include "rtos/rtos.h"

/* To a UART of the partition's own: what its FIFO takes without waiting. */
#define UART_PIECE_BYTES 16u

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Returns how many bytes need no other way out. */
static size_t put_by_call(const char *text, size_t bytes)
{
	size_t done = 0;
	unsigned int n_full = 0;

	while (done < bytes && n_full < SAY_PATIENCE_MS) {
		size_t taken = 0;
		enum pv_status status = pv_console_write(
			text + done, smaller(bytes - done, PV_CONSOLE_BYTES), &taken);

		if (status != PV_OK && status != PV_FULL && status != PV_BUSY) {
			return done;
		}
		done += taken;
		if (taken == 0) {
			n_full++;
			rtos_sleep(rtos_ticks_from_ms(1));
		}
	}
	return bytes;
}

void say(const char *format, ...)
{
	char text[PV_PRINTF_BYTES];
	va_list arguments;

	va_start(arguments, format);
	int length = pv_vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);

	size_t bytes = smaller((size_t)length, sizeof(text) - 1);
	size_t done = pv_platform()->is_paravent ? put_by_call(text, bytes) : 0;

	while (done < bytes) {
		size_t piece = smaller(bytes - done, UART_PIECE_BYTES);

		pv_console_put(text + done, piece);
		done += piece;
	}
}
