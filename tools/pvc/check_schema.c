/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which nodes and properties mean something. The tables below are the whole binding by name; values
 * are checked where they are read. docs/config.md describes each entry, and a test compares both.
 */
#include "tools/pvc/check.h"

#include "hyp/types.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/parse.h"
#include "tools/pvc/util.h"
#include "tools/pvc/words.h"

#include <string.h>

enum meaning {
	USED,
	LATER, /* part of the binding, but of a later release */
};

struct known {
	const char  *name; /* NULL ends a table */
	enum meaning meaning;
};

/* Allowed everywhere: written by dtc, or part of every node. */
static const struct known common_properties[] = {
	{ "compatible", USED }, { "phandle", USED }, { "linux,phandle", USED }, { NULL, USED },
};

static const struct known domains_properties[] = {
	{ "#address-cells", USED }, { "#size-cells", USED }, { NULL, USED },
};

static const struct known hypervisor_properties[] = {
	{ "id", USED }, { "cpus", USED }, { "memory", USED }, { "access", USED },
	{ "#access-flags-cells", USED }, { "#address-cells", USED }, { "#size-cells", USED },
	{ "paravent,image-memory", USED }, { "paravent,console", USED },
	{ "paravent,on-propagate", LATER }, { "llc-colors", LATER },
	{ NULL, USED },
};

static const struct known partition_properties[] = {
	{ "id", USED },
	{ "os,type", USED },
	{ "cpus", USED },
	{ "memory", USED },
	{ "access", USED },
	{ "#access-flags-cells", USED },
	{ "paravent,roles", USED },
	{ "paravent,guest-base", USED },
	{ "paravent,gic-base", USED },
	{ "paravent,uart-base", USED },
	{ "paravent,trusted-dma", USED },
	{ "paravent,shared-suppliers", USED },
	{ "paravent,devicetree-omit", USED },
	{ "paravent,restricted-dma", USED },
	{ "paravent,interrupts", USED },
	{ "paravent,masks-by-pmr", USED },
	{ "paravent,criticality", LATER },
	{ "paravent,memory-bandwidth-mbps", LATER },
	{ "llc-colors", LATER },
	{ "status", LATER },
	{ NULL, USED },
};

static const struct known chosen_properties[] = { { "bootargs", USED }, { NULL, USED } };

static const struct known kernel_properties[] = {
	{ "paravent,file", USED }, { "paravent,load-offset", USED }, { NULL, USED },
};

static const struct known ramdisk_properties[] = { { "paravent,file", USED }, { NULL, USED } };

static const struct known health_properties[] = {
	{ "paravent,on-crash", USED },
	{ "paravent,on-watchdog", USED },
	{ "paravent,on-exhausted", USED },
	{ "paravent,watchdog-ms", USED },
	{ "paravent,boot-deadline-ms", USED },
	{ "paravent,max-restarts", USED },
	{ "paravent,restart-window-s", USED },
	{ "paravent,notify", USED },
	{ NULL, USED },
};

static const struct known sampling_properties[] = {
	{ "paravent,message-size", USED },
	{ "paravent,refresh-us", USED },
	{ "paravent,source", USED },
	{ "paravent,destinations", USED },
	{ "paravent,doorbell", USED },
	{ "memory-region", USED },
	{ NULL, USED },
};

static const struct known queuing_properties[] = {
	{ "paravent,message-size", USED }, { "paravent,depth", USED }, { "paravent,source", USED },
	{ "paravent,destinations", USED }, { "memory-region", USED },
	{ NULL, USED },
};

static const struct known message_properties[] = {
	{ "paravent,depth", USED }, { "paravent,sources", USED }, { "paravent,destinations", USED },
	{ NULL, USED },
};

static const struct known shared_memory_properties[] = {
	{ "paravent,size-bytes", USED }, { "memory-region", USED }, { "#access-flags-cells", USED },
	{ "paravent,peers", USED },
	{ NULL, USED },
};

