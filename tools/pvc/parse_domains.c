/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partitioning half of a system: /domains, the hypervisor and its partitions.
 *
 * Spec  System Device Tree "Execution Domains"; docs/config.md "The hypervisor", "A partition".
 */
#include "tools/pvc/parse.h"

#include "hyp/config.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/parse_value.h"
#include "tools/pvc/range.h"
#include "tools/pvc/util.h"

#include <string.h>

#define ID_LAST 0xffffu

const struct tree_node *find_child(const struct tree *tree, const struct tree_node *node,
				   const char *compatible)
{
	const struct tree_node *child;

	for (child = node->first_child; child != NULL; child = child->next_sibling) {
		if (tree_is_compatible(tree, child, compatible)) {
			return child;
		}
	}
	return NULL;
}

const struct tree_node *find_hypervisor(const struct system *system)
{
	const struct tree_node *domains = tree_child(&system->tree->nodes[0], "domains");

	return domains == NULL ? NULL : find_child(system->tree, domains, COMPATIBLE_HYPERVISOR);
}

struct partition *find_partition(const struct system *system, const struct tree_node *node)
{
	for (size_t i = 0; i < system->n_partitions; i++) {
		if (system->partitions[i].node.offset == node->ref.offset) {
			return &system->partitions[i];
		}
	}
	return NULL;
}

/* ---- access -------------------------------------------------------------------- */

/*
 * Number of flag cells behind each reference: #access-flags-cells of the node itself or around it.
 */
static bool access_cells(const struct tree *tree, const struct tree_node *node, unsigned *n)
{
	struct property cells = { 0 };

	for (const struct tree_node *up = node; up != NULL && cells.name == NULL; up = up->parent) {
		cells = tree_property(tree, up, "#access-flags-cells");
	}
	if (cells.name == NULL) {
		diag_error(tree_where(tree, node, "access"), "missing-property",
			   "'access' needs #access-flags-cells = <1>; beside it");
		return false;
	}
	if (cells.n_bytes != 4 || property_cell(&cells, 0) > 1) {
		diag_error(cells.where, "property-value", "'#access-flags-cells' must be 0 or 1");
		return false;
	}
	*n = property_cell(&cells, 0);
	return true;
}

/* `access` of a node; `*n` = 0 when it has none. */
static struct reference *parse_access(const struct system *system, const struct tree_node *node,
				      size_t *n)
{
	struct reference *references = NULL;
	unsigned n_flags;

	*n = 0;
	if (tree_has(system->tree, node, "access") && access_cells(system->tree, node, &n_flags)) {
		value_references(system->tree, node, "access", OPTIONAL, n_flags, &references, n);
	}
	return references;
}

static bool has_device(const struct partition *partition, const struct device *device)
{
	for (size_t i = 0; i < partition->n_devices; i++) {
		if (partition->devices[i] == device) {
			return true;
		}
	}
	return false;
}

static void give_device(struct system *system, struct partition *partition,
			const struct tree_node *node, const struct reference *reference)
{
	struct location where = tree_where(system->tree, node, "access");
	struct device *device = find_device(system, reference->target);

	if (device == NULL) {
		diag_error(where, "bad-reference",
			   "'access' names %s, which has no registers in the CPU's address space",
			   reference->target->ref.path);
		diag_note(reference->target->ref.where, "%s is here", reference->target->ref.path);
		return;
	}
	if (reference->arguments[0] != 0) {
		diag_error(
			where, "not-yet",
			"'access' gives %s with flags 0x%x: a device belongs to one partition, "
			"flags 0",
			reference->target->ref.path, reference->arguments[0]);
	}
	if (has_device(partition, device)) {
		diag_error(where, "device-shared", "'access' names %s twice", device->node.path);
		return;
	}
	partition->devices[partition->n_devices++] = device;
	if (device->use == DEVICE_FREE) {
		device->use = DEVICE_PARTITION;
		device->owner = partition;
	}
}

/* ---- The hypervisor ------------------------------------------------------------ */

