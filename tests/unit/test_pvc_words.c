/* links: tools/pvc/words.c tools/pvc/sha256.c tools/pvc/annotate.c tools/pvc/util.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* Typos, hashes, and the places dtc writes behind its lines. */
#include "tools/pvc/annotate.h"
#include "tools/pvc/sha256.h"
#include "tools/pvc/util.h"
#include "tools/pvc/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void distances(void **state)
{
	(void)state;
	assert_int_equal(word_distance("", ""), 0);
	assert_int_equal(word_distance("", "abc"), 3);
	assert_int_equal(word_distance("memory", "memory"), 0);
	assert_int_equal(word_distance("memroy", "memory"), 1); /* swapped */
	assert_int_equal(word_distance("memory", "memry"), 1);
	assert_int_equal(word_distance("kitten", "sitting"), 3);
}

static void typos(void **state)
{
	(void)state;
	assert_true(is_typo_of("acess", "access", NULL));
	assert_true(is_typo_of("paravent,refresh-ms", "paravent,refresh-us", NULL));
	assert_false(is_typo_of("llc-colors", "access", NULL));
	assert_false(is_typo_of("acess", "excess", "access")); /* not nearer than the best so far */
}

static void hashes(void **state)
{
	char hex[SHA256_HEX];
	char million[1000];

	(void)state;
	/* FIPS 180-4 examples. */
	sha256_hex("abc", 3, hex);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex("", 0, hex);
	assert_string_equal(hex,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
	assert_string_equal(hex,
			    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', sizeof(million));
	sha256_hex(million, sizeof(million), hex);
	assert_string_equal(hex,
			    "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
}

static const char annotated[] =
	"/dts-v1/;\n"
	"\n"
	"/memreserve/\t0x0000000000001000 0x0000000000002000;\n"
	"/ { /* a.dts:3:3-8:3, b.dts:9:3-10:27 */\n"
	"\tmodel = \"brace } and semicolon ; and quote \\\" and /* comment\"; /* a.dts:4:5-4:26 "
	"*/\n"
	"\tempty; /* odd:name:12.dts:5:1-5:9 */\n"
	"\n"
	"\tlabel: other: node@1 { /* a.dts:6:7-6:173 */\n"
	"\t\tl: reg = <0x01 0x02>, < 0x03>; /* c.dtsi:70:9-70:21 */\n"
	"\t\tphandle = <0x01>; /* <no-file>:<no-line> */\n"
	"\n"
	"\t\tinner { /* a.dts:7:1-7:2 */\n"
	"\t\t}; /* a.dts:7:1-7:2 */\n"
	"\t}; /* a.dts:6:7-6:173 */\n"
	"}; /* a.dts:3:3-8:3, b.dts:9:3-10:27 */\n";

static void assert_place(const struct places *places, const char *path, const char *property,
			 const char *file, unsigned line)
{
	struct location where = places_find(places, path, property);

	assert_non_null(where.file);
	assert_string_equal(where.file, file);
	assert_int_equal(where.line, line);
}

static void places(void **state)
{
	struct places found;

	(void)state;
	annotate_parse(annotated, 8, &found);
	assert_place(&found, "/", "", "a.dts", 3);
	assert_place(&found, "/", "model", "a.dts", 4);
	assert_place(&found, "/", "empty", "odd:name:12.dts", 5);
	assert_place(&found, "/node@1", "", "a.dts", 6);
	assert_place(&found, "/node@1", "reg", "c.dtsi", 70);
	assert_place(&found, "/node@1", "phandle", "a.dts", 6); /* made by dtc: its node's place */
	assert_place(&found, "/node@1", "missing", "a.dts", 6);
	assert_place(&found, "/node@1/inner", "", "a.dts", 7);
	assert_null(places_find(&found, "/nowhere", "").file);
	annotate_parse(annotated, 2,
		       &found); /* the inner node is too deep: left out, the rest is not */
	assert_place(&found, "/node@1", "reg", "c.dtsi", 70);
	assert_null(places_find(&found, "/node@1/inner", "").file);
}

/* Cut anywhere, or with any byte changed, the text must only lose places. */
static void broken_places(void **state)
{
	struct places found;

	(void)state;
	for (size_t i = 0; i < sizeof(annotated); i++) {
		char *cut = xstrndup(annotated, i);

		annotate_parse(cut, 8, &found);
		for (const char *byte = "{};\"/*=\\:"; i < sizeof(annotated) - 1 && *byte != '\0';
		     byte++) {
			char *changed = xstrdup(annotated);

			changed[i] = *byte;
			annotate_parse(changed, 8, &found);
			assert_true(found.n < 20);
		}
	}
	arena_free();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances), cmocka_unit_test(typos), cmocka_unit_test(hashes),
		cmocka_unit_test(places), cmocka_unit_test(broken_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
