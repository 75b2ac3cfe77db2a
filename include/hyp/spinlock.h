/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spin locks. EL2 runs with interrupts masked, so a lock is held for a bounded
 * number of instructions and never by something that waits.
 *
 * Order (take downwards only, never two of one rank; docs/architecture.md "Locks"):
 *   1  partition   struct partition.lock    lifecycle of one partition
 *   2  message     struct message_queue.lock
 *   3  virtio      struct virtual_device.lock
 *   4  report      report_lock              keeps the lines of one report together
 *   5  console     console_lock             rings, focus, the UART
 *   6  gic         gic_lock                 shared 32-bit words of the distributor
 */
#pragma once

#include "hyp/compiler.h"
#include "hyp/types.h"

#include <stdatomic.h>

/* Ticket lock: first come, first served, so no partition can starve another. */
struct LOCKABLE("spinlock") spinlock {
	atomic_uint_least32_t next;
	atomic_uint_least32_t serving;
};

void spinlock_take(struct spinlock *lock) TAKES_LOCK(*lock) IS_A_LOCK;
void spinlock_drop(struct spinlock *lock) DROPS_LOCK(*lock) IS_A_LOCK;
