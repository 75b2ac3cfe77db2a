/* SPDX-License-Identifier: Apache-2.0 */
/* Header of a frame and configuration space. VIRTIO 1.2 "Network Device". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* struct virtio_net_hdr, with VIRTIO_F_VERSION_1. */
struct net_header {
	uint8_t  flags;
	uint8_t  gso_type;
	uint16_t header_bytes;
	uint16_t gso_size;
	uint16_t checksum_start;
	uint16_t checksum_offset;
	uint16_t n_buffers; /* with MRG_RXBUF: slots that the frame lies in */
};

/* struct virtio_net_config, as far as the features reach. */
struct net_config {
	uint8_t  mac[6];
	uint16_t status;
};

#define NET_NEEDS_CSUM 1u /* of flags */
#define NET_S_LINK_UP  1u

enum { NET_RECEIVE_QUEUE = 0, NET_TRANSMIT_QUEUE = 1 }; /* as the driver sees them */

/*
 * No offload was accepted: such a frame would not be whole. Linux does say that it has
 * looked at a checksum (DATA_VALID), of frames that passed its bridge.
 */
static inline bool net_is_whole(const struct net_header *header)
{
	return (header->flags & NET_NEEDS_CSUM) == 0 && header->gso_type == 0;
}

_Static_assert(sizeof(struct net_header) == 12, "as on the wire");
_Static_assert(sizeof(struct net_config) == 8, "as in configuration space");
