/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/regions.h"

#include "tools/pvc/util.h"

#include <stdlib.h>
#include <string.h>

static void add_region(struct regions *regions, struct region region)
{
	if (region.bytes == 0) {
		return;
	}
	regions->all = xgrow(regions->all, regions->n, regions->n + 1, sizeof(*regions->all));
	regions->all[regions->n++] = region;
}

static int compare_regions(const void *a, const void *b)
{
	const struct region *x = a;
	const struct region *y = b;

	if (x->base != y->base) {
		return x->base < y->base ? -1 : 1;
	}
	return strcmp(x->name, y->name);
}

static void sort_regions(struct regions *regions)
{
	if (regions->n > 0) {
		qsort(regions->all, regions->n, sizeof(*regions->all), compare_regions);
	}
}

const struct partition *window_writer(const struct window *window)
{
	const struct partition *writer = NULL;

	for (size_t i = 0; i < window->n_users; i++) {
		if (!window->users[i].writable) {
			continue;
		}
		if (writer != NULL && writer != window->users[i].partition) {
			return NULL;
		}
		writer = window->users[i].partition;
	}
	return writer;
}

static void add_devices(struct regions *regions, const struct system *system)
{
	for (size_t i = 0; i < system->n_devices; i++) {
		const struct device *device = &system->devices[i];

		for (size_t k = 0; k < device->n_reg; k++) {
			const char *owner = device->use == DEVICE_HYPERVISOR ? "paravent" : NULL;

			add_region(regions, (struct region){
				.kind = REGION_DEVICE,
				.base = device->reg[k].base, .bytes = device->reg[k].bytes,
				.name = device->node.name, .device = device,
				.partition = device->owner,
				.owner = device->owner != NULL ? device->owner->name : owner });
		}
	}
}

static void add_memory(struct regions *regions, const struct system *system)
{
	add_region(regions, (struct region){
		.kind = REGION_IMAGE, .base = system->image.base, .bytes = system->image.bytes,
		.name = "image", .owner = "paravent" });
	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		for (size_t k = 0; k < partition->n_memory; k++) {
			add_region(regions, (struct region){
				.kind = REGION_MEMORY,
				.base = partition->memory[k].pa,
				.bytes = partition->memory[k].bytes,
				.name = "memory", .owner = partition->name,
				.partition = partition });
		}
	}
	for (size_t i = 0; i < system->n_windows; i++) {
		const struct window *window = system->windows[i];
		const struct partition *writer = window_writer(window);
		const char *owner = window->is_page ? "paravent" : NULL;

		add_region(regions, (struct region){
			.kind = REGION_WINDOW, .base = window->pa, .bytes = window->bytes,
			.name = xasprintf("window %s", window->name), .window = window,
			.owner = writer != NULL ? writer->name : owner, .partition = writer });
	}
}

static bool is_used(const struct regions *regions, uint64_t base, uint64_t bytes)
{
	for (size_t i = 0; i < regions->n; i++) {
		const struct region *region = &regions->all[i];

		if (region->base < base + bytes && base < region->base + region->bytes) {
			return true;
		}
	}
	return false;
}

/* Reserved memory that holds a window is already there as that. */
static void add_reserved(struct regions *regions, const struct system *system)
{
	for (size_t i = 0; i < system->n_reserved; i++) {
		const struct reserved_memory *reserved = &system->reserved[i];

		if (!is_used(regions, reserved->range.base, reserved->range.bytes)) {
			add_region(regions, (struct region){
				.kind = REGION_RESERVED, .base = reserved->range.base,
				.bytes = reserved->range.bytes, .name = reserved->node.name });
		}
	}
}

/* RAM between what is used; `regions` is sorted. */
static void add_free(struct regions *regions, uint64_t base, uint64_t end)
{
	const size_t n = regions->n;

	for (size_t i = 0; i < n && base < end; i++) {
		const struct region region = regions->all[i];

		if (region.base + region.bytes <= base) {
			continue;
		}
		if (region.base >= end) {
			break;
		}
		if (region.base > base) {
			add_region(regions, (struct region){
				.kind = REGION_FREE, .base = base, .bytes = region.base - base,
				.name = "free memory" });
		}
		base = region.base + region.bytes;
	}
	if (base < end) {
		add_region(regions, (struct region){ .kind = REGION_FREE, .base = base,
						     .bytes = end - base, .name = "free memory" });
	}
}

struct regions system_regions(const struct system *system)
{
	struct regions regions = { 0 };

	add_devices(&regions, system);
	add_memory(&regions, system);
	add_reserved(&regions, system);
	for (size_t i = 0; i < system->n_ram; i++) {
		sort_regions(&regions);
		add_free(&regions, system->ram[i].pa, system->ram[i].pa + system->ram[i].bytes);
	}
	sort_regions(&regions);
	return regions;
}
