/* SPDX-License-Identifier: Apache-2.0 */
#include "core/panic.h"

#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/uart.h"
#include "core/format.h"
#include "core/trap.h"

#include <stdarg.h>

#define PUT_LIMIT 1000000u

static void say(const char *text)
{
	for (; *text != '\0'; text++) {
		for (uint32_t i = 0; i < PUT_LIMIT && !uart_put(*text); i++) {
			cpu_relax();
		}
	}
}

static _Noreturn void stop_with(const char *line)
{
	say("\r\nparavent| PANIC: ");
	say(line);
	say("\r\n");
	cpu_stop();
}

void panic(const char *text, ...)
{
	char line[200];
	va_list arguments;
	size_t used = format(line, sizeof(line), "CPU %u: ", this_cpu()->cpu_id);

	va_start(arguments, text);
	(void)format_list(&line[used], sizeof(line) - used, text, arguments);
	va_end(arguments);
	stop_with(line);
}

void trap_dead(struct trap_frame *frame, uint64_t vector)
{
	panic("exception in EL2, vector %lu, ESR 0x%lx, ELR 0x%lx, FAR 0x%lx, LR 0x%lx", vector,
	      frame->esr, frame->elr, trap_fault_va(), frame->x[30]);
}
