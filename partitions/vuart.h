/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An emulated PL011 for partitions without a UART of their own: what every kernel
 * can talk to before it knows anything. One trap a register access; the register
 * console is the fast way.
 *
 * Owns     vuarts[]
 * Locks    through partitions/console.h; a partition's registers have no lock, its
 *          own vCPUs can only confuse themselves
 * Context  EL2, interrupts masked
 * Spec     Arm DDI 0183 "PrimeCell UART (PL011)"
 */
#pragma once

#include "core/dispatch.h"

mmio_handler vuart_access;

/* Raise the interrupt if the guest wants to hear of what is there. */
void vuart_update(struct vcpu *vcpu);

void vuart_reset(uint32_t partition_index);
