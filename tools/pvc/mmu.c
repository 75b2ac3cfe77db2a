/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/mmu.h"

#include "tools/pvc/diag.h"
#include "tools/pvc/util.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Longest list of the users of a table: it only serves comments. */
#define NAMES_CHARACTERS 60

/* Widths of input addresses, all with walks from level 1; the narrowest that fits is used. */
static const unsigned widths[] = { 32, 36, 39 };

/* ---- Lists of mappings ----------------------------------------------------------------------- */

/* Devices may be smaller than a page (virtio-mmio): the MMU hands out whole ones. */
static void add_mapping(struct mmu_mappings *list, struct mmu_mapping mapping)
{
	uint64_t start = round_down(mapping.input, MMU_PAGE);
	uint64_t end = round_up(mapping.input + mapping.bytes, MMU_PAGE);

	if (mapping.bytes == 0) {
		return;
	}
	mapping.output = round_down(mapping.output, MMU_PAGE);
	mapping.input = start;
	mapping.bytes = end - start;
	list->all = xgrow(list->all, list->n, list->n + 1, sizeof(*list->all));
	list->all[list->n++] = mapping;
}

static void add_identity(struct mmu_mappings *list, uint64_t base, uint64_t bytes, unsigned rights,
			 const char *what)
{
	add_mapping(list, (struct mmu_mapping){ .input = base, .output = base, .bytes = bytes,
						.rights = rights, .what = what });
}

static int compare_mappings(const void *a, const void *b)
{
	const struct mmu_mapping *x = a;
	const struct mmu_mapping *y = b;

	return (x->input > y->input) - (x->input < y->input);
}

struct mmu_mappings mmu_mappings_join(struct mmu_mappings list)
{
	struct mmu_mappings joined = { .all = xarray(list.n, sizeof(*joined.all)), .n = 0 };
	struct mmu_mapping *sorted = xgrow(list.all, list.n, list.n, sizeof(*sorted));

	if (list.n > 0) {
		qsort(sorted, list.n, sizeof(*sorted), compare_mappings);
	}
	for (size_t i = 0; i < list.n; i++) {
		const struct mmu_mapping *next = &sorted[i];
		struct mmu_mapping *last = joined.n > 0 ? &joined.all[joined.n - 1] : NULL;

		if (last == NULL || next->input > last->input + last->bytes ||
		    next->rights != last->rights ||
		    next->output - next->input != last->output - last->input) {
			joined.all[joined.n++] = *next;
			continue;
		}

		uint64_t end = next->input + next->bytes;

		if (end > last->input + last->bytes) {
			last->bytes = end - last->input;
		}
	}
	return joined;
}

/* A window, if the partition is one of its users. */
static void add_shared(struct mmu_mappings *list, const struct window *window,
		       const struct partition *partition)
{
	for (size_t i = 0; i < window->n_users; i++) {
		const struct window_user *user = &window->users[i];

		if (user->partition == partition) {
			add_identity(list, window->pa, window->bytes,
				     (user->writable ? MMU_WRITE : 0) |
					     (window->is_page ? MMU_DEVICE : 0),
				     xasprintf("window %s", window->name));
		}
	}
}

struct mmu_mappings mmu_partition_mappings(const struct system *system,
					   const struct partition *partition)
{
	struct mmu_mappings list = { 0 };

	for (size_t i = 0; i < partition->n_memory; i++) {
		const struct memory *memory = &partition->memory[i];

		add_mapping(&list, (struct mmu_mapping){
			.input = memory->ipa, .output = memory->pa, .bytes = memory->bytes,
			.rights = MMU_WRITE | MMU_EXECUTE, .what = "memory" });
	}
	for (size_t i = 0; i < partition->n_devices; i++) {
		const struct device *device = partition->devices[i];

		for (size_t k = 0; k < device->n_reg; k++) {
			add_identity(&list, device->reg[k].base, device->reg[k].bytes,
				     MMU_WRITE | MMU_DEVICE, device->node.name);
		}
	}
	for (size_t i = 0; i < system->n_windows; i++) {
		add_shared(&list, system->windows[i], partition);
	}
	if (system->gic_version == 2) {
		/* Only the first page: GICC_DIR stands in the second. */
		add_mapping(&list, (struct mmu_mapping){
			.input = partition->gic_second, .output = system->gicc, .bytes = MMU_PAGE,
			.rights = MMU_WRITE | MMU_DEVICE, .what = "GICC" });
	}
	return list;
}

