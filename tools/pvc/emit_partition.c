/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/emit_partition.h"

#include "tools/pvc/emit_c.h"
#include "tools/pvc/util.h"

#include "abi/hypercall.h"
#include "hyp/config.h"
#include "hyp/gic.h"

#include <assert.h>
#include <inttypes.h>

_Static_assert((int)CHANNEL_SAMPLING == (int)PV_PORT_SAMPLING &&
	       (int)CHANNEL_QUEUING == (int)PV_PORT_QUEUING &&
	       (int)CHANNEL_MESSAGE == (int)PV_PORT_MESSAGE &&
	       (int)CHANNEL_WINDOW == (int)PV_PORT_WINDOW, "one numbering of port kinds");
_Static_assert((int)PORT_SOURCE == (int)PV_PORT_SOURCE &&
	       (int)PORT_DESTINATION == (int)PV_PORT_DESTINATION &&
	       (int)PORT_BOTH == (int)PV_PORT_BOTH, "one numbering of directions");

/* Of every partition: all SGIs, and the virtual and the physical EL1 timer. */
#define ALL_SGIS          UINT32_C(0x7fff)
#define PPI_VIRTUAL_TIMER 27
#define PPI_EL1_TIMER     30

#define GUEST_GICD_BYTES_V2 UINT64_C(0x1000)
#define GUEST_GICD_BYTES_V3 UINT64_C(0x10000)
#define GUEST_GICR_BYTES    UINT64_C(0x20000) /* a vCPU */

#define HEX "UINT64_C(0x%" PRIx64 ")"

static const char *const kind_names[] = {
	[CHANNEL_SAMPLING] = "PV_PORT_SAMPLING", [CHANNEL_QUEUING] = "PV_PORT_QUEUING",
	[CHANNEL_MESSAGE] = "PV_PORT_MESSAGE", [CHANNEL_WINDOW] = "PV_PORT_WINDOW",
};

static const char *const direction_names[] = {
	[PORT_SOURCE] = "PV_PORT_SOURCE", [PORT_DESTINATION] = "PV_PORT_DESTINATION",
	[PORT_BOTH] = "PV_PORT_BOTH",
};

static void print_memory(FILE *out, const struct partition *partition)
{
	fprintf(out, "\nstatic const struct memory_config memory_%" PRIu32 "[] = {\n",
		partition->index);
	for (size_t i = 0; i < partition->n_memory; i++) {
		const struct memory *memory = &partition->memory[i];

		fprintf(out, "\t{ .pa = { " HEX " }, .ipa = { " HEX " }, .bytes = " HEX " }, /* ",
			memory->pa, memory->ipa, memory->bytes);
		emit_comment_text(out, partition->node.path);
		fprintf(out, " memory[%zu] */\n", i);
	}
	fputs("};\n", out);
}

static void print_loads(FILE *out, const struct partition *partition,
			const struct staged_images *images)
{
	fprintf(out, "\nstatic const struct load_config loads_%" PRIu32 "[] = {\n",
		partition->index);
	for (size_t i = 0; i < partition->n_loads; i++) {
		const struct load *load = &partition->loads[i];

		fputs("\t{ /* ", out);
		emit_comment_text(out, partition->node.path);
		fputs(": ", out);
		emit_comment_text(out, load->file_bytes > 0 ? path_base(load->file) : "zeroes");
		fputs(" */\n", out);
		if (load->file_bytes > 0) {
			fprintf(out, "\t\t.source = image_%zu,\n", staged_number(images, load));
		}
		fprintf(out, "\t\t.destination = { " HEX " },\n\t\t.file_bytes = " HEX ",\n"
			     "\t\t.memory_bytes = " HEX ",\n",
			load->pa, load->file_bytes, load->memory_bytes);
		emit_field(out, "name", load->what);
		fputs("\t},\n", out);
	}
	fputs("};\n", out);
}

struct mmio {
	uint64_t    base, bytes;
	const char *kind;
	uint32_t    virtual_device;
};

#define MMIO_MOST (3 + MAX_VIRTUAL_DEVICES)

/* Fills `ranges` (MMIO_MOST), sorted by address; returns how many there are. */
static size_t find_mmio(const struct system *system, const struct partition *partition,
			struct mmio *ranges)
{
	size_t n = 0;

	ranges[n++] = (struct mmio){ partition->gic_distributor,
				     system->gic_version == 3 ? GUEST_GICD_BYTES_V3
							      : GUEST_GICD_BYTES_V2,
				     "MMIO_VGIC_DISTRIBUTOR", 0 };
	if (system->gic_version == 3) {
		ranges[n++] = (struct mmio){ partition->gic_second,
					     partition->n_cpus * GUEST_GICR_BYTES,
					     "MMIO_VGIC_REDISTRIBUTORS", 0 };
	}
	if (partition->has_console) {
		ranges[n++] = (struct mmio){ partition->uart, MMU_PAGE, "MMIO_VUART", 0 };
	}
	for (size_t i = 0; i < partition->n_frontends; i++) {
		ranges[n++] = (struct mmio){ partition->frontends[i]->registers->pa, MMU_PAGE,
					     "MMIO_VIRTIO", partition->frontends[i]->index };
	}
	for (size_t i = 1; i < n; i++) {
		for (size_t k = i; k > 0 && ranges[k].base < ranges[k - 1].base; k--) {
			struct mmio swapped = ranges[k];

			ranges[k] = ranges[k - 1];
			ranges[k - 1] = swapped;
		}
	}
	return n;
}

