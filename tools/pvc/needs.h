/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a partition's devices need of the tree they stand in, and what of it they do not get.
 *
 * A device comes with everything below its node. What its properties refer to comes along when it
 * belongs to the partition (part of another device of its own, or of the GIC) or to nobody (fixed
 * clocks, regulators, firmware services: nodes without registers), and then with what that needs in
 * turn. Buses on the way to the root stay, so that addresses and DMA windows mean what they did.
 * Everything else stays out, and properties that refer to it go. But clock controllers take the
 * names of their possible parents from the tree: a parent that is not there stays as a stub.
 */
#pragma once

#include "tools/pvc/model.h"
#include "tools/pvc/tree.h"

enum keep {
	KEEP_NOT,
	KEEP_BUS,  /* on the way to something that is kept: own properties, not its children */
	KEEP_STUB, /* parent of a clock that is kept: a disabled node with no more than its names */
	KEEP_ALL,
};

/* A property that refers to what the partition does not get. */
struct unmet_need {
	const struct device    *device;   /* of the partition */
	const struct tree_node *node;     /* the device's own or one below */
	const char             *property;
	const struct tree_node *target;   /* what the property refers to */
	const struct tree_node *provider; /* the node with registers that the partition lacks */
	bool                    is_taken; /* matters when the provider is somebody else's */
	bool                    is_told;  /* matters when it is nobody's: the device needs it */
};

struct needs {
	const struct system    *system;
	const struct partition *partition;
	const struct tree      *tree;  /* the system's, or the board's own */
	const struct tree_node *gic;   /* in this tree */
	unsigned char          *keep;  /* enum keep, by index in tree->nodes */
	unsigned char          *state; /* internal, as are the next four */
	const struct tree_node **obstacle;
	unsigned char          *is_pin_controller;
	unsigned                depth;
	bool                    is_too_deep;
	struct unmet_need      *unmet;
	size_t                  n_unmet;
};

struct needs needs_of(const struct system *system, const struct partition *partition,
		      const struct tree *tree);

enum keep needs_keep(const struct needs *needs, const struct tree_node *node);

enum keep_property { PROPERTY_STAYS, PROPERTY_CUT, PROPERTY_GOES };

/* What becomes of a property of a kept node. PROPERTY_CUT: its value was replaced. */
enum keep_property needs_keep_property(const struct needs *needs, const struct tree_node *node,
				       struct property *property);

/* ---- Devices in a tree that need not be the system's ------------------------------------------ */

/* A bus that only passes accesses on, the root among them. */
bool is_bus(const struct tree *tree, const struct tree_node *node);

/* The node has registers in the CPU's address space, and is no bus. */
bool has_registers(const struct tree *tree, const struct tree_node *node);

/* The node that stands for a device; NULL: the tree has none. */
const struct tree_node *device_node_in(const struct tree *tree, const struct system *system,
				       const struct device *device);

/* The system's device that a node stands for; NULL: none. */
const struct device *device_of_node(const struct system *system, const struct tree *tree,
				    const struct tree_node *node);