static const struct known board_properties[] = {
	{ "paravent,spi-count", USED },
	{ "paravent,spare-spis", USED },
	{ "paravent,dma-masters", USED },
	{ "paravent,qemu", USED },
	{ "paravent,qemu-serials", USED },
	{ "paravent,devicetree", USED },
	{ "paravent,sdcard", USED },
	{ "paravent,load-address", USED },
	{ "paravent,devicetree-address", USED },
	{ NULL, USED },
};

static const struct known virtual_device_properties[] = {
	{ "paravent,kind", USED }, { "paravent,frontend", USED }, { "paravent,backend", USED },
	{ "paravent,window-bytes", USED }, { "memory-region", USED },
	{ "paravent,read-only", USED }, { "paravent,lines", USED }, { "local-mac-address", USED },
	{ NULL, USED },
};

static const struct known no_properties[] = { { NULL, USED } };

/* Channels by their compatible; properties NULL: of a later release. */
static const struct {
	const char         *compatible;
	const struct known *properties;
} channel_kinds[] = {
	{ "paravent,sampling-channel-v1", sampling_properties },
	{ "paravent,queuing-channel-v1", queuing_properties },
	{ "paravent,message-channel-v1", message_properties },
	{ "paravent,shared-memory-v1", shared_memory_properties },
	{ "openamp,rpmsg-v1", NULL },
};

/* ---- Properties ---------------------------------------------------------------- */

static const struct known *find_known(const struct known *table, const char *name)
{
	for (; table->name != NULL; table++) {
		if (strcmp(table->name, name) == 0) {
			return table;
		}
	}
	return NULL;
}

static const char *find_nearest(const struct known *table, const char *name)
{
	const char *nearest = NULL;

	for (; table->name != NULL; table++) {
		if (is_typo_of(name, table->name, nearest)) {
			nearest = table->name;
		}
	}
	return nearest;
}

struct visit {
	const struct tree_node *node;
	const struct known     *table;
	const char             *what; /* "a partition" */
};

static void check_property(const struct property *property, void *context)
{
	const struct visit *visit = context;
	const struct known *known = find_known(visit->table, property->name);
	const char *nearest;

	if (known != NULL && known->meaning == LATER) {
		diag_error(property->where, "not-yet",
			   "'%s' is of a later release: leave it out for now", property->name);
		return;
	}
	if (known != NULL || find_known(common_properties, property->name) != NULL) {
		return;
	}
	nearest = find_nearest(visit->table, property->name);
	if (starts_with(property->name, "paravent,")) {
		diag_error(property->where, "unknown-property", "%s has no property '%s'",
			   visit->what, property->name);
	} else {
		diag_warning(property->where, "unknown-property",
			     "%s has no property '%s': it has no effect", visit->what,
			     property->name);
	}
	if (nearest != NULL) {
		diag_note(property->where, "did you mean '%s'?", nearest);
	}
}

static void check_properties(const struct system *system, const struct tree_node *node,
			     const struct known *table, const char *what)
{
	struct visit visit = { .node = node, .table = table, .what = what };

	tree_each_property(system->tree, node, check_property, &visit);
}

static void check_no_children(const struct tree_node *node, const char *what)
{
	for (const struct tree_node *child = node->first_child; child != NULL;
	     child = child->next_sibling) {
		diag_error(child->ref.where, "unknown-node",
			   "%s has no child nodes, but here is '%s'", what, child->ref.name);
	}
}

/* ---- Channels ------------------------------------------------------------------ */

static const char *nearest_channel_kind(const struct system *system, const struct tree_node *node)
{
	struct property compatible = tree_property(system->tree, node, "compatible");
	const char *nearest = NULL;
	const char *one;

	for (size_t s = 0; (one = property_string_at(&compatible, s)) != NULL; s++) {
		for (size_t i = 0; i < ARRAY_SIZE(channel_kinds); i++) {
			if (is_typo_of(one, channel_kinds[i].compatible, nearest)) {
				nearest = channel_kinds[i].compatible;
			}
		}
	}
	return nearest;
}

