/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/parse_value.h"

#include "tools/pvc/diag.h"
#include "tools/pvc/util.h"

#include <string.h>

#define RANGE_CELLS 4 /* address and size, two cells each */

static struct property find(const struct tree *tree, const struct tree_node *node, const char *name,
			    enum need need)
{
	struct property property = tree_property(tree, node, name);

	if (property.name == NULL && need == REQUIRED) {
		diag_error(node->ref.where, "missing-property", "%s needs a property '%s'",
			   node->ref.path, name);
	}
	return property;
}

bool value_u32(const struct tree *tree, const struct tree_node *node, const char *name,
	       enum need need, uint32_t lowest, uint32_t highest, uint32_t *value)
{
	struct property property = find(tree, node, name, need);

	if (property.name == NULL) {
		return false;
	}
	if (property.n_bytes != 4) {
		diag_error(property.where, "property-value", "'%s' must be one number: %s = <%u>;",
			   name, name, lowest);
		return false;
	}
	if (property_cell(&property, 0) < lowest || property_cell(&property, 0) > highest) {
		diag_error(property.where, "property-value", "'%s' is %u, but must be %u to %u",
			   name, property_cell(&property, 0), lowest, highest);
		return false;
	}
	*value = property_cell(&property, 0);
	return true;
}

bool value_address(const struct tree *tree, const struct tree_node *node, const char *name,
		   uint64_t *value)
{
	struct property property = tree_property(tree, node, name);

	if (property.name == NULL) {
		return false;
	}
	if (property.n_bytes != 8) {
		diag_error(property.where, "property-value",
			   "'%s' must be one address in two cells: %s = <0x0 0x40000000>;", name,
			   name);
		return false;
	}
	return property_number(&property, 0, 2, value);
}

const char *value_string(const struct tree *tree, const struct tree_node *node, const char *name,
			 enum need need)
{
	struct property property = find(tree, node, name, need);
	const char *text;

	if (property.name == NULL) {
		return NULL;
	}
	text = property_string(&property);
	if (text == NULL) {
		diag_error(property.where, "property-value",
			   "'%s' must be one string: %s = \"...\";", name, name);
	}
	return text;
}

static const char *join(const char *const words[])
{
	const char *text = words[0];

	for (size_t i = 1; words[i] != NULL; i++) {
		text = xasprintf("%s, %s", text, words[i]);
	}
	return text;
}

const char *value_choice(const struct tree *tree, const struct tree_node *node, const char *name,
			 const char *const choices[], const char *otherwise)
{
	const char *text = value_string(tree, node, name, OPTIONAL);

	if (text == NULL) {
		return otherwise;
	}
	for (size_t i = 0; choices[i] != NULL; i++) {
		if (strcmp(text, choices[i]) == 0) {
			return choices[i];
		}
	}
	diag_error(tree_where(tree, node, name), "property-value",
		   "'%s' is \"%s\", but must be one of: %s", name, text, join(choices));
	return otherwise;
}

bool value_flag(const struct tree *tree, const struct tree_node *node, const char *name)
{
	struct property property = tree_property(tree, node, name);

	if (property.n_bytes != 0) {
		diag_error(property.where, "property-value",
			   "'%s' takes no value: write %s; or leave it out", name, name);
	}
	return property.name != NULL;
}

bool value_ranges(const struct tree *tree, const struct tree_node *node, const char *name,
		  struct range **ranges, size_t *n)
{
	struct property property = find(tree, node, name, REQUIRED);

	*ranges = NULL;
	*n = 0;
	if (property.name == NULL) {
		return false;
	}
	if (property.n_bytes == 0 || property.n_bytes % (RANGE_CELLS * 4) != 0) {
		diag_error(
			property.where, "property-value",
			"'%s' must be pairs of address and size, two cells each: %s = <0x0 "
			"0x50000000 0x0 0x200000>;",
			name, name);
		return false;
	}
	*ranges = xarray(property_n_cells(&property) / RANGE_CELLS, sizeof(**ranges));
	for (size_t at = 0; at < property_n_cells(&property); at += RANGE_CELLS) {
		struct range *range = &(*ranges)[*n];

		if (!property_number(&property, at, 2, &range->base) ||
		    !property_number(&property, at + 2, 2, &range->bytes)) {
			return false;
		}
		if (range->bytes == 0 || range->bytes - 1 > UINT64_MAX - range->base) {
			diag_error(property.where, "property-value", "'%s': entry %zu %s", name,
				   at / RANGE_CELLS + 1,
				   range->bytes == 0 ? "has size 0" : "reaches beyond 64 bits");
			continue;
		}
		(*n)++;
	}
	return *n != 0;
}

bool value_references(const struct tree *tree, const struct tree_node *node, const char *name,
		      enum need need, unsigned n_arguments, struct reference **references,
		      size_t *n)
{
	struct property property = find(tree, node, name, need);
	size_t entry_cells = 1 + (size_t)n_arguments;
	size_t n_entries = property_n_cells(&property) / entry_cells;

	*references = xarray(n_entries, sizeof(**references));
	*n = 0;
	if (property.name == NULL) {
		return false;
	}
	if (n_entries == 0 || property.n_bytes != n_entries * entry_cells * 4) {
		diag_error(property.where, "property-value",
			   "'%s' must be references with %u cell%s behind each", name, n_arguments,
			   n_arguments == 1 ? "" : "s");
		return false;
	}
	for (size_t entry = 0; entry < n_entries; entry++) {
		struct reference *reference = &(*references)[*n];
		size_t at = entry * entry_cells;

		reference->target = tree_by_phandle(tree, property_cell(&property, at));
		if (reference->target == NULL) {
			diag_error(property.where, "bad-reference",
				   "'%s': entry %zu refers to no node (0x%x)", name, entry + 1,
				   property_cell(&property, at));
			continue;
		}
		for (unsigned i = 0; i < n_arguments; i++) {
			reference->arguments[i] = property_cell(&property, at + 1 + i);
		}
		(*n)++;
	}
	return *n != 0;
}
