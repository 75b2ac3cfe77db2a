/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/place.h"

#include "hyp/types.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/image.h"
#include "tools/pvc/input.h"
#include "tools/pvc/parse.h"
#include "tools/pvc/parse_value.h"
#include "tools/pvc/range.h"
#include "tools/pvc/util.h"

#include <inttypes.h>
#include <string.h>

/* Room for the generated DTB at the top of memory[0]. */
#define DTB_ROOM_BYTES        (UINT64_C(64) << 10)
#define DTB_ROOM_SMALL_BYTES  (UINT64_C(16) << 10)
#define SMALL_PARTITION_BYTES (UINT64_C(4) << 20)

/* EL2's own part of the image memory; images are staged behind it. */
#define EL2_BYTES BLOCK_BYTES

/* One partition while its software is being placed. */
struct placing {
	struct system             *system;
	const struct load_options *options;
	struct partition          *partition;
	const struct tree_node    *kernel, *ramdisk; /* NULL: not there */
	struct location            kernel_where;
	struct range               kernel_used; /* IPA: what ramdisk and DTB must keep clear of */
};

/* The content of an image file and the path it was found at; NULL: an error was reported. */
static const uint8_t *read_image(const struct placing *p, const struct tree_node *node,
				 const char *file, size_t *bytes, const char **path)
{
	const struct input input = {
		.system_file = p->system->file, .options = p->options,
		.subfolder = p->partition->name, .file = file,
		.where = tree_where(p->system->tree, node, "paravent,file"),
		.rule = "image-missing",
		.what = xasprintf("partition \"%s\": image file", p->partition->name),
	};

	return (const uint8_t *)input_read(&input, bytes, path);
}

/* ---- Places -------------------------------------------------------------------- */

/* The memory region that holds a range of guest addresses whole; NULL: none. */
static const struct memory *find_memory(const struct partition *partition, struct range range)
{
	for (size_t i = 0; i < partition->n_memory; i++) {
		struct range memory = { partition->memory[i].ipa, partition->memory[i].bytes };

		if (range_contains(memory, range)) {
			return &partition->memory[i];
		}
	}
	return NULL;
}

/* Adds one piece at a guest address. False: it lies outside the partition's memory. */
static bool add_load(struct partition *partition, struct load load)
{
	struct range range = { load.ipa, load.memory_bytes };
	const struct memory *memory = find_memory(partition, range);

	if (memory == NULL) {
		return false;
	}
	load.pa = memory->pa + (load.ipa - memory->ipa);
	partition->loads = xextend(partition->loads, partition->n_loads, sizeof(load));
	partition->loads[partition->n_loads++] = load;
	return true;
}

static struct range memory_range(const struct partition *partition)
{
	return (struct range){ partition->memory[0].ipa, partition->memory[0].bytes };
}

static void place_dtb(struct partition *partition)
{
	struct range memory = memory_range(partition);

	partition->dtb_bytes_max =
		memory.bytes < SMALL_PARTITION_BYTES ? DTB_ROOM_SMALL_BYTES : DTB_ROOM_BYTES;
	partition->dtb =
		round_down(range_last(memory) - (partition->dtb_bytes_max - 1), PAGE_BYTES);
}

/* ---- Kernels ------------------------------------------------------------------- */

static void place_elf(struct placing *p, const char *path, const struct image *image)
{
	struct partition *partition = p->partition;

	partition->entry = image->entry;
	for (size_t i = 0; i < image->n_segments; i++) {
		const struct segment *segment = &image->segments[i];
		struct range range = { segment->address, segment->memory_bytes };

		if (!add_load(partition, (struct load){
			.what = "kernel", .file = path, .file_offset = segment->file_offset,
			.file_bytes = segment->file_bytes, .memory_bytes = segment->memory_bytes,
			.ipa = segment->address })) {
			diag_error(
				p->kernel_where, "image-address",
				"partition \"%s\": %s: its ELF segment at %s lies outside the "
				"partition's memory",
				partition->name, path, range_text(range));
			diag_note(partition->memory[0].where,
				  "memory[0] is %s; link the program there%s",
				  range_text(memory_range(partition)),
				  ", or set 'paravent,guest-base'");
		}
	}
}

