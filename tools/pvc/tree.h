/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input tree, indexed: nodes in document order with their paths, places and phandles.
 *
 * libfdt finds parents and phandles by searching from the start each time, and trusts what it
 * reads; here everything is checked and looked up once, so that the rest of pvc can walk freely.
 */
#pragma once

#include "tools/pvc/annotate.h"
#include "tools/pvc/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_node {
	struct node_ref  ref;
	uint32_t         phandle;       /* 0: none */
	unsigned         depth;         /* root: 0 */
	unsigned         address_cells; /* of its children's reg: #address-cells, default 2 */
	unsigned         size_cells;    /* default 1 */
	struct tree_node *parent, *first_child, *last_child, *next_sibling;
};

struct tree {
	const void       *fdt;
	const char       *file;
	struct places     places;
	struct tree_node *nodes; /* document order; [0] is the root */
	size_t            n_nodes;
	struct tree_node **by_phandle; /* sorted */
	size_t            n_phandles;
};

struct property {
	const char     *name; /* NULL: the node has no such property */
	const uint8_t  *bytes;
	size_t          n_bytes;
	struct location where; /* of the node when the property is missing */
};

/* False: `fdt` is malformed, and an error was reported. */
bool tree_build(const void *fdt, size_t bytes, const char *file, const struct places *places,
		struct tree *tree);

/* All return NULL when there is no such node. */
const struct tree_node *tree_by_path(const struct tree *tree, const char *path);
const struct tree_node *tree_by_phandle(const struct tree *tree, uint32_t phandle);
const struct tree_node *tree_by_offset(const struct tree *tree, int offset);
const struct tree_node *tree_child(const struct tree_node *node, const char *name);

/* Place of a property, or of its node when it has no such property. */
struct location tree_where(const struct tree *tree, const struct tree_node *node,
			   const char *property);

struct property tree_property(const struct tree *tree, const struct tree_node *node,
			      const char *name);
bool tree_has(const struct tree *tree, const struct tree_node *node, const char *name);

/* Calls `visit` for each property of a node, in order. */
void tree_each_property(const struct tree *tree, const struct tree_node *node,
			void (*visit)(const struct property *property, void *context),
			void *context);

/* One of the strings of `compatible` is `wanted`. */
bool tree_is_compatible(const struct tree *tree, const struct tree_node *node, const char *wanted);

/* `device_type` is `type`: "cpu", "memory". */
bool tree_is_device_type(const struct tree *tree, const struct tree_node *node, const char *type);

/* `status` is missing, "okay" or "ok". */
bool tree_is_enabled(const struct tree *tree, const struct tree_node *node);

/* ---- Values -------------------------------------------------------------------- */

size_t property_n_cells(const struct property *property); /* whole cells */

/* @at < property_n_cells() */
uint32_t property_cell(const struct property *property, size_t at);

/*
 * A number of `cells` (0..2) cells; false: the property is too short, or the number exceeds 64
 * bits.
 */
bool property_number(const struct property *property, size_t at, unsigned cells, uint64_t *value);

/* The only string; NULL when the value is not exactly one string with its zero byte. */
const char *property_string(const struct property *property);

/* String number `at` of a list, NULL behind the last or when the value is not made of strings. */
const char *property_string_at(const struct property *property, size_t at);

/* ---- Addresses and interrupts -------------------------------------------------- */

enum reg_result {
	REG_OK,
	REG_NONE,          /* no reg property */
	REG_MALFORMED,     /* its length is no multiple of an entry */
	REG_NOT_CPU_SPACE, /* a bus on the way up has no `ranges`, or none that holds the address */
};

/* All reg entries in CPU addresses. @ranges NULL unless REG_OK. */
enum reg_result tree_reg(const struct tree *tree, const struct tree_node *node,
			 struct range **ranges, size_t *n);

/*
 * An address through the `ranges` property of one bus: `bus` cells on its side, `parent` on the
 * other. False when no entry holds the whole of address..address + bytes.
 */
bool ranges_translate(const struct property *ranges, unsigned bus_cells, unsigned parent_cells,
		      unsigned size_cells, uint64_t *address, uint64_t bytes);

/* One interrupt specifier with the controller it goes to. */
struct interrupt {
	const struct tree_node *controller;
	uint32_t cells[4];
	unsigned n_cells;
};

/* The interrupt controller a node's `interrupts` go to; NULL: none. */
const struct tree_node *tree_interrupt_parent(const struct tree *tree,
					      const struct tree_node *node);

/*
 * The interrupts of a node, from `interrupts` or `interrupts-extended`. False: malformed;
 * `*problem` says how, in words that fit behind the property's name.
 */
bool tree_interrupts(const struct tree *tree, const struct tree_node *node,
		     struct interrupt **interrupts, size_t *n, const char **problem);
