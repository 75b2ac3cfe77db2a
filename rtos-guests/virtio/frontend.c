/* SPDX-License-Identifier: Apache-2.0 */
/* A virtio-mmio register page, driven: see pv/virtio_frontend.h. */
#include "pv/virtio_frontend.h"

#include "pv/mmio.h"
#include "pv/port_access.h"
#include "pv/string.h"

#define MMIO_VERSION 2u
/* Of a reset: EL2 holds each for 100 ms when the backend does not answer. */
#define START_TRIES  3u
#define CONFIG_TRIES 16u

static uint32_t read(const struct pv_virtio_frontend *frontend, uint32_t offset)
{
	return pv_mmio_read32(frontend->config->registers + offset);
}

static void write(const struct pv_virtio_frontend *frontend, uint32_t offset, uint32_t value)
{
	pv_mmio_write32(frontend->config->registers + offset, value);
}

/* Both halves of an address, the low one at `offset`. */
static void write_address(const struct pv_virtio_frontend *frontend, uint32_t offset, uint64_t value)
{
	write(frontend, offset, (uint32_t)value);
	write(frontend, offset + 4, (uint32_t)(value >> 32));
}

/* Status bits only ever come to those that are there, but for a reset. */
static void add_status(const struct pv_virtio_frontend *frontend, uint32_t bits)
{
	write(frontend, PV_VIRTIO_STATUS, read(frontend, PV_VIRTIO_STATUS) | bits);
}

static uint64_t read_features(const struct pv_virtio_frontend *frontend)
{
	write(frontend, PV_VIRTIO_DEVICE_FEATURES_SEL, 1);
	uint64_t high = read(frontend, PV_VIRTIO_DEVICE_FEATURES);

	write(frontend, PV_VIRTIO_DEVICE_FEATURES_SEL, 0);
	return high << 32 | read(frontend, PV_VIRTIO_DEVICE_FEATURES);
}

static void write_features(const struct pv_virtio_frontend *frontend)
{
	write(frontend, PV_VIRTIO_DRIVER_FEATURES_SEL, 0);
	write(frontend, PV_VIRTIO_DRIVER_FEATURES, (uint32_t)frontend->features);
	write(frontend, PV_VIRTIO_DRIVER_FEATURES_SEL, 1);
	write(frontend, PV_VIRTIO_DRIVER_FEATURES, (uint32_t)(frontend->features >> 32));
}

/* One pass of "Device Initialization". PV_BUSY: the backend is not done with the time before. */
static enum pv_status negotiate(struct pv_virtio_frontend *frontend, uint64_t known)
{
	pv_virtio_frontend_stop(frontend);
	if (read(frontend, PV_VIRTIO_STATUS) != 0) {
		return PV_BUSY;
	}
	add_status(frontend, PV_VIRTIO_S_ACKNOWLEDGE);
	add_status(frontend, PV_VIRTIO_S_DRIVER);
	frontend->features = read_features(frontend) & known;
	if ((frontend->features & PV_VIRTIO_FEATURES_REQUIRED) != PV_VIRTIO_FEATURES_REQUIRED) {
		add_status(frontend, PV_VIRTIO_S_FAILED);
		return PV_NOT_SUPPORTED;
	}
	write_features(frontend);
	add_status(frontend, PV_VIRTIO_S_FEATURES_OK);
	/* A subset of the offer was accepted: it is not for that that a device refuses. */
	return (read(frontend, PV_VIRTIO_STATUS) & PV_VIRTIO_S_FEATURES_OK) != 0 ? PV_OK : PV_BUSY;
}

enum pv_status pv_virtio_frontend_start(struct pv_virtio_frontend *frontend,
					const struct pv_virtio_frontend_config *config,
					uint64_t known)
{
	enum pv_status status = PV_BUSY;

	*frontend = (struct pv_virtio_frontend){
		.config = config,
		.window = { (unsigned char *)(uintptr_t)config->window, config->window,
			    config->window_bytes },
	};
	if (read(frontend, PV_VIRTIO_MAGIC_VALUE) != PV_VIRTIO_MAGIC ||
	    read(frontend, PV_VIRTIO_VERSION) != MMIO_VERSION ||
	    read(frontend, PV_VIRTIO_DEVICE_ID) != config->device_id) {
		return PV_NOT_SUPPORTED;
	}
	for (uint32_t i = 0; i < START_TRIES && status == PV_BUSY; i++) {
		status = negotiate(frontend, known);
	}
	return status;
}

