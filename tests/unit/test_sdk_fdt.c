/* links: rtos-guests/sdk/fdt.c */
/* flags: -Irtos-guests/sdk/include -lfdt */
/* SPDX-License-Identifier: Apache-2.0 */
/* The guest SDK's device tree reader: a good tree, and every way to break one. */
#include "pv/fdt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#define BLOB_BYTES 2048

static unsigned char blob[BLOB_BYTES] __attribute__((aligned(8)));
static uint32_t blob_bytes;

static int make_tree(void **state)
{
	fdt32_t memory[8];
	void *tree = blob;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		memory[i] = cpu_to_fdt32(i + 1);
	}
	fdt_create(tree, BLOB_BYTES);
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	fdt_property_string(tree, "model", "test");
	fdt_begin_node(tree, "chosen");
	fdt_property_string(tree, "bootargs", "attack=3");
	fdt_end_node(tree);
	fdt_begin_node(tree, "memory@40000000");
	fdt_property_string(tree, "device_type", "memory");
	fdt_property(tree, "reg", memory, sizeof(memory));
	fdt_end_node(tree);
	fdt_begin_node(tree, "soc");
	fdt_begin_node(tree, "uart@1000");
	fdt_property(tree, "compatible", "arm,pl011\0arm,primecell", 24);
	fdt_property_u32(tree, "phandle", 7);
	fdt_end_node(tree);
	fdt_begin_node(tree, "uart@2000");
	fdt_property(tree, "compatible", "arm,pl011\0arm,primecell", 24);
	fdt_property_u32(tree, "phandle", 8);
	fdt_begin_node(tree, "child");
	fdt_end_node(tree);
	fdt_end_node(tree);
	fdt_begin_node(tree, "uartx");
	fdt_property(tree, "open", "ab", 2); /* a string without its end */
	fdt_property(tree, "none", "", 0);
	fdt_end_node(tree);
	fdt_end_node(tree);
	fdt_end_node(tree);
	if (fdt_finish(tree) != 0) {
		return -1;
	}
	blob_bytes = fdt_totalsize(tree);
	return 0;
}

static void a_good_tree_is_read(void **state)
{
	struct pv_fdt fdt;
	uint64_t base, bytes;

	(void)state;
	assert_true(pv_fdt_open(&fdt, blob, sizeof(blob)));
	assert_string_equal(pv_fdt_string(&fdt, pv_fdt_root(&fdt), "model"), "test");
	assert_string_equal(pv_fdt_string(&fdt, pv_fdt_find(&fdt, "/chosen"), "bootargs"),
			    "attack=3");
	int32_t memory = pv_fdt_find(&fdt, "/memory");

	assert_string_equal(pv_fdt_name(&fdt, memory), "memory@40000000");
	assert_true(pv_fdt_reg(&fdt, memory, 1, &base, &bytes));
	assert_int_equal(base, UINT64_C(0x500000006));
	assert_int_equal(bytes, UINT64_C(0x700000008));
	assert_false(pv_fdt_reg(&fdt, memory, 2, &base, &bytes));
	assert_false(pv_fdt_reg(&fdt, memory, UINT32_MAX, &base, &bytes));
	int32_t soc = pv_fdt_child(&fdt, pv_fdt_root(&fdt), "soc");
	int32_t uart = pv_fdt_find_compatible(&fdt, -1, "arm,pl011");

	assert_int_equal(uart, pv_fdt_first_child(&fdt, soc));
	assert_int_equal(uart, pv_fdt_find(&fdt, "/soc/uart@1000"));
	int32_t second = pv_fdt_find_compatible(&fdt, uart, "arm,primecell");

	assert_int_equal(second, pv_fdt_next_sibling(&fdt, uart));
	assert_int_equal(second, pv_fdt_find_phandle(&fdt, 8));
	assert_int_equal(second, pv_fdt_find(&fdt, "//soc/uart@2000/"));
	assert_true(pv_fdt_find_compatible(&fdt, second, "arm,pl011") < 0);
	int32_t third = pv_fdt_next_sibling(&fdt, second); /* past a child */

	assert_string_equal(pv_fdt_name(&fdt, third), "uartx");
	assert_true(pv_fdt_next_sibling(&fdt, third) < 0);
	assert_true(pv_fdt_first_child(&fdt, third) < 0);
	assert_null(pv_fdt_string(&fdt, third, "open"));
	assert_null(pv_fdt_string(&fdt, third, "none"));
	assert_int_equal(pv_fdt_u32(&fdt, third, "none", 5), 5);
	assert_int_equal(pv_fdt_u32(&fdt, second, "phandle", 5), 8);
}

