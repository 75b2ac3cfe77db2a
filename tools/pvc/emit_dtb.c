/* SPDX-License-Identifier: Apache-2.0 */
/*
 * <partition>.dtb: the machine as one partition sees it. vCPUs count from 0, PSCI is called by
 * HVC, and the /hypervisor node has one child per port. Properties of ours: docs/abi.md
 * "Discovery".
 */
#include "tools/pvc/diag.h"
#include "tools/pvc/dtb_devices.h"
#include "tools/pvc/dtb_virtual.h"
#include "tools/pvc/dtb_writer.h"
#include "tools/pvc/emit.h"
#include "tools/pvc/mmu.h"
#include "tools/pvc/needs.h"
#include "tools/pvc/output.h"
#include "tools/pvc/util.h"

#include <assert.h>
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#define DTB_BYTES_MAX   ((size_t)1 << 20) /* more than any partition keeps room for */
#define MIN_NO_PHANDLE  1
#define GIC_SPI         0
#define GIC_PPI         1
#define FIRST_SPI       32
#define FLAG_LEVEL      4
#define GICV2_PPI_MASK  8 /* bit of the flags where the mask of cores starts */
#define UART_CLOCK_HZ   24000000
#define GICD_BYTES_V2   0x1000
#define GICD_BYTES_V3   0x10000
#define GICR_BYTES      0x20000

/* Windows of one partition, each once, with the phandle of its reserved-memory node. */
struct dtb_windows {
	const struct window **all;
	size_t                n;
	uint32_t              first_phandle;
};

struct guest {
	struct dtb              dtb;
	const struct system    *system;
	const struct partition *partition;
	uint32_t                gic, clock; /* phandles */
	struct dtb_windows      windows;
	struct needs            needs; /* of its devices */
};

static const char *const kind_compatible[] = {
	[CHANNEL_SAMPLING] = "paravent,sampling-port-1",
	[CHANNEL_QUEUING] = "paravent,queuing-port-1",
	[CHANNEL_MESSAGE] = "paravent,message-port-1",
	[CHANNEL_WINDOW] = "paravent,window-port-1",
};

static const char *const direction_text[] = {
	[PORT_SOURCE] = "source", [PORT_DESTINATION] = "destination", [PORT_BOTH] = "both",
};

static void put_reg(struct dtb *dtb, uint64_t base, uint64_t bytes)
{
	const uint64_t reg[] = { base, bytes };

	dtb_numbers(dtb, "reg", reg, 2);
}

static void put_cells_2_2(struct dtb *dtb)
{
	dtb_cell(dtb, "#address-cells", 2);
	dtb_cell(dtb, "#size-cells", 2);
}

/* ---- Console --------------------------------------------------------------------------------- */

/* The first serial port of a partition's own. */
static const struct device *own_uart(const struct guest *guest)
{
	for (size_t i = 0; i < guest->partition->n_devices; i++) {
		const struct device *device = guest->partition->devices[i];

		if (dtb_device_path(guest->system, guest->partition, device) != NULL &&
		    (starts_with(device->node.name, "serial@") ||
		     starts_with(device->node.name, "uart@"))) {
			return device;
		}
	}
	return NULL;
}

/* Path of the node to talk through; NULL: there is none. */
static char *stdout_path(const struct guest *guest)
{
	const struct device *device = own_uart(guest);

	if (device != NULL) {
		return xstrdup(dtb_device_path(guest->system, guest->partition, device));
	}
	return guest->partition->has_console ? xasprintf("/pl011@%" PRIx64, guest->partition->uart)
					     : NULL;
}

static void put_console(struct guest *guest)
{
	struct dtb *dtb = &guest->dtb;
	static const char *const compatible[] = { "arm,pl011", "arm,primecell" };
	static const char *const clock_names[] = { "uartclk", "apb_pclk" };
	const struct device *console = guest->system->console;

	if (!guest->partition->has_console) {
		return;
	}
	dtb_open(dtb, "pl011-clock");
	dtb_text(dtb, "compatible", "fixed-clock");
	dtb_cell(dtb, "#clock-cells", 0);
	dtb_cell(dtb, "clock-frequency", UART_CLOCK_HZ);
	dtb_cell(dtb, "phandle", guest->clock);
	dtb_close(dtb);

	dtb_open(dtb, xasprintf("pl011@%" PRIx64, guest->partition->uart));
	dtb_texts(dtb, "compatible", compatible, 2);
	put_reg(dtb, guest->partition->uart, MMU_PAGE);
	if (console != NULL && console->n_interrupts > 0) {
		dtb_cells(dtb, "interrupts",
			  (const uint32_t[]){ GIC_SPI, console->interrupts[0] - FIRST_SPI,
					      FLAG_LEVEL }, 3);
	}
	dtb_cells(dtb, "clocks", (const uint32_t[]){ guest->clock, guest->clock }, 2);
	dtb_texts(dtb, "clock-names", clock_names, 2);
	dtb_close(dtb);
}

