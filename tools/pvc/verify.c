/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pvc verify: proves from the linked hypervisor alone that its tables keep partitions apart.
 *
 * The tables are walked as the hardware would, from the roots that system_config names. What they
 * reach is held against what the DTS gives (grants.c), and then against each other: two partitions
 * meet in declared windows only, nobody meets EL2, and nothing of EL2's is both writable and
 * executable. verify_config.c does the same for what EL2 does on behalf of partitions.
 */
#include "tools/pvc/verify.h"

#include "tools/pvc/diag.h"
#include "tools/pvc/emit.h"
#include "tools/pvc/grants.h"
#include "tools/pvc/util.h"
#include "tools/pvc/walk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The emitted structures are read with the types of this program: both are LP64, little-endian. */
_Static_assert(sizeof(void *) == 8 && sizeof(enum gic_version) == 4, "pvc must be built for LP64");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "pvc must be built little-endian");

#define VIOLATIONS_MAX 40 /* printed; a broken file has many of one kind */
#define ARRAY_MAX      4096

void verify_violation(struct verifier *verifier, const char *format, ...)
{
	va_list arguments;

	if (verifier->n_violations++ >= VIOLATIONS_MAX) {
		return;
	}
	va_start(arguments, format);
	diag_error(location_file(verifier->path), "verify", "%s",
		   xvasprintf(format, arguments));
	va_end(arguments);
}

static void report(void *context, const char *sentence)
{
	verify_violation(context, "%s", sentence);
}

/* ---- Reading the configuration --------------------------------------------------------------- */

void *verify_read_array(struct verifier *verifier, const void *pointer, size_t n, size_t bytes,
			const char *what)
{
	void *array = NULL;

	if (n <= ARRAY_MAX) {
		array = xarray(n, bytes);
	}
	if (array == NULL || !elf_read(&verifier->elf, (uintptr_t)pointer, array, n * bytes)) {
		verify_violation(verifier,
				 "system_config: %s (%zu at 0x%" PRIxPTR ") cannot be read", what,
				 n, (uintptr_t)pointer);
		return NULL;
	}
	return array;
}

static bool has_text(const struct verifier *verifier, const char *pointer, const char *text)
{
	size_t bytes = strlen(text) + 1;
	char *found = xmalloc(bytes);

	return elf_read(&verifier->elf, (uintptr_t)pointer, found, bytes) &&
	       memcmp(found, text, bytes) == 0;
}

void verify_value(struct verifier *verifier, const char *what, uint64_t is, uint64_t should)
{
	if (is != should) {
		verify_violation(verifier, "%s is 0x%" PRIx64 " and must be 0x%" PRIx64, what, is,
				 should);
	}
}

/* ---- Address spaces -------------------------------------------------------------------------- */

static unsigned bits_of(uint64_t tcr)
{
	return 64 - (unsigned)field_get(TCR_T0SZ, tcr);
}

static bool has_known_bits(struct verifier *verifier, const char *name, uint64_t tcr)
{
	unsigned bits = bits_of(tcr);

	if (bits == 32 || bits == 36 || bits == 39) {
		return true;
	}
	verify_violation(verifier, "%s asks for %u-bit addresses; 32, 36 or 39 were expected", name,
			 bits);
	return false;
}

/* Cacheability and walk start, all but T0SZ: the tables are written through the caches. */
static void check_registers(struct verifier *verifier)
{
	uint64_t walks = FIELD_VALUE(TCR_IRGN0, 1) | FIELD_VALUE(TCR_ORGN0, 1) |
			 FIELD_VALUE(TCR_SH0, 3);

	verify_value(verifier, "TCR_EL2 without T0SZ", verifier->config.tcr & ~TCR_T0SZ,
		    BIT(31) | BIT(23) | walks);
	verify_value(verifier, "VTCR_EL2 without T0SZ", verifier->config.vtcr & ~TCR_T0SZ,
		    BIT(31) | FIELD_VALUE(VTCR_EL2_SL0, 1) | walks);
}

static bool is_in_page_with(const struct verifier *verifier, uint64_t address, unsigned rights)
{
	const struct el2_pages *pages = &verifier->pages;
	uint64_t index = (address - pages->base) / MMU_PAGE;

	return address >= pages->base && index < MMU_ENTRIES && pages->section[index] != NULL &&
	       pages->rights[index] == rights;
}

