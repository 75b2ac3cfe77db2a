/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices with registers, their interrupts, and the interrupt controller among them.
 *
 * Spec  Devicetree Specification v0.4; bindings arm,gic-v3 and arm,gic of the Linux kernel.
 *       docs/config.md "The board".
 */
#include "tools/pvc/parse.h"

#include "hyp/config.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/parse_value.h"
#include "tools/pvc/range.h"
#include "tools/pvc/util.h"

#include <string.h>

/*
 * IHI 0069 "The GIC memory map": both frames of one redistributor. IHI 0048 "GICC_DIR": second
 * page.
 */
#define GICR_FRAME_BYTES UINT64_C(0x20000)
#define GICC_BYTES_LEAST UINT64_C(0x2000)
#define GICD_BYTES_LEAST UINT64_C(0x1000)

#define GICV2_CPUS      8u
#define GICV3_AFF0_CPUS 16u
#define MPIDR_AFF0      UINT64_C(0xff)

#define SPI_FIRST  32u
#define SPIS_MOST  988u /* INTIDs 32..1019 */
#define PPI_FIRST  16u
#define PPIS       16u
#define GIC_SPI    0u
#define GIC_PPI    1u

/* ---- Devices ------------------------------------------------------------------- */

static bool is_device(const struct system *system, const struct tree_node *node)
{
	static const char *const others[] = { "/domains", "/cpus", "/reserved-memory" };
	const struct tree *tree = system->tree;

	if (node->parent == NULL || tree_is_device_type(tree, node, "memory") ||
	    tree_is_device_type(tree, node, "cpu")) {
		return false;
	}
	for (const struct tree_node *up = node; up->parent != NULL; up = up->parent) {
		for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
			if (strcmp(up->ref.path, others[i]) == 0) {
				return false;
			}
		}
		if (tree_is_compatible(tree, up, "cpus,cluster")) {
			return false;
		}
	}
	return true;
}

/* INTID of an interrupt that goes to the GIC; 0 when it goes elsewhere or makes no sense. */
static uint32_t decode_interrupt(const struct system *system, const struct tree_node *node,
				 const struct interrupt *interrupt)
{
	const char *property = tree_has(system->tree, node, "interrupts-extended") ?
			       "interrupts-extended" : "interrupts";
	struct location where = tree_where(system->tree, node, property);
	uint32_t number = interrupt->cells[1];

	if (system->gic == NULL || interrupt->controller->ref.offset != system->gic->node.offset ||
	    interrupt->n_cells < 3) {
		return 0;
	}
	if (interrupt->cells[0] == GIC_PPI && number < PPIS) {
		return PPI_FIRST + number;
	}
	if (interrupt->cells[0] == GIC_SPI && number < SPIS_MOST &&
	    (system->spi_count == 0 || number < system->spi_count)) {
		return SPI_FIRST + number;
	}
	if (interrupt->cells[0] == GIC_SPI) {
		uint32_t n_spis = system->spi_count == 0 ? SPIS_MOST : system->spi_count;

		diag_error(where, "interrupt-range", "%s: SPI %u, but the GIC has SPIs 0 to %u",
			   node->ref.path, number, n_spis - 1);
		if (number >= SPI_FIRST && number - SPI_FIRST < n_spis) {
			diag_note(where, "if %u is an INTID, the SPI is %u", number,
				  number - SPI_FIRST);
		}
		return 0;
	}
	diag_error(where, "interrupt-range",
		   "%s: interrupt <%u %u ...> is neither an SPI (0) nor a PPI (1, 0 to 15)",
		   node->ref.path, interrupt->cells[0], number);
	return 0;
}

static void parse_device_interrupts(struct system *system, struct device *device,
				    const struct tree_node *node)
{
	struct interrupt *interrupts;
	const char *problem;
	size_t n;

	if (!tree_interrupts(system->tree, node, &interrupts, &n, &problem)) {
		diag_error(tree_where(system->tree, node, "interrupts"), "property-value",
			   "%s: its interrupt property %s", node->ref.path, problem);
	}
	device->interrupts = xarray(n, sizeof(device->interrupts[0]));
	for (size_t i = 0; i < n; i++) {
		uint32_t intid = decode_interrupt(system, node, &interrupts[i]);

		if (intid != 0) {
			device->interrupts[device->n_interrupts++] = intid;
		}
	}
}

