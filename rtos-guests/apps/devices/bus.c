/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An I2C bus with one device on it: a memory of 256 bytes like the 24C02, at address
 * 0x50. What is written sets its pointer by the first byte, the rest is stored; reads
 * go on from there. Its bytes lie behind the disk, where a restart leaves them alone.
 */
#include "rtos-guests/apps/devices/service.h"

#include "pv/hypercall.h"
#include "pv/platform.h"
#include "pv/string.h"
#include "pv/virtio_i2c.h"

#define MEMORY_OFFSET  UINT64_C(0x200000) /* in the partition's memory */
#define MEMORY_BYTES   256u
#define MEMORY_ADDRESS 0x50u

extern char pv_image_end[];

static struct {
	unsigned char *bytes;
	uint8_t pointer; /* wraps */
} memory;
static struct pv_i2c_server server;

static bool transfer(void *context, const struct pv_i2c_message *message)
{
	unsigned char *bytes = message->bytes;

	(void)context;
	if (message->address != MEMORY_ADDRESS) {
		return false; /* nobody answers */
	}
	for (uint32_t i = 0; i < message->n_bytes; i++) {
		if (message->is_read) {
			bytes[i] = memory.bytes[memory.pointer++];
		} else if (i == 0) {
			memory.pointer = bytes[0];
		} else {
			memory.bytes[memory.pointer++] = bytes[i];
		}
	}
	return true;
}

static const struct pv_i2c_operations operations = { transfer };

static const char *open_bus(void)
{
	const struct pv_memory_range *range = &pv_platform()->memory[0];
	struct pv_partition_info own;

	memory.bytes = (unsigned char *)(uintptr_t)(range->base + MEMORY_OFFSET);
	if ((unsigned char *)pv_image_end > memory.bytes || range->bytes < MEMORY_OFFSET + MEMORY_BYTES) {
		return "no room behind the image";
	}
	if (pv_partition_info(PV_SELF, &own) != PV_OK) {
		return "EL2 does not say if this is power-on";
	}
	if (own.n_starts == 1) {
		memset(memory.bytes, UINT8_MAX, MEMORY_BYTES); /* as it comes from the factory */
	}
	pv_i2c_server_open(&server, &operations, NULL);
	return NULL;
}

static enum pv_status serve(uint32_t *n)
{
	return pv_i2c_server_serve(&server, SERVICE_LIMIT, n);
}

struct service bus_service = {
	.name = "bus",
	.device = PV_VIRTIO_I2C,
	.open = open_bus,
	.queues = &server.queue,
	.n_queues = 1,
	.serve = serve,
	.waits_for = service_first_queue,
};