static void print_mmio(FILE *out, const struct system *system, const struct partition *partition)
{
	struct mmio ranges[MMIO_MOST];
	size_t n = find_mmio(system, partition, ranges);

	fprintf(out, "\nstatic const struct mmio_config mmio_%" PRIu32 "[] = {\n",
		partition->index);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "\t{ .base = { " HEX " }, .bytes = " HEX ", .kind = %s, "
			     ".virtual_device = %" PRIu32 " }, /* ",
			ranges[i].base, ranges[i].bytes, ranges[i].kind, ranges[i].virtual_device);
		emit_comment_text(out, partition->node.path);
		fputs(" */\n", out);
	}
	fputs("};\n", out);
}

static const struct partition *first_peer(const struct port *port)
{
	const struct channel *channel = port->channel;

	for (size_t i = 0; i < channel->n_ports; i++) {
		const struct port *other = channel->ports[i];

		/* Ends of equal direction do not talk to each other, but for plain windows. */
		if (other != port &&
		    (other->direction != port->direction || port->direction == PORT_BOTH)) {
			return other->partition;
		}
	}
	return port->partition;
}

static void print_port(FILE *out, const struct port *port)
{
	const struct channel *channel = port->channel;
	uint64_t bytes = channel->kind == CHANNEL_WINDOW ? port->windows[0].window->bytes
							 : channel->message_bytes;

	fputs("\t{ /* ", out);
	emit_comment_text(out, channel->node.path);
	fputs(" */\n", out);
	emit_field(out, "name", channel->name);
	fprintf(out, "\t\t.kind = %s,\n\t\t.direction = %s,\n", kind_names[channel->kind],
		direction_names[port->direction]);
	fprintf(out, "\t\t.message_bytes = %" PRIu64 ",\n\t\t.depth = %" PRIu32 ",\n"
		     "\t\t.refresh_us = UINT64_C(%" PRIu64 "),\n", bytes, channel->depth,
		channel->refresh_us);
	fprintf(out, "\t\t.interrupt = %" PRIu32 ",\n\t\t.first_doorbell = %" PRIu32 ",\n"
		     "\t\t.n_doorbells = %" PRIu32 ",\n", port->interrupt, port->first_doorbell,
		port->n_doorbells);
	fprintf(out, "\t\t.peer = %" PRIu32 ",\n", first_peer(port)->index);
	if (channel->kind == CHANNEL_MESSAGE) {
		fprintf(out, "\t\t.message_channel = %" PRIu32 ",\n", channel->message_index);
	} else {
		fputs("\t\t.message_channel = NONE,\n", out);
	}
	fputs("\t},\n", out);
}

static void print_ports(FILE *out, const struct system *system, const struct partition *partition)
{
	if (partition->n_ports > 0) {
		fprintf(out, "\nstatic const struct port_config ports_%" PRIu32 "[] = {\n",
			partition->index);
		for (size_t i = 0; i < partition->n_ports; i++) {
			print_port(out, partition->ports[i]);
		}
		fputs("};\n", out);
	}
	if (partition->n_doorbells > 0) {
		fprintf(out, "\nstatic const struct doorbell_config doorbells_%" PRIu32 "[] = {\n",
			partition->index);
		for (size_t i = 0; i < partition->n_doorbells; i++) {
			const struct doorbell *doorbell = &partition->doorbells[i];

			fprintf(out,
				"\t{ .pend_register = { UINT64_C(0x%" PRIx64
				") }, .pend_bit = 0x%x, "
				".interrupt = %" PRIu32 ", .partition_id = %" PRIu32 " }, /* ",
				system->gicd + GICD_ISPENDR + doorbell->interrupt / 32 * 4,
				1u << doorbell->interrupt % 32, doorbell->interrupt,
				doorbell->target->index);
			emit_comment_text(out, doorbell->node->path);
			fputs(" to ", out);
			emit_comment_text(out, doorbell->target->name);
			fputs(" */\n", out);
		}
		fputs("};\n", out);
	}
}

static void print_backends(FILE *out, const struct partition *partition)
{
	if (partition->n_backends == 0) {
		return;
	}
	fprintf(out, "\nstatic const uint32_t backends_%" PRIu32 "[] = {\n", partition->index);
	for (size_t i = 0; i < partition->n_backends; i++) {
		fprintf(out, "\t%" PRIu32 ", /* ", partition->backends[i]->index);
		emit_comment_text(out, partition->backends[i]->node.path);
		fputs(" */\n", out);
	}
	fputs("};\n", out);
}

