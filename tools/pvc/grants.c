/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/grants.h"

#include "tools/pvc/regions.h"
#include "tools/pvc/util.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GICC_GUEST_BYTES 0x1000 /* what a partition gets of GICC: not GICC_DIR's page */

/* ---- What is granted ------------------------------------------------------------------------- */

static void give(struct grants *grants, struct grant grant)
{
	uint64_t slack = grant.input % MMU_PAGE;

	if (grant.bytes == 0) {
		return;
	}
	/*
	 * A device smaller than a page comes with the whole page: the rules keep others out
	 * of it.
	 */
	grant.input -= slack;
	grant.output -= slack;
	grant.bytes = round_up(grant.bytes + slack, MMU_PAGE);
	grants->all = xgrow(grants->all, grants->n, grants->n + 1, sizeof(*grants->all));
	grants->all[grants->n++] = grant;
}

static void give_same(struct grants *grants, uint64_t address, uint64_t bytes, unsigned rights,
		      const char *what)
{
	give(grants, (struct grant){ address, address, bytes, rights, what });
}

static void give_page(struct grants *grants, const struct window *page, unsigned rights)
{
	give_same(grants, page->pa, MMU_PAGE, rights | MMU_DEVICE,
		  xasprintf("page %s", page->name));
}

static int compare_grants(const void *a, const void *b)
{
	const struct grant *x = a;
	const struct grant *y = b;

	return (x->input > y->input) - (x->input < y->input);
}

/* Two devices of one owner may stand in one page: the page is granted once. */
static void sort_grants(struct grants *grants)
{
	struct grants kept = { .all = xarray(grants->n, sizeof(*kept.all)) };

	if (grants->n > 0) {
		qsort(grants->all, grants->n, sizeof(*grants->all), compare_grants);
	}
	for (size_t i = 0; i < grants->n; i++) {
		struct grant next = grants->all[i];
		const struct grant *last = kept.n > 0 ? &kept.all[kept.n - 1] : NULL;
		uint64_t end = last != NULL ? last->input + last->bytes : 0;

		if (last != NULL && next.input < end) {
			uint64_t covered = end - next.input;

			if (covered >= next.bytes) {
				continue;
			}
			next.input += covered;
			next.output += covered;
			next.bytes -= covered;
		}
		kept.all[kept.n++] = next;
	}
	*grants = kept;
}

struct grants grants_of_partition(const struct system *system, const struct partition *partition)
{
	struct grants grants = { 0 };

	for (size_t i = 0; i < partition->n_memory; i++) {
		const struct memory *memory = &partition->memory[i];

		give(&grants, (struct grant){ memory->ipa, memory->pa, memory->bytes,
					      MMU_WRITE | MMU_EXECUTE,
					      xasprintf("memory of %s", partition->name) });
	}
	/* Asked of the devices, not of the partition's own list. */
	for (size_t i = 0; i < system->n_devices; i++) {
		const struct device *device = &system->devices[i];

		for (size_t k = 0; device->owner == partition && k < device->n_reg; k++) {
			give_same(&grants, device->reg[k].base, device->reg[k].bytes,
				  MMU_WRITE | MMU_DEVICE, device->node.name);
		}
	}
	/* Asked of the channels, likewise. */
	for (size_t i = 0; i < system->n_channels; i++) {
		const struct channel *channel = &system->channels[i];

		for (size_t k = 0; k < channel->n_ports; k++) {
			const struct port *port = channel->ports[k];

			for (size_t w = 0; port->partition == partition && w < port->n_windows;
			     w++) {
				const struct window_map *map = &port->windows[w];

				give_same(&grants, map->window->pa, map->window->bytes,
					  map->writable ? MMU_WRITE : 0,
					  xasprintf("window %s", map->window->name));
			}
		}
	}
	/* And of the virtual devices. */
	for (size_t i = 0; i < system->n_virtual_devices; i++) {
		const struct virtual_device *device = &system->virtual_devices[i];

		if (device->frontend == partition) {
			give_page(&grants, device->registers, 0);
		}
		if (device->backend == partition) {
			give_page(&grants, device->state, 0);
		}
		if (device->frontend == partition || device->backend == partition) {
			give_same(&grants, device->window->pa, device->window->bytes, MMU_WRITE,
				  xasprintf("window %s", device->name));
		}
	}
	if (system->gic_version == 2) {
		give(&grants, (struct grant){ partition->gic_second, system->gicc, GICC_GUEST_BYTES,
					      MMU_WRITE | MMU_DEVICE, "GICC" });
	}
	sort_grants(&grants);
	return grants;
}

