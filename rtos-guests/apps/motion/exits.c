/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/motion/exits.h"

#include "pv/cpu.h"
#include "pv/hypercall.h"

/*
 * Hypercalls are counted before they are carried out. Read last at the beginning
 * and first at the end, the count grows by the one call that reads it again.
 */
#define READING_CALLS 1

static bool read(enum pv_statistic which, uint64_t *value)
{
	return pv_statistics(which, pv_cpu_number(), value) == PV_OK;
}

bool exits_begin(struct exits *exits)
{
	bool is_known = true;

	for (unsigned int i = PV_N_STATISTICS; i-- > 0;) {
		is_known = is_known && read((enum pv_statistic)i, &exits->begin[i]);
	}
	return is_known;
}

bool exits_end(const struct exits *exits, uint64_t own_calls, struct exits_count *count)
{
	*count = (struct exits_count){ 0 };
	for (unsigned int i = 0; i < PV_N_STATISTICS; i++) {
		uint64_t value;

		if (!read((enum pv_statistic)i, &value)) {
			return false;
		}
		value -= exits->begin[i];
		if (i == PV_STATISTIC_HYPERCALLS) {
			value -= own_calls + READING_CALLS;
		}
		if (i == PV_STATISTIC_WFI) {
			count->sleep = value;
		} else {
			count->work += value;
		}
	}
	return true;
}

_Static_assert(PV_STATISTIC_HYPERCALLS == 0, "read last at the beginning, first at the end");
