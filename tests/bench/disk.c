/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads of 4 KiB from a disk that another partition serves, for tools/interference.py,
 * which counts the instructions of each side: one at a time, then N_AT_ONCE in flight.
 */
#include "tests/bench/operations.h"

#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/irq.h"
#include "pv/start.h"
#include "pv/virtio_block.h"

#define N_SAMPLES     25u
#define N_AT_ONCE     8u
#define BLOCK_BYTES   4096u
#define BLOCK_SECTORS (BLOCK_BYTES / PV_BLOCK_SECTOR_BYTES)
#define SETTLE_TICKS  100000u /* until the server sleeps */

static struct pv_block_client client;
static uint64_t blocks[N_AT_ONCE][BLOCK_BYTES / 8];

static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
}

static void sleep_unless_used(void)
{
	if (pv_virtqueue_driver_wait_begin(&client.queue)) {
		pv_wfi();
	}
	pv_virtqueue_driver_wait_end(&client.queue);
	pv_irq_take_pending();
}

/* From the call to the data. */
static void read_blocks(uint32_t n)
{
	uint32_t n_left = n;

	for (uint32_t i = 0; i < n; i++) {
		const struct pv_block_request request = {
			.kind = PV_BLOCK_READ,
			.sector = i * BLOCK_SECTORS,
			.memory = blocks[i],
			.bytes = BLOCK_BYTES,
			.tag = i,
		};

		if (pv_block_start(&client, &request) != PV_OK) {
			pv_panic("a read was refused");
		}
	}
	(void)pv_virtio_frontend_kick(&client.frontend, &client.queue);
	while (n_left > 0) {
		uint64_t tag;
		enum pv_block_result result;
		enum pv_status status = pv_block_finish(&client, &tag, &result);

		if (status == PV_OK && result == PV_BLOCK_OK) {
			n_left--;
		} else if (status == PV_EMPTY) {
			sleep_unless_used();
		} else {
			pv_panic("a read failed");
		}
	}
}

static void open_disk(void)
{
	const struct pv_virtio_frontend_config *device =
		pv_virtio_frontend_find("disk", PV_VIRTIO_BLOCK);
	enum pv_status status;

	if (device == NULL || !pv_irq_attach_edge(device->interrupt, on_interrupt, NULL)) {
		pv_panic("no device \"disk\"");
	}
	status = pv_block_client_open(&client, device, N_AT_ONCE);
	while (status == PV_OK && client.n_sectors == 0) { /* not served yet */
		if (!pv_virtio_frontend_is_config_new(&client.frontend)) {
			pv_wfi();
		}
		pv_irq_take_pending();
		status = pv_block_client_update(&client);
	}
	if (status != PV_OK) {
		pv_panic("no disk: status %d", (int)status);
	}
}

void guest_main(void)
{
	open_disk();
	pv_irq_enable(PV_TIMER_VIRTUAL_INTID);
	for (uint32_t i = 0; i < N_SAMPLES; i++) {
		pause_for(SETTLE_TICKS);
		operation_disk_read();
		read_blocks(1);
		operation_disk_read_end();
		pause_for(SETTLE_TICKS);
		operation_disk_reads();
		read_blocks(N_AT_ONCE);
		operation_disk_reads_end();
		pause_for(SETTLE_TICKS);
		operation_notify(client.frontend.config->registers + PV_VIRTIO_QUEUE_NOTIFY, 0);
	}
	operation_finish();
	pv_printf("done\n");
}
