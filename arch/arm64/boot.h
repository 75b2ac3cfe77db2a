/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that boot.S shares with C; arch/arm64/frame.c proves each. */
#pragma once

#define CONFIG_CPUS         0xa8 /* struct system_config */
#define CONFIG_N_CPUS       0x88
#define CONFIG_TCR          0x70
#define CONFIG_EL2_ROOT     0x78
#define CPU_CONFIG_SIZE     32
#define CPU_STACK_SHIFT     12

#define EARLY_STACK_BYTES   2048

/* The last eight bytes of the image: "PVentEND". Not there: the loader cut it short. */
#define IMAGE_END_MARK      0x444e45746e655650

#define MAIR_EL2_BOOT       0x04ff
#define SCTLR_EL2_BOOT      0x30c5183d
#define HCR_EL2_BOOT        0x80000020
#define MPIDR_AFFINITY_BOOT 0xff00ffffff
