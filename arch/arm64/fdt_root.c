/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm64/fdt_root.h"

#define FDT_MAGIC      0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_PROP       3u
#define FDT_NOP        4u
#define TOKENS_MOST    256u /* of the root node, before its first child */

/* The header, in words. */
enum { MAGIC, TOTAL_BYTES, STRUCT_OFFSET, STRINGS_OFFSET, RESERVATIONS, VERSION, LAST_COMPATIBLE,
       BOOT_CPU, STRINGS_BYTES, STRUCT_BYTES, HEADER_WORDS };

static uint32_t word_at(const void *tree, uint32_t offset)
{
	return __builtin_bswap32(*(const uint32_t *)(const void *)((const char *)tree + offset));
}

/* `bytes` at `offset` lie inside `limit`. */
static bool fits(uint32_t offset, uint32_t bytes, uint32_t limit)
{
	return offset <= limit && bytes <= limit - offset;
}

static bool is_same(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

uint32_t fdt_bytes(const void *tree)
{
	uint32_t bytes = word_at(tree, 4 * TOTAL_BYTES);

	return word_at(tree, 4 * MAGIC) == FDT_MAGIC && bytes >= 4 * HEADER_WORDS &&
			       bytes <= FDT_BYTES_MOST ? bytes : 0;
}

/* Is the name at `offset` of the strings "compatible"? */
static bool is_compatible(const void *tree, uint32_t offset)
{
	static const char name[] = "compatible";
	uint32_t strings = word_at(tree, 4 * STRINGS_OFFSET);

	return fits(offset, sizeof(name), word_at(tree, 4 * STRINGS_BYTES)) &&
	       is_same((const char *)tree + strings + offset, name);
}

struct compatible fdt_root_compatible(const void *tree, uint32_t bytes)
{
	const struct compatible none = { NULL, 0 };
	uint32_t at = word_at(tree, 4 * STRUCT_OFFSET);
	uint32_t end = word_at(tree, 4 * STRUCT_BYTES);

	if (!fits(word_at(tree, 4 * STRINGS_OFFSET), word_at(tree, 4 * STRINGS_BYTES), bytes) ||
	    !fits(at, end, bytes) || at % 4 != 0 || end < 8) {
		return none;
	}
	end += at;
	if (word_at(tree, at) != FDT_BEGIN_NODE || word_at(tree, at + 4) != 0) {
		return none; /* the root's name is empty */
	}
	at += 8;
	for (uint32_t i = 0; i < TOKENS_MOST && fits(at, 12, end); i++) {
		uint32_t token = word_at(tree, at);
		uint32_t length = word_at(tree, at + 4);

		if (token == FDT_NOP) {
			at += 4;
			continue;
		}
		if (token != FDT_PROP || !fits(at + 12, length, end)) {
			return none;
		}
		if (is_compatible(tree, word_at(tree, at + 8))) {
			const char *strings = (const char *)tree + at + 12;

			return length != 0 && strings[length - 1] == '\0'
				       ? (struct compatible){ strings, length } : none;
		}
		at += 12 + (length + 3) / 4 * 4;
	}
	return none;
}

bool compatible_has(const struct compatible *list, const char *string)
{
	const char *at = list->strings;
	uint32_t left = list->bytes;

	while (left != 0) {
		if (is_same(at, string)) {
			return true;
		}
		while (*at != '\0') { /* there is one: the last byte */
			at++;
			left--;
		}
		at++;
		left--;
	}
	return false;
}
