/* links: tools/pvc/image.c tools/pvc/util.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* What partitions run: recognised, refused with a reason, and never read beyond its end. */
#include "tools/pvc/image.h"

#include "hyp/types.h"
#include "tools/pvc/util.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FILE_BYTES 0x1000

struct program {
	Elf64_Ehdr header;
	Elf64_Phdr segments[3];
	uint8_t    text[FILE_BYTES - sizeof(Elf64_Ehdr) - 3 * sizeof(Elf64_Phdr)];
};

_Static_assert(sizeof(struct program) == FILE_BYTES, "no padding");

/* Two segments to load and one that is not, linked at 0x80000000 for memory at 0x40000000. */
static struct program good_program(void)
{
	struct program program = {
		.header = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_AARCH64, .e_version = EV_CURRENT,
			.e_entry = 0x80000010, .e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3,
		},
		.segments = {
			{ .p_type = PT_LOAD, .p_offset = 0x200, .p_vaddr = 0x80000000,
			  .p_paddr = 0x40000000, .p_filesz = 0x100, .p_memsz = 0x100 },
			{ .p_type = PT_NOTE, .p_offset = 0x100, .p_vaddr = 0x1, .p_paddr = 0x1,
			  .p_filesz = 0x10, .p_memsz = 0x10 },
			{ .p_type = PT_LOAD, .p_offset = 0x300, .p_vaddr = 0x80001000,
			  .p_paddr = 0x40001000, .p_filesz = 0x10, .p_memsz = 0x2000 },
		},
	};

	return program;
}

/* On the heap and of exactly n bytes, so that a sanitizer sees any byte read beyond them. */
static const char *parse(const void *bytes, size_t n, struct image *image)
{
	uint8_t *copy = xmalloc(n);

	memcpy(copy, bytes, n);
	return image_parse(copy, n, image);
}

static void elf_programs(void **state)
{
	struct program program = good_program();
	struct image image;

	(void)state;
	assert_null(parse(&program, sizeof(program), &image));
	assert_int_equal(image.kind, IMAGE_ELF);
	assert_int_equal(image.entry, 0x40000010); /* physical: the MMU is off at entry */
	assert_int_equal(image.n_segments, 2);
	assert_int_equal(image.segments[0].address, 0x40000000);
	assert_int_equal(image.segments[1].file_offset, 0x300);
	assert_int_equal(image.segments[1].file_bytes, 0x10);
	assert_int_equal(image.segments[1].memory_bytes, 0x2000);
}

static void assert_refused(const struct program *program, size_t n, const char *reason)
{
	struct image image;
	const char *problem = parse(program, n, &image);

	assert_non_null(problem);
	if (strstr(problem, reason) == NULL) {
		fail_msg("\"%s\" does not say \"%s\"", problem, reason);
	}
}

static void bad_programs(void **state)
{
	struct program program;

	(void)state;
	program = good_program();
	assert_refused(&program, 20, "truncated");
	assert_refused(&program, sizeof(Elf64_Ehdr) + 10, "truncated");
	assert_refused(&program, 0x300, "truncated");
	program.header.e_ident[EI_CLASS] = ELFCLASS32;
	assert_refused(&program, sizeof(program), "32-bit");
	program = good_program();
	program.header.e_ident[EI_DATA] = ELFDATA2MSB;
	assert_refused(&program, sizeof(program), "big-endian");
	program = good_program();
	program.header.e_machine = EM_X86_64;
	assert_refused(&program, sizeof(program), "another machine");
	program = good_program();
	program.header.e_type = ET_REL;
	assert_refused(&program, sizeof(program), "object file");
	program = good_program();
	program.header.e_phnum = 0;
	assert_refused(&program, sizeof(program), "program headers");
	program = good_program();
	program.header.e_phoff = UINT64_MAX - 8;
	assert_refused(&program, sizeof(program), "truncated");
	program = good_program();
	program.segments[0].p_offset = UINT64_MAX;
	assert_refused(&program, sizeof(program), "truncated");
	program = good_program();
	program.segments[2].p_memsz = 8;
	assert_refused(&program, sizeof(program), "makes no sense");
	program = good_program();
	program.segments[2].p_paddr = UINT64_MAX - 0x100;
	assert_refused(&program, sizeof(program), "makes no sense");
	program = good_program();
	program.header.e_entry = 0x80000100;
	assert_refused(&program, sizeof(program), "entry point");
	program = good_program();
	program.segments[0].p_type = program.segments[2].p_type = PT_NOTE;
	assert_refused(&program, sizeof(program), "nothing to load");
}

