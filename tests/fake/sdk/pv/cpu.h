/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of the SDK's pv/cpu.h: locks that a test can look at. */
#pragma once

#include <assert.h>
#include <stdint.h>

struct pv_lock {
	uint32_t is_taken;
};

extern unsigned int fake_locks_held;

static inline uint64_t pv_lock(struct pv_lock *lock)
{
	assert(lock->is_taken == 0);
	lock->is_taken = 1;
	fake_locks_held++;
	return fake_locks_held;
}

static inline void pv_unlock(struct pv_lock *lock, uint64_t mask)
{
	assert(lock->is_taken == 1 && mask == fake_locks_held);
	lock->is_taken = 0;
	fake_locks_held--;
}