static void claim_interrupt(uint32_t *words, uint32_t intid)
{
	assert(intid < INTID_WORDS * 32);
	words[intid / 32] |= UINT32_C(1) << (intid % 32);
}

static void print_interrupts(FILE *out, const struct partition *partition)
{
	uint32_t words[INTID_WORDS] = { ALL_SGIS };

	claim_interrupt(words, PPI_VIRTUAL_TIMER);
	claim_interrupt(words, PPI_EL1_TIMER);
	for (size_t i = 0; i < partition->n_devices; i++) {
		for (size_t k = 0; k < partition->devices[i]->n_interrupts; k++) {
			claim_interrupt(words, partition->devices[i]->interrupts[k]);
		}
	}
	for (size_t i = 0; i < partition->n_ports; i++) {
		if (partition->ports[i]->interrupt != 0) {
			claim_interrupt(words, partition->ports[i]->interrupt);
		}
	}
	for (size_t i = 0; i < partition->n_frontends; i++) {
		claim_interrupt(words, partition->frontends[i]->frontend_interrupt);
	}
	for (size_t i = 0; i < partition->n_backends; i++) {
		claim_interrupt(words, partition->backends[i]->backend_interrupt);
	}

	fprintf(out, "\nstatic const uint32_t interrupts_%" PRIu32 "[INTID_WORDS] = { /* ",
		partition->index);
	emit_comment_text(out, partition->node.path);
	fputs(" */\n", out);
	for (size_t i = 0; i < INTID_WORDS; i++) {
		if (words[i] != 0) {
			fprintf(out, "\t[%2zu] = 0x%08" PRIx32 ", /* %zu..%zu */\n", i, words[i],
				i * 32, i * 32 + 31);
		}
	}
	fputs("};\n", out);
}

void emit_partition_arrays(FILE *out, const struct system *system,
			   const struct partition *partition, const struct staged_images *images)
{
	print_memory(out, partition);
	if (partition->n_loads > 0) {
		print_loads(out, partition, images);
	}
	print_mmio(out, system, partition);
	print_ports(out, system, partition);
	print_backends(out, partition);
	print_interrupts(out, partition);
}

size_t emit_first_vcpu(const struct system *system, const struct partition *partition)
{
	size_t first = 0;

	for (size_t i = 0; i < partition->index; i++) {
		first += system->partitions[i].n_cpus;
	}
	return first;
}

static void print_array(FILE *out, const char *field, size_t n, const char *array, size_t index)
{
	if (n > 0) {
		fprintf(out, "\t\t.n_%s = %zu,\n\t\t.%s = %s_%zu,\n", field, n, field, array,
			index);
	}
}

void emit_partition_entry(FILE *out, const struct system *system, const struct mmu *mmu,
			    const struct partition *partition)
{
	struct mmio ranges[MMIO_MOST];
	const uint32_t index = partition->index;

	emit_comment_line(out, partition->node.path);
	fputs("\t{\n", out);
	emit_field(out, "name", partition->name);
	fprintf(out, "\t\t.id = %" PRIu32 ",\n\t\t.roles = 0x%" PRIx32 ",\n", partition->id,
		partition->roles);
	fprintf(out, "\t\t.first_vcpu = %zu,\n\t\t.n_vcpus = %zu,\n",
		emit_first_vcpu(system, partition), partition->n_cpus);
	fprintf(out, "\t\t.entry = { " HEX " },\n\t\t.dtb = { " HEX " },\n", partition->entry,
		partition->dtb);
	fprintf(out, "\t\t.stage2_root = stage2_roots[%" PRIu32 "],\n"
		     "\t\t.stage2_root_template = stage2_root_templates[%" PRIu32 "],\n"
		     "\t\t.n_stage2_root = %zu,\n", index, index,
		mmu_root_entries(mmu->stage2_bits));
	fprintf(out, "\t\t.vttbr = (uint64_t)(uintptr_t)stage2_roots[%" PRIu32 "] + " HEX
		     ", /* VMID %" PRIu32 " */\n", index, FIELD_VALUE(VTTBR_VMID, index + 1),
		index + 1);
	print_array(out, "memory", partition->n_memory, "memory", index);
	print_array(out, "loads", partition->n_loads, "loads", index);
	print_array(out, "mmio", find_mmio(system, partition, ranges), "mmio", index);
	print_array(out, "ports", partition->n_ports, "ports", index);
	print_array(out, "doorbells", partition->n_doorbells, "doorbells", index);
	print_array(out, "backends", partition->n_backends, "backends", index);
	fprintf(out, "\t\t.interrupts = interrupts_%" PRIu32 ",\n\t\t.has_console = %s,\n\t},\n",
		index, partition->has_console ? "true" : "false");
}
