/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/walk.h"

#include "tools/pvc/util.h"

#include <inttypes.h>
#include <string.h>

/* Bounds the work on a damaged file whose tables point to each other. */
#define TABLES_MAX 4096

/* Every bit that a leaf of ours may have set, address aside. */
#define STAGE2_BITS \
	(DESC_TYPE | S2_MEMATTR | S2_S2AP | DESC_SH | DESC_AF | DESC_CONTIGUOUS | DESC_XN)
#define EL2_BITS \
	(DESC_TYPE | EL2_ATTRINDX | EL2_AP_RES1 | EL2_AP_READ_ONLY | DESC_SH | DESC_AF | \
	 DESC_CONTIGUOUS | DESC_XN)

struct walk {
	const struct walk_space *space;
	struct mmu_mappings      reached;
	size_t                   room;
	size_t                   n_tables;
};

static void problem(const struct walk *walk, uint64_t input, const char *text)
{
	walk->space->report(walk->space->context,
			    xasprintf("%s, table entry for 0x%" PRIx64 ": %s", walk->space->name,
				      input, text));
}

static void add_reach(struct walk *walk, struct mmu_mapping next)
{
	struct mmu_mappings *reached = &walk->reached;
	struct mmu_mapping *last = reached->n > 0 ? &reached->all[reached->n - 1] : NULL;

	if (last != NULL && last->input + last->bytes == next.input &&
	    last->output + last->bytes == next.output && last->rights == next.rights) {
		last->bytes += next.bytes;
		return;
	}
	if (reached->n == walk->room) {
		walk->room = 2 * walk->room + 16;
		reached->all = xgrow(reached->all, reached->n, walk->room, sizeof(*reached->all));
	}
	reached->all[reached->n++] = next;
}

/* Rights of a stage-2 leaf; what is wrong with it otherwise. */
static const char *stage2_rights(uint64_t leaf, unsigned *rights)
{
	uint64_t memory = field_get(S2_MEMATTR, leaf);
	uint64_t access = field_get(S2_S2AP, leaf);
	bool device = memory == S2_MEMATTR_DEVICE;

	if (!device && memory != S2_MEMATTR_NORMAL) {
		return "its memory type is neither Normal write-back nor Device-nGnRE";
	}
	if (access != S2_S2AP_READ && access != S2_S2AP_READ_WRITE) {
		return "its access rights are neither read-only nor read-write";
	}
	if (field_get(DESC_SH, leaf) != (device ? 0 : DESC_SH_INNER)) {
		return "its shareability does not fit its memory type";
	}
	*rights = (device ? MMU_DEVICE : 0) | (access == S2_S2AP_READ_WRITE ? MMU_WRITE : 0) |
		  ((leaf & DESC_XN) == 0 ? MMU_EXECUTE : 0);
	return NULL;
}

static const char *el2_rights(uint64_t leaf, unsigned *rights)
{
	uint64_t memory = field_get(EL2_ATTRINDX, leaf);
	bool device = memory == EL2_ATTRINDX_DEVICE;

	if (!device && memory != EL2_ATTRINDX_NORMAL) {
		return "its memory type is neither Normal write-back nor Device-nGnRE";
	}
	if ((leaf & EL2_AP_RES1) == 0) {
		return "AP[1] is 0, which must be 1 at EL2";
	}
	if (field_get(DESC_SH, leaf) != (device ? 0 : DESC_SH_INNER)) {
		return "its shareability does not fit its memory type";
	}
	*rights = (device ? MMU_DEVICE : 0) | ((leaf & EL2_AP_READ_ONLY) == 0 ? MMU_WRITE : 0) |
		  ((leaf & DESC_XN) == 0 ? MMU_EXECUTE : 0);
	return NULL;
}

static void take_leaf(struct walk *walk, unsigned level, uint64_t input, uint64_t leaf)
{
	const bool stage2 = walk->space->regime == MMU_STAGE2;
	const uint64_t step = mmu_entry_bytes(level);
	const uint64_t address = DESC_ADDRESS & ~(step - 1);
	unsigned rights = 0;
	const char *wrong = stage2 ? stage2_rights(leaf, &rights) : el2_rights(leaf, &rights);

	if (wrong == NULL && (leaf & DESC_AF) == 0) {
		wrong = "its access flag is clear, so that any use faults";
	}
	if (wrong == NULL && (leaf & ~(address | (stage2 ? STAGE2_BITS : EL2_BITS))) != 0) {
		wrong = xasprintf("bits 0x%" PRIx64 " are set, which pvc never sets",
				  leaf & ~(address | (stage2 ? STAGE2_BITS : EL2_BITS)));
	}
	if (wrong != NULL) {
		problem(walk, input, wrong);
	}
	/* Also when something is wrong: what it reaches counts. */
	add_reach(walk, (struct mmu_mapping){ .input = input, .output = leaf & address,
					      .bytes = step, .rights = rights });
}