uint32_t pv_virtio_frontend_queue_max(const struct pv_virtio_frontend *frontend, uint32_t queue)
{
	write(frontend, PV_VIRTIO_QUEUE_SEL, queue);
	return read(frontend, PV_VIRTIO_QUEUE_NUM_MAX);
}

uint64_t pv_virtio_frontend_take(struct pv_virtio_frontend *frontend, uint64_t bytes)
{
	uint64_t address = frontend->window.address + frontend->taken_bytes;

	bytes = (bytes + PV_VIRTIO_TAKE_ALIGN - 1) / PV_VIRTIO_TAKE_ALIGN * PV_VIRTIO_TAKE_ALIGN;
	if (bytes > frontend->window.bytes - frontend->taken_bytes) {
		return 0;
	}
	frontend->taken_bytes += bytes;
	return address;
}

enum pv_status pv_virtio_frontend_add_queue(struct pv_virtio_frontend *frontend, uint32_t queue,
					    struct pv_virtqueue_driver *driver, uint32_t size)
{
	struct pv_virtqueue_config config;
	uint64_t address;
	enum pv_status status;

	if (size > pv_virtio_frontend_queue_max(frontend, queue)) {
		return PV_BAD_ARGUMENT;
	}
	address = pv_virtio_frontend_take(frontend, pv_virtqueue_place(0, size, 0, &config));
	if (address == 0) {
		return PV_FULL;
	}
	(void)pv_virtqueue_place(address, size, frontend->features, &config);
	status = pv_virtqueue_driver_open(driver, &frontend->window, &config);
	if (status != PV_OK) {
		return status;
	}
	write(frontend, PV_VIRTIO_QUEUE_NUM, size);
	write_address(frontend, PV_VIRTIO_QUEUE_DESC_LOW, config.descriptors);
	write_address(frontend, PV_VIRTIO_QUEUE_DRIVER_LOW, config.available);
	write_address(frontend, PV_VIRTIO_QUEUE_DEVICE_LOW, config.used);
	write(frontend, PV_VIRTIO_QUEUE_READY, 1);
	return read(frontend, PV_VIRTIO_QUEUE_READY) == 1 ? PV_OK : PV_CORRUPT;
}

enum pv_status pv_virtio_frontend_go(struct pv_virtio_frontend *frontend)
{
	add_status(frontend, PV_VIRTIO_S_DRIVER_OK);
	return (read(frontend, PV_VIRTIO_STATUS) &
		(PV_VIRTIO_S_DRIVER_OK | PV_VIRTIO_S_NEEDS_RESET)) == PV_VIRTIO_S_DRIVER_OK
		       ? PV_OK : PV_CORRUPT;
}

void pv_virtio_frontend_stop(const struct pv_virtio_frontend *frontend)
{
	write(frontend, PV_VIRTIO_STATUS, 0);
}

enum pv_status pv_virtio_frontend_read_config(const struct pv_virtio_frontend *frontend,
					      uint32_t offset, void *to, uint32_t bytes)
{
	unsigned char all[PV_VIRTIO_CONFIG_BYTES];

	if (offset > sizeof(all) || bytes > sizeof(all) - offset) {
		return PV_BAD_ARGUMENT;
	}
	for (uint32_t i = 0; i < CONFIG_TRIES; i++) {
		uint32_t generation = read(frontend, PV_VIRTIO_CONFIG_GENERATION);

		for (uint32_t at = 0; at < sizeof(all); at += 4) {
			uint32_t word = read(frontend, PV_VIRTIO_CONFIG_SPACE + at);

			memcpy(all + at, &word, sizeof(word));
		}
		if (read(frontend, PV_VIRTIO_CONFIG_GENERATION) == generation) {
			memcpy(to, all + offset, bytes);
			return PV_OK;
		}
	}
	return PV_BUSY;
}

bool pv_virtio_frontend_is_config_new(const struct pv_virtio_frontend *frontend)
{
	bool is_new = (read(frontend, PV_VIRTIO_INTERRUPT_STATUS) & PV_VIRTIO_INTERRUPT_CONFIG) != 0;

	if (is_new) {
		write(frontend, PV_VIRTIO_INTERRUPT_ACK, PV_VIRTIO_INTERRUPT_CONFIG);
	}
	return is_new;
}

bool pv_virtio_frontend_kick(const struct pv_virtio_frontend *frontend,
			     struct pv_virtqueue_driver *driver)
{
	bool is_due = pv_virtqueue_kick(driver);

	/* Not by QueueNotify: that is a trap to the emulation, this a short hypercall. */
	if (is_due) {
		(void)port_ring(frontend->config->doorbell);
	}
	return is_due;
}
