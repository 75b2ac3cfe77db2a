/* SPDX-License-Identifier: Apache-2.0 */
/* How the guest "vdriver" tells the guest "vserver" what to do, and asks what it sees. */
#pragma once

#include "abi/virtio.h"

#include <stdint.h>

#define DEVICE_NAME  "disk"
#define ORDERS_BYTES 4096u

enum order {
	ORDER_REPORT = 1,  /* only to be answered */
	ORDER_HOLD,        /* acknowledge no epoch from now on, in later lives either */
	ORDER_ACKNOWLEDGE, /* what there is, and all to come */
	ORDER_CONFIGURE,   /* argument to offset 0, with an interrupt */
};

/* In the last page of the window, which no queue of the test uses. */
struct orders {
	uint32_t n_given;    /* by the driver, after kind and argument */
	uint32_t kind;       /* enum order */
	uint64_t argument;
	uint64_t last_epoch; /* from the driver's first life to its second */

	uint32_t n_done;     /* by the server, after what follows */
	uint32_t is_holding;
	uint32_t n_rings;    /* interrupts in this life */
	uint32_t n_starts;   /* of the server */
	struct pv_virtio_state state; /* read when the last order was done */
};

static inline struct orders *orders_in(uint64_t window, uint64_t bytes)
{
	return (struct orders *)(uintptr_t)(window + bytes - ORDERS_BYTES);
}
