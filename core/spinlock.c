/* SPDX-License-Identifier: Apache-2.0 */
#include "hyp/spinlock.h"

#include "arch/barrier.h"

void spinlock_take(struct spinlock *lock)
{
	uint32_t mine = atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);

	/* Pairs with the release in spinlock_drop(): what the last holder wrote is seen. */
	while (atomic_load_explicit(&lock->serving, memory_order_acquire) != mine) {
		cpu_relax();
	}
}

void spinlock_drop(struct spinlock *lock)
{
	uint32_t mine = atomic_load_explicit(&lock->serving, memory_order_relaxed);

	atomic_store_explicit(&lock->serving, mine + 1, memory_order_release);
}
