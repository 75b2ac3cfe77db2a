/* SPDX-License-Identifier: Apache-2.0 */
/*
 * include/<partition>/ports.h: what a guest without a devicetree parser compiles in. Numbers are
 * plain, without suffixes, so that assembly and linker scripts can read them as well.
 */
#include "tools/pvc/diag.h"
#include "tools/pvc/emit.h"
#include "tools/pvc/emit_c.h"
#include "tools/pvc/output.h"
#include "tools/pvc/util.h"
#include "tools/pvc/virtual_kinds.h"

#include "hyp/types.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

/* One header being written, with the names it has defined so far. */
struct header {
	FILE                   *out;
	const struct partition *partition;
	const char            **names;
	size_t                  n_names;
	bool                    good;
};

/* Enumerators of include/abi/hypercall.h, which a channel's name could hide. */
static const char *const taken[] = {
	"PV_PORT_SAMPLING", "PV_PORT_QUEUING", "PV_PORT_MESSAGE", "PV_PORT_WINDOW",
	"PV_PORT_SOURCE", "PV_PORT_DESTINATION", "PV_PORT_BOTH",
};

/* Two names of the DTS may differ and still give one macro: "a-b" and "a_b". */
static void take_name(struct header *header, const char *name, struct location where)
{
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		if (strcmp(taken[i], name) == 0) {
			diag_error(where, "header-name",
				   "a channel of this name would define %s in ports.h, which has a "
				   "meaning already: rename it", name);
			header->good = false;
			return;
		}
	}
	for (size_t i = 0; i < header->n_names; i++) {
		if (strcmp(header->names[i], name) == 0) {
			diag_error(where, "header-name",
				   "%s is defined twice in ports.h of partition \"%s\": "
				   "rename one of the nodes it comes from", name,
				   header->partition->name);
			header->good = false;
			return;
		}
	}
	header->names = xgrow(header->names, header->n_names, header->n_names + 1,
			      sizeof(*header->names));
	header->names[header->n_names++] = name;
}

static void define(struct header *header, const char *name, uint64_t value, bool hex,
		   struct location where)
{
	take_name(header, name, where);
	fprintf(header->out, hex ? "#define %-40s 0x%" PRIx64 "\n" : "#define %-40s %" PRIu64 "\n",
		name, value);
}

static void define_plain(struct header *header, const char *name, uint64_t value)
{
	define(header, name, value, false, header->partition->node.where);
}

static void define_address(struct header *header, const char *name, uint64_t value)
{
	define(header, name, value, true, header->partition->node.where);
}

/* ---- The partition and its devices ----------------------------------------------------------- */

static const struct device *own_pl011(const struct system *system,
				      const struct partition *partition)
{
	for (size_t i = 0; i < partition->n_devices; i++) {
		const struct device *device = partition->devices[i];

		if (device->n_reg > 0 && fdt_node_check_compatible(system->fdt, device->node.offset,
								   "arm,pl011") == 0) {
			return device;
		}
	}
	return NULL;
}

static uint32_t first_interrupt(const struct device *device)
{
	return device->n_interrupts > 0 ? device->interrupts[0] : 0;
}

static void put_uart(struct header *header, const struct system *system)
{
	const struct partition *partition = header->partition;
	const struct device *own = own_pl011(system, partition);
	const struct device *device = own != NULL ? own : system->console;

	fprintf(header->out, "\n/* A PL011%s. */\n", own != NULL ? ": its own"
			      : partition->has_console ? ": emulated" : ": there is none");
	if (own == NULL && !partition->has_console) {
		define_address(header, "PV_UART", 0);
		define_plain(header, "PV_UART_INTERRUPT", 0);
		return;
	}
	define_address(header, "PV_UART", own != NULL ? own->reg[0].base : partition->uart);
	define_plain(header, "PV_UART_INTERRUPT", device != NULL ? first_interrupt(device) : 0);
}

static void put_partition(struct header *header, const struct system *system)
{
	const struct partition *partition = header->partition;

	take_name(header, "PV_PARTITION_NAME", partition->node.where);
	fprintf(header->out, "#define %-40s ", "PV_PARTITION_NAME");
	emit_string(header->out, partition->name);
	fputs("\n", header->out);
	define_plain(header, "PV_PARTITION_ID", partition->id);
	define_plain(header, "PV_N_VCPUS", partition->n_cpus);
	define_address(header, "PV_MEMORY_IPA", partition->memory[0].ipa);
	define_address(header, "PV_MEMORY_BYTES", partition->memory[0].bytes);
	define_plain(header, "PV_GIC_VERSION", system->gic_version);
	define_address(header, "PV_GICD", partition->gic_distributor);
	define_address(header, system->gic_version == 3 ? "PV_GICR" : "PV_GICC",
		       partition->gic_second);
	put_uart(header, system);
}

static char *stem_of(const struct device *device)
{
	return emit_macro_name(xstrndup(device->node.name, strcspn(device->node.name, "@")));
}

