/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system as pvc understands it: what stands between reading and writing.
 *
 *   source.c  cpp, dtc: text -> flattened tree + file:line of every property
 *   parse.c   tree -> struct system
 *   check.c   struct system against the rules; all errors in one run
 *   place.c   what the DTS leaves open: windows, doorbell SPIs, load addresses
 *   emit_*.c, mmu.c, report_*.c   struct system -> files
 *
 * Everything hangs off one struct system, is allocated once and never freed
 * (pvc runs for a second). After place.c nothing changes any more, and the
 * emitters may rely on all rules having been kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_MAX_CPUS 16

struct location {
	const char *file; /* as the user named it; NULL: unknown */
	unsigned    line;
};

/* A node of the input tree: where it stands and how to say so. */
struct node_ref {
	int             offset; /* in system.fdt */
	const char     *path;   /* "/soc/serial@9000000" */
	const char     *name;   /* "serial@9000000" */
	struct location where;
};

struct range {
	uint64_t base;
	uint64_t bytes;
};

enum device_use { DEVICE_FREE, DEVICE_HYPERVISOR, DEVICE_PARTITION };

/* Any node outside /domains with a reg in CPU address space, memory nodes excepted. */
struct device {
	struct node_ref   node;
	struct range     *reg;        /* translated through ranges to CPU addresses */
	size_t            n_reg;
	uint32_t         *interrupts; /* INTIDs (32 + SPI number), SPIs and PPIs of the GIC */
	size_t            n_interrupts;
	bool              dma_master;
	enum device_use   use;
	struct partition *owner;      /* DEVICE_PARTITION */
};

struct cpu {
	struct node_ref   node;
	uint64_t          mpidr;           /* from reg */
	uint64_t          release_address; /* cpu-release-addr; spin-table only */
	struct partition *partition;       /* NULL: not used */
	uint32_t          vcpu;            /* number within its partition */
};

/* One piece of an image: copied at start. */
struct load {
	const char *what;         /* "kernel", "ramdisk", "dtb" */
	const char *file;         /* path to read from; the generated DTB's path for "dtb" */
	uint64_t    file_offset;
	uint64_t    file_bytes;
	uint64_t    memory_bytes; /* >= file_bytes: zero filled */
	uint64_t    pa;           /* destination */
	uint64_t    ipa;          /* the same, as the partition sees it */
};

enum image_kind { IMAGE_RAW, IMAGE_LINUX, IMAGE_ELF };

struct memory {
	uint64_t        pa, ipa, bytes;
	struct location where;
};

struct window_user {
	struct partition *partition;
	bool              writable;
};

/*
 * Memory that several partitions map. One-writer windows back ports; shared-memory channels have
 * free rights. Pages of virtual devices are windows that nobody but EL2 writes.
 */
struct window {
	struct node_ref     node;  /* the channel or virtual device it belongs to */
	const char         *what;  /* the same for messages: "channel \"state\"" */
	const char         *name;  /* "state", "command.source", "command.destination" */
	const char         *memory_region; /* path of the reserved-memory node asked for, or NULL */
	bool                is_page; /* EL2's own at run time, and Device memory everywhere */
	uint64_t            pa;    /* also its address in every partition that maps it */
	uint64_t            bytes; /* whole pages */
	struct window_user *users;
	size_t              n_users;
};

struct window_map {
	struct window *window;
	bool           writable;
};

enum channel_kind { CHANNEL_SAMPLING = 1, CHANNEL_QUEUING, CHANNEL_MESSAGE, CHANNEL_WINDOW };
enum port_direction { PORT_SOURCE = 1, PORT_DESTINATION, PORT_BOTH };

struct port {
	struct channel     *channel;
	struct partition   *partition;
	uint32_t            number;     /* within the partition */
	enum port_direction direction;
	bool                read_only;  /* shared memory: flag bit 4 */
	uint32_t            interrupt;  /* INTID rung by peers; 0: none */
	uint32_t            first_doorbell, n_doorbells; /* into partition->doorbells */
	struct window_map   windows[2]; /* [0] the source's, [1] the destination's (queuing) */
	size_t              n_windows;
	struct location     where;
};

struct channel {
	struct node_ref   node;
	const char       *name;
	uint32_t          index;         /* within system.channels */
	enum channel_kind kind;
	uint32_t          message_bytes;
	uint32_t          depth;
	uint64_t          refresh_us;
	bool              doorbell;      /* sampling: asked for */
	uint64_t          window_bytes;  /* shared memory: asked for */
	const char       *memory_region; /* as in its windows */
	struct window   **windows;
	size_t            n_windows;
	struct port     **ports;         /* sources first */
	size_t            n_ports;
	uint32_t          message_index; /* CHANNEL_MESSAGE: within message_channels */
};

struct doorbell {
	struct partition      *target;
	uint32_t               interrupt; /* INTID */
	const struct node_ref *node;      /* of the channel or virtual device */
};

#define CONFIGURATION_WORDS 8 /* of 64 bits: PV_VIRTIO_CONFIG_BYTES of include/abi/virtio.h */

