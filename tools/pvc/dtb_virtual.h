/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of virtual devices in a partition's tree. docs/abi.md "Virtual devices". */
#pragma once

#include "tools/pvc/dtb_writer.h"
#include "tools/pvc/model.h"

/* As Linux's virtio_mmio wants it, below the root. @window  phandle of its window's node */
void dtb_frontend(struct dtb *dtb, const struct virtual_device *device, uint32_t window);

/* What a backend needs to serve, below /hypervisor. */
void dtb_backend(struct dtb *dtb, const struct virtual_device *device, uint32_t window);
