/* SPDX-License-Identifier: Apache-2.0 */
/* config.c: the system table of include/hyp/config.h, and the memory that goes with it. */
#include "tools/pvc/emit.h"
#include "tools/pvc/emit_c.h"
#include "tools/pvc/emit_partition.h"
#include "tools/pvc/mmu.h"
#include "tools/pvc/output.h"
#include "tools/pvc/regions.h"
#include "tools/pvc/staged.h"
#include "tools/pvc/util.h"
#include "tools/pvc/virtual_kinds.h"

#include "hyp/config.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define HEX "UINT64_C(0x%" PRIx64 ")"

static const char *const uart_names[] = {
	[UART_NONE] = "UART_NONE", [UART_PL011] = "UART_PL011",
	[UART_BCM_MINI] = "UART_BCM_MINI", [UART_IMX] = "UART_IMX",
	[UART_CADENCE] = "UART_CADENCE",
};

/* ---- Tables of the system -------------------------------------------------------------------- */

/* Redistributors (and GICv2 CPU interfaces) stand in the order of affinity. */
static size_t affinity_rank(const struct system *system, const struct cpu *cpu)
{
	size_t rank = 0;

	for (size_t i = 0; i < system->n_cpus; i++) {
		rank += system->cpus[i].mpidr < cpu->mpidr ? 1 : 0;
	}
	return rank;
}

static void print_cpus(FILE *out, const struct system *system)
{
	fputs("\nstatic const struct cpu_config cpus[] = {\n", out);
	for (size_t i = 0; i < system->n_cpus; i++) {
		const struct cpu *cpu = &system->cpus[i];

		fprintf(out, "\t{ .mpidr = " HEX ", .redistributor = %zu, "
			     ".release_address = { " HEX " }, .vcpu_id = ",
			cpu->mpidr, affinity_rank(system, cpu), cpu->release_address);
		if (cpu->partition == NULL) {
			fputs("NONE", out);
		} else {
			fprintf(out, "%zu", emit_first_vcpu(system, cpu->partition) + cpu->vcpu);
		}
		fputs(" }, /* ", out);
		emit_comment_text(out, cpu->node.path);
		fputs(" */\n", out);
	}
	fputs("};\n\nstatic const struct vcpu_config vcpus[] = {\n", out);
	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		for (size_t k = 0; k < partition->n_cpus; k++) {
			fprintf(out, "\t{ .partition_id = %zu, .number = %zu, .cpu_id = %td }, /* ",
				i, k, partition->cpus[k] - system->cpus);
			emit_comment_text(out, partition->node.path);
			fputs(" */\n", out);
		}
	}
	fprintf(out, "};\n\nstruct cpu_stack cpu_stacks[%zu] SECTION(\".stacks\");\n",
		system->n_cpus);
}

/* Channels in the order of message_index. */
static size_t print_message_channels(FILE *out, const struct system *system)
{
	size_t n = 0;

	for (size_t i = 0; i < system->n_channels; i++) {
		const struct channel *channel = &system->channels[i];

		if (channel->kind == CHANNEL_MESSAGE) {
			fprintf(out, "\nstatic uint64_t message_slots_%" PRIu32 "[%" PRIu32
				     "][1 + PV_MESSAGE_WORDS]; /* ",
				channel->message_index, channel->depth);
			emit_comment_text(out, channel->node.path);
			fputs(" */\n", out);
			n++;
		}
	}
	if (n == 0) {
		return 0;
	}
	fputs("\nstatic const struct message_channel_config message_channels[] = {\n", out);
	for (size_t i = 0; i < system->n_channels; i++) {
		const struct channel *channel = &system->channels[i];
		const struct port *to;

		if (channel->kind != CHANNEL_MESSAGE) {
			continue;
		}
		to = channel->ports[channel->n_ports - 1];
		assert(to->direction == PORT_DESTINATION);
		fprintf(out, "\t[%" PRIu32 "] = { /* ", channel->message_index);
		emit_comment_text(out, channel->node.path);
		fprintf(out, " */\n\t\t.destination = %" PRIu32 ",\n\t\t.interrupt = %" PRIu32
			     ",\n\t\t.depth = %" PRIu32 ",\n\t\t.slots = message_slots_%" PRIu32
			     ",\n\t},\n",
			to->partition->index, to->interrupt, channel->depth,
			channel->message_index);
	}
	fputs("};\n", out);
	return n;
}

static size_t print_regions(FILE *out, const struct system *system)
{
	struct regions regions = system_regions(system);

	if (regions.n == 0) {
		return 0;
	}
	fputs("\nstatic const struct region_config regions[] = {\n", out);
	for (size_t i = 0; i < regions.n; i++) {
		const struct region *region = &regions.all[i];

		fprintf(out, "\t{ .base = { " HEX " }, .bytes = " HEX ", .name = ", region->base,
			region->bytes);
		emit_string(out, region->name);
		fputs(", .owner = ", out);
		emit_string(out, region->owner);
		fputs(" },", out);
		if (region->device != NULL) {
			fputs(" /* ", out);
			emit_comment_text(out, region->device->node.path);
			fputs(" */", out);
		}
		fputs("\n", out);
	}
	fputs("};\n", out);
	return regions.n;
}

