/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Accesses to memory that another partition writes or reads at the same time:
 * by the kernel's primitives in the kernel, by the compiler's in host tests.
 * The virt_ forms stay barriers in a kernel built for one CPU.
 */
#ifndef PARAVENT_ACCESS_H
#define PARAVENT_ACCESS_H

#ifdef __KERNEL__

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>

#define window_load(p)             READ_ONCE(*(p))
#define window_store(p, value)     WRITE_ONCE(*(p), (value))
#define window_load_acquire(p)     virt_load_acquire(p)
#define window_store_release(p, v) virt_store_release((p), (v))
#define window_barrier()           virt_mb()
#define window_read_barrier()      virt_rmb()
#define window_write_barrier()     virt_wmb()

#else

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define window_load(p)             __atomic_load_n((p), __ATOMIC_RELAXED)
#define window_store(p, value)     __atomic_store_n((p), (value), __ATOMIC_RELAXED)
#define window_load_acquire(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define window_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define window_barrier()           __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define window_read_barrier()      __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define window_write_barrier()     __atomic_thread_fence(__ATOMIC_RELEASE)

#endif

#endif
