/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed reading of properties. Each function reports what is wrong with a value, at its place:
 * rule "missing-property" or "property-value", "bad-reference" for references.
 */
#pragma once

#include "tools/pvc/tree.h"

#include <stdbool.h>

enum need { OPTIONAL, REQUIRED };

/* True when `*value` was set: the property is there, one cell, and within lowest..highest. */
bool value_u32(const struct tree *tree, const struct tree_node *node, const char *name,
	       enum need need, uint32_t lowest, uint32_t highest, uint32_t *value);

/* One address: two cells. True when `*value` was set. */
bool value_address(const struct tree *tree, const struct tree_node *node, const char *name,
		   uint64_t *value);

/* NULL: missing or wrong. */
const char *value_string(const struct tree *tree, const struct tree_node *node, const char *name,
			 enum need need);

/* One string out of a NULL-terminated list; `otherwise` when missing or wrong. */
const char *value_choice(const struct tree *tree, const struct tree_node *node, const char *name,
			 const char *const choices[], const char *otherwise);

/* A flag: a property without value. */
bool value_flag(const struct tree *tree, const struct tree_node *node, const char *name);

/* Pairs of address and size, two cells each: `memory` and its like. Empty ranges are errors. */
bool value_ranges(const struct tree *tree, const struct tree_node *node, const char *name,
		  struct range **ranges, size_t *n);

/* One entry of a list of references, each followed by `n_arguments` cells (at most 4). */
struct reference {
	const struct tree_node *target;
	uint32_t arguments[4];
};

/* Entries whose phandle leads nowhere are reported and left out. True: the list has entries. */
bool value_references(const struct tree *tree, const struct tree_node *node, const char *name,
		      enum need need, unsigned n_arguments, struct reference **references,
		      size_t *n);