static uint64_t gich_bytes(const struct system *system)
{
	for (size_t i = 0; i < system->gic->n_reg; i++) {
		if (system->gic->reg[i].base == system->gich) {
			return system->gic->reg[i].bytes;
		}
	}
	return MMU_PAGE;
}

bool mmu_is_new_release_page(const struct system *system, size_t cpu)
{
	uint64_t page = system->cpus[cpu].release_address / MMU_PAGE;

	for (size_t i = 0; i < cpu; i++) {
		if (system->cpus[i].release_address / MMU_PAGE == page) {
			return false;
		}
	}
	return system->spin_table;
}

struct mmu_mappings mmu_el2_mappings(const struct system *system, bool loading)
{
	const unsigned device = MMU_WRITE | MMU_DEVICE;
	struct mmu_mappings list = { 0 };

	if (system->image.bytes > MMU_BLOCK) {
		add_identity(&list, system->image.base + MMU_BLOCK, system->image.bytes - MMU_BLOCK,
			     0, "images");
	}
	add_identity(&list, system->gicd, system->gicd_bytes, device, "GICD");
	if (system->gic_version == 3) {
		add_identity(&list, system->gicr, system->gicr_bytes, device, "GICR");
	} else {
		add_identity(&list, system->gicc, system->gicc_bytes, device, "GICC");
		add_identity(&list, system->gich, system->gich == 0 ? 0 : gich_bytes(system),
			     device, "GICH");
	}
	if (system->console != NULL) {
		add_identity(&list, system->console->reg[0].base, system->console->reg[0].bytes,
			     device, system->console->node.name);
	}
	/* Polled by CPUs with their caches off: so EL2 writes it without caches, too. */
	for (size_t i = 0; i < system->n_cpus; i++) {
		if (mmu_is_new_release_page(system, i)) {
			add_identity(&list, system->cpus[i].release_address & ~(uint64_t)(MMU_PAGE - 1),
				     MMU_PAGE, device, "spin table");
		}
	}
	for (size_t i = 0; loading && i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		for (size_t k = 0; k < partition->n_memory; k++) {
			add_identity(&list, partition->memory[k].pa, partition->memory[k].bytes,
				     MMU_WRITE, xasprintf("memory of %s", partition->name));
		}
	}
	/* Pages are always there, and without caches, as the partitions see them. */
	for (size_t i = 0; i < system->n_windows; i++) {
		const struct window *window = system->windows[i];

		if (window->is_page || loading) {
			add_identity(&list, window->pa, window->bytes,
				     MMU_WRITE | (window->is_page ? MMU_DEVICE : 0),
				     xasprintf("window %s", window->name));
		}
	}
	return list;
}

/* ---- Descriptors ----------------------------------------------------------------------------- */

uint64_t mmu_entry_bytes(unsigned level)
{
	return level == 1 ? MMU_GIB : level == 2 ? MMU_BLOCK : MMU_PAGE;
}

unsigned mmu_input_bits(uint64_t end)
{
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		if (end <= BIT(widths[i])) {
			return widths[i];
		}
	}
	return 0;
}

size_t mmu_root_entries(unsigned bits)
{
	return (size_t)(BIT(bits) / MMU_GIB);
}

uint64_t mmu_root_bytes(unsigned bits)
{
	uint64_t bytes = mmu_root_entries(bits) * sizeof(uint64_t);

	return bytes < 64 ? 64 : bytes;
}

