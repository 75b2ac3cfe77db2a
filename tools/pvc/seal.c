/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pvc seal: the last of EL2's tables.
 *
 * What EL2's own pages allow is known only after linking: code is read-execute, everything
 * read-only stays so, the rest is read-write, and nothing is both writable and executable. This
 * fills el2_image_table, which was linked as zeroes, in the file itself.
 */
#include "tools/pvc/seal.h"

#include "tools/pvc/diag.h"
#include "tools/pvc/emit.h"
#include "tools/pvc/util.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define IMAGE_TABLE  "el2_image_table"
#define SECTIONS_MAX 1000 /* far more than a linker makes of us; keeps damaged files quick */

struct layout {
	const struct elf *elf;
	struct location   where;
	const char       *rule;
	struct el2_pages *pages;
	bool              good;
};

static const char *rights_text(unsigned rights)
{
	return (rights & MMU_EXECUTE) != 0 ? "executable"
	       : (rights & MMU_WRITE) != 0 ? "writable" : "read-only";
}

static unsigned section_rights(const struct elf_section *section)
{
	return (section->writable ? MMU_WRITE : 0) | (section->executable ? MMU_EXECUTE : 0);
}

/* Bytes of a section must be where its address says: EL2 runs at its link address. */
static bool is_placed_well(const struct elf *elf, const struct elf_section *section)
{
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *segment = &elf->segments[i];
		uint64_t at = section->address - segment->virtual_address;

		if (section->address >= segment->virtual_address &&
		    at <= segment->memory_bytes && section->bytes <= segment->memory_bytes - at) {
			return segment->virtual_address == segment->physical_address &&
			       (!section->in_file ||
				section->file_offset == segment->file_offset + at);
		}
	}
	return false;
}

static void take_page(struct layout *layout, const struct elf_section *section, size_t index)
{
	struct el2_pages *pages = layout->pages;
	const struct elf_section *other = pages->section[index];
	unsigned rights = section_rights(section);

	if (other == NULL) {
		pages->section[index] = section;
		pages->rights[index] = rights;
	} else if (pages->rights[index] != rights) {
		diag_error(layout->where, layout->rule,
			   "sections %s (%s) and %s (%s) share the page at 0x%" PRIx64
			   ": align them to 4096 bytes in the linker script",
			   other->name, rights_text(pages->rights[index]), section->name,
			   rights_text(rights), pages->base + index * MMU_PAGE);
		layout->good = false;
	}
}

static void breach(struct layout *layout, const struct elf_section *section, const char *text)
{
	diag_error(layout->where, layout->rule, "section %s (0x%" PRIx64 ", %" PRIu64 " bytes) %s",
		   section->name, section->address, section->bytes, text);
	layout->good = false;
}

static void take_section(struct layout *layout, const struct elf_section *section)
{
	struct el2_pages *pages = layout->pages;
	uint64_t end = section->address + section->bytes;

	if (section->writable && section->executable) {
		breach(layout, section, "is both writable and executable");
		return;
	}
	if (!is_placed_well(layout->elf, section)) {
		breach(layout, section, "is not loaded at its own address");
		return;
	}
	if (end > pages->base + MMU_BLOCK && section_rights(section) != 0) {
		breach(layout, section, "reaches beyond the first 2 MiB of the image, where only "
					"read-only sections may be");
		return;
	}
	for (uint64_t at = round_down(section->address, MMU_PAGE);
	     at < end && at < pages->base + MMU_BLOCK; at += MMU_PAGE) {
		take_page(layout, section, (size_t)((at - pages->base) / MMU_PAGE));
	}
	pages->end = end > pages->end ? end : pages->end;
}

static bool is_in_memory(const struct elf_section *section)
{
	return section->allocated && section->bytes > 0;
}

/* Two sections at one address: the flat image would hold only one of them. */
static void find_overlaps(struct layout *layout)
{
	const struct elf *elf = layout->elf;

	for (size_t i = 0; i < elf->n_sections; i++) {
		const struct elf_section *a = &elf->sections[i];

		for (size_t k = 0; k < i && is_in_memory(a); k++) {
			const struct elf_section *b = &elf->sections[k];

			if (is_in_memory(b) && a->address < b->address + b->bytes &&
			    b->address < a->address + a->bytes) {
				breach(layout, a, xasprintf("overlaps section %s", b->name));
			}
		}
	}
}

bool el2_pages_find(const struct elf *elf, const char *path, const char *rule,
		    struct el2_pages *pages)
{
	struct layout layout = { .elf = elf, .where = location_file(path), .rule = rule,
				 .pages = pages, .good = true };
	uint64_t lowest = UINT64_MAX;