static void check_channel(const struct system *system, const struct tree_node *node)
{
	struct location where = tree_where(system->tree, node, "compatible");
	const char *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(channel_kinds); i++) {
		if (!tree_is_compatible(system->tree, node, channel_kinds[i].compatible)) {
			continue;
		}
		if (channel_kinds[i].properties == NULL) {
			diag_error(where, "not-yet",
				   "channels of kind \"%s\" are of a later release",
				   channel_kinds[i].compatible);
			return;
		}
		check_properties(system, node, channel_kinds[i].properties, "this kind of channel");
		check_no_children(node, "a channel");
		return;
	}
	diag_error(where, "unknown-node", "channel \"%s\" is of no known kind ('compatible')",
		   node->ref.name);
	nearest = nearest_channel_kind(system, node);
	if (nearest != NULL) {
		diag_note(where, "did you mean \"%s\"?", nearest);
	} else {
		diag_note(
			where,
			"kinds: paravent,sampling-channel-v1, -queuing-channel-v1, "
			"-message-channel-v1, -shared-memory-v1");
	}
}

static void check_virtual_device(const struct system *system, const struct tree_node *node)
{
	if (!tree_is_compatible(system->tree, node, COMPATIBLE_VIRTUAL_DEVICE)) {
		diag_error(tree_where(system->tree, node, "compatible"), "unknown-node",
			   "'%s' is no virtual device: it needs compatible = \"%s\";",
			   node->ref.name, COMPATIBLE_VIRTUAL_DEVICE);
		return;
	}
	check_properties(system, node, virtual_device_properties, "a virtual device");
	check_no_children(node, "a virtual device");
}

/* ---- Partitions ---------------------------------------------------------------- */

/* A second kernel would be silently left out. */
static void check_only(const struct system *system, const struct tree_node *node,
		       const char *compatible)
{
	const struct tree_node *first = find_child(system->tree, node->parent, compatible);

	if (first != node) {
		diag_error(node->ref.where, "unknown-node",
			   "%s has two children with compatible \"%s\"", node->parent->ref.path,
			   compatible);
		diag_note(first->ref.where, "the other is here");
	}
}

static void check_partition_child(const struct system *system, const struct tree_node *node)
{
	if (tree_is_compatible(system->tree, node, COMPATIBLE_KERNEL)) {
		check_only(system, node, COMPATIBLE_KERNEL);
		check_properties(system, node, kernel_properties, "a kernel");
	} else if (tree_is_compatible(system->tree, node, COMPATIBLE_RAMDISK)) {
		check_only(system, node, COMPATIBLE_RAMDISK);
		check_properties(system, node, ramdisk_properties, "a ramdisk");
	} else if (strcmp(node->ref.name, "chosen") == 0) {
		check_properties(system, node, chosen_properties, "a partition's chosen node");
	} else if (strcmp(node->ref.name, "health") == 0) {
		check_properties(system, node, health_properties, "a health node");
	} else if (strcmp(node->ref.name, "reserved-memory") == 0) {
		diag_error(node->ref.where, "not-yet",
			   "'reserved-memory' of a partition is of a later release");
		return;
	} else {
		diag_error(
			node->ref.where, "unknown-node",
			"'%s' is no part of a partition: kernel, ramdisk (by 'compatible'), "
			"chosen, health",
			node->ref.name);
		if (strcmp(node->ref.name, "kernel") == 0 ||
		    strcmp(node->ref.name, "ramdisk") == 0) {
			diag_note(node->ref.where,
				  "it needs compatible = \"multiboot,%s\", \"multiboot,module\";",
				  node->ref.name);
		}
		return;
	}
	check_no_children(node, "this node");
}

