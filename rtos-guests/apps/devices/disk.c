/* SPDX-License-Identifier: Apache-2.0 */
/* A disk in the partition's memory, behind its image, where a restart leaves it alone. */
#include "rtos-guests/apps/devices/service.h"

#include "pv/hypercall.h"
#include "pv/platform.h"
#include "pv/string.h"
#include "pv/virtio_block.h"

#define DISK_OFFSET UINT64_C(0x100000) /* in the partition's memory */
#define DISK_BYTES  UINT64_C(0x100000)

extern char pv_image_end[];

static struct pv_block_memory memory;
static struct pv_block_server server;
static const struct pv_block_disk disk = {
	.operations = &pv_block_memory_operations,
	.context = &memory,
	.n_sectors = DISK_BYTES / PV_BLOCK_SECTOR_BYTES,
	.id = "paravent-ram-disk",
};

static const char *open_disk(void)
{
	const struct pv_memory_range *range = &pv_platform()->memory[0];
	struct pv_partition_info own;

	memory.memory = (unsigned char *)(uintptr_t)(range->base + DISK_OFFSET);
	if ((unsigned char *)pv_image_end > memory.memory || range->bytes < DISK_OFFSET + DISK_BYTES) {
		return "no room behind the image";
	}
	if (pv_partition_info(PV_SELF, &own) != PV_OK) {
		return "EL2 does not say if this is power-on";
	}
	if (own.n_starts == 1) {
		memset(memory.memory, 0, DISK_BYTES);
	}
	pv_block_server_open(&server, &disk);
	return NULL;
}

static enum pv_status serve(uint32_t *n)
{
	return pv_block_server_serve(&server, SERVICE_LIMIT, n);
}

struct service disk_service = {
	.name = "disk",
	.device = PV_VIRTIO_BLOCK,
	.open = open_disk,
	.queues = &server.queue,
	.n_queues = 1,
	.serve = serve,
	.waits_for = service_first_queue,
	.has_config = true,
	.config = DISK_BYTES / PV_BLOCK_SECTOR_BYTES,
};
