/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vCPUs and partitions of the fake system, running, for tests that do not
 * link partitions/partition.c.
 */
#pragma once

#include "partitions/partition.h"
#include "tests/fake/machine.h"

extern struct partition fake_partition_states[MAX_PARTITIONS];
extern struct vcpu      fake_vcpu_states[MAX_CPUS];

/* After fake_system_begin() or fake_system_wide(). */
void fake_vcpus_begin(void);

/* vCPU `number` of a partition; the calling thread becomes its CPU. */
struct vcpu *fake_vcpu(uint32_t partition, uint32_t number);
