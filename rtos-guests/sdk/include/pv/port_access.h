/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that the ports library needs of the machine: order between accesses to a
 * window, the time, and the bell. The library itself is plain C and is tested
 * on the host, where a test supplies the two functions.
 */
#pragma once

#include "abi/status.h"

#include <stdint.h>

/* Every access to a window goes through these: each is done once, and whole. */
static inline uint64_t port_load64(const void *from)
{
	return __atomic_load_n((const uint64_t *)from, __ATOMIC_RELAXED);
}

static inline uint32_t port_load32(const void *from)
{
	return __atomic_load_n((const uint32_t *)from, __ATOMIC_RELAXED);
}

static inline void port_store64(void *to, uint64_t value)
{
	__atomic_store_n((uint64_t *)to, value, __ATOMIC_RELAXED);
}

static inline void port_store32(void *to, uint32_t value)
{
	__atomic_store_n((uint32_t *)to, value, __ATOMIC_RELAXED);
}

/* Later accesses stay behind this load: pairs with the peer's port_store_release(). */
static inline uint64_t port_load_acquire(const void *from)
{
	return __atomic_load_n((const uint64_t *)from, __ATOMIC_ACQUIRE);
}

/* Earlier accesses stay before this store: pairs with the peer's port_load_acquire(). */
static inline void port_store_release(void *to, uint64_t value)
{
	__atomic_store_n((uint64_t *)to, value, __ATOMIC_RELEASE);
}

/* Earlier stores before later stores. */
static inline void port_store_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

/* Earlier loads before later loads. */
static inline void port_load_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/* Everything before everything: my store is out before my next load. */
static inline void port_full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

uint64_t port_now(void);                        /* CNTVCT */
uint64_t port_ticks_from_us(uint64_t us);
enum pv_status port_ring(uint32_t doorbell);    /* PV_DOORBELL */
