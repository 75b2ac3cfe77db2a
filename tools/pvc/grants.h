/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the DTS gives to whom, for `pvc verify`: computed from the model alone, without mmu.c, so
 * that a mistake there does not hide itself. Then the comparison with what tables really reach.
 */
#pragma once

#include "tools/pvc/mmu.h"
#include "tools/pvc/seal.h"
#include "tools/pvc/walk.h"

/* One piece that somebody may reach, and must. */
struct grant {
	uint64_t    input, output, bytes;
	unsigned    rights; /* MMU_* */
	const char *what;   /* "memory of linux" */
};

struct grants {
	struct grant *all; /* sorted by input; pieces do not overlap */
	size_t        n;
};

struct grants grants_of_partition(const struct system *system, const struct partition *partition);

/* @loading  also all partition memory and windows */
struct grants grants_of_el2(const struct system *system, const struct el2_pages *pages,
			    bool loading);

/*
 * Reports every difference: reached and not granted, granted and not reached, reached elsewhere,
 * other rights.
 * @name  "partition linux"
 */
void grants_compare(const struct system *system, const struct grants *grants,
		    const struct mmu_mappings *reached, const char *name, walk_report report,
		    void *context);

/* Who or what is at a physical address: "memory of linux", "serial@9000000 of paravent". */
const char *grants_describe(const struct system *system, uint64_t address);
