/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware half of a system, devices excepted: the board node, CPUs, memory.
 *
 * Spec  Devicetree Specification v0.4; binding "cpus" of the Linux kernel; System Device Tree "CPU
 *       clusters". docs/config.md "The board".
 */
#include "tools/pvc/parse.h"

#include "hyp/config.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/parse_value.h"
#include "tools/pvc/util.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

/* Arm DDI 0487 "MPIDR_EL1": the affinity fields. */
#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

#define SPIS_MOST 988u /* INTIDs 32..1019 */

#define LOAD_ALIGNMENT UINT64_C(0x200000) /* booti leaves an image there where it is */

_Static_assert(MODEL_MAX_CPUS == MAX_CPUS, "pvc and EL2 must agree");

const struct tree_node *node_of(const struct system *system, const struct node_ref *ref)
{
	return ref->path == NULL ? NULL : tree_by_offset(system->tree, ref->offset);
}

bool is_within(const struct tree_node *node, const struct tree_node *ancestor)
{
	for (; node != NULL; node = node->parent) {
		if (node == ancestor) {
			return true;
		}
	}
	return false;
}

const struct tree_node *find_board(const struct system *system)
{
	const struct tree_node *root = &system->tree->nodes[0];

	for (const struct tree_node *node = root->first_child; node != NULL;
	     node = node->next_sibling) {
		if (tree_is_compatible(system->tree, node, COMPATIBLE_BOARD)) {
			return node;
		}
	}
	return NULL;
}

/* ---- CPUs ---------------------------------------------------------------------- */

/* "enable-method" of the CPU, or of the node around it. */
static const char *enable_method(const struct tree *tree, const struct tree_node *node)
{
	struct property method = tree_property(tree, node, "enable-method");

	if (method.name == NULL && node->parent != NULL) {
		method = tree_property(tree, node->parent, "enable-method");
	}
	return property_string(&method);
}

static void parse_start_method(struct system *system, struct cpu *cpu, const struct tree_node *node,
			       bool is_first)
{
	const char *method = enable_method(system->tree, node);
	bool is_spin_table = method != NULL && strcmp(method, "spin-table") == 0;
	struct property release = tree_property(system->tree, node, "cpu-release-addr");

	if (method == NULL || (!is_spin_table && strcmp(method, "psci") != 0)) {
		diag_error(tree_where(system->tree, node, "enable-method"), "cpu-start",
			   "%s: 'enable-method' must be \"psci\" or \"spin-table\"",
			   node->ref.path);
		return;
	}
	if (is_first) {
		system->spin_table = is_spin_table;
	} else if (system->spin_table != is_spin_table) {
		diag_error(tree_where(system->tree, node, "enable-method"), "cpu-start",
			   "%s starts by %s, but the first CPU by %s: all must be alike",
			   node->ref.path, method, system->spin_table ? "spin-table" : "psci");
	}
	if (is_spin_table &&
	    !(release.n_bytes == 8 && property_number(&release, 0, 2, &cpu->release_address))) {
		diag_error(release.where, "cpu-start",
			   "%s: spin-table needs 'cpu-release-addr', two cells", node->ref.path);
	}
}

static void parse_cpu(struct system *system, const struct tree_node *node)
{
	struct cpu *cpu = &system->cpus[system->n_cpus];
	struct property reg = tree_property(system->tree, node, "reg");

	if (system->n_cpus == MODEL_MAX_CPUS) {
		diag_error(node->ref.where, "limit", "%s: more than %d CPUs", node->ref.path,
			   MODEL_MAX_CPUS);
		return;
	}
	*cpu = (struct cpu){ .node = node->ref };
	if (reg.n_bytes != 4 * (size_t)node->parent->address_cells ||
	    !property_number(&reg, 0, node->parent->address_cells, &cpu->mpidr) ||
	    (cpu->mpidr & ~MPIDR_AFFINITY) != 0) {
		diag_error(reg.where, "property-value",
			   "%s: 'reg' must be the affinity fields of the CPU's MPIDR_EL1",
			   node->ref.path);
		return;
	}
	for (size_t i = 0; i < system->n_cpus; i++) {
		if (system->cpus[i].mpidr == cpu->mpidr) {
			diag_error(reg.where, "property-value", "%s has the same 'reg' as %s",
				   node->ref.path, system->cpus[i].node.path);
			return;
		}
	}
	parse_start_method(system, cpu, node, system->n_cpus == 0);
	system->n_cpus++;
}

