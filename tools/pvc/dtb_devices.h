/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes of passed-through devices: the partition's tree cut down to them and to what they need
 * (needs.h), written into the partition's own.
 *
 * Nodes keep their names, their places on their buses and their phandles, and the partition's GIC
 * node takes that of the board's, so that a reference in a property nobody knows still means the
 * same node or none. Where a property had to go, the node says so in "paravent,dropped".
 */
#pragma once

#include "tools/pvc/dtb_writer.h"
#include "tools/pvc/needs.h"

/* @needs of the partition in the tree its nodes are cut from */
void dtb_copy_devices(struct dtb *dtb, const struct needs *needs);

/* Entries of the tree's /aliases that lead to what the partition has; not those that start so. */
void dtb_copy_aliases(struct dtb *dtb, const struct needs *needs, const char *but);

/* Path of a device's node in its partition's tree: "/soc/serial@9000000". NULL: it has none. */
const char *dtb_device_path(const struct system *system, const struct partition *partition,
			    const struct device *device);
