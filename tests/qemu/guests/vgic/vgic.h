/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the guest "vgic", and what they share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* tests/qemu/systems/vgic.dtsi */
#define OWN       34u /* rtc0 is ours; its line is quiet, so it comes only when made pending */
#define N_FOREIGN 6
extern const uint32_t foreign[N_FOREIGN]; /* the neighbour's, and nobody's */

#define PPI_TIMER 27u
#define EL2_PPIS  0x36000000u /* 25, 26, 28, 29 */
#define SECOND_US UINT64_C(1000000)

#define GICD_CTLR       0x0000u
#define GICD_TYPER      0x0004u
#define GICD_IGROUPR    0x0080u
#define GICD_ISENABLER  0x0100u
#define GICD_ICENABLER  0x0180u
#define GICD_ISPENDR    0x0200u
#define GICD_ICPENDR    0x0280u
#define GICD_ISACTIVER  0x0300u
#define GICD_ICACTIVER  0x0380u
#define GICD_IPRIORITYR 0x0400u
#define GICD_ITARGETSR  0x0800u
#define GICD_ICFGR      0x0c00u
#define GICD_SGIR       0x0f00u
#define GICD_IROUTER    0x6000u
#define GICR_TYPER      0x0008u
#define GICR_SGI        0x10000u
#define GICR_BYTES      0x20000u

/* registers.c, by distributor offset. */
void test_identity(void);
void test_bit_registers(void);
void test_each_general_register(void);
void test_priorities(void);
void test_configuration(void);
void test_targets(void);
void test_private(void);
void test_redistributors(void);
void test_pending_sgis(void);
void send_sgi_to_foreign(uint32_t sgi);
void send_sgi_to_others(uint32_t sgi);
void send_sgi_to_all(uint32_t sgi);