/* The bit promises that 16 entries are one range: a TLB may then use any of them for all. */
static void check_contiguous(const struct walk *walk, unsigned level, uint64_t input,
			     const uint64_t *entries)
{
	const uint64_t step = mmu_entry_bytes(level);
	bool marked = false;

	for (size_t i = 0; i < DESC_CONTIGUOUS_N; i++) {
		marked = marked || ((entries[i] & DESC_CONTIGUOUS) != 0 &&
				    field_get(DESC_TYPE, entries[i]) ==
					    (level == 3 ? DESC_TYPE_PAGE : DESC_TYPE_BLOCK));
	}
	if (!marked) {
		return;
	}
	if ((entries[0] & DESC_ADDRESS) % (DESC_CONTIGUOUS_N * step) != 0) {
		problem(walk, input, "its group of 16 has the contiguous bit and is not aligned");
		return;
	}
	for (size_t i = 0; i < DESC_CONTIGUOUS_N; i++) {
		if ((entries[i] & DESC_CONTIGUOUS) == 0 || entries[i] != entries[0] + i * step) {
			problem(walk, input + i * step,
				"does not continue its group of 16, which has the contiguous bit");
		}
	}
}

/* Tables below the root must be where EL2 itself cannot write. */
static bool is_table_place(const struct walk *walk, uint64_t address)
{
	const struct el2_pages *pages = walk->space->pages;
	uint64_t index = (address - pages->base) / MMU_PAGE;

	return address >= pages->base && index < MMU_ENTRIES && pages->section[index] != NULL &&
	       pages->rights[index] == 0;
}

static void walk_table(struct walk *walk, unsigned level, uint64_t base, uint64_t address,
		       size_t n_entries);

static void take_entry(struct walk *walk, unsigned level, uint64_t input, uint64_t entry)
{
	const uint64_t type = field_get(DESC_TYPE, entry);
	const uint64_t next = entry & DESC_ADDRESS;

	if (entry == 0) {
		return;
	}
	if (type == (level == 3 ? DESC_TYPE_PAGE : DESC_TYPE_BLOCK)) {
		if (level == 1 && (entry & DESC_CONTIGUOUS) != 0) {
			problem(walk, input,
				"has the contiguous bit, which pvc never sets at level 1");
		}
		take_leaf(walk, level, input, entry);
	} else if (level < 3 && type == DESC_TYPE_TABLE) {
		if ((entry & ~(DESC_ADDRESS | DESC_TYPE)) != 0) {
			problem(walk, input, "a table descriptor has bits set that pvc never sets");
		}
		if (!is_table_place(walk, next)) {
			problem(walk, input, xasprintf("the next table, 0x%" PRIx64 ", is not in "
						       "EL2's read-only memory", next));
			return;
		}
		walk_table(walk, level + 1, input, next, MMU_ENTRIES);
	} else {
		problem(walk, input, "is invalid for the hardware, and not zero");
	}
}

static void walk_table(struct walk *walk, unsigned level, uint64_t base, uint64_t address,
		       size_t n_entries)
{
	const uint64_t step = mmu_entry_bytes(level);
	uint64_t entries[MMU_ENTRIES];

	if (++walk->n_tables > TABLES_MAX) {
		if (walk->n_tables == TABLES_MAX + 1) {
			problem(walk, base, "the tables go on and on: too many to be ours");
		}
		return;
	}
	if (!elf_read(walk->space->elf, address, entries, n_entries * sizeof(entries[0]))) {
		problem(walk, base, xasprintf("table 0x%" PRIx64 " is not in the file", address));
		return;
	}
	for (size_t i = 0; i < n_entries; i++) {
		if (level > 1 && i % DESC_CONTIGUOUS_N == 0) {
			check_contiguous(walk, level, base + i * step, &entries[i]);
		}
		take_entry(walk, level, base + i * step, entries[i]);
	}
}

struct mmu_mappings walk_tables(const struct walk_space *space)
{
	struct walk walk = { .space = space };

	walk_table(&walk, 1, 0, space->root, mmu_root_entries(space->bits));
	return walk.reached;
}
