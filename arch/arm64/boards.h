/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The consoles of the boards in dts/, for one message: an image on the wrong
 * board must be able to say so there. Nothing else depends on it.
 * tests/pvc/test_boards.py keeps it in step with dts/.
 */
#pragma once

#include "hyp/config.h"

struct board_console {
	char           compatible[32]; /* no pointer: read before the image has moved */
	enum uart_kind kind;
	pa_t           base;
};

extern const struct board_console board_consoles[];
extern const uint32_t n_board_consoles;
