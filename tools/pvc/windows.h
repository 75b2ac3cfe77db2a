/* SPDX-License-Identifier: Apache-2.0 */
/* Windows as channels and virtual devices make them; place.c says where they lie. */
#pragma once

#include "tools/pvc/model.h"

/* The copy of `window` in the system, which then lists it. */
struct window *window_add(struct system *system, struct window window);

/* A partition maps it. */
void window_share(struct window *window, struct partition *partition, bool writable);
