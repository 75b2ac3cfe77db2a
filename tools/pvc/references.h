/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which properties refer to other nodes, how, and what they are worth.
 *
 * Spec  Devicetree Specification v0.4 and the bindings of the Linux kernel for each property.
 */
#pragma once

#include "tools/pvc/tree.h"

#define PIN_GROUPS "pinctrl-"

enum weight {
	ESSENTIAL, /* without it the node is of no use to those who need it */
	HELPFUL,   /* the node works without: the firmware has set it up, or a slower way exists */
	SILENT,    /* no need at all: a description that refers to others */
};

struct reference_kind {
	const char *property; /* "-x": any that ends so; "x-": any that starts so, then a digit */
	const char *cells;    /* of the target: number of arguments; NULL: none */
	const char *names;    /* property that goes with it, entry by entry */
	enum weight weight;
};

extern const struct reference_kind reference_kinds[];
extern const size_t reference_n_kinds;

/* What properties of this name refer to; NULL: nothing. */
const struct reference_kind *reference_kind_of(const char *property);

/* The same for one node's, which may use the name otherwise. */
const struct reference_kind *reference_kind_in(const struct tree *tree,
					       const struct tree_node *node, const char *property);

/* The targets of a property, one after the other; `*at` starts at 0. NULL: no more. */
const struct tree_node *reference_next(const struct tree *tree, const struct reference_kind *kind,
				       const struct property *property, size_t *at);
