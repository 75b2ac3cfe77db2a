/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/elf.h"

#include "tools/pvc/util.h"

#include <string.h>

#define HEADER_BYTES  64
#define SEGMENT_BYTES 56
#define SECTION_BYTES 64
#define SYMBOL_BYTES  24

#define CLASS_64        2
#define DATA_LITTLE     1
#define TYPE_EXEC       2
#define MACHINE_AARCH64 183

#define PT_LOAD       1
#define SHT_SYMTAB    2
#define SHT_NOBITS    8
#define SHF_WRITE     UINT64_C(1)
#define SHF_ALLOC     UINT64_C(2)
#define SHF_EXECINSTR UINT64_C(4)

static uint64_t get(const uint8_t *from, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = bytes; i > 0; i--) {
		value = value << 8 | from[i - 1];
	}
	return value;
}

static uint16_t get16(const uint8_t *from)
{
	return (uint16_t)get(from, 2);
}

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)get(from, 4);
}

static uint64_t get64(const uint8_t *from)
{
	return get(from, 8);
}

static bool is_in_file(const struct elf *elf, uint64_t offset, uint64_t bytes)
{
	return offset <= elf->file_bytes && bytes <= elf->file_bytes - offset;
}

static bool has_overflow(uint64_t address, uint64_t bytes)
{
	return address + bytes < address;
}

/* Bytes of a table of `n` entries are within the file; n < 65536, so that nothing overflows. */
static bool is_table_in_file(const struct elf *elf, uint64_t offset, size_t n, size_t entry_bytes)
{
	return is_in_file(elf, offset, (uint64_t)n * entry_bytes);
}

static const char *parse_segments(struct elf *elf)
{
	const uint64_t table = get64(elf->file + 32);
	const size_t n = get16(elf->file + 56);

	if (n > 0 && get16(elf->file + 54) != SEGMENT_BYTES) {
		return "its program headers have an unknown size";
	}
	if (!is_table_in_file(elf, table, n, SEGMENT_BYTES)) {
		return "is truncated: its program headers are not in it";
	}
	elf->segments = xarray(n, sizeof(*elf->segments));
	for (size_t i = 0; i < n; i++) {
		const uint8_t *from = elf->file + table + i * SEGMENT_BYTES;
		const struct elf_segment segment = {
			.file_offset = get64(from + 8),
			.virtual_address = get64(from + 16),
			.physical_address = get64(from + 24),
			.file_bytes = get64(from + 32),
			.memory_bytes = get64(from + 40),
		};

		if (get32(from) != PT_LOAD) {
			continue;
		}
		if (!is_in_file(elf, segment.file_offset, segment.file_bytes)) {
			return "is truncated: a segment reaches beyond its end";
		}
		if (segment.file_bytes > segment.memory_bytes ||
		    has_overflow(segment.virtual_address, segment.memory_bytes) ||
		    has_overflow(segment.physical_address, segment.memory_bytes)) {
			return "has a segment with impossible sizes";
		}
		elf->segments[elf->n_segments++] = segment;
	}
	return NULL;
}

/* A string in a table of the file; NULL when it does not end in there. */
static const char *get_string(const struct elf *elf, size_t table, size_t end, uint64_t offset)
{
	if (offset >= end - table) {
		return NULL;
	}

	const uint8_t *text = elf->file + table + offset;

	return memchr(text, '\0', end - table - (size_t)offset) != NULL ? (const char *)text : NULL;
}

/* The file range of section header `index`'s bytes. */
static bool section_range(const struct elf *elf, uint64_t table, size_t n, size_t index,
			  size_t *start, size_t *end)
{
	if (index >= n) {
		return false;
	}

	const uint8_t *from = elf->file + table + index * SECTION_BYTES;

	if (get32(from + 4) == SHT_NOBITS || !is_in_file(elf, get64(from + 24), get64(from + 32))) {
		return false;
	}
	*start = (size_t)get64(from + 24);
	*end = *start + (size_t)get64(from + 32);
	return true;
}

static const char *parse_section(struct elf *elf, const uint8_t *from, size_t names,
				 size_t names_end)
{
	const uint64_t flags = get64(from + 8);
	const struct elf_section section = {
		.name = get_string(elf, names, names_end, get32(from)),
		.address = get64(from + 16),
		.file_offset = get64(from + 24),
		.bytes = get64(from + 32),
		.allocated = (flags & SHF_ALLOC) != 0,
		.writable = (flags & SHF_WRITE) != 0,
		.executable = (flags & SHF_EXECINSTR) != 0,
		.in_file = get32(from + 4) != SHT_NOBITS,
	};

	if (section.name == NULL) {
		return "has a section without a name";
	}
	if (section.in_file && !is_in_file(elf, section.file_offset, section.bytes)) {
		return "is truncated: a section reaches beyond its end";
	}
	if (has_overflow(section.address, section.bytes)) {
		return "has a section with impossible sizes";
	}
	elf->sections[elf->n_sections++] = section;
	return NULL;
}

