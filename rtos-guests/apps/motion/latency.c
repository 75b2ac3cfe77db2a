/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/motion/latency.h"

static const uint32_t bin_ends_ns[LATENCY_BINS] = {
	1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000, UINT32_MAX,
};

void latency_reset(struct latency *latency)
{
	*latency = (struct latency){ .n = 0 };
}

void latency_add(struct latency *latency, uint64_t ns)
{
	uint32_t value = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
	unsigned int bin = 0;

	if (latency->n == 0 || value < latency->min_ns) {
		latency->min_ns = value;
	}
	if (value > latency->max_ns) {
		latency->max_ns = value;
	}
	while (bin < LATENCY_BINS - 1 && value >= bin_ends_ns[bin]) {
		bin++;
	}
	latency->bins[bin]++;
	latency->sum_ns += value;
	latency->n++;
}

uint32_t latency_average_ns(const struct latency *latency)
{
	return latency->n != 0 ? (uint32_t)(latency->sum_ns / latency->n) : 0;
}

uint32_t latency_bin_end_ns(unsigned int bin)
{
	return bin_ends_ns[bin];
}
