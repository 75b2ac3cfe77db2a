/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EL2's own lines on the console, under the name "paravent".
 *
 * Locks    takes console_lock
 * Context  EL2, any CPU. A line that finds no room is dropped and counted, with
 *          the next one saying so; at boot log_line() writes straight to the UART and waits for it.
 */
#pragma once

#include "hyp/compiler.h"
#include "hyp/types.h"

/* One line, without its newline. */
void log_line(const char *text, ...) PRINTF(1, 2);

/* Send what there is room for. false: something is left. */
bool log_pump(void);

/* From here on no call waits: partitions run. */
void log_end_boot(void);

/* Wait until the UART has taken everything. For the end of the machine only. */
void log_flush(void);
