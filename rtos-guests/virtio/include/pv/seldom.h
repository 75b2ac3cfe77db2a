/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer can cause without end is told at most once a second, and with its
 * count. One object for each kind of event; zeroed: nothing has happened.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pv_seldom {
	uint64_t quiet_until;
	uint32_t n; /* times that it has happened, told or not */
};

/* It has happened. True: tell it. Any clock that goes forward, `per_second` its frequency. */
static inline bool pv_seldom_tell(struct pv_seldom *seldom, uint64_t now, uint64_t per_second)
{
	if (seldom->n++ != 0 && now < seldom->quiet_until) {
		return false;
	}
	seldom->quiet_until = now + per_second;
	return true;
}