/* A root must be aligned to its size and stand in memory that EL2 may (or must not) write. */
static bool is_root_placed(struct verifier *verifier, const char *name, uint64_t root,
			   unsigned bits, unsigned rights)
{
	if (root % mmu_root_bytes(bits) != 0) {
		verify_violation(verifier,
				 "%s: its root 0x%" PRIx64 " is not aligned to %" PRIu64 " bytes",
				 name, root, mmu_root_bytes(bits));
		return false;
	}
	if (!is_in_page_with(verifier, root, rights)) {
		verify_violation(verifier, "%s: its root 0x%" PRIx64 " is not in EL2's %s memory",
				 name, root, rights == MMU_WRITE ? "writable" : "read-only");
		return false;
	}
	return true;
}

static struct mmu_mappings walk(struct verifier *verifier, enum mmu_regime regime, const char *name,
				uint64_t root, unsigned bits)
{
	const struct walk_space space = {
		.elf = &verifier->elf, .pages = &verifier->pages, .regime = regime, .name = name,
		.root = root, .bits = bits, .report = report, .context = verifier,
	};

	return walk_tables(&space);
}

static void check_el2_space(struct verifier *verifier, const char *name, const uint64_t *root,
			    bool loading)
{
	unsigned bits = bits_of(verifier->config.tcr);
	struct grants grants = grants_of_el2(verifier->system, &verifier->pages, loading);
	struct mmu_mappings reached;

	if (!is_root_placed(verifier, name, (uintptr_t)root, bits, 0)) {
		return;
	}
	reached = walk(verifier, MMU_EL2, name, (uintptr_t)root, bits);
	for (size_t i = 0; i < reached.n; i++) {
		const struct mmu_mapping *piece = &reached.all[i];

		if ((piece->rights & (MMU_WRITE | MMU_EXECUTE)) == (MMU_WRITE | MMU_EXECUTE)) {
			verify_violation(verifier,
					 "%s may both write and execute 0x%" PRIx64 "..0x%" PRIx64,
					 name, piece->input, piece->input + piece->bytes - 1);
		}
	}
	grants_compare(verifier->system, &grants, &reached, name, report, verifier);
}

static void check_roots_equal(struct verifier *verifier, const char *name,
			      const struct partition_config *config, size_t n)
{
	uint64_t *live =
		verify_read_array(verifier, config->stage2_root, n, sizeof(*live), "a live root");
	uint64_t *template = verify_read_array(verifier, config->stage2_root_template, n,
					sizeof(*template), "a root's template");

	for (size_t i = 0; live != NULL && template != NULL && i < n; i++) {
		if (live[i] != template[i]) {
			verify_violation(verifier, "%s: entry %zu of its live root is 0x%" PRIx64
				  " and 0x%" PRIx64 " in the template", name, i, live[i],
				  template[i]);
		}
	}
	if (!is_in_page_with(verifier, (uintptr_t)config->stage2_root_template, 0)) {
		verify_violation(verifier,
				 "%s: the template of its root is not in read-only memory", name);
	}
}

static void check_stage2(struct verifier *verifier, const struct partition *partition,
			 const struct partition_config *config)
{
	const char *name = xasprintf("partition %s", partition->name);
	unsigned bits = bits_of(verifier->config.vtcr);
	uint64_t root = config->vttbr & VTTBR_BADDR;
	struct grants grants = grants_of_partition(verifier->system, partition);

	verify_value(verifier, xasprintf("%s: its VMID", name),
		     field_get(VTTBR_VMID, config->vttbr), partition->index + 1);
	verify_value(verifier, xasprintf("%s: bit 0 of its VTTBR_EL2", name), config->vttbr & 1, 0);
	verify_value(verifier, xasprintf("%s: the root in VTTBR_EL2", name), root,
		    (uintptr_t)config->stage2_root);
	verify_value(verifier, xasprintf("%s: the entries of its root", name),
		     config->n_stage2_root, mmu_root_entries(bits));
	if (!is_root_placed(verifier, name, root, bits, MMU_WRITE)) {
		return;
	}
	check_roots_equal(verifier, name, config, mmu_root_entries(bits));
	verifier->reached[partition->index] = walk(verifier, MMU_STAGE2, name, root, bits);
	grants_compare(verifier->system, &grants, &verifier->reached[partition->index], name,
		       report, verifier);
}

/* ---- Isolation ------------------------------------------------------------------------------- */

/* The part that two physical ranges share. */
static bool meet(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes, struct range *both)
{
	uint64_t start = a > b ? a : b;
	uint64_t end = a + a_bytes < b + b_bytes ? a + a_bytes : b + b_bytes;

	if (a_bytes == 0 || b_bytes == 0 || start >= end) {
		return false;
	}
	*both = (struct range){ .base = start, .bytes = end - start };
	return true;
}

