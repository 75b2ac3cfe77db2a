/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/guest_map.h"

#include "hyp/config.h"
#include "tools/pvc/parse.h"
#include "tools/pvc/range.h"
#include "tools/pvc/util.h"

/*
 * IHI 0069 "The GIC memory map": GICD, both frames of a redistributor. IHI 0048: GICD; GICC of 8
 * KiB.
 */
#define GICD_V3_BYTES UINT64_C(0x10000)
#define GICD_V2_BYTES UINT64_C(0x1000)
#define GICR_BYTES    UINT64_C(0x20000)
#define GICC_BYTES    UINT64_C(0x2000)

struct map {
	struct guest_range *ranges;
	size_t              n;
};

static void add(struct map *map, struct guest_range entry)
{
	if (entry.range.bytes == 0) {
		return;
	}
	map->ranges = xextend(map->ranges, map->n, sizeof(entry));
	entry.range = range_pages(entry.range, PAGE_BYTES);
	map->ranges[map->n++] = entry;
}

static void add_gic(const struct system *system, const struct partition *partition,
		    struct location where, bool is_moved, struct map *map)
{
	bool is_v3 = system->gic_version == GIC_V3;

	if (system->gic == NULL) {
		return;
	}
	add(map, (struct guest_range){
		.range = { partition->gic_distributor, is_v3 ? GICD_V3_BYTES : GICD_V2_BYTES },
		.what = GUEST_GIC,
		.is_moved = is_moved,
		.name = "GICD",
		.where = where,
	});
	add(map, (struct guest_range){
			 .range = { partition->gic_second,
				    is_v3 ? GICR_BYTES * partition->n_cpus : GICC_BYTES },
			 .what = GUEST_GIC,
			 .is_moved = is_moved,
			 .name = is_v3 ? "GICR" : "GICC",
			 .where = where,
		 });
}

static void add_devices(const struct partition *partition, struct location where, struct map *map)
{
	for (size_t d = 0; d < partition->n_devices; d++) {
		if (partition->devices[d]->use == DEVICE_HYPERVISOR) {
			continue; /* an error of its own */
		}
		for (size_t i = 0; i < partition->devices[d]->n_reg; i++) {
			add(map, (struct guest_range){
				.range = partition->devices[d]->reg[i],
				.what = GUEST_DEVICE,
				.name = partition->devices[d]->node.path,
				.where = where,
			});
		}
	}
}

static void add_windows(const struct system *system, const struct partition *partition,
			struct map *map)
{
	for (size_t i = 0; i < system->n_windows; i++) {
		const struct window *window = system->windows[i];

		for (size_t k = 0; k < window->n_users; k++) {
			if (window->users[k].partition != partition) {
				continue;
			}
			add(map, (struct guest_range){
				.range = { window->pa, window->pa == 0 ? 0 : window->bytes },
				.what = GUEST_WINDOW,
				.name = window->name,
				.where = window->node.where,
			});
		}
	}
}

size_t guest_map(const struct system *system, const struct partition *partition,
		 struct guest_range **ranges)
{
	const struct tree_node *node = node_of(system, &partition->node);
	struct map map = { 0 };

	for (size_t i = 0; i < partition->n_memory; i++) {
		add(&map, (struct guest_range){
			.range = { partition->memory[i].ipa, partition->memory[i].bytes },
			.what = GUEST_MEMORY,
			.is_moved = partition->memory[i].ipa != partition->memory[i].pa,
			.name = "memory",
			.where = tree_where(system->tree, node,
					    partition->memory[i].ipa != partition->memory[i].pa ?
					    "paravent,guest-base" : "memory"),
		});
	}
	add_gic(system, partition, tree_where(system->tree, node, "paravent,gic-base"),
		tree_has(system->tree, node, "paravent,gic-base"), &map);
	add_devices(partition, tree_where(system->tree, node, "access"), &map);
	if (partition->has_console) {
		add(&map, (struct guest_range){
			.range = { partition->uart, PAGE_BYTES },
			.what = GUEST_UART,
			.is_moved = tree_has(system->tree, node, "paravent,uart-base"),
			.name = "the emulated UART",
			.where = tree_where(system->tree, node, "paravent,uart-base"),
		});
	}
	add_windows(system, partition, &map);
	*ranges = map.ranges;
	return map.n;
}
