/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking translation tables in a linked file as the hardware would.
 *
 * Stricter than the hardware: a bit that pvc never sets is a problem, also where the hardware would
 * ignore it, and an invalid entry must be zero. So no single wrong bit goes unseen.
 *
 * Spec     Arm DDI 0487 D8 "The AArch64 Virtual Memory System Architecture".
 */
#pragma once

#include "tools/pvc/elf.h"
#include "tools/pvc/mmu.h"
#include "tools/pvc/seal.h"

/* Takes one sentence about what is wrong. */
typedef void (*walk_report)(void *context, const char *sentence);

struct walk_space {
	const struct elf       *elf;
	const struct el2_pages *pages;   /* tables must be in its read-only pages */
	enum mmu_regime         regime;
	const char             *name;    /* "partition linux", "EL2 at run time" */
	uint64_t                root;    /* address of the level-1 table */
	unsigned                bits;    /* width of input addresses */
	walk_report             report;
	void                   *context;
};

/* What is reached, in order of input addresses, neighbours joined. `what` is not set. */
struct mmu_mappings walk_tables(const struct walk_space *space);
