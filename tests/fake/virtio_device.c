/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/virtio_device.h"

#include "pv/hypercall.h"
#include "pv/mmio.h"
#include "pv/port_access.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define REGISTERS UINT64_C(0x10000)
#define STATE     UINT64_C(0x20000)
#define FRONTEND_DOORBELL 7u
#define BACKEND_DOORBELL  9u
#define BACKEND_NUMBER    3u

struct fake_virtio fake_virtio;

#define REGISTER(name) (fake_virtio.registers[(PV_VIRTIO_##name) / 4])

void fake_virtio_begin(enum pv_virtio_device device, uint64_t features, uint32_t n_queues,
		       uint32_t queue_size_max)
{
	unsigned char *window = aligned_alloc(64, FAKE_WINDOW_BYTES);

	memset(window, 0, FAKE_WINDOW_BYTES);
	fake_virtio = (struct fake_virtio){
		.frontend = { "disk", (uint32_t)device, REGISTERS, (uintptr_t)window,
			      FAKE_WINDOW_BYTES, 40, FRONTEND_DOORBELL },
		.backend = { "disk", BACKEND_NUMBER, (uint32_t)device, STATE, (uintptr_t)window,
			     FAKE_WINDOW_BYTES, 41, BACKEND_DOORBELL, features, queue_size_max },
		.n_queues = n_queues,
		.acknowledged = 1,
		.state.epoch = 1,
	};
	REGISTER(MAGIC_VALUE) = PV_VIRTIO_MAGIC;
	REGISTER(VERSION) = 2;
	REGISTER(DEVICE_ID) = (uint32_t)device;
	REGISTER(INTERRUPT_STATUS) = PV_VIRTIO_INTERRUPT_USED;
}

void fake_virtio_end(void)
{
	free((void *)(uintptr_t)fake_virtio.frontend.window);
}

void fake_virtio_configure(uint32_t offset, uint64_t bytes)
{
	memcpy(&fake_virtio.registers[(PV_VIRTIO_CONFIG_SPACE + offset) / 4], &bytes, sizeof(bytes));
	REGISTER(CONFIG_GENERATION)++;
	REGISTER(INTERRUPT_STATUS) |= PV_VIRTIO_INTERRUPT_CONFIG;
}

static void show_state(void)
{
	fake_virtio.state.status = REGISTER(STATUS);
	fake_virtio.state.features = fake_virtio.driver_features;
	fake_virtio.state.sequence += 2;
	fake_virtio.n_backend_rings++;
}

void fake_virtio_reset(void)
{
	REGISTER(STATUS) = 0;
	memset(fake_virtio.state.queues, 0, sizeof(fake_virtio.state.queues));
	fake_virtio.state.epoch++;
	show_state();
}

static void write_status(uint32_t value)
{
	uint64_t features = fake_virtio.driver_features;

	if (value == 0) {
		if (REGISTER(STATUS) != 0) {
			fake_virtio_reset();
			if (fake_virtio.on_reset != NULL) {
				fake_virtio.on_reset();
			}
		}
		return;
	}
	if ((features & ~fake_virtio.backend.features) != 0 ||
	    (features & PV_VIRTIO_FEATURES_REQUIRED) != PV_VIRTIO_FEATURES_REQUIRED ||
	    fake_virtio.acknowledged != fake_virtio.state.epoch) {
		value &= ~PV_VIRTIO_S_FEATURES_OK;
	}
	REGISTER(STATUS) = value | (REGISTER(STATUS) & PV_VIRTIO_S_NEEDS_RESET);
	show_state();
}

static uint64_t address_at(uint32_t low)
{
	return fake_virtio.registers[low / 4] | (uint64_t)fake_virtio.registers[low / 4 + 1] << 32;
}

static void write_ready(uint32_t value)
{
	struct pv_virtio_queue_state queue = {
		.size = REGISTER(QUEUE_NUM),
		.descriptors = address_at(PV_VIRTIO_QUEUE_DESC_LOW),
		.available = address_at(PV_VIRTIO_QUEUE_DRIVER_LOW),
		.used = address_at(PV_VIRTIO_QUEUE_DEVICE_LOW),
	};
	uint64_t window = fake_virtio.frontend.window;

	assert(value == 1 && REGISTER(QUEUE_SEL) < fake_virtio.n_queues);
	if (queue.size == 0 || queue.size > REGISTER(QUEUE_NUM_MAX) || queue.used < window ||
	    queue.used >= window + FAKE_WINDOW_BYTES) {
		REGISTER(STATUS) |= PV_VIRTIO_S_NEEDS_RESET;
		return;
	}
	fake_virtio.state.queues[REGISTER(QUEUE_SEL)] = queue;
	REGISTER(QUEUE_READY) = 1;
	show_state();
}

