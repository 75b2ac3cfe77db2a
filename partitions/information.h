/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest may ask about itself and its peers, and the manager's control of
 * other partitions.
 *
 * Owns     nothing
 * Locks    through partitions/partition.h
 * Context  EL2, interrupts masked
 */
#pragma once

#include "core/dispatch.h"

hypercall_handler hypercall_null, hypercall_doorbell, hypercall_features, hypercall_partition_info,
	hypercall_port_info, hypercall_statistics, hypercall_partition_control;

psci_handler smccc_uid, smccc_revision;
