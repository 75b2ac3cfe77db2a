/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition that serves devices to others:
 *   disk    block    a disk in its memory; a restart leaves it alone, power-on clears it
 *   pins    gpio     pins of its GPIO block
 *   log     console  what is written comes out on this partition's console
 *   clock   console  a line written there is answered with date and time
 *   random  rng      bytes that do not repeat; nothing to make keys from
 *   bus     i2c      a bus with a memory of 256 bytes at address 0x50; kept as the disk is
 * It serves those that the system's DTS has, by these names.
 *
 * Boot arguments
 *   pins=5,6  the pins that are served as lines 0, 1..., as many as paravent,lines says
 */
#include "rtos-guests/apps/devices/service.h"

#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/start.h"
#include "pv/timer.h"

static struct service *const services[] = { &disk_service, &pins_service, &log_service,
					    &clock_service, &random_service, &bus_service };

#define N_SERVICES (sizeof(services) / sizeof(services[0]))

/* It only has to end the sleep. */
static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
}

static bool open_service(struct service *service)
{
	const struct pv_virtio_backend_config *config =
		pv_virtio_backend_find(service->name, service->device);

	if (config == NULL) {
		return false;
	}

	const char *fault = service->open();

	if (fault == NULL && !pv_irq_attach_edge(config->interrupt, on_interrupt, NULL)) {
		fault = "no room for its interrupt";
	}
	if (fault != NULL) {
		pv_printf("%s: not served: %s\n", service->name, fault);
		return false;
	}
	pv_virtio_backend_open(&service->backend, config, service->queues, service->n_queues);
	if (service->has_config && pv_virtio_config(config->number, 0, service->config,
						    PV_VIRTIO_CONFIG_NOTIFY) != PV_OK) {
		pv_panic("%s: EL2 does not take its configuration", service->name);
	}
	return true;
}

/* Until its driver resets the device, what it broke stays broken. */
static void note_state(struct service *service, enum pv_status status)
{
	bool is_broken = status != PV_OK;

	if (is_broken && !service->is_broken) {
		if (pv_seldom_tell(&service->breaches, pv_timer_now(), pv_timer_frequency())) {
			pv_printf("%s: the driver breaks the protocol, %u times so far\n", service->name,
				  service->breaches.n);
		}
	}
	service->is_broken = is_broken;
}

/* Returns if something was done. */
static bool serve(struct service *service)
{
	uint32_t n_resets = service->backend.n_resets;
	uint32_t n;

	if (pv_virtio_backend_update(&service->backend) != PV_OK) {
		return true; /* amid a change: look again */
	}
	if (service->backend.n_resets != n_resets && service->forget != NULL) {
		service->forget();
	}
	note_state(service, service->serve(&n));
	(void)pv_virtio_backend_signal(&service->backend);
	return n > 0;
}

static bool may_sleep(void)
{
	bool may = true;

	for (size_t i = 0; i < N_SERVICES; i++) {
		may = may && (!services[i]->is_served ||
			      pv_virtio_backend_wait_begin(&services[i]->backend,
							   services[i]->waits_for()));
	}
	return may;
}

static void wake(void)
{
	for (size_t i = 0; i < N_SERVICES; i++) {
		if (services[i]->is_served) {
			pv_virtio_backend_wait_end(&services[i]->backend);
		}
	}
}

void guest_main(void)
{
	uint32_t n_served = 0;

	for (size_t i = 0; i < N_SERVICES; i++) {
		services[i]->is_served = open_service(services[i]);
		n_served += services[i]->is_served;
	}
	pv_printf("%u of %u devices served\n", n_served, pv_n_virtio_backends);
	for (;;) {
		bool is_busy = false;

		for (size_t i = 0; i < N_SERVICES; i++) {
			is_busy = (services[i]->is_served && serve(services[i])) || is_busy;
		}
		if (!is_busy && may_sleep()) {
			pv_wfi(); /* masked: an interrupt since the last look ends it */
		}
		wake();
		pv_irq_take_pending();
	}
}
