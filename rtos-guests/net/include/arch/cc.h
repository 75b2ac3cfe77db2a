/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP asks of compiler and platform beyond the C headers it includes itself. */
#pragma once

#include "pv/exception.h"

#define LWIP_NO_CTYPE_H 1 /* whose macros need tables of the C library */

#define LWIP_PLATFORM_ASSERT(text) pv_panic("lwIP: %s (%s:%d)", text, __FILE__, __LINE__)
#define LWIP_PLATFORM_DIAG(arguments)