static void what_is_not_there_is_not_found(void **state)
{
	struct pv_fdt fdt;
	struct pv_fdt_property property;

	(void)state;
	assert_true(pv_fdt_open(&fdt, blob, sizeof(blob)));
	assert_true(pv_fdt_find(&fdt, "/soc/uart@3000") < 0);
	assert_true(pv_fdt_find(&fdt, "/soc/uart@1000/x") < 0);
	assert_true(pv_fdt_child(&fdt, -1, "soc") < 0);
	assert_true(pv_fdt_find_phandle(&fdt, 0) < 0);
	assert_false(pv_fdt_get(&fdt, -1, "reg", &property));
	assert_false(pv_fdt_get(&fdt, 1, "reg", &property)); /* not a token */
	assert_false(pv_fdt_get(&fdt, INT32_MAX - 3, "reg", &property));
	assert_string_equal(pv_fdt_name(&fdt, -1), "");
}

/* Ask everything; whatever the answers, it must end and stay inside. */
static void walk(const void *copy, size_t bytes)
{
	static const char *const paths[] = { "/chosen", "/soc/uart@2000/child", "/memory", "/a/b" };
	struct pv_fdt fdt;
	uint64_t base, size;

	if (!pv_fdt_open(&fdt, copy, bytes)) {
		return;
	}
	for (unsigned i = 0; i < 4; i++) {
		int32_t node = pv_fdt_find(&fdt, paths[i]);

		pv_fdt_string(&fdt, node, "bootargs");
		pv_fdt_reg(&fdt, node, 0, &base, &size);
		pv_fdt_next_sibling(&fdt, node);
	}
	for (int32_t node = -1;;) {
		node = pv_fdt_find_compatible(&fdt, node, "arm,primecell");
		if (node < 0) {
			break;
		}
	}
	pv_fdt_find_phandle(&fdt, 8);
}

static void broken_trees_do_no_harm(void **state)
{
	(void)state;
	srand(1);
	for (uint32_t cut = 0; cut < blob_bytes; cut++) {
		unsigned char *copy = malloc(cut + 1);

		assert_non_null(copy);
		memcpy(copy, blob, cut);
		walk(copy, cut);
		free(copy);
	}
	for (unsigned i = 0; i < 20000; i++) {
		unsigned char *copy = malloc(blob_bytes);

		assert_non_null(copy);
		memcpy(copy, blob, blob_bytes);
		for (int n = rand() % 4; n >= 0; n--) {
			uint32_t at =
				i % 4 == 0 ? (uint32_t)rand() % 40 : (uint32_t)rand() % blob_bytes;

			copy[at] = (unsigned char)(rand() % 2 == 0 ? rand() : rand() % 10);
		}
		walk(copy, blob_bytes);
		free(copy);
	}
}

static void what_is_no_tree_is_refused(void **state)
{
	struct pv_fdt fdt;
	unsigned char zeroes[64] __attribute__((aligned(8))) = { 0 };

	(void)state;
	assert_false(pv_fdt_open(&fdt, NULL, 100));
	assert_false(pv_fdt_open(&fdt, zeroes, sizeof(zeroes)));
	assert_false(pv_fdt_open(&fdt, blob, blob_bytes - 1));
	assert_false(pv_fdt_open(&fdt, blob + 1, blob_bytes));
	assert_false(pv_fdt_open(&fdt, blob, 39));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_tree_is_read),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(broken_trees_do_no_harm),
		cmocka_unit_test(what_is_no_tree_is_refused),
	};

	return cmocka_run_group_tests(tests, make_tree, NULL);
}
