/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a window with a virtqueue in it: see pv/virtio_share.h. */
#include "pv/virtio_share.h"

#include "rtos-guests/virtio/ring.h"

#define SHARE_MAGIC UINT64_C(0x3151562d54564150) /* "PAVT-VQ1" */

/* Words of 8 bytes. Each half begins with the magic, which is stored last. */
#define OFFER            0u
#define OFFER_DEVICE     8u
#define OFFER_FEATURES   16u
#define OFFER_QUEUE_SIZE 24u
#define OFFER_CONFIG     32u

#define QUEUE             128u
#define QUEUE_SIZE        136u
#define QUEUE_FEATURES    144u
#define QUEUE_DESCRIPTORS 152u
#define QUEUE_AVAILABLE   160u
#define QUEUE_USED        168u

#define CONFIG_WORDS (PV_VIRTIO_SHARE_CONFIG_BYTES / 8u)

_Static_assert(OFFER_CONFIG + PV_VIRTIO_SHARE_CONFIG_BYTES <= QUEUE, "the halves do not overlap");

/* Everything behind the magic is read after it. Pairs with publish(). */
static enum pv_status check_magic(const unsigned char *at)
{
	uint64_t magic = __atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_ACQUIRE);

	return magic == SHARE_MAGIC ? PV_OK : magic == 0 ? PV_EMPTY : PV_CORRUPT;
}

/* Everything behind the magic is out before it. Pairs with check_magic(). */
static void publish(unsigned char *at)
{
	__atomic_store_n((uint64_t *)(void *)at, SHARE_MAGIC, __ATOMIC_RELEASE);
}

static bool has_header(const struct pv_virtio_window *share)
{
	return share->memory != NULL && (uintptr_t)share->memory % 16 == 0 &&
	       share->bytes >= PV_VIRTIO_SHARE_BYTES;
}

struct pv_virtio_window pv_virtio_share_window(const struct pv_virtio_window *share)
{
	if (!has_header(share)) {
		return (struct pv_virtio_window){ 0 };
	}
	return (struct pv_virtio_window){ share->memory + PV_VIRTIO_SHARE_BYTES,
					  share->address + PV_VIRTIO_SHARE_BYTES,
					  share->bytes - PV_VIRTIO_SHARE_BYTES };
}

enum pv_status pv_virtio_share_offer(const struct pv_virtio_window *share,
				     const struct pv_virtio_offer *offer)
{
	if (!has_header(share)) {
		return PV_BAD_ARGUMENT;
	}
	store64(share->memory + OFFER_DEVICE, offer->device_id);
	store64(share->memory + OFFER_FEATURES, offer->features);
	store64(share->memory + OFFER_QUEUE_SIZE, offer->queue_size_max);
	for (uint32_t i = 0; i < CONFIG_WORDS; i++) {
		uint64_t word;

		__builtin_memcpy(&word, offer->config + 8 * i, sizeof(word));
		store64(share->memory + OFFER_CONFIG + 8 * i, word);
	}
	publish(share->memory + OFFER);
	return PV_OK;
}

enum pv_status pv_virtio_share_read_offer(const struct pv_virtio_window *share,
					  uint32_t device_id, struct pv_virtio_offer *offer)
{
	if (!has_header(share)) {
		return PV_BAD_ARGUMENT;
	}

	enum pv_status status = check_magic(share->memory + OFFER);

	if (status != PV_OK) {
		return status;
	}

	uint64_t queue_size = load64(share->memory + OFFER_QUEUE_SIZE);

	*offer = (struct pv_virtio_offer){
		.device_id = device_id,
		.queue_size_max = queue_size < PV_VIRTQUEUE_SIZE_MAX ? (uint32_t)queue_size
								     : PV_VIRTQUEUE_SIZE_MAX,
		.features = load64(share->memory + OFFER_FEATURES),
	};
	for (uint32_t i = 0; i < CONFIG_WORDS; i++) {
		uint64_t word = load64(share->memory + OFFER_CONFIG + 8 * i);

		__builtin_memcpy(offer->config + 8 * i, &word, sizeof(word));
	}
	return load64(share->memory + OFFER_DEVICE) == device_id ? PV_OK : PV_CORRUPT;
}

enum pv_status pv_virtio_share_announce(const struct pv_virtio_window *share,
					const struct pv_virtqueue_config *config)
{
	if (!has_header(share)) {
		return PV_BAD_ARGUMENT;
	}
	store64(share->memory + QUEUE_SIZE, config->size);
	store64(share->memory + QUEUE_FEATURES, config->features);
	store64(share->memory + QUEUE_DESCRIPTORS, config->descriptors);
	store64(share->memory + QUEUE_AVAILABLE, config->available);
	store64(share->memory + QUEUE_USED, config->used);
	publish(share->memory + QUEUE);
	return PV_OK;
}

enum pv_status pv_virtio_share_read_queue(const struct pv_virtio_window *share,
					  const struct pv_virtio_offer *offer,
					  struct pv_virtqueue_config *config)
{
	if (!has_header(share)) {
		return PV_BAD_ARGUMENT;
	}

	enum pv_status status = check_magic(share->memory + QUEUE);

	if (status != PV_OK) {
		return status;
	}

	uint64_t size = load64(share->memory + QUEUE_SIZE);

	*config = (struct pv_virtqueue_config){
		.size = (uint32_t)size,
		.features = load64(share->memory + QUEUE_FEATURES),
		.descriptors = load64(share->memory + QUEUE_DESCRIPTORS),
		.available = load64(share->memory + QUEUE_AVAILABLE),
		.used = load64(share->memory + QUEUE_USED),
	};
	if (size > offer->queue_size_max ||
	    !pv_virtio_features_fit(offer->features, config->features)) {
		return PV_CORRUPT;
	}
	return PV_OK;
}