/*
 * The board numbers its serial ports, and the partition's own keeps its number; the emulated one is
 * always the first.
 */
static void put_aliases(struct guest *guest, const char *console)
{
	bool is_emulated = guest->partition->has_console;
	bool is_numbered = guest->partition->tree != guest->system->tree && !is_emulated;

	dtb_open(&guest->dtb, "aliases");
	if (console != NULL && !is_numbered) {
		dtb_text(&guest->dtb, "serial0", console);
	}
	dtb_copy_aliases(&guest->dtb, &guest->needs, is_numbered ? NULL : "serial");
	dtb_close(&guest->dtb);
}

static void put_chosen(struct guest *guest)
{
	const struct partition *partition = guest->partition;
	struct dtb *dtb = &guest->dtb;
	char *path = stdout_path(guest);

	put_aliases(guest, path);
	dtb_open(dtb, "chosen");
	if (partition->bootargs != NULL) {
		dtb_text(dtb, "bootargs", partition->bootargs);
	}
	if (path != NULL) {
		dtb_text(dtb, "stdout-path", path);
	}
	if (partition->ramdisk_end != 0) {
		dtb_numbers(dtb, "linux,initrd-start", &partition->ramdisk, 1);
		dtb_numbers(dtb, "linux,initrd-end", &partition->ramdisk_end, 1);
	}
	dtb_close(dtb);
}

/* ---- Processor ------------------------------------------------------------------------------- */

static void put_cpus(struct guest *guest)
{
	const struct partition *partition = guest->partition;
	struct dtb *dtb = &guest->dtb;

	dtb_open(dtb, "cpus");
	dtb_cell(dtb, "#address-cells", 1);
	dtb_cell(dtb, "#size-cells", 0);
	for (size_t i = 0; i < partition->n_cpus; i++) {
		int length = 0;
		const void *compatible = fdt_getprop(guest->system->fdt,
						     partition->cpus[i]->node.offset,
						     "compatible", &length);

		dtb_open(dtb, xasprintf("cpu@%zx", i));
		dtb_text(dtb, "device_type", "cpu");
		if (compatible != NULL) {
			dtb_bytes(dtb, "compatible", compatible, (size_t)length);
		}
		dtb_cell(dtb, "reg", (uint32_t)i);
		dtb_text(dtb, "enable-method", "psci");
		dtb_close(dtb);
	}
	dtb_close(dtb);

	dtb_open(dtb, "psci");
	dtb_texts(dtb, "compatible", (const char *const[]){ "arm,psci-1.0", "arm,psci-0.2" }, 2);
	dtb_text(dtb, "method", "hvc");
	dtb_close(dtb);
}

/* Interrupts as the architecture numbers them; trigger and "always-on" as the board has them. */
static void put_timer(struct guest *guest)
{
	static const uint32_t ppis[] = { 13, 14, 11, 10 }; /* secure, EL1, virtual, EL2 */
	const void *fdt = guest->system->fdt;
	int timer = fdt_node_offset_by_compatible(fdt, -1, "arm,armv8-timer");
	int length = 0;
	const fdt32_t *board = timer < 0 ? NULL : fdt_getprop(fdt, timer, "interrupts", &length);
	uint32_t flags = board != NULL && length >= 12 ? fdt32_to_cpu(board[2]) & 0xf : FLAG_LEVEL;
	uint32_t cells[3 * ARRAY_SIZE(ppis)];

	if (guest->system->gic_version == 2) {
		flags |= ((UINT32_C(1) << guest->partition->n_cpus) - 1) << GICV2_PPI_MASK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ppis); i++) {
		cells[3 * i] = GIC_PPI;
		cells[3 * i + 1] = ppis[i];
		cells[3 * i + 2] = flags;
	}
	dtb_open(&guest->dtb, "timer");
	dtb_text(&guest->dtb, "compatible", "arm,armv8-timer");
	dtb_cells(&guest->dtb, "interrupts", cells, ARRAY_SIZE(cells));
	if (timer >= 0 && fdt_getprop(fdt, timer, "always-on", NULL) != NULL) {
		dtb_flag(&guest->dtb, "always-on");
	}
	dtb_close(&guest->dtb);
}