/* What the board's list names, and what says of itself that it does DMA. */
static bool is_dma_master(const struct tree *tree, const struct tree_node *node,
			  const struct property *listed)
{
	const char *compatible;

	for (size_t i = 0; (compatible = property_string_at(listed, i)) != NULL; i++) {
		if (tree_is_compatible(tree, node, compatible)) {
			return true;
		}
	}
	return tree_is_device_type(tree, node, "pci") || tree_has(tree, node, "dma-coherent") ||
	       tree_has(tree, node, "iommus") || tree_has(tree, node, "#dma-cells");
}

static void collect_devices(struct system *system)
{
	const struct tree *tree = system->tree;
	const struct tree_node *board = find_board(system);
	struct property masters = { 0 };

	if (board != NULL) {
		masters = tree_property(tree, board, "paravent,dma-masters");
	}

	system->devices = xarray(tree->n_nodes, sizeof(system->devices[0]));
	for (size_t i = 0; i < tree->n_nodes; i++) {
		const struct tree_node *node = &tree->nodes[i];
		struct range *reg;
		size_t n_reg;

		if (!is_device(system, node)) {
			continue;
		}
		switch (tree_reg(tree, node, &reg, &n_reg)) {
		case REG_OK:
			system->devices[system->n_devices++] = (struct device){
				.node = node->ref,
				.reg = reg,
				.n_reg = n_reg,
				.dma_master = is_dma_master(tree, node, &masters),
			};
			break;
		case REG_MALFORMED:
			diag_error(tree_where(tree, node, "reg"), "property-value",
				   "%s: 'reg' is not made of whole entries (%u + %u cells each)",
				   node->ref.path, node->parent->address_cells,
				   node->parent->size_cells);
			break;
		case REG_NONE:
		case REG_NOT_CPU_SPACE:
			break;
		}
	}
}

struct device *find_device(const struct system *system, const struct tree_node *node)
{
	for (size_t i = 0; i < system->n_devices; i++) {
		if (system->devices[i].node.offset == node->ref.offset) {
			return &system->devices[i];
		}
	}
	return NULL;
}

/* ---- GIC ----------------------------------------------------------------------- */

static unsigned gic_version_of(const struct tree *tree, const struct tree_node *node)
{
	static const char *const v2[] = { "arm,gic-400", "arm,cortex-a15-gic",
					  "arm,cortex-a7-gic" };

	if (tree_is_compatible(tree, node, "arm,gic-v3")) {
		return GIC_V3;
	}
	for (size_t i = 0; i < ARRAY_SIZE(v2); i++) {
		if (tree_is_compatible(tree, node, v2[i])) {
			return GIC_V2;
		}
	}
	return 0;
}

static void read_gic_regions(struct system *system)
{
	const struct device *gic = system->gic;

	system->gicd = gic->reg[0].base;
	system->gicd_bytes = gic->reg[0].bytes;
	if (system->gic_version == GIC_V3) {
		system->gicr = gic->reg[1].base;
		system->gicr_bytes = gic->reg[1].bytes;
		return;
	}
	system->gicc = gic->reg[1].base;
	system->gicc_bytes = gic->reg[1].bytes;
	system->gich = gic->reg[2].base;
	system->gicv = gic->reg[3].base;
}

