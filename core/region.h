/* SPDX-License-Identifier: Apache-2.0 */
/* What lives at a physical address, in the words of the system's devicetree. */
#pragma once

#include "hyp/config.h"

/* NULL: nothing that the description knows. */
const struct region_config *region_find(pa_t address);