static void put_gic(struct guest *guest)
{
	const struct system *system = guest->system;
	const struct partition *partition = guest->partition;
	bool v3 = system->gic_version == 3;
	const uint64_t reg[] = {
		partition->gic_distributor, v3 ? GICD_BYTES_V3 : GICD_BYTES_V2,
		partition->gic_second, v3 ? partition->n_cpus * GICR_BYTES : MMU_PAGE,
	};
	struct dtb *dtb = &guest->dtb;

	dtb_open(dtb, xasprintf("interrupt-controller@%" PRIx64, partition->gic_distributor));
	dtb_text(dtb, "compatible", v3 ? "arm,gic-v3" : "arm,gic-400");
	dtb_flag(dtb, "interrupt-controller");
	dtb_cell(dtb, "#interrupt-cells", 3);
	dtb_cell(dtb, "#address-cells", 0);
	dtb_numbers(dtb, "reg", reg, 4);
	dtb_cell(dtb, "phandle", guest->gic);
	dtb_close(dtb);
}

/* ---- Memory and windows ---------------------------------------------------------------------- */

static size_t window_number(const struct dtb_windows *windows, const struct window *window)
{
	for (size_t i = 0; i < windows->n; i++) {
		if (windows->all[i] == window) {
			return i;
		}
	}
	return SIZE_MAX;
}

static void find_windows(struct guest *guest, uint32_t first_phandle)
{
	struct dtb_windows *windows = &guest->windows;

	windows->first_phandle = first_phandle;
	for (size_t i = 0; i < guest->system->n_windows; i++) {
		const struct window *window = guest->system->windows[i];

		for (size_t k = 0; k < window->n_users && !window->is_page; k++) {
			if (window->users[k].partition == guest->partition) {
				windows->all = xextend(windows->all, windows->n,
						       sizeof(*windows->all));
				windows->all[windows->n++] = window;
			}
		}
	}
}

static uint32_t window_phandle(const struct guest *guest, const struct window *window)
{
	size_t number = window_number(&guest->windows, window);

	assert(number != SIZE_MAX);
	return guest->windows.first_phandle + (uint32_t)number;
}

/* The virtual device that a window of the partition belongs to; NULL: it is a channel's. */
static const struct virtual_device *device_of(struct virtual_device *const *devices, size_t n,
					      const struct window *window)
{
	for (size_t i = 0; i < n; i++) {
		if (devices[i]->window == window) {
			return devices[i];
		}
	}
	return NULL;
}

/*
 * A kernel must know some windows as memory: Linux, as a backend, so that there are struct pages
 * for them; a kernel with CONFIG_DMA_RESTRICTED_POOL, to bounce through them.
 */
static bool is_kernel_memory(const struct guest *guest, const struct window *window)
{
	const struct partition *partition = guest->partition;

	return (device_of(partition->backends, partition->n_backends, window) != NULL &&
		partition->image_kind == IMAGE_LINUX) ||
	       (device_of(partition->frontends, partition->n_frontends, window) != NULL &&
		partition->restricted_dma);
}

static void put_range(struct dtb *dtb, uint64_t base, uint64_t bytes)
{
	dtb_open(dtb, xasprintf("memory@%" PRIx64, base));
	dtb_text(dtb, "device_type", "memory");
	put_reg(dtb, base, bytes);
	dtb_close(dtb);
}

static void put_window(struct guest *guest, const struct window *window)
{
	const struct partition *partition = guest->partition;
	struct dtb *dtb = &guest->dtb;

	dtb_open(dtb, xasprintf("window@%" PRIx64, window->pa));
	if (device_of(partition->frontends, partition->n_frontends, window) != NULL) {
		dtb_text(dtb, "compatible", partition->restricted_dma ? "restricted-dma-pool"
								      : "paravent,dma-window-1");
	}
	dtb_text(dtb, "label", window->name);
	put_reg(dtb, window->pa, window->bytes);
	if (!is_kernel_memory(guest, window)) {
		dtb_flag(dtb, "no-map");
	}
	dtb_cell(dtb, "phandle", window_phandle(guest, window));
	dtb_close(dtb);
}

