/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupt controller: GICv2 or GICv3, whichever the platform has.
 *
 * Interrupts are named by INTID: SGI 0..15, PPI 16..31, SPI 32... SGIs and PPIs
 * belong to the calling CPU. The SDK initialises the distributor, and each
 * CPU's interface, before guest_main() or a secondary's entry runs.
 *
 * Priorities run from 0 (highest) to 0xff; the hypervisor may clamp the top
 * ones. PMR is left at 0xff: mask with PSTATE, see pv_irq_save() in cpu.h.
 */
#pragma once

#include "pv/frame.h"

#include <stdbool.h>
#include <stdint.h>

#define PV_IRQ_NONE             1023u
#define PV_IRQ_PRIORITY_DEFAULT 0xa0u
#define PV_IRQ_ATTACHED_MAX     32 /* handlers that pv_irq_attach() can hold */

/* ---- Simple use: handlers by INTID ---------------------------------------- */

typedef void pv_irq_handler(uint32_t intid, void *context);

/* Call handler(intid, context) for an INTID and enable it on this CPU. False: table full. */
bool pv_irq_attach(uint32_t intid, pv_irq_handler *handler, void *context);

/* The same for an edge-triggered one, as the doorbell interrupts of ports are. */
bool pv_irq_attach_edge(uint32_t intid, pv_irq_handler *handler, void *context);

/* The default IRQ hook: acknowledge, call the handler, end; until none is pending. */
struct pv_frame *pv_irq_dispatch(struct pv_frame *frame);

/* ---- Direct use, for kernels ----------------------------------------------- */

/*
 * Acknowledge the highest pending interrupt. The token goes to pv_irq_end()
 * unchanged (a GICv2 SGI carries its sender in it); pv_irq_number() gives the
 * INTID, PV_IRQ_NONE or above 1019: nothing is pending, and no end is due.
 */
uint32_t pv_irq_ack(void);
void pv_irq_end(uint32_t token);

static inline uint32_t pv_irq_number(uint32_t token)
{
	return token & 0x3ffu;
}

void pv_irq_enable(uint32_t intid);
void pv_irq_disable(uint32_t intid);
bool pv_irq_is_enabled(uint32_t intid);
void pv_irq_set_priority(uint32_t intid, uint8_t priority);
void pv_irq_set_edge(uint32_t intid, bool is_edge); /* PPIs, SPIs */
void pv_irq_set_target(uint32_t intid, uint32_t cpu); /* SPIs; default: CPU 0 */
void pv_irq_set_pending(uint32_t intid, bool is_pending);
bool pv_irq_is_pending(uint32_t intid);
bool pv_irq_is_active(uint32_t intid);

/* Raise an SGI (0..15) at one CPU of the partition, own number included. */
void pv_irq_send(uint32_t cpu, uint32_t sgi);
/* Raise it at all CPUs of the partition but this one. */
void pv_irq_send_others(uint32_t sgi);

/* For the SDK's start-up and for whoever restarts a CPU by hand. */
void pv_irq_init(void);
void pv_irq_init_cpu(void);