unsigned uart_kind_of(const struct tree *tree, const struct tree_node *node)
{
	static const struct {
		const char *compatible;
		unsigned    kind;
	} known[] = {
		{ "arm,pl011", UART_PL011 },
		{ "brcm,bcm2835-aux-uart", UART_BCM_MINI },
		{ "fsl,imx6q-uart", UART_IMX },
		{ "fsl,imx21-uart", UART_IMX },
		{ "xlnx,zynqmp-uart", UART_CADENCE },
		{ "cdns,uart-r1p12", UART_CADENCE },
		{ "cdns,uart-r1p8", UART_CADENCE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (tree_is_compatible(tree, node, known[i].compatible)) {
			return known[i].kind;
		}
	}
	return UART_NONE;
}

static void parse_console(struct system *system, const struct tree_node *node)
{
	struct location where = tree_where(system->tree, node, "paravent,console");
	struct reference *references;
	struct device *console;
	size_t n;

	if (!value_references(system->tree, node, "paravent,console", OPTIONAL, 0, &references,
			      &n)) {
		return;
	}
	console = find_device(system, references[0].target);
	if (console == NULL || n != 1 ||
	    uart_kind_of(system->tree, references[0].target) == UART_NONE) {
		diag_error(where, "console", "%s is no UART that Paravent can drive",
			   n == 1 ? references[0].target->ref.path : "a list of nodes");
		diag_note(
			where,
			"known: arm,pl011, brcm,bcm2835-aux-uart, fsl,imx6q-uart, fsl,imx21-uart");
		return;
	}
	if (system->gic != NULL && (console->n_interrupts == 0 || console->interrupts[0] < 32)) {
		diag_error(where, "console", "%s has no SPI of the GIC: console input needs one",
			   console->node.path);
		return;
	}
	console->use = DEVICE_HYPERVISOR;
	system->console = console;
	system->console_kind = uart_kind_of(system->tree, references[0].target);
}

static void parse_image_memory(struct system *system, const struct tree_node *node)
{
	struct range *ranges;
	size_t n;

	if (!value_ranges(system->tree, node, "paravent,image-memory", &ranges, &n)) {
		return;
	}
	if (n != 1) {
		diag_error(tree_where(system->tree, node, "paravent,image-memory"),
			   "property-value", "'paravent,image-memory' must be one range");
	}
	system->image = ranges[0];
}

static void parse_hypervisor_memory(struct system *system, const struct tree_node *node)
{
	struct range *ranges;
	size_t n;

	if (!value_ranges(system->tree, node, "memory", &ranges, &n)) {
		return;
	}
	if (n > ARRAY_SIZE(system->hypervisor_memory)) {
		diag_error(tree_where(system->tree, node, "memory"), "limit",
			   "the hypervisor's 'memory' has %zu ranges, %zu are possible", n,
			   ARRAY_SIZE(system->hypervisor_memory));
		n = ARRAY_SIZE(system->hypervisor_memory);
	}
	memcpy(system->hypervisor_memory, ranges, n * sizeof(ranges[0]));
	system->n_hypervisor_memory = n;
}

static void parse_hypervisor(struct system *system, const struct tree_node *node)
{
	uint32_t id;
	size_t n;

	value_u32(system->tree, node, "id", OPTIONAL, 0, ID_LAST, &id);
	parse_cpu_list(system, node, LEVEL_EL2_NS, &n);
	parse_access(system, node, &n);
	parse_hypervisor_memory(system, node);
	parse_image_memory(system, node);
	parse_console(system, node);
}

/* ---- Partitions ---------------------------------------------------------------- */

static void parse_memory(struct system *system, struct partition *partition,
			 const struct tree_node *node)
{
	struct range *ranges;
	size_t n;

	value_ranges(system->tree, node, "memory", &ranges, &n);
	partition->memory = xarray(n, sizeof(partition->memory[0]));
	for (size_t i = 0; i < n; i++) {
		partition->memory[i] = (struct memory){
			.pa = ranges[i].base,
			.ipa = ranges[i].base,
			.bytes = ranges[i].bytes,
			.where = tree_where(system->tree, node, "memory"),
		};
	}
	partition->n_memory = n;
	if (n != 0) {
		value_address(system->tree, node, "paravent,guest-base", &partition->memory[0].ipa);
	}
}

static void parse_roles(struct system *system, struct partition *partition,
			const struct tree_node *node)
{
	struct property roles = tree_property(system->tree, node, "paravent,roles");
	const char *role;

	for (size_t i = 0; (role = property_string_at(&roles, i)) != NULL; i++) {
		if (strcmp(role, "manager") == 0) {
			partition->roles |= PV_ROLE_MANAGER;
		} else if (strcmp(role, "virtio-backend") == 0) {
			partition->roles |= PV_ROLE_VIRTIO_BACKEND;
		} else {
			diag_error(roles.where, "property-value",
				   "unknown role \"%s\"; known: manager, virtio-backend", role);
		}
	}
	if (roles.name != NULL && property_string_at(&roles, 0) == NULL) {
		diag_error(roles.where, "property-value",
			   "'paravent,roles' must be a list of strings");
	}
}

static void parse_guest_addresses(struct system *system, struct partition *partition,
				  const struct tree_node *node)
{
	struct property gic_base = tree_property(system->tree, node, "paravent,gic-base");

	partition->gic_distributor = system->gicd;
	partition->gic_second = system->gic_version == GIC_V3 ? system->gicr : system->gicc;
	if (gic_base.name != NULL && gic_base.n_bytes != 16) {
		diag_error(gic_base.where, "property-value",
			   "'paravent,gic-base' must be two addresses of two cells: GICD, then %s",
			   system->gic_version == GIC_V3 ? "GICR" : "GICC");
	} else if (gic_base.name != NULL) {
		property_number(&gic_base, 0, 2, &partition->gic_distributor);
		property_number(&gic_base, 2, 2, &partition->gic_second);
	}
	if (system->console != NULL) {
		partition->uart = round_down(system->console->reg[0].base, PAGE_BYTES);
	}
	value_address(system->tree, node, "paravent,uart-base", &partition->uart);
}

static void parse_partition_devices(struct system *system, struct partition *partition,
				    const struct tree_node *node)
{
	size_t n;
	struct reference *references = parse_access(system, node, &n);

	partition->devices = xarray(n, sizeof(partition->devices[0]));
	partition->has_console = system->console != NULL;
	for (size_t i = 0; i < n; i++) {
		give_device(system, partition, node, &references[i]);
		if (uart_kind_of(system->tree, references[i].target) != UART_NONE) {
			partition->has_console = false;
		}
	}
}

/* Entries that are no devices are left to check_devices.c. */
static void parse_shared(struct system *system, struct partition *partition,
			 const struct tree_node *node)
{
	struct reference *references;
	size_t n;

	value_references(system->tree, node, "paravent,shared-suppliers", OPTIONAL, 0, &references,
			 &n);
	partition->shared = xarray(n, sizeof(partition->shared[0]));
	for (size_t i = 0; i < n; i++) {
		struct device *device = find_device(system, references[i].target);

		if (device != NULL) {
			partition->shared[partition->n_shared++] = device;
		}
	}
}

static void parse_omitted(struct system *system, struct partition *partition,
			  const struct tree_node *node)
{
	struct property omit = tree_property(system->tree, node, "paravent,devicetree-omit");
	const char *one;

	for (size_t i = 0; (one = property_string_at(&omit, i)) != NULL; i++) {
		partition->omitted =
			xextend(partition->omitted, i, sizeof(partition->omitted[0]));
		partition->omitted[partition->n_omitted++] = one;
	}
}

static void parse_software(struct system *system, struct partition *partition,
			   const struct tree_node *node)
{
	const struct tree *tree = system->tree;
	const struct tree_node *chosen = tree_child(node, "chosen");
	const struct tree_node *kernel = find_child(tree, node, COMPATIBLE_KERNEL);
	const struct tree_node *ramdisk = find_child(tree, node, COMPATIBLE_RAMDISK);

	partition->os_type = value_string(tree, node, "os,type", OPTIONAL);
	if (partition->os_type == NULL) {
		partition->os_type = "bare-metal";
	}
	if (chosen != NULL) {
		partition->bootargs = value_string(tree, chosen, "bootargs", OPTIONAL);
	}
	if (kernel == NULL) {
		diag_error(node->ref.where, "missing-node",
			   "%s needs a child with compatible \"%s\": what it runs", node->ref.path,
			   COMPATIBLE_KERNEL);
	} else {
		partition->kernel_file = value_string(tree, kernel, "paravent,file", REQUIRED);
	}
	if (ramdisk != NULL) {
		partition->ramdisk_file = value_string(tree, ramdisk, "paravent,file", REQUIRED);
	}
}

static void parse_partition_cpus(struct system *system, struct partition *partition,
				 const struct tree_node *node)
{
	partition->cpus = parse_cpu_list(system, node, LEVEL_EL1_NS, &partition->n_cpus);
	for (size_t i = 0; i < partition->n_cpus; i++) {
		struct cpu *cpu = partition->cpus[i];

		if (cpu->partition == NULL) {
			cpu->partition = partition;
			cpu->vcpu = (uint32_t)i;
		}
	}
}

static void parse_partition(struct system *system, const struct tree_node *node)
{
	struct partition *partition = &system->partitions[system->n_partitions];

	*partition = (struct partition){
		.node = node->ref,
		.name = node->ref.name,
		.index = (uint32_t)system->n_partitions,
		.id = UINT32_MAX,
		.tree = system->tree,
	};
	system->n_partitions++;
	value_u32(system->tree, node, "id", REQUIRED, 0, ID_LAST - 1, &partition->id);
	parse_partition_cpus(system, partition, node);
	parse_memory(system, partition, node);
	parse_roles(system, partition, node);
	parse_guest_addresses(system, partition, node);
	parse_partition_devices(system, partition, node);
	parse_shared(system, partition, node);
	parse_omitted(system, partition, node);
	partition->restricted_dma = value_flag(system->tree, node, "paravent,restricted-dma");
	parse_software(system, partition, node);
}

static void parse_partitions(struct system *system, const struct tree_node *hypervisor)
{
	const struct tree_node *node;

	system->partitions = xarray(MAX_PARTITIONS, sizeof(system->partitions[0]));
	for (node = hypervisor->first_child; node != NULL; node = node->next_sibling) {
		if (!tree_is_compatible(system->tree, node, COMPATIBLE_PARTITION)) {
			continue;
		}
		if (system->n_partitions == MAX_PARTITIONS) {
			diag_error(node->ref.where, "limit", "%s: more than %d partitions",
				   node->ref.path, MAX_PARTITIONS);
			return;
		}
		parse_partition(system, node);
	}
	if (system->n_partitions == 0) {
		diag_error(hypervisor->ref.where, "missing-node",
			   "%s has no partitions: nodes with compatible \"%s\"",
			   hypervisor->ref.path, COMPATIBLE_PARTITION);
	}
}

void parse_domains(struct system *system)
{
	const struct tree_node *hypervisor = find_hypervisor(system);

	if (hypervisor == NULL) {
		const struct tree_node *domains = tree_child(&system->tree->nodes[0], "domains");

		diag_error(domains == NULL ? location_file(system->file) : domains->ref.where,
			   "missing-node",
			   "there is no hypervisor: a node below /domains with compatible \"%s\"",
			   COMPATIBLE_HYPERVISOR);
		if (domains != NULL && domains->first_child != NULL) {
			diag_note(tree_where(system->tree, domains->first_child, "compatible"),
				  "'%s' has another 'compatible'", domains->first_child->ref.name);
		}
		return;
	}
	parse_hypervisor(system, hypervisor);
	parse_partitions(system, hypervisor);
}
