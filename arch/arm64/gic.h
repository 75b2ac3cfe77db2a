/* SPDX-License-Identifier: Apache-2.0 */
/* The CPU interface of each GIC version, behind arch/irqchip.h. */
#pragma once

#include "arch/irqchip.h"

/* GICC: memory-mapped. Arm IHI 0048 "CPU interface register map" */
void gicv2_init_cpu(uint32_t cpu_id);
void gicv2_kick(uint32_t cpu_id);
void gicv2_clean_cpu(const uint32_t *interrupts);
bool gicv2_open_cpu(struct irqchip_cpu_state *before);
void gicv2_restore_cpu(const struct irqchip_cpu_state *before);
void gicv2_send_sgi(uint32_t sgi, uint32_t cpu_mask);
void gicv2_refuse_interrupt(void);

/* ICC_*: system registers. Arm IHI 0069 "AArch64 System register descriptions" */
void gicv3_init_cpu(uint32_t cpu_id);
void gicv3_kick(uint32_t cpu_id);
void gicv3_clean_cpu(uint32_t cpu_id, const uint32_t *interrupts);
bool gicv3_open_cpu(struct irqchip_cpu_state *before);
void gicv3_restore_cpu(const struct irqchip_cpu_state *before);
void gicv3_send_sgi(uint32_t sgi, uint32_t cpu_mask);
void gicv3_refuse_interrupt(void);

/* ICC_SGI1R_EL1: the fields that name a CPU's cluster, and the CPU's number among its targets. */
uint64_t gicv3_affinity_fields(uint64_t mpidr);
uint64_t gicv3_affinity_target(uint64_t mpidr);
void gicv3_wait_distributor(void);
void gicv3_wait_redistributor(uint32_t cpu_id);

/*
 * An interrupt of the guest that is active: among `private_active` (word 0), its
 * SPIs, or the console's. INTID_NONE if none is.
 */
#define INTID_NONE 1023u
intid_t gic_find_active(uint32_t private_active, const uint32_t *interrupts);
