/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The output side of the one physical console.
 *
 * Every source (each partition by its index, and EL2 itself as the last) has a
 * ring of its own, so that nobody's flood costs anybody else a byte. A line leaves
 * its ring whole, behind its source's name; only the source in focus is also shown
 * while its line is still open, because somebody is typing there.
 *
 * Nothing here waits for the UART: characters go out as far as it has room, the
 * rest with a later call; an idle CPU's WFI is such a call.
 *
 * Owns     the rings, the UART's transmitter
 * Locks    console_lock, taken by the caller
 * Context  EL2, interrupts masked, any CPU
 */
#pragma once

#include "hyp/config.h"
#include "hyp/spinlock.h"

#define TERMINAL_RING_BYTES 1024u /* a power of two */

extern struct spinlock console_lock;

/* Take as much of the text as there is room for; returns the bytes taken. */
size_t terminal_write(uint32_t source, const char *text, size_t bytes) NEEDS_LOCK(console_lock);

/* Room in a source's ring, bytes. */
size_t terminal_room(uint32_t source) NEEDS_LOCK(console_lock);

/* Did the source's last character leave its line unfinished? */
bool terminal_has_open_line(uint32_t source) NEEDS_LOCK(console_lock);

/* Move characters to the UART while it takes them. Returns false when something is left to send. */
bool terminal_pump(void) NEEDS_LOCK(console_lock);

/* Show this source's open line as it grows. */
void terminal_set_focus(uint32_t source) NEEDS_LOCK(console_lock);

/* The source number of EL2's own messages. */
static inline uint32_t terminal_own_source(void)
{
	return system_config.n_partitions;
}
