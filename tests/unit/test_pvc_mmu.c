/* links: tools/pvc/mmu.c tools/pvc/util.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that pvc builds, walked page by page as the hardware would. */
#include "tools/pvc/mmu.h"

#include "tools/pvc/diag.h"
#include "tools/pvc/util.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- What diag.c would do -------------------------------------------------------------------- */

static unsigned errors;

struct location location_file(const char *file)
{
	return (struct location){ .file = file };
}

void diag_error(struct location where, const char *rule, const char *format, ...)
{
	(void)where;
	(void)format;
	assert_string_equal(rule, "page-tables");
	errors++;
}

/* ---- A walk ---------------------------------------------------------------------------------- */

/* Arm DDI 0487 D8.2: levels 1 to 3, 9 bits each, 4 KiB pages. 0: translation fault. */
static uint64_t walk(const struct mmu_table *table, uint64_t input, uint64_t *output)
{
	for (unsigned level = 1; level <= 3; level++) {
		const unsigned shift = 12 + 9 * (3 - level);
		const uint64_t index = level == 1 ? input >> shift : (input >> shift) & 511;
		const struct mmu_entry *entry = &table->entries[index];

		assert_true(index < table->n_entries);
		assert_int_equal(table->level, level);
		if (entry->next != NULL) {
			assert_true(level < 3);
			assert_int_equal(entry->leaf, 0);
			table = entry->next;
			continue;
		}
		if (entry->leaf == 0) {
			return 0;
		}
		assert_int_equal(entry->leaf & 3, level == 3 ? 3 : 1);

		uint64_t mask = (UINT64_C(1) << shift) - 1;

		assert_int_equal(entry->leaf & UINT64_C(0x0000fffffffff000) & mask, 0);
		*output = (entry->leaf & UINT64_C(0x0000fffffffff000)) | (input & mask);
		return entry->leaf;
	}
	return 0;
}

static void expect_mapped(const struct mmu_table *root, uint64_t input, uint64_t output,
			  uint64_t attributes)
{
	const uint64_t attribute_bits =
		UINT64_C(0xffeff00000000ffc); /* all but address, type, contiguous */
	uint64_t found = 0;
	uint64_t leaf = walk(root, input, &found);

	assert_int_not_equal(leaf, 0);
	assert_int_equal(found, output);
	assert_int_equal(leaf & attribute_bits, attributes);
}

static void expect_fault(const struct mmu_table *root, uint64_t input)
{
	uint64_t output;

	assert_int_equal(walk(root, input, &output), 0);
}

static size_t count_tables(const struct mmu_table *table)
{
	size_t n = 1;

	for (size_t i = 0; i < table->n_entries; i++) {
		n += table->entries[i].next != NULL ? count_tables(table->entries[i].next) : 0;
	}
	return n;
}

/*
 * Attribute words, written out from the architecture: AF, SH, S2AP or AP, MemAttr or
 * AttrIndx, XN.
 */
#define S2_RAM      UINT64_C(0x00000000000007fc)
#define S2_RW       UINT64_C(0x00400000000007fc)
#define S2_RO       UINT64_C(0x004000000000077c)
#define S2_DEVICE   UINT64_C(0x00400000000004c4)
#define EL2_RO      UINT64_C(0x00400000000007c0)
#define EL2_RW      UINT64_C(0x0040000000000740)
#define EL2_DEVICE  UINT64_C(0x0040000000000444)
#define EL2_TEXT    UINT64_C(0x00000000000007c0)

