/* SPDX-License-Identifier: Apache-2.0 */
/* The backend that the guest "vdriver" orders about. It never ends by itself. */
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/mmio.h"
#include "pv/start.h"
#include "pv/virtual_device.h"
#include "tests/qemu/guests/virtio/orders.h"

static const struct pv_virtio_backend_config *device;
static struct orders *orders;
static uint32_t served; /* epoch; 0: none yet */

static void load_barrier(void)
{
	__asm__ volatile("dmb ishld" ::: "memory");
}

/* As docs/abi.md says, word by word. */
static void read_state(struct pv_virtio_state *to)
{
	uint32_t *words = (uint32_t *)to;
	uint32_t sequence;

	do {
		sequence = pv_mmio_read32(device->state);
		load_barrier(); /* the sequence before the state */
		for (uint64_t i = 0; i < sizeof(*to) / 4; i++) {
			words[i] = pv_mmio_read32(device->state + 4 * i);
		}
		load_barrier(); /* the state before the sequence again */
	} while (sequence % 2 != 0 || pv_mmio_read32(device->state) != sequence);
}

static void on_ring(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	orders->n_rings++;
}

static void obey(void)
{
	switch ((enum order)orders->kind) {
	case ORDER_HOLD:
		orders->is_holding = 1;
		break;
	case ORDER_ACKNOWLEDGE:
		orders->is_holding = 0;
		break;
	case ORDER_CONFIGURE:
		(void)pv_virtio_config(device->number, 0, orders->argument, PV_VIRTIO_CONFIG_NOTIFY);
		break;
	case ORDER_REPORT:
		break;
	}
}

void guest_main(void)
{
	struct pv_partition_info own = { .n_starts = 0 };

	device = pv_virtio_backend_find(DEVICE_NAME, PV_VIRTIO_BLOCK);
	if (device == NULL || !pv_irq_attach_edge(device->interrupt, on_ring, NULL)) {
		pv_panic("no device \"" DEVICE_NAME "\"");
	}
	orders = orders_in(device->window, device->window_bytes);
	(void)pv_partition_info(PV_SELF, &own);
	orders->n_starts = own.n_starts;
	for (;;) {
		uint32_t n_given = __atomic_load_n(&orders->n_given, __ATOMIC_ACQUIRE);
		struct pv_virtio_state state;

		if (n_given != orders->n_done) {
			obey();
		}
		read_state(&state);
		if (state.epoch != served && orders->is_holding == 0 &&
		    pv_virtio_acknowledge(device->number, state.epoch) == PV_OK) {
			served = state.epoch;
		}
		if (n_given != orders->n_done) {
			orders->state = state;
			__atomic_store_n(&orders->n_done, n_given, __ATOMIC_RELEASE);
			continue; /* what rang meanwhile */
		}
		pv_wfi();
		pv_irq_take_pending();
	}
}
