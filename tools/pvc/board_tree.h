/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's own devicetree: the file its maker or the kernel's package supplies, with all that a
 * full operating system wants to know of each device. The system DTS describes the same hardware in
 * few words; devices of both are matched by address.
 */
#pragma once

#include "tools/pvc/load.h"

/*
 * Reads the file named by `paravent,devicetree` if a Linux partition has devices, and makes it the
 * tree of these partitions. Reports what is wrong with it; `options->images` false: nothing is read.
 */
void read_board_tree(struct system *system, const struct load_options *options);

/* The partition's devices are cut from that file, whether it has been read yet or not. */
bool is_cut_from_board(const struct system *system, const struct partition *partition);

/* A Linux partition has devices, and the board names a devicetree to cut theirs from. */
bool is_board_tree_needed(const struct system *system);
