/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vGIC: a filter, not a model. Each access to the distributor or a
 * redistributor is reduced to the interrupts that the partition owns and then
 * done on the hardware; there is no copy of any pending or active state that
 * could differ from the truth. vCPU numbers are translated to CPUs on the way.
 *
 * What belongs to the whole GIC (enables of groups, identification, power) is
 * answered here. Registers of others' interrupts read as zero and ignore writes.
 *
 * Owns     nothing
 * Locks    gic_lock within arch/irqchip.h, for words shared between partitions
 * Context  EL2, interrupts masked, on the CPU of the vCPU that trapped
 * Spec     Arm IHI 0048, Arm IHI 0069
 */
#pragma once

#include "core/dispatch.h"

mmio_handler vgic_distributor, vgic_redistributors;

/* A CPU takes up its vCPU: what it may answer without us. */
void vgic_bind(struct percpu *cpu);
