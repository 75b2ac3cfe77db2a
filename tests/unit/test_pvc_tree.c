/* SPDX-License-Identifier: Apache-2.0 */
/* links: tools/pvc/tree.c tools/pvc/blob.c tools/pvc/annotate.c tools/pvc/diag.c
	tools/pvc/rules.c tools/pvc/util.c */
/* Addresses through buses, interrupts to their controllers, values of properties. */
#include "tools/pvc/tree.h"

#include "hyp/types.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/util.h"

#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char blob[8192];

#define CELLS(...) ((const uint32_t[]){ __VA_ARGS__ })
#define PUT(name, ...) put(name, CELLS(__VA_ARGS__), ARRAY_SIZE(CELLS(__VA_ARGS__)))

static void put(const char *name, const uint32_t *cells, size_t n)
{
	fdt32_t value[32];

	for (size_t i = 0; i < n; i++) {
		value[i] = cpu_to_fdt32(cells[i]);
	}
	assert_int_equal(fdt_property(blob, name, value, (int)(n * sizeof(value[0]))), 0);
}

static void begin(const char *name)
{
	assert_int_equal(fdt_begin_node(blob, name), 0);
}

static void end(void)
{
	assert_int_equal(fdt_end_node(blob), 0);
}

/*
 * Root: 2 + 1 cells. /soc moves 0x7e000000 to 0xfe000000 (1 + 1 cells). /soc/bus has chip selects:
 * 2 cells of address, 1 of size. /i2c has no ranges.
 */
static const struct tree *make_tree(void)
{
	struct tree *tree = xmalloc(sizeof(*tree));
	struct places none = { 0 };

	assert_int_equal(fdt_create(blob, sizeof(blob)), 0);
	assert_int_equal(fdt_finish_reservemap(blob), 0);
	begin("");
	PUT("#address-cells", 2);
	PUT("#size-cells", 1);
	PUT("interrupt-parent", 1);
	begin("soc");
	PUT("#address-cells", 1);
	PUT("#size-cells", 1);
	PUT("ranges", 0x7e000000, 0x0, 0xfe000000, 0x01000000, 0x40000000, 0x5, 0x0, 0x1000);
	begin("uart");
	PUT("reg", 0x7e201000, 0x200, 0x40000800, 0x800);
	PUT("interrupts", 0, 121, 4, 1, 9, 4);
	end();
	begin("outside");
	PUT("reg", 0x7effff00, 0x200);
	end();
	begin("odd");
	PUT("reg", 0x7e000000, 0x100, 0x7e001000);
	PUT("interrupts", 0, 1);
	end();
	begin("bus");
	PUT("#address-cells", 2);
	PUT("#size-cells", 1);
	PUT("ranges", 1, 0, 0x7e100000, 0x1000);
	begin("flash");
	PUT("reg", 1, 0x10, 0x20);
	PUT("interrupts-extended", 2, 7, 1, 0, 40, 1); /* <&gpio 7>, <&gic 0 40 1> */
	end();
	end();
	end();
	begin("i2c");
	PUT("#address-cells", 1);
	PUT("#size-cells", 1);
	begin("sensor");
	PUT("reg", 0x48, 1);
	PUT("interrupts-extended", 2, 7, 1, 0, 40);
	end();
	end();
	begin("gic");
	PUT("phandle", 1);
	PUT("#interrupt-cells", 3);
	end();
	begin("gpio");
	PUT("phandle", 2);
	PUT("#interrupt-cells", 1);
	assert_int_equal(fdt_property_string(blob, "status", "disabled"), 0);
	end();
	end();
	assert_int_equal(fdt_finish(blob), 0);
	assert_true(tree_build(blob, sizeof(blob), "test.dtb", &none, tree));
	return tree;
}

static struct range reg_of(const struct tree *tree, const char *path, size_t number,
			   enum reg_result wanted)
{
	struct range *ranges;
	size_t n;

	assert_int_equal(tree_reg(tree, tree_by_path(tree, path), &ranges, &n), wanted);
	if (wanted != REG_OK) {
		assert_null(ranges);
		return (struct range){ 0 };
	}
	assert_true(number < n);
	return ranges[number];
}

static void addresses(void **state)
{
	const struct tree *tree = make_tree();
	struct range range;

	(void)state;
	range = reg_of(tree, "/soc/uart", 0, REG_OK);
	assert_true(range.base == 0xfe201000 && range.bytes == 0x200);
	range = reg_of(tree, "/soc/uart", 1, REG_OK);
	assert_true(range.base == UINT64_C(0x500000800) && range.bytes == 0x800);
	range = reg_of(tree, "/soc/bus/flash", 0, REG_OK); /* two buses up */
	assert_true(range.base == 0xfe100010 && range.bytes == 0x20);
	reg_of(tree, "/soc/outside", 0, REG_NOT_CPU_SPACE); /* ends beyond its window */
	reg_of(tree, "/soc/odd", 0, REG_MALFORMED);
	reg_of(tree, "/i2c/sensor", 0, REG_NOT_CPU_SPACE);
	reg_of(tree, "/gic", 0, REG_NONE);
	arena_free();
}