static void give_el2_devices(struct grants *grants, const struct system *system)
{
	const unsigned device = MMU_WRITE | MMU_DEVICE;

	for (size_t i = 0; i < system->gic->n_reg; i++) {
		const struct range *reg = &system->gic->reg[i];

		if (reg->base == system->gicd || (system->gicr != 0 && reg->base == system->gicr) ||
		    (system->gicc != 0 && reg->base == system->gicc) ||
		    (system->gich != 0 && reg->base == system->gich)) {
			give_same(grants, reg->base, reg->bytes, device, "GIC");
		}
	}
	if (system->console != NULL) {
		give_same(grants, system->console->reg[0].base, system->console->reg[0].bytes,
			  device, "console");
	}
	for (size_t i = 0; i < system->n_cpus; i++) {
		if (mmu_is_new_release_page(system, i)) {
			give_same(grants, system->cpus[i].release_address & ~(uint64_t)(MMU_PAGE - 1),
				  MMU_PAGE, device, "spin table");
		}
	}
}

/* A section's pages as one piece, so that what is wrong with all of them is said once. */
static void give_sections(struct grants *grants, const struct el2_pages *pages)
{
	size_t end;

	for (size_t i = 0; i < MMU_ENTRIES; i = end) {
		end = i + 1;
		while (end < MMU_ENTRIES && pages->section[end] == pages->section[i]) {
			end++;
		}
		if (pages->section[i] != NULL) {
			give_same(grants, pages->base + i * MMU_PAGE, (end - i) * MMU_PAGE,
				  pages->rights[i],
				  xasprintf("section %s", pages->section[i]->name));
		}
	}
}

struct grants grants_of_el2(const struct system *system, const struct el2_pages *pages,
			    bool loading)
{
	struct grants grants = { 0 };

	give_sections(&grants, pages);
	if (system->image.bytes > MMU_BLOCK) {
		give_same(&grants, system->image.base + MMU_BLOCK, system->image.bytes - MMU_BLOCK,
			  0, "staged images");
	}
	give_el2_devices(&grants, system);
	for (size_t i = 0; loading && i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		for (size_t k = 0; k < partition->n_memory; k++) {
			give_same(&grants, partition->memory[k].pa, partition->memory[k].bytes,
				  MMU_WRITE, xasprintf("memory of %s", partition->name));
		}
	}
	for (size_t i = 0; loading && i < system->n_windows; i++) {
		if (!system->windows[i]->is_page) {
			give_same(&grants, system->windows[i]->pa, system->windows[i]->bytes,
				  MMU_WRITE, xasprintf("window %s", system->windows[i]->name));
		}
	}
	for (size_t i = 0; i < system->n_virtual_devices; i++) {
		give_page(&grants, system->virtual_devices[i].registers, MMU_WRITE);
		give_page(&grants, system->virtual_devices[i].state, MMU_WRITE);
	}
	sort_grants(&grants);
	return grants;
}

/* ---- What is reached ------------------------------------------------------------------------- */

const char *grants_describe(const struct system *system, uint64_t address)
{
	struct regions regions = system_regions(system);

	for (size_t i = 0; i < regions.n; i++) {
		const struct region *region = &regions.all[i];

		if (address >= region->base && address - region->base < region->bytes) {
			return region->owner != NULL
				       ? xasprintf("%s of %s", region->name, region->owner)
				       : region->name;
		}
	}
	return "nothing the DTS knows";
}

