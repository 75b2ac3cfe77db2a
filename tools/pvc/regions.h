/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's address space, piece by piece: what lives where and who owns it. For EL2's crash
 * records (config.c) and for people (the report).
 */
#pragma once

#include "tools/pvc/model.h"

enum region_kind {
	REGION_DEVICE,
	REGION_IMAGE,    /* EL2 and staged images */
	REGION_MEMORY,   /* of a partition */
	REGION_WINDOW,
	REGION_RESERVED, /* /reserved-memory, nobody's */
	REGION_FREE,     /* RAM nobody uses */
};

struct region {
	enum region_kind        kind;
	uint64_t                base, bytes;
	const char             *name;
	const char             *owner;     /* partition's name, "paravent", or NULL */
	const struct partition *partition; /* the owner, if it is one */
	const struct device    *device;    /* REGION_DEVICE */
	const struct window    *window;    /* REGION_WINDOW */
};

struct regions {
	struct region *all; /* sorted by base */
	size_t         n;
};

struct regions system_regions(const struct system *system);

/* The only partition that may write a window; NULL when several may. */
const struct partition *window_writer(const struct window *window);