/* A window that `partition` is a user of, with at least these rights. */
static bool may_share(const struct system *system, const struct partition *partition,
		      const struct range *range, unsigned rights)
{
	for (size_t i = 0; i < system->n_windows; i++) {
		const struct window *window = system->windows[i];

		for (size_t k = 0; k < window->n_users; k++) {
			const struct window_user *user = &window->users[k];

			if (user->partition == partition && range->base >= window->pa &&
			    range->base + range->bytes <= window->pa + window->bytes &&
			    (rights & MMU_EXECUTE) == 0 &&
			    (user->writable || (rights & MMU_WRITE) == 0)) {
				return true;
			}
		}
	}
	return false;
}

/*
 * GICv2: each core sees its own interface at the one address, so all partitions have this page.
 * Takes it off the front of a stretch; false: nothing is left.
 */
static bool skip_banked(const struct system *system, struct range *range)
{
	if (system->gic_version == 2 && range->base == system->gicc) {
		range->base += MMU_PAGE;
		range->bytes -= MMU_PAGE;
	}
	return range->bytes > 0;
}

/* A shared stretch may span several windows: each page of it must be declared. */
static void check_shared(struct verifier *verifier, const struct range *both, const size_t *who,
			 const unsigned *rights)
{
	const struct system *system = verifier->system;

	for (uint64_t at = 0; at < both->bytes; at += MMU_PAGE) {
		const struct range page = { both->base + at, MMU_PAGE };

		if (may_share(system, &system->partitions[who[0]], &page, rights[0]) &&
		    may_share(system, &system->partitions[who[1]], &page, rights[1])) {
			continue;
		}
		verify_violation(
			verifier,
			"partitions %s and %s both reach physical 0x%" PRIx64 "..0x%" PRIx64
			" (%s), which is no window declared for both with these rights",
			system->partitions[who[0]].name, system->partitions[who[1]].name, page.base,
			both->base + both->bytes - 1, grants_describe(system, page.base));
		return;
	}
}

static void check_pair(struct verifier *verifier, size_t first, size_t second)
{
	const struct mmu_mappings *a = &verifier->reached[first];
	const struct mmu_mappings *b = &verifier->reached[second];

	for (size_t i = 0; i < a->n; i++) {
		for (size_t k = 0; k < b->n; k++) {
			const struct mmu_mapping *x = &a->all[i];
			const struct mmu_mapping *y = &b->all[k];
			struct range both;

			if (meet(x->output, x->bytes, y->output, y->bytes, &both) &&
			    skip_banked(verifier->system, &both)) {
				check_shared(verifier, &both, (const size_t[]){ first, second },
					     (const unsigned[]){ x->rights, y->rights });
			}
		}
	}
}

static void check_forbidden(struct verifier *verifier, const struct partition *partition,
			    uint64_t base, uint64_t bytes, const char *what)
{
	const struct mmu_mappings *reached = &verifier->reached[partition->index];
	uint64_t start = round_down(base, MMU_PAGE);
	uint64_t end = round_up(base + bytes, MMU_PAGE);

	for (size_t i = 0; i < reached->n; i++) {
		struct range both;

		if (meet(reached->all[i].output, reached->all[i].bytes, start, end - start,
			 &both) &&
		    skip_banked(verifier->system, &both)) {
			verify_violation(verifier,
					 "partition %s reaches physical 0x%" PRIx64 "..0x%" PRIx64
					 ", which is %s",
					 partition->name, both.base, both.base + both.bytes - 1,
					 what);
		}
	}
}

static void check_isolation(struct verifier *verifier, const struct partition *partition)
{
	const struct system *system = verifier->system;

	check_forbidden(verifier, partition, system->image.base, system->image.bytes,
			"Paravent's own memory");
	for (size_t i = 0; i < system->n_devices; i++) {
		const struct device *device = &system->devices[i];

		for (size_t k = 0; device->owner != partition && k < device->n_reg; k++) {
			check_forbidden(verifier, partition, device->reg[k].base,
					device->reg[k].bytes,
					xasprintf("device %s, not its own", device->node.path));
		}
	}
	for (size_t i = 0; i < partition->index; i++) {
		check_pair(verifier, i, partition->index);
	}
}

/* ---- Everything ------------------------------------------------------------------------------ */

