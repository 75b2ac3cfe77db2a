/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the vectors call. A handler leaves `frame` as the guest is to see it.
 *
 * Context  EL2, interrupts masked, on the CPU of the vCPU that trapped
 */
#pragma once

#include "arch/frame.h"

void trap_sync(struct trap_frame *frame, struct percpu *cpu);
void trap_irq(struct trap_frame *frame, struct percpu *cpu);
void trap_serror(struct trap_frame *frame, struct percpu *cpu);
_Noreturn void trap_dead(struct trap_frame *frame, uint64_t vector);