static void check_partition(const struct system *system, const struct tree_node *node)
{
	check_properties(system, node, partition_properties, "a partition");
	for (const struct tree_node *child = node->first_child; child != NULL;
	     child = child->next_sibling) {
		check_partition_child(system, child);
	}
}

/* ---- The hypervisor, the board, all other nodes -------------------------------- */

static void check_hypervisor_child(const struct system *system, const struct tree_node *node)
{
	if (tree_is_compatible(system->tree, node, COMPATIBLE_PARTITION)) {
		check_partition(system, node);
	} else if (strcmp(node->ref.name, "channels") == 0) {
		check_properties(system, node, no_properties, "the channels node");
		for (const struct tree_node *child = node->first_child; child != NULL;
		     child = child->next_sibling) {
			check_channel(system, child);
		}
	} else if (strcmp(node->ref.name, "virtual-devices") == 0) {
		check_properties(system, node, no_properties, "the virtual-devices node");
		for (const struct tree_node *child = node->first_child; child != NULL;
		     child = child->next_sibling) {
			check_virtual_device(system, child);
		}
	} else if (strcmp(node->ref.name, "schedules") == 0) {
		diag_error(node->ref.where, "not-yet",
			   "'%s' are of a later release: leave the node out for now",
			   node->ref.name);
	} else {
		diag_error(node->ref.where, "unknown-node",
			   "'%s' is neither a partition nor 'channels' nor 'virtual-devices'", node->ref.name);
		diag_note(tree_where(system->tree, node, "compatible"),
			  "a partition needs compatible = \"%s\", \"openamp,domain-v1\";",
			  COMPATIBLE_PARTITION);
	}
}

/*
 * `memory` and its like are read with two cells each; Lopper reads them with the cells given here.
 */
static void check_cells(const struct tree_node *node)
{
	if (node->address_cells != 2 || node->size_cells != 2) {
		diag_error(
			node->ref.where, "property-value",
			"%s needs #address-cells = <2>; and #size-cells = <2>; for the 'memory' "
			"of its partitions",
			node->ref.path);
	}
}

static void check_domains(const struct system *system, const struct tree_node *domains)
{
	const struct tree_node *hypervisor = find_hypervisor(system);

	check_properties(system, domains, domains_properties, "/domains");
	check_cells(domains);
	if (hypervisor == NULL) {
		return; /* reported: nothing below has a meaning then */
	}
	for (const struct tree_node *node = domains->first_child; node != NULL;
	     node = node->next_sibling) {
		if (node != hypervisor) {
			diag_error(
				node->ref.where, "unknown-node",
				"'%s' is not the hypervisor: /domains holds one node with "
				"compatible \"%s\"",
				node->ref.name, COMPATIBLE_HYPERVISOR);
			continue;
		}
		check_properties(system, node, hypervisor_properties, "the hypervisor");
		for (const struct tree_node *child = node->first_child; child != NULL;
		     child = child->next_sibling) {
			check_hypervisor_child(system, child);
		}
	}
}

static void check_hardware_property(const struct property *property, void *context)
{
	const struct visit *visit = context;

	if (starts_with(property->name, "paravent,")) {
		diag_error(
			property->where, "unknown-property",
			"'%s' in %s: properties of Paravent stand below /domains and in the board "
			"node",
			property->name, visit->node->ref.path);
	}
}

void check_schema(const struct system *system)
{
	const struct tree_node *domains = tree_child(&system->tree->nodes[0], "domains");
	const struct tree_node *board = find_board(system);

	if (domains != NULL) {
		check_domains(system, domains);
	}
	if (board != NULL) {
		check_properties(system, board, board_properties, "the board node");
		check_no_children(board, "the board node");
	}
	for (size_t i = 0; i < system->tree->n_nodes; i++) {
		const struct tree_node *node = &system->tree->nodes[i];
		struct visit visit = { .node = node };

		if (node != board && !is_within(node, domains)) {
			tree_each_property(system->tree, node, check_hardware_property, &visit);
		}
	}
}