/* ELF segments may lie anywhere, but not on each other, the ramdisk or the DTB. */
static void check_overlaps(const struct placing *p)
{
	const struct partition *partition = p->partition;

	for (size_t i = 0; i < partition->n_loads; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct load *a = &partition->loads[i];
			const struct load *b = &partition->loads[k];
			struct range range_a = { a->ipa, strcmp(a->what, "dtb") == 0
								 ? partition->dtb_bytes_max
								 : a->memory_bytes };
			struct range range_b = { b->ipa, b->memory_bytes };

			if (range_overlaps(range_a, range_b)) {
				diag_error(
					p->kernel_where, "image-overlap",
					"partition \"%s\": its %s at %s and its %s at %s overlap",
					partition->name, b->what, range_text(range_b), a->what,
					range_text(range_a));
				diag_note(partition->memory[0].where, "memory[0] is %s",
					  range_text(memory_range(partition)));
			}
		}
	}
}

/* Linux and raw images: one piece at a distance from memory[0]. */
static void place_flat(struct placing *p, const char *path, const struct image *image,
		       uint64_t offset)
{
	struct partition *partition = p->partition;
	uint64_t bytes = image->segments[0].file_bytes;
	uint64_t used = image->kind == IMAGE_LINUX ? image->used_bytes : bytes;
	struct range memory = memory_range(partition);

	partition->entry = memory.base + offset;
	if (offset >= memory.bytes || used > memory.bytes - offset ||
	    !add_load(partition, (struct load){ .what = "kernel", .file = path, .file_bytes = bytes,
						.memory_bytes = bytes, .ipa = partition->entry })) {
		diag_error(p->kernel_where, "image-too-large",
			   "partition \"%s\": %s needs %" PRIu64 " bytes from 0x%" PRIx64
			   ", but memory[0] ends at 0x%" PRIx64,
			   partition->name, path, used, partition->entry, range_last(memory));
		diag_note(partition->memory[0].where, "memory[0] is %s, %s", range_text(memory),
			  bytes_text(memory.bytes));
		return;
	}
	p->kernel_used = (struct range){ partition->entry, used };
}

static void check_kind(const struct placing *p, const char *path, const struct image *image)
{
	struct location offset_where =
		tree_where(p->system->tree, p->kernel, "paravent,load-offset");

	if (image->kind != IMAGE_RAW &&
	    tree_has(p->system->tree, p->kernel, "paravent,load-offset")) {
		diag_error(
			offset_where, "property-value",
			"partition \"%s\": %s says itself where it goes: 'paravent,load-offset' "
			"is for raw images",
			p->partition->name, path);
	}
	if (image->kind == IMAGE_RAW && strcmp(p->partition->os_type, "linux") == 0) {
		diag_warning(
			p->kernel_where, "image-raw",
			"partition \"%s\": %s is no arm64 Image; it will be started as a raw "
			"binary, which Linux is not",
			p->partition->name, path);
	}
}

static void place_kernel(struct placing *p)
{
	uint32_t load_offset = 0;
	const uint8_t *bytes;
	const char *problem;
	struct image image;
	const char *path;
	size_t n;

	bytes = read_image(p, p->kernel, p->partition->kernel_file, &n, &path);
	if (bytes == NULL) {
		return;
	}
	problem = image_parse(bytes, n, &image);
	if (problem != NULL) {
		diag_error(p->kernel_where, "image-format", "partition \"%s\": %s %s",
			   p->partition->name, path, problem);
		return;
	}
	p->partition->image_kind = image.kind;
	check_kind(p, path, &image);
	switch (image.kind) {
	case IMAGE_ELF:
		place_elf(p, path, &image);
		break;
	case IMAGE_LINUX:
		place_flat(p, path, &image, image.text_offset);
		break;
	case IMAGE_RAW:
		value_u32(p->system->tree, p->kernel, "paravent,load-offset", OPTIONAL, 0,
			  UINT32_MAX, &load_offset);
		place_flat(p, path, &image, load_offset);
		break;
	}
}

/* Directly below the DTB, so that the kernel finds all the rest in one piece. */
static void place_ramdisk(struct placing *p)
{
	struct location where = tree_where(p->system->tree, p->ramdisk, "paravent,file");
	struct partition *partition = p->partition;
	struct range memory = memory_range(partition);
	const char *path;
	size_t bytes;

	if (read_image(p, p->ramdisk, partition->ramdisk_file, &bytes, &path) == NULL) {
		return;
	}
	if (bytes == 0) {
		diag_error(where, "image-format", "partition \"%s\": %s is empty", partition->name,
			   path);
		return;
	}
	if (bytes > partition->dtb - memory.base) {
		diag_error(where, "image-too-large",
			   "partition \"%s\": the ramdisk %s (%zu bytes) does not fit its memory",
			   partition->name, path, bytes);
		diag_note(partition->memory[0].where, "memory[0] is %s, %s", range_text(memory),
			  bytes_text(memory.bytes));
		return;
	}
	partition->ramdisk = round_down(partition->dtb - bytes, PAGE_BYTES);
	partition->ramdisk_end = partition->ramdisk + bytes;
	add_load(partition, (struct load){ .what = "ramdisk", .file = path, .file_bytes = bytes,
					   .memory_bytes = bytes, .ipa = partition->ramdisk });
}

