/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading 64-bit little-endian AArch64 ELF files that need not be well-formed.
 *
 * elf_parse() checks every table against the file once; afterwards all segments and sections that
 * are handed out lie within the file, and all names end within their tables.
 *
 * Spec     "ELF for the Arm 64-bit Architecture" and the System V gABI.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A PT_LOAD program header. file_bytes <= memory_bytes. */
struct elf_segment {
	uint64_t virtual_address, physical_address;
	uint64_t file_offset, file_bytes, memory_bytes;
};

struct elf_section {
	const char *name;
	uint64_t    address, bytes;
	uint64_t    file_offset;
	bool        allocated, writable, executable;
	bool        in_file; /* false: zeroes, like .bss */
};

struct elf_symbol {
	uint64_t address, bytes;
};

struct elf {
	const uint8_t      *file;
	size_t              file_bytes;
	bool                is_executable; /* ET_EXEC: linked for fixed addresses */
	uint64_t            entry;
	struct elf_segment *segments; /* in file order */
	size_t              n_segments;
	struct elf_section *sections;
	size_t              n_sections;
	size_t              symbols, symbols_end; /* file range of .symtab; equal: none */
	size_t              strings, strings_end; /* of its names */
};

/* NULL: good. Otherwise what is wrong, to be put behind the file's name. `file` stays in use. */
const char *elf_parse(const void *file, size_t file_bytes, struct elf *elf);

/* False: there is no such symbol. */
bool elf_find_symbol(const struct elf *elf, const char *name, struct elf_symbol *symbol);

/*
 * Copies from the memory that the file describes (its segments, by virtual address). False: some of
 * the range is in no segment.
 */
bool elf_read(const struct elf *elf, uint64_t address, void *to, size_t bytes);

/* Where the file keeps the bytes of an address range; SIZE_MAX: not in it as one piece. */
size_t elf_file_offset(const struct elf *elf, uint64_t address, size_t bytes);
