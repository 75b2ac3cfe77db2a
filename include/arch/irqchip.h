/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the interrupt controller must offer: Arm GICv2 or GICv3, one of the two,
 * as system_config.gic says.
 *
 * Locks    irqchip_distributor_update32() and irqchip_redistributor_update32() take gic_lock.
 * Context  EL2, interrupts masked. "This CPU" means the caller's.
 * Spec     Arm IHI 0048 (GICv2), Arm IHI 0069 (GICv3).
 */
#pragma once

#include "hyp/compiler.h"
#include "hyp/types.h"

/* EL2's own SGI: wakes a CPU that waits in EL2, or one whose partition has been revoked. */
#define KICK_SGI 15

/* Guests get no priority above this one; only the kick has it (0). */
#define GUEST_HIGHEST_PRIORITY 0x10u
#define GUEST_DEFAULT_PRIORITY 0xa0u

/* Once, on the boot CPU: groups, everything disabled, distributor on. */
void irqchip_init(void);

/* On each CPU: its banked interrupts disabled, its interface on. */
void irqchip_init_cpu(uint32_t cpu_id);

/* The number of SPIs that the hardware reports, to be held against the table. */
uint32_t irqchip_n_spis(void);

/* Make `cpu_id` leave cpu_wait_for_interrupt(). Complete on return. */
void irqchip_kick(uint32_t cpu_id);

/*
 * Leave nothing of a former guest in this CPU's interface and banked interrupts:
 * running priority dropped, SGIs and PPIs disabled and neither pending nor
 * active, registers as after reset. A pending kick is consumed too. `interrupts`
 * (INTID_WORDS words) are the guest's own: only these may be ended.
 */
void irqchip_clean_cpu(uint32_t cpu_id, const uint32_t *interrupts);

/*
 * Open the CPU interface enough that a kick, and any interrupt of the guest,
 * ends a wait on this CPU; undone by the guest's own next writes or irqchip_restore_cpu().
 * false: nothing would, since the guest has an interrupt of the kick's priority unfinished.
 */
struct irqchip_cpu_state {
	uint64_t enable, mask, binary_point;
};
MUST_USE bool irqchip_open_cpu(struct irqchip_cpu_state *before);
void irqchip_restore_cpu(const struct irqchip_cpu_state *before);

/* Disable an SPI, clear its pending and active state, and give it to `cpu_id` at the default priority. */
void irqchip_spi_reset(intid_t interrupt, uint32_t cpu_id, bool edge);
void irqchip_spi_enable(intid_t interrupt, bool enabled);

/* Make an SPI pending: a doorbell. The caller orders its own stores before (barrier_before_device()). */
void irqchip_set_pending(intid_t interrupt);

/* Send SGI 0..15 to every CPU whose bit is set. */
void irqchip_send_sgi(uint32_t sgi, uint32_t cpu_mask);

/* How an SGI names a CPU: its number among the targets, and (GICv3) its cluster in ICC_SGI1R_EL1. */
struct irqchip_target {
	uint32_t number;
	uint64_t cluster;
};
struct irqchip_target irqchip_target_of(uint32_t cpu_id);

/*
 * An interrupt reached EL2, which in mode "direct" only a guest's own tampering
 * can cause: put the CPU interface back so that it does not come again.
 */
void irqchip_refuse_interrupt(void);

/* Registers, for the vGIC: offsets as in the specification, 32-bit aligned unless named otherwise. */
uint32_t irqchip_distributor_read32(uint32_t offset);
void     irqchip_distributor_write32(uint32_t offset, uint32_t value);
void     irqchip_distributor_write8(uint32_t offset, uint8_t value);
uint64_t irqchip_distributor_read64(uint32_t offset);
void     irqchip_distributor_write64(uint32_t offset, uint64_t value);
void     irqchip_distributor_update32(uint32_t offset, uint32_t mask, uint32_t value);

/* GICv3: the same within the 128 KiB of one CPU's redistributor. */
uint32_t irqchip_redistributor_read32(uint32_t cpu_id, uint32_t offset);
void     irqchip_redistributor_write32(uint32_t cpu_id, uint32_t offset, uint32_t value);
void     irqchip_redistributor_write8(uint32_t cpu_id, uint32_t offset, uint8_t value);
void     irqchip_redistributor_update32(uint32_t cpu_id, uint32_t offset, uint32_t mask, uint32_t value);
