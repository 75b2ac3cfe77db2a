/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/image.h"

#include "tools/pvc/util.h"

#include <elf.h>
#include <string.h>

/* The 64-byte header of an arm64 Image. */
#define IMAGE_HEADER_BYTES     64u
#define IMAGE_TEXT_OFFSET      8u
#define IMAGE_SIZE             16u
#define IMAGE_FLAGS            24u
#define IMAGE_MAGIC            56u
#define IMAGE_FLAG_BIG_ENDIAN  1u
#define OLD_TEXT_OFFSET        UINT64_C(0x80000) /* if IMAGE_SIZE is 0: before 3.17 */
#define TEXT_OFFSET_MOST       (UINT64_C(1) << 30)

/* Programs have two to five; EL2 copies each at start. */
#define SEGMENTS_MOST          32u

static const uint8_t linux_magic[] = { 'A', 'R', 'M', 0x64 };

static bool has_magic(const uint8_t *bytes, size_t n, size_t at, const void *magic, size_t length)
{
	return n >= at + length && memcmp(bytes + at, magic, length) == 0;
}

static uint64_t little_endian(const uint8_t *bytes, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		value |= (uint64_t)bytes[i] << 8 * i;
	}
	return value;
}

static void add_segment(struct image *image, struct segment segment)
{
	image->segments = xextend(image->segments, image->n_segments, sizeof(segment));
	image->segments[image->n_segments++] = segment;
}

/* ---- arm64 Image --------------------------------------------------------------- */

static const char *parse_linux(const uint8_t *bytes, size_t n, struct image *image)
{
	image->kind = IMAGE_LINUX;
	image->text_offset = little_endian(bytes + IMAGE_TEXT_OFFSET, 8);
	image->used_bytes = little_endian(bytes + IMAGE_SIZE, 8);
	if ((little_endian(bytes + IMAGE_FLAGS, 8) & IMAGE_FLAG_BIG_ENDIAN) != 0) {
		return "is a big-endian kernel; Paravent starts partitions little-endian";
	}
	if (image->used_bytes == 0) {
		image->text_offset = OLD_TEXT_OFFSET;
	}
	if (image->text_offset > TEXT_OFFSET_MOST) {
		return "has a text_offset of more than 1 GiB in its header: is it damaged?";
	}
	if (image->used_bytes < n) {
		image->used_bytes = n;
	}
	add_segment(image, (struct segment){ .file_bytes = n, .memory_bytes = n });
	return NULL;
}

/* ---- ELF ----------------------------------------------------------------------- */

static const char *check_elf_header(const Elf64_Ehdr *header, size_t n)
{
	if (header->e_ident[EI_CLASS] != ELFCLASS64) {
		return "is a 32-bit ELF file; AArch64 is needed";
	}
	if (header->e_ident[EI_DATA] != ELFDATA2LSB) {
		return "is a big-endian ELF file; Paravent starts partitions little-endian";
	}
	if (header->e_machine != EM_AARCH64) {
		return xasprintf("is an ELF file for another machine (%u, AArch64 is %u)",
				 header->e_machine, EM_AARCH64);
	}
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN) {
		return "is an ELF file, but not a linked program (is it an object file?)";
	}
	if (header->e_phnum == 0 || header->e_phnum == PN_XNUM ||
	    header->e_phentsize != sizeof(Elf64_Phdr)) {
		return "is an ELF file without usable program headers";
	}
	if (header->e_phoff > n || header->e_phnum * sizeof(Elf64_Phdr) > n - header->e_phoff) {
		return "is truncated: its ELF program headers lie beyond its end";
	}
	return NULL;
}

