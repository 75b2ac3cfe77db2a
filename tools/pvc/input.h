/* SPDX-License-Identifier: Apache-2.0 */
/* Files that a system DTS names: where they are looked for, and their content. */
#pragma once

#include "tools/pvc/load.h"

struct input {
	const char                *system_file; /* the DTS: its folder comes first */
	const struct load_options *options;     /* then each -i DIR: DIR/<subfolder>/<file>, DIR/<file> */
	const char                *subfolder;
	const char                *file;        /* as the DTS names it; absolute names as they are */
	struct location            where;       /* of the property that names it */
	const char                *rule;        /* broken when it is not there */
	const char                *what;        /* in words: 'partition "linux": image file' */
};

/* The content and the path it was found at; NULL: an error was reported. */
const char *input_read(const struct input *input, size_t *bytes, const char **path);
