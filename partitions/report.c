/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition did what ends it: say what, where and on what, then stop it.
 *
 * Owns     nothing
 * Locks    report_lock; through core/log.h and partitions/partition.h
 * Context  EL2, interrupts masked, on the CPU of the vCPU at fault
 */
#include "arch/cpu.h"
#include "core/esr.h"
#include "core/format.h"
#include "core/log.h"
#include "core/region.h"
#include "core/upcall.h"
#include "partitions/partition.h"

static struct spinlock report_lock; /* a report's lines stay together */

static const char *name_fault(enum fault fault)
{
	switch (fault) {
	case FAULT_DATA_ABORT:
		return "data abort";
	case FAULT_INSTRUCTION_ABORT:
		return "instruction abort";
	case FAULT_SERROR:
		return "SError (asynchronous external abort)";
	case FAULT_UNKNOWN_TRAP:
		break;
	}
	return "unknown trap";
}

static const struct memory_config *find_memory(const struct partition_config *config, ipa_t address)
{
	for (uint32_t i = 0; i < config->n_memory; i++) {
		if (address.value - config->memory[i].ipa.value < config->memory[i].bytes) {
			return &config->memory[i];
		}
	}
	return NULL;
}

static const struct mmio_config *find_mmio(const struct partition_config *config, ipa_t address)
{
	for (uint32_t i = 0; i < config->n_mmio; i++) {
		if (address.value - config->mmio[i].base.value < config->mmio[i].bytes) {
			return &config->mmio[i];
		}
	}
	return NULL;
}

/* What is there, in the words of the system's devicetree. Guests see addresses 1:1 outside guest-base. */
static void describe(char *out, size_t bytes, const struct partition_config *config, ipa_t address)
{
	static const char *const emulated[] = {
		[MMIO_VGIC_DISTRIBUTOR] = "the emulated GIC distributor",
		[MMIO_VGIC_REDISTRIBUTORS] = "the emulated GIC redistributors",
		[MMIO_VUART] = "the emulated PL011",
		[MMIO_VIRTIO] = "a virtual device's registers",
	};
	const struct mmio_config *mmio = find_mmio(config, address);
	const struct region_config *region = region_find(PA(address.value));

	if (mmio != NULL) {
		(void)format(out, bytes, "%s, with an access it does not take", emulated[mmio->kind]);
	} else if (find_memory(config, address) != NULL) {
		(void)format(out, bytes, "its own memory");
	} else if (region == NULL) {
		(void)format(out, bytes, "nothing that the board's description knows");
	} else if (region->owner == NULL) {
		(void)format(out, bytes, "%s, given to nobody", region->name);
	} else {
		(void)format(out, bytes, "%s of %s", region->name, region->owner);
	}
}

static void report_abort(const struct partition_config *config, const struct trap_frame *frame,
			 enum fault fault)
{
	char what[120];
	const char *access = fault == FAULT_INSTRUCTION_ABORT ? "execute"
			     : (frame->esr & ESR_DATA_WNR) != 0 ? "write" : "read";
	bool is_walk = (frame->esr & ESR_DATA_S1PTW) != 0;
	bool is_permission = field_get(ESR_FSC_TYPE, frame->esr) == ESR_FSC_TYPE_PERMISSION;
	ipa_t address;

	if (!trap_fault_ipa(is_permission && !is_walk, &address)) {
		log_line("  tried to %s virtual address 0x%lx, which its tables no longer translate", access,
			 trap_fault_va());
		return;
	}
	describe(what, sizeof(what), config, address);
	log_line("  tried to %s%s guest address 0x%lx (virtual 0x%lx): %s", access,
		 is_walk ? " a translation table at" : "", address.value, trap_fault_va(), what);
	if (is_permission) {
		log_line("  which is mapped for it, but not for this kind of access");
	}
}

void upcall_fault(struct vcpu *vcpu, struct trap_frame *frame, enum fault fault)
{
	const struct partition_config *config = vcpu->partition->config;
	struct vcpu_registers registers;

	/*
	 * Of a partition that is being stopped, every instruction faults: not its
	 * doing. The attention flag may have been set behind our look at it.
	 */
	if (atomic_load_explicit(&vcpu->partition->state, memory_order_acquire) !=
	    PV_PARTITION_RUNNING) {
		vcpu_wait_for_start(vcpu, frame);
		return;
	}
	vcpu_read_registers(&registers);
	spinlock_take(&report_lock);
	log_line("%s: %s on vCPU %u (CPU %u)", config->name, name_fault(fault), vcpu->config->number,
		 vcpu->config->cpu_id);
	if (fault == FAULT_DATA_ABORT || fault == FAULT_INSTRUCTION_ABORT) {
		report_abort(config, frame, fault);
	}
	log_line("  PC 0x%lx LR 0x%lx SP 0x%lx SPSR 0x%lx ESR 0x%lx", frame->elr, frame->x[30],
		 registers.sp_el1, frame->spsr, frame->esr);
	log_line("  x0 0x%lx x1 0x%lx x2 0x%lx x3 0x%lx, last EL1 exception ESR 0x%lx ELR 0x%lx FAR 0x%lx",
		 frame->x[0], frame->x[1], frame->x[2], frame->x[3], registers.esr_el1,
		 registers.elr_el1, registers.far_el1);
	spinlock_drop(&report_lock);

	partition_stop(vcpu->partition, PV_PARTITION_CRASHED, false);
	vcpu_wait_for_start(vcpu, frame);
}