/* Those that EL2 zeroes and forgets; pages it writes all the time. */
static size_t n_plain_windows(const struct system *system)
{
	size_t n = 0;

	for (size_t i = 0; i < system->n_windows; i++) {
		n += system->windows[i]->is_page ? 0 : 1;
	}
	return n;
}

static void print_windows(FILE *out, const struct system *system)
{
	if (n_plain_windows(system) == 0) {
		return;
	}
	fputs("\nstatic const struct memory_config windows[] = {\n", out);
	for (size_t i = 0; i < system->n_windows; i++) {
		const struct window *window = system->windows[i];

		if (window->is_page) {
			continue;
		}
		fprintf(out, "\t{ .pa = { " HEX " }, .bytes = " HEX " }, /* ", window->pa,
			window->bytes);
		emit_comment_text(out, window->node.path);
		fputs(": ", out);
		emit_comment_text(out, window->name);
		fputs(" */\n", out);
	}
	fputs("};\n", out);
}

static void print_virtual_device(FILE *out, const struct virtual_device *device)
{
	emit_comment_line(out, device->node.path);
	fputs("\t{\n", out);
	emit_field(out, "name", device->name);
	fprintf(out, "\t\t.device = %" PRIu32 ", /* %s */\n\t\t.frontend = %" PRIu32
		     ",\n\t\t.backend = %" PRIu32 ",\n\t\t.backend_has_dma = %s,\n",
		device->kind->device_id, device->kind->name, device->frontend->index,
		device->backend->index, device->has_dma ? "true" : "false");
	fprintf(out, "\t\t.frontend_interrupt = %" PRIu32 ",\n\t\t.backend_interrupt = %" PRIu32
		     ",\n", device->frontend_interrupt, device->backend_interrupt);
	fprintf(out, "\t\t.registers = { " HEX " },\n\t\t.state = { " HEX " },\n"
		     "\t\t.window = { " HEX " },\n\t\t.window_bytes = " HEX ",\n",
		device->registers->pa, device->state->pa, device->window->pa,
		device->window->bytes);
	fprintf(out, "\t\t.features = " HEX ",\n\t\t.n_queues = %" PRIu32
		     ",\n\t\t.queue_size_max = %" PRIu32 ",\n\t\t.configuration = { ",
		device->features, device->kind->n_queues, device->queue_size);
	for (size_t i = 0; i < CONFIGURATION_WORDS; i++) {
		fprintf(out, HEX "%s", device->configuration[i],
			i + 1 == CONFIGURATION_WORDS ? " },\n\t},\n" : i % 3 == 2 ? ",\n\t\t\t" : ", ");
	}
}

static void print_virtual_devices(FILE *out, const struct system *system)
{
	if (system->n_virtual_devices == 0) {
		return;
	}
	fputs("\nstatic const struct virtual_device_config virtual_devices[] = {\n", out);
	for (size_t i = 0; i < system->n_virtual_devices; i++) {
		print_virtual_device(out, &system->virtual_devices[i]);
	}
	fputs("};\n", out);
}

static void print_gic(FILE *out, const struct system *system)
{
	emit_comment_line(out, system->gic->node.path);
	fprintf(out, "\t.gic = {\n\t\t.version = GIC_V%u,\n\t\t.distributor = { " HEX " },\n"
		     "\t\t.redistributors = { " HEX " },\n\t\t.cpu_interface = { " HEX " },\n"
		     "\t\t.n_spis = %" PRIu32 ",\n\t},\n",
		system->gic_version, system->gicd, system->gicr, system->gicc, system->spi_count);
}

static void print_console(FILE *out, const struct system *system)
{
	const struct device *console = system->console;

	if (console == NULL) {
		fputs("\t.console = { .kind = UART_NONE },\n", out);
		return;
	}
	assert(system->console_kind < ARRAY_SIZE(uart_names));
	emit_comment_line(out, console->node.path);
	fprintf(out, "\t.console = {\n\t\t.kind = %s,\n\t\t.base = { " HEX " },\n"
		     "\t\t.interrupt = %" PRIu32 ",\n",
		uart_names[system->console_kind], console->reg[0].base,
		console->n_interrupts > 0 ? console->interrupts[0] : 0);
	emit_field(out, "node", console->node.path);
	fputs("\t},\n", out);
}

static size_t name_columns(const struct system *system)
{
	size_t columns = strlen("paravent"); /* EL2's own lines */

	for (size_t i = 0; i < system->n_partitions; i++) {
		size_t length = strlen(system->partitions[i].name);

		columns = length > columns ? length : columns;
	}
	return columns;
}