static void parse_psci(struct system *system)
{
	const struct tree_node *psci = tree_by_path(system->tree, "/psci");
	struct property method;
	const char *text;

	if (system->n_cpus == 0 || system->spin_table) {
		return;
	}
	if (psci == NULL) {
		diag_error(system->cpus[0].node.where, "cpu-start",
			   "the CPUs start by PSCI, but there is no node /psci");
		return;
	}
	method = tree_property(system->tree, psci, "method");
	text = property_string(&method);
	if (text == NULL || strcmp(text, "smc") != 0) {
		diag_error(
			method.where, "cpu-start",
			"/psci: 'method' must be \"smc\": below a hypervisor in EL2 there is only "
			"firmware in EL3");
	}
}

static void parse_cpus(struct system *system)
{
	const struct tree *tree = system->tree;

	system->cpus = xarray(MODEL_MAX_CPUS + 1, sizeof(system->cpus[0]));
	for (size_t i = 0; i < tree->n_nodes; i++) {
		const struct tree_node *node = &tree->nodes[i];

		if (node->parent != NULL && tree_is_device_type(tree, node, "cpu")) {
			parse_cpu(system, node);
		}
	}
	if (system->n_cpus == 0) {
		diag_error(location_file(system->file), "missing-node",
			   "the board has no CPUs: nodes with device_type = \"cpu\" below /cpus");
	}
	parse_psci(system);
}

/* ---- Memory -------------------------------------------------------------------- */

static void parse_ram_node(struct system *system, const struct tree_node *node)
{
	struct range *ranges;
	size_t n;

	if (tree_reg(system->tree, node, &ranges, &n) != REG_OK) {
		diag_error(tree_where(system->tree, node, "reg"), "property-value",
			   "%s: 'reg' must be addresses and sizes of RAM", node->ref.path);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (ranges[i].bytes != 0) {
			system->ram = xextend(system->ram, system->n_ram, sizeof(system->ram[0]));
			system->ram[system->n_ram++] = (struct memory){
				.pa = ranges[i].base,
				.bytes = ranges[i].bytes,
				.where = tree_where(system->tree, node, "reg"),
			};
		}
	}
}

static void parse_ram(struct system *system)
{
	const struct tree *tree = system->tree;

	for (size_t i = 0; i < tree->n_nodes; i++) {
		if (tree->nodes[i].depth == 1 && tree_is_device_type(tree, &tree->nodes[i], "memory")) {
			parse_ram_node(system, &tree->nodes[i]);
		}
	}
	if (system->n_ram == 0) {
		diag_error(
			location_file(system->file), "missing-node",
			"the board has no RAM: a node /memory@... with device_type = \"memory\"");
	}
}

static void add_reserved(struct system *system, struct node_ref node, struct range range,
			 bool no_map)
{
	if (range.bytes == 0) {
		return;
	}
	system->reserved =
		xextend(system->reserved, system->n_reserved, sizeof(system->reserved[0]));
	system->reserved[system->n_reserved++] = (struct reserved_memory){
		.node = node, .range = range, .no_map = no_map,
	};
}

static void parse_reserved(struct system *system)
{
	const struct tree_node *container = tree_by_path(system->tree, "/reserved-memory");
	int n_entries = fdt_num_mem_rsv(system->fdt);

	for (int i = 0; i < n_entries; i++) {
		struct node_ref node = {
			.path = "/memreserve/",
			.name = "/memreserve/",
			.where = location_file(system->file),
		};
		struct range range;

		if (fdt_get_mem_rsv(system->fdt, i, &range.base, &range.bytes) == 0) {
			add_reserved(system, node, range, true);
		}
	}
	for (const struct tree_node *node = container == NULL ? NULL : container->first_child;
	     node != NULL; node = node->next_sibling) {
		struct range *ranges;
		size_t n;

		/*
		 * Without reg it is a wish of one kernel ("any 64 MiB"), nothing that lies
		 * somewhere.
		 */
		if (tree_reg(system->tree, node, &ranges, &n) != REG_OK) {
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			add_reserved(system, node->ref, ranges[i],
				     tree_has(system->tree, node, "no-map"));
		}
	}
}

/* ---- /paravent-board ----------------------------------------------------------- */

