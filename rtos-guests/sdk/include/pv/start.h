/* SPDX-License-Identifier: Apache-2.0 */
/* What the application gives to the SDK. */
#pragma once

/*
 * Called on CPU 0 at EL1, MMU and caches on, vectors and GIC ready, interrupts
 * masked, on a stack of PV_STACK_BYTES. Returning switches the partition off.
 */
void guest_main(void);
