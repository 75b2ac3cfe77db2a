/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/dtb_virtual.h"

#include "abi/virtio.h"
#include "tools/pvc/util.h"
#include "tools/pvc/virtual_kinds.h"

#include <inttypes.h>

/* The controllers among the devices need a node of their own for others to refer to. */
static void put_controller(struct dtb *dtb, const struct virtual_device *device)
{
	if (device->kind->device_id == PV_VIRTIO_GPIO) {
		dtb_open(dtb, "gpio");
		dtb_text(dtb, "compatible", "virtio,device29"); /* 41 in hexadecimal */
		dtb_flag(dtb, "gpio-controller");
		dtb_cell(dtb, "#gpio-cells", 2);
		dtb_close(dtb);
	} else if (device->kind->device_id == PV_VIRTIO_I2C) {
		dtb_open(dtb, "i2c");
		dtb_text(dtb, "compatible", "virtio,device22"); /* 34 */
		dtb_cell(dtb, "#address-cells", 1);
		dtb_cell(dtb, "#size-cells", 0);
		dtb_close(dtb);
	}
}

void dtb_frontend(struct dtb *dtb, const struct virtual_device *device, uint32_t window)
{
	const uint64_t reg[] = { device->registers->pa, PV_VIRTIO_REGISTER_BYTES };

	dtb_open(dtb, xasprintf("virtio@%" PRIx64, device->registers->pa));
	dtb_text(dtb, "compatible", "virtio,mmio");
	dtb_text(dtb, "label", device->name);
	dtb_numbers(dtb, "reg", reg, 2);
	dtb_edge_interrupt(dtb, device->frontend_interrupt);
	dtb_flag(dtb, "dma-coherent");
	dtb_cell(dtb, "memory-region", window);
	dtb_cell(dtb, "paravent,doorbell", device->frontend_doorbell);
	dtb_text(dtb, "paravent,backend", device->backend->name);
	put_controller(dtb, device);
	dtb_close(dtb);
}

void dtb_backend(struct dtb *dtb, const struct virtual_device *device, uint32_t window)
{
	dtb_open(dtb, xasprintf("virtio-backend@%" PRIx32, device->number));
	dtb_text(dtb, "compatible", "paravent,virtio-backend-1");
	dtb_cell(dtb, "reg", device->number);
	dtb_text(dtb, "label", device->name);
	dtb_cell(dtb, "paravent,device-id", device->kind->device_id);
	dtb_text(dtb, "paravent,frontend", device->frontend->name);
	dtb_cell(dtb, "memory-region", window);
	dtb_numbers(dtb, "paravent,state", &device->state->pa, 1);
	dtb_numbers(dtb, "paravent,features", &device->features, 1);
	dtb_cells(dtb, "paravent,queues",
		  (const uint32_t[]){ device->kind->n_queues, device->queue_size }, 2);
	dtb_edge_interrupt(dtb, device->backend_interrupt);
	dtb_cell(dtb, "paravent,doorbell", device->backend_doorbell);
	if (device->read_only) {
		dtb_flag(dtb, "paravent,read-only");
	}
	if (device->kind->device_id == PV_VIRTIO_NET) {
		/* It shares eight bytes of configuration with the link, which the backend sets. */
		dtb_bytes(dtb, "local-mac-address", device->mac, sizeof(device->mac));
	}
	dtb_close(dtb);
}
