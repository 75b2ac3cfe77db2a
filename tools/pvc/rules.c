/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules in words, in the order of docs/config.md. Each text tells why the rule is there, shows
 * what breaks it, and how to put it right. "(warning)" in a summary: pvc goes on.
 */
#include "tools/pvc/rules.h"

#include <string.h>

const struct rule rules[] = {
	/* ---- Reading ---- */
	{ "io", "a file cannot be read or written",
	  "pvc reads plain files only: no folders, devices or pipes.\n"
	  "\n"
	  "    pvc check configs/            a folder\n"
	  "\n"
	  "Fix: check the path and its permissions.\n" },
	{ "tools", "cpp or dtc cannot be run",
	  "The system DTS goes through the C preprocessor and the devicetree compiler, like\n"
	  "the kernel's.\n"
	  "\n"
	  "    PATH=/nowhere pvc check system.dts\n"
	  "\n"
	  "Fix: install them (Debian: apt install cpp device-tree-compiler) and see that PATH\n"
	  "has them.\n" },
	{ "cpp", "the C preprocessor found an error",
	  "Usually an #include that is not found, or an #if without #endif.\n"
	  "\n"
	  "    #include \"qemu-virt-gicv9.dtsi\"\n"
	  "\n"
	  "Fix: correct the name, or tell where to look: pvc check system.dts -I dts\n" },
	{ "dtc", "the devicetree compiler found an error or has a warning",
	  "Syntax, labels that nobody defines, a label or node defined twice.\n"
	  "\n"
	  "    linux: linux { id = <0> };                 /* no semicolon behind > */\n"
	  "    access = <&uart7 0x0>;                     /* no node has this label */\n"
	  "\n"
	  "Fix: what dtc says. The check's name stands in parentheses.\n" },
	{ "fdt", "the flattened tree is malformed or nested too deep",
	  "pvc also takes a compiled tree (.dtb). It is checked whole before anything is read\n"
	  "from it.\n"
	  "\n"
	  "    head -c 100 system.dtb > cut.dtb; pvc check cut.dtb\n"
	  "\n"
	  "Fix: make the file again; nest nodes no deeper than 64.\n" },
	{ "limit", "more of something than Paravent can hold",
	  "Tables have fixed sizes: 16 CPUs, 16 partitions, 256 channels, 32 virtual\n"
	  "devices, 8 ranges of hypervisor memory, 20000 nodes.\n"
	  "\n"
	  "    memory = <...nine ranges...>;              /* of the hypervisor */\n"
	  "\n"
	  "Fix: join neighbouring ranges, or use fewer of it.\n" },

	/* ---- Words of the binding ---- */
	{ "missing-node", "a node that every system needs is not there",
	  "A system has CPUs, RAM, a board node, /domains with one hypervisor, and a kernel\n"
	  "in each partition.\n"
	  "\n"
	  "    motion { compatible = \"paravent,partition-v1\", ...; id = <1>; cpus = ...; };\n"
	  "\n"
	  "Fix: add what the message names, here a child with compatible =\n"
	  "\"multiboot,kernel\".\n" },
	{ "unknown-node", "a node has no meaning where it stands",
	  "A misspelt node would be left out in silence, and the partition would start\n"
	  "without it.\n"
	  "\n"
	  "    kernel { compatible = \"multiboot,kernal\"; paravent,file = \"Image\"; };\n"
	  "\n"
	  "Fix: correct the name or 'compatible', or delete the node.\n" },
	{ "missing-property", "a node lacks a property it needs",
	  "Nothing that decides who owns what has a default.\n"
	  "\n"
	  "    linux { os,type = \"linux\"; cpus = <&cpus 0x3 EL1_NS>; ... };   /* no id */\n"
	  "\n"
	  "Fix: add it; docs/config.md describes each.\n" },
	{ "unknown-property", "a property has no meaning where it stands",
	  "For properties that start with \"paravent,\" this is an error, for others a\n"
	  "warning: tools of the System Device Tree ecosystem may know them.\n"
	  "\n"
	  "    paravent,refresh-ms = <10>;                /* it is paravent,refresh-us */\n"
	  "\n"
	  "Fix: correct the name; the unit is part of it.\n" },
	{ "property-value", "a property has a wrong type, length or value",
	  "Types and limits of all properties are in docs/config.md.\n"
	  "\n"
	  "    paravent,depth = <12>;               /* must be a power of two */\n"
	  "    memory = <0x50000000 0x10000000>;    /* two cells each are needed */\n"
	  "\n"
	  "Fix: paravent,depth = <16>;  memory = <0x0 0x50000000 0x0 0x10000000>;\n" },
	{ "bad-reference", "a reference leads to the wrong kind of node",
	  "\n"
	  "    access = <&apb_pclk 0x0>;            /* a fixed clock has no registers */\n"
	  "\n"
	  "Fix: refer to the label of a node of the right kind.\n" },
	{ "not-yet", "part of the binding, but of a later release",
	  "The binding has room for time windows, shared devices, colours and bandwidth; this\n"
	  "release does not act on them. Since each would change what a partition may do,\n"
	  "they are not silently left out.\n"
	  "\n"
	  "    paravent,interrupts = \"virtual\";\n"
	  "\n"
	  "Fix: leave it out for now.\n" },
	{ "bad-name", "a partition, channel or virtual device has a name that cannot be used everywhere",
	  "Names become file names, C macros, console prefixes and sysfs entries: a lower\n"
	  "case letter, then letters, digits and dashes; partitions up to 15, channels up to\n"
	  "31.\n"
	  "\n"
	  "    Linux_1 { compatible = \"paravent,partition-v1\", ...; };\n"
	  "\n"
	  "Fix: linux-1 { ... };\n" },
	{ "duplicate-id", "two partitions have one id",
	  "The id is how others name a partition in hypercalls and messages.\n"
	  "\n"
	  "    linux { id = <0>; ... };  motion { id = <0>; ... };\n"
	  "\n"
	  "Fix: number them 0, 1, 2...\n" },

	/* ---- Board ---- */
	{ "cpu-start", "it is not clear how the cores are started",
	  "EL2 starts cores by PSCI (SMC to the firmware) or by spin-table; the board's\n"
	  "description says which.\n"
	  "\n"
	  "    cpu@1 { reg = <1>; enable-method = \"spin-table\"; ... };   /* no address */\n"
	  "\n"
	  "Fix: enable-method = \"psci\" with /psci { method = \"smc\"; }, or \"spin-table\"\n"
	  "with cpu-release-addr, for all cores alike.\n" },
	{ "gic", "the interrupt controller is missing, unknown, incomplete or does not reach a core",
	  "Known: \"arm,gic-v3\" (reg: GICD, then GICR with 128 KiB a core), \"arm,gic-400\"\n"
	  "and \"arm,cortex-a15-gic\" (reg: GICD, GICC, GICH, GICV).\n"
	  "\n"
	  "    gic { compatible = \"arm,gic-400\"; reg = <GICD>, <GICC>; };\n"
	  "\n"
	  "A GICv2 reaches eight cores; with a GICv3, Aff0 of a core is below 16.\n"
	  "\n"
	  "Fix: give all regions, in this order; describe the cores that there are.\n" },
	{ "console", "the console is no UART that EL2 can drive",
	  "EL2 has drivers for arm,pl011, brcm,bcm2835-aux-uart, fsl,imx6q-uart and\n"
	  "fsl,imx21-uart, and needs the UART's interrupt (an SPI) for input.\n"
	  "\n"
	  "    paravent,console = <&rtc0>;\n"
	  "\n"
	  "Fix: name such a UART, or leave the property out: then there is no shared console.\n" },
	{ "interrupt-range", "an interrupt number is beyond what the GIC has",
	  "Devicetrees count SPIs from 0; the GIC calls SPI n INTID 32 + n. Adding 32 by hand\n"
	  "is the most common mistake.\n"
	  "\n"
	  "    paravent,spi-count = <256>;  interrupts = <GIC_SPI 270 4>;\n"
	  "\n"
	  "Fix: write the SPI number, without 32.\n" },

	/* ---- Cores ---- */
	{ "core-shared", "a core is given twice",
	  "Each core belongs to one partition: its interrupts go straight to it.\n"
	  "\n"
	  "    linux  { cpus = <&cpus 0x3 EL1_NS>; };     /* cores 0 and 1 */\n"
	  "    motion { cpus = <&cpus 0x6 EL1_NS>; };     /* cores 1 and 2 */\n"
	  "\n"
	  "Fix: masks without common bits: 0x3 and 0x4.\n" },
	{ "core-absent", "a core is selected that the board does not have",
	  "Bit n of the mask is the n-th CPU node of the cluster.\n"
	  "\n"
	  "    cpus = <&cpus 0x30 EL1_NS>;          /* cores 4 and 5 of a board with four */\n"
	  "\n"
	  "Fix: use bits of existing cores; at least one.\n" },
	{ "core-foreign", "a partition has a core that the hypervisor has not",
	  "The hypervisor's 'cpus' lists the cores EL2 may run on; partitions take theirs\n"
	  "from these.\n"
	  "\n"
	  "    hypervisor { cpus = <&cpus 0x3 EL2_NS>;  motion { cpus = <&cpus 0x4 EL1_NS>; }; };\n"
	  "\n"
	  "Fix: add the core to the hypervisor's mask.\n" },
	{ "core-level", "the third cell of 'cpus' has the wrong exception level",
	  "System Device Tree: 0x1 is EL1 non-secure, 0x2 is EL2 non-secure.\n"
	  "\n"
	  "    motion { cpus = <&cpus 0x4 0x2>; };\n"
	  "\n"
	  "Fix: partitions EL1_NS (0x1), the hypervisor EL2_NS (0x2).\n" },

	/* ---- Memory ---- */
	{ "memory-overlap", "memory is claimed twice",
	  "Between partitions, EL2's image memory, /reserved-memory and devices' registers\n"
	  "nothing overlaps. EL2's image memory holds the pristine images; a partition on top\n"
	  "of it would destroy them.\n"
	  "\n"
	  "    linux  { memory = <0x0 0x50000000 0x0 0x20000000>; };\n"
	  "    motion { memory = <0x0 0x60000000 0x0 0x00200000>; };\n"
	  "\n"
	  "Fix: move one; `pvc report` draws the map of a system that is right.\n" },
	{ "memory-outside-ram", "memory lies where the board has no RAM",
	  "\n"
	  "    /memory@40000000 { reg = <0x0 0x40000000 0x0 0x40000000>; };\n"
	  "    linux { memory = <0x0 0x70000000 0x0 0x20000000>; }; /* 256 MiB too far */\n"
	  "\n"
	  "Fix: stay inside the board's memory nodes (QEMU: BOARD_RAM_MIB before the\n"
	  "#include).\n" },
	{ "memory-foreign", "memory lies outside what the hypervisor may hand out",
	  "The hypervisor's 'memory' bounds everything: EL2, partitions and windows. What it\n"
	  "leaves out belongs to firmware or to nobody.\n"
	  "\n"
	  "    hypervisor { memory = <0x0 0x40000000 0x0 0x10000000>;\n"
	  "                 linux { memory = <0x0 0x50000000 0x0 0x10000000>; }; };\n"
	  "\n"
	  "Fix: enlarge the hypervisor's 'memory', or move the partition into it.\n" },
	{ "alignment", "an address or size is not aligned as it must be",
	  "Partition memory, guest-base and image memory: 2 MiB (blocks keep the tables\n"
	  "small, and Linux wants it). Hypervisor memory, windows, UART: 4 KiB. GICv3 frames:\n"
	  "64 KiB.\n"
	  "\n"
	  "    memory = <0x0 0x50100000 0x0 0x00180000>;\n"
	  "\n"
	  "Fix: <0x0 0x50000000 0x0 0x00200000>.\n" },
	{ "address-limit", "an address is beyond what Paravent's tables cover",
	  "Tables start at level 1 and reach 2^39 (512 GiB).\n"
	  "\n"
	  "    paravent,guest-base = <0x80 0x0>;\n"
	  "\n"
	  "Fix: use lower addresses.\n" },
	{ "guest-overlap", "a partition would see two things at one address",
	  "'paravent,guest-base', 'paravent,gic-base' and 'paravent,uart-base' move memory,\n"
	  "GIC and UART in the partition's view; devices and windows stay at their physical\n"
	  "addresses.\n"
	  "\n"
	  "    paravent,guest-base = <0x0 0x08000000>;    /* where the GIC is */\n"
	  "\n"
	  "Fix: choose an address with nothing else on it.\n" },

	/* ---- Devices ---- */
	{ "device-shared", "a device is given twice",
	  "A device belongs to one partition, or to the hypervisor (GIC, console UART).\n"
	  "\n"
	  "    linux { access = <&rtc0 0x0>; };  motion { access = <&rtc0 0x0>; };\n"
	  "\n"
	  "Fix: give it once, and let the owner serve the other by a channel.\n" },
	{ "device-controller", "a device that controls devices of others is given away",
	  "An IOMMU decides where DMA goes, an MSI controller raises any interrupt: with one of\n"
	  "them a partition reaches beyond what it was given.\n"
	  "\n"
	  "    linux { access = <&its 0x0>; };            /* msi-controller; */\n"
	  "\n"
	  "Fix: leave it out; devices that need MSIs cannot be given in this release.\n" },
	{ "device-page", "devices of two owners lie in one 4 KiB page",
	  "The MMU cannot split a page: each owner would reach the other's registers.\n"
	  "\n"
	  "    uart2: serial@fe201400 ...  uart3: serial@fe201600 ...   given to two partitions\n"
	  "\n"
	  "Fix: give both to one partition.\n" },
	{ "device-page-free", "a partition also reaches a device that nobody has (warning)",
	  "It lies in the same 4 KiB page as one it was given. That is legal; it should be\n"
	  "intended.\n"
	  "\n"
	  "    access = <&vio0 0x0>;     /* virtio@a000000; virtio@a000200 comes with it */\n"
	  "\n"
	  "Fix: give it both, which says so, or another device.\n" },
	{ "device-disabled", "a partition takes a device that the board disables (warning)",
	  "status = \"disabled\" mostly means that pins or clocks are not set up for it.\n"
	  "\n"
	  "    &uart2 { status = \"disabled\"; };  linux { access = <&uart2 0x0>; };\n"
	  "\n"
	  "Fix: status = \"okay\"; in the board's description, if the hardware is there.\n" },
	{ "interrupt-shared", "one interrupt is claimed by two owners",
	  "An interrupt is delivered to one partition. Devices that share a line share an\n"
	  "owner.\n"
	  "\n"
	  "    a@1000 { interrupts = <GIC_SPI 5 4>; };  b@2000 { interrupts = <GIC_SPI 5 4>; };\n"
	  "\n"
	  "Fix: give both devices to one partition, or correct the number.\n" },
	{ "interrupt-free", "an interrupt is shared with a device that nobody has (warning)",
	  "If that device raises the line, the partition gets interrupts it cannot silence.\n"
	  "\n"
	  "    two nodes with interrupts = <GIC_SPI 5 4>, one of them given\n"
	  "\n"
	  "Fix: give both, or see that the other stays quiet.\n" },
	{ "interrupt-private", "a device uses an interrupt that every core has for itself",
	  "PPIs (INTID 16 to 31) exist once a core: timers, PMU. They come with the core and\n"
	  "cannot be given with a device.\n"
	  "\n"
	  "    timer@2a810000 { interrupts = <GIC_PPI 3 4>; };  given by `access`\n"
	  "\n"
	  "Fix: leave the device out; cores bring their timers with them.\n" },
	{ "dma-unprotected", "a DMA master would reach all memory",
	  "Without an IOMMU that EL2 controls, a device that does DMA reads and writes\n"
	  "wherever its driver tells it to. EL2 does not control IOMMUs yet, so 'iommus' does\n"
	  "not help either.\n"
	  "\n"
	  "    linux { access = <&vio0 0x0>; };\n"
	  "\n"
	  "Fix: if that partition's driver may be trusted with the whole machine, write it\n"
	  "down: paravent,trusted-dma = <&vio0>;\n" },
	{ "dma-guest-base", "DMA and a moved memory do not go together",
	  "The device uses physical addresses, the partition its own: with\n"
	  "'paravent,guest-base' they differ, and the device would write into somebody else's\n"
	  "memory.\n"
	  "\n"
	  "    paravent,guest-base = <0x0 0x40000000>;  access = <&vio0 0x0>;\n"
	  "\n"
	  "Fix: leave guest-base out, or the device.\n" },
	{ "dma-reach", "a device's DMA does not reach the partition's memory",
	  "Some buses pass DMA on to a part of memory only; 'dma-ranges' say which. On a Raspberry\n"
	  "Pi 4 the SD card's reaches the first GiB.\n"
	  "\n"
	  "    linux { memory = <0x0 0x40000000 0x0 0x20000000>; access = <&emmc2 0x0>; };\n"
	  "\n"
	  "Fix: put all of the partition's memory where the device reaches it.\n" },
	{ "dma-trust-unused", "'paravent,trusted-dma' names what it does not apply to (warning)",
	  "The list is read by people who judge the system's safety; each entry should mean\n"
	  "something.\n"
	  "\n"
	  "    paravent,trusted-dma = <&uart1>;           /* no DMA master */\n"
	  "\n"
	  "Fix: remove the entry.\n" },
	{ "supplier-foreign", "a device depends on one that another owns",
	  "Clock, reset, power, GPIO, regulator, pin control, DMA, mailbox: whoever owns the\n"
	  "supplier can stop the device.\n"
	  "\n"
	  "    sensor@1000 { reset-gpios = <&gpio0 3 0>; };  given to motion; gpio0 to linux\n"
	  "\n"
	  "Fix: give both to one partition; or let the supplier's owner say that it serves\n"
	  "others: paravent,shared-suppliers = <&gpio0>. That trusts its software.\n" },
	{ "shared-supplier", "a partition offers a supplier that is not its own",
	  "paravent,shared-suppliers lists devices of the partition itself.\n"
	  "\n"
	  "    linux { paravent,shared-suppliers = <&ccm>; };   ccm is not in its access\n"
	  "\n"
	  "Fix: access = <&ccm 0x0>, or leave the entry to the owner.\n" },
	{ "shared-clocks", "a kernel would turn off clocks that serve others (warning)",
	  "Late in its boot Linux turns off all clocks that none of its own drivers uses, also\n"
	  "that of another partition's device.\n"
	  "\n"
	  "    linux { paravent,shared-suppliers = <&ccm>; chosen { bootargs = \"quiet\"; }; };\n"
	  "\n"
	  "Fix: bootargs = \"quiet clk_ignore_unused\".\n" },
	{ "supplier-missing", "a device depends on one that nobody has (warning)",
	  "The partition cannot switch its supplier on; the firmware may have done it.\n"
	  "\n"
	  "    sensor@1000 { clocks = <&clk_controller 3>; };  the controller is not given\n"
	  "\n"
	  "Fix: give the supplier too; or, knowing that the firmware has it on, leave it out of\n"
	  "the partition's tree by name: paravent,devicetree-omit = \"/soc/clock@1000\".\n" },
	{ "devicetree-missing", "the board's devicetree is not found or not readable",
	  "Nodes for a Linux partition's devices are cut from the board's own devicetree. It is\n"
	  "looked for beside the system DTS, then in each -i DIR as DIR/dtbs/<file> and DIR/<file>.\n"
	  "\n"
	  "    paravent-board { paravent,devicetree = \"freescale/my-board.dtb\"; };\n"
	  "\n"
	  "Fix: the notes list every place that was tried; tools/fetch brings Debian's.\n" },
	{ "devicetree-device", "the board's devicetree lacks a device that is given away",
	  "Devices of the system DTS and of the board's own devicetree are matched by address.\n"
	  "\n"
	  "    gpio9: gpio@30290000 { ... };   linux has it; the board's tree has nothing there\n"
	  "\n"
	  "Fix: correct the address, or name the devicetree of this board.\n" },
	{ "devicetree-differs", "the board's devicetree describes a device otherwise",
	  "EL2 grants the registers and interrupts of the system DTS; Linux uses those of the\n"
	  "board's own devicetree, and would wait for an interrupt that never comes.\n"
	  "\n"
	  "    mmc@30b50000 { interrupts = <0 23 4>; };   the board's tree says SPI 24\n"
	  "\n"
	  "Fix: correct the system DTS, or name the devicetree of this board.\n" },
	{ "devicetree-omit", "what shall be left out of a devicetree is not in it",
	  "paravent,devicetree-omit lists nodes (\"/soc/x@1\") and properties (\"/soc/x@1:reset-gpios\")\n"
	  "of the board's own devicetree.\n"
	  "\n"
	  "    linux { paravent,devicetree-omit = \"/soc/serial@7e201000/bluetoth\"; };\n"
	  "\n"
	  "Fix: dtc -I dtb -O dts shows the names.\n" },
	{ "hypervisor-access", "the hypervisor's 'access' does not list what EL2 uses (warning)",
	  "EL2 always uses the GIC and the console UART; readers and other tools look for\n"
	  "them in 'access'.\n"
	  "\n"
	  "    hypervisor { access = <&gic 0x0>; paravent,console = <&uart0>; };\n"
	  "\n"
	  "Fix: access = <&gic 0x0>, <&uart0 0x0>;\n" },

	/* ---- Partitions ---- */
	{ "pmr-masking", "a partition masks interrupts in a way that has no effect",
	  "On GICv3 in mode \"direct\" ICC_PMR_EL1 is virtual, and so harmless: software that\n"
	  "masks by it (the FreeRTOS port for GICv3, Linux with pseudo-NMI) would be\n"
	  "interrupted in its critical sections.\n"
	  "\n"
	  "    motion { os,type = \"freertos\"; ... };  /* masks by PMR, if not denied */\n"
	  "\n"
	  "Fix: a port that masks by DAIF says paravent,masks-by-pmr = \"no\"; GICv2 boards\n"
	  "have no such limit.\n" },
	{ "watchdog-tick", "a watchdog is not longer than EL2's tick",
	  "EL2 looks at watchdogs once a millisecond; a shorter one would always have\n"
	  "expired.\n"
	  "\n"
	  "    health { paravent,watchdog-ms = <1>; };\n"
	  "\n"
	  "Fix: 2 or more.\n" },
	{ "health-unused", "health actions are not acted on yet (warning)",
	  "The node is read and checked, so that a system can be written for the releases to\n"
	  "come. Today a partition that faults is stopped and reported; the others go on.\n"
	  "\n"
	  "    health { paravent,on-crash = \"restart\"; };\n"
	  "\n"
	  "Fix: none needed.\n" },

	/* ---- Software ---- */
	{ "image-missing", "an image file is not found or not readable",
	  "Looked for relative to the system DTS, then in each -i DIR as\n"
	  "DIR/<partition>/<file> and DIR/<file>.\n"
	  "\n"
	  "    kernel { paravent,file = \"Imgae\"; };\n"
	  "\n"
	  "Fix: the notes list every place that was tried.\n" },
	{ "image-format", "an image file cannot be started",
	  "Known: arm64 Linux Image, ELF64 for AArch64, and raw binaries (anything else).\n"
	  "Compressed files, uImage, FIT, 32-bit and big-endian files are recognised and\n"
	  "refused.\n"
	  "\n"
	  "    kernel { paravent,file = \"Image.gz\"; };\n"
	  "\n"
	  "Fix: unpack it.\n" },
	{ "image-raw", "a Linux partition has an image that is no Linux Image (warning)",
	  "It will be copied to the start of memory and entered there, which no kernel\n"
	  "understands.\n"
	  "\n"
	  "    os,type = \"linux\";  kernel { paravent,file = \"bzImage\"; };\n"
	  "\n"
	  "Fix: arch/arm64/boot/Image; or another os,type.\n" },
	{ "image-address", "an ELF segment lies outside the partition's memory",
	  "ELF files are loaded where they were linked for: their physical addresses, as the\n"
	  "partition sees them.\n"
	  "\n"
	  "    memory = <0x0 0x70000000 0x0 0x200000>;    linked for 0x40000000\n"
	  "\n"
	  "Fix: link for PV_MEMORY_IPA of the generated ports.h, or paravent,guest-base =\n"
	  "<0x0 0x40000000>;\n" },
	{ "image-too-large", "an image does not fit the partition's memory",
	  "Kernel with its BSS (an Image's image_size), ramdisk and 64 KiB for the DTB (16\n"
	  "KiB below 4 MiB) must fit into memory[0].\n"
	  "\n"
	  "    memory = <0x0 0x50000000 0x0 0x02000000>;  /* 32 MiB for a kernel of 40 MiB */\n"
	  "\n"
	  "Fix: more memory, or a smaller image.\n" },
	{ "image-overlap", "pieces of a partition's software lie on each other",
	  "ELF segments, the ramdisk below the DTB, the DTB at the top of memory[0].\n"
	  "\n"
	  "    an ELF file linked for the last 4 KiB of memory[0]\n"
	  "\n"
	  "Fix: link it lower, or enlarge the memory.\n" },
	{ "image-staging", "the image memory cannot hold EL2 and all images",
	  "All images are linked into paravent.img and stay there, unchanged, for restarts: 2\n"
	  "MiB for EL2, then each image, rounded up to pages.\n"
	  "\n"
	  "    paravent,image-memory = <0x0 0x40200000 0x0 0x00400000>;\n"
	  "\n"
	  "Fix: enlarge it; the notes say what takes how much.\n" },
	{ "dtb-size", "a partition's generated devicetree exceeds its room",
	  "64 KiB are kept at the top of memory[0], 16 KiB in partitions below 4 MiB.\n"
	  "\n"
	  "    a partition with hundreds of devices or ports\n"
	  "\n"
	  "Fix: give it 4 MiB or more; fewer devices.\n" },
	{ "header-name", "a name of the DTS would clash in ports.h",
	  "Names become C macros (upper case, dashes as underscores) beside those of the ABI.\n"
	  "\n"
	  "    channels { sampling { ... }; };            /* PV_PORT_SAMPLING is taken */\n"
	  "\n"
	  "Fix: rename the channel or device.\n" },

	/* ---- Channels ---- */
	{ "channel-end", "an end of a channel is wrong",
	  "Ends are partitions, each once. Queuing channels have one source and one\n"
	  "destination, sampling channels one source, message channels one destination,\n"
	  "shared memory two or more peers.\n"
	  "\n"
	  "    paravent,source = <&motion>;  paravent,destinations = <&motion>;\n"
	  "\n"
	  "Fix: name different partitions by their labels.\n" },
	{ "virtual-end", "an end of a virtual device is wrong",
	  "A virtual device has one frontend, which drives it, and one backend, which serves\n"
	  "it: two partitions.\n"
	  "\n"
	  "    paravent,frontend = <&motion>; paravent,backend = <&motion>;\n"
	  "\n"
	  "Fix: name one partition in each, by its label. For a device of the partition's own\n"
	  "use 'access'.\n" },
	{ "virtual-role", "a partition serves a virtual device without the role for it",
	  "The backend sees all that the frontend reads and writes, and can forge it. That it\n"
	  "may is said where the backend is described, not only at the device.\n"
	  "\n"
	  "    linux { paravent,roles = \"manager\"; };     paravent,backend = <&linux>;\n"
	  "\n"
	  "Fix: paravent,roles = \"manager\", \"virtio-backend\";\n" },
	{ "virtual-kind", "a property belongs to another kind of virtual device",
	  "paravent,read-only is for \"block\", local-mac-address for \"net\", paravent,lines\n"
	  "for \"gpio\".\n"
	  "\n"
	  "    paravent,kind = \"net\"; paravent,read-only;\n"
	  "\n"
	  "Fix: leave the property out, or correct the kind.\n" },
	{ "virtual-window", "the window of a virtual device has an unsuitable size",
	  "Queues and buffers of the device lie in its window. It has to hold the largest\n"
	  "request of its driver, and the size of the queues follows from it: one entry for\n"
	  "each 8 KiB. At least 128 KiB for \"block\", 256 KiB for \"net\", 64 KiB for others.\n"
	  "\n"
	  "    paravent,kind = \"net\"; paravent,window-bytes = <0x10000>;\n"
	  "\n"
	  "Fix: a power of two in these limits, or no 'paravent,window-bytes' at all.\n" },
	{ "window-region", "a channel's or virtual device's 'memory-region' cannot hold its window",
	  "It must be a node of /reserved-memory, made of whole pages, inside the\n"
	  "hypervisor's memory, large enough, and used by no other channel.\n"
	  "\n"
	  "    shm: shm@48000000 { reg = <0x0 0x48000000 0x0 0x1000>; };   for 64 KiB of messages\n"
	  "\n"
	  "Fix: enlarge the region; or leave 'memory-region' out, and pvc finds a place.\n" },
	{ "window-room", "there is no gap for a window",
	  "Windows lie in the hypervisor's memory where nothing else is.\n"
	  "\n"
	  "    hypervisor { memory = all of it given to partitions and image memory };\n"
	  "\n"
	  "Fix: leave some pages between them, for example directly above the image memory.\n" },
	{ "window-unwritten", "nobody may write a shared memory (warning)",
	  "With flag 0x10 for every peer it stays zero for ever.\n"
	  "\n"
	  "    paravent,peers = <&motion 0x10>, <&linux 0x10>;\n"
	  "\n"
	  "Fix: flag 0x0 for the one that writes.\n" },
	{ "spi-room", "not enough free SPIs for doorbells and virtual devices",
	  "Each port that can be rung, and each end of a virtual device, takes one unused SPI\n"
	  "of 'paravent,spare-spis' in the board's description.\n"
	  "\n"
	  "    paravent,spare-spis = <192 2>;             three queuing channels take six\n"
	  "\n"
	  "Fix: a larger range that no hardware uses, or fewer ports.\n" },

	/* ---- Tables and the linked hypervisor ---- */
	{ "page-tables", "the MMU tables do not fit",
	  "EL2 with its tables must stay below 2 MiB, and addresses below 2^39.\n"
	  "\n"
	  "    hundreds of 4 KiB mappings far apart\n"
	  "\n"
	  "Fix: fewer, larger and better aligned regions.\n" },
	{ "seal", "the linked hypervisor cannot be sealed",
	  "`pvc seal` writes the page permissions of EL2's own sections into its level-3\n"
	  "table.\n"
	  "\n"
	  "    pvc seal paravent.o\n"
	  "\n"
	  "Fix: seal the linked paravent.elf, built from this tree's linker script.\n" },
	{ "verify", "the MMU tables do not prove the isolation",
	  "`pvc verify` walks the tables in the linked hypervisor as the hardware would. Each\n"
	  "message names an address that someone reaches who should not, or does not reach\n"
	  "who should.\n"
	  "\n"
	  "    one flipped bit in a stage-2 descriptor\n"
	  "\n"
	  "Fix: build again from a clean tree; if it stays, it is a fault of pvc: please\n"
	  "report it.\n" },
};

const size_t n_rules = sizeof(rules) / sizeof(rules[0]);

const struct rule *rule_find(const char *id)
{
	for (size_t i = 0; i < n_rules; i++) {
		if (strcmp(rules[i].id, id) == 0) {
			return &rules[i];
		}
	}
	return NULL;
}
