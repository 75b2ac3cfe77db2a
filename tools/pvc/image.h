/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recognises what a partition shall run.
 *
 * Spec  Linux Documentation/arch/arm64/booting.rst, "Call the kernel image"; ELF-64 Object File
 *       Format 1.5; ELF for the Arm 64-bit Architecture (AAELF64).
 */
#pragma once

#include "tools/pvc/model.h"

#include <stddef.h>
#include <stdint.h>

/* A part of the file with its place in the partition's memory. */
struct segment {
	uint64_t file_offset, file_bytes;
	uint64_t address;      /* IMAGE_ELF: physical, as the partition sees it; others: 0 */
	uint64_t memory_bytes; /* >= file_bytes; the rest is zero */
};

struct image {
	enum image_kind kind;
	uint64_t        text_offset; /* IMAGE_LINUX: from a 2 MiB boundary */
	uint64_t        used_bytes;  /* IMAGE_LINUX: what the kernel uses, BSS included */
	uint64_t        entry;       /* IMAGE_ELF */
	struct segment *segments;    /* all kinds; in file order */
	size_t          n_segments;
};

/*
 * NULL, or what is wrong, in words that fit behind the file's name. Reads nothing outside
 * bytes[0..n).
 */
const char *image_parse(const uint8_t *bytes, size_t n, struct image *image);