static const char *add_elf_segment(const Elf64_Phdr *program, size_t n, struct image *image)
{
	if (program->p_offset > n || program->p_filesz > n - program->p_offset) {
		return "is truncated: an ELF segment lies beyond its end";
	}
	if (program->p_memsz < program->p_filesz ||
	    program->p_memsz - 1 > UINT64_MAX - program->p_paddr) {
		return "has an ELF segment whose size makes no sense: is it damaged?";
	}
	if (image->n_segments == SEGMENTS_MOST) {
		return xasprintf("has more than %u loadable ELF segments", SEGMENTS_MOST);
	}
	add_segment(image, (struct segment){
		.file_offset = program->p_offset,
		.file_bytes = program->p_filesz,
		.address = program->p_paddr,
		.memory_bytes = program->p_memsz,
	});
	return NULL;
}

/*
 * e_entry is a virtual address; the partition starts with the MMU off and needs the physical one.
 */
static bool find_entry(const Elf64_Phdr *program, uint64_t entry, uint64_t *physical)
{
	if (entry < program->p_vaddr || entry - program->p_vaddr >= program->p_memsz) {
		return false;
	}
	*physical = program->p_paddr + (entry - program->p_vaddr);
	return true;
}

static const char *parse_elf(const uint8_t *bytes, size_t n, struct image *image)
{
	bool has_entry = false;
	const char *problem;
	Elf64_Ehdr header;

	image->kind = IMAGE_ELF;
	if (n < sizeof(header)) {
		return "is truncated: shorter than an ELF header";
	}
	memcpy(&header, bytes, sizeof(header));
	problem = check_elf_header(&header, n);
	for (size_t i = 0; problem == NULL && i < header.e_phnum; i++) {
		Elf64_Phdr program;

		memcpy(&program, bytes + header.e_phoff + i * sizeof(program), sizeof(program));
		if (program.p_type != PT_LOAD || program.p_memsz == 0) {
			continue;
		}
		problem = add_elf_segment(&program, n, image);
		has_entry = has_entry || find_entry(&program, header.e_entry, &image->entry);
	}
	if (problem == NULL && !has_entry) {
		return image->n_segments == 0 ? "is an ELF file with nothing to load" :
						"has an ELF entry point outside its segments";
	}
	return problem;
}

/* ---- What people mistake for one of these -------------------------------------- */

static const char *name_unusable(const uint8_t *bytes, size_t n)
{
	static const struct {
		const char *magic;
		size_t      at, length;
		const char *problem;
	} known[] = {
		{ "\x1f\x8b", 0, 2, "is gzip-compressed: unpack it first (gunzip)" },
		{ "\xfd"
		  "7zXZ",
		  0, 5, "is xz-compressed: unpack it first (unxz)" },
		{ "\x28\xb5\x2f\xfd", 0, 4, "is zstd-compressed: unpack it first (unzstd)" },
		{ "zimg", 4, 4, "is a compressed EFI kernel (zboot): give the Image inside" },
		{ "\x27\x05\x19\x56", 0, 4, "is a U-Boot uImage: give the Image inside" },
		{ "\xd0\x0d\xfe\xed", 0, 4,
		  "is a devicetree or a FIT image: give the kernel itself" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (has_magic(bytes, n, known[i].at, known[i].magic, known[i].length)) {
			return known[i].problem;
		}
	}
	return NULL;
}

const char *image_parse(const uint8_t *bytes, size_t n, struct image *image)
{
	const char *problem = name_unusable(bytes, n);

	*image = (struct image){ .kind = IMAGE_RAW };
	if (n == 0) {
		return "is empty";
	}
	if (problem != NULL) {
		return problem;
	}
	if (has_magic(bytes, n, 0, ELFMAG, SELFMAG)) {
		return parse_elf(bytes, n, image);
	}
	if (n >= IMAGE_HEADER_BYTES &&
	    has_magic(bytes, n, IMAGE_MAGIC, linux_magic, sizeof(linux_magic))) {
		return parse_linux(bytes, n, image);
	}
	add_segment(image, (struct segment){ .file_bytes = n, .memory_bytes = n });
	return NULL;
}
