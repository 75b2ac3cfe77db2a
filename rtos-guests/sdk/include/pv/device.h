/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices that the system's DTS gives to this partition, as pvc lists them
 * in the partition's ports.h. Start-up maps the registers of all of them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pv_device {
	const char     *name;       /* of the node: "gpio@9030000" */
	const char     *compatible; /* one string behind the other, an empty one ends them */
	uint64_t        base;       /* first reg */
	uint64_t        bytes;
	const uint32_t *interrupts; /* INTIDs in the order of the node, 0 ends them */
};

extern const struct pv_device pv_devices[];
extern const uint32_t pv_n_devices;

bool pv_device_is_compatible(const struct pv_device *device, const char *compatible);

/* The n-th of the partition's devices that is compatible, counted from 0; NULL: not that many. */
const struct pv_device *pv_device_find(const char *compatible, uint32_t n);
