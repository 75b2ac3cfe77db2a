/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of files that are linked into the hypervisor's image, each of them once. */
#pragma once

#include "tools/pvc/model.h"

struct staged_images {
	const struct load **all; /* the first load that uses image n: its file, offset and bytes */
	size_t              n;
};

struct staged_images staged_images(const struct system *system);

/* Number of the image a load copies from: the "3" of image_3. SIZE_MAX: it only zeroes memory. */
size_t staged_number(const struct staged_images *images, const struct load *load);
