/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/vcpu.h"

struct partition fake_partition_states[MAX_PARTITIONS];
struct vcpu fake_vcpu_states[MAX_CPUS];

void fake_vcpus_begin(void)
{
	memset(fake_partition_states, 0, sizeof(fake_partition_states));
	memset(fake_vcpu_states, 0, sizeof(fake_vcpu_states));
	for (uint32_t i = 0; i < fake_config.n_partitions; i++) {
		fake_partition_states[i].config = &fake_partitions[i];
		atomic_store(&fake_partition_states[i].state, PV_PARTITION_RUNNING);
	}
	for (uint32_t i = 0; i < fake_config.n_vcpus; i++) {
		struct vcpu *vcpu = &fake_vcpu_states[i];

		vcpu->config = &fake_vcpus[i];
		vcpu->partition = &fake_partition_states[fake_vcpus[i].partition_id];
		vcpu->state = VCPU_ON;
		percpus[fake_vcpus[i].cpu_id].vcpu = vcpu;
		percpus[fake_vcpus[i].cpu_id].partition = vcpu->partition->config;
	}
}

struct vcpu *fake_vcpu(uint32_t partition, uint32_t number)
{
	struct vcpu *vcpu = &fake_vcpu_states[fake_partitions[partition].first_vcpu + number];

	fake_cpu = vcpu->config->cpu_id;
	return vcpu;
}