static const char *rights_text(unsigned rights)
{
	return xasprintf("%s%s %s", (rights & MMU_WRITE) != 0 ? "read-write" : "read-only",
			 (rights & MMU_EXECUTE) != 0 ? " executable" : "",
			 (rights & MMU_DEVICE) != 0 ? "device" : "memory");
}

struct comparison {
	const struct system *system;
	const char          *name;
	walk_report          report;
	void                *context;
};

/* "0x40000000..0x40000fff (memory of linux)" */
static const char *range_text(const struct comparison *with, uint64_t start, uint64_t end,
			      uint64_t output)
{
	const char *first = grants_describe(with->system, output);
	const char *last = grants_describe(with->system, output + (end - start) - 1);
	const char *more = strcmp(first, last) == 0 ? "" : " and more";

	return output == start
		       ? xasprintf("0x%" PRIx64 "..0x%" PRIx64 " (%s%s)", start, end - 1, first,
				   more)
		       : xasprintf("0x%" PRIx64 "..0x%" PRIx64 " (physical 0x%" PRIx64 ": %s%s)",
				   start, end - 1, output, first, more);
}

/* One stretch of input addresses; NULL: not reached, not granted. At least one is there. */
static void compare_stretch(const struct comparison *with, uint64_t start, uint64_t end,
			    const struct mmu_mapping *reached, const struct grant *grant)
{
	uint64_t is = reached != NULL ? reached->output + (start - reached->input) : 0;
	uint64_t should = grant != NULL ? grant->output + (start - grant->input) : 0;
	const char *sentence = NULL;

	if (grant == NULL) {
		sentence = xasprintf("%s reaches %s, which it is not given", with->name,
				     range_text(with, start, end, is));
	} else if (reached == NULL) {
		sentence = xasprintf("%s does not reach %s, which it must: %s", with->name,
				     range_text(with, start, end, should), grant->what);
	} else if (is != should) {
		sentence =
			xasprintf("%s reaches %s instead of physical 0x%" PRIx64 ": %s", with->name,
				  range_text(with, start, end, is), should, grant->what);
	} else if (reached->rights != grant->rights) {
		sentence = xasprintf("%s reaches %s as %s; it must be %s: %s", with->name,
				     range_text(with, start, end, is),
				     rights_text(reached->rights), rights_text(grant->rights),
				     grant->what);
	}
	if (sentence != NULL) {
		with->report(with->context, sentence);
	}
}

static uint64_t lower(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void grants_compare(const struct system *system, const struct grants *grants,
		    const struct mmu_mappings *reached, const char *name, walk_report report,
		    void *context)
{
	const struct comparison with = { system, name, report, context };
	uint64_t at = 0;
	size_t r = 0, g = 0;

	/* Both lists are sorted: cut them into stretches in which neither changes. */
	while (r < reached->n || g < grants->n) {
		const struct mmu_mapping *is = r < reached->n ? &reached->all[r] : NULL;
		const struct grant *should = g < grants->n ? &grants->all[g] : NULL;
		uint64_t is_start = is != NULL ? is->input : UINT64_MAX;
		uint64_t should_start = should != NULL ? should->input : UINT64_MAX;
		uint64_t end = UINT64_MAX;

		at = at > lower(is_start, should_start) ? at : lower(is_start, should_start);
		end = is != NULL ? lower(end, at < is_start ? is_start : is_start + is->bytes)
				 : end;
		end = should != NULL ? lower(end, at < should_start ? should_start
								    : should_start + should->bytes)
				     : end;
		compare_stretch(&with, at, end, at >= is_start ? is : NULL,
				at >= should_start ? should : NULL);
		at = end;
		r += is != NULL && at == is_start + is->bytes ? 1 : 0;
		g += should != NULL && at == should_start + should->bytes ? 1 : 0;
	}
}
