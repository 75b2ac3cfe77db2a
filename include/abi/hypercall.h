/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paravent's hypercalls: numbers, argument limits and result layouts.
 *
 * Conduit: HVC #0 (SMC #0 is answered alike), SMC Calling Convention 1.2 fast
 * calls; Arm DEN 0028. Function identifier in w0, arguments in x1..x7, result
 * in x0 (enum pv_status, sign extended to 64 bits), further results in x1..x7;
 * registers above the documented results are preserved. Reserved arguments
 * must be zero. Register by register: docs/abi.md.
 *
 * Read by guests and by EL2, in C and in assembly.
 */
#pragma once

/* Vendor specific hypervisor service, fast calls. Arm DEN 0028 "Owning Entity Numbers". */
#define PV_CALL32(n) (0x86000000 + (n))
#define PV_CALL64(n) (0xc6000000 + (n))

/* Arm DEN 0028 "General service queries". Results in w0..w3 as a UUID. */
#define PV_CALL_UID      PV_CALL32(0xff01)
#define PV_CALL_REVISION PV_CALL32(0xff03) /* x0 = major, x1 = minor */

#define PV_UID_0 0x9d1f4c70 /* 704c1f9d-3ab2-4e65-8f10-706172617665 */
#define PV_UID_1 0x654eb23a
#define PV_UID_2 0x7061108f
#define PV_UID_3 0x65766172

#define PV_ABI_MAJOR 1
#define PV_ABI_MINOR 1

#define PV_NULL             PV_CALL64(0)  /* does nothing: x0 = PV_OK */
#define PV_DOORBELL         PV_CALL64(1)  /* x1 = doorbell */
#define PV_FEATURES         PV_CALL64(2)  /* x1 = function identifier: PV_OK or PV_NOT_SUPPORTED */
#define PV_PARTITION_INFO   PV_CALL64(3)  /* x1 = partition or PV_SELF */
#define PV_PORT_INFO        PV_CALL64(4)  /* x1 = port */
#define PV_CONSOLE_WRITE    PV_CALL64(5)  /* x1 = bytes 1..48, x2..x7 = text, little-endian */
#define PV_CONSOLE_READ     PV_CALL64(6)  /* x1 = most bytes wanted 1..48 */
#define PV_MESSAGE_SEND     PV_CALL64(7)  /* x1 = port, x2..x5 = message */
#define PV_MESSAGE_RECEIVE  PV_CALL64(8)  /* x1 = port */
#define PV_STATISTICS       PV_CALL64(9)  /* x1 = enum pv_statistic, x2 = vCPU of the caller's partition */
#define PV_PARTITION_CONTROL PV_CALL64(10) /* x1 = partition, x2 = enum pv_control: managers only */
#define PV_VIRTIO_CONFIG    PV_CALL64(11) /* x1 = backend, x2 = offset, x3 = 8 bytes, x4 = PV_VIRTIO_CONFIG_* */
#define PV_VIRTIO_ACKNOWLEDGE PV_CALL64(12) /* x1 = backend, x2 = epoch */
#define PV_N_CALLS          13

#define PV_SELF             0xffffffff /* "my own partition" */

#define PV_CONSOLE_BYTES    48 /* per call: x2..x7 */
#define PV_MESSAGE_WORDS    4  /* per message: x2..x5 */

#define PV_VIRTIO_CONFIG_NOTIFY 1 /* tell the driver: configuration change interrupt */

#ifndef __ASSEMBLER__

/*
 * PV_PARTITION_INFO   x1 = id, x2 = vCPUs, x3 = enum pv_partition_state,
 *                     x4 = ports, x5 = doorbells, x6 = starts since power-on,
 *                     x7 = PV_ROLE_* bits
 * Of another partition only x1..x3 and x6 are filled in, the rest is 0.
 *
 * PV_PORT_INFO        x1 = enum pv_port_kind | enum pv_port_direction << 8,
 *                     x2 = message bytes (windows: window bytes), x3 = depth,
 *                     x4 = interrupt (INTID, 0: none),
 *                     x5 = first doorbell | number of doorbells << 32,
 *                     x6 = state of the peer (enum pv_partition_state; of several
 *                          peers, the first's), x7 = refresh period in microseconds
 *
 * PV_CONSOLE_READ     x1 = bytes (0: nothing there), x2..x7 = text
 * PV_CONSOLE_WRITE    x1 = bytes taken; fewer than asked when the ring is full
 * PV_MESSAGE_RECEIVE  x1 = sender's partition id, given by EL2, x2..x5 = message
 * PV_STATISTICS       x1 = value
 */

enum pv_partition_state {
	PV_PARTITION_STOPPED  = 0,
	PV_PARTITION_RUNNING  = 1,
	PV_PARTITION_STOPPING = 2, /* EL2 is regaining its cores */
	PV_PARTITION_CRASHED  = 3,
};

#define PV_ROLE_MANAGER        1u /* PV_PARTITION_CONTROL */
#define PV_ROLE_VIRTIO_BACKEND 2u /* it may serve virtual devices */

enum pv_control {
	PV_CONTROL_STOP    = 0,
	PV_CONTROL_START   = 1,
	PV_CONTROL_RESTART = 2,
};

enum pv_port_kind {
	PV_PORT_SAMPLING = 1,
	PV_PORT_QUEUING  = 2,
	PV_PORT_MESSAGE  = 3,
	PV_PORT_WINDOW   = 4,
};

enum pv_port_direction {
	PV_PORT_SOURCE      = 1,
	PV_PORT_DESTINATION = 2,
	PV_PORT_BOTH        = 3, /* a shared-memory window */
};

/* EL2 exits of one vCPU, counted since its partition's last start. */
enum pv_statistic {
	PV_STATISTIC_HYPERCALLS = 0, /* hypercalls by the C path; fast calls are not counted */
	PV_STATISTIC_PSCI       = 1,
	PV_STATISTIC_VGIC       = 2, /* trapped GICD and GICR accesses */
	PV_STATISTIC_SGI        = 3, /* trapped ICC_SGI1R_EL1 writes */
	PV_STATISTIC_VUART      = 4, /* trapped accesses of the emulated PL011 */
	PV_STATISTIC_WFI        = 5,
	PV_STATISTIC_SYSREG     = 6, /* other trapped system registers */
	PV_STATISTIC_INTERRUPTS = 7, /* interrupts taken by EL2: 0 in mode "direct" */
	PV_STATISTIC_VIRTIO     = 8, /* trapped writes to virtio-mmio register pages */
	PV_N_STATISTICS         = 9,
};

#endif /* __ASSEMBLER__ */
