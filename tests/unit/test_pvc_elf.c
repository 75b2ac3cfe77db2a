/* links: tools/pvc/elf.c tools/pvc/util.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF reader on a good file, and on that file cut and damaged in every place. */
#include "tools/pvc/elf.h"

#include "tools/pvc/util.h"

#include "hyp/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A file of one segment of 0x20 bytes (0x30 in memory), a section .text, and a symbol. */
#define SEGMENTS     64
#define TEXT         256
#define TEXT_BYTES   0x20
#define NAMES        320 /* of sections and symbols alike */
#define SYMBOLS      384
#define SECTIONS     448
#define FILE_BYTES   (SECTIONS + 4 * 64)
#define TEXT_ADDRESS UINT64_C(0x40200000)

static const char names[] = "\0.text\0.symtab\0.strtab\0system_config";

static void put(uint8_t *file, size_t at, size_t bytes, uint64_t value)
{
	for (size_t i = 0; i < bytes; i++) {
		file[at + i] = (uint8_t)(value >> (8 * i));
	}
}

static void put_section(uint8_t *file, unsigned index, const uint64_t *fields)
{
	static const size_t sizes[] = { 4, 4, 8, 8, 8, 8, 4, 4, 8, 8 };
	size_t at = SECTIONS + index * 64;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		put(file, at, sizes[i], fields[i]);
		at += sizes[i];
	}
}

static void make_file(uint8_t *file)
{
	memset(file, 0, FILE_BYTES);
	memcpy(file, "\x7f" "ELF\x02\x01\x01", 7);
	put(file, 16, 2, 2);   /* executable */
	put(file, 18, 2, 183); /* AArch64 */
	put(file, 24, 8, TEXT_ADDRESS + 4);
	put(file, 32, 8, SEGMENTS);
	put(file, 40, 8, SECTIONS);
	put(file, 54, 2, 56);
	put(file, 56, 2, 1);
	put(file, 58, 2, 64);
	put(file, 60, 2, 4);
	put(file, 62, 2, 3);

	put(file, SEGMENTS, 4, 1);
	put(file, SEGMENTS + 8, 8, TEXT);
	put(file, SEGMENTS + 16, 8, TEXT_ADDRESS);
	put(file, SEGMENTS + 24, 8, TEXT_ADDRESS);
	put(file, SEGMENTS + 32, 8, TEXT_BYTES);
	put(file, SEGMENTS + 40, 8, TEXT_BYTES + 0x10);

	for (size_t i = 0; i < TEXT_BYTES; i++) {
		file[TEXT + i] = (uint8_t)(i + 1);
	}
	memcpy(file + NAMES, names, sizeof(names));
	put(file, SYMBOLS + 24, 4, 23);
	put(file, SYMBOLS + 32, 8, TEXT_ADDRESS + 8);
	put(file, SYMBOLS + 40, 8, 16);
	put_section(file, 1,
		    (const uint64_t[]){ 1, 1, 6, TEXT_ADDRESS, TEXT, TEXT_BYTES, 0, 0, 4, 0 });
	put_section(file, 2, (const uint64_t[]){ 7, 2, 0, 0, SYMBOLS, 48, 3, 0, 8, 24 });
	put_section(file, 3, (const uint64_t[]){ 15, 3, 0, 0, NAMES, sizeof(names), 0, 0, 1, 0 });
}

static void test_good(void **state)
{
	uint8_t file[FILE_BYTES], bytes[0x30];
	struct elf_symbol symbol;
	struct elf elf;

	(void)state;
	make_file(file);
	assert_null(elf_parse(file, sizeof(file), &elf));
	assert_true(elf.is_executable);
	assert_int_equal(elf.entry, TEXT_ADDRESS + 4);
	assert_int_equal(elf.n_segments, 1);
	assert_int_equal(elf.n_sections, 3);
	assert_string_equal(elf.sections[0].name, ".text");
	assert_true(elf.sections[0].allocated && elf.sections[0].executable);
	assert_false(elf.sections[0].writable);

	assert_true(elf_find_symbol(&elf, "system_config", &symbol));
	assert_int_equal(symbol.address, TEXT_ADDRESS + 8);
	assert_int_equal(symbol.bytes, 16);
	assert_false(elf_find_symbol(&elf, "system_configuration", &symbol));

	assert_true(elf_read(&elf, TEXT_ADDRESS, bytes, 0x30));
	assert_int_equal(bytes[0x1f], 0x20);
	assert_int_equal(bytes[0x20], 0); /* zero filled */
	assert_false(elf_read(&elf, TEXT_ADDRESS + 1, bytes, 0x30));
	assert_false(elf_read(&elf, TEXT_ADDRESS - 1, bytes, 2));
	assert_false(elf_read(&elf, UINT64_MAX, bytes, 2));
	assert_int_equal(elf_file_offset(&elf, TEXT_ADDRESS + 8, 16), TEXT + 8);
	assert_int_equal(elf_file_offset(&elf, TEXT_ADDRESS + 8, 0x20), SIZE_MAX);
	assert_int_equal(elf_file_offset(&elf, TEXT_ADDRESS + 0x28, 8), SIZE_MAX);
	arena_free();
}

