/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about memory: physical (who has what) and as each partition sees it (IPA). */
#include "tools/pvc/check.h"

#include "hyp/config.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/guest_map.h"
#include "tools/pvc/parse.h"
#include "tools/pvc/range.h"
#include "tools/pvc/util.h"

#include <inttypes.h>
#include <string.h>

/* Translation tables that start at level 1 with 512 entries reach so far. Arm DDI 0487 D8.2. */
#define ADDRESS_BITS 39
#define ADDRESS_END  (UINT64_C(1) << ADDRESS_BITS)

/* IHI 0069 "The GIC memory map": GICv3 frames lie at multiples of 64 KiB. */
#define GICV3_ALIGNMENT UINT64_C(0x10000)

enum claim_kind { CLAIM_IMAGE, CLAIM_PARTITION, CLAIM_RESERVED, CLAIM_DEVICE };

/* Somebody's piece of the physical address space. */
struct claim {
	enum claim_kind kind;
	struct range    range;
	const char     *text; /* "memory of partition \"linux\"" */
	struct location where;
};

struct claims {
	struct claim *all;
	size_t        n;
};

static struct location hypervisor_where(const struct system *system, const char *property)
{
	const struct tree_node *node = find_hypervisor(system);

	return node == NULL ? location_file(system->file)
			    : tree_where(system->tree, node, property);
}

static struct location partition_where(const struct system *system,
				       const struct partition *partition, const char *property)
{
	return tree_where(system->tree, node_of(system, &partition->node), property);
}

/* ---- Overlaps ------------------------------------------------------------------ */

static void add_claim(struct claims *claims, enum claim_kind kind, struct range range,
		      const char *text, struct location where)
{
	claims->all = xextend(claims->all, claims->n, sizeof(claims->all[0]));
	claims->all[claims->n++] =
		(struct claim){ .kind = kind, .range = range, .text = text, .where = where };
}

static void claim_partitions(const struct system *system, struct claims *claims)
{
	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		for (size_t m = 0; m < partition->n_memory; m++) {
			add_claim(claims, CLAIM_PARTITION,
				  (struct range){ partition->memory[m].pa,
						  partition->memory[m].bytes },
				  xasprintf("memory of partition \"%s\"", partition->name),
				  partition->memory[m].where);
		}
	}
}

static void claim_hardware(const struct system *system, struct claims *claims)
{
	for (size_t i = 0; i < system->n_reserved; i++) {
		add_claim(claims, CLAIM_RESERVED, system->reserved[i].range,
			  system->reserved[i].node.path, system->reserved[i].node.where);
	}
	for (size_t i = 0; i < system->n_devices; i++) {
		for (size_t r = 0; r < system->devices[i].n_reg; r++) {
			add_claim(claims, CLAIM_DEVICE, system->devices[i].reg[r],
				  system->devices[i].node.path, system->devices[i].node.where);
		}
	}
}

/*
 * Reservations and devices belong to the board: between themselves they may overlap as they like.
 */
static bool is_board_pair(const struct claim *a, const struct claim *b)
{
	return (a->kind == CLAIM_RESERVED || a->kind == CLAIM_DEVICE) &&
	       (b->kind == CLAIM_RESERVED || b->kind == CLAIM_DEVICE);
}

static void check_overlap(const struct claim *a, const struct claim *b)
{
	uint64_t from, last;

	if (is_board_pair(a, b) || !range_overlaps(a->range, b->range)) {
		return;
	}
	from = a->range.base > b->range.base ? a->range.base : b->range.base;
	last = range_last(a->range) < range_last(b->range) ? range_last(a->range)
							   : range_last(b->range);
	diag_error(b->where, "memory-overlap", "%s and %s overlap at 0x%" PRIx64 "..0x%" PRIx64,
		   b->text, a->text, from, last);
	diag_note(a->where, "%s is %s", a->text, range_text(a->range));
}

