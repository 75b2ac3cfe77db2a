/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions to hooks, and the crash report when there is none.
 *
 * Owns     the hook table: set by one CPU, read by all.
 * Spec     Arm DDI 0487 "ESR_EL1".
 */
#include "pv/exception.h"

#include "rtos-guests/sdk/internal.h"

#include "pv/console.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/psci.h"

/* Vector slots, as vectors.S counts them. */
#define SLOT_SYNC        4u
#define SLOT_KIND(slot)  ((slot)&3u)
#define SLOT_KIND_SERROR 3u

#define ESR_ISS_WNR (1u << 6)
#define ESR_ISS_FSC 0x3fu

static pv_exception_hook *hooks[PV_N_EXCEPTIONS];

static const char *class_name(uint32_t class)
{
	switch (class) {
	case PV_EC_UNKNOWN:
		return "undefined instruction, or one that is not allowed here";
	case 0x07:
		return "floating point is off";
	case 0x0e:
		return "illegal execution state";
	case PV_EC_SVC64:
		return "SVC nobody waits for";
	case PV_EC_SYSREG:
		return "system register not accessible";
	case 0x20:
	case PV_EC_INST_ABORT:
		return "instruction abort";
	case PV_EC_PC_ALIGN:
		return "misaligned program counter";
	case 0x24:
	case PV_EC_DATA_ABORT:
		return "data abort";
	case PV_EC_SP_ALIGN:
		return "misaligned stack pointer";
	case 0x2f:
		return "SError";
	case 0x3c:
		return "breakpoint instruction";
	default:
		return "exception";
	}
}

static const char *fault_name(uint32_t fault_status)
{
	switch (fault_status & ~3u) {
	case 0x00:
		return "address too large for the map";
	case 0x04:
		return "not mapped";
	case 0x08:
		return "access flag";
	case 0x0c:
		return "not permitted";
	default:
		break;
	}
	switch (fault_status) {
	case 0x10:
		return "external abort";
	case 0x21:
		return "misaligned address";
	default:
		return "see ESR";
	}
}

static bool is_abort(uint32_t class)
{
	return class == 0x20 || class == PV_EC_INST_ABORT || class == 0x24 ||
	       class == PV_EC_DATA_ABORT;
}

void pv_exception_set(enum pv_exception exception, pv_exception_hook *hook)
{
	if ((unsigned)exception < PV_N_EXCEPTIONS) {
		/* Pairs with the acquire in hook_of(): what the hook uses is set up before. */
		__atomic_store_n(&hooks[exception], hook, __ATOMIC_RELEASE);
	}
}

static pv_exception_hook *hook_of(enum pv_exception exception)
{
	return __atomic_load_n(&hooks[exception], __ATOMIC_ACQUIRE);
}

void pv_frame_print(const struct pv_frame *frame)
{
	uint32_t class = pv_frame_class(frame);

	pv_printf("  %s", class_name(class));
	if (is_abort(class)) {
		bool is_write = class >= 0x24 && (frame->esr & ESR_ISS_WNR) != 0;

		pv_printf(": %s 0x%016llx, %s",
			  class < 0x24 ? "execute" : (is_write ? "write" : "read"),
			  (unsigned long long)frame->far,
			  fault_name((uint32_t)frame->esr & ESR_ISS_FSC));
	}
	pv_printf("\n  pc   %016llx  lr   %016llx  sp   %016llx\n", (unsigned long long)frame->elr,
		  (unsigned long long)frame->x[30], (unsigned long long)frame->sp);
	pv_printf("  esr  %016llx  spsr %016llx  far  %016llx\n", (unsigned long long)frame->esr,
		  (unsigned long long)frame->spsr, (unsigned long long)frame->far);
	for (unsigned i = 0; i < 30; i += 3) {
		pv_printf("  x%-3u %016llx  x%-3u %016llx  x%-3u %016llx\n", i,
			  (unsigned long long)frame->x[i], i + 1,
			  (unsigned long long)frame->x[i + 1], i + 2,
			  (unsigned long long)frame->x[i + 2]);
	}
}

void pv_panic(const char *format, ...)
{
	char text[PV_PRINTF_BYTES];
	va_list arguments;

	pv_irq_mask();
	va_start(arguments, format);
	pv_vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	pv_printf("panic on cpu %u: %s\n", pv_this_cpu()->number, text);
	pv_system_off();
}

static _Noreturn void crash(const struct pv_frame *frame, const char *what)
{
	pv_printf("crash on cpu %u: %s\n", pv_this_cpu()->number, what);
	pv_frame_print(frame);
	pv_system_off();
}

struct pv_frame *pv_take_irq(struct pv_frame *frame)
{
	pv_exception_hook *hook = hook_of(PV_EXCEPTION_IRQ);

	return hook != NULL ? hook(frame) : pv_irq_dispatch(frame);
}

struct pv_frame *pv_take_svc(struct pv_frame *frame)
{
	pv_exception_hook *hook = hook_of(PV_EXCEPTION_SVC);
	struct pv_frame *next = hook != NULL ? hook(frame) : NULL;

	if (next == NULL) {
		crash(frame, "no handler for this exception");
	}
	return next;
}

struct pv_frame *pv_take_fault(struct pv_frame *frame, uint64_t slot)
{
	uint64_t depth = pv_this_cpu()->exception_stack - (uintptr_t)frame;
	bool is_serror = SLOT_KIND(slot) == SLOT_KIND_SERROR;
	pv_exception_hook *hook;
	struct pv_frame *next = NULL;

	/* The report itself faults: silence is better than a loop. */
	if (depth > EXCEPTION_STACK_BYTES / 2) {
		pv_system_off();
	}
	if (depth > PV_FRAME_BYTES) {
		crash(frame, "a fault while another was handled");
	}
	if (slot != SLOT_SYNC && !is_serror) {
		crash(frame, "exception by a vector that is not in use");
	}
	hook = hook_of(is_serror ? PV_EXCEPTION_SERROR : PV_EXCEPTION_FAULT);
	if (hook != NULL) {
		next = hook(frame);
	}
	if (next == NULL) {
		crash(frame, is_serror ? "SError" : "no handler for this exception");
	}
	return next;
}