uint64_t mmu_leaf(enum mmu_regime regime, unsigned level, uint64_t output, unsigned rights)
{
	bool device = (rights & MMU_DEVICE) != 0;
	bool writable = (rights & MMU_WRITE) != 0;
	uint64_t leaf = (output & DESC_ADDRESS) | DESC_AF;

	leaf |= FIELD_VALUE(DESC_TYPE, level == 3 ? DESC_TYPE_PAGE : DESC_TYPE_BLOCK);
	leaf |= device ? 0 : FIELD_VALUE(DESC_SH, DESC_SH_INNER);
	leaf |= (rights & MMU_EXECUTE) != 0 ? 0 : DESC_XN;
	if (regime == MMU_EL2) {
		leaf |= FIELD_VALUE(EL2_ATTRINDX, device ? EL2_ATTRINDX_DEVICE
							 : EL2_ATTRINDX_NORMAL);
		leaf |= EL2_AP_RES1 | (writable ? 0 : EL2_AP_READ_ONLY);
	} else {
		leaf |= FIELD_VALUE(S2_MEMATTR, device ? S2_MEMATTR_DEVICE : S2_MEMATTR_NORMAL);
		leaf |= FIELD_VALUE(S2_S2AP, writable ? S2_S2AP_READ_WRITE : S2_S2AP_READ);
	}
	return leaf;
}

/* ---- Trees ----------------------------------------------------------------------------------- */

static struct mmu_table *new_table(enum mmu_regime regime, unsigned level, uint64_t base,
				   size_t n_entries, const char *user)
{
	struct mmu_table *table = xmalloc(sizeof(*table) + n_entries * sizeof(table->entries[0]));

	table->regime = regime;
	table->level = level;
	table->base = base;
	table->n_entries = n_entries;
	table->users = user;
	return table;
}

static struct mmu_table *next_table(struct mmu_table *table, size_t index)
{
	struct mmu_entry *entry = &table->entries[index];

	assert(entry->leaf == 0);
	if (entry->next == NULL) {
		entry->next = new_table(table->regime, table->level + 1,
					table->base + index * mmu_entry_bytes(table->level),
					MMU_ENTRIES, table->users);
	}
	return entry->next;
}

static void map_range(struct mmu_table *table, const struct mmu_mapping *mapping)
{
	const uint64_t step = mmu_entry_bytes(table->level);
	const uint64_t end = mapping->input + mapping->bytes;

	for (uint64_t at = mapping->input; at < end;) {
		uint64_t next = round_down(at, step) + step;
		uint64_t part = (next < end ? next : end) - at;
		uint64_t output = mapping->output + (at - mapping->input);
		size_t index = (size_t)((at - table->base) / step);
		struct mmu_entry *entry;

		assert(index < table->n_entries);
		entry = &table->entries[index];
		if (part == step && output % step == 0) {
			assert(entry->leaf == 0 && entry->next == NULL);
			entry->leaf = mmu_leaf(table->regime, table->level, output,
					       mapping->rights);
		} else {
			struct mmu_mapping piece = *mapping;

			piece.input = at;
			piece.output = output;
			piece.bytes = part;
			map_range(next_table(table, index), &piece);
		}
		at += part;
	}
}

/* 16 neighbours that one TLB entry may hold: same attributes, aligned, without a gap. */
static bool is_contiguous(const struct mmu_table *table, size_t first)
{
	const uint64_t step = mmu_entry_bytes(table->level);
	const uint64_t leaf = table->entries[first].leaf;

	if (leaf == 0 || (leaf & DESC_ADDRESS) % (DESC_CONTIGUOUS_N * step) != 0) {
		return false;
	}
	for (size_t i = 1; i < DESC_CONTIGUOUS_N; i++) {
		if (table->entries[first + i].leaf != leaf + i * step) {
			return false;
		}
	}
	return true;
}

