/* links: arch/arm64/fdt_root.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the loader's devicetree: nothing is read outside, and what is found ends in a NUL. */
#include "arch/arm64/fdt_root.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 40u
#define WORD(n)      (4 * (n))

static void put(uint8_t *tree, uint32_t offset, uint32_t word)
{
	word = __builtin_bswap32(word);
	memcpy(tree + offset, &word, sizeof(word));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t *tree = malloc(n + 16);

	if (n < HEADER_BYTES + 16) {
		free(tree);
		return 0;
	}
	memcpy(tree, data, n);
	/* Past the first checks: the rest is the fuzzer's. */
	put(tree, WORD(0), 0xd00dfeed);
	put(tree, WORD(1), (uint32_t)n);
	if ((data[HEADER_BYTES] & 1) != 0) {
		put(tree, WORD(2), HEADER_BYTES);
		put(tree, WORD(9), (uint32_t)n - HEADER_BYTES);
		put(tree, HEADER_BYTES, 1);
		put(tree, HEADER_BYTES + 4, 0);
	}
	if ((data[HEADER_BYTES + 1] & 1) != 0) {
		put(tree, WORD(3), (uint32_t)n - 11);
		put(tree, WORD(8), 11);
		memcpy(tree + n - 11, "compatible", 11);
	}
	tree = realloc(tree, n);
	if (fdt_bytes(tree) != n) {
		abort();
	}
	struct compatible found = fdt_root_compatible(tree, (uint32_t)n);

	(void)compatible_has(&found, "fuzz,board"); /* reads all of it */
	if (found.strings != NULL && found.strings[found.bytes - 1] != '\0') {
		abort();
	}
	free(tree);
	return 0;
}
