/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules: struct system (and the tree it came from) against what docs/config.md demands. Each
 * function reports all it finds; none changes anything; none expects that another found nothing.
 *
 *   check_schema.c      unknown nodes and properties, and those of later releases
 *   check_memory.c      memory against RAM, memory, reservations, devices; guest addresses
 *   check_devices.c     ownership of devices, pages, interrupts; DMA
 *   check_suppliers.c   what devices depend on
 *   check_partitions.c  cores, names, numbers, modes, health
 *   check_channels.c    ends and names of channels
 *   check_virtual.c     virtual devices
 */
#pragma once

#include "tools/pvc/model.h"

void check_schema(const struct system *system);
void check_memory(const struct system *system);
void check_guest_addresses(const struct system *system); /* after place_windows() */
void check_devices(const struct system *system);
void check_suppliers(const struct system *system);
void check_partitions(const struct system *system);
void check_channels(const struct system *system);
void check_virtual_devices(const struct system *system);

/* The interrupt is one of the device's, in the system DTS. */
bool device_has_interrupt(const struct device *device, uint32_t intid);

/* Names of partitions, channels and devices become file names, C macros and console prefixes. */
void check_node_name(const char *what, const struct node_ref *node, size_t length_most);
#define OBJECT_NAME_MOST 31 /* of channels and virtual devices */

/* ---- Words for messages -------------------------------------------------------- */

/* Where a partition takes its devices. */
struct location access_where(const struct system *system, const struct partition *partition);

/* Whose a device is. */
const char *owner_text(const struct device *device);