/* Not at level 1: some cores ignore the bit there, and nothing needs it. */
static void mark_contiguous(struct mmu_table *table)
{
	for (size_t first = 0; table->level > 1 && first < table->n_entries;
	     first += DESC_CONTIGUOUS_N) {
		bool marked = is_contiguous(table, first);

		for (size_t i = 0; marked && i < DESC_CONTIGUOUS_N; i++) {
			table->entries[first + i].leaf |= DESC_CONTIGUOUS;
		}
	}
	for (size_t i = 0; i < table->n_entries; i++) {
		if (table->entries[i].next != NULL) {
			mark_contiguous(table->entries[i].next);
		}
	}
}

/* Entries were made from joined mappings: each is told what it is by the first that it touches. */
static void name_entries(struct mmu_table *table, const struct mmu_mapping *mapping)
{
	const uint64_t step = mmu_entry_bytes(table->level);
	const uint64_t end = mapping->input + mapping->bytes;

	for (size_t i = 0; i < table->n_entries; i++) {
		struct mmu_entry *entry = &table->entries[i];
		uint64_t start = table->base + i * step;

		if (start >= end || start + step <= mapping->input) {
			continue;
		}
		if (entry->next != NULL) {
			name_entries(entry->next, mapping);
		} else if (entry->what == NULL) {
			entry->what = mapping->what;
		}
	}
}

struct mmu_table *mmu_tree(enum mmu_regime regime, unsigned bits, struct mmu_mappings mappings,
			   const char *user)
{
	struct mmu_table *root = new_table(regime, 1, 0, mmu_root_entries(bits), user);
	struct mmu_mappings joined = mmu_mappings_join(mappings);

	for (size_t i = 0; i < joined.n; i++) {
		map_range(root, &joined.all[i]);
	}
	for (size_t i = 0; i < mappings.n; i++) {
		name_entries(root, &mappings.all[i]);
	}
	mark_contiguous(root);
	return root;
}

/* ---- The system's set of tables -------------------------------------------------------------- */

static const char *join_names(const char *first, const char *second)
{
	if (strstr(first, second) != NULL) {
		return first;
	}
	if (strlen(first) + strlen(second) + 2 > NAMES_CHARACTERS) {
		return ends_with(first, ", ...") ? first : xasprintf("%s, ...", first);
	}
	return xasprintf("%s, %s", first, second);
}

static bool is_equal(const struct mmu_table *a, const struct mmu_table *b)
{
	if (a->regime != b->regime || a->level != b->level || a->base != b->base ||
	    a->sealed || b->sealed) {
		return false;
	}
	for (size_t i = 0; i < a->n_entries; i++) {
		if (a->entries[i].leaf != b->entries[i].leaf ||
		    a->entries[i].next != b->entries[i].next) {
			return false;
		}
	}
	return true;
}

/*
 * Takes a table and all below it into the set, and returns the member that
 * serves: an equal one that is there already, or this one.
 */
static struct mmu_table *collect(struct mmu *mmu, struct mmu_table *table)
{
	for (size_t i = 0; i < table->n_entries; i++) {
		if (table->entries[i].next != NULL) {
			table->entries[i].next = collect(mmu, table->entries[i].next);
		}
	}
	if (table->level == 1) {
		return table;
	}
	for (size_t i = 0; i < mmu->n_tables; i++) {
		if (mmu->tables[i] == table || is_equal(mmu->tables[i], table)) {
			mmu->tables[i]->users = join_names(mmu->tables[i]->users, table->users);
			return mmu->tables[i];
		}
	}
	if (table->name == NULL) {
		table->name = xasprintf("table_%zu", mmu->n_tables);
	}
	mmu->tables = xgrow(mmu->tables, mmu->n_tables, mmu->n_tables + 1, sizeof(*mmu->tables));
	mmu->tables[mmu->n_tables++] = table;
	return table;
}