/* A virtio device that one partition serves and another drives. */
struct virtual_device {
	struct node_ref            node;
	const char                *name;
	uint32_t                   index; /* within system.virtual_devices */
	const struct virtual_kind *kind;  /* virtual_kinds.h */
	struct partition          *frontend, *backend;
	bool                       has_dma;   /* the backend has DMA masters */
	uint32_t                   number;    /* among those of the backend: what it calls it */
	bool                       read_only; /* block */
	uint8_t                    mac[6];    /* net */
	uint32_t                   n_lines;   /* gpio */
	uint64_t                   features;  /* offered */
	uint32_t                   queue_size;
	uint64_t                   configuration[CONFIGURATION_WORDS]; /* at power-on */
	struct window             *window;    /* queues and buffers */
	struct window             *registers; /* the frontend's page */
	struct window             *state;     /* the backend's page */
	uint32_t                   frontend_interrupt, backend_interrupt; /* INTIDs */
	uint32_t                   frontend_doorbell, backend_doorbell;   /* what each end rings */
};

struct partition {
	struct node_ref node;
	const char     *name;
	uint32_t        index; /* within system.partitions; its VMID is index + 1 */
	uint32_t        id;
	const char     *os_type;
	uint32_t        roles; /* PV_ROLE_* of include/abi/hypercall.h */
	const char     *bootargs;

	struct cpu    **cpus;     /* vCPU n runs on cpus[n] */
	size_t          n_cpus;
	struct memory  *memory;
	size_t          n_memory;
	struct device **devices;
	size_t          n_devices;
	struct device **shared;   /* suppliers among them that serve devices of others, too */
	size_t          n_shared;
	bool            restricted_dma; /* its kernel has CONFIG_DMA_RESTRICTED_POOL */
	const char    **omitted;  /* "path" or "path:property" of its tree that it shall not see */
	size_t          n_omitted;
	const struct tree *tree;  /* where the nodes of its devices are cut from */

	uint64_t gic_distributor; /* guest addresses; physical ones unless paravent,gic-base */
	uint64_t gic_second;      /* GICR (v3) or GICC (v2) */
	uint64_t uart;            /* guest address of the emulated PL011 */
	bool     has_console;     /* register console and emulated PL011 */

	enum image_kind image_kind;
	const char     *kernel_file;
	const char     *ramdisk_file;
	struct load    *loads;    /* kernel pieces, ramdisk, dtb last */
	size_t          n_loads;
	uint64_t        entry;    /* IPA */
	uint64_t        dtb;      /* IPA */
	uint64_t        dtb_bytes_max; /* room kept for the generated DTB */
	uint64_t        ramdisk, ramdisk_end; /* IPA; 0: none */

	struct port    **ports;
	size_t           n_ports;
	struct doorbell *doorbells;
	size_t           n_doorbells;
	struct virtual_device **frontends, **backends; /* those it drives, those it serves */
	size_t           n_frontends, n_backends;
};

struct reserved_memory {
	struct node_ref node;
	struct range    range;
	bool            no_map;
};

struct system {
	const char *file;      /* the system DTS as named on the command line */
	const char *name;      /* its base name without .dts */
	const char *out;       /* output folder, NULL when nothing is written */
	const char *model;     /* root "model" */
	const char *compatible; /* the first of the root's, NULL: none */
	const char *hash;      /* of the preprocessed input, hex */
	const void *fdt;       /* flattened tree (libfdt) */
	const struct tree *tree; /* the same, indexed: tree.h */
	const char *devicetree;  /* the board's own, a file below dtbs/; NULL: none is named */
	const struct tree *board_tree; /* that file, read; NULL: not needed, or not read yet */
	const char *preprocessed; /* what cpp made of the input; NULL when the input was a flattened tree */
	size_t      preprocessed_bytes;

	struct cpu     *cpus;  /* [0]: boot CPU */
	size_t          n_cpus;
	struct memory  *ram;   /* memory nodes; ipa unused */
	size_t          n_ram;
	struct reserved_memory *reserved;
	size_t          n_reserved;
	struct device  *devices;
	size_t          n_devices;

	struct device  *gic;
	unsigned        gic_version;          /* 2 or 3 */
	uint64_t        gicd, gicr, gicc, gich, gicv; /* 0: not there */
	uint64_t        gicd_bytes, gicr_bytes, gicc_bytes;
	struct device  *console;              /* NULL: none */
	unsigned        console_kind;         /* enum uart_kind of include/hyp/config.h */
	bool            spin_table;           /* else PSCI by SMC */
	uint32_t        spi_count;
	uint32_t        spare_first, spare_count; /* SPI numbers, not INTIDs */

	struct range    image;                /* paravent,image-memory */
	struct range    hypervisor_memory[8]; /* memory of the hypervisor node */
	size_t          n_hypervisor_memory;

	struct partition *partitions;
	size_t            n_partitions;
	struct channel   *channels;
	size_t            n_channels;
	struct virtual_device *virtual_devices;
	size_t            n_virtual_devices;
	struct window   **windows;            /* of channels, then of virtual devices */
	size_t            n_windows;
	const char      **qemu;               /* machine arguments from the board, NULL-terminated */
	struct device   **qemu_serials;       /* what QEMU's -serial options stand for, in order */
	size_t            n_qemu_serials;
	const char       *sdcard;             /* form of its SD cards; NULL: none */
	uint64_t          load_address;       /* where its U-Boot loads the image; 0: not given */
	uint64_t          devicetree_address; /* and the board's devicetree; 0: not given */
};
