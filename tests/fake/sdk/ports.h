/* SPDX-License-Identifier: Apache-2.0 */
/* What pvc writes for a partition, as far as the SDK's device.c, virtual_device.c and the drivers need it. */
#pragma once

#define PV_N_DEVICES 6
#define PV_DEVICES \
	PV_DEVICE("serial@1000", "arm,pl011\000arm,primecell\000", 0x1000, 0x1000, 33) \
	PV_DEVICE("gpio@2000", "fsl,imx8mp-gpio\000fsl,imx35-gpio\000", 0x2000, 0x1000, 96, 97) \
	PV_DEVICE("gpio@3000", "arm,pl061\000arm,primecell\000", 0x3000, 0x1000, 39) \
	PV_DEVICE("gpio@4000", "brcm,bcm2711-gpio\000", 0x4000, 0x1000, 145, 146, 147, 148) \
	PV_DEVICE("rtc@5000", "arm,pl031\000arm,primecell\000", 0x5000, 0x1000, 34) \
	PV_DEVICE("watchdog@6000", "fsl,imx8mp-wdt\000fsl,imx21-wdt\000", 0x6000, 0x1000, 0)

#define PV_N_VIRTIO_FRONTENDS 2
#define PV_VIRTIO_FRONTENDS \
	PV_VIRTIO_FRONTEND("disk", 2, 0x10000, 0x40000000, 0x40000, 50, 3) \
	PV_VIRTIO_FRONTEND("log", 3, 0x11000, 0x40040000, 0x10000, 51, 4)
#define PV_N_VIRTIO_BACKENDS 1
#define PV_VIRTIO_BACKENDS \
	PV_VIRTIO_BACKEND("disk", 0, 2, 0x20000, 0x41000000, 0x40000, 52, 5, 0x320000000, 32, 0x5544)
