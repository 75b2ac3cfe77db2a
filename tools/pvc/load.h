/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a system: cpp, dtc, parse, check, place. What every subcommand starts with. */
#pragma once

#include "tools/pvc/model.h"

#include <stdbool.h>
#include <stddef.h>

struct load_options {
	const char  *out;          /* output folder; NULL: nothing will be written */
	const char **include_dirs; /* -I, for cpp and dtc */
	size_t       n_include_dirs;
	const char **image_dirs;   /* -i, where image files are looked for */
	size_t       n_image_dirs;
	bool         images;       /* false: files need not exist; `loads` stays empty, entry 0 */
};

/*
 * Reads the system DTS `file` into `*system`. A name that ends in ".pp.dts" is taken as already
 * preprocessed (what `pvc build` leaves beside its output).
 *
 * False: errors were reported, see diag.h; the content of `*system` is then incomplete.
 */
bool system_load(const char *file, const struct load_options *options, struct system *system);
