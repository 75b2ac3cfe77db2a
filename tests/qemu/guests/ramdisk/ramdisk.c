/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block server: a disk in this partition's memory, but for the ends of it, with
 * image and devicetree, which a restart writes anew. It restarts N_RESTARTS times
 * under load, each time at another place, and goes on where the used ring stands.
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/start.h"
#include "pv/string.h"
#include "pv/virtio_backend.h"
#include "pv/virtio_block.h"
#include "tests/qemu/guests/report.h"

#define DISK_MARGIN       UINT64_C(0x180000) /* of the partition's memory, at both ends */
#define WRITES_PER_LIFE   500u
#define REQUESTS_AT_A_TIME 16u

/* Where each life ends. */
enum { RESET_BEFORE_WRITE = 1, RESET_AMID_WRITE, RESET_AFTER_WRITE, RESET_BEFORE_INTERRUPT };
#define N_RESTARTS ((uint32_t)RESET_BEFORE_INTERRUPT)

extern char pv_image_end[];

static uint32_t life; /* 1 at power-on */
static uint32_t n_writes;
static struct pv_block_memory memory;
static struct pv_block_server server;
static struct pv_virtio_backend backend;

static bool is_time_for(uint32_t place)
{
	return life == place && n_writes == WRITES_PER_LIFE;
}

static bool disk_read(void *context, uint64_t sector, void *to, uint32_t n_sectors)
{
	return pv_block_memory_operations.read(context, sector, to, n_sectors);
}

static bool disk_write(void *context, uint64_t sector, const void *from, uint32_t n_sectors)
{
	n_writes++;
	if (is_time_for(RESET_BEFORE_WRITE)) {
		pv_system_reset();
	}
	if (is_time_for(RESET_AMID_WRITE)) {
		(void)pv_block_memory_operations.write(context, sector, from, n_sectors / 2);
		pv_system_reset();
	}
	(void)pv_block_memory_operations.write(context, sector, from, n_sectors);
	if (is_time_for(RESET_AFTER_WRITE)) {
		pv_system_reset();
	}
	return true;
}

static const struct pv_block_operations operations = { .read = disk_read, .write = disk_write };

static struct pv_block_disk disk = {
	.operations = &operations,
	.context = &memory,
	.id = "paravent-ram-disk",
};

static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
}

static void find_disk(void)
{
	const struct pv_memory_range *range = &pv_platform()->memory[0];
	struct pv_partition_info own;

	if (pv_partition_info(PV_SELF, &own) != PV_OK) {
		pv_panic("no information on this partition");
	}
	life = own.n_starts;
	memory.memory = (unsigned char *)(uintptr_t)(range->base + DISK_MARGIN);
	if ((unsigned char *)pv_image_end > memory.memory || range->bytes <= 2 * DISK_MARGIN) {
		pv_panic("no room for the disk behind the image");
	}
	disk.n_sectors = (range->bytes - 2 * DISK_MARGIN) / PV_BLOCK_SECTOR_BYTES;
	if (life == 1) {
		memset(memory.memory, 0, disk.n_sectors * PV_BLOCK_SECTOR_BYTES);
	}
}

static void serve(void)
{
	for (;;) {
		uint32_t n;

		if (pv_virtio_backend_update(&backend) != PV_OK ||
		    pv_block_server_serve(&server, REQUESTS_AT_A_TIME, &n) != PV_OK) {
			report(false, "the client's queue and requests make sense");
			pv_panic("queue broken");
		}
		if (life == RESET_BEFORE_INTERRUPT && n_writes >= WRITES_PER_LIFE && n > 0) {
			pv_system_reset();
		}
		(void)pv_virtio_backend_signal(&backend);
		if (n == 0 && pv_virtio_backend_wait_begin(&backend, 1)) {
			pv_wfi();
		}
		pv_virtio_backend_wait_end(&backend);
		pv_irq_take_pending();
	}
}

void guest_main(void)
{
	const struct pv_virtio_backend_config *device =
		pv_virtio_backend_find("disk", PV_VIRTIO_BLOCK);

	if (device == NULL || !pv_irq_attach_edge(device->interrupt, on_interrupt, NULL)) {
		pv_panic("no device \"disk\"");
	}
	find_disk();
	pv_block_server_open(&server, &disk);
	pv_virtio_backend_open(&backend, device, &server.queue, 1);
	if (pv_virtio_config(device->number, 0, disk.n_sectors, PV_VIRTIO_CONFIG_NOTIFY) != PV_OK ||
	    pv_virtio_backend_update(&backend) != PV_OK) {
		pv_panic("the device does not listen");
	}
	pv_printf("ramdisk: start %u of %u, goes on at request %u\n", life, N_RESTARTS + 1,
		  server.queue.next_used);
	serve();
}
