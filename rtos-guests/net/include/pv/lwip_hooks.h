/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that lwIP calls by lwipopts.h. */
#pragma once

#include <stdint.h>

/*
 * A connection's first sequence number: a clock of 4 us, which goes on over
 * restarts. RFC 9293 "Initial Sequence Number Selection", without its secret
 * part: whoever can send in the name of a peer can guess it.
 */
uint32_t pv_lwip_isn(void);
