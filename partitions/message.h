/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register messages: four words carried by EL2 itself, with the sender's
 * identity, which no guest can forge. For alarms and commands; bulk belongs in
 * a port with a window.
 *
 * Owns     message_queues[], ends[]
 * Locks    struct message_queue.lock
 * Context  EL2, interrupts masked
 */
#pragma once

#include "core/dispatch.h"

void message_init(void);

/* A CPU takes up its vCPU: what arch/arm64/fast.S may answer without us. */
void message_bind(struct percpu *cpu);

/*
 * A partition starts anew: queues keep what was sent to it meanwhile, and their
 * interrupts, which its end has cleared, become pending again.
 */
void message_announce(const struct partition_config *config);

hypercall_handler message_send, message_receive;
