/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel's main ways cost, in counter ticks: a line for each. */
#pragma once

/* From a task of priority 1, with nothing else to run. */
void measure_costs(void);