static void put_memory(struct guest *guest)
{
	const struct partition *partition = guest->partition;
	const struct dtb_windows *windows = &guest->windows;
	struct dtb *dtb = &guest->dtb;

	for (size_t i = 0; i < partition->n_memory; i++) {
		put_range(dtb, partition->memory[i].ipa, partition->memory[i].bytes);
	}
	for (size_t i = 0; i < windows->n; i++) {
		if (is_kernel_memory(guest, windows->all[i])) {
			put_range(dtb, windows->all[i]->pa, windows->all[i]->bytes);
		}
	}
	if (windows->n == 0) {
		return;
	}
	dtb_open(dtb, "reserved-memory");
	put_cells_2_2(dtb);
	dtb_flag(dtb, "ranges");
	for (size_t i = 0; i < windows->n; i++) {
		put_window(guest, windows->all[i]);
	}
	dtb_close(dtb);
}

/* ---- Ports ----------------------------------------------------------------------------------- */

static void put_peers(struct dtb *dtb, const struct port *port)
{
	const struct channel *channel = port->channel;
	const char **names = xarray(channel->n_ports, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < channel->n_ports; i++) {
		const struct port *other = channel->ports[i];

		if (other != port &&
		    (other->direction != port->direction || port->direction == PORT_BOTH)) {
			names[n++] = other->partition->name;
		}
	}
	if (n > 0) {
		dtb_texts(dtb, "paravent,peers", names, n);
	}
}

static void put_port_windows(struct guest *guest, const struct port *port)
{
	uint32_t phandles[ARRAY_SIZE(port->windows)];
	bool writable = false;

	if (port->n_windows == 0) {
		return;
	}
	for (size_t i = 0; i < port->n_windows; i++) {
		phandles[i] = window_phandle(guest, port->windows[i].window);
		writable = writable || port->windows[i].writable;
	}
	dtb_cells(&guest->dtb, "memory-region", phandles, port->n_windows);
	if (!writable) {
		dtb_flag(&guest->dtb, "paravent,read-only");
	}
}

static void put_port(struct guest *guest, const struct port *port)
{
	const struct channel *channel = port->channel;
	struct dtb *dtb = &guest->dtb;
	uint64_t bytes = channel->kind == CHANNEL_WINDOW ? port->windows[0].window->bytes
							 : channel->message_bytes;

	dtb_open(dtb, xasprintf("port@%" PRIx32, port->number));
	dtb_text(dtb, "compatible", kind_compatible[channel->kind]);
	dtb_cell(dtb, "reg", port->number);
	dtb_text(dtb, "label", channel->name);
	dtb_text(dtb, "paravent,direction", direction_text[port->direction]);
	dtb_cell(dtb, "paravent,message-size", (uint32_t)bytes);
	if (channel->depth != 0) {
		dtb_cell(dtb, "paravent,depth", channel->depth);
	}
	if (channel->kind == CHANNEL_SAMPLING) {
		dtb_cell(dtb, "paravent,refresh-us", (uint32_t)channel->refresh_us);
	}
	put_port_windows(guest, port);
	if (port->interrupt != 0) {
		dtb_edge_interrupt(dtb, port->interrupt);
	}
	if (port->n_doorbells != 0) {
		dtb_cells(dtb, "paravent,doorbells",
			  (const uint32_t[]){ port->first_doorbell, port->n_doorbells }, 2);
	}
	put_peers(dtb, port);
	dtb_close(dtb);
}

/* Who else is there: a guest shows names where the hypervisor gives ids. */
static void put_partition_names(struct guest *guest)
{
	const struct system *system = guest->system;
	const char **names = xarray(system->n_partitions, sizeof(*names));
	uint32_t *ids = xarray(system->n_partitions, sizeof(*ids));

	for (size_t i = 0; i < system->n_partitions; i++) {
		names[i] = system->partitions[i].name;
		ids[i] = system->partitions[i].id;
	}
	dtb_texts(&guest->dtb, "paravent,partitions", names, system->n_partitions);
	dtb_cells(&guest->dtb, "paravent,partition-ids", ids, system->n_partitions);
}