static void test_descriptors(void **state)
{
	const struct {
		enum mmu_regime regime;
		unsigned level, rights;
		uint64_t output, leaf;
	} cases[] = {
		{ MMU_STAGE2, 2, MMU_WRITE | MMU_EXECUTE, 0x50000000, S2_RAM | 0x50000000 | 1 },
		{ MMU_STAGE2, 3, MMU_WRITE | MMU_EXECUTE, 0x50001000, S2_RAM | 0x50001000 | 3 },
		{ MMU_STAGE2, 3, MMU_WRITE, 0x48000000, S2_RW | 0x48000000 | 3 },
		{ MMU_STAGE2, 3, 0, 0x48000000, S2_RO | 0x48000000 | 3 },
		{ MMU_STAGE2, 3, MMU_WRITE | MMU_DEVICE, 0x9010000, S2_DEVICE | 0x9010000 | 3 },
		{ MMU_EL2, 1, 0, 0x40000000, EL2_RO | 0x40000000 | 1 },
		{ MMU_EL2, 2, MMU_WRITE, 0x800000000, EL2_RW | 0x800000000 | 1 },
		{ MMU_EL2, 3, MMU_WRITE | MMU_DEVICE, 0x9000000, EL2_DEVICE | 0x9000000 | 3 },
		{ MMU_EL2, 3, MMU_EXECUTE, 0x40200000, EL2_TEXT | 0x40200000 | 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(mmu_leaf(cases[i].regime, cases[i].level, cases[i].output,
					  cases[i].rights), cases[i].leaf);
	}
}

static void test_widths(void **state)
{
	(void)state;
	assert_int_equal(mmu_input_bits(0), 32);
	assert_int_equal(mmu_input_bits(UINT64_C(1) << 32), 32);
	assert_int_equal(mmu_input_bits((UINT64_C(1) << 32) + 1), 36);
	assert_int_equal(mmu_input_bits((UINT64_C(1) << 36) + 1), 39);
	assert_int_equal(mmu_input_bits((UINT64_C(1) << 39) + 1), 0);
	assert_int_equal(mmu_root_entries(32), 4);
	assert_int_equal(mmu_root_entries(36), 64);
	assert_int_equal(mmu_root_entries(39), 512);
	assert_int_equal(mmu_root_bytes(32), 64); /* 32 would be below the architecture's minimum */
	assert_int_equal(mmu_root_bytes(39), 4096);
}

/* ---- Trees ----------------------------------------------------------------------------------- */

static struct mmu_table *tree_of(const struct mmu_mapping *mappings, size_t n, unsigned bits)
{
	struct mmu_mappings list = { .all = xgrow(mappings, n, n, sizeof(*mappings)), .n = n };

	return mmu_tree(MMU_STAGE2, bits, list, "x");
}

static void test_blocks_and_contiguous(void **state)
{
	const uint64_t contiguous = UINT64_C(1) << 52;
	const struct mmu_mapping mappings[] = {
		/* 64 MiB of blocks, the middle 32 MiB of them aligned as a group */
		{ 0x51000000, 0x51000000, 0x04000000, MMU_WRITE | MMU_EXECUTE, "memory" },
		/* 17 pages, the first 16 a group */
		{ 0x48000000, 0x48000000, 0x11000, MMU_WRITE, "window" },
		/* aligned here, but not there: no group */
		{ 0x60000000, 0x70200000, 0x02000000, MMU_WRITE | MMU_EXECUTE, "memory" },
		/* a whole GiB */
		{ 0x80000000, 0x140000000, 0x40000000, MMU_WRITE | MMU_EXECUTE, "memory" },
	};
	struct mmu_table *root = tree_of(mappings, ARRAY_SIZE(mappings), 32);
	uint64_t output;

	(void)state;
	assert_int_equal(walk(root, 0x51000000, &output) & contiguous, 0);
	assert_int_equal(walk(root, 0x52000000, &output) & contiguous, contiguous);
	assert_int_equal(walk(root, 0x53ffffff, &output) & contiguous, contiguous);
	assert_int_equal(walk(root, 0x54000000, &output) & contiguous, 0);
	assert_int_equal(walk(root, 0x48000000, &output) & contiguous, contiguous);
	assert_int_equal(walk(root, 0x4800f000, &output) & contiguous, contiguous);
	assert_int_equal(walk(root, 0x48010000, &output) & contiguous, 0);
	assert_int_equal(walk(root, 0x60000000, &output) & contiguous, 0);
	expect_mapped(root, 0x60000123, 0x70200123, S2_RAM);
	expect_mapped(root, 0xbfffffff, 0x17fffffff, S2_RAM);
	assert_int_equal(root->entries[2].leaf, S2_RAM | 0x140000000 | 1);
	assert_int_equal(count_tables(root), 3); /* root, one level 2, one level 3 */
	expect_fault(root, 0x50ffffff);
	expect_fault(root, 0x55000000);
	expect_fault(root, 0x48011000);
	expect_fault(root, 0);
	expect_fault(root, 0xffffffff);
}

/* Neighbours of equal rights are one mapping, so that two halves make a block. */
static void test_joined(void **state)
{
	const struct mmu_mapping mappings[] = {
		{ 0x40100000, 0x50100000, 0x100000, MMU_WRITE, "b" },
		{ 0x40000000, 0x50000000, 0x100000, MMU_WRITE, "a" },
		{ 0x40200000, 0x50200000, 0x1000, 0, "c" },
		{ 0x40201000, 0x60201000, 0x1000, 0, "d" },
		{ 0x40201000, 0x60201000, 0x1000, 0, "d" },
	};
	struct mmu_mappings list = {
		.all = xgrow(mappings, ARRAY_SIZE(mappings), ARRAY_SIZE(mappings),
			     sizeof(*mappings)),
		.n = ARRAY_SIZE(mappings),
	};

	(void)state;
	list = mmu_mappings_join(list);
	assert_int_equal(list.n, 3);
	assert_int_equal(list.all[0].input, 0x40000000);
	assert_int_equal(list.all[0].bytes, 0x200000);
	assert_int_equal(list.all[1].bytes, 0x1000);
	assert_int_equal(list.all[2].output, 0x60201000);

	struct mmu_table *root = tree_of(mappings, ARRAY_SIZE(mappings), 32);
	const struct mmu_table *blocks = root->entries[1].next;

	assert_int_equal(blocks->entries[0].leaf, S2_RW | 0x50000000 | 1);
	assert_string_equal(blocks->entries[1].next->entries[0].what, "c");
	assert_string_equal(blocks->entries[1].next->entries[1].what, "d");
}

/* Random maps: every page of a whole GiB is mapped as asked, or not at all. */
static void test_random(void **state)
{
	uint32_t seed = 12345;

	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		struct mmu_mapping mappings[24];
		uint64_t at = 0x40000000;
		size_t n = 0;

		while (n < ARRAY_SIZE(mappings)) {
			seed = seed * 1103515245 + 12345;
			uint64_t unit = (seed >> 16 & 1) != 0 ? 0x200000 : 0x1000;
			uint64_t bytes = ((seed >> 20 & 31) + 1) * unit;
			uint64_t gap = (seed >> 25 & 3) * unit;

			at = round_up(at + gap, unit);
			if (at + bytes > 0x80000000) {
				break;
			}
			mappings[n++] = (struct mmu_mapping){ at, at + (seed >> 30) * 0x200000,
							      bytes, seed >> 17 & 3, "x" };
			at += bytes;
		}

		struct mmu_table *root = tree_of(mappings, n, 32);
		size_t next = 0;

		for (uint64_t page = 0x40000000; page < 0x80000000; page += 0x1000) {
			uint64_t output = 0;
			uint64_t leaf = walk(root, page, &output);

			while (next < n && page >= mappings[next].input + mappings[next].bytes) {
				next++;
			}
			if (next == n || page < mappings[next].input) {
				assert_int_equal(leaf, 0);
				continue;
			}
			assert_int_equal(output,
					 mappings[next].output + page - mappings[next].input);
			assert_int_equal(leaf >> 7 & 1, mappings[next].rights & 1);
			assert_int_equal(leaf >> 54 & 1, (mappings[next].rights & 2) == 0);
		}
		arena_free();
	}
}

