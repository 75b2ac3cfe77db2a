/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about partitions themselves: names, numbers, cores, modes, roles, health. */
#include "tools/pvc/check.h"

#include "hyp/config.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/parse.h"
#include "tools/pvc/parse_value.h"

#include <string.h>

#define NAME_LENGTH_MOST ((size_t)15) /* the console's prefix column */

/* EL2 looks at watchdogs once a millisecond; a shorter or equal one would fire on its own. */
#define TICK_MS 1u

static struct location where_in(const struct system *system, const struct partition *partition,
				const char *property)
{
	return tree_where(system->tree, node_of(system, &partition->node), property);
}

/* ---- Names and numbers --------------------------------------------------------- */

void check_node_name(const char *what, const struct node_ref *node, size_t length_most)
{
	size_t good = strspn(node->name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (node->name[good] != '\0' || node->name[0] < 'a' ||
	    strlen(node->name) > length_most) {
		diag_error(
			node->where, "bad-name",
			"%s \"%s\": a name is a lower case letter, then letters, digits and "
			"dashes, %zu in all at most",
			what, node->name, length_most);
	}
}

static void check_name(const struct partition *partition)
{
	check_node_name("partition", &partition->node, NAME_LENGTH_MOST);
	if (strcmp(partition->name, "paravent") == 0) {
		diag_error(partition->node.where, "bad-name",
			   "partition \"%s\": that is the name of the hypervisor itself",
			   partition->name);
	}
}

static void check_ids(const struct system *system)
{
	for (size_t i = 0; i < system->n_partitions; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct partition *a = &system->partitions[k];
			const struct partition *b = &system->partitions[i];

			if (a->id == b->id && a->id != UINT32_MAX) {
				diag_error(where_in(system, b, "id"), "duplicate-id",
					   "partition \"%s\" has the id %u of partition \"%s\"",
					   b->name, b->id, a->name);
				diag_note(where_in(system, a, "id"), "\"%s\" has it here", a->name);
			}
		}
	}
}

/* ---- Cores --------------------------------------------------------------------- */

static bool has_cpu(struct cpu *const *cpus, size_t n, const struct cpu *cpu)
{
	for (size_t i = 0; i < n; i++) {
		if (cpus[i] == cpu) {
			return true;
		}
	}
	return false;
}

static void check_shared_cores(const struct system *system, const struct partition *partition)
{
	for (size_t i = 0; i < partition->n_cpus; i++) {
		const struct cpu *cpu = partition->cpus[i];

		if (cpu->partition == partition) {
			continue;
		}
		diag_error(where_in(system, partition, "cpus"), "core-shared",
			   "partition \"%s\" takes %s, which belongs to partition \"%s\"",
			   partition->name, cpu->node.path, cpu->partition->name);
		diag_note(where_in(system, cpu->partition, "cpus"), "\"%s\" takes it here",
			  cpu->partition->name);
	}
}

static void check_hypervisor_cores(const struct system *system)
{
	const struct tree_node *hypervisor = find_hypervisor(system);
	struct cpu **cpus;
	size_t n;

	if (hypervisor == NULL) {
		return;
	}
	cpus = parse_cpu_list(system, hypervisor, LEVEL_EL2_NS, &n);
	if (n == 0) {
		return;
	}
	for (size_t i = 0; i < system->n_cpus; i++) {
		const struct cpu *cpu = &system->cpus[i];

		if (cpu->partition != NULL && !has_cpu(cpus, n, cpu)) {
			diag_error(where_in(system, cpu->partition, "cpus"), "core-foreign",
				   "partition \"%s\" takes %s, which the hypervisor does not have",
				   cpu->partition->name, cpu->node.path);
			diag_note(tree_where(system->tree, hypervisor, "cpus"),
				  "the hypervisor's cores");
		}
	}
}

/* ---- Interrupt modes ----------------------------------------------------------- */

