/* SPDX-License-Identifier: Apache-2.0 */
#include "partitions/information.h"

#include "arch/barrier.h"
#include "arch/irqchip.h"
#include "partitions/partition.h"

static enum pv_partition_state state_of(const struct partition *partition)
{
	return atomic_load_explicit(&partition->state, memory_order_acquire);
}

/* The fast path in vectors.S answers this one; here only by SMC, or with reserved bits set in x0. */
enum pv_status hypercall_null(struct vcpu *caller, uint64_t *x)
{
	(void)caller;
	(void)x;
	return PV_OK;
}

/* As vectors.S does it; here for SMC, and for a number the caller does not own. */
enum pv_status hypercall_doorbell(struct vcpu *caller, uint64_t *x)
{
	const struct partition_config *config = caller->partition->config;
	const struct doorbell_config *doorbell;

	if (x[1] >= config->n_doorbells) {
		return PV_NO_SUCH;
	}
	doorbell = &config->doorbells[index_nospec(x[1], config->n_doorbells)];
	barrier_before_device(); /* the window's contents before the interrupt */
	irqchip_set_pending(doorbell->interrupt);
	return PV_OK;
}

enum pv_status hypercall_features(struct vcpu *caller, uint64_t *x)
{
	uint64_t number = x[1] - PV_NULL;

	(void)caller;
	return x[1] <= UINT32_MAX && number < PV_N_CALLS ? PV_OK : PV_NOT_SUPPORTED;
}

enum pv_status hypercall_partition_info(struct vcpu *caller, uint64_t *x)
{
	bool is_self = x[1] == PV_SELF || x[1] == caller->partition->config->id;
	const struct partition *partition = is_self ? caller->partition : partition_by_id(x[1]);
	const struct partition_config *config;

	if (partition == NULL) {
		return PV_NO_SUCH;
	}
	config = partition->config;
	x[1] = config->id;
	x[2] = config->n_vcpus;
	x[3] = state_of(partition);
	x[4] = is_self ? config->n_ports : 0;
	x[5] = is_self ? config->n_doorbells : 0;
	x[6] = partition->n_starts;
	x[7] = is_self ? config->roles : 0;
	return PV_OK;
}

enum pv_status hypercall_port_info(struct vcpu *caller, uint64_t *x)
{
	const struct partition_config *config = caller->partition->config;
	const struct port_config *port;

	if (x[1] >= config->n_ports) {
		return PV_NO_SUCH;
	}
	port = &config->ports[index_nospec(x[1], config->n_ports)];
	x[1] = (uint64_t)port->kind | (uint64_t)port->direction << 8;
	x[2] = port->message_bytes;
	x[3] = port->depth;
	x[4] = port->interrupt;
	x[5] = port->first_doorbell | (uint64_t)port->n_doorbells << 32;
	x[6] = state_of(partition_at(port->peer));
	x[7] = port->refresh_us;
	return PV_OK;
}

enum pv_status hypercall_statistics(struct vcpu *caller, uint64_t *x)
{
	const struct vcpu *vcpu;

	if (x[1] >= PV_N_STATISTICS || x[2] >= caller->partition->config->n_vcpus) {
		return PV_BAD_ARGUMENT;
	}
	vcpu = partition_vcpu(caller->partition, (uint32_t)x[2]);
	x[1] = x[1] == PV_STATISTIC_WFI ? percpus[vcpu->config->cpu_id].wfi_exits
					: vcpu->statistics[index_nospec(x[1], PV_N_STATISTICS)];
	return PV_OK;
}

enum pv_status hypercall_partition_control(struct vcpu *caller, uint64_t *x)
{
	struct partition *target = partition_by_id(x[1]);

	if ((caller->partition->config->roles & PV_ROLE_MANAGER) == 0) {
		return PV_NOT_ALLOWED;
	}
	if (target == NULL) {
		return PV_NO_SUCH;
	}
	if (target == caller->partition) {
		return PV_NOT_ALLOWED; /* PSCI SYSTEM_OFF and SYSTEM_RESET are for this */
	}
	if (x[2] > PV_CONTROL_RESTART) {
		return PV_BAD_ARGUMENT;
	}
	switch ((enum pv_control)x[2]) {
	case PV_CONTROL_STOP:
		partition_stop(target, PV_PARTITION_STOPPED, false);
		return PV_OK;
	case PV_CONTROL_RESTART:
		if (state_of(target) == PV_PARTITION_RUNNING) {
			partition_stop(target, PV_PARTITION_STOPPED, true);
			return PV_OK;
		}
		return partition_start(target);
	case PV_CONTROL_START:
		return partition_start(target);
	}
	return PV_BAD_ARGUMENT;
}

void smccc_uid(struct vcpu *caller, struct trap_frame *frame)
{
	(void)caller;
	frame->x[0] = PV_UID_0;
	frame->x[1] = PV_UID_1;
	frame->x[2] = PV_UID_2;
	frame->x[3] = PV_UID_3;
}

void smccc_revision(struct vcpu *caller, struct trap_frame *frame)
{
	(void)caller;
	frame->x[0] = PV_ABI_MAJOR;
	frame->x[1] = PV_ABI_MINOR;
}