static void check_overlaps(const struct system *system)
{
	struct claims claims = { 0 };
	size_t n_ours;

	if (system->image.bytes != 0) {
		add_claim(&claims, CLAIM_IMAGE, system->image, "the hypervisor's image memory",
			  hypervisor_where(system, "paravent,image-memory"));
	}
	claim_partitions(system, &claims);
	n_ours = claims.n;
	claim_hardware(system, &claims);
	for (size_t i = 0; i < n_ours; i++) {
		/*
		 * The error stands at what the integrator wrote, the note at what the board says.
		 */
		for (size_t k = 0; k < i; k++) {
			check_overlap(&claims.all[k], &claims.all[i]);
		}
		for (size_t k = n_ours; k < claims.n; k++) {
			check_overlap(&claims.all[k], &claims.all[i]);
		}
	}
}

/* ---- Inside what --------------------------------------------------------------- */

static struct range *ram_ranges(const struct system *system)
{
	struct range *ranges = xarray(system->n_ram, sizeof(ranges[0]));

	for (size_t i = 0; i < system->n_ram; i++) {
		ranges[i] = (struct range){ system->ram[i].pa, system->ram[i].bytes };
	}
	return ranges;
}

static bool check_in_ram(const struct system *system, struct range range, const char *text,
			 struct location where)
{
	const struct range *ram = ram_ranges(system);

	if (system->n_ram == 0 || range_is_covered(ram, system->n_ram, range)) {
		return true;
	}
	diag_error(where, "memory-outside-ram", "%s is %s, but the board has no RAM at 0x%" PRIx64,
		   text, range_text(range), range_first_gap(ram, system->n_ram, range));
	for (size_t i = 0; i < system->n_ram && i < 4; i++) {
		diag_note(system->ram[i].where, "RAM is %s", range_text(ram[i]));
	}
	return false;
}

static void check_in_hypervisor(const struct system *system, struct range range, const char *text,
				struct location where)
{
	size_t n = system->n_hypervisor_memory;

	if (n == 0 || range_is_covered(system->hypervisor_memory, n, range)) {
		return;
	}
	diag_error(where, "memory-foreign",
		   "%s is %s, but the hypervisor may not hand out 0x%" PRIx64, text,
		   range_text(range), range_first_gap(system->hypervisor_memory, n, range));
	diag_note(hypervisor_where(system, "memory"), "what it may use and hand out stands here");
}

static void check_holders(const struct system *system)
{
	struct location image_where = hypervisor_where(system, "paravent,image-memory");
	struct claims claims = { 0 };

	for (size_t i = 0; i < system->n_hypervisor_memory; i++) {
		check_in_ram(system, system->hypervisor_memory[i], "the hypervisor's memory",
			     hypervisor_where(system, "memory"));
	}
	if (system->image.bytes != 0 &&
	    check_in_ram(system, system->image, "the hypervisor's image memory", image_where)) {
		check_in_hypervisor(system, system->image, "the hypervisor's image memory",
				    image_where);
	}
	claim_partitions(system, &claims);
	for (size_t i = 0; i < claims.n; i++) {
		if (check_in_ram(system, claims.all[i].range, claims.all[i].text,
				 claims.all[i].where)) {
			check_in_hypervisor(system, claims.all[i].range, claims.all[i].text,
					    claims.all[i].where);
		}
	}
}

/* ---- Alignment ----------------------------------------------------------------- */

static void check_aligned(uint64_t value, uint64_t to, const char *text, struct location where)
{
	if (value % to != 0) {
		diag_error(where, "alignment",
			   "%s 0x%" PRIx64 " is not a multiple of 0x%" PRIx64 " (%s)", text, value,
			   to, bytes_text(to));
	}
}

static void check_range_aligned(struct range range, uint64_t to, const char *text,
				struct location where)
{
	check_aligned(range.base, to, xasprintf("%s: address", text), where);
	check_aligned(range.bytes, to, xasprintf("%s: size", text), where);
}