static void check_interrupt_mode(const struct system *system, const struct partition *partition)
{
	static const char *const modes[] = { "direct", "virtual", NULL };
	static const char *const yes_no[] = { "yes", "no", NULL };
	const struct tree_node *node = node_of(system, &partition->node);
	bool is_freertos = strcmp(partition->os_type, "freertos") == 0;
	const char *mode = value_choice(system->tree, node, "paravent,interrupts", modes, "direct");
	const char *pmr = value_choice(system->tree, node, "paravent,masks-by-pmr", yes_no,
				       is_freertos ? "yes" : "no");
	bool is_declared = tree_has(system->tree, node, "paravent,masks-by-pmr");

	if (strcmp(mode, "virtual") == 0) {
		diag_error(
			where_in(system, partition, "paravent,interrupts"), "not-yet",
			"partition \"%s\": interrupt mode \"virtual\" is of a later release; use "
			"\"direct\"",
			partition->name);
		return;
	}
	if (strcmp(pmr, "yes") == 0 && system->gic_version == GIC_V3) {
		diag_error(
			where_in(system, partition,
				 is_declared ? "paravent,masks-by-pmr" : "os,type"),
			"pmr-masking",
			"partition \"%s\" masks interrupts by priority (ICC_PMR_EL1), which has "
			"no effect on GICv3 in mode \"direct\"",
			partition->name);
		if (is_declared) {
			diag_note(
				where_in(system, partition, "paravent,masks-by-pmr"),
				"mode \"virtual\", which allows it, is of a later release; a "
				"GICv2 board works");
		} else {
			diag_note(
				where_in(system, partition, "os,type"),
				"assumed of \"freertos\"; if this port masks by DAIF, say "
				"paravent,masks-by-pmr = \"no\";");
		}
	}
}

/* ---- Health -------------------------------------------------------------------- */

static void check_actions(const struct system *system, const struct tree_node *health)
{
	static const char *const actions[] = {
		"ignore",      "log",          "stop",      "destroy", "restart",
		"restart-all", "system-reset", "propagate", NULL,
	};

	value_choice(system->tree, health, "paravent,on-crash", actions, "stop");
	value_choice(system->tree, health, "paravent,on-watchdog", actions, "stop");
	value_choice(system->tree, health, "paravent,on-exhausted", actions, "stop");
}

static void check_notify(const struct system *system, const struct tree_node *health)
{
	struct reference *references;
	size_t n;

	value_references(system->tree, health, "paravent,notify", OPTIONAL, 0, &references, &n);
	for (size_t i = 0; i < n; i++) {
		if (find_partition(system, references[i].target) == NULL) {
			diag_error(tree_where(system->tree, health, "paravent,notify"),
				   "bad-reference",
				   "'paravent,notify' must name partitions; %s is none",
				   references[i].target->ref.path);
		}
	}
}

static void check_health(const struct system *system, const struct partition *partition)
{
	const struct tree_node *health = tree_child(node_of(system, &partition->node), "health");
	uint32_t value;

	if (health == NULL) {
		return;
	}
	check_actions(system, health);
	check_notify(system, health);
	value_u32(system->tree, health, "paravent,max-restarts", OPTIONAL, 0, UINT32_MAX, &value);
	value_u32(system->tree, health, "paravent,restart-window-s", OPTIONAL, 1, UINT32_MAX,
		  &value);
	value_u32(system->tree, health, "paravent,boot-deadline-ms", OPTIONAL, 1, UINT32_MAX,
		  &value);
	if (value_u32(system->tree, health, "paravent,watchdog-ms", OPTIONAL, 0, UINT32_MAX,
		      &value) &&
	    value <= TICK_MS) {
		diag_error(
			tree_where(system->tree, health, "paravent,watchdog-ms"), "watchdog-tick",
			"partition \"%s\": a watchdog of %u ms is not longer than EL2's tick of "
			"%u ms",
			partition->name, value, TICK_MS);
	}
	diag_warning(
		health->ref.where, "health-unused",
		"partition \"%s\": health actions are checked, but not acted on yet: after a "
		"fault the partition is stopped",
		partition->name);
}

void check_partitions(const struct system *system)
{
	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		check_name(partition);
		check_shared_cores(system, partition);
		check_interrupt_mode(system, partition);
		check_health(system, partition);
	}
	check_ids(system);
	check_hypervisor_cores(system);
}
