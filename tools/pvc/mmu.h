/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation tables, built at compile time: stage 2 of every partition, and EL2's own stage 1.
 *
 * mmu_build() turns a system into a small tree of tables. 1 GiB and 2 MiB blocks and the
 * contiguous bit are used wherever alignment allows. Tables below the roots are read-only, so that
 * equal ones are shared: by EL2's two address spaces (the run-time one, and the one for loading,
 * which also reaches all partition memory), and by partitions that see the same (GICv2's GICC).
 *
 * Owns     nothing; all results live in util.h's arena.
 * Spec     Arm DDI 0487 D8 "The AArch64 Virtual Memory System Architecture": 4 KiB granule, walks
 *          start at level 1.
 */
#pragma once

#include "hyp/bits.h"
#include "tools/pvc/model.h"

/* Arm DDI 0487 D8.3 "Translation table descriptor formats", 4 KiB granule. */
#define DESC_TYPE          FIELD(1, 0)
#define DESC_TYPE_BLOCK    1
#define DESC_TYPE_TABLE    3 /* levels 1 and 2 */
#define DESC_TYPE_PAGE     3 /* level 3 */
#define DESC_ADDRESS       FIELD(47, 12)
#define DESC_SH            FIELD(9, 8)
#define DESC_SH_INNER      3
#define DESC_AF            BIT(10)
#define DESC_CONTIGUOUS    BIT(52)
#define DESC_XN            BIT(54)
#define DESC_CONTIGUOUS_N  16

/* Stage 1 of EL2. MAIR_EL2: index 0 Normal write-back, index 1 Device-nGnRE. */
#define EL2_ATTRINDX        FIELD(4, 2)
#define EL2_ATTRINDX_NORMAL 0
#define EL2_ATTRINDX_DEVICE 1
#define EL2_AP_RES1         BIT(6)
#define EL2_AP_READ_ONLY    BIT(7)

/* Stage 2. */
#define S2_MEMATTR         FIELD(5, 2)
#define S2_MEMATTR_NORMAL  0xf
#define S2_MEMATTR_DEVICE  0x1
#define S2_S2AP            FIELD(7, 6)
#define S2_S2AP_READ       1
#define S2_S2AP_READ_WRITE 3

/* Arm DDI 0487 D19.2 "TCR_EL2" and "VTCR_EL2"; both without PS, which depends on the core. */
#define TCR_EL2_RES1   (BIT(31) | BIT(23))
#define VTCR_EL2_RES1  BIT(31)
#define VTCR_EL2_SL0   FIELD(7, 6)
#define VTCR_SL0_LEVEL1 1
#define TCR_T0SZ       FIELD(5, 0)
#define TCR_IRGN0      FIELD(9, 8)
#define TCR_ORGN0      FIELD(11, 10)
#define TCR_SH0        FIELD(13, 12)
#define TCR_GN0_WRITE_BACK 1
#define VTTBR_VMID     FIELD(63, 48)
#define VTTBR_BADDR    FIELD(47, 1)

#define MMU_PAGE  UINT64_C(0x1000)
#define MMU_BLOCK UINT64_C(0x200000)
#define MMU_GIB   UINT64_C(0x40000000)

#define MMU_ENTRIES 512 /* of every table but a root */

enum mmu_regime { MMU_STAGE2, MMU_EL2 };

/* Rights and memory type of a mapping; reading is always allowed. */
#define MMU_WRITE   1u
#define MMU_EXECUTE 2u
#define MMU_DEVICE  4u

struct mmu_mapping {
	uint64_t    input;  /* IPA of a partition, or EL2's virtual address */
	uint64_t    output; /* physical address */
	uint64_t    bytes;  /* whole pages */
	unsigned    rights; /* MMU_* */
	const char *what;   /* for comments: "memory", "window state" */
};

struct mmu_mappings {
	struct mmu_mapping *all;
	size_t              n;
};

struct mmu_table;

struct mmu_entry {
	uint64_t          leaf; /* block or page descriptor; 0: invalid, or `next` is set */
	struct mmu_table *next;
	const char       *what;
};

struct mmu_table {
	unsigned         level;     /* 1: a root */
	uint64_t         base;      /* input address of entry 0 */
	size_t           n_entries;
	enum mmu_regime  regime;
	bool             sealed;    /* el2_image_table: zero until `pvc seal` */
	const char      *name;      /* in C; NULL for roots */
	const char      *users;     /* names of partitions, or "EL2": for comments */
	struct mmu_entry entries[];
};

struct mmu {
	unsigned           stage2_bits, el2_bits; /* width of input addresses: 32, 36 or 39 */
	uint64_t           vtcr, tcr;
	struct mmu_table **stage2_roots;          /* one a partition */
	struct mmu_table  *el2_root, *el2_load_root;
	struct mmu_table **tables; /* all but roots; each stands behind those it points to */
	size_t             n_tables;
};

/* What a partition reaches, piece by piece, in no order. */
struct mmu_mappings mmu_partition_mappings(const struct system *system,
					   const struct partition *partition);

/*
 * What EL2 reaches, likewise, but for the first 2 MiB of its image (el2_image_table).
 * @loading  with all partition memory and windows
 */
/* Of the CPUs that wait in a spin table, the first whose release address is on its page. */
bool mmu_is_new_release_page(const struct system *system, size_t cpu);

struct mmu_mappings mmu_el2_mappings(const struct system *system, bool loading);

/* Sorts by input address and joins neighbours of equal rights and offset. */
struct mmu_mappings mmu_mappings_join(struct mmu_mappings list);

/* The descriptor that maps `output` at `level` (1..3). `output` is aligned to the level's size. */
uint64_t mmu_leaf(enum mmu_regime regime, unsigned level, uint64_t output, unsigned rights);

/* Bytes that one entry at `level` (1..3) spans. */
uint64_t mmu_entry_bytes(unsigned level);

/* Width of input addresses that reaches up to `end` (exclusive): 32, 36 or 39; 0 when none does. */
unsigned mmu_input_bits(uint64_t end);

/* Entries of the level-1 root for that width. */
size_t mmu_root_entries(unsigned bits);

/* Bytes (and alignment) kept for one root: the architecture wants 64 at least. */
uint64_t mmu_root_bytes(unsigned bits);

/*
 * A tree for one list of mappings; for tests, and below mmu_build(). Where mappings overlap, they
 * must agree (two devices of one owner in one page); all must lie below 1 << bits.
 */
struct mmu_table *mmu_tree(enum mmu_regime regime, unsigned bits, struct mmu_mappings mappings,
			   const char *user);

/* All tables of a system. NULL: an address is beyond 39 bits, reported (rule "page-tables"). */
const struct mmu *mmu_build(const struct system *system);
