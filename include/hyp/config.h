/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system table: all that is known at build time, written by tools/pvc.
 *
 * pvc emits one `const struct system_config system_config` and what it points
 * to; EL2 maps it read-only and only looks things up. Everything in it has been
 * checked by pvc (docs/config.md), so EL2 asserts only what a board itself can
 * contradict.
 *
 * Owns     nothing; the mutable counterparts live in partitions/.
 * Indices  cpu_id, vcpu_id and partition_id count within system_config's own
 *          arrays; a vCPU's `number` counts within its partition.
 */
#pragma once

#include "abi/hypercall.h"
#include "abi/virtio.h"
#include "hyp/compiler.h"
#include "hyp/types.h"

#define MAX_CPUS       16 /* also the width of one GICv3 affinity level */
#define MAX_PARTITIONS 16
#define MAX_VIRTUAL_DEVICES 32
#define MAX_INTIDS     1020
#define INTID_WORDS    32 /* of 32 bits: bitmaps over INTIDs 0..1023 */
#define NONE           UINT32_MAX

/* ---- Board --------------------------------------------------------------- */

enum gic_version { GIC_V2 = 2, GIC_V3 = 3 };

struct gic_config {
	enum gic_version version;
	pa_t     distributor;
	pa_t     redistributors; /* GICv3: frames of 128 KiB, in the order of cpus[].redistributor */
	pa_t     cpu_interface;  /* GICv2: GICC */
	uint32_t n_spis;         /* SPIs the board's GIC has */
};

enum uart_kind { UART_NONE, UART_PL011, UART_BCM_MINI, UART_IMX, UART_CADENCE };

struct uart_config {
	enum uart_kind kind;
	pa_t           base;
	intid_t        interrupt;
	const char    *node; /* devicetree path */
};

enum cpu_start { CPU_START_PSCI_SMC, CPU_START_SPIN_TABLE };

struct cpu_config {
	uint64_t mpidr;           /* affinity fields only */
	uint32_t redistributor;   /* GICv3: index of its frame; GICv2: CPU interface number */
	pa_t     release_address; /* spin-table only */
	uint32_t vcpu_id;         /* the vCPU that runs here; NONE: the CPU is not used */
};

/* ---- Partitions ------------------------------------------------------------ */

struct vcpu_config {
	uint32_t partition_id;
	uint32_t number;
	uint32_t cpu_id;
};

/* One copy at start: `file_bytes` from `source`, then zeroes up to `memory_bytes`. */
struct load_config {
	const char *source;       /* staged image, read-only, in EL2's memory */
	pa_t        destination;
	uint64_t    file_bytes;
	uint64_t    memory_bytes;
	const char *name;         /* "kernel", "ramdisk", "dtb" */
};

struct memory_config {
	pa_t     pa;
	ipa_t    ipa;
	uint64_t bytes;
};

enum mmio_kind { MMIO_VGIC_DISTRIBUTOR, MMIO_VGIC_REDISTRIBUTORS, MMIO_VUART, MMIO_VIRTIO };

/* A trapped page range of one partition; of MMIO_VIRTIO only writes trap. Sorted by address. */
struct mmio_config {
	ipa_t          base;
	uint64_t       bytes;
	enum mmio_kind kind;
	uint32_t       virtual_device; /* MMIO_VIRTIO: into virtual_devices[] */
};

/*
 * A doorbell the partition may ring: a physical SPI of the receiver. Ready for
 * the assembly fast path: store pend_bit to pend_register. 32 bytes.
 */
struct doorbell_config {
	pa_t     pend_register; /* GICD base + GICD_ISPENDR (0x200) + 4 * (interrupt / 32) */
	uint32_t pend_bit;      /* 1 << (interrupt % 32) */
	intid_t  interrupt;
	uint32_t partition_id;  /* the receiver: index in partitions[] */
	uint32_t reserved[3];
};

/* EL2's queue of a register-message channel; the state is a struct message_queue of the same index. */
struct message_channel_config {
	uint32_t destination;       /* partition_id */
	intid_t  interrupt;         /* at the destination */
	uint32_t depth;             /* a power of two */
	uint64_t (*slots)[1 + PV_MESSAGE_WORDS]; /* depth slots: sender, message. Writable. */
};

/*
 * A virtio device between two partitions. Window and pages have one address
 * everywhere; EL2 maps the pages as Device memory, the window never.
 */