	*pages = (struct el2_pages){ 0 };
	for (size_t i = 0; i < elf->n_sections; i++) {
		if (is_in_memory(&elf->sections[i]) && elf->sections[i].address < lowest) {
			lowest = elf->sections[i].address;
		}
	}
	if (!elf->is_executable || lowest == UINT64_MAX || elf->n_sections > SECTIONS_MAX) {
		diag_error(layout.where, rule, "is no linked program");
		return false;
	}
	if (lowest % MMU_BLOCK != 0 || lowest > UINT64_MAX - MMU_BLOCK) {
		diag_error(layout.where, rule, "its first section is at 0x%" PRIx64
			   ": it must start at a multiple of 2 MiB (IMAGE_BASE)", lowest);
		return false;
	}
	pages->base = lowest;
	for (size_t i = 0; i < elf->n_sections; i++) {
		if (is_in_memory(&elf->sections[i])) {
			take_section(&layout, &elf->sections[i]);
		}
	}
	find_overlaps(&layout);
	return layout.good;
}

uint64_t el2_page_descriptor(const struct el2_pages *pages, size_t index)
{
	return pages->section[index] == NULL
		       ? 0 : mmu_leaf(MMU_EL2, 3, pages->base + index * MMU_PAGE,
				      pages->rights[index]);
}

/* File offset of el2_image_table; SIZE_MAX: reported. */
static size_t find_image_table(const struct elf *elf, const char *path,
			       const struct el2_pages *pages)
{
	const size_t bytes = MMU_ENTRIES * sizeof(uint64_t);
	struct location where = location_file(path);
	struct elf_symbol table;
	size_t offset;

	if (!elf_find_symbol(elf, IMAGE_TABLE, &table)) {
		diag_error(where, "seal", "has no symbol " IMAGE_TABLE
			   ": link it with mmu_tables.o, and do not strip it");
		return SIZE_MAX;
	}
	offset = elf_file_offset(elf, table.address, bytes);
	if (table.bytes != bytes || table.address % MMU_PAGE != 0 || offset == SIZE_MAX ||
	    table.address < pages->base || table.address >= pages->base + MMU_BLOCK) {
		diag_error(where, "seal",
			   IMAGE_TABLE " (0x%" PRIx64 ", %" PRIu64 " bytes) is not a "
				       "page of its own in the first 2 MiB of the image",
			   table.address, table.bytes);
		return SIZE_MAX;
	}
	if (pages->rights[(table.address - pages->base) / MMU_PAGE] != 0) {
		diag_error(where, "seal", IMAGE_TABLE " (0x%" PRIx64 ") is in section %s, which is "
			   "not read-only: keep .mmu_tables apart in the linker script",
			   table.address,
			   pages->section[(table.address - pages->base) / MMU_PAGE]->name);
		return SIZE_MAX;
	}
	return offset;
}

static bool write_table(const char *path, size_t offset, const struct el2_pages *pages)
{
	uint8_t bytes[MMU_ENTRIES * sizeof(uint64_t)];
	FILE *file = fopen(path, "r+b");
	bool good = file != NULL;

	for (size_t i = 0; i < MMU_ENTRIES; i++) {
		uint64_t descriptor = el2_page_descriptor(pages, i);

		for (size_t k = 0; k < sizeof(descriptor); k++) {
			bytes[i * sizeof(descriptor) + k] = (uint8_t)(descriptor >> (8 * k));
		}
	}
	good = good && fseek(file, (long)offset, SEEK_SET) == 0 &&
	       fwrite(bytes, 1, sizeof(bytes), file) == sizeof(bytes);
	if (file != NULL) {
		good = fclose(file) == 0 && good;
	}
	if (!good) {
		diag_error(location_file(path), "seal", "cannot be written: %s", strerror(errno));
	}
	return good;
}

bool seal_elf(const char *path)
{
	size_t bytes, offset;
	char *file = file_read(path, &bytes);
	struct el2_pages pages;
	const char *problem;
	struct elf elf;

	if (file == NULL) {
		diag_error(location_file(path), "seal", "cannot be read: %s", strerror(errno));
		return false;
	}
	problem = elf_parse(file, bytes, &elf);
	if (problem != NULL) {
		diag_error(location_file(path), "seal", "%s", problem);
		return false;
	}
	if (!el2_pages_find(&elf, path, "seal", &pages)) {
		return false;
	}
	offset = find_image_table(&elf, path, &pages);
	return offset != SIZE_MAX && write_table(path, offset, &pages);
}
