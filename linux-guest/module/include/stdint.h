/* SPDX-License-Identifier: GPL-2.0 */
/* For include/abi: the kernel has these types, but not under this name. */
#ifndef PARAVENT_STDINT_H
#define PARAVENT_STDINT_H

#include <linux/types.h>

#endif
