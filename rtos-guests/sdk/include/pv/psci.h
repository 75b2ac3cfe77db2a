/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSCI 1.1, Arm DEN 0022, as a partition sees it: calls act on the partition,
 * never on the machine. docs/abi.md "PSCI" says what each one does.
 */
#pragma once

#include <stdint.h>

enum pv_conduit { PV_CONDUIT_HVC, PV_CONDUIT_SMC };

#define PSCI_VERSION             0x84000000u
#define PSCI_CPU_SUSPEND_32      0x84000001u
#define PSCI_CPU_SUSPEND         0xc4000001u
#define PSCI_CPU_OFF             0x84000002u
#define PSCI_CPU_ON_32           0x84000003u
#define PSCI_CPU_ON              0xc4000003u
#define PSCI_AFFINITY_INFO_32    0x84000004u
#define PSCI_AFFINITY_INFO       0xc4000004u
#define PSCI_MIGRATE_INFO_TYPE   0x84000006u
#define PSCI_SYSTEM_OFF          0x84000008u
#define PSCI_SYSTEM_RESET        0x84000009u
#define PSCI_FEATURES            0x8400000au
#define PSCI_SYSTEM_SUSPEND      0xc400000eu
#define SMCCC_VERSION            0x80000000u
#define SMCCC_ARCH_FEATURES      0x80000001u

#define PSCI_SUCCESS            0
#define PSCI_NOT_SUPPORTED      (-1)
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_DENIED             (-3)
#define PSCI_ALREADY_ON         (-4)
#define PSCI_ON_PENDING         (-5)
#define PSCI_INTERNAL_FAILURE   (-6)
#define PSCI_INVALID_ADDRESS    (-9)

#define PSCI_AFFINITY_ON         0
#define PSCI_AFFINITY_OFF        1
#define PSCI_AFFINITY_ON_PENDING 2

/* One call by the platform's conduit (platform.h), arguments in x1..x3; returns x0. */
int64_t pv_psci_call(uint32_t function, uint64_t a1, uint64_t a2, uint64_t a3);

_Noreturn void pv_system_off(void);
_Noreturn void pv_system_reset(void);
_Noreturn void pv_cpu_off(void);
