/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tree -> struct system. What cannot be read is reported and left out, and reading goes on: a later
 * check must expect any pointer or count to be missing.
 *
 *   parse_board.c      the board node, CPUs, RAM, reserved memory
 *   parse_devices.c    devices, their interrupts, the GIC
 *   parse_domains.c    the hypervisor node and the partitions
 *   parse_cores.c      their `cpus`
 *   parse_channels.c   channels and their ports
 *   parse_virtual.c    virtual devices
 */
#pragma once

#include "tools/pvc/model.h"
#include "tools/pvc/tree.h"

/* Binding names, shared by parser and checks. */
#define COMPATIBLE_HYPERVISOR "paravent,hypervisor-v1"
#define COMPATIBLE_PARTITION  "paravent,partition-v1"
#define COMPATIBLE_BOARD      "paravent,board-v1"
#define COMPATIBLE_KERNEL     "multiboot,kernel"
#define COMPATIBLE_RAMDISK    "multiboot,ramdisk"
#define COMPATIBLE_VIRTUAL_DEVICE "paravent,virtio-mmio-v1"

/* In this order: each builds on what the earlier ones found. */
void parse_board(struct system *system);
void parse_devices(struct system *system);
void parse_domains(struct system *system);
void parse_channels(struct system *system);
void parse_virtual_devices(struct system *system);

/* The nodes of the configuration; NULL: not there. */
const struct tree_node *find_hypervisor(const struct system *system);
const struct tree_node *find_board(const struct system *system);

/* A node of the input tree by the reference the model keeps. */
const struct tree_node *node_of(const struct system *system, const struct node_ref *ref);

/* The device, CPU or partition that a node became; NULL: none. */
struct device *find_device(const struct system *system, const struct tree_node *node);
struct partition *find_partition(const struct system *system, const struct tree_node *node);

/* The node is below `ancestor` in the tree, or `ancestor` itself. */
bool is_within(const struct tree_node *node, const struct tree_node *ancestor);

/*
 * The CPUs that a `cpus` property selects, in order of the triplets and of their bits. Reports what
 * is wrong with it; @level is what the third cell must be.
 */
struct cpu **parse_cpu_list(const struct system *system, const struct tree_node *node,
			    uint32_t level, size_t *n);

/* Third cell of `cpus`, System Device Tree: exception levels a domain may use. */
#define LEVEL_EL1_NS 0x1u
#define LEVEL_EL2_NS 0x2u

/* `memory-region`: where the windows of `what` shall lie; NULL: anywhere, or it was reported. */
const struct reserved_memory *parse_memory_region(const struct system *system,
						  const struct tree_node *node, const char *what);

/* The child with this compatible; NULL: none. */
const struct tree_node *find_child(const struct tree *tree, const struct tree_node *node,
				   const char *compatible);

/* The node has a driver in EL2 as console; UART_NONE: it has not. Values: enum uart_kind. */
unsigned uart_kind_of(const struct tree *tree, const struct tree_node *node);