static void many_segments(void **state)
{
	uint8_t file[sizeof(Elf64_Ehdr) + 33 * sizeof(Elf64_Phdr)] = { 0 };
	struct program program = good_program();
	struct image image;

	(void)state;
	program.header.e_phnum = 33;
	program.segments[0].p_offset = 0;
	program.segments[0].p_filesz = 16;
	memcpy(file, &program.header, sizeof(program.header));
	for (size_t i = 0; i < 33; i++) {
		memcpy(file + sizeof(Elf64_Ehdr) + i * sizeof(Elf64_Phdr), &program.segments[0],
		       sizeof(Elf64_Phdr));
	}
	assert_string_equal(parse(file, sizeof(file), &image),
			    "has more than 32 loadable ELF segments");
}

static void put64(uint8_t *bytes, uint64_t value)
{
	for (size_t i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(value >> 8 * i);
	}
}

static void linux_images(void **state)
{
	uint8_t file[0x200] = { 0 };
	struct image image;

	(void)state;
	memcpy(file + 56, "ARM\x64", 4);
	put64(file + 8, 0x80000);
	put64(file + 16, 0x300000);
	file[24] = 0xa;
	assert_null(parse(file, sizeof(file), &image));
	assert_int_equal(image.kind, IMAGE_LINUX);
	assert_int_equal(image.text_offset, 0x80000);
	assert_int_equal(image.used_bytes, 0x300000);
	assert_int_equal(image.segments[0].file_bytes, sizeof(file));

	put64(file + 16, 0x100); /* a header that claims less than the file holds */
	assert_null(parse(file, sizeof(file), &image));
	assert_int_equal(image.used_bytes, sizeof(file));

	put64(file + 8, 0); /* before 3.17: image_size 0 means text_offset is not to be believed */
	put64(file + 16, 0);
	assert_null(parse(file, sizeof(file), &image));
	assert_int_equal(image.text_offset, 0x80000);

	put64(file + 16, 1);
	put64(file + 8, UINT64_MAX);
	assert_non_null(strstr(parse(file, sizeof(file), &image), "text_offset"));
	file[24] = 0xb;
	assert_non_null(strstr(parse(file, sizeof(file), &image), "big-endian"));
	assert_null(parse(file, 63, &image)); /* too short for a header: a raw binary */
	assert_int_equal(image.kind, IMAGE_RAW);
}

static void others(void **state)
{
	static const struct {
		const char *bytes;
		size_t      n;
		const char *reason; /* NULL: a raw binary */
	} cases[] = {
		{ "", 0, "empty" },
		{ "\x1f\x8b", 2, "gzip" },
		{ "\xfd" "7zXZ", 5, "xz" },
		{ "\x28\xb5\x2f\xfd", 4, "zstd" },
		{ "MZ\0\0zimg", 8, "zboot" },
		{ "\x27\x05\x19\x56", 4, "uImage" },
		{ "\xd0\x0d\xfe\xed", 4, "FIT" },
		{ "\x1f", 1, NULL },
		{ "\x7f" "EL", 3, NULL },
		{ "MZ", 2, NULL },
	};
	struct image image;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *problem = parse(cases[i].bytes, cases[i].n, &image);

		if (cases[i].reason == NULL) {
			assert_null(problem);
			assert_int_equal(image.kind, IMAGE_RAW);
			assert_int_equal(image.segments[0].file_bytes, cases[i].n);
		} else {
			assert_non_null(problem);
			assert_non_null(strstr(problem, cases[i].reason));
		}
	}
}

/* Whatever is accepted lies inside the file and does not wrap, however the file was damaged. */
static void damaged_programs(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct program program = good_program();
		uint8_t *bytes = (uint8_t *)&program;
		struct image image;
		size_t n = sizeof(program);

		for (unsigned change = 0; change < 1 + round % 4; change++) {
			random = random * 1664525 + 1013904223;
			bytes[(random >> 8) % offsetof(struct program, text)] =
				(uint8_t)(random >> 24);
		}
		if (round % 8 == 0) {
			n = random % sizeof(program);
		}
		if (parse(bytes, n, &image) != NULL) {
			continue;
		}
		assert_in_range(image.n_segments, 1, 32);
		for (size_t i = 0; i < image.n_segments; i++) {
			const struct segment *segment = &image.segments[i];

			assert_true(segment->file_offset <= n &&
				    segment->file_bytes <= n - segment->file_offset);
			assert_true(segment->file_bytes <= segment->memory_bytes);
			assert_true(segment->memory_bytes - 1 <= UINT64_MAX - segment->address);
		}
		arena_free();
	}
	arena_free();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(elf_programs), cmocka_unit_test(bad_programs),
		cmocka_unit_test(many_segments), cmocka_unit_test(linux_images),
		cmocka_unit_test(others), cmocka_unit_test(damaged_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
