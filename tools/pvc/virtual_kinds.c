/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/virtual_kinds.h"

#include "abi/virtio.h"
#include "hyp/bits.h"
#include "tools/pvc/util.h"

#include <string.h>

_Static_assert(CONFIGURATION_WORDS * sizeof(uint64_t) == PV_VIRTIO_CONFIG_BYTES, "one size");

/* VIRTIO 1.2, "Feature bits" of each device. */
#define BLOCK_F_SIZE_MAX           BIT(1)
#define BLOCK_F_SEG_MAX            BIT(2)
#define BLOCK_F_RO                 BIT(5)
#define BLOCK_F_BLK_SIZE           BIT(6)
#define BLOCK_F_FLUSH              BIT(9)
#define NET_F_CSUM                 BIT(0)
#define NET_F_GUEST_CSUM           BIT(1)
#define NET_F_MAC                  BIT(5)
#define NET_F_GUEST_TSO4           BIT(7)
#define NET_F_GUEST_TSO6           BIT(8)
#define NET_F_HOST_TSO4            BIT(11)
#define NET_F_HOST_TSO6            BIT(12)
#define NET_F_MRG_RXBUF            BIT(15)
#define NET_F_STATUS               BIT(16)
#define I2C_F_ZERO_LENGTH_REQUEST  BIT(0)

/* Segments of a page: no request looks for room in one piece that a window in use may not have. */
#define BLOCK_SIZE_MAX   UINT64_C(4096)
#define BLOCK_BLK_SIZE   UINT64_C(512)

/* Packets of up to 64 KiB without a checksum: Linux serves them, the SDK's servers take frames. */
#define NET_OFFLOADS (NET_F_CSUM | NET_F_GUEST_CSUM | NET_F_GUEST_TSO4 | NET_F_GUEST_TSO6 | \
		      NET_F_HOST_TSO4 | NET_F_HOST_TSO6)
/*
 * Entries of a queue that can always hold one, in buffers of a frame each: vhost
 * waits for that, and Linux fills the queue up when 33 of its buffers are gone.
 */
#define NET_OFFLOAD_ENTRIES 128u

/* A queue entry stands for a buffer of at most a page, and half of the window is in use elsewhere. */
#define BYTES_PER_ENTRY  UINT64_C(8192)

#define KIB UINT32_C(1024)

const struct virtual_kind virtual_kinds[] = {
	{ "block", PV_VIRTIO_BLOCK, 1,
	  BLOCK_F_SIZE_MAX | BLOCK_F_SEG_MAX | BLOCK_F_BLK_SIZE | BLOCK_F_FLUSH, 256 * KIB, 128 * KIB },
	{ "net", PV_VIRTIO_NET, 2, NET_F_MAC | NET_F_MRG_RXBUF | NET_F_STATUS, 1024 * KIB, 256 * KIB },
	{ "console", PV_VIRTIO_CONSOLE, 2, 0, 64 * KIB, 64 * KIB },
	{ "rng", PV_VIRTIO_RNG, 1, 0, 64 * KIB, 64 * KIB },
	{ "i2c", PV_VIRTIO_I2C, 1, I2C_F_ZERO_LENGTH_REQUEST, 64 * KIB, 64 * KIB },
	{ "gpio", PV_VIRTIO_GPIO, 1, 0, 64 * KIB, 64 * KIB },
};
const size_t virtual_n_kinds = ARRAY_SIZE(virtual_kinds);

const struct virtual_kind *virtual_kind(const char *name)
{
	for (size_t i = 0; i < virtual_n_kinds; i++) {
		if (strcmp(virtual_kinds[i].name, name) == 0) {
			return &virtual_kinds[i];
		}
	}
	return NULL;
}

/* Two requests of the greatest length fill the queue, with the header and the status of each. */
static uint64_t block_seg_max(const struct virtual_device *device)
{
	return device->queue_size / 2 - 2;
}

/* Little-endian configuration space, word by word. */
static void configure(struct virtual_device *device)
{
	uint64_t *words = device->configuration;

	switch ((enum pv_virtio_device)device->kind->device_id) {
	case PV_VIRTIO_BLOCK: /* capacity: the backend's to say; size_max, seg_max; geometry, blk_size */
		words[1] = BLOCK_SIZE_MAX | block_seg_max(device) << 32;
		words[2] = BLOCK_BLK_SIZE << 32;
		break;
	case PV_VIRTIO_NET: /* mac; status: the link is down until the backend comes */
		for (size_t i = 0; i < sizeof(device->mac); i++) {
			words[0] |= (uint64_t)device->mac[i] << 8 * i;
		}
		break;
	case PV_VIRTIO_GPIO: /* ngpio; no names */
		words[0] = device->n_lines;
		break;
	case PV_VIRTIO_CONSOLE:
	case PV_VIRTIO_RNG:
	case PV_VIRTIO_I2C:
		break;
	}
}

static uint64_t offloads(const struct virtual_device *device)
{
	return device->kind->device_id == PV_VIRTIO_NET && strcmp(device->backend->os_type, "linux") == 0 &&
			       device->queue_size >= NET_OFFLOAD_ENTRIES ?
		       NET_OFFLOADS : 0;
}

void virtual_offer(struct virtual_device *device)
{
	uint64_t entries = device->window->bytes / BYTES_PER_ENTRY;

	device->queue_size = 1;
	while (device->queue_size * 2 <= entries && device->queue_size < PV_VIRTIO_QUEUE_SIZE_MAX) {
		device->queue_size *= 2;
	}
	device->features = PV_VIRTIO_FEATURES_REQUIRED | PV_VIRTIO_F_EVENT_IDX | device->kind->features |
			   (device->read_only ? BLOCK_F_RO : 0) | offloads(device);
	configure(device);
}
