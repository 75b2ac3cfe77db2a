/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where everything is, found at start-up.
 *
 * From the device tree in x0, if there is one; else from the generated header,
 * if the application has put this line somewhere:
 *
 *	#include "ports.h"
 *	const struct pv_platform pv_platform_static = PV_PLATFORM_STATIC;
 *
 * The same code thus runs on Paravent and, but for hypercalls, on a bare board.
 */
#pragma once

#include "pv/cpu.h"
#include "pv/port.h"
#include "pv/psci.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PV_MAX_PORTS  32
#define PV_MAX_MEMORY 4

struct pv_memory_range {
	uint64_t base;
	uint64_t bytes;
};

struct pv_platform {
	bool            is_paravent; /* a /hypervisor node, and the call UID says so too */
	const char     *name;        /* the partition's */
	uint32_t        id;
	uint32_t        n_cpus;
	enum pv_conduit conduit;     /* for all calls: /psci method, or "conduit=smc" in bootargs */
	const char     *bootargs;    /* "" if none */

	uint32_t gic_version;        /* 2, 3 */
	uint64_t gicd, gicd_bytes;
	uint64_t gicr, gicr_bytes;   /* GICv3 */
	uint64_t gicc, gicc_bytes;   /* GICv2 */

	uint64_t uart;               /* PL011; 0: none */
	uint32_t uart_interrupt;     /* INTID */

	uint32_t               n_memory;
	struct pv_memory_range memory[PV_MAX_MEMORY];

	uint32_t                     n_ports;
	const struct pv_port_config *ports; /* [n] is port number n */
};

const struct pv_platform *pv_platform(void);

/* The port of that name, NULL if there is none. */
const struct pv_port_config *pv_platform_port(const char *name);

/*
 * The value of NAME in bootargs written as "NAME=value ..."; false: not there.
 * The value is cut to size - 1 characters.
 */
bool pv_platform_argument(const char *name, char *value, size_t size);

extern const struct pv_platform pv_platform_static;

#ifdef PV_GICC
#define PV_PLATFORM_GICC_ PV_GICC
#define PV_PLATFORM_GICR_ 0
#else
#define PV_PLATFORM_GICC_ 0
#define PV_PLATFORM_GICR_ PV_GICR
#endif

/* Paravent is taken for granted then. */
#define PV_PLATFORM_STATIC                                                               \
	{                                                                                \
		.is_paravent = true, .name = PV_PARTITION_NAME, .id = PV_PARTITION_ID,   \
		.n_cpus = PV_N_VCPUS, .conduit = PV_CONDUIT_HVC, .bootargs = "",         \
		.gic_version = PV_GIC_VERSION, .gicd = PV_GICD, .gicd_bytes = 0x10000,   \
		.gicr = PV_PLATFORM_GICR_, .gicr_bytes = PV_N_VCPUS * 0x20000,           \
		.gicc = PV_PLATFORM_GICC_, .gicc_bytes = 0x1000, .uart = PV_UART,        \
		.uart_interrupt = PV_UART_INTERRUPT, .n_memory = 1,                      \
		.memory = { { PV_MEMORY_IPA, PV_MEMORY_BYTES } },                        \
		.n_ports = PV_N_PORTS,                                                   \
		.ports = (const struct pv_port_config[]){ PV_PORT_TABLE },               \
	}
