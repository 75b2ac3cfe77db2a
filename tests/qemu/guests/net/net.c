/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver of virtio network devices and lwIP on a device of this partition's
 * own: QEMU's, whose register page is the same. Answers pings and TCP's echo
 * port; the test at the other end of the wire judges.
 *
 * QEMU's device cannot be rung by a hypercall, and wants its interrupts
 * acknowledged: both is done here.
 *
 * Boot arguments	ip=10.0.2.50/24 gw=10.0.2.2
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/device.h"
#include "pv/exception.h"
#include "pv/irq.h"
#include "pv/mmio.h"
#include "pv/network.h"
#include "pv/platform.h"
#include "pv/start.h"
#include "pv/timer.h"
#include "rtos-guests/apps/netdisk/echo.h"

#define WINDOW_BYTES (512u * 1024u)
#define N_QUEUES     2u
#define NO_DOORBELL  UINT32_MAX
#define US_PER_MS    UINT64_C(1000)

static unsigned char window[WINDOW_BYTES] __attribute__((aligned(4096)));
static struct pv_virtio_frontend_config config;
static struct pv_network network;

static void on_interrupt(uint32_t intid, void *context)
{
	uint64_t registers = config.registers;

	(void)intid;
	(void)context;
	/* The other bit, a new configuration, is for the driver. */
	pv_mmio_write32(registers + PV_VIRTIO_INTERRUPT_ACK,
			pv_mmio_read32(registers + PV_VIRTIO_INTERRUPT_STATUS) &
				PV_VIRTIO_INTERRUPT_USED);
}

static void on_timer(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	pv_timer_stop(PV_TIMER_VIRTUAL);
}

static void find_device(void)
{
	const struct pv_device *device;

	for (uint32_t i = 0; (device = pv_device_find("virtio,mmio", i)) != NULL; i++) {
		if (pv_mmio_read32(device->base + PV_VIRTIO_DEVICE_ID) == PV_VIRTIO_NET) {
			config = (struct pv_virtio_frontend_config){
				.name = device->name, .device_id = PV_VIRTIO_NET,
				.registers = device->base, .window = (uintptr_t)window,
				.window_bytes = sizeof(window), .interrupt = device->interrupts[0],
				.doorbell = NO_DOORBELL,
			};
			return;
		}
	}
	pv_panic("none of the devices is a network");
}

static void on_link(struct netif *netif)
{
	pv_printf("net: link %s\n", netif_is_link_up(netif) ? "up" : "down");
}

static void open_network(void)
{
	struct pv_network_address address;
	char ip[24] = "", gateway[16] = "";

	(void)pv_platform_argument("ip", ip, sizeof(ip));
	(void)pv_platform_argument("gw", gateway, sizeof(gateway));
	find_device();
	if (!pv_network_parse(ip, gateway, &address) ||
	    !pv_irq_attach_edge(config.interrupt, on_interrupt, NULL) ||
	    !pv_irq_attach(PV_TIMER_VIRTUAL_INTID, on_timer, NULL)) {
		pv_panic("no address or no interrupt");
	}
	pv_network_open(&network, &config, &address);
	netif_set_link_callback(&network.netif, on_link);
	on_link(&network.netif);
	if (!network.is_open || !echo_open(ECHO_PORT)) {
		pv_panic("the device cannot be used, or lwIP has no memory");
	}
}

void guest_main(void)
{
	open_network();
	pv_printf("net: ready\n");
	for (;;) {
		pv_network_run(&network);
		for (uint32_t queue = 0; queue < N_QUEUES; queue++) {
			pv_mmio_write32(config.registers + PV_VIRTIO_QUEUE_NOTIFY, queue);
		}
		pv_timer_set(PV_TIMER_VIRTUAL,
			     pv_timer_now() + pv_ticks_from_us(pv_network_sleep_ms() * US_PER_MS));
		if (pv_network_wait_begin(&network)) {
			pv_wfi(); /* masked: an interrupt since the last look ends it */
		}
		pv_network_wait_end(&network);
		pv_irq_take_pending();
	}
}
