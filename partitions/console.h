/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared console: whose input it is, and both ways to reach it (register
 * calls here, the emulated PL011 in vuart.c).
 *
 * One partition at a time has the focus. What is typed goes to it, and the UART's
 * own physical interrupt is routed to it, so that nobody polls. Ctrl-] moves the
 * focus on, Ctrl-\ lists the partitions. Whoever looks at the UART first takes
 * what is there; when that was not the partition in focus, its interrupt is made
 * pending by hand.
 *
 * Owns     input rings, focus, the UART's receiver and interrupt
 * Locks    console_lock
 * Context  EL2, interrupts masked, any CPU
 */
#pragma once

#include "core/dispatch.h"
#include "core/terminal.h"

void console_init(void);

/* A partition has ended: forget its input and give the focus away. */
void console_leave(const struct partition_config *config);

/* Push out what is left; a CPU comes here while percpu.attention says so. */
void console_attend(struct percpu *cpu);

/* Has this partition the focus, and with it the UART's interrupt? */
bool console_has_interrupt(const struct partition_config *config);

/* A guest wrote GICD_ISENABLER or GICD_ICENABLER: remember what it wants of the console's interrupt. */
void console_note_enable(const struct partition_config *config, uint32_t offset, uint32_t bits);

/* For vuart.c. Bytes taken; -1: no input; is there input; room for output. */
size_t console_put(struct vcpu *vcpu, const char *text, size_t bytes);
int    console_get(struct vcpu *vcpu);
bool   console_has_input(struct vcpu *vcpu);
bool   console_has_room(struct vcpu *vcpu);

/* Make the console's interrupt pending at the partition, if it has the focus. */
void console_raise(struct vcpu *vcpu);

hypercall_handler console_write, console_read;
