/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small reader of flattened device trees (Devicetree Specification 0.4,
 * chapter 5). It never reads outside the blob and always ends, whatever the
 * blob holds: every step is checked against the sizes in the header, and the
 * header against `limit`.
 *
 * A node is the offset of its FDT_BEGIN_NODE in the structure block; negative:
 * no such node.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pv_fdt {
	const unsigned char *blob;
	uint32_t             total_bytes;
	uint32_t             structure, structure_bytes; /* offset, size */
	uint32_t             strings, strings_bytes;
};

struct pv_fdt_property {
	const unsigned char *value; /* big-endian, 4-byte aligned in the blob */
	uint32_t             bytes;
};

/* @limit  most bytes that may be read at blob. False: not a device tree, or too long. */
bool pv_fdt_open(struct pv_fdt *fdt, const void *blob, size_t limit);

int32_t pv_fdt_root(const struct pv_fdt *fdt);
int32_t pv_fdt_first_child(const struct pv_fdt *fdt, int32_t node);
int32_t pv_fdt_next_sibling(const struct pv_fdt *fdt, int32_t node);
/* "name" also finds "name@unit". */
int32_t pv_fdt_child(const struct pv_fdt *fdt, int32_t node, const char *name);
/* Absolute path, each part with or without its unit address. */
int32_t pv_fdt_find(const struct pv_fdt *fdt, const char *path);
/* The first node behind `after` (-1: from the start) with a compatible string. */
int32_t pv_fdt_find_compatible(const struct pv_fdt *fdt, int32_t after, const char *compatible);
int32_t pv_fdt_find_phandle(const struct pv_fdt *fdt, uint32_t phandle);
const char *pv_fdt_name(const struct pv_fdt *fdt, int32_t node);

bool pv_fdt_get(const struct pv_fdt *fdt, int32_t node, const char *name,
		struct pv_fdt_property *property);
/* NULL: not there, or not terminated. */
const char *pv_fdt_string(const struct pv_fdt *fdt, int32_t node, const char *name);
bool pv_fdt_is_compatible(const struct pv_fdt *fdt, int32_t node, const char *compatible);

/* Cell n of a property as uint32_t; false: it is not that long. */
bool pv_fdt_cell(const struct pv_fdt_property *property, uint32_t n, uint32_t *value);
/* The same, the property being absent giving `otherwise`. */
uint32_t pv_fdt_u32(const struct pv_fdt *fdt, int32_t node, const char *name, uint32_t otherwise);
/* Entry n of a reg with 2 address and 2 size cells. */
bool pv_fdt_reg(const struct pv_fdt *fdt, int32_t node, uint32_t n, uint64_t *base,
		uint64_t *bytes);
