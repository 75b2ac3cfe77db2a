/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door from core to partitions: six functions, defined in partitions/, and
 * the const tables of core/dispatch.h. Nothing else leads up.
 */
#pragma once

#include "arch/frame.h"

enum fault {
	FAULT_DATA_ABORT,        /* outside its map, or an access no device model answers */
	FAULT_INSTRUCTION_ABORT,
	FAULT_SERROR,
	FAULT_UNKNOWN_TRAP,
};

/* Once, on the boot CPU: windows zeroed, every partition asked to start. */
void upcall_boot(void);

/* On each CPU: take up its vCPU, wait until it is started, leave its first instruction in `frame`. */
void upcall_enter(struct percpu *cpu, struct trap_frame *frame);

/*
 * percpu.attention was set. Returns true when the vCPU was stopped meanwhile:
 * `frame` then holds a new start, and the trap that led here is void.
 */
bool upcall_attend(struct vcpu *vcpu, struct trap_frame *frame);

/* The guest waits for an interrupt. */
void upcall_wait(struct vcpu *vcpu, struct trap_frame *frame);

/* The guest did what ends its partition. On return `frame` holds a new start. */
void upcall_fault(struct vcpu *vcpu, struct trap_frame *frame, enum fault fault);

void upcall_count(struct vcpu *vcpu, enum pv_statistic what);
