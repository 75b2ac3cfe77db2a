/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest's trap means, and who answers it.
 *
 * Owns     nothing
 * Locks    none
 * Context  EL2, interrupts masked, on the CPU of the vCPU that trapped
 * Spec     Arm DDI 0487 "ESR_EL2", Arm DEN 0028 (SMCCC)
 */
#include "core/trap.h"

#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/irqchip.h"
#include "core/dispatch.h"
#include "core/esr.h"
#include "core/mmio.h"
#include "core/panic.h"
#include "core/upcall.h"

#define INSTRUCTION_BYTES 4u
#define ZERO_REGISTER     31u
#define HYPERCALL_MAX_ARGUMENTS 7u

/* SMCCC function identifiers. Arm DEN 0028 "SMC and HVC calling convention". */
#define SMCCC_SERVICE     FIELD(31, 24) /* fast call, convention, owning entity */
#define SMCCC_NUMBER      FIELD(15, 0)
#define SMCCC_RESERVED    FIELD(23, 16) /* zero in a fast call (SVE hint aside) */
#define SERVICE_PSCI_32   UINT64_C(0x84)
#define SERVICE_PSCI_64   UINT64_C(0xc4)
#define SERVICE_PARAVENT  UINT64_C(0xc6)

static void skip_instruction(struct trap_frame *frame)
{
	frame->elr += INSTRUCTION_BYTES;
}

static void return_status(struct trap_frame *frame, enum pv_status status)
{
	frame->x[0] = (uint64_t)(int64_t)status;
}

static psci_handler *find_psci(uint64_t service, uint64_t number)
{
	if (number >= PSCI_N_CALLS) {
		return NULL;
	}
	const struct psci_entry *entry = &psci_table[index_nospec(number, PSCI_N_CALLS)];

	return (service == SERVICE_PSCI_64 ? entry->has_64 : entry->has_32) ? entry->handler : NULL;
}

static psci_handler *find_smccc(uint32_t function)
{
	for (size_t i = 0; i < smccc_n_calls; i++) {
		if (smccc_table[i].function == function) {
			return smccc_table[i].handler;
		}
	}
	return NULL;
}

static void handle_hypercall(struct vcpu *vcpu, struct trap_frame *frame,
			     const struct hypercall_entry *entry)
{
	uint64_t reserved = 0;

	upcall_count(vcpu, PV_STATISTIC_HYPERCALLS);
	for (size_t i = HYPERCALL_MAX_ARGUMENTS; i > entry->n_arguments; i--) {
		reserved |= frame->x[i];
	}
	return_status(frame, reserved != 0 ? PV_BAD_ARGUMENT : entry->handler(vcpu, frame->x));
}

static void handle_call(struct vcpu *vcpu, struct trap_frame *frame)
{
	/* Other immediates than 0 are not SMCCC's: no such call. */
	uint32_t function = (frame->esr & ESR_CALL_IMMEDIATE) == 0 ? (uint32_t)frame->x[0] : 0;
	uint64_t service = field_get(SMCCC_SERVICE, function);
	uint64_t number = field_get(SMCCC_NUMBER, function);
	bool is_reserved = field_get(SMCCC_RESERVED, function) != 0;
	psci_handler *handler;

	if (service == SERVICE_PARAVENT && !is_reserved && number < PV_N_CALLS) {
		handle_hypercall(vcpu, frame, &hypercall_table[index_nospec(number, PV_N_CALLS)]);
		return;
	}
	if ((service == SERVICE_PSCI_32 || service == SERVICE_PSCI_64) && !is_reserved) {
		handler = find_psci(service, number);
	} else {
		handler = find_smccc(function);
	}
	if (handler == NULL) {
		return_status(frame, PV_NOT_SUPPORTED);
		return;
	}
	upcall_count(vcpu, PV_STATISTIC_PSCI);
	handler(vcpu, frame);
}

static void handle_sysreg(struct vcpu *vcpu, struct trap_frame *frame)
{
	uint64_t name = frame->esr & ESR_SYSREG_NAME;
	uint64_t rt = field_get(ESR_SYSREG_RT, frame->esr);
	bool is_sgi = name == ESR_ICC_SGI1R_EL1 || name == ESR_ICC_SGI0R_EL1 ||
		      name == ESR_ICC_ASGI1R_EL1;

	if (!is_sgi || (frame->esr & ESR_SYSREG_IS_READ) != 0) {
		upcall_count(vcpu, PV_STATISTIC_SYSREG);
		vcpu_inject_undefined(frame);
		return;
	}
	upcall_count(vcpu, PV_STATISTIC_SGI);
	/* Group 0 does not exist for a guest: its SGIs go nowhere, as with no enabled target. */
	if (name == ESR_ICC_SGI1R_EL1) {
		vgic_write_sgi1r(vcpu, rt == ZERO_REGISTER ? 0 : frame->x[rt]);
	}
	skip_instruction(frame);
}

