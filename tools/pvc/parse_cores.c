/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `cpus` of the hypervisor and of partitions: clusters, masks, levels.
 *
 * Spec  System Device Tree "Execution Domains", property cpus.
 */
#include "tools/pvc/parse.h"

#include "tools/pvc/diag.h"
#include "tools/pvc/util.h"

static struct cpu *find_cpu(const struct system *system, const struct tree_node *node)
{
	for (size_t i = 0; i < system->n_cpus; i++) {
		if (system->cpus[i].node.offset == node->ref.offset) {
			return &system->cpus[i];
		}
	}
	return NULL;
}

struct cpu_list {
	struct cpu **cpus;
	size_t       n;
};

static void add_cpu(struct cpu_list *list, struct cpu *cpu, struct location where)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->cpus[i] == cpu) {
			diag_error(where, "core-shared", "'cpus' selects %s twice", cpu->node.path);
			return;
		}
	}
	list->cpus[list->n++] = cpu;
}

/* One bit of a mask: the CPU node number `bit` of the cluster. */
static void add_bit(const struct system *system, const struct tree_node *cluster, unsigned bit,
		    struct location where, struct cpu_list *list)
{
	unsigned number = 0;

	for (const struct tree_node *node = cluster->first_child; node != NULL;
	     node = node->next_sibling) {
		struct cpu *cpu = find_cpu(system, node);

		if (cpu != NULL && number++ == bit) {
			add_cpu(list, cpu, where);
			return;
		}
	}
	diag_error(where, "core-absent", "'cpus' selects core %u of %s, which has %u", bit,
		   cluster->ref.path, number);
}

/* One <&cluster mask level>; false: the rest of the property cannot be read. */
static bool add_triplet(const struct system *system, const struct property *property, size_t *at,
			uint32_t level, struct cpu_list *list)
{
	const struct tree_node *cluster =
		tree_by_phandle(system->tree, property_cell(property, *at));
	struct property mask_cells;
	unsigned n_mask_cells;
	uint64_t mask;

	if (cluster == NULL || !tree_is_compatible(system->tree, cluster, "cpus,cluster")) {
		diag_error(
			property->where, "bad-reference",
			"'cpus' must refer to a CPU cluster (compatible \"cpus,cluster\"), not to "
			"%s",
			cluster == NULL ? "nothing" : cluster->ref.path);
		return false;
	}
	mask_cells = tree_property(system->tree, cluster, "#cpus-mask-cells");
	n_mask_cells = mask_cells.n_bytes == 4 && property_cell(&mask_cells, 0) == 2 ? 2 : 1;
	if (property_n_cells(property) - *at < 2 + (size_t)n_mask_cells) {
		diag_error(property->where, "property-value",
			   "'cpus' must be <&cluster mask level>, with %u cell%s of mask",
			   n_mask_cells, n_mask_cells == 1 ? "" : "s");
		return false;
	}
	property_number(property, *at + 1, n_mask_cells, &mask);
	for (unsigned bit = 0; bit < 64; bit++) {
		if ((mask >> bit & 1) != 0) {
			add_bit(system, cluster, bit, property->where, list);
		}
	}
	*at += 1 + n_mask_cells;
	if (property_cell(property, *at) != level) {
		diag_error(property->where, "core-level",
			   "'cpus' has level 0x%x, but must have 0x%x: %s",
			   property_cell(property, *at), level,
			   level == LEVEL_EL1_NS ? "a partition runs in EL1, non-secure"
						 : "the hypervisor runs in EL2, non-secure");
	}
	(*at)++;
	return true;
}

struct cpu **parse_cpu_list(const struct system *system, const struct tree_node *node,
			    uint32_t level, size_t *n)
{
	struct property property = tree_property(system->tree, node, "cpus");
	struct cpu_list list = { .cpus = xarray(system->n_cpus + 1, sizeof(list.cpus[0])) };
	size_t errors = diag_errors();
	bool goes_on = true;

	*n = 0;
	if (property.name == NULL) {
		diag_error(node->ref.where, "missing-property", "%s needs a property 'cpus'",
			   node->ref.path);
		return list.cpus;
	}
	if (property.n_bytes % 4 != 0 || property.n_bytes == 0) {
		diag_error(property.where, "property-value",
			   "'cpus' must be <&cluster mask level>");
		return list.cpus;
	}
	for (size_t at = 0; goes_on && at < property_n_cells(&property); ) {
		goes_on = add_triplet(system, &property, &at, level, &list);
	}
	if (list.n == 0 && diag_errors() == errors) {
		diag_error(property.where, "core-absent", "'cpus' selects no core: its mask is 0");
	}
	*n = list.n;
	return list.cpus;
}
