/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of `pvc verify`: verify.c for address spaces, verify_config.c for what EL2 does on
 * behalf of partitions. Every violation found is one call of verify_violation(), and all go on
 * after it.
 */
#pragma once

#include "hyp/compiler.h"
#include "hyp/config.h"
#include "tools/pvc/elf.h"
#include "tools/pvc/mmu.h"
#include "tools/pvc/seal.h"

struct verifier {
	const char          *path;
	const struct system *system;
	struct elf           elf;
	struct el2_pages     pages;
	struct system_config config;
	size_t               n_violations;
	struct mmu_mappings *reached; /* of each partition */
};

/* Reports one sentence, up to a limit; the rest is counted. */
PRINTF(2, 3) void verify_violation(struct verifier *verifier, const char *format, ...);

/* A violation unless both are equal. */
void verify_value(struct verifier *verifier, const char *what, uint64_t is, uint64_t should);

/* `n` elements of an array that the configuration points to; NULL: reported. */
void *verify_read_array(struct verifier *verifier, const void *pointer, size_t n, size_t bytes,
			const char *what);

/* EL2 copies with its own rights: each copy must end in memory of the partition it is for. */
void verify_loads(struct verifier *verifier, const struct partition *partition,
		  const struct partition_config *config);

/* The vGIC lets a partition do anything to interrupts it owns. */
void verify_interrupts(struct verifier *verifier, const struct partition *partition,
		       const struct partition_config *config);

/* A doorbell is a store by EL2 that the partition asks for. */
void verify_doorbells(struct verifier *verifier, const struct partition *partition,
		      const struct partition_config *config);

/* EL2 zeroes these: they must be the windows of the DTS and nothing else. */
void verify_windows(struct verifier *verifier);

/* Virtual devices: EL2 writes their pages and rings their ends. */
void verify_virtual_devices(struct verifier *verifier);

/* Whose writes and calls reach which of them. */
void verify_virtual_ends(struct verifier *verifier, const struct partition *partition,
			 const struct partition_config *config);

/* Queues of register messages: EL2 writes them. */
void verify_messages(struct verifier *verifier);