struct virtual_device_config {
	const char *name;
	enum pv_virtio_device device;
	uint32_t    frontend, backend;     /* partition_id */
	bool        backend_has_dma;       /* its devices may write to the window when its CPUs have stopped */
	intid_t     frontend_interrupt, backend_interrupt;
	pa_t        registers;             /* the frontend's page */
	pa_t        state;                 /* the backend's: struct pv_virtio_state */
	pa_t        window;
	uint64_t    window_bytes;
	uint64_t    features;              /* offered */
	uint32_t    n_queues;
	uint32_t    queue_size_max;        /* a power of two */
	uint64_t    configuration[PV_VIRTIO_CONFIG_BYTES / 8]; /* until the backend says otherwise */
};

struct port_config {
	const char            *name;
	enum pv_port_kind      kind;
	enum pv_port_direction direction;
	uint32_t message_bytes;   /* window ports: bytes of the window */
	uint32_t depth;
	uint64_t refresh_us;      /* sampling; 0: always valid */
	intid_t  interrupt;       /* rung by the peer; 0: none */
	uint32_t first_doorbell;  /* into doorbells[] */
	uint32_t n_doorbells;
	uint32_t peer;            /* partition_id of the first peer */
	uint32_t message_channel; /* into message_channels[]; NONE */
};

struct partition_config {
	const char *name;         /* node name, as the console shows it */
	uint32_t    id;           /* "id" of the node; what other partitions call it */
	uint32_t    roles;        /* PV_ROLE_* */
	uint32_t    first_vcpu, n_vcpus;
	ipa_t       entry;        /* of vCPU 0 */
	ipa_t       dtb;          /* x0 of vCPU 0 */

	uint64_t       *stage2_root;          /* live, writable: cleared to revoke */
	const uint64_t *stage2_root_template; /* what it must be while the partition runs */
	uint32_t        n_stage2_root;        /* entries */
	uint64_t        vttbr;                /* VTTBR_EL2: root | VMID */

	uint32_t n_memory, n_loads, n_mmio, n_ports, n_doorbells, n_backends;
	const struct memory_config   *memory;
	const struct load_config     *loads;
	const struct mmio_config     *mmio;
	const struct port_config     *ports;
	const struct doorbell_config *doorbells;
	const uint32_t               *backends; /* into virtual_devices[]: those it serves */

	/* INTIDs it owns: word 0 SGIs and PPIs, words 1.. SPIs (of devices and ports, not the console's). */
	const uint32_t *interrupts; /* INTID_WORDS words */
	/* Register console and emulated PL011. false: it owns a UART itself, or there is no console. */
	bool            has_console;
};

/* For reports: what lives at a physical address. Sorted by base. */
struct region_config {
	pa_t        base;
	uint64_t    bytes;
	const char *name;
	const char *owner; /* partition's name, "paravent", or NULL: nobody */
};

struct system_config {
	const char *name;  /* of the system DTS */
	const char *model; /* of the board: root node's "model" */
	const char *hash;  /* of the input, in hex */

	struct gic_config  gic;
	struct uart_config console;
	enum cpu_start     cpu_start;

	uint64_t vtcr;             /* VTCR_EL2 without PS, which the CPU adds */
	uint64_t tcr;              /* TCR_EL2, likewise */
	const uint64_t *el2_root;      /* EL2's own pages and devices */
	const uint64_t *el2_load_root; /* these and all partition memory: only while loading */

	uint32_t n_cpus, n_vcpus, n_partitions, n_message_channels, n_regions, n_windows;
	uint32_t n_virtual_devices;
	const struct cpu_config             *cpus;      /* [0] is the boot CPU */
	const struct vcpu_config            *vcpus;     /* grouped by partition */
	const struct partition_config       *partitions;
	const struct message_channel_config *message_channels;
	const struct region_config          *regions;
	const struct memory_config          *windows;   /* zeroed before any partition runs; ipa unused */
	const struct virtual_device_config  *virtual_devices;
	uint32_t name_columns;     /* widest partition name, for the console */
	const char *compatible;    /* of the board: the first of the root node's, NULL: none */
};

extern const struct system_config system_config;

/* Emitted beside the table, one a CPU, in .stacks: not cleared at boot. */
#define CPU_STACK_BYTES 4096
struct cpu_stack {
	char bytes[CPU_STACK_BYTES];
} ALIGNED(16);
extern struct cpu_stack cpu_stacks[];
