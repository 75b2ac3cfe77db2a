/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each node and property stands in the source: read from `dtc -O dts -T -T`, which puts
 * file:line:column of its origin behind every line.
 */
#pragma once

#include "tools/pvc/model.h"

#include <stddef.h>

struct place {
	const char     *path;     /* of the node */
	const char     *property; /* "" for the node itself */
	struct location where;
};

struct places {
	struct place *sorted; /* by path, then property */
	size_t        n;
};

/*
 * Any text is accepted; what is not understood is left out. Nodes deeper than `depth_most` are
 * skipped.
 */
void annotate_parse(const char *text, size_t depth_most, struct places *places);

/* Place of a property, of its node when the property has none, or {NULL, 0}. */
struct location places_find(const struct places *places, const char *path, const char *property);
