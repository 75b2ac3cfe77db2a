/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Discovery: the guest's device tree, or what the application brought along.
 *
 * Owns     the platform description: written once, by the first CPU, before
 *          any other runs; read-only from then on.
 * Context  pv_platform_init() runs with MMU and caches off.
 */
#include "pv/platform.h"

#include "rtos-guests/sdk/internal.h"

#include "pv/fdt.h"
#include "pv/hypercall.h"
#include "pv/string.h"

#define DTB_BYTES_MAX (UINT32_C(2) << 20)

/* `interrupts` of the GIC binding: kind, number, flags. */
#define GIC_SPI         0u
#define GIC_PPI         1u
#define FIRST_SPI       32u
#define FIRST_PPI       16u
#define INTERRUPT_CELLS 3u

/* Only an application that brings its own description defines it. */
extern const struct pv_platform pv_platform_static __attribute__((weak));

static struct pv_platform platform;
static struct pv_port_config ports[PV_MAX_PORTS];

const struct pv_platform *pv_platform(void)
{
	return &platform;
}

const struct pv_port_config *pv_platform_port(const char *name)
{
	return pv_port_find(platform.ports, platform.n_ports, name);
}

bool pv_platform_argument(const char *name, char *value, size_t size)
{
	size_t length = strlen(name);
	const char *at = platform.bootargs;

	while (*at != '\0') {
		const char *end = at;

		while (*end != '\0' && *end != ' ') {
			end++;
		}
		if (strncmp(at, name, length) == 0 && at[length] == '=') {
			size_t bytes = (size_t)(end - at) - length - 1;

			bytes = bytes < size ? bytes : size - 1;
			memcpy(value, at + length + 1, bytes);
			value[bytes] = '\0';
			return true;
		}
		at = *end != '\0' ? end + 1 : end;
	}
	return false;
}

/* INTID of a node's first interrupt; 0: none. */
static uint32_t interrupt_of(const struct pv_fdt *fdt, int32_t node)
{
	struct pv_fdt_property property;
	uint32_t kind, number;

	if (!pv_fdt_get(fdt, node, "interrupts", &property) ||
	    property.bytes < INTERRUPT_CELLS * sizeof(uint32_t) ||
	    !pv_fdt_cell(&property, 0, &kind) || !pv_fdt_cell(&property, 1, &number)) {
		return 0;
	}
	if (kind == GIC_SPI) {
		return FIRST_SPI + number;
	}
	return kind == GIC_PPI ? FIRST_PPI + number : 0;
}

static void read_memory(const struct pv_fdt *fdt)
{
	int32_t node = pv_fdt_first_child(fdt, pv_fdt_root(fdt));

	for (; node >= 0; node = pv_fdt_next_sibling(fdt, node)) {
		const char *kind = pv_fdt_string(fdt, node, "device_type");

		if (kind == NULL || strcmp(kind, "memory") != 0) {
			continue;
		}
		for (uint32_t i = 0; platform.n_memory < PV_MAX_MEMORY; i++) {
			struct pv_memory_range *range = &platform.memory[platform.n_memory];

			if (!pv_fdt_reg(fdt, node, i, &range->base, &range->bytes)) {
				break;
			}
			platform.n_memory++;
		}
	}
}

static uint32_t count_cpus(const struct pv_fdt *fdt)
{
	int32_t node = pv_fdt_first_child(fdt, pv_fdt_find(fdt, "/cpus"));
	uint32_t n = 0;

	for (; node >= 0; node = pv_fdt_next_sibling(fdt, node)) {
		const char *kind = pv_fdt_string(fdt, node, "device_type");

		n += kind != NULL && strcmp(kind, "cpu") == 0;
	}
	return n;
}

static void read_gic(const struct pv_fdt *fdt)
{
	int32_t node = pv_fdt_find_compatible(fdt, -1, "arm,gic-v3");

	if (node >= 0) {
		if (pv_fdt_reg(fdt, node, 0, &platform.gicd, &platform.gicd_bytes) &&
		    pv_fdt_reg(fdt, node, 1, &platform.gicr, &platform.gicr_bytes)) {
			platform.gic_version = 3;
		}
		return;
	}
	node = pv_fdt_find_compatible(fdt, -1, "arm,cortex-a15-gic");
	if (node < 0) {
		node = pv_fdt_find_compatible(fdt, -1, "arm,gic-400");
	}
	if (pv_fdt_reg(fdt, node, 0, &platform.gicd, &platform.gicd_bytes) &&
	    pv_fdt_reg(fdt, node, 1, &platform.gicc, &platform.gicc_bytes)) {
		platform.gic_version = 2;
	}
}

/* The node of /chosen stdout-path, its options ("...:115200") cut off. */
static int32_t find_stdout(const struct pv_fdt *fdt)
{
	const char *wanted = pv_fdt_string(fdt, pv_fdt_find(fdt, "/chosen"), "stdout-path");
	char path[64];
	size_t length = 0;

	if (wanted == NULL) {
		return -1;
	}
	while (wanted[length] != '\0' && wanted[length] != ':' && length < sizeof(path) - 1) {
		path[length] = wanted[length];
		length++;
	}
	path[length] = '\0';
	return pv_fdt_find(fdt, path);
}

static void read_uart(const struct pv_fdt *fdt)
{
	int32_t node = find_stdout(fdt);
	uint64_t bytes;

	if (node < 0 || !pv_fdt_is_compatible(fdt, node, "arm,pl011")) {
		node = pv_fdt_find_compatible(fdt, -1, "arm,pl011");
	}
	if (pv_fdt_reg(fdt, node, 0, &platform.uart, &bytes)) {
		platform.uart_interrupt = interrupt_of(fdt, node);
	}
}