/* ---- Whole systems --------------------------------------------------------------------------- */

/*
 * Two partitions on GICv3, a window from the first to the second; what tests change is not
 * const.
 */
struct example {
	struct device    gic, console, rtc;
	struct range     gic_reg[2], console_reg, rtc_reg;
	struct memory    memory[3];
	struct window    window, *window_list[1];
	struct window_user users[2];
	struct port      ports[2], *port_list[2];
	struct device   *devices[1];
	struct partition partitions[2];
	struct system    system;
};

static void make_example(struct example *e)
{
	*e = (struct example){ 0 };
	e->gic_reg[0] = (struct range){ 0x08000000, 0x10000 };
	e->gic_reg[1] = (struct range){ 0x080a0000, 0x40000 };
	e->console_reg = (struct range){ 0x09000000, 0x1000 };
	e->rtc_reg = (struct range){ 0x09010000, 0x200 }; /* less than a page */
	e->gic = (struct device){ .node.name = "gic", .reg = e->gic_reg, .n_reg = 2 };
	e->console = (struct device){ .node.name = "serial", .reg = &e->console_reg, .n_reg = 1 };
	e->rtc = (struct device){ .node.name = "rtc", .reg = &e->rtc_reg, .n_reg = 1 };
	e->devices[0] = &e->rtc;
	e->memory[0] = (struct memory){ .pa = 0x50000000, .ipa = 0x50000000, .bytes = 0x10000000 };
	e->memory[1] = (struct memory){ .pa = 0x70000000, .ipa = 0x40000000, .bytes = 0x200000 };
	e->memory[2] = (struct memory){ .pa = 0x70300000, .ipa = 0x70300000, .bytes = 0x3000 };
	e->window = (struct window){ .name = "state", .pa = 0x48000000, .bytes = 0x1000,
				     .users = e->users, .n_users = 2 };
	e->window_list[0] = &e->window;
	for (size_t i = 0; i < 2; i++) {
		e->ports[i] = (struct port){ .partition = &e->partitions[i], .n_windows = 1,
					     .windows = { { &e->window, i == 0 } } };
		e->port_list[i] = &e->ports[i];
		e->users[i] = (struct window_user){ &e->partitions[i], i == 0 };
		e->partitions[i] = (struct partition){
			.name = i == 0 ? "first" : "second", .index = (uint32_t)i,
			.gic_distributor = 0x08000000, .gic_second = 0x080a0000,
			.uart = 0x09000000, .has_console = true,
			.ports = &e->port_list[i], .n_ports = 1,
		};
	}
	e->partitions[0].memory = &e->memory[0];
	e->partitions[0].n_memory = 1;
	e->partitions[0].devices = e->devices;
	e->partitions[0].n_devices = 1;
	e->partitions[1].memory = &e->memory[1];
	e->partitions[1].n_memory = 2;
	e->system = (struct system){
		.file = "x.dts",
		.name = "x",
		.gic = &e->gic,
		.gic_version = 3,
		.gicd = 0x08000000,
		.gicd_bytes = 0x10000,
		.gicr = 0x080a0000,
		.gicr_bytes = 0x40000,
		.console = &e->console,
		.image = { 0x40200000, 0x07e00000 },
		.partitions = e->partitions,
		.n_partitions = 2,
		.windows = e->window_list,
		.n_windows = 1,
	};
}

