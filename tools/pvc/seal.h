/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages of the linked hypervisor and the rights that its sections ask for; shared by
 * seal and verify.
 */
#pragma once

#include "tools/pvc/elf.h"
#include "tools/pvc/mmu.h"

struct el2_pages {
	uint64_t base;                       /* start of EL2's image */
	uint64_t end;                        /* of everything linked, staged images as well */
	const struct elf_section *section[MMU_ENTRIES]; /* first in this page; NULL: unused page */
	unsigned rights[MMU_ENTRIES];        /* MMU_* */
};

/*
 * Sorts the sections of a linked hypervisor into pages. False: its layout breaks a rule; every
 * breach is reported under `rule` ("seal" or "verify") at the file `path`.
 */
bool el2_pages_find(const struct elf *elf, const char *path, const char *rule,
		    struct el2_pages *pages);

/* The descriptor that one page of EL2's image gets: 0 when it is unused. */
uint64_t el2_page_descriptor(const struct el2_pages *pages, size_t index);