static bool read_config(struct verifier *verifier)
{
	struct elf_symbol symbol;

	if (!elf_find_symbol(&verifier->elf, "system_config", &symbol) ||
	    symbol.bytes != sizeof(verifier->config) ||
	    !elf_read(&verifier->elf, symbol.address, &verifier->config,
		      sizeof(verifier->config))) {
		verify_violation(verifier,
				 "has no symbol system_config of %zu bytes: it is no hypervisor of "
				 "this version of Paravent",
				 sizeof(verifier->config));
		return false;
	}
	if (!has_text(verifier, verifier->config.hash, verifier->system->hash)) {
		verify_violation(verifier,
				 "was built from another input than %s (hash %s): build it again",
				 verifier->system->file, verifier->system->hash);
		return false;
	}
	if (verifier->config.n_partitions != verifier->system->n_partitions) {
		verify_violation(verifier, "has %" PRIu32 " partitions and the DTS %zu",
			  verifier->config.n_partitions, verifier->system->n_partitions);
		return false;
	}
	return true;
}

/* The commonest mistake gets one sentence instead of a hundred. */
static bool is_sealed(struct verifier *verifier)
{
	uint64_t table[MMU_ENTRIES] = { 0 };
	struct elf_symbol symbol;

	if (!elf_find_symbol(&verifier->elf, "el2_image_table", &symbol) ||
	    !elf_read(&verifier->elf, symbol.address, table, sizeof(table))) {
		verify_violation(verifier, "has no el2_image_table");
		return false;
	}
	for (size_t i = 0; i < MMU_ENTRIES; i++) {
		if (table[i] != 0) {
			return true;
		}
	}
	verify_violation(verifier, "is not sealed yet: run `pvc seal` on it first");
	return false;
}

static void check_all(struct verifier *verifier)
{
	const struct system *system = verifier->system;
	const struct partition_config *partitions;

	check_registers(verifier);
	verify_windows(verifier);
	verify_messages(verifier);
	verify_virtual_devices(verifier);
	if (verifier->pages.base != system->image.base ||
	    verifier->pages.end > system->image.base + system->image.bytes) {
		verify_violation(verifier, "is linked to 0x%" PRIx64 "..0x%" PRIx64
			  ", which is not in paravent,image-memory (0x%" PRIx64 "..0x%" PRIx64 ")",
			  verifier->pages.base, verifier->pages.end - 1, system->image.base,
			  system->image.base + system->image.bytes - 1);
	}
	if (has_known_bits(verifier, "TCR_EL2", verifier->config.tcr)) {
		check_el2_space(verifier, "EL2 at run time", verifier->config.el2_root, false);
		check_el2_space(verifier, "EL2 while loading", verifier->config.el2_load_root,
				true);
	}
	partitions = verify_read_array(verifier, verifier->config.partitions, system->n_partitions,
				sizeof(*partitions), "partitions");
	if (partitions == NULL || !has_known_bits(verifier, "VTCR_EL2", verifier->config.vtcr)) {
		return;
	}
	for (size_t i = 0; i < system->n_partitions; i++) {
		check_stage2(verifier, &system->partitions[i], &partitions[i]);
		verify_loads(verifier, &system->partitions[i], &partitions[i]);
		verify_interrupts(verifier, &system->partitions[i], &partitions[i]);
		verify_doorbells(verifier, &system->partitions[i], &partitions[i]);
		verify_virtual_ends(verifier, &system->partitions[i], &partitions[i]);
	}
	for (size_t i = 0; i < system->n_partitions; i++) {
		check_isolation(verifier, &system->partitions[i]);
	}
}

bool verify_elf(const char *path, const struct system *system)
{
	struct verifier verifier = { .path = path, .system = system };
	const char *problem;
	size_t bytes;
	char *file = file_read(path, &bytes);

	if (file == NULL) {
		verify_violation(&verifier, "cannot be read: %s", strerror(errno));
		return false;
	}
	problem = elf_parse(file, bytes, &verifier.elf);
	if (problem != NULL) {
		verify_violation(&verifier, "%s", problem);
		return false;
	}
	if (!el2_pages_find(&verifier.elf, path, "verify", &verifier.pages)) {
		return false;
	}
	verifier.reached = xarray(system->n_partitions, sizeof(*verifier.reached));
	if (read_config(&verifier) && is_sealed(&verifier)) {
		check_all(&verifier);
	}
	if (verifier.n_violations > VIOLATIONS_MAX) {
		diag_error(location_file(path), "verify", "and %zu violations more",
			   verifier.n_violations - VIOLATIONS_MAX);
	}
	if (verifier.n_violations == 0) {
		printf("%s: isolation of %zu partition%s proven\n", path, system->n_partitions,
		       system->n_partitions == 1 ? "" : "s");
	}
	return verifier.n_violations == 0;
}
