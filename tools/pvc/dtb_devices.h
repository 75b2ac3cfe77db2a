/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes of passed-through devices, copied from the input tree into a partition's.
 *
 * Devices stand directly below the root, at their CPU addresses. Copied nodes keep their phandles,
 * and the partition's GIC node takes that of the board's, so that a reference in a property nobody
 * knows still means the same node or none. Known references to what the partition has not (clocks,
 * dmas, iommus, ...) are left out, and the node says so in "paravent,dropped". Fixed clocks and
 * regulators belong to nobody and are copied with the devices that refer to them.
 */
#pragma once

#include "tools/pvc/dtb_writer.h"
#include "tools/pvc/model.h"

void dtb_copy_devices(struct dtb *dtb, const struct system *system,
		      const struct partition *partition);

/* Name of a device's node in its partition's tree: "serial@9000000". */
char *dtb_device_name(const struct device *device);

/* Phandle of a node of the input tree; 0: it has none. */
uint32_t dtb_input_phandle(const struct system *system, int offset);