static void read_conduit(const struct pv_fdt *fdt)
{
	const char *method = pv_fdt_string(fdt, pv_fdt_find(fdt, "/psci"), "method");

	char wanted[4];

	if (pv_platform_argument("conduit", wanted, sizeof(wanted))) {
		method = wanted;
	}
	platform.conduit =
		method != NULL && strcmp(method, "smc") == 0 ? PV_CONDUIT_SMC : PV_CONDUIT_HVC;
}

/* ---- Ports ----------------------------------------------------------------------- */

/* 0: no port. Backends of virtual devices are numbered and listed beside them. */
static enum pv_port_kind kind_of(const struct pv_fdt *fdt, int32_t node)
{
	if (pv_fdt_is_compatible(fdt, node, "paravent,sampling-port-1")) {
		return PV_PORT_SAMPLING;
	}
	if (pv_fdt_is_compatible(fdt, node, "paravent,queuing-port-1")) {
		return PV_PORT_QUEUING;
	}
	if (pv_fdt_is_compatible(fdt, node, "paravent,message-port-1")) {
		return PV_PORT_MESSAGE;
	}
	return pv_fdt_is_compatible(fdt, node, "paravent,window-port-1") ? PV_PORT_WINDOW : 0;
}

static enum pv_port_direction direction_of(const struct pv_fdt *fdt, int32_t node)
{
	const char *direction = pv_fdt_string(fdt, node, "paravent,direction");

	if (direction != NULL && strcmp(direction, "source") == 0) {
		return PV_PORT_SOURCE;
	}
	if (direction != NULL && strcmp(direction, "destination") == 0) {
		return PV_PORT_DESTINATION;
	}
	return PV_PORT_BOTH;
}

/* Window n of a port: its address, and its size if wanted; 0: there is none. */
static uint64_t window_of(const struct pv_fdt *fdt, int32_t node, uint32_t n, uint64_t *bytes)
{
	struct pv_fdt_property property;
	uint32_t phandle;
	uint64_t base;

	if (!pv_fdt_get(fdt, node, "memory-region", &property) ||
	    !pv_fdt_cell(&property, n, &phandle) ||
	    !pv_fdt_reg(fdt, pv_fdt_find_phandle(fdt, phandle), 0, &base, bytes)) {
		*bytes = 0;
		return 0;
	}
	return base;
}

static void read_port(const struct pv_fdt *fdt, int32_t node, struct pv_port_config *port)
{
	struct pv_fdt_property doorbells;
	uint64_t window_bytes, unused;

	port->name = pv_fdt_string(fdt, node, "label");
	port->kind = kind_of(fdt, node);
	port->direction = direction_of(fdt, node);
	port->message_bytes = pv_fdt_u32(fdt, node, "paravent,message-size", 0);
	port->depth = pv_fdt_u32(fdt, node, "paravent,depth", 0);
	port->refresh_us = pv_fdt_u32(fdt, node, "paravent,refresh-us", 0);
	port->interrupt = interrupt_of(fdt, node);
	port->source_window = window_of(fdt, node, 0, &window_bytes);
	port->destination_window = window_of(fdt, node, 1, &unused);
	if (port->kind == PV_PORT_WINDOW) {
		port->message_bytes = (uint32_t)window_bytes;
	}
	if (pv_fdt_get(fdt, node, "paravent,doorbells", &doorbells) &&
	    pv_fdt_cell(&doorbells, 0, &port->first_doorbell) &&
	    !pv_fdt_cell(&doorbells, 1, &port->n_doorbells)) {
		port->n_doorbells = 0;
	}
}

static void read_hypervisor(const struct pv_fdt *fdt)
{
	int32_t node = pv_fdt_find_compatible(fdt, -1, "paravent,paravent-1");
	const char *name = pv_fdt_string(fdt, node, "paravent,partition");

	if (node < 0) {
		return;
	}
	platform.is_paravent = pv_is_paravent();
	platform.id = pv_fdt_u32(fdt, node, "paravent,id", 0);
	platform.name = name != NULL ? name : "";
	for (int32_t port = pv_fdt_first_child(fdt, node); port >= 0;
	     port = pv_fdt_next_sibling(fdt, port)) {
		uint32_t number = pv_fdt_u32(fdt, port, "reg", PV_MAX_PORTS);

		if (number < PV_MAX_PORTS && kind_of(fdt, port) != 0) {
			read_port(fdt, port, &ports[number]);
			platform.n_ports =
				number >= platform.n_ports ? number + 1 : platform.n_ports;
		}
	}
}

static void read_tree(const struct pv_fdt *fdt)
{
	const char *bootargs = pv_fdt_string(fdt, pv_fdt_find(fdt, "/chosen"), "bootargs");

	platform.bootargs = bootargs != NULL ? bootargs : "";
	platform.name = "bare";
	platform.ports = ports;
	platform.n_cpus = count_cpus(fdt);
	read_memory(fdt);
	read_gic(fdt);
	read_uart(fdt);
	read_conduit(fdt);
	read_hypervisor(fdt);
}

void pv_platform_init(const void *dtb)
{
	struct pv_fdt fdt;

	if (pv_fdt_open(&fdt, dtb, DTB_BYTES_MAX)) {
		read_tree(&fdt);
	} else if (&pv_platform_static != NULL) {
		platform = pv_platform_static;
	} else {
		pv_system_off(); /* nothing is known, not even a console */
	}
}