static void check_partition_alignment(const struct system *system,
				      const struct partition *partition)
{
	uint64_t gic = system->gic_version == GIC_V3 ? GICV3_ALIGNMENT : PAGE_BYTES;

	for (size_t i = 0; i < partition->n_memory; i++) {
		check_range_aligned(
			(struct range){ partition->memory[i].pa, partition->memory[i].bytes },
			BLOCK_BYTES, "'memory'", partition->memory[i].where);
	}
	if (partition->n_memory != 0) {
		check_aligned(partition->memory[0].ipa, BLOCK_BYTES, "'paravent,guest-base'",
			      partition_where(system, partition, "paravent,guest-base"));
	}
	check_aligned(partition->gic_distributor, gic, "'paravent,gic-base': GICD",
		      partition_where(system, partition, "paravent,gic-base"));
	check_aligned(partition->gic_second, gic, "'paravent,gic-base': second address",
		      partition_where(system, partition, "paravent,gic-base"));
	check_aligned(partition->uart, PAGE_BYTES, "'paravent,uart-base'",
		      partition_where(system, partition, "paravent,uart-base"));
}

static void check_alignment(const struct system *system)
{
	for (size_t i = 0; i < system->n_hypervisor_memory; i++) {
		check_range_aligned(system->hypervisor_memory[i], PAGE_BYTES,
				    "the hypervisor's 'memory'",
				    hypervisor_where(system, "memory"));
	}
	check_range_aligned(system->image, BLOCK_BYTES, "'paravent,image-memory'",
			    hypervisor_where(system, "paravent,image-memory"));
	for (size_t i = 0; i < system->n_partitions; i++) {
		check_partition_alignment(system, &system->partitions[i]);
	}
}

/* ---- Reach --------------------------------------------------------------------- */

static void check_reach(struct range range, const char *text, struct location where)
{
	if (range.bytes != 0 && range_last(range) >= ADDRESS_END) {
		diag_error(where, "address-limit",
			   "%s reaches to 0x%" PRIx64 ", but Paravent's tables end at 2^%d", text,
			   range_last(range), ADDRESS_BITS);
	}
}

static void check_device_reach(const struct device *device)
{
	for (size_t i = 0; i < device->n_reg; i++) {
		check_reach(device->reg[i], device->node.path, device->node.where);
	}
}

static void check_limits(const struct system *system)
{
	for (size_t i = 0; i < system->n_hypervisor_memory; i++) {
		check_reach(system->hypervisor_memory[i], "the hypervisor's memory",
			    hypervisor_where(system, "memory"));
	}
	if (system->gic != NULL) {
		check_device_reach(system->gic);
	}
	if (system->console != NULL) {
		check_device_reach(system->console);
	}
}

void check_memory(const struct system *system)
{
	check_overlaps(system);
	check_holders(system);
	check_alignment(system);
	check_limits(system);
}

/* ---- What a partition sees ----------------------------------------------------- */

/*
 * A partition's own devices may share pages; everything else needs its own. What overlaps in
 * physical memory already is an error of its own.
 */
static bool may_share(const struct guest_range *a, const struct guest_range *b)
{
	return (a->what == GUEST_DEVICE && b->what == GUEST_DEVICE) ||
	       (a->what == GUEST_MEMORY && b->what == GUEST_MEMORY && !a->is_moved &&
		!b->is_moved) ||
	       (a->what == GUEST_WINDOW && b->what == GUEST_WINDOW);
}

static void check_guest_pair(const struct partition *partition, const struct guest_range *a,
			     const struct guest_range *b)
{
	if (may_share(a, b) || !range_overlaps(a->range, b->range)) {
		return;
	}
	if (a->is_moved && !b->is_moved) {
		check_guest_pair(partition, b, a); /* the error belongs to what was moved */
		return;
	}
	diag_error(b->where, "guest-overlap",
		   "partition \"%s\" would see both %s (%s) and %s (%s) at one address",
		   partition->name, b->name, range_text(b->range), a->name, range_text(a->range));
	diag_note(a->where, "%s comes from here", a->name);
}

void check_guest_addresses(const struct system *system)
{
	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];
		struct guest_range *ranges;
		size_t n = guest_map(system, partition, &ranges);

		for (size_t k = 0; k < n; k++) {
			check_reach(
				ranges[k].range,
				xasprintf("partition \"%s\": %s", partition->name, ranges[k].name),
				ranges[k].where);
			for (size_t m = 0; m < k; m++) {
				check_guest_pair(partition, &ranges[m], &ranges[k]);
			}
		}
	}
}
