/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmu_tables.c: the translation tables as C arrays.
 *
 * Tables below the roots are const, in .mmu_tables. The stage-2 roots are the only writable ones,
 * in .mmu_roots: EL2 clears them to regain a core. Their const templates say what they must be.
 */
#include "tools/pvc/diag.h"
#include "tools/pvc/emit.h"
#include "tools/pvc/emit_c.h"
#include "tools/pvc/mmu.h"
#include "tools/pvc/output.h"

/* What is left of EL2's first 2 MiB for everything else: code, stacks, slack. */
#define TABLES_MAX_BYTES (MMU_BLOCK - UINT64_C(0x80000))

static void print_rights(FILE *out, enum mmu_regime regime, uint64_t leaf)
{
	bool stage2 = regime == MMU_STAGE2;
	bool device = stage2 ? field_get(S2_MEMATTR, leaf) == S2_MEMATTR_DEVICE
			     : field_get(EL2_ATTRINDX, leaf) == EL2_ATTRINDX_DEVICE;
	bool writable = stage2 ? field_get(S2_S2AP, leaf) == S2_S2AP_READ_WRITE
			       : (leaf & EL2_AP_READ_ONLY) == 0;

	fprintf(out, "r%c%c%s%s", writable ? 'w' : '-', (leaf & DESC_XN) != 0 ? '-' : 'x',
		device ? " device" : "", (leaf & DESC_CONTIGUOUS) != 0 ? " contiguous" : "");
}

static void print_entry(FILE *out, const struct mmu_table *table, size_t index)
{
	const struct mmu_entry *entry = &table->entries[index];
	uint64_t input = table->base + index * mmu_entry_bytes(table->level);

	if (entry->next != NULL) {
		fprintf(out, "\t[%3zu] = TABLE(%s), /* 0x%09llx */\n", index, entry->next->name,
			(unsigned long long)input);
	} else if (entry->leaf != 0) {
		fprintf(out, "\t[%3zu] = UINT64_C(0x%016llx), /* 0x%09llx ", index,
			(unsigned long long)entry->leaf, (unsigned long long)input);
		print_rights(out, table->regime, entry->leaf);
		fputs(" ", out);
		emit_comment_text(out, entry->what);
		fputs(" */\n", out);
	}
}

static void print_entries(FILE *out, const struct mmu_table *table)
{
	for (size_t i = 0; i < table->n_entries; i++) {
		print_entry(out, table, i);
	}
}

static void print_tables(FILE *out, const struct mmu *mmu)
{
	for (size_t i = 0; i < mmu->n_tables; i++) {
		const struct mmu_table *table = mmu->tables[i];

		fputs("\n/* ", out);
		emit_comment_text(out, table->users);
		fprintf(out, ": level %u from 0x%09llx", table->level,
			(unsigned long long)table->base);
		if (table->sealed) {
			fprintf(out, "; EL2 itself: filled by `pvc seal` */\n"
				     "extern const uint64_t %s[%d];\n"
				     "const uint64_t %s[%d] TABLE_PLACE = { 0 };\n",
				table->name, MMU_ENTRIES, table->name, MMU_ENTRIES);
			continue;
		}
		fprintf(out, " */\nstatic const uint64_t %s[%d] TABLE_PLACE = {\n", table->name,
			MMU_ENTRIES);
		print_entries(out, table);
		fputs("};\n", out);
	}
}

static void print_el2_roots(FILE *out, const struct mmu *mmu)
{
	const struct {
		const char *name, *text;
		const struct mmu_table *root;
	} roots[] = {
		{ "el2_root", "EL2 at run time: its image, its devices", mmu->el2_root },
		{ "el2_load_root", "EL2 while it loads: all partition memory and windows as well",
		  mmu->el2_load_root },
	};
	size_t n = (size_t)mmu_root_bytes(mmu->el2_bits) / sizeof(uint64_t);

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		fprintf(out, "\n/* %s */\nextern const uint64_t %s[%zu];\n", roots[i].text,
			roots[i].name, n);
		fprintf(out, "const uint64_t %s[%zu] ALIGNED(%zu) SECTION(\".mmu_tables\") = {\n",
			roots[i].name, n, n * sizeof(uint64_t));
		print_entries(out, roots[i].root);
		fputs("};\n", out);
	}
}

/* Twice the same initialisers: the live roots, and what they must be while a partition runs. */
static void print_stage2_roots(FILE *out, const struct mmu *mmu, const struct system *system)
{
	static const struct {
		const char *text, *type, *name, *place;
	} kinds[] = {
		{ "The live roots: cleared to stop a partition", "uint64_t", "stage2_roots",
		  " SECTION(\".mmu_roots\")" },
		{ "The same, for starting and checking", "const uint64_t", "stage2_root_templates",
		  "" },
	};
	size_t n = (size_t)mmu_root_bytes(mmu->stage2_bits) / sizeof(uint64_t);

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		fprintf(out, "\n/* %s. */\nextern %s %s[%zu][%zu];\n", kinds[k].text, kinds[k].type,
			kinds[k].name, system->n_partitions, n);
		fprintf(out, "%s %s[%zu][%zu] ALIGNED(%zu)%s = {\n", kinds[k].type, kinds[k].name,
			system->n_partitions, n, n * sizeof(uint64_t), kinds[k].place);
		for (size_t i = 0; i < system->n_partitions; i++) {
			fputs("\t{ /* ", out);
			emit_comment_text(out, system->partitions[i].node.path);
			fputs(" */\n", out);
			print_entries(out, mmu->stage2_roots[i]);
			fputs("\t},\n", out);
		}
		fputs("};\n", out);
	}
}

static bool has_room(const struct system *system, const struct mmu *mmu)
{
	uint64_t bytes = mmu->n_tables * MMU_PAGE + 2 * mmu_root_bytes(mmu->el2_bits) +
			 2 * system->n_partitions * mmu_root_bytes(mmu->stage2_bits);

	if (bytes <= TABLES_MAX_BYTES) {
		return true;
	}
	diag_error(location_file(system->file), "page-tables",
		   "the translation tables need %llu KiB, and there is room for %llu KiB: "
		   "align memory to 2 MiB or give partitions fewer separate pieces of it",
		   (unsigned long long)(bytes / 1024),
		   (unsigned long long)(TABLES_MAX_BYTES / 1024));
	return false;
}

bool emit_mmu_tables(const struct system *system)
{
	const struct mmu *mmu = mmu_build(system);
	FILE *out;

	if (mmu == NULL || !has_room(system, mmu)) {
		return false;
	}
	out = output_open("mmu_tables.c");
	emit_c_head(out, system, "Translation tables");
	fputs("#include \"hyp/config.h\"\n\n"
	      "#define TABLE_PLACE ALIGNED(4096) SECTION(\".mmu_tables\")\n"
	      "/* Descriptor of the next level's table: bits 1:0 = 3. */\n"
	      "#define TABLE(name) ((uint64_t)(uintptr_t)(name) + 3)\n", out);
	print_tables(out, mmu);
	print_el2_roots(out, mmu);
	print_stage2_roots(out, mmu, system);
	return fclose(out) == 0;
}