/* The 2 MiB that hold EL2 itself get a level-3 table of their own, filled after linking. */
static void put_image_table(struct mmu_table *root, struct mmu_table *image_table)
{
	size_t gib = (size_t)(image_table->base / MMU_GIB);
	size_t block = (size_t)(image_table->base % MMU_GIB / MMU_BLOCK);

	assert(gib < root->n_entries);

	struct mmu_entry *entry = &next_table(root, gib)->entries[block];

	assert(entry->leaf == 0 && entry->next == NULL);
	entry->next = image_table;
}

static uint64_t max_address(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t mappings_end(struct mmu_mappings mappings)
{
	uint64_t end = 0;

	for (size_t i = 0; i < mappings.n; i++) {
		end = max_address(end, mappings.all[i].input + mappings.all[i].bytes);
	}
	return end;
}

/* Trapped pages count too: an address beyond the input width faults in another way. */
static uint64_t stage2_end(const struct system *system, const struct partition *partition)
{
	uint64_t end = mappings_end(mmu_partition_mappings(system, partition));

	end = max_address(end, partition->gic_distributor + MMU_PAGE);
	end = max_address(end, partition->gic_second + MMU_PAGE);
	return partition->has_console ? max_address(end, partition->uart + MMU_PAGE) : end;
}

static uint64_t common_tcr(unsigned bits)
{
	return FIELD_VALUE(TCR_T0SZ, 64 - bits) | FIELD_VALUE(TCR_IRGN0, TCR_GN0_WRITE_BACK) |
	       FIELD_VALUE(TCR_ORGN0, TCR_GN0_WRITE_BACK) | FIELD_VALUE(TCR_SH0, DESC_SH_INNER);
}

static bool choose_widths(struct mmu *mmu, const struct system *system)
{
	uint64_t el2_end = max_address(mappings_end(mmu_el2_mappings(system, true)),
				       system->image.base + MMU_BLOCK);
	uint64_t end = 0;

	for (size_t i = 0; i < system->n_partitions; i++) {
		end = max_address(end, stage2_end(system, &system->partitions[i]));
	}
	mmu->el2_bits = mmu_input_bits(el2_end);
	mmu->stage2_bits = mmu_input_bits(end);
	if (mmu->el2_bits == 0 || mmu->stage2_bits == 0) {
		diag_error(location_file(system->file), "page-tables",
			   "address 0x%llx is beyond the %u bits that translation tables cover",
			   (unsigned long long)max_address(end, el2_end) - 1,
			   widths[ARRAY_SIZE(widths) - 1]);
		return false;
	}
	mmu->tcr = TCR_EL2_RES1 | common_tcr(mmu->el2_bits);
	mmu->vtcr = VTCR_EL2_RES1 | FIELD_VALUE(VTCR_EL2_SL0, VTCR_SL0_LEVEL1) |
		    common_tcr(mmu->stage2_bits);
	return true;
}

const struct mmu *mmu_build(const struct system *system)
{
	struct mmu *mmu = xmalloc(sizeof(*mmu));
	struct mmu_table *image_table;

	if (!choose_widths(mmu, system)) {
		return NULL;
	}

	image_table = new_table(MMU_EL2, 3, system->image.base, MMU_ENTRIES, "EL2");
	image_table->sealed = true;
	image_table->name = "el2_image_table";

	mmu->el2_root = mmu_tree(MMU_EL2, mmu->el2_bits, mmu_el2_mappings(system, false), "EL2");
	put_image_table(mmu->el2_root, image_table);
	collect(mmu, mmu->el2_root);

	mmu->el2_load_root = mmu_tree(MMU_EL2, mmu->el2_bits, mmu_el2_mappings(system, true),
				      "EL2");
	put_image_table(mmu->el2_load_root, image_table);
	collect(mmu, mmu->el2_load_root);

	mmu->stage2_roots = xarray(system->n_partitions, sizeof(*mmu->stage2_roots));
	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		mmu->stage2_roots[i] = mmu_tree(MMU_STAGE2, mmu->stage2_bits,
						mmu_partition_mappings(system, partition),
						partition->name);
		collect(mmu, mmu->stage2_roots[i]);
	}
	return mmu;
}
