/* SPDX-License-Identifier: Apache-2.0 */
/* The doors that boot code and drivers use: into C, and out when the board does not fit. */
#pragma once

#include "hyp/types.h"

/* From boot.S, MMU on, on the table's first CPU. Returns into the frame at the top of its stack. */
void init_boot_cpu(void);
void init_secondary_cpu(uint32_t cpu_id);

/* The table does not fit the board: say why, before any partition has run, and stop. */
_Noreturn void init_refuse(const char *reason);

/* The same before there is an MMU or a table entry for this CPU. */
_Noreturn void boot_refuse(const char *reason);