static void test_system(void **state)
{
	struct example e;
	const struct mmu *mmu;

	(void)state;
	make_example(&e);
	mmu = mmu_build(&e.system);
	assert_non_null(mmu);
	assert_int_equal(mmu->stage2_bits, 32);
	assert_int_equal(mmu->vtcr, 0x80003560);
	assert_int_equal(mmu->tcr, 0x80803520);

	const struct mmu_table *first = mmu->stage2_roots[0];
	const struct mmu_table *second = mmu->stage2_roots[1];

	expect_mapped(first, 0x50000000, 0x50000000, S2_RAM);
	expect_mapped(first, 0x5fffffff, 0x5fffffff, S2_RAM);
	expect_mapped(first, 0x48000000, 0x48000000, S2_RW);
	expect_mapped(first, 0x09010000, 0x09010000, S2_DEVICE);
	expect_fault(first, 0x70000000);
	expect_fault(first, 0x09000000); /* the console is emulated */
	expect_fault(first, 0x08000000);
	expect_fault(first, 0x080a0000);
	expect_fault(first, 0x40200000);
	expect_mapped(second, 0x40000000, 0x70000000, S2_RAM);
	expect_mapped(second, 0x401fffff, 0x701fffff, S2_RAM);
	expect_mapped(second, 0x70302fff, 0x70302fff, S2_RAM);
	expect_mapped(second, 0x48000fff, 0x48000fff, S2_RO);
	expect_fault(second, 0x70303000);
	expect_fault(second, 0x70000000);
	expect_fault(second, 0x09010000);
}

