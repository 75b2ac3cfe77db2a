/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netdisk: a partition with a disk and a network that another partition serves, or a
 * network that it serves itself, as the one peer of its driver.
 *
 *	disk  writes numbered records and reads them back (records.c)
 *	net   answers pings, echoes what comes by TCP to port 7 (echo.c)
 *
 * One main loop on the SDK alone: what came, what is due, sleep.
 *
 * Devices		"disk" (block), frontend, and "net" (net), either end; it does without
 *			one that is missing
 * Boot arguments	ip=10.0.2.50/24 gw=10.0.2.2 (the gateway may be left out)
 */
#include "rtos-guests/apps/netdisk/echo.h"
#include "rtos-guests/apps/netdisk/records.h"

#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/irq.h"
#include "pv/network.h"
#include "pv/platform.h"
#include "pv/start.h"
#include "pv/timer.h"

#include "lwip/ip4_addr.h"

#define US_PER_MS UINT64_C(1000)

static struct records records;
static struct pv_network network;
static bool has_disk, has_network;

/* It has woken the loop, which looks at everything. */
static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
}

static void on_timer(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	pv_timer_stop(PV_TIMER_VIRTUAL);
}

static const struct pv_virtio_frontend_config *find(const char *name, enum pv_virtio_device kind)
{
	const struct pv_virtio_frontend_config *config = pv_virtio_frontend_find(name, kind);

	if (config == NULL) {
		pv_printf("%s: this partition has no virtual device of that name and kind\n", name);
	} else if (!pv_irq_attach_edge(config->interrupt, on_interrupt, NULL)) {
		pv_panic("%s: no room for another interrupt", name);
	}
	return config;
}

static void on_link(struct netif *netif)
{
	if (netif_is_link_up(netif)) {
		pv_printf("net: link up %s\n", ip4addr_ntoa(netif_ip4_addr(netif)));
	} else {
		pv_printf("net: link down\n");
	}
}

/* The backend's end, if it is here; else the driver's. False: neither. */
static bool open_end(const struct pv_network_address *address)
{
	const struct pv_virtio_backend_config *served = pv_virtio_backend_find("net", PV_VIRTIO_NET);
	const struct pv_virtio_frontend_config *config;

	if (served != NULL) {
		if (!pv_irq_attach_edge(served->interrupt, on_interrupt, NULL)) {
			pv_panic("net: no room for another interrupt");
		}
		pv_network_serve(&network, served, address);
		return true;
	}
	config = find("net", PV_VIRTIO_NET);
	if (config != NULL) {
		pv_network_open(&network, config, address);
	}
	return config != NULL;
}

static void open_network(void)
{
	struct pv_network_address address;
	char ip[24] = "", gateway[16] = "";

	(void)pv_platform_argument("ip", ip, sizeof(ip));
	(void)pv_platform_argument("gw", gateway, sizeof(gateway));
	if (!pv_network_parse(ip, gateway, &address)) {
		pv_printf("net: ip=\"%s\" gw=\"%s\" are no addresses; bootargs take ip=10.0.2.50/24 "
			  "gw=10.0.2.2\n", ip, gateway);
		return;
	}
	if (!open_end(&address)) {
		return;
	}
	netif_set_link_callback(&network.netif, on_link);
	on_link(&network.netif);
	if (!echo_open(ECHO_PORT)) {
		pv_panic("net: lwIP has no memory for the echo port");
	}
	has_network = true;
}

static void open_disk(void)
{
	const struct pv_virtio_frontend_config *config = find("disk", PV_VIRTIO_BLOCK);

	if (config != NULL) {
		records_open(&records, config);
		has_disk = true;
	}
}

static uint64_t run(uint64_t now)
{
	uint64_t due = UINT64_MAX;

	if (has_network) {
		pv_network_run(&network);
		due = now + pv_ticks_from_us(pv_network_sleep_ms() * US_PER_MS);
	}
	if (has_disk) {
		uint64_t disk_due;

		records_run(&records, now);
		disk_due = records_due(&records);
		due = disk_due < due ? disk_due : due;
	}
	return due;
}

/* Interrupts are masked but for the end: one that came since the last look ends the sleep. */
static void sleep_until(uint64_t due)
{
	bool may_sleep = !has_network || pv_network_wait_begin(&network);

	may_sleep = (!has_disk || records_wait_begin(&records)) && may_sleep;
	pv_timer_set(PV_TIMER_VIRTUAL, due);
	if (may_sleep) {
		pv_wfi();
	}
	if (has_disk) {
		records_wait_end(&records);
	}
	if (has_network) {
		pv_network_wait_end(&network);
	}
	pv_irq_take_pending();
}

void guest_main(void)
{
	if (!pv_irq_attach(PV_TIMER_VIRTUAL_INTID, on_timer, NULL)) {
		pv_panic("no room for the timer's interrupt");
	}
	open_network();
	open_disk();
	for (;;) {
		sleep_until(run(pv_timer_now()));
	}
}