/* What an access of `bytes` leaves in a register: cut to its width, then extended. */
static uint64_t extend(uint64_t esr, uint64_t value, uint32_t bytes)
{
	unsigned shift = 64 - 8 * bytes;

	value <<= shift;
	value = (esr & ESR_DATA_SSE) != 0 ? (uint64_t)((int64_t)value >> shift) : value >> shift;
	return (esr & ESR_DATA_SF) != 0 ? value : (uint32_t)value;
}

/* Emulated devices are not mapped; a virtual device's registers are, to be read. */
static bool is_emulated(uint64_t esr)
{
	uint64_t type = field_get(ESR_FSC_TYPE, esr);

	return (esr & ESR_DATA_ISV) != 0 && (esr & ESR_DATA_S1PTW) == 0 &&
	       (type == ESR_FSC_TYPE_TRANSLATION ||
		(type == ESR_FSC_TYPE_PERMISSION && (esr & ESR_DATA_WNR) != 0));
}

static void handle_data_abort(struct vcpu *vcpu, struct percpu *cpu, struct trap_frame *frame)
{
	uint64_t esr = frame->esr;
	uint64_t rt = field_get(ESR_DATA_SRT, esr);
	bool is_mapped = field_get(ESR_FSC_TYPE, esr) == ESR_FSC_TYPE_PERMISSION;
	struct mmio_access access = {
		.bytes = 1u << field_get(ESR_DATA_SAS, esr),
		.is_write = (esr & ESR_DATA_WNR) != 0,
	};
	const struct mmio_config *region;
	ipa_t address;

	if (!is_emulated(esr)) {
		upcall_fault(vcpu, frame, FAULT_DATA_ABORT);
		return;
	}
	if (!trap_fault_ipa(is_mapped, &address)) {
		return; /* another vCPU took the translation away: let the instruction meet that itself */
	}
	region = mmio_find(cpu->partition, address, access.bytes, &access.offset);
	if (region == NULL || is_mapped != (region->kind == MMIO_VIRTIO)) {
		upcall_fault(vcpu, frame, FAULT_DATA_ABORT);
		return;
	}
	access.virtual_device = region->virtual_device;
	if (access.is_write) {
		access.value = rt == ZERO_REGISTER ? 0 : frame->x[rt];
		if (access.bytes < 8) {
			access.value &= (UINT64_C(1) << 8 * access.bytes) - 1;
		}
	}

	uint64_t value = mmio_table[region->kind](vcpu, &access);

	if (access.retry) {
		return;
	}
	if (!access.is_write && rt != ZERO_REGISTER) {
		frame->x[rt] = extend(esr, value, access.bytes);
	}
	skip_instruction(frame);
}

void trap_sync(struct trap_frame *frame, struct percpu *cpu)
{
	struct vcpu *vcpu = cpu->vcpu;

	if (atomic_load_explicit(&cpu->attention, memory_order_acquire) != 0 &&
	    upcall_attend(vcpu, frame)) {
		return;
	}

	switch (field_get(ESR_EC, frame->esr)) {
	case ESR_EC_SMC64:
		skip_instruction(frame); /* unlike HVC, the SMC itself is to be returned to */
		handle_call(vcpu, frame);
		break;
	case ESR_EC_HVC64:
		handle_call(vcpu, frame);
		break;
	case ESR_EC_WFX:
		skip_instruction(frame);
		if (field_get(ESR_WFX_TI, frame->esr) == 0) {
			upcall_wait(vcpu, frame);
		}
		break;
	case ESR_EC_SYSREG:
		handle_sysreg(vcpu, frame);
		break;
	case ESR_EC_DATA:
		handle_data_abort(vcpu, cpu, frame);
		break;
	case ESR_EC_INSTRUCTION:
		upcall_fault(vcpu, frame, FAULT_INSTRUCTION_ABORT);
		break;
	default:
		/* A feature that EL2 does not give: for the guest, an instruction it does not have. */
		upcall_count(vcpu, PV_STATISTIC_SYSREG);
		vcpu_inject_undefined(frame);
		break;
	}
}

void trap_irq(struct trap_frame *frame, struct percpu *cpu)
{
	upcall_count(cpu->vcpu, PV_STATISTIC_INTERRUPTS);
	if (atomic_load_explicit(&cpu->attention, memory_order_acquire) != 0 &&
	    upcall_attend(cpu->vcpu, frame)) {
		return;
	}
	irqchip_refuse_interrupt();
}

void trap_serror(struct trap_frame *frame, struct percpu *cpu)
{
	upcall_fault(cpu->vcpu, frame, FAULT_SERROR);
}
