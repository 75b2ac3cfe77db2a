/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/range.h"

#include "tools/pvc/util.h"

#include <inttypes.h>

uint64_t range_last(struct range range)
{
	return range.bytes - 1 > UINT64_MAX - range.base ? UINT64_MAX
							 : range.base + (range.bytes - 1);
}

bool range_overlaps(struct range a, struct range b)
{
	return a.bytes != 0 && b.bytes != 0 && a.base <= range_last(b) && b.base <= range_last(a);
}

bool range_contains(struct range outer, struct range inner)
{
	return outer.bytes != 0 && inner.bytes != 0 && inner.base >= outer.base &&
	       range_last(inner) <= range_last(outer);
}

/* The range that holds `address`, NULL if none does. */
static const struct range *find(const struct range *ranges, size_t n, uint64_t address)
{
	for (size_t i = 0; i < n; i++) {
		if (range_contains(ranges[i], (struct range){ address, 1 })) {
			return &ranges[i];
		}
	}
	return NULL;
}

/* Walks from range to range; each step leaves one of them behind, so there are at most n. */
static bool cover(const struct range *ranges, size_t n, struct range inner, uint64_t *gap)
{
	uint64_t address = inner.base;

	for (const struct range *holder; (holder = find(ranges, n, address)) != NULL; ) {
		if (range_last(*holder) >= range_last(inner)) {
			return true;
		}
		address = range_last(*holder) + 1;
	}
	*gap = address;
	return false;
}

bool range_is_covered(const struct range *ranges, size_t n, struct range inner)
{
	uint64_t gap;

	return inner.bytes != 0 && cover(ranges, n, inner, &gap);
}

uint64_t range_first_gap(const struct range *ranges, size_t n, struct range inner)
{
	uint64_t gap = inner.base;

	cover(ranges, n, inner, &gap);
	return gap;
}

struct range range_pages(struct range range, uint64_t page)
{
	uint64_t first = round_down(range.base, page);

	if (range.bytes == 0) {
		return (struct range){ first, 0 };
	}
	return (struct range){ first, round_down(range_last(range), page) - first + page };
}

const char *range_text(struct range range)
{
	return xasprintf("0x%" PRIx64 "..0x%" PRIx64, range.base, range_last(range));
}

const char *bytes_text(uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		unit++;
	}
	return xasprintf("%" PRIu64 " %s", bytes, units[unit]);
}