static void put_hypervisor(struct guest *guest)
{
	struct dtb *dtb = &guest->dtb;

	dtb_open(dtb, "hypervisor");
	dtb_text(dtb, "compatible", "paravent,paravent-1");
	dtb_text(dtb, "paravent,partition", guest->partition->name);
	dtb_cell(dtb, "paravent,id", guest->partition->id);
	if (guest->partition->has_console) {
		dtb_flag(dtb, "paravent,console");
	}
	put_partition_names(guest);
	dtb_cell(dtb, "#address-cells", 1);
	dtb_cell(dtb, "#size-cells", 0);
	for (size_t i = 0; i < guest->partition->n_ports; i++) {
		put_port(guest, guest->partition->ports[i]);
	}
	for (size_t i = 0; i < guest->partition->n_backends; i++) {
		const struct virtual_device *device = guest->partition->backends[i];

		dtb_backend(dtb, device, window_phandle(guest, device->window));
	}
	dtb_close(dtb);
}

/* ---- The tree -------------------------------------------------------------------------------- */

static void put_root(struct guest *guest)
{
	static const char guest_compatible[] = "paravent,guest";
	struct dtb *dtb = &guest->dtb;
	int length = 0;
	const void *board = fdt_getprop(guest->system->fdt, 0, "compatible", &length);
	size_t board_bytes = board != NULL ? (size_t)length : 0;
	char *compatible = xmalloc(sizeof(guest_compatible) + board_bytes);

	memcpy(compatible, guest_compatible, sizeof(guest_compatible));
	if (board_bytes > 0) {
		memcpy(compatible + sizeof(guest_compatible), board, board_bytes);
	}
	dtb_bytes(dtb, "compatible", compatible, sizeof(guest_compatible) + board_bytes);
	dtb_text(dtb, "model", xasprintf("%s, partition %s of %s",
					 guest->system->model != NULL ? guest->system->model
								      : "unnamed board",
					 guest->partition->name, guest->system->name));
	put_cells_2_2(dtb);
	dtb_cell(dtb, "interrupt-parent", guest->gic);
}

static size_t build_guest(struct guest *guest)
{
	guest->dtb = dtb_start(DTB_BYTES_MAX);
	put_root(guest);
	put_chosen(guest);
	put_memory(guest);
	put_cpus(guest);
	put_timer(guest);
	put_gic(guest);
	put_console(guest);
	dtb_copy_devices(&guest->dtb, &guest->needs);
	for (size_t i = 0; i < guest->partition->n_frontends; i++) {
		const struct virtual_device *device = guest->partition->frontends[i];

		dtb_frontend(&guest->dtb, device, window_phandle(guest, device->window));
	}
	put_hypervisor(guest);
	return dtb_finish(&guest->dtb);
}

/* Phandles of our own start behind those of the tree that copied nodes keep. */
static void choose_phandles(struct guest *guest)
{
	const struct tree *tree = guest->partition->tree;
	const struct tree_node *gic =
		device_node_in(tree, guest->system, guest->system->gic);
	uint32_t next = MIN_NO_PHANDLE;

	if (tree->n_phandles > 0) {
		next += tree->by_phandle[tree->n_phandles - 1]->phandle;
	}
	guest->gic = gic != NULL && gic->phandle != 0 ? gic->phandle : next++;
	guest->clock = next++;
	find_windows(guest, next);
}

static bool emit_dtb(const struct system *system, struct partition *partition)
{
	struct guest guest = { .system = system, .partition = partition,
			       .needs = needs_of(system, partition, partition->tree) };
	struct load *load;
	size_t bytes;
	FILE *out;

	assert(partition->n_loads > 0);
	load = &partition->loads[partition->n_loads - 1];
	choose_phandles(&guest);
	bytes = build_guest(&guest);
	if (bytes == 0 || bytes > partition->dtb_bytes_max) {
		diag_error(partition->node.where, "dtb-size",
			   "the devicetree of partition \"%s\" %s, and %" PRIu64
			   " bytes are kept for it", partition->name,
			   bytes == 0 ? xasprintf("cannot be written (%s)",
						  fdt_strerror(guest.dtb.error))
				      : xasprintf("has %zu bytes", bytes),
			   partition->dtb_bytes_max);
		return false;
	}
	load->file_bytes = bytes;
	load->memory_bytes = bytes;
	out = output_open(xasprintf("%s.dtb", partition->name));

	bool written = fwrite(guest.dtb.fdt, 1, bytes, out) == bytes;

	return fclose(out) == 0 && written;
}

bool emit_dtbs(struct system *system)
{
	bool good = true;

	for (size_t i = 0; i < system->n_partitions; i++) {
		good = emit_dtb(system, &system->partitions[i]) && good;
	}
	return good;
}
