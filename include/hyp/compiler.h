/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler is told beyond C11: lock discipline (clang -Wthread-safety) and results. */
#pragma once

#if defined(__clang__)
#define LOCKABLE(name)   __attribute__((capability(name)))
#define NEEDS_LOCK(l)    __attribute__((requires_capability(l)))
#define TAKES_LOCK(l)    __attribute__((acquire_capability(l)))
#define DROPS_LOCK(l)    __attribute__((release_capability(l)))
#define EXCLUDES_LOCK(l) __attribute__((locks_excluded(l)))
#define IS_A_LOCK        __attribute__((no_thread_safety_analysis)) /* the lock's own code */
#else
#define LOCKABLE(name)
#define NEEDS_LOCK(l)
#define TAKES_LOCK(l)
#define DROPS_LOCK(l)
#define EXCLUDES_LOCK(l)
#define IS_A_LOCK
#endif

#define MUST_USE       __attribute__((warn_unused_result))
#define PRINTF(f, a)   __attribute__((format(printf, f, a)))
#define SECTION(name)  __attribute__((section(name)))
#define ALIGNED(bytes) __attribute__((aligned(bytes)))
