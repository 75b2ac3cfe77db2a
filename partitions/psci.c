/* SPDX-License-Identifier: Apache-2.0 */
#include "partitions/psci.h"

#include "partitions/partition.h"

#define PSCI_VERSION_1_1  UINT64_C(0x10001)
#define SMCCC_VERSION_1_2 UINT64_C(0x10002)
#define SMCCC_VERSION     UINT32_C(0x80000000)
#define SMCCC_ARCH_FEATURES UINT32_C(0x80000001)

/* Arm DEN 0022 "Return error codes" */
enum psci_status {
	PSCI_SUCCESS            = 0,
	PSCI_NOT_SUPPORTED      = -1,
	PSCI_INVALID_PARAMETERS = -2,
	PSCI_ALREADY_ON         = -4,
	PSCI_ON_PENDING         = -5,
	PSCI_INVALID_ADDRESS    = -9,
};

#define PSCI_AFFINITY_ON         0u
#define PSCI_AFFINITY_OFF        1u
#define PSCI_AFFINITY_ON_PENDING 2u
#define PSCI_TOS_NOT_PRESENT     2u /* MIGRATE_INFO_TYPE: nothing to migrate */

/* power_state, original format: StateType, and the bits that must be zero (any affinity level will do). */
#define POWER_STATE_POWERDOWN    (UINT64_C(1) << 16)
#define POWER_STATE_RESERVED     UINT64_C(0xfcfe0000)

#define SMCCC_IS_64              (UINT64_C(1) << 30) /* in the function identifier */

static void give(struct trap_frame *frame, int64_t result)
{
	frame->x[0] = (uint64_t)result;
}

/* x1, x2...; a 32-bit call has no upper halves, and its registers stay as they are. */
static uint64_t argument(const struct trap_frame *frame, size_t n)
{
	return (frame->x[0] & SMCCC_IS_64) != 0 ? frame->x[n] : (uint32_t)frame->x[n];
}

/* The vCPU that an MPIDR names, or NULL. Guests see Aff0 = number, the rest 0. */
static struct vcpu *find_target(const struct vcpu *caller, uint64_t mpidr)
{
	if (mpidr >= caller->partition->config->n_vcpus) {
		return NULL;
	}
	return partition_vcpu(caller->partition, (uint32_t)mpidr);
}

void psci_version(struct vcpu *caller, struct trap_frame *frame)
{
	(void)caller;
	give(frame, PSCI_VERSION_1_1);
}

void psci_cpu_on(struct vcpu *caller, struct trap_frame *frame)
{
	struct vcpu *target = find_target(caller, argument(frame, 1));
	ipa_t entry = IPA(argument(frame, 2));

	if (target == NULL) {
		give(frame, PSCI_INVALID_PARAMETERS);
		return;
	}
	if (!partition_has_code(caller->partition->config, entry)) {
		give(frame, PSCI_INVALID_ADDRESS);
		return;
	}
	switch (vcpu_start(target, entry, argument(frame, 3))) {
	case VCPU_START_OK:
		give(frame, PSCI_SUCCESS);
		break;
	case VCPU_START_ALREADY_ON:
		give(frame, PSCI_ALREADY_ON);
		break;
	case VCPU_START_PENDING:
		give(frame, PSCI_ON_PENDING);
		break;
	}
}

void psci_cpu_off(struct vcpu *caller, struct trap_frame *frame)
{
	vcpu_wait_for_start(caller, frame);
}

void psci_cpu_suspend(struct vcpu *caller, struct trap_frame *frame)
{
	uint64_t power_state = argument(frame, 1);
	ipa_t entry = IPA(argument(frame, 2));
	uint64_t context = argument(frame, 3);

	if ((power_state & POWER_STATE_RESERVED) != 0) {
		give(frame, PSCI_INVALID_PARAMETERS);
		return;
	}
	if ((power_state & POWER_STATE_POWERDOWN) == 0) {
		give(frame, PSCI_SUCCESS);
		upcall_wait(caller, frame);
		return;
	}
	if (!partition_has_code(caller->partition->config, entry)) {
		give(frame, PSCI_INVALID_ADDRESS);
		return;
	}
	vcpu_suspend(caller, frame, entry, context);
}

void psci_affinity_info(struct vcpu *caller, struct trap_frame *frame)
{
	struct vcpu *target = find_target(caller, argument(frame, 1));

	if (target == NULL || argument(frame, 2) != 0) { /* lowest affinity level: only 0 from PSCI 1.0 on */
		give(frame, PSCI_INVALID_PARAMETERS);
		return;
	}
	switch (vcpu_get_state(target)) {
	case VCPU_OFF:
		give(frame, PSCI_AFFINITY_OFF);
		break;
	case VCPU_STARTING:
		give(frame, PSCI_AFFINITY_ON_PENDING);
		break;
	case VCPU_ON:
		give(frame, PSCI_AFFINITY_ON);
		break;
	}
}

void psci_migrate_info_type(struct vcpu *caller, struct trap_frame *frame)
{
	(void)caller;
	give(frame, PSCI_TOS_NOT_PRESENT);
}

void psci_system_off(struct vcpu *caller, struct trap_frame *frame)
{
	partition_stop(caller->partition, PV_PARTITION_STOPPED, false);
	vcpu_wait_for_start(caller, frame);
}

void psci_system_reset(struct vcpu *caller, struct trap_frame *frame)
{
	partition_stop(caller->partition, PV_PARTITION_STOPPED, true);
	vcpu_wait_for_start(caller, frame);
}

void psci_features(struct vcpu *caller, struct trap_frame *frame)
{
	uint32_t function = (uint32_t)argument(frame, 1);
	uint32_t number = function & 0xffff;
	bool is_64 = (function & 0x40000000) != 0;
	bool is_psci = (function & ~UINT32_C(0x4000ffff)) == 0x84000000;

	(void)caller;
	if (function == SMCCC_VERSION) {
		give(frame, PSCI_SUCCESS);
	} else if (is_psci && number < PSCI_N_CALLS && psci_table[number].handler != NULL &&
		   (is_64 ? psci_table[number].has_64 : psci_table[number].has_32)) {
		give(frame, 0); /* no feature flags: original power state format, no OS-initiated mode */
	} else {
		give(frame, PSCI_NOT_SUPPORTED);
	}
}

void smccc_version(struct vcpu *caller, struct trap_frame *frame)
{
	(void)caller;
	give(frame, SMCCC_VERSION_1_2);
}

void smccc_arch_features(struct vcpu *caller, struct trap_frame *frame)
{
	uint32_t function = (uint32_t)argument(frame, 1);

	(void)caller;
	give(frame, function == SMCCC_VERSION || function == SMCCC_ARCH_FEATURES
			    ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED);
}
