/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a file on the disk to a flattened tree whose nodes and properties know their file and line.
 */
#pragma once

#include "tools/pvc/annotate.h"
#include "tools/pvc/load.h"

#include <stdbool.h>
#include <stddef.h>

/* Deeper trees are refused: no board needs a quarter of it. */
#define TREE_DEPTH_MOST 64

struct source {
	const char   *file;         /* as the user named it; of a preprocessed text: the original */
	const char   *preprocessed; /* what cpp made of it; NULL for a flattened tree */
	size_t        preprocessed_bytes;
	const char   *hash;         /* SHA-256 of the preprocessed text without line markers */
	const void   *fdt;
	size_t        fdt_bytes;
	struct places places;
};

/* Takes a DTS, a preprocessed DTS (*.pp.dts) or a flattened tree. False: errors were reported. */
bool source_read(const char *file, const struct load_options *options, struct source *source);
