/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of devices that pvserve can serve. */
#pragma once

#include "linux-guest/pvserve/service.h"

extern const struct service_kind block_kind, net_kind, console_kind, rng_kind, gpio_kind, i2c_kind;
