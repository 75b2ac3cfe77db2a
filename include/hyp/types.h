/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Value types that must not mix. A physical address, an intermediate physical
 * address (what a partition calls physical) and an interrupt number are all
 * integers; wrapped in a struct, the compiler tells them apart.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { uint64_t value; } pa_t;  /* physical address */
typedef struct { uint64_t value; } ipa_t; /* intermediate physical address of one partition */

/* GIC interrupt number as the GIC counts: SGI 0..15, PPI 16..31, SPI 32..1019. 0 means none where an SPI is meant. */
typedef uint32_t intid_t;

#define PA(address)  ((pa_t){ (address) })
#define IPA(address) ((ipa_t){ (address) })

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define PAGE_BYTES  UINT64_C(4096)
#define BLOCK_BYTES (UINT64_C(2) << 20)
