/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSCI 1.1 and SMCCC 1.2 for guests. Every call acts on the caller's partition,
 * never on the machine: SYSTEM_OFF stops it, SYSTEM_RESET loads and starts it anew.
 *
 * Owns     nothing
 * Locks    through partitions/partition.h
 * Context  EL2, interrupts masked, on the caller's CPU
 * Spec     Arm DEN 0022 (PSCI), Arm DEN 0028 (SMCCC)
 */
#pragma once

#include "core/dispatch.h"

psci_handler psci_version, psci_cpu_suspend, psci_cpu_off, psci_cpu_on, psci_affinity_info,
	psci_migrate_info_type, psci_system_off, psci_system_reset, psci_features;
psci_handler smccc_version, smccc_arch_features;
