/* SPDX-License-Identifier: Apache-2.0 */
#include "core/panic.h"

#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/uart.h"
#include "core/esr.h"
#include "core/format.h"
#include "core/region.h"
#include "core/trap.h"

#include <stdarg.h>

/*
 * An exception may come before the image stands where it was linked: names are
 * arrays, not pointers, which would be link-time addresses.
 */
static const struct {
	uint8_t class;
	char    name[36];
} classes[] = {
	{ 0x00, "unknown instruction" },
	{ 0x07, "FP or SIMD instruction" },
	{ 0x0e, "illegal execution state" },
	{ 0x16, "HVC" },
	{ 0x17, "SMC" },
	{ 0x18, "MSR, MRS or system instruction" },
	{ 0x21, "instruction abort" },
	{ 0x22, "misaligned PC" },
	{ 0x25, "data abort" },
	{ 0x26, "misaligned SP" },
	{ 0x2f, "SError, asynchronous external abort" },
	{ 0x3c, "BRK" },
};

/* By fault status code, four levels each; two that are not so are looked at before. */
static const char fault_types[][16] = {
	"address size", "translation", "access flag", "permission", "external abort",
	"external abort", /* on a table walk */
};

#define FSC_ALIGNMENT 0x21u

static const char *name_class(uint64_t class)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		if (classes[i].class == class) {
			return classes[i].name;
		}
	}
	return "exception of an unknown class";
}

static const char *name_fault(uint64_t esr)
{
	uint64_t type = field_get(ESR_FSC_TYPE, esr);

	if (field_get(ESR_FSC, esr) == FSC_ALIGNMENT) {
		return "alignment";
	}
	return type < ARRAY_SIZE(fault_types) ? fault_types[type] : "other";
}

static _Noreturn void stop_with(const char *line)
{
	uart_write("\r\nparavent| PANIC: ");
	uart_write(line);
	uart_write("\r\n");
	cpu_stop();
}

void panic(const char *text, ...)
{
	char line[320];
	va_list arguments;
	const struct percpu *cpu = this_cpu(); /* none yet: still starting */
	size_t used = cpu == NULL ? format(line, sizeof(line), "starting: ")
				  : format(line, sizeof(line), "CPU %u: ", cpu->cpu_id);

	va_start(arguments, text);
	(void)format_list(&line[used], sizeof(line) - used, text, arguments);
	va_end(arguments);
	stop_with(line);
}

void trap_dead(struct trap_frame *frame, uint64_t vector)
{
	char what[120];
	uint64_t class = field_get(ESR_EC, frame->esr);
	uint64_t va = trap_fault_va();
	const struct region_config *region = this_cpu() == NULL ? NULL : region_find(PA(va));
	size_t used = format(what, sizeof(what), "%s", name_class(class));

	if (class == ESR_EC_DATA_EL2 || class == ESR_EC_INSTRUCTION_EL2) {
		(void)format(&what[used], sizeof(what) - used, ", %s, at 0x%lx%s%s%s",
			     name_fault(frame->esr), va, region == NULL ? "" : " (",
			     region == NULL ? "" : region->name, region == NULL ? "" : ")");
	}
	panic("exception in EL2: %s; vector %lu, ESR 0x%lx, ELR 0x%lx, FAR 0x%lx, LR 0x%lx", what,
	      vector, frame->esr, frame->elr, va, frame->x[30]);
}