static bool is_stem_unique(const struct partition *partition, const struct device *device)
{
	for (size_t i = 0; i < partition->n_devices; i++) {
		const struct device *other = partition->devices[i];

		if (other != device && strcmp(stem_of(other), stem_of(device)) == 0) {
			return false;
		}
	}
	return true;
}

static void put_devices(struct header *header)
{
	const struct partition *partition = header->partition;

	if (partition->n_devices > 0) {
		fputs("\n/* Devices of its own: address and interrupt (INTID). */\n", header->out);
	}
	for (size_t i = 0; i < partition->n_devices; i++) {
		const struct device *device = partition->devices[i];
		char *name = is_stem_unique(partition, device)
				     ? stem_of(device) : emit_macro_name(device->node.name);

		if (device->n_reg == 0) {
			continue;
		}
		define(header, xasprintf("PV_DEVICE_%s", name), device->reg[0].base, true,
		       device->node.where);
		if (device->n_interrupts > 0) {
			define(header, xasprintf("PV_DEVICE_%s_INTERRUPT", name),
			       device->interrupts[0], false, device->node.where);
		}
	}
}

static void put_device_row(struct header *header, const struct system *system,
			   const struct device *device)
{
	int bytes = 0;
	const char *compatible =
		fdt_getprop(system->fdt, device->node.offset, "compatible", &bytes);

	fputs(" \\\n\tPV_DEVICE(", header->out);
	emit_string(header->out, device->node.name);
	fputs(", ", header->out);
	emit_bytes(header->out, compatible, compatible != NULL ? (size_t)bytes : 0);
	fprintf(header->out, ", 0x%" PRIx64 ", 0x%" PRIx64, device->reg[0].base,
		device->reg[0].bytes);
	for (size_t i = 0; i < device->n_interrupts; i++) {
		fprintf(header->out, ", %" PRIu32, device->interrupts[i]);
	}
	fputs(device->n_interrupts == 0 ? ", 0)" : ")", header->out);
}

/* One row a device, for whoever defines PV_DEVICE: the SDK's device.c. */
static void put_device_table(struct header *header, const struct system *system)
{
	const struct partition *partition = header->partition;
	size_t n = 0;

	for (size_t i = 0; i < partition->n_devices; i++) {
		n += partition->devices[i]->n_reg > 0;
	}
	fputs("\n/*\n * Its devices as rows: PV_DEVICE(name, all of compatible, first reg: address, bytes,"
	      "\n * INTIDs... or 0)\n */\n", header->out);
	define_plain(header, "PV_N_DEVICES", n);
	take_name(header, "PV_DEVICES", partition->node.where);
	fputs("#define PV_DEVICES", header->out);
	for (size_t i = 0; i < partition->n_devices; i++) {
		if (partition->devices[i]->n_reg > 0) {
			put_device_row(header, system, partition->devices[i]);
		}
	}
	fputs("\n", header->out);
}

/* ---- Ports ----------------------------------------------------------------------------------- */

static uint64_t window_address(const struct port *port, size_t index)
{
	return index < port->n_windows ? port->windows[index].window->pa : 0;
}

static uint64_t port_bytes(const struct port *port)
{
	return port->channel->kind == CHANNEL_WINDOW ? port->windows[0].window->bytes
						     : port->channel->message_bytes;
}

static void define_port(struct header *header, const struct port *port, const char *suffix,
			uint64_t value, bool hex)
{
	char *name = xasprintf("PV_PORT_%s%s", emit_macro_name(port->channel->name), suffix);

	define(header, name, value, hex, port->channel->node.where);
}

static void put_port(struct header *header, const struct port *port)
{
	const struct channel *channel = port->channel;

	fputs("\n/* ", header->out);
	emit_comment_text(header->out, channel->node.path);
	fputs(" */\n", header->out);
	define_port(header, port, "", port->number, false);
	define_port(header, port, "_KIND", (uint64_t)channel->kind, false);
	define_port(header, port, "_DIRECTION", (uint64_t)port->direction, false);
	define_port(header, port, "_MESSAGE_BYTES", port_bytes(port), false);
	define_port(header, port, "_DEPTH", channel->depth, false);
	define_port(header, port, "_REFRESH_US", channel->refresh_us, false);
	define_port(header, port, "_INTERRUPT", port->interrupt, false);
	define_port(header, port, "_DOORBELL", port->first_doorbell, false);
	define_port(header, port, "_N_DOORBELLS", port->n_doorbells, false);
	if (channel->kind == CHANNEL_SAMPLING || channel->kind == CHANNEL_QUEUING) {
		define_port(header, port, "_SOURCE_WINDOW", window_address(port, 0), true);
	}
	if (channel->kind == CHANNEL_QUEUING) {
		define_port(header, port, "_DESTINATION_WINDOW", window_address(port, 1), true);
	}
	if (channel->kind == CHANNEL_WINDOW) {
		define_port(header, port, "_WINDOW", window_address(port, 0), true);
		define_port(header, port, "_WINDOW_BYTES", port_bytes(port), true);
	}
}