static void parse_spare_spis(struct system *system, const struct tree_node *board)
{
	struct property spare = tree_property(system->tree, board, "paravent,spare-spis");

	if (spare.name == NULL) {
		return;
	}
	if (spare.n_bytes != 8) {
		diag_error(spare.where, "property-value",
			   "'paravent,spare-spis' must be the first and the number: <192 64>");
		return;
	}
	system->spare_first = property_cell(&spare, 0);
	system->spare_count = property_cell(&spare, 1);
	if (system->spi_count != 0 &&
	    (system->spare_first >= system->spi_count ||
	     system->spare_count > system->spi_count - system->spare_first)) {
		diag_error(
			spare.where, "interrupt-range",
			"'paravent,spare-spis' reaches beyond the last SPI, %u "
			"('paravent,spi-count')",
			system->spi_count - 1);
		system->spare_count = 0;
	}
}

static void parse_qemu(struct system *system, const struct tree_node *board)
{
	struct property qemu = tree_property(system->tree, board, "paravent,qemu");
	size_t n = 0;

	while (property_string_at(&qemu, n) != NULL) {
		n++;
	}
	system->qemu = xarray(n + 1, sizeof(system->qemu[0]));
	for (size_t i = 0; i < n; i++) {
		system->qemu[i] = property_string_at(&qemu, i);
	}
}

/* How the board boots from a card. */
static void parse_sdcard(struct system *system, const struct tree_node *board)
{
	static const char *const forms[] = { "raspberrypi", "u-boot", NULL };

	system->sdcard = value_choice(system->tree, board, "paravent,sdcard", forms, NULL);
	value_address(system->tree, board, "paravent,load-address", &system->load_address);
	value_address(system->tree, board, "paravent,devicetree-address",
		      &system->devicetree_address);
	if (system->load_address % LOAD_ALIGNMENT != 0) {
		diag_error(tree_where(system->tree, board, "paravent,load-address"), "alignment",
			   "'paravent,load-address' 0x%" PRIx64
			   " is not a multiple of 0x200000 (2 MiB)",
			   system->load_address);
	}
	if (system->sdcard != NULL && strcmp(system->sdcard, "u-boot") == 0 &&
	    system->load_address == 0) {
		diag_error(tree_where(system->tree, board, "paravent,sdcard"), "missing-property",
			   "paravent,sdcard = \"u-boot\" needs 'paravent,load-address': where "
			   "U-Boot loads the image");
	}
}

static void parse_board_node(struct system *system)
{
	const struct tree_node *board = find_board(system);

	system->qemu = xarray(1, sizeof(system->qemu[0]));
	if (board == NULL) {
		diag_error(
			location_file(system->file), "missing-node",
			"the board's description has no node with compatible \"%s\": include one "
			"of dts/*.dtsi",
			COMPATIBLE_BOARD);
		return;
	}
	value_u32(system->tree, board, "paravent,spi-count", REQUIRED, 1, SPIS_MOST,
		  &system->spi_count);
	parse_spare_spis(system, board);
	parse_qemu(system, board);
	system->devicetree = value_string(system->tree, board, "paravent,devicetree", OPTIONAL);
	parse_sdcard(system, board);
}

static const char *board_compatible(const struct tree *tree)
{
	struct property compatible = tree_property(tree, &tree->nodes[0], "compatible");

	return property_string_at(&compatible, 0);
}

void parse_board(struct system *system)
{
	struct property model = tree_property(system->tree, &system->tree->nodes[0], "model");

	system->model = property_string(&model);
	if (system->model == NULL) {
		system->model = "unnamed board";
	}
	system->compatible = board_compatible(system->tree);
	parse_board_node(system);
	parse_cpus(system);
	parse_ram(system);
	parse_reserved(system);
}

const struct reserved_memory *parse_memory_region(const struct system *system,
						  const struct tree_node *node, const char *what)
{
	struct location where = tree_where(system->tree, node, "memory-region");
	const struct reserved_memory *region = NULL;
	struct reference *references;
	size_t n;

	if (!value_references(system->tree, node, "memory-region", OPTIONAL, 0, &references, &n)) {
		return NULL;
	}
	for (size_t i = 0; i < system->n_reserved; i++) {
		if (strcmp(system->reserved[i].node.path, references[0].target->ref.path) == 0) {
			region = &system->reserved[i];
		}
	}
	if (region == NULL || n != 1) {
		diag_error(where, "bad-reference",
			   "%s: 'memory-region' must name one node of /reserved-memory with a 'reg'",
			   what);
		return NULL;
	}
	return region;
}
