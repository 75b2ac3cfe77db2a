/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel on the guest SDK: contexts are exception frames (pv/frame.h) on the
 * stacks of their tasks, the alarm is the virtual timer (CNTV, PPI 27).
 *
 * An interrupt saves the whole task as a frame; the hook lets the SDK call the
 * handlers attached to what is pending and returns the frame of whoever runs
 * next. Handlers use the stack of the task they interrupted.
 *
 * Owns     the SDK's IRQ hook, PPI 27, CNTV.
 * Context  the core that called rtos_init(). Interrupts of other cores of the
 *          partition are dispatched, but never reach the kernel.
 */
#include "rtos/port.h"

#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/irq.h"
#include "pv/timer.h"

/* What an interrupt may still need below its frame: hook, handlers, a switch. */
#define INTERRUPT_BYTES 512

static uint32_t own_cpu;

/* switch_aarch64.S */
void rtos_switch_frames(void **from, const struct pv_frame *to);

/* An interrupt at the brink of the stack: stop while the report can still be trusted. */
static void check_frame(const struct pv_frame *frame)
{
	const struct rtos_task *task = rtos_task_self();

	if (task == NULL) {
		return; /* before rtos_start() */
	}

	uintptr_t bottom = (uintptr_t)task->stack;
	uintptr_t at = (uintptr_t)frame;

	if (at < bottom + INTERRUPT_BYTES || at >= bottom + task->stack_bytes) {
		rtos_port_panic("no room for an interrupt on the stack: give this task more "
				"stack_bytes", task);
	}
}

static struct pv_frame *take_interrupt(struct pv_frame *frame)
{
	if (pv_cpu_number() != own_cpu) {
		return pv_irq_dispatch(frame);
	}
	check_frame(frame);
	rtos_interrupt_enter();
	(void)pv_irq_dispatch(frame);
	return rtos_interrupt_exit(frame);
}

static void take_alarm(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	rtos_alarm();
}

void rtos_port_init(void)
{
	own_cpu = pv_cpu_number();
	pv_timer_stop(PV_TIMER_VIRTUAL);
	pv_exception_set(PV_EXCEPTION_IRQ, take_interrupt);
	if (!pv_irq_attach(PV_TIMER_VIRTUAL_INTID, take_alarm, NULL)) {
		rtos_port_panic("no free interrupt handler for the timer", NULL);
	}
}

uint64_t rtos_port_lock(void)
{
	return pv_irq_save();
}

void rtos_port_unlock(uint64_t state)
{
	pv_irq_restore(state);
}

uint64_t rtos_port_now(void)
{
	return pv_timer_now();
}

uint64_t rtos_port_frequency(void)
{
	return pv_timer_frequency();
}

void rtos_port_alarm_set(uint64_t when)
{
	pv_timer_set(PV_TIMER_VIRTUAL, when);
}

void rtos_port_alarm_stop(void)
{
	pv_timer_stop(PV_TIMER_VIRTUAL);
}

void *rtos_port_context(unsigned char *stack, size_t stack_bytes)
{
	struct pv_frame *frame = (struct pv_frame *)(void *)(stack + stack_bytes) - 1;

	*frame = (struct pv_frame){
		.sp = (uintptr_t)(stack + stack_bytes),
		.elr = (uintptr_t)rtos_task_main,
		.spsr = PV_SPSR_EL1H,
	};
	return frame;
}

void rtos_port_switch(void **from, void *to)
{
	rtos_switch_frames(from, to);
}

void rtos_port_start(void *to)
{
	pv_frame_resume(to);
}

void rtos_port_idle(void)
{
	pv_wfi();
}

void rtos_port_panic(const char *what, const struct rtos_task *task)
{
	if (task == NULL) {
		pv_panic("%s", what);
	}
	pv_panic("task %s: %s", task->name, what);
}
