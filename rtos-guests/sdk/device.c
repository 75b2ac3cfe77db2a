/* SPDX-License-Identifier: Apache-2.0 */
#include "pv/device.h"

#include "pv/string.h"

#include "ports.h" /* the partition's: compiled once for each */

#include <stddef.h>

/* The last row keeps the array from being empty. */
#define PV_DEVICE(name, compatible, base, bytes, ...) \
	{ name, compatible, base, bytes, (const uint32_t[]){ __VA_ARGS__, 0 } },
const struct pv_device pv_devices[] = { PV_DEVICES { "", "", 0, 0, NULL } };

const uint32_t pv_n_devices = PV_N_DEVICES;

_Static_assert(sizeof(pv_devices) / sizeof(pv_devices[0]) == PV_N_DEVICES + 1, "PV_N_DEVICES");

bool pv_device_is_compatible(const struct pv_device *device, const char *compatible)
{
	for (const char *at = device->compatible; *at != '\0'; at += strlen(at) + 1) {
		if (strcmp(at, compatible) == 0) {
			return true;
		}
	}
	return false;
}

const struct pv_device *pv_device_find(const char *compatible, uint32_t n)
{
	for (uint32_t i = 0; i < pv_n_devices; i++) {
		if (pv_device_is_compatible(&pv_devices[i], compatible) && n-- == 0) {
			return &pv_devices[i];
		}
	}
	return NULL;
}
