/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partitions and vCPUs: who runs, and how one starts, stops and starts again.
 *
 * A vCPU is OFF (its CPU waits in EL2), STARTING (somebody set its entry and
 * kicked the CPU) or ON. A partition stops in two steps: whoever wants it stopped
 * takes its memory away and kicks its CPUs; each CPU cleans itself up when it
 * next traps, and the last one to arrive ends the matter: it notes the stop, or
 * has vCPU 0's CPU load the images anew and start. Nobody ever waits for anybody.
 *
 * Owns     partition_states[], vcpu_states[]
 * Locks    struct partition.lock for all lifecycle fields
 * Context  EL2, interrupts masked
 */
#pragma once

#include "abi/hypercall.h"
#include "abi/status.h"
#include "arch/frame.h"
#include "core/upcall.h"
#include "hyp/config.h"
#include "hyp/spinlock.h"

#include <stdatomic.h>

enum vcpu_state { VCPU_OFF, VCPU_STARTING, VCPU_ON };

struct partition;

struct vcpu {
	const struct vcpu_config *config;
	struct partition         *partition;
	enum vcpu_state           state;   /* partition's lock */
	ipa_t                     entry;   /* of the next start */
	uint64_t                  context; /* x0 of the next start */
	uint64_t                  statistics[PV_N_STATISTICS]; /* written by its own CPU only */
};

struct partition {
	const struct partition_config *config;
	struct spinlock                lock;
	_Atomic(enum pv_partition_state) state; /* written under lock, read by anyone */
	enum pv_partition_state        state_after_stop;
	bool                           restart_after_stop;
	bool                           must_load;  /* vCPU 0's CPU loads the images before it starts */
	uint32_t                       n_running; /* vCPUs STARTING or ON */
	uint32_t                       n_starts;
};

/* Tie vCPUs and partitions to their table entries. Before anything else. */
void partition_init(void);

struct partition *partition_at(uint32_t index);

/* The partition whose "id" is `id`, or NULL. */
struct partition *partition_by_id(uint64_t id);

struct vcpu *partition_vcpu(const struct partition *partition, uint32_t number);

/*
 * Begin to stop a partition, from any CPU. Nothing happens if it is not running.
 * @after    PV_PARTITION_STOPPED or PV_PARTITION_CRASHED
 * @restart  start it again as soon as it has stopped
 */
void partition_stop(struct partition *partition, enum pv_partition_state after, bool restart);

/* Have a stopped partition loaded and started by its own CPU. PV_BUSY: it runs, or is still stopping. */
MUST_USE enum pv_status partition_start(struct partition *partition);

/* PSCI CPU_ON. Arm DEN 0022. */
enum vcpu_start_result { VCPU_START_OK, VCPU_START_ALREADY_ON, VCPU_START_PENDING };
MUST_USE enum vcpu_start_result vcpu_start(struct vcpu *vcpu, ipa_t entry, uint64_t context);

/*
 * Leave the guest and wait in EL2 for the next start, which is in `frame` on
 * return. Called on the vCPU's own CPU, when its partition is stopping, or for
 * PSCI CPU_OFF.
 */
void vcpu_wait_for_start(struct vcpu *vcpu, struct trap_frame *frame);

/* PSCI CPU_SUSPEND to a power-down state: wait for an interrupt, then start at `entry`. */
void vcpu_suspend(struct vcpu *vcpu, struct trap_frame *frame, ipa_t entry, uint64_t context);

enum vcpu_state vcpu_get_state(struct vcpu *vcpu);

/* Is `address` in memory that the partition may execute from? */
bool partition_has_code(const struct partition_config *config, ipa_t address);
