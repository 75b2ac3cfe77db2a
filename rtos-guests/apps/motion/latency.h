/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Release latencies: least, average, worst, and how they are spread.
 *
 * Owns     nothing; works on the caller's struct latency.
 * Context  the control task adds; others look at copies.
 */
#pragma once

#include <stdint.h>

#define LATENCY_BINS 11

struct latency {
	uint64_t n;
	uint64_t sum_ns;
	uint32_t min_ns; /* 0 while n is 0 */
	uint32_t max_ns;
	uint32_t bins[LATENCY_BINS]; /* values below latency_bin_end_ns(bin), not in one before */
};

void latency_reset(struct latency *latency);
void latency_add(struct latency *latency, uint64_t ns);
uint32_t latency_average_ns(const struct latency *latency);

/* Upper end of a bin, in ns; of the last one UINT32_MAX. */
uint32_t latency_bin_end_ns(unsigned int bin);
