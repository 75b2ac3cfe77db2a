/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How two ends of a plain window find each other's queue, as long as there is
 * no virtio-mmio register page between them: a header at the start of the window.
 * The device writes what it offers, the driver what it chose and where the
 * queue lies. Zeroed memory means that neither has spoken yet.
 *
 * The header stays as it is over a restart of the device, which reads it again.
 * A restart of the driver is not provided for: the device would not notice.
 */
#pragma once

#include "pv/virtqueue.h"

#define PV_VIRTIO_SHARE_BYTES        256u
#define PV_VIRTIO_SHARE_CONFIG_BYTES 32u

struct pv_virtio_offer {
	uint32_t device_id;      /* VIRTIO 1.2 "Device Types" */
	uint32_t queue_size_max;
	uint64_t features;
	unsigned char config[PV_VIRTIO_SHARE_CONFIG_BYTES]; /* device configuration space */
};

/* What is left of the window for queue and buffers. */
struct pv_virtio_window pv_virtio_share_window(const struct pv_virtio_window *share);

/*
 * All: PV_BAD_ARGUMENT (the window is no window, or too small for the header).
 * The reading ones: PV_EMPTY (the peer has not spoken), PV_CORRUPT (it wrote
 * something else, or what does not fit).
 */

/* Device: say what there is; the same again after a restart. */
enum pv_status pv_virtio_share_offer(const struct pv_virtio_window *share,
				     const struct pv_virtio_offer *offer);
/* Driver: what the device offers. PV_CORRUPT also: another kind than device_id. */
enum pv_status pv_virtio_share_read_offer(const struct pv_virtio_window *share,
					  uint32_t device_id, struct pv_virtio_offer *offer);
/* Driver: the queue is open, the device may use it. */
enum pv_status pv_virtio_share_announce(const struct pv_virtio_window *share,
					const struct pv_virtqueue_config *config);
/* Device: the driver's queue. Features and size fit the offer; addresses are checked at its opening. */
enum pv_status pv_virtio_share_read_queue(const struct pv_virtio_window *share,
					  const struct pv_virtio_offer *offer,
					  struct pv_virtqueue_config *config);
