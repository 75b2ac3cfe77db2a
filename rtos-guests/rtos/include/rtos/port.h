/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel needs of the machine, and what it offers to it.
 *
 * A context is a suspended task: an opaque pointer that the port makes and the
 * kernel keeps. Ports: port_aarch64.c (the guest SDK) and, for tests on the
 * host, tests/fake/rtos_port.c.
 */
#pragma once

#include "rtos/rtos.h"

/* ---- Supplied by the port ----------------------------------------------- */

/* Once, from rtos_init(). */
void rtos_port_init(void);

/* Mask interrupts on this core; the result goes to rtos_port_unlock(). Nests. */
uint64_t rtos_port_lock(void);
void rtos_port_unlock(uint64_t state);

/* A free-running 64-bit counter, and its ticks per second. */
uint64_t rtos_port_now(void);
uint64_t rtos_port_frequency(void);

/* Interrupt when the counter reaches `when`, at once if it has; replaces the alarm before. */
void rtos_port_alarm_set(uint64_t when);
void rtos_port_alarm_stop(void);

/*
 * Make the context of a new task: on its own stack, interrupts unmasked, it
 * calls rtos_task_main(). The stack lies between stack and stack + stack_bytes.
 */
void *rtos_port_context(unsigned char *stack, size_t stack_bytes);

/* From a task, interrupts masked: store own context in *from, go on with `to`. */
void rtos_port_switch(void **from, void *to);

/* Leave the start-up code for the first context. */
_Noreturn void rtos_port_start(void *to);

/* From the idle task, interrupts unmasked: sleep until one has been taken, or just return. */
void rtos_port_idle(void);

/* Report and stop. @task  NULL: none in particular */
_Noreturn void rtos_port_panic(const char *what, const struct rtos_task *task);

/* ---- Supplied by the kernel, called by the port ------------------------- */

/* First code of every task, with interrupts unmasked. */
_Noreturn void rtos_task_main(void);

/* Around every interrupt, with interrupts masked throughout. Interrupts do not nest. */
void rtos_interrupt_enter(void);
/* @context  of the interrupted task. Returns the context to go on with. */
void *rtos_interrupt_exit(void *context);

/* In the alarm's interrupt, between enter and exit. Leaves the alarm set for later, or stopped. */
void rtos_alarm(void);