static void select_queue(uint32_t queue)
{
	bool is_there = queue < fake_virtio.n_queues;

	REGISTER(QUEUE_SEL) = queue;
	REGISTER(QUEUE_NUM_MAX) = is_there ? fake_virtio.backend.queue_size_max : 0;
	REGISTER(QUEUE_READY) = is_there && fake_virtio.state.queues[queue].size != 0;
}

static void write_register(uint32_t offset, uint32_t value)
{
	uint32_t shift = 32 * (REGISTER(DRIVER_FEATURES_SEL) & 1);

	switch (offset) {
	case PV_VIRTIO_STATUS:
		write_status(value);
		break;
	case PV_VIRTIO_DEVICE_FEATURES_SEL:
		REGISTER(DEVICE_FEATURES) = (uint32_t)(fake_virtio.backend.features >> 32 * value);
		break;
	case PV_VIRTIO_DRIVER_FEATURES:
		fake_virtio.driver_features &= ~(UINT64_C(0xffffffff) << shift);
		fake_virtio.driver_features |= (uint64_t)value << shift;
		break;
	case PV_VIRTIO_QUEUE_SEL:
		select_queue(value);
		break;
	case PV_VIRTIO_QUEUE_READY:
		write_ready(value);
		break;
	case PV_VIRTIO_INTERRUPT_ACK:
		REGISTER(INTERRUPT_STATUS) &= ~(value & PV_VIRTIO_INTERRUPT_CONFIG);
		break;
	default:
		fake_virtio.registers[offset / 4] = value;
		break;
	}
}

static void notice(void (*what)(void))
{
	if (what != NULL) {
		what();
	}
}

uint32_t pv_mmio_read32(uint64_t address)
{
	uint32_t value;

	assert(address % 4 == 0);
	if (address >= STATE) {
		assert(address - STATE < sizeof(fake_virtio.state));
		memcpy(&value, (const char *)&fake_virtio.state + (address - STATE), sizeof(value));
		notice(fake_virtio.on_state_read);
		return value;
	}
	assert(address - REGISTERS < PV_VIRTIO_REGISTER_BYTES);
	value = fake_virtio.registers[(address - REGISTERS) / 4];
	if (address - REGISTERS >= PV_VIRTIO_CONFIG_SPACE) {
		notice(fake_virtio.on_config_read);
	}
	return value;
}

uint64_t pv_mmio_read64(uint64_t address)
{
	uint64_t value;

	assert(address % 8 == 0 && address - STATE < sizeof(fake_virtio.state));
	memcpy(&value, (const char *)&fake_virtio.state + (address - STATE), sizeof(value));
	notice(fake_virtio.on_state_read);
	return value;
}

void pv_mmio_write32(uint64_t address, uint32_t value)
{
	assert(address % 4 == 0 && address - REGISTERS < PV_VIRTIO_REGISTER_BYTES);
	write_register((uint32_t)(address - REGISTERS), value);
}

enum pv_status pv_virtio_config(uint64_t backend, uint64_t offset, uint64_t bytes, uint64_t flags)
{
	if (backend != BACKEND_NUMBER) {
		return PV_NO_SUCH;
	}
	assert(flags == PV_VIRTIO_CONFIG_NOTIFY);
	fake_virtio_configure((uint32_t)offset, bytes);
	return PV_OK;
}

enum pv_status pv_virtio_acknowledge(uint64_t backend, uint32_t epoch)
{
	notice(fake_virtio.on_acknowledge);
	fake_virtio.n_acknowledged++;
	if (backend != BACKEND_NUMBER) {
		return PV_NO_SUCH;
	}
	if (epoch != fake_virtio.state.epoch) {
		return PV_BUSY;
	}
	fake_virtio.acknowledged = epoch;
	return PV_OK;
}

enum pv_status port_ring(uint32_t doorbell)
{
	assert(doorbell == FRONTEND_DOORBELL || doorbell == BACKEND_DOORBELL);
	fake_virtio.n_backend_rings += doorbell == FRONTEND_DOORBELL;
	fake_virtio.n_frontend_rings += doorbell == BACKEND_DOORBELL;
	return PV_OK;
}