static void test_el2(void **state)
{
	struct example e;
	const struct mmu *mmu;

	(void)state;
	make_example(&e);
	mmu = mmu_build(&e.system);
	assert_non_null(mmu);
	expect_mapped(mmu->el2_root, 0x40400000, 0x40400000, EL2_RO);
	expect_mapped(mmu->el2_root, 0x47ffffff, 0x47ffffff, EL2_RO);
	expect_mapped(mmu->el2_root, 0x0800ffff, 0x0800ffff, EL2_DEVICE);
	expect_mapped(mmu->el2_root, 0x080dffff, 0x080dffff, EL2_DEVICE);
	expect_mapped(mmu->el2_root, 0x09000000, 0x09000000, EL2_DEVICE);
	expect_fault(mmu->el2_root, 0x09010000);
	expect_fault(mmu->el2_root, 0x48000000);
	expect_fault(mmu->el2_root, 0x50000000);
	expect_fault(mmu->el2_root, 0x70000000);
	expect_mapped(mmu->el2_load_root, 0x40400000, 0x40400000, EL2_RO);
	expect_mapped(mmu->el2_load_root, 0x48000000, 0x48000000, EL2_RW);
	expect_mapped(mmu->el2_load_root, 0x50000000, 0x50000000, EL2_RW);
	expect_mapped(mmu->el2_load_root, 0x70302000, 0x70302000, EL2_RW);
	expect_fault(mmu->el2_load_root, 0x40000000); /* an IPA: no address of EL2's */

	/* Devices and EL2 itself stand in the same tables in both. */
	assert_ptr_equal(mmu->el2_root->entries[0].next, mmu->el2_load_root->entries[0].next);
	assert_ptr_equal(mmu->el2_root->entries[1].next->entries[1].next,
			 mmu->el2_load_root->entries[1].next->entries[1].next);
	assert_true(mmu->el2_root->entries[1].next->entries[1].next->sealed);

	/*
	 * EL2: one level 2 for devices, and one for each of its two views of RAM; level 3 for GIC,
	 * console, itself, window, pages loaded at 0x70200000. First: 2 level 2, 2 level 3 (rtc,
	 * window). Second: one level 2, 2 level 3.
	 */
	assert_int_equal(mmu->n_tables, 3 + 5 + 4 + 3);
}

