/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/board_tree.h"

#include "hyp/types.h"
#include "tools/pvc/check.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/input.h"
#include "tools/pvc/needs.h"
#include "tools/pvc/parse.h"
#include "tools/pvc/range.h"
#include "tools/pvc/util.h"

#include <string.h>

#define GIC_SPI   0u
#define FIRST_SPI 32u

bool is_cut_from_board(const struct system *system, const struct partition *partition)
{
	return system->devicetree != NULL && partition->n_devices > 0 &&
	       partition->os_type != NULL && strcmp(partition->os_type, "linux") == 0;
}

bool is_board_tree_needed(const struct system *system)
{
	for (size_t i = 0; i < system->n_partitions; i++) {
		if (is_cut_from_board(system, &system->partitions[i])) {
			return true;
		}
	}
	return false;
}

/* EL2 grants what the system DTS says, Linux uses what the board's tree says: both must agree. */
static void check_interrupts_agree(const struct system *system, const struct tree *tree,
				   const struct device *device, const struct tree_node *node,
				   struct location where)
{
	const struct tree_node *gic = device_node_in(tree, system, system->gic);
	struct interrupt *interrupts;
	const char *problem;
	size_t n;

	if (!tree_interrupts(tree, node, &interrupts, &n, &problem)) {
		return; /* makes no sense: the device gets none */
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t spi = interrupts[i].cells[1];

		if (interrupts[i].controller == gic && interrupts[i].cells[0] == GIC_SPI &&
		    !device_has_interrupt(device, FIRST_SPI + spi)) {
			diag_error(where, "devicetree-differs",
				   "%s has SPI %u in %s, but not in the system DTS",
				   device->node.path, spi, system->devicetree);
			diag_note(device->node.where, "%s is here", device->node.path);
		}
	}
}

static bool is_covered(const struct device *device, struct range range)
{
	for (size_t i = 0; i < device->n_reg; i++) {
		if (range_contains(range_pages(device->reg[i], PAGE_BYTES), range)) {
			return true;
		}
	}
	return false;
}

static void check_registers_agree(const struct system *system, const struct tree *tree,
				  const struct device *device, const struct tree_node *node,
				  struct location where)
{
	struct range *ranges;
	size_t n;

	if (tree_reg(tree, node, &ranges, &n) != REG_OK) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (!is_covered(device, ranges[i])) {
			diag_error(where, "devicetree-differs",
				   "%s has registers at %s in %s, but not in the system DTS",
				   device->node.path, range_text(ranges[i]), system->devicetree);
			diag_note(device->node.where, "%s is here", device->node.path);
		}
	}
}

/* Each device of a partition that is cut from the board's tree must stand in it. */
static void check_devices_found(const struct system *system, const struct partition *partition)
{
	struct location where =
		tree_where(system->tree, node_of(system, &partition->node), "access");

	for (size_t i = 0; i < partition->n_devices; i++) {
		const struct device *device = partition->devices[i];
		const struct tree_node *node = device_node_in(partition->tree, system, device);

		if (node != NULL) {
			check_interrupts_agree(system, partition->tree, device, node, where);
			check_registers_agree(system, partition->tree, device, node, where);
		} else if (device->n_reg > 0) {
			diag_error(where, "devicetree-device",
				   "partition \"%s\" takes %s, but %s has no device at 0x%llx",
				   partition->name, device->node.path, system->devicetree,
				   (unsigned long long)device->reg[0].base);
			diag_note(device->node.where, "%s is here", device->node.path);
		}
	}
}

void read_board_tree(struct system *system, const struct load_options *options)
{
	static const struct places no_places;
	const char *path = NULL;
	struct tree *tree;
	struct location where;
	const char *content;
	size_t bytes = 0;

	if (!options->images || !is_board_tree_needed(system)) {
		return;
	}
	where = tree_where(system->tree, find_board(system), "paravent,devicetree");
	content = input_read(&(struct input){ .system_file = system->file, .options = options,
					      .subfolder = "dtbs", .file = system->devicetree,
					      .where = where, .rule = "devicetree-missing",
					      .what = "the board's devicetree" },
			     &bytes, &path);
	tree = xmalloc(sizeof(*tree));
	if (content == NULL || !tree_build(content, bytes, path, &no_places, tree)) {
		return;
	}
	system->board_tree = tree;
	for (size_t i = 0; i < system->n_partitions; i++) {
		if (is_cut_from_board(system, &system->partitions[i])) {
			system->partitions[i].tree = tree;
			check_devices_found(system, &system->partitions[i]);
		}
	}
}