static void print_system_strings(FILE *out, const struct system *system)
{
	fputs("\t.name = ", out);
	emit_string(out, system->name);
	fputs(",\n\t.model = ", out);
	emit_string(out, system->model);
	fputs(",\n\t.hash = ", out);
	emit_string(out, system->hash);
	fputs(",\n\n", out);
}

static void print_system(FILE *out, const struct system *system, const struct mmu *mmu,
			 size_t n_message_channels, size_t n_regions)
{
	fputs("\nconst struct system_config system_config = {\n", out);
	print_system_strings(out, system);
	print_gic(out, system);
	print_console(out, system);
	fprintf(out, "\t.cpu_start = %s,\n\n", system->spin_table ? "CPU_START_SPIN_TABLE"
								   : "CPU_START_PSCI_SMC");
	fprintf(out, "\t.vtcr = " HEX ", /* %u bits */\n\t.tcr = " HEX ", /* %u bits */\n"
		     "\t.el2_root = el2_root,\n\t.el2_load_root = el2_load_root,\n\n",
		mmu->vtcr, mmu->stage2_bits, mmu->tcr, mmu->el2_bits);
	fprintf(out, "\t.n_cpus = ARRAY_SIZE(cpus),\n\t.n_vcpus = ARRAY_SIZE(vcpus),\n"
		     "\t.n_partitions = ARRAY_SIZE(partitions),\n"
		     "\t.n_message_channels = %zu,\n\t.n_regions = %zu,\n\t.n_windows = %zu,\n",
		n_message_channels, n_regions, n_plain_windows(system));
	fprintf(out, "\t.n_virtual_devices = %zu,\n", system->n_virtual_devices);
	fputs("\t.cpus = cpus,\n\t.vcpus = vcpus,\n\t.partitions = partitions,\n", out);
	fputs(n_message_channels > 0 ? "\t.message_channels = message_channels,\n" : "", out);
	fputs(n_regions > 0 ? "\t.regions = regions,\n" : "", out);
	fputs(n_plain_windows(system) > 0 ? "\t.windows = windows,\n" : "", out);
	fputs(system->n_virtual_devices > 0 ? "\t.virtual_devices = virtual_devices,\n" : "", out);
	fprintf(out, "\t.name_columns = %zu,\n", name_columns(system));
	fputs("\t.compatible = ", out);
	emit_string(out, system->compatible);
	fputs(",\n};\n", out);
}

static void print_externs(FILE *out, const struct system *system, const struct mmu *mmu,
			  const struct staged_images *images)
{
	fputs("#include \"hyp/config.h\"\n\n/* mmu_tables.c */\n", out);
	fprintf(out, "extern const uint64_t el2_root[%" PRIu64 "], el2_load_root[%" PRIu64 "];\n",
		mmu_root_bytes(mmu->el2_bits) / sizeof(uint64_t),
		mmu_root_bytes(mmu->el2_bits) / sizeof(uint64_t));
	fprintf(out, "extern uint64_t stage2_roots[%zu][%" PRIu64 "];\n"
		     "extern const uint64_t stage2_root_templates[%zu][%" PRIu64 "];\n",
		system->n_partitions, mmu_root_bytes(mmu->stage2_bits) / sizeof(uint64_t),
		system->n_partitions, mmu_root_bytes(mmu->stage2_bits) / sizeof(uint64_t));
	if (images->n > 0) {
		fputs("\n/* images.inc */\n", out);
	}
	for (size_t i = 0; i < images->n; i++) {
		fprintf(out, "extern const char image_%zu[]; /* ", i);
		emit_comment_text(out, path_base(images->all[i]->file));
		fputs(" */\n", out);
	}
}

bool emit_config(const struct system *system)
{
	const struct staged_images images = staged_images(system);
	const struct mmu *mmu = mmu_build(system);
	size_t n_message_channels, n_regions;
	FILE *out;

	if (mmu == NULL) {
		return false;
	}
	out = output_open("config.c");
	emit_c_head(out, system, "The system table");
	print_externs(out, system, mmu, &images);
	print_cpus(out, system);
	for (size_t i = 0; i < system->n_partitions; i++) {
		emit_partition_arrays(out, system, &system->partitions[i], &images);
	}
	n_message_channels = print_message_channels(out, system);
	n_regions = print_regions(out, system);
	print_windows(out, system);
	print_virtual_devices(out, system);

	fputs("\nstatic const struct partition_config partitions[] = {\n", out);
	for (size_t i = 0; i < system->n_partitions; i++) {
		emit_partition_entry(out, system, mmu, &system->partitions[i]);
	}
	fputs("};\n", out);
	print_system(out, system, mmu, n_message_channels, n_regions);
	return fclose(out) == 0;
}