static void test_gicv2(void **state)
{
	struct range reg[] = { { 0x08000000, 0x1000 }, { 0x08010000, 0x2000 },
			       { 0x08030000, 0x10000 }, { 0x08040000, 0x10000 } };
	struct example e;
	const struct mmu *mmu;

	(void)state;
	make_example(&e);
	e.gic.reg = reg;
	e.gic.n_reg = ARRAY_SIZE(reg);
	e.system.gic_version = 2;
	e.system.gicr = 0;
	e.system.gicd_bytes = 0x1000;
	e.system.gicc = 0x08010000;
	e.system.gicc_bytes = 0x2000;
	e.system.gich = 0x08030000;
	e.system.gicv = 0x08040000;
	e.partitions[0].gic_second = 0x08010000;
	e.partitions[1].gic_second = 0x2c002000; /* paravent,gic-base */
	mmu = mmu_build(&e.system);
	assert_non_null(mmu);
	expect_mapped(mmu->stage2_roots[0], 0x08010000, 0x08010000, S2_DEVICE);
	expect_fault(mmu->stage2_roots[0], 0x08011000); /* GICC_DIR */
	expect_fault(mmu->stage2_roots[0], 0x08000000);
	expect_fault(mmu->stage2_roots[0], 0x08030000);
	expect_fault(mmu->stage2_roots[0], 0x08040000);
	expect_mapped(mmu->stage2_roots[1], 0x2c002000, 0x08010000, S2_DEVICE);
	expect_fault(mmu->stage2_roots[1], 0x08010000);
	expect_fault(mmu->stage2_roots[1], 0x2c003000);
	/* Seen at the same place by both, GICC takes one pair of tables. */
	assert_ptr_not_equal(mmu->stage2_roots[0]->entries[0].next,
			     mmu->stage2_roots[1]->entries[0].next);
	e.partitions[0].n_devices = 0;
	e.partitions[1].gic_second = 0x08010000;
	mmu = mmu_build(&e.system);
	assert_ptr_equal(mmu->stage2_roots[0]->entries[0].next,
			 mmu->stage2_roots[1]->entries[0].next);
	assert_string_equal(mmu->stage2_roots[0]->entries[0].next->users, "first, second");
	expect_mapped(mmu->el2_root, 0x08011000, 0x08011000, EL2_DEVICE);
	expect_mapped(mmu->el2_root, 0x0803ffff, 0x0803ffff, EL2_DEVICE);
	expect_fault(mmu->el2_root, 0x08040000); /* EL2 does not use GICV */
}

static void test_above_4_gib(void **state)
{
	struct example e;
	const struct mmu *mmu;

	(void)state;
	make_example(&e);
	e.memory[0] = (struct memory){ .pa = 0x880000000, .ipa = 0x880000000, .bytes = 0x80000000 };
	e.memory[2] = (struct memory){ .pa = 0x100200000, .ipa = 0x100200000, .bytes = 0x400000 };
	mmu = mmu_build(&e.system);
	assert_non_null(mmu);
	assert_int_equal(mmu->stage2_bits, 36);
	assert_int_equal(mmu->el2_bits, 36);
	assert_int_equal(mmu->vtcr & 0x3f, 28);
	expect_mapped(mmu->stage2_roots[0], 0x8ffffffff, 0x8ffffffff, S2_RAM);
	expect_mapped(mmu->stage2_roots[1], 0x1005fffff, 0x1005fffff, S2_RAM);
	expect_fault(mmu->stage2_roots[1], 0x100600000);
	expect_mapped(mmu->el2_load_root, 0x880000000, 0x880000000, EL2_RW);
	expect_fault(mmu->el2_root, 0x880000000);

	/* Only the physical address is high: stage 2 stays narrow, EL2 does not. */
	make_example(&e);
	e.memory[1] = (struct memory){ .pa = 0x1000000000, .ipa = 0x40000000, .bytes = 0x200000 };
	mmu = mmu_build(&e.system);
	assert_non_null(mmu);
	assert_int_equal(mmu->stage2_bits, 32);
	assert_int_equal(mmu->el2_bits, 39);
	expect_mapped(mmu->stage2_roots[1], 0x40000000, 0x1000000000, S2_RAM);

	e.memory[1].pa = UINT64_C(1) << 40;
	errors = 0;
	assert_null(mmu_build(&e.system));
	assert_int_equal(errors, 1);
}

static int free_all(void **state)
{
	(void)state;
	arena_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_descriptors, free_all),
		cmocka_unit_test_teardown(test_widths, free_all),
		cmocka_unit_test_teardown(test_blocks_and_contiguous, free_all),
		cmocka_unit_test_teardown(test_joined, free_all),
		cmocka_unit_test_teardown(test_random, free_all),
		cmocka_unit_test_teardown(test_system, free_all),
		cmocka_unit_test_teardown(test_el2, free_all),
		cmocka_unit_test_teardown(test_gicv2, free_all),
		cmocka_unit_test_teardown(test_above_4_gib, free_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
