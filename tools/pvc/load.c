/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/load.h"

#include "hyp/types.h"
#include "tools/pvc/board_tree.h"
#include "tools/pvc/check.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/parse.h"
#include "tools/pvc/place.h"
#include "tools/pvc/source.h"
#include "tools/pvc/util.h"

#include <string.h>

/* "configs/virt-demo.dts" -> "virt-demo" */
static const char *system_name(const char *file)
{
	static const char *const suffixes[] = { ".pp.dts", ".dts", ".dtb" };
	const char *base = path_base(file);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (ends_with(base, suffixes[i]) && strlen(base) > strlen(suffixes[i])) {
			return xstrndup(base, strlen(base) - strlen(suffixes[i]));
		}
	}
	return base;
}

bool system_load(const char *file, const struct load_options *options, struct system *system)
{
	struct tree *tree = xmalloc(sizeof(*tree));
	size_t errors = diag_errors();
	struct source source;

	*system = (struct system){ .file = file, .name = system_name(file), .out = options->out };
	if (!source_read(file, options, &source) ||
	    !tree_build(source.fdt, source.fdt_bytes, source.file, &source.places, tree)) {
		return false;
	}
	system->file = source.file;
	system->name = system_name(source.file);
	system->hash = source.hash;
	system->preprocessed = source.preprocessed;
	system->preprocessed_bytes = source.preprocessed_bytes;
	system->fdt = source.fdt;
	system->tree = tree;

	parse_board(system);
	parse_devices(system);
	parse_domains(system);
	parse_channels(system);
	parse_virtual_devices(system);
	read_board_tree(system, options);

	check_schema(system);
	check_partitions(system);
	check_memory(system);
	check_devices(system);
	check_suppliers(system);
	check_channels(system);
	check_virtual_devices(system);

	place_windows(system);
	place_doorbells(system);
	place_images(system, options);
	check_guest_addresses(system);
	return diag_errors() == errors;
}