/* A kernel uses more than its file: its BSS must not reach into the ramdisk or the DTB. */
static void check_kernel_end(const struct placing *p)
{
	const struct partition *partition = p->partition;
	uint64_t lowest = partition->ramdisk != 0 ? partition->ramdisk : partition->dtb;

	if (p->kernel_used.bytes != 0 && range_last(p->kernel_used) >= lowest) {
		diag_error(
			p->kernel_where, "image-too-large",
			"partition \"%s\": the kernel uses %s, which reaches into the %s at "
			"0x%" PRIx64,
			partition->name, range_text(p->kernel_used),
			partition->ramdisk != 0 ? "ramdisk" : "DTB", lowest);
		diag_note(partition->memory[0].where, "memory[0] is %s, %s",
			  range_text(memory_range(partition)),
			  bytes_text(partition->memory[0].bytes));
	}
}

static void place_software(struct placing *p)
{
	struct partition *partition = p->partition;

	if (partition->kernel_file != NULL) {
		place_kernel(p);
	}
	if (partition->ramdisk_file != NULL) {
		place_ramdisk(p);
	}
	add_load(partition, (struct load){
				    .what = "dtb",
				    .file = xasprintf("%s/%s.dtb",
						      p->system->out == NULL ? "." : p->system->out,
						      partition->name),
				    .ipa = partition->dtb,
				    .memory_bytes = 1,
			    });
	if (partition->image_kind == IMAGE_ELF) {
		check_overlaps(p);
	} else {
		check_kernel_end(p);
	}
	partition->loads[partition->n_loads - 1].memory_bytes =
		0; /* known when the DTB is generated */
}

/* ---- Staging ------------------------------------------------------------------- */

static void check_staging(const struct system *system)
{
	struct location where =
		tree_where(system->tree, find_hypervisor(system), "paravent,image-memory");
	uint64_t needed = EL2_BYTES;

	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		needed += partition->dtb_bytes_max;
		for (size_t k = 0; k < partition->n_loads; k++) {
			needed += round_up(partition->loads[k].file_bytes, PAGE_BYTES);
		}
	}
	if (needed <= system->image.bytes) {
		return;
	}
	diag_error(where, "image-staging",
		   "the image memory has %s, but 2 MiB for EL2 and all images take %s",
		   bytes_text(system->image.bytes), bytes_text(needed));
	for (size_t i = 0; i < system->n_partitions; i++) {
		for (size_t k = 0; k < system->partitions[i].n_loads; k++) {
			const struct load *load = &system->partitions[i].loads[k];

			if (load->file_bytes != 0) {
				diag_note(system->partitions[i].node.where,
					  "%s of \"%s\": %" PRIu64 " bytes of %s", load->what,
					  system->partitions[i].name, load->file_bytes, load->file);
			}
		}
	}
}

void place_images(struct system *system, const struct load_options *options)
{
	for (size_t i = 0; i < system->n_partitions; i++) {
		struct placing p = {
			.system = system, .options = options, .partition = &system->partitions[i],
		};
		const struct tree_node *node = node_of(system, &p.partition->node);

		if (p.partition->n_memory == 0 ||
		    p.partition->memory[0].bytes < DTB_ROOM_SMALL_BYTES ||
		    range_last(memory_range(p.partition)) == UINT64_MAX) {
			continue;
		}
		place_dtb(p.partition);
		if (!options->images) {
			continue;
		}
		p.kernel = find_child(system->tree, node, COMPATIBLE_KERNEL);
		p.ramdisk = find_child(system->tree, node, COMPATIBLE_RAMDISK);
		if (p.kernel != NULL) {
			p.kernel_where = tree_where(system->tree, p.kernel, "paravent,file");
		}
		place_software(&p);
	}
	if (options->images && system->image.bytes != 0) {
		check_staging(system);
	}
}
