/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one thing EL2 looks up in the loader's devicetree: what board it is of.
 *
 * The tree is input that nobody has checked. Every offset is held against the
 * tree's own size and that against FDT_BYTES_MOST; the walk ends at the root's
 * first child. Words are read aligned, so that it works with the MMU off.
 *
 * Spec  Devicetree Specification "Flattened Devicetree (DTB) Format"
 */
#pragma once

#include "hyp/types.h"

#define FDT_BYTES_MOST 0x200000u /* as Linux has it */

/* A `compatible` as it stands in the tree: strings, each with its NUL, one behind the other. */
struct compatible {
	const char *strings; /* NULL: none found */
	uint32_t    bytes;   /* the last one is a NUL */
};

/* Bytes of the tree at `tree`, which is 8-byte aligned and has 8 readable bytes. 0: no tree. */
uint32_t fdt_bytes(const void *tree);

/* The root node's, of a tree of `bytes` readable bytes. */
struct compatible fdt_root_compatible(const void *tree, uint32_t bytes);

bool compatible_has(const struct compatible *list, const char *string);
