/* SPDX-License-Identifier: Apache-2.0 */
/* The part of config.c that is about one partition; emit_config.c puts the parts together. */
#pragma once

#include "tools/pvc/mmu.h"
#include "tools/pvc/staged.h"

#include <stdio.h>

/* What its struct partition_config points to: memory, loads, mmio, ports, doorbells, interrupts. */
void emit_partition_arrays(FILE *out, const struct system *system,
			   const struct partition *partition, const struct staged_images *images);

/* Its struct partition_config itself. */
void emit_partition_entry(FILE *out, const struct system *system, const struct mmu *mmu,
			  const struct partition *partition);

/* Its first vCPU's index in system_config.vcpus. */
size_t emit_first_vcpu(const struct system *system, const struct partition *partition);