/* Whatever parses must keep what elf.h promises; the sanitizers watch the rest. */
static void use(const uint8_t *file, size_t file_bytes)
{
	/* A copy of its own, so that the first byte behind it is out of bounds. */
	uint8_t *copy = xmalloc(file_bytes);
	struct elf_symbol symbol = { 0 };
	uint8_t bytes[64];
	struct elf elf;

	memcpy(copy, file, file_bytes);
	if (elf_parse(copy, file_bytes, &elf) == NULL) {
		for (size_t i = 0; i < elf.n_segments; i++) {
			const struct elf_segment *segment = &elf.segments[i];

			assert_true(segment->file_offset <= file_bytes &&
				    segment->file_bytes <= file_bytes - segment->file_offset);
			elf_read(&elf, segment->virtual_address, bytes, sizeof(bytes));
			elf_read(&elf, segment->virtual_address + segment->memory_bytes - 1, bytes,
				 sizeof(bytes));
		}
		for (size_t i = 0; i < elf.n_sections; i++) {
			const struct elf_section *section = &elf.sections[i];

			assert_true(strlen(section->name) < file_bytes);
			assert_true(!section->in_file ||
				    (section->file_offset <= file_bytes &&
				     section->bytes <= file_bytes - section->file_offset));
		}
		if (elf_find_symbol(&elf, "system_config", &symbol)) {
			elf_read(&elf, symbol.address, bytes, sizeof(bytes));
			elf_file_offset(&elf, symbol.address, (size_t)symbol.bytes);
		}
	}
	arena_free();
}

static void test_cut(void **state)
{
	uint8_t file[FILE_BYTES];
	struct elf elf;

	(void)state;
	make_file(file);
	for (size_t n = 0; n < FILE_BYTES; n++) {
		/* Section headers come last: no cut file is good. */
		assert_non_null(elf_parse(file, n, &elf));
		arena_free();
		use(file, n);
	}
}

static void test_damaged(void **state)
{
	static const uint8_t values[] = { 0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff };
	uint8_t good[FILE_BYTES], file[FILE_BYTES];

	(void)state;
	make_file(good);
	for (size_t at = 0; at < FILE_BYTES; at++) {
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			memcpy(file, good, sizeof(file));
			file[at] = values[i];
			use(file, sizeof(file));
			/* The same in eight bytes: sizes and offsets near 2^64. */
			memset(file + at, values[i], at + 8 <= FILE_BYTES ? 8 : 1);
			use(file, sizeof(file));
		}
	}
}

static void test_refused(void **state)
{
	static const struct {
		size_t at, bytes;
		uint64_t value;
		const char *problem;
	} cases[] = {
		{ 0, 1, 0x7e, "is no ELF file" },
		{ 4, 1, 1, "is no 64-bit little-endian ELF file" },
		{ 5, 1, 2, "is no 64-bit little-endian ELF file" },
		{ 18, 2, 62, "is an ELF file for another architecture than AArch64" },
		{ 54, 2, 32, "its program headers have an unknown size" },
		{ 58, 2, 40, "its section headers have an unknown size" },
		{ 62, 2, 4, "has no names for its sections" },
		{ SEGMENTS + 8, 8, FILE_BYTES, "is truncated: a segment reaches beyond its end" },
		{ SEGMENTS + 40, 8, TEXT_BYTES - 1, "has a segment with impossible sizes" },
		{ SEGMENTS + 16, 8, UINT64_MAX, "has a segment with impossible sizes" },
		{ SECTIONS + 64, 4, 1000, "has a section without a name" },
		{ SECTIONS + 64 + 32, 8, FILE_BYTES,
		  "is truncated: a section reaches beyond its end" },
		{ SECTIONS + 128 + 40, 4, 9, "has a symbol table without names" },
	};
	uint8_t file[FILE_BYTES];
	struct elf elf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *problem;

		make_file(file);
		put(file, cases[i].at, cases[i].bytes, cases[i].value);
		problem = elf_parse(file, sizeof(file), &elf);
		assert_non_null(problem);
		assert_string_equal(problem, cases[i].problem);
		arena_free();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
