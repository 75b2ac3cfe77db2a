/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPU: system registers, barriers, interrupt mask, cores and their start.
 *
 * Cores are numbered 0..n-1 within the partition, as MPIDR_EL1 and the guest's
 * device tree say.
 */
#pragma once

#include "abi/status.h"

#include <stdbool.h>
#include <stdint.h>

#define PV_MAX_CPUS    8
#define PV_STACK_BYTES 8192 /* of each CPU, at start and for interrupts that find it */

#define pv_sysreg_read(name)                                                   \
	({                                                                     \
		uint64_t pv_value_;                                            \
		__asm__ volatile("mrs %0, " #name : "=r"(pv_value_)::"memory"); \
		pv_value_;                                                     \
	})
#define pv_sysreg_write(name, value) \
	__asm__ volatile("msr " #name ", %x0" ::"rZ"((uint64_t)(value)) : "memory")

static inline void pv_isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

static inline void pv_dsb(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

/* Sleep until an interrupt is pending, masked or not. */
static inline void pv_wfi(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

/* Sleep until any core signals pv_sev(), or an interrupt is taken. */
static inline void pv_wfe(void)
{
	__asm__ volatile("wfe" ::: "memory");
}

static inline void pv_sev(void)
{
	__asm__ volatile("dsb ish\n\tsev" ::: "memory");
}

/* ---- Critical sections ---------------------------------------------------- */

/* Mask interrupts on this CPU; hand the result to pv_irq_restore(). Nests. */
static inline uint64_t pv_irq_save(void)
{
	uint64_t mask = pv_sysreg_read(daif);

	__asm__ volatile("msr daifset, #2" ::: "memory");
	return mask;
}

static inline void pv_irq_restore(uint64_t mask)
{
	pv_sysreg_write(daif, mask);
}

static inline void pv_irq_unmask(void)
{
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

static inline void pv_irq_mask(void)
{
	__asm__ volatile("msr daifset, #2" ::: "memory");
}

/* Interrupts are masked: take those that are pending. One that comes later ends the next pv_wfi(). */
static inline void pv_irq_take_pending(void)
{
	pv_irq_unmask();
	pv_isb();
	pv_irq_mask();
}

/* Between CPUs of the partition. Hold it with interrupts masked, and briefly. */
struct pv_lock {
	uint32_t is_taken;
};

static inline uint64_t pv_lock(struct pv_lock *lock)
{
	uint64_t mask = pv_irq_save();

	while (__atomic_exchange_n(&lock->is_taken, 1, __ATOMIC_ACQUIRE) != 0) {
	}
	return mask;
}

static inline void pv_unlock(struct pv_lock *lock, uint64_t mask)
{
	/* Pairs with the acquire of the next pv_lock(): what was done under the lock is seen. */
	__atomic_store_n(&lock->is_taken, 0, __ATOMIC_RELEASE);
	pv_irq_restore(mask);
}

/* ---- Cores ---------------------------------------------------------------- */

/* This CPU's number within the partition. */
static inline uint32_t pv_cpu_number(void)
{
	return (uint32_t)pv_sysreg_read(mpidr_el1) & 0xffu;
}

typedef void pv_cpu_entry(void *context);

/*
 * Start another CPU of the partition (PSCI CPU_ON). It comes up like the first:
 * MMU, caches, vectors and its part of the GIC ready, interrupts masked, on a
 * stack of PV_STACK_BYTES; then it calls entry(context). When entry returns the
 * CPU switches itself off and may be started again.
 *
 * PV_OK, PV_NO_SUCH (no such CPU), PV_BUSY (it is on), PV_NOT_ALLOWED (PSCI
 * refused)
 */
enum pv_status pv_cpu_start(uint32_t cpu, pv_cpu_entry *entry, void *context);
