/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GIC register offsets, read by the driver (arch) and by the vGIC (partitions).
 * Arm IHI 0048 "Distributor register map"; Arm IHI 0069 "The GIC Distributor
 * register map", "The GIC Redistributor register map".
 */
#pragma once

#include "hyp/bits.h"

#define GICD_CTLR        0x0000u
#define GICD_TYPER       0x0004u
#define GICD_IIDR        0x0008u
#define GICD_IGROUPR     0x0080u /* one bit an interrupt, up to 0x3ff */
#define GICD_ISENABLER   0x0100u
#define GICD_ICENABLER   0x0180u
#define GICD_ISPENDR     0x0200u
#define GICD_ICPENDR     0x0280u
#define GICD_ISACTIVER   0x0300u
#define GICD_ICACTIVER   0x0380u
#define GICD_IPRIORITYR  0x0400u /* one byte */
#define GICD_ITARGETSR   0x0800u /* one byte; GICv2 */
#define GICD_ICFGR       0x0c00u /* two bits */
#define GICD_SGIR        0x0f00u /* GICv2 */
#define GICD_CPENDSGIR   0x0f10u /* GICv2: one byte an SGI, one bit a source */
#define GICD_SPENDSGIR   0x0f20u
#define GICD_SPENDSGIR_END 0x0f30u
#define GICD_IROUTER     0x6000u /* eight bytes; GICv3 */
#define GICD_IROUTER_END 0x7fe0u
#define GICD_IDREGS      0xffd0u /* GICv3 */
#define GICD_BYTES       0x10000u
#define GICD_IDREGS_V2   0x0fd0u
#define GICD_BYTES_V2    0x1000u

#define GICD_CTLR_ENABLE       BIT(0) /* GICv2 */
#define GICD_CTLR_ENABLE_GRP1A BIT(1) /* GICv3 */
#define GICD_CTLR_ARE_NS       BIT(4)
#define GICD_CTLR_DS           BIT(6)
#define GICD_CTLR_RWP          BIT(31)

#define GICD_TYPER_ITLINES FIELD(4, 0)
#define GICD_TYPER_CPUS    FIELD(7, 5)
/* What a guest sees of it: lines, bits of an INTID, A3V, No1N; no LPIs, MSIs, extended ranges. */
#define GICD_TYPER_SHOWN   (GICD_TYPER_ITLINES | FIELD(25, 19))

#define GICD_SGIR_FILTER  FIELD(25, 24)
#define GICD_SGIR_TARGETS FIELD(23, 16)
#define GICD_SGIR_INTID   FIELD(3, 0)
#define GICD_SGIR_LIST    0u
#define GICD_SGIR_OTHERS  1u
#define GICD_SGIR_SELF    2u

#define GICD_IROUTER_IRM BIT(31)

#define GICR_BYTES       0x20000u /* per CPU: RD_base and SGI_base, 64 KiB each */
#define GICR_CTLR        0x0000u
#define GICR_IIDR        0x0004u
#define GICR_TYPER       0x0008u
#define GICR_WAKER       0x0014u
#define GICR_IDREGS      0xffd0u
#define GICR_SGI_BASE    0x10000u /* from here the distributor's offsets, word 0 */

#define GICR_CTLR_RWP        BIT(3)
#define GICR_WAKER_SLEEP     BIT(1)
#define GICR_WAKER_CHILDREN  BIT(2)
#define GICR_TYPER_LAST      BIT(4)

/* PPIs that no guest may touch: secure timer 29, EL2 timers 26 and 28, maintenance 25. */
#define EL2_PPIS (BIT(25) | BIT(26) | BIT(28) | BIT(29))
