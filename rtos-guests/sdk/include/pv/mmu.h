/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identity-mapped memory: virtual is physical, as the partition sees it.
 *
 * Start-up maps the image (code read-execute, constants read-only), the rest of
 * the partition's memory, the windows of all ports, the GIC, the UART, the
 * devices of device.h and of virtual_device.h, and turns MMU and caches on. Anything
 * else must be mapped before it is touched.
 */
#pragma once

#include "abi/status.h"

#include <stddef.h>
#include <stdint.h>

enum pv_memory {
	PV_MEMORY_NORMAL,     /* write-back, read-write, never executed */
	PV_MEMORY_NORMAL_RO,
	PV_MEMORY_CODE,       /* write-back, read-execute */
	PV_MEMORY_DEVICE,     /* nGnRE, never executed */
	PV_MEMORY_DEVICE_RO,
	PV_MEMORY_CODE_RW,    /* write-back, no limits: for tests and loaders */
	PV_MEMORY_NONE,       /* not mapped: any access faults */
};

/*
 * Map whole pages (base is rounded down, the end up), over what was there.
 * PV_OK, PV_FULL (no table pages left), PV_BAD_ARGUMENT (beyond 39 bits)
 */
enum pv_status pv_mmu_map(uint64_t base, uint64_t bytes, enum pv_memory memory);

/* Write cached contents out to memory, for readers without caches. */
void pv_cache_clean(const void *from, size_t bytes);
