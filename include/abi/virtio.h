/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual devices: what EL2 shows of a virtio device to its two ends.
 *
 * The frontend has a virtio-mmio register page: memory that it may read, and
 * whose writes trap to EL2. The backend has a state page, which it may read: EL2
 * says there what the frontend's driver negotiated. Queues and buffers lie in a
 * window that both ends map at one address, which is also the address in
 * descriptors. EL2 looks at no descriptor: each end checks what the other wrote.
 *
 *   frontend -> backend  QueueNotify, or PV_DOORBELL: the backend's interrupt
 *   backend -> frontend  PV_DOORBELL ("used buffers"): the frontend's interrupt
 *   backend -> EL2       PV_VIRTIO_CONFIG, PV_VIRTIO_ACKNOWLEDGE
 *
 * Both pages are Device memory at stage 2: aligned accesses of up to 4 bytes (8
 * in the state page). Addresses, numbers and interrupts of both ends come from
 * the device tree or from ports.h. Full text: docs/abi.md "Virtual devices".
 *
 * Spec  VIRTIO 1.2 "Virtio Over MMIO"
 */
#pragma once

#define PV_VIRTIO_QUEUES_MAX     4   /* virtqueues of a device */
#define PV_VIRTIO_QUEUE_SIZE_MAX 256 /* descriptors of a virtqueue, at most */
#define PV_VIRTIO_CONFIG_BYTES   64  /* device configuration space, behind PV_VIRTIO_CONFIG_SPACE */

/* ---- Register page: VIRTIO 1.2 "MMIO Device Register Layout" ---------------- */

#define PV_VIRTIO_REGISTER_BYTES      0x200 /* what a driver is told; the page is the device's alone */

#define PV_VIRTIO_MAGIC_VALUE         0x000 /* PV_VIRTIO_MAGIC */
#define PV_VIRTIO_VERSION             0x004 /* 2 */
#define PV_VIRTIO_DEVICE_ID           0x008
#define PV_VIRTIO_VENDOR_ID           0x00c
#define PV_VIRTIO_DEVICE_FEATURES     0x010
#define PV_VIRTIO_DEVICE_FEATURES_SEL 0x014
#define PV_VIRTIO_DRIVER_FEATURES     0x020
#define PV_VIRTIO_DRIVER_FEATURES_SEL 0x024
#define PV_VIRTIO_QUEUE_SEL           0x030
#define PV_VIRTIO_QUEUE_NUM_MAX       0x034
#define PV_VIRTIO_QUEUE_NUM           0x038
#define PV_VIRTIO_QUEUE_READY         0x044
#define PV_VIRTIO_QUEUE_NOTIFY        0x050
#define PV_VIRTIO_INTERRUPT_STATUS    0x060 /* bit 0 is always 1; bit 1 until it is acknowledged */
#define PV_VIRTIO_INTERRUPT_ACK       0x064
#define PV_VIRTIO_STATUS              0x070
#define PV_VIRTIO_QUEUE_DESC_LOW      0x080
#define PV_VIRTIO_QUEUE_DESC_HIGH     0x084
#define PV_VIRTIO_QUEUE_DRIVER_LOW    0x090
#define PV_VIRTIO_QUEUE_DRIVER_HIGH   0x094
#define PV_VIRTIO_QUEUE_DEVICE_LOW    0x0a0
#define PV_VIRTIO_QUEUE_DEVICE_HIGH   0x0a4
#define PV_VIRTIO_SHM_LEN_LOW         0x0b0 /* no shared memory regions: all ones, to 0x0bc */
#define PV_VIRTIO_SHM_BASE_HIGH       0x0bc
#define PV_VIRTIO_CONFIG_GENERATION   0x0fc
#define PV_VIRTIO_CONFIG_SPACE        0x100

#define PV_VIRTIO_MAGIC               0x74726976 /* "virt" */
#define PV_VIRTIO_VENDOR              0x76726170 /* "parv" */

#define PV_VIRTIO_INTERRUPT_USED      1u
#define PV_VIRTIO_INTERRUPT_CONFIG    2u

/* VIRTIO 1.2 "Device Status Field" */
#define PV_VIRTIO_S_ACKNOWLEDGE       0x01u
#define PV_VIRTIO_S_DRIVER            0x02u
#define PV_VIRTIO_S_DRIVER_OK         0x04u
#define PV_VIRTIO_S_FEATURES_OK       0x08u
#define PV_VIRTIO_S_NEEDS_RESET       0x40u
#define PV_VIRTIO_S_FAILED            0x80u

#ifndef __ASSEMBLER__

#include <stdint.h>

/* VIRTIO 1.2 "Device Types" */
enum pv_virtio_device {
	PV_VIRTIO_NET     = 1,
	PV_VIRTIO_BLOCK   = 2,
	PV_VIRTIO_CONSOLE = 3,
	PV_VIRTIO_RNG     = 4,
	PV_VIRTIO_I2C     = 34,
	PV_VIRTIO_GPIO    = 41,
};

/* VIRTIO 1.2 "Reserved Feature Bits" */
#define PV_VIRTIO_F_EVENT_IDX       (UINT64_C(1) << 29)
#define PV_VIRTIO_F_VERSION_1       (UINT64_C(1) << 32)
#define PV_VIRTIO_F_ACCESS_PLATFORM (UINT64_C(1) << 33)

/* Without these two EL2 refuses FEATURES_OK: the driver would leave the window. */
#define PV_VIRTIO_FEATURES_REQUIRED (PV_VIRTIO_F_VERSION_1 | PV_VIRTIO_F_ACCESS_PLATFORM)

/* ---- State page ------------------------------------------------------------- */

struct pv_virtio_queue_state {
	uint32_t size;        /* descriptors; 0: the queue is not ready, the rest is 0 too */
	uint32_t reserved;
	uint64_t descriptors; /* Descriptor Area; inside the window, as are the next two */
	uint64_t available;   /* Driver Area */
	uint64_t used;        /* Device Area */
};

/*
 * At offset 0 of the state page. EL2 makes `sequence` odd, writes, and makes it
 * even; a reader takes what it read when it saw the same even number before and
 * after. It changes when the driver sets its status, resets the device or makes
 * a queue ready, each with an interrupt at the backend.
 *
 * `epoch` counts resets of the device. When it is another than the one that the
 * backend serves, the backend lets go of queues and buffers, so that it will
 * touch them no more, and says so by PV_VIRTIO_ACKNOWLEDGE. Until then the driver
 * is kept waiting, 100 ms at most, and cannot use the device anew. A queue may be
 * used when `status` has DRIVER_OK and its size is not 0.
 *
 * All of it outlives a restart of the backend, which reads it and goes on at the
 * used rings' idx.
 */
struct pv_virtio_state {
	uint32_t sequence;
	uint32_t epoch;    /* from 1 */
	uint32_t status;   /* PV_VIRTIO_S_* */
	uint32_t reserved;
	uint64_t features; /* accepted by the driver; valid with FEATURES_OK */
	uint64_t reserved2;
	struct pv_virtio_queue_state queues[PV_VIRTIO_QUEUES_MAX];
};

#endif /* __ASSEMBLER__ */
