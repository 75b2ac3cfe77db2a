/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables that say who answers a trap. Const, defined in partitions/tables.c.
 */
#pragma once

#include "abi/status.h"
#include "arch/frame.h"

/*
 * A Paravent call. x[1]..x[7] are the arguments and become the results; what the
 * call's contract (docs/abi.md) does not name stays as it is.
 */
typedef enum pv_status hypercall_handler(struct vcpu *caller, uint64_t *x);
struct hypercall_entry {
	hypercall_handler *handler;
	uint32_t           n_arguments; /* x[1]..x[n]; the rest up to x[7] must be zero */
};
extern const struct hypercall_entry hypercall_table[PV_N_CALLS];

/* PSCI and SMCCC calls, by function number; NULL: not supported. May replace the whole frame. */
typedef void psci_handler(struct vcpu *caller, struct trap_frame *frame);
#define PSCI_N_CALLS 32
struct psci_entry {
	psci_handler *handler;
	bool has_32, has_64; /* SMC32 and SMC64 calling convention */
};
extern const struct psci_entry psci_table[PSCI_N_CALLS];

/* SMCCC's own calls and the vendor service's identification. */
struct smccc_entry {
	uint32_t      function;
	psci_handler *handler;
};
extern const struct smccc_entry smccc_table[];
extern const size_t smccc_n_calls;

/* One access of a guest to an emulated device. */
struct mmio_access {
	uint64_t offset;   /* from the region's base */
	uint32_t bytes;    /* 1, 2, 4 or 8 */
	bool     is_write;
	uint64_t value;    /* to write; zero extended */
	uint32_t virtual_device; /* MMIO_VIRTIO: into virtual_devices[] */
	bool     retry;    /* by the handler: not yet; the guest executes the instruction again */
};

/* Returns what is read (ignored for a write). */
typedef uint64_t mmio_handler(struct vcpu *vcpu, struct mmio_access *access);
extern mmio_handler *const mmio_table[];

/* A write of ICC_SGI1R_EL1, ICC_SGI0R_EL1 or ICC_ASGI1R_EL1. */
void vgic_write_sgi1r(struct vcpu *vcpu, uint64_t value);
