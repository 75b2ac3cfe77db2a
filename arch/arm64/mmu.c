/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MMU at run time: which of pvc's tables are in force.
 *
 * Owns     TTBR0_EL2 after boot, the live stage 2 roots
 * Locks    none; mmu_revoke() and mmu_restore() are called with the partition's lock held
 * Context  EL2, interrupts masked
 * Spec     Arm DDI 0487 "The AArch64 Virtual Memory System Architecture"
 */
#include "arch/mmu.h"

#include "arch/arm64/early.h"
#include "arch/arm64/sysreg.h"

static void set_el2_root(const uint64_t *root)
{
	/* Stores through the old tables complete before their translations go. */
	dsb(ish);
	sysreg_write(ttbr0_el2, (uint64_t)root);
	isb();
	tlbi(alle2);
	dsb(nsh);
	isb();
}

void mmu_begin_load(void)
{
	set_el2_root(system_config.el2_load_root);
}

void mmu_end_load(void)
{
	set_el2_root(system_config.el2_root);
}

void *mmu_loadable(pa_t address)
{
	return (void *)address.value;
}

volatile void *mmu_shown_page(pa_t address)
{
	return (volatile void *)address.value;
}

bool mmu_try_store(pa_t address, uint64_t value)
{
	return probe_store(address.value, value) == 0;
}

bool mmu_try_load(pa_t address, uint64_t *value)
{
	return probe_load(address.value, value) == 0;
}

/* Stage 1 and 2 translations of one VMID, on all CPUs: TLBI acts on the current VTTBR_EL2. */
static void invalidate_partition(const struct partition_config *partition)
{
	uint64_t current = sysreg_read(vttbr_el2);

	dsb(ishst); /* the table walkers of all CPUs see the new descriptors first */
	sysreg_write(vttbr_el2, partition->vttbr);
	isb();
	tlbi(vmalls12e1is);
	dsb(ish);
	sysreg_write(vttbr_el2, current);
	isb();
}

void mmu_revoke(const struct partition_config *partition)
{
	for (uint32_t i = 0; i < partition->n_stage2_root; i++) {
		((volatile uint64_t *)partition->stage2_root)[i] = 0;
	}
	invalidate_partition(partition);
}

void mmu_restore(const struct partition_config *partition)
{
	for (uint32_t i = 0; i < partition->n_stage2_root; i++) {
		((volatile uint64_t *)partition->stage2_root)[i] =
			partition->stage2_root_template[i];
	}
	invalidate_partition(partition);
}

void cache_clean_invalidate(const void *start, uint64_t bytes)
{
	uint64_t line = UINT64_C(4) << field_get(CTR_EL0_DMINLINE, sysreg_read(ctr_el0));
	uint64_t end = (uint64_t)start + bytes;

	for (uint64_t at = (uint64_t)start & ~(line - 1); at < end; at += line) {
		__asm__ volatile("dc civac, %0" : : "r"(at) : "memory");
	}
	dsb(sy);
}

void cache_invalidate_instructions(void)
{
	__asm__ volatile("ic ialluis" : : : "memory");
	dsb(ish);
	isb();
}
