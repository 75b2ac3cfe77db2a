/* SPDX-License-Identifier: Apache-2.0 */
/* Header of a frame and configuration space. VIRTIO 1.2 "Network Device". */
#pragma once

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

_Static_assert(sizeof(struct net_header) == 12, "as on the wire");
_Static_assert(sizeof(struct net_config) == 8, "as in configuration space");