static void put_table(struct header *header)
{
	FILE *out = header->out;

	take_name(header, "PV_PORT_TABLE", header->partition->node.where);
	fputs("\n/*\n * All of them, for opening by name: { name, kind, direction, message_bytes,"
	      "\n * depth, refresh_us, interrupt, first_doorbell, n_doorbells, source_window,"
	      "\n * destination_window }\n */\n#define PV_PORT_TABLE",
	      out);
	for (size_t i = 0; i < header->partition->n_ports; i++) {
		const struct port *port = header->partition->ports[i];

		fputs(" \\\n\t{ ", out);
		emit_string(out, port->channel->name);
		fprintf(out, ", %d, %d, %" PRIu64 ", %" PRIu32 ", %" PRIu64 ", %" PRIu32 ", %"
			     PRIu32 ", %" PRIu32 ", 0x%" PRIx64 ", 0x%" PRIx64 " },",
			(int)port->channel->kind, (int)port->direction, port_bytes(port),
			port->channel->depth, port->channel->refresh_us, port->interrupt,
			port->first_doorbell, port->n_doorbells, window_address(port, 0),
			window_address(port, 1));
	}
	fputs("\n", out);
}

/* ---- Virtual devices ------------------------------------------------------------------------- */

static void put_frontends(struct header *header)
{
	const struct partition *partition = header->partition;
	FILE *out = header->out;

	fputs("\n/*\n * Virtual devices it drives: PV_VIRTIO_FRONTEND(name, device id, register page,"
	      "\n * window, its bytes, INTID, doorbell)\n */\n", out);
	define_plain(header, "PV_N_VIRTIO_FRONTENDS", partition->n_frontends);
	fputs("#define PV_VIRTIO_FRONTENDS", out);
	for (size_t i = 0; i < partition->n_frontends; i++) {
		const struct virtual_device *device = partition->frontends[i];

		fputs(" \\\n\tPV_VIRTIO_FRONTEND(", out);
		emit_string(out, device->name);
		fprintf(out, ", %" PRIu32 ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ", %" PRIu32
			     ", %" PRIu32 ")", device->kind->device_id, device->registers->pa,
			device->window->pa, device->window->bytes, device->frontend_interrupt,
			device->frontend_doorbell);
	}
	fputs("\n", out);
}

static void put_backends(struct header *header)
{
	const struct partition *partition = header->partition;
	FILE *out = header->out;

	fputs("\n/*\n * Virtual devices it serves: PV_VIRTIO_BACKEND(name, number in calls, device id,"
	      "\n * state page, window, its bytes, INTID, doorbell, features, size of queues, first"
	      "\n * eight bytes of configuration at power-on)\n */\n",
	      out);
	define_plain(header, "PV_N_VIRTIO_BACKENDS", partition->n_backends);
	fputs("#define PV_VIRTIO_BACKENDS", out);
	for (size_t i = 0; i < partition->n_backends; i++) {
		const struct virtual_device *device = partition->backends[i];

		fputs(" \\\n\tPV_VIRTIO_BACKEND(", out);
		emit_string(out, device->name);
		fprintf(out, ", %" PRIu32 ", %" PRIu32 ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64
			     ", %" PRIu32 ", %" PRIu32 ", 0x%" PRIx64 ", %" PRIu32 ", 0x%" PRIx64 ")",
			device->number, device->kind->device_id, device->state->pa,
			device->window->pa, device->window->bytes, device->backend_interrupt,
			device->backend_doorbell, device->features, device->queue_size,
			device->configuration[0]);
	}
	fputs("\n", out);
}

static bool emit_header(const struct system *system, const struct partition *partition)
{
	struct header header = { .partition = partition, .good = true };

	header.out = output_open(xasprintf("include/%s/ports.h", partition->name));
	emit_c_head(header.out, system, xasprintf("Partition \"%s\"", partition->name));
	fputs("#pragma once\n\n", header.out);
	put_partition(&header, system);
	put_devices(&header);
	put_device_table(&header, system);
	fputs("\n/* Ports: numbers for hypercalls; enum pv_port_kind, enum pv_port_direction. */\n",
	      header.out);
	define_plain(&header, "PV_N_PORTS", partition->n_ports);
	/* First, so that a channel "table" is told apart. */
	put_table(&header);
	for (size_t i = 0; i < partition->n_ports; i++) {
		put_port(&header, partition->ports[i]);
	}
	put_frontends(&header);
	put_backends(&header);
	return fclose(header.out) == 0 && header.good;
}

bool emit_headers(const struct system *system)
{
	bool good = true;

	for (size_t i = 0; i < system->n_partitions; i++) {
		good = emit_header(system, &system->partitions[i]) && good;
	}
	return good;
}