static const char *parse_sections(struct elf *elf)
{
	const uint64_t table = get64(elf->file + 40);
	const size_t n = get16(elf->file + 60);
	size_t names, names_end;

	if (n == 0) {
		return NULL;
	}
	if (get16(elf->file + 58) != SECTION_BYTES) {
		return "its section headers have an unknown size";
	}
	if (!is_table_in_file(elf, table, n, SECTION_BYTES)) {
		return "is truncated: its section headers are not in it";
	}
	if (!section_range(elf, table, n, get16(elf->file + 62), &names, &names_end)) {
		return "has no names for its sections";
	}
	elf->sections = xarray(n, sizeof(*elf->sections));
	for (size_t i = 1; i < n; i++) { /* header 0 is reserved */
		const uint8_t *from = elf->file + table + i * SECTION_BYTES;
		const char *problem = parse_section(elf, from, names, names_end);

		if (problem != NULL) {
			return problem;
		}
		if (get32(from + 4) == SHT_SYMTAB &&
		    (!section_range(elf, table, n, i, &elf->symbols, &elf->symbols_end) ||
		     !section_range(elf, table, n, get32(from + 40), &elf->strings,
				    &elf->strings_end))) {
			return "has a symbol table without names";
		}
	}
	return NULL;
}

const char *elf_parse(const void *file, size_t file_bytes, struct elf *elf)
{
	static const uint8_t magic[] = { 0x7f, 'E', 'L', 'F' };
	const char *problem;

	*elf = (struct elf){ .file = file, .file_bytes = file_bytes };
	if (file_bytes < HEADER_BYTES || memcmp(file, magic, sizeof(magic)) != 0) {
		return "is no ELF file";
	}
	if (elf->file[4] != CLASS_64 || elf->file[5] != DATA_LITTLE) {
		return "is no 64-bit little-endian ELF file";
	}
	if (get16(elf->file + 18) != MACHINE_AARCH64) {
		return "is an ELF file for another architecture than AArch64";
	}
	elf->is_executable = get16(elf->file + 16) == TYPE_EXEC;
	elf->entry = get64(elf->file + 24);
	problem = parse_segments(elf);
	return problem != NULL ? problem : parse_sections(elf);
}

bool elf_find_symbol(const struct elf *elf, const char *name, struct elf_symbol *symbol)
{
	for (size_t at = elf->symbols; elf->symbols_end - at >= SYMBOL_BYTES; at += SYMBOL_BYTES) {
		const uint8_t *from = elf->file + at;
		const char *text = get_string(elf, elf->strings, elf->strings_end, get32(from));

		if (text != NULL && strcmp(text, name) == 0) {
			symbol->address = get64(from + 8);
			symbol->bytes = get64(from + 16);
			return true;
		}
	}
	return false;
}

/* The segment that holds an address, and how many bytes from there on. */
static const struct elf_segment *find_segment(const struct elf *elf, uint64_t address)
{
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *segment = &elf->segments[i];

		if (address >= segment->virtual_address &&
		    address - segment->virtual_address < segment->memory_bytes) {
			return segment;
		}
	}
	return NULL;
}

bool elf_read(const struct elf *elf, uint64_t address, void *to, size_t bytes)
{
	uint8_t *out = to;

	while (bytes > 0) {
		const struct elf_segment *segment = find_segment(elf, address);

		if (segment == NULL) {
			return false;
		}

		uint64_t at = address - segment->virtual_address;
		uint64_t left = (at < segment->file_bytes ? segment->file_bytes
							  : segment->memory_bytes) - at;
		size_t part = left < bytes ? (size_t)left : bytes;

		if (at < segment->file_bytes) {
			memcpy(out, elf->file + segment->file_offset + at, part);
		} else {
			memset(out, 0, part);
		}
		out += part;
		address += part;
		bytes -= part;
	}
	return true;
}

size_t elf_file_offset(const struct elf *elf, uint64_t address, size_t bytes)
{
	const struct elf_segment *segment = find_segment(elf, address);

	if (segment == NULL) {
		return SIZE_MAX;
	}

	uint64_t at = address - segment->virtual_address;

	if (at > segment->file_bytes || bytes > segment->file_bytes - at) {
		return SIZE_MAX;
	}
	return (size_t)(segment->file_offset + at);
}