static void check_gic_regions(const struct system *system)
{
	struct location where =
		tree_where(system->tree, node_of(system, &system->gic->node), "reg");

	if (system->gicd_bytes < GICD_BYTES_LEAST) {
		diag_error(where, "gic", "%s: the distributor's region is smaller than 4 KiB",
			   system->gic->node.path);
	}
	if (system->gic_version == GIC_V3 &&
	    system->gicr_bytes / GICR_FRAME_BYTES < system->n_cpus) {
		diag_error(
			where, "gic",
			"%s: the redistributors' region holds %s, but %zu CPUs take 128 KiB each",
			system->gic->node.path, bytes_text(system->gicr_bytes), system->n_cpus);
	}
	if (system->gic_version == GIC_V2 && system->gicc_bytes < GICC_BYTES_LEAST) {
		diag_error(where, "gic",
			   "%s: the CPU interface's region must be 8 KiB or more (GICC_DIR)",
			   system->gic->node.path);
	}
}

/* IHI 0048 "GICD_SGIR": eight targets. IHI 0069 "ICC_SGI1R_EL1": Aff0 0 to 15, as EL2 sends it, without RSS. */
static void check_sgi_reach(const struct system *system)
{
	if (system->gic_version == GIC_V2 && system->n_cpus > GICV2_CPUS) {
		diag_error(tree_where(system->tree, node_of(system, &system->gic->node), "reg"), "gic",
			   "%s: a GICv2 reaches %u CPUs, and this board has %zu", system->gic->node.path,
			   GICV2_CPUS, system->n_cpus);
	}
	for (size_t i = 0; i < system->n_cpus && system->gic_version == GIC_V3; i++) {
		const struct cpu *cpu = &system->cpus[i];

		if ((cpu->mpidr & MPIDR_AFF0) >= GICV3_AFF0_CPUS) {
			diag_error(tree_where(system->tree, node_of(system, &cpu->node), "reg"), "gic",
				   "%s: SGIs reach CPUs whose Aff0 is below %u, and this one's is %u",
				   cpu->node.path, GICV3_AFF0_CPUS, (unsigned)(cpu->mpidr & MPIDR_AFF0));
		}
	}
}

static void parse_gic_device(struct system *system, struct device *gic, unsigned version)
{
	size_t n_least = version == GIC_V3 ? 2 : 4;

	system->gic = gic;
	system->gic_version = version;
	gic->use = DEVICE_HYPERVISOR;
	if (gic->n_reg < n_least) {
		diag_error(tree_where(system->tree, node_of(system, &gic->node), "reg"), "gic",
			   "%s: 'reg' needs %s", gic->node.path,
			   version == GIC_V3 ? "the distributor and the redistributors" :
					       "GICD, GICC, GICH and GICV, in this order");
		system->gic = NULL;
		return;
	}
	read_gic_regions(system);
	check_gic_regions(system);
	check_sgi_reach(system);
}

static void parse_gic(struct system *system)
{
	for (size_t i = 0; i < system->n_devices; i++) {
		const struct tree_node *node = node_of(system, &system->devices[i].node);
		unsigned version = gic_version_of(system->tree, node);

		if (version != 0 && tree_is_enabled(system->tree, node)) {
			parse_gic_device(system, &system->devices[i], version);
			return;
		}
	}
	diag_error(
		location_file(system->file), "gic",
		"the board has no interrupt controller that Paravent knows: \"arm,gic-v3\", "
		"\"arm,gic-400\" or \"arm,cortex-a15-gic\"");
}

/* ---- QEMU's serial lines ------------------------------------------------------- */

static void parse_qemu_serials(struct system *system)
{
	const struct tree_node *board = find_board(system);
	struct reference *references;
	size_t n;

	if (board == NULL) {
		return;
	}
	value_references(system->tree, board, "paravent,qemu-serials", OPTIONAL, 0, &references, &n);
	system->qemu_serials = xarray(n, sizeof(system->qemu_serials[0]));
	for (size_t i = 0; i < n; i++) {
		system->qemu_serials[system->n_qemu_serials++] =
			find_device(system, references[i].target);
	}
}

void parse_devices(struct system *system)
{
	collect_devices(system);
	parse_gic(system);
	for (size_t i = 0; i < system->n_devices; i++) {
		parse_device_interrupts(system, &system->devices[i],
					node_of(system, &system->devices[i].node));
	}
	parse_qemu_serials(system);
}
