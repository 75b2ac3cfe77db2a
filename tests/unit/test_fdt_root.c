/* links: arch/arm64/fdt_root.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* The root's compatible in good trees, and in trees that lie about every number they hold. */
#include "arch/arm64/fdt_root.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAGIC, TOTAL, STRUCTS, STRINGS, RESERVED, VERSION, LAST, BOOT_CPU, N_STRINGS, N_STRUCTS };

#define HEADER  40u
#define N_WORDS 26u /* of the structure block */
#define BYTES   (HEADER + 4 * N_WORDS + 20)

static struct compatible find(const uint8_t *tree, uint32_t bytes)
{
	/* Exactly so large: the sanitizer sees a byte too many. */
	uint32_t *copy = malloc(bytes);
	static char strings[BYTES];
	struct compatible found = { NULL, 0 };

	memcpy(copy, tree, bytes);
	if (fdt_bytes(copy) == bytes) {
		found = fdt_root_compatible(copy, bytes);
	}
	if (found.strings != NULL) {
		assert_true(found.bytes <= bytes);
		memcpy(strings, found.strings, found.bytes);
		assert_int_equal(strings[found.bytes - 1], '\0');
		(void)compatible_has(&found, "x"); /* reads all of it */
		found.strings = strings;
	}
	free(copy);
	return found;
}

static void put(uint8_t *tree, uint32_t offset, uint32_t word)
{
	for (uint32_t i = 0; i < 4; i++) {
		tree[offset + i] = (uint8_t)(word >> (24 - 8 * i));
	}
}

/* / { model = "m"; NOP; compatible = "a,board", "a,soc"; child { }; }; */
static void make(uint8_t *tree)
{
	static const uint32_t words[] = {
		1, 0, 3, 2, 11, 0x6d000000, 4, 3, 14, 0, 0x612c626f, 0x61726400, 0x612c736f, 0x63000000,
		1, 0x63000000, 3, 2, 0, 0x7a000000, 2, 2, 9, 9, 9, 9,
	};
	static const uint32_t header[] = { 0xd00dfeed, BYTES, HEADER, HEADER + 4 * N_WORDS, 0, 17, 16,
					   0, 20, 4 * N_WORDS };

	memset(tree, 0, BYTES);
	for (uint32_t i = 0; i < ARRAY_SIZE(header); i++) {
		put(tree, 4 * i, header[i]);
	}
	for (uint32_t i = 0; i < N_WORDS; i++) {
		put(tree, HEADER + 4 * i, words[i]);
	}
	memcpy(tree + HEADER + 4 * N_WORDS, "compatible\0model", 17);
}

static void a_good_tree_names_its_board(void **state)
{
	uint8_t tree[BYTES];

	(void)state;
	make(tree);
	struct compatible found = find(tree, BYTES);

	assert_int_equal(found.bytes, 14);
	assert_string_equal(found.strings, "a,board");
	assert_true(compatible_has(&found, "a,board"));
	assert_true(compatible_has(&found, "a,soc"));
	assert_false(compatible_has(&found, "a,so"));
	assert_false(compatible_has(&found, "a,soc2"));
	assert_false(compatible_has(&found, ""));
	assert_false(compatible_has(&(struct compatible){ NULL, 0 }, "a,soc"));
}

static void what_is_wrong_is_no_tree(void **state)
{
	static const struct {
		uint32_t offset, word;
	} lies[] = {
		{ 4 * MAGIC, 0xd00dfeee },   { 4 * TOTAL, 39 },         { 4 * TOTAL, 0x200001 },
		{ 4 * STRUCTS, BYTES },      { 4 * STRUCTS, 0xfffffffc }, { 4 * STRUCTS, HEADER + 1 },
		{ 4 * STRUCTS, HEADER + 4 }, { 4 * STRINGS, BYTES },    { 4 * STRINGS, 0xffffffff },
		{ 4 * N_STRINGS, 0xffffffff }, { 4 * N_STRINGS, 10 },   { 4 * N_STRUCTS, 0xffffffff },
		{ 4 * N_STRUCTS, 4 },        { 4 * N_STRUCTS, 4 * N_WORDS + 21 },
		{ HEADER, 2 },               { HEADER + 4, 1 },         { HEADER + 12, 0xfffffff0 },
		{ HEADER + 12, 0x7fffffff }, { HEADER + 32, 13 },       { HEADER + 32, 0 },
		{ HEADER + 36, 1 },          { HEADER + 36, 0xffffffff }, { HEADER + 28, 2 },
		{ HEADER + 28, 7 },
	};
	uint8_t tree[BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		make(tree);
		put(tree, lies[i].offset, lies[i].word);
		if (find(tree, BYTES).strings != NULL) {
			fail_msg("lie %zu was believed", i);
		}
	}
}

/* Any one byte another, and cut anywhere: nothing is read beside the tree. */
static void no_tree_leads_out_of_itself(void **state)
{
	uint8_t tree[BYTES];

	(void)state;
	for (uint32_t at = 0; at < BYTES; at++) {
		for (uint32_t value = 0; value < 256; value++) {
			make(tree);
			tree[at] = (uint8_t)value;
			(void)find(tree, BYTES);
		}
	}
	for (uint32_t bytes = HEADER; bytes < BYTES; bytes++) {
		make(tree);
		put(tree, 4 * TOTAL, bytes);
		(void)find(tree, bytes);
	}
}

static void an_endless_root_is_left(void **state)
{
	static uint8_t tree[0x8000];

	(void)state;
	make(tree);
	put(tree, 4 * TOTAL, sizeof(tree));
	put(tree, 4 * STRUCTS, 0x100);
	put(tree, 4 * N_STRUCTS, sizeof(tree) - 0x100);
	put(tree, 0x100, 1);
	for (uint32_t at = 0x108; at < sizeof(tree); at += 4) {
		put(tree, at, 4);
	}
	assert_null(find(tree, sizeof(tree)).strings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_tree_names_its_board),
		cmocka_unit_test(what_is_wrong_is_no_tree),
		cmocka_unit_test(no_tree_leads_out_of_itself),
		cmocka_unit_test(an_endless_root_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
