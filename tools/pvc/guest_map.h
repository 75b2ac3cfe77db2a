/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies where in one partition's address space (IPA): everything but its windows may be moved.
 */
#pragma once

#include "tools/pvc/model.h"

enum guest_what { GUEST_MEMORY, GUEST_DEVICE, GUEST_GIC, GUEST_UART, GUEST_WINDOW };

struct guest_range {
	struct range    range;
	enum guest_what what;
	bool            is_moved; /* by paravent,guest-base, -gic-base or -uart-base */
	const char     *name;  /* "memory", "/soc/rtc@9010000", "GICD", ... */
	struct location where; /* what to change to move it */
};

/* Whole pages. Windows that have no place yet are left out. Returns their number. */
size_t guest_map(const struct system *system, const struct partition *partition,
		 struct guest_range **ranges);