static bool translate(const uint32_t *cells, size_t n, uint64_t address, uint64_t bytes,
		      uint64_t *result)
{
	uint8_t *text = xmalloc(n * 4);
	struct property ranges = { .name = "ranges", .bytes = text, .n_bytes = n * 4 };

	for (size_t i = 0; i < n * 4; i++) {
		text[i] = (uint8_t)(cells[i / 4] >> (24 - 8 * (i % 4)));
	}
	*result = address;
	return ranges_translate(&ranges, 1, 2, 1, result, bytes);
}

static void translations(void **state)
{
	const uint32_t two[] = { 0x1000, 0x1, 0x0, 0x1000, 0x2000, 0x0, 0x9000, 0x1000 };
	const uint32_t wrapping[] = { 0x0, 0xffffffff, 0xfffff000, 0x2000 };
	uint64_t result;

	(void)state;
	assert_true(translate(two, 8, 0x1ff0, 0x10, &result));
	assert_true(result == UINT64_C(0x100000ff0));
	assert_true(translate(two, 8, 0x2000, 0x1000, &result));
	assert_int_equal(result, 0x9000);
	assert_false(translate(two, 8, 0x1ff0, 0x11, &result)); /* reaches into the next entry */
	assert_false(translate(two, 8, 0xfff, 1, &result));
	assert_false(translate(two, 8, 0x3000, 1, &result));
	assert_false(translate(two, 7, 0x2000, 1, &result));    /* the second entry is cut */
	assert_true(translate(two, 0, 0x1234, 1, &result));     /* `ranges;` */
	assert_int_equal(result, 0x1234);
	assert_false(translate(wrapping, 4, 0x1000, 1, &result)); /* would end beyond 64 bits */
	arena_free();
}

static void interrupts(void **state)
{
	const struct tree *tree = make_tree();
	struct interrupt *found;
	const char *problem;
	size_t n;

	(void)state;
	assert_true(tree_interrupts(tree, tree_by_path(tree, "/soc/uart"), &found, &n, &problem));
	assert_int_equal(n, 2);
	assert_string_equal(found[0].controller->ref.path, "/gic");
	assert_int_equal(found[0].cells[1], 121);
	assert_int_equal(found[1].cells[0], 1);
	assert_true(
		tree_interrupts(tree, tree_by_path(tree, "/soc/bus/flash"), &found, &n, &problem));
	assert_int_equal(n, 2);
	assert_string_equal(found[0].controller->ref.path, "/gpio");
	assert_int_equal(found[0].cells[0], 7);
	assert_int_equal(found[1].cells[1], 40);
	assert_false(
		tree_interrupts(tree, tree_by_path(tree, "/i2c/sensor"), &found, &n, &problem));
	assert_int_equal(n, 1);
	assert_non_null(strstr(problem, "ends in the middle"));
	assert_false(tree_interrupts(tree, tree_by_path(tree, "/soc/odd"), &found, &n, &problem));
	assert_true(tree_interrupts(tree, tree_by_path(tree, "/gic"), &found, &n, &problem));
	assert_int_equal(n, 0);
	arena_free();
}

static void values(void **state)
{
	const struct property strings = { .name = "s",
					  .bytes = (const uint8_t *)"one\0two",
					  .n_bytes = 8 };
	const struct property one = { .name = "s", .bytes = (const uint8_t *)"one", .n_bytes = 4 };
	const struct property open = { .name = "s", .bytes = (const uint8_t *)"one", .n_bytes = 3 };
	const struct property cells = { .name = "c",
					.bytes = (const uint8_t *)"\0\0\0\1\0\0\0\2\0\0\0\3",
					.n_bytes = 12 };
	uint64_t number;

	(void)state;
	assert_string_equal(property_string_at(&strings, 1), "two");
	assert_null(property_string_at(&strings, 2));
	assert_null(property_string(&strings));
	assert_string_equal(property_string(&one), "one");
	assert_null(property_string(&open));
	assert_true(property_number(&cells, 1, 2, &number));
	assert_true(number == UINT64_C(0x200000003));
	assert_true(property_number(&cells, 3, 0, &number));
	assert_false(property_number(&cells, 2, 2, &number));
	assert_false(property_number(&cells, 0, 3, &number)); /* more than 64 bits */
	assert_false(property_number(&cells, 9, 1, &number));
}

static void nodes(void **state)
{
	const struct tree *tree = make_tree();
	const struct tree_node *gic = tree_by_path(tree, "/gic");

	(void)state;
	assert_int_equal(tree->n_nodes, 11);
	assert_ptr_equal(tree_by_phandle(tree, 1), gic);
	assert_null(tree_by_phandle(tree, 0));
	assert_null(tree_by_phandle(tree, 3));
	assert_ptr_equal(tree_by_offset(tree, gic->ref.offset), gic);
	assert_ptr_equal(tree_child(&tree->nodes[0], "gic"), gic);
	assert_null(tree_child(&tree->nodes[0], "none"));
	assert_true(tree_is_enabled(tree, gic));
	assert_false(tree_is_enabled(tree, tree_by_path(tree, "/gpio")));
	assert_string_equal(gic->ref.where.file, "test.dtb"); /* no places: the file as a whole */
	arena_free();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),  cmocka_unit_test(translations),
		cmocka_unit_test(interrupts), cmocka_unit_test(values),
		cmocka_unit_test(nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
