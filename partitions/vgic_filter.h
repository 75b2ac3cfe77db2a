/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the filter that distributor and redistributor share: registers
 * with one bit, one byte or two bits an interrupt. A `view` says whose interrupts
 * they are and where the hardware registers stand.
 */
#pragma once

#include "core/dispatch.h"
#include "partitions/partition.h"

struct vgic_view {
	struct vcpu *vcpu;
	bool     is_private; /* SGIs and PPIs of `cpu_id`: GICv3 redistributor */
	uint32_t cpu_id;
};

/* The view's owned interrupts in word `word` (0: SGIs and PPIs), the console's included while in focus. */
uint32_t vgic_owned(const struct vcpu *vcpu, uint32_t word);

/*
 * A register below GICD_ITARGETSR, or GICD_ICFGR: whatever is laid out by
 * interrupt alone and so means the same in both. Returns false if `offset` is not one.
 */
bool vgic_by_interrupt(const struct vgic_view *view, uint32_t offset,
		       const struct mmio_access *access, uint64_t *value);
