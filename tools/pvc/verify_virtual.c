/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/verify.h"

#include "tools/pvc/util.h"
#include "tools/pvc/virtual_kinds.h"

#include <inttypes.h>

static void verify_device(struct verifier *verifier, const struct virtual_device *device,
			  const struct virtual_device_config *is)
{
	const struct {
		const char *what;
		uint64_t    is, should;
	} values[] = {
		{ "frontend", is->frontend, device->frontend->index },
		{ "kind", (uint64_t)is->device, device->kind->device_id },
		{ "backend", is->backend, device->backend->index },
		{ "word on DMA", is->backend_has_dma, device->has_dma },
		{ "frontend's interrupt", is->frontend_interrupt, device->frontend_interrupt },
		{ "backend's interrupt", is->backend_interrupt, device->backend_interrupt },
		{ "register page", is->registers.value, device->registers->pa },
		{ "state page", is->state.value, device->state->pa },
		{ "window", is->window.value, device->window->pa },
		{ "window's size", is->window_bytes, device->window->bytes },
		{ "features", is->features, device->features },
		{ "number of queues", is->n_queues, device->kind->n_queues },
		{ "size of queues", is->queue_size_max, device->queue_size },
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		verify_value(verifier,
			     xasprintf("virtual device %s: its %s", device->name, values[i].what),
			     values[i].is, values[i].should);
	}
	for (size_t i = 0; i < CONFIGURATION_WORDS; i++) {
		verify_value(verifier,
			     xasprintf("virtual device %s: word %zu of its configuration",
				       device->name, i),
			     is->configuration[i], device->configuration[i]);
	}
}

void verify_virtual_devices(struct verifier *verifier)
{
	const struct system *system = verifier->system;
	const struct virtual_device_config *devices;

	verify_value(verifier, "the number of virtual devices", verifier->config.n_virtual_devices,
		     system->n_virtual_devices);
	if (verifier->config.n_virtual_devices != system->n_virtual_devices) {
		return;
	}
	devices = verify_read_array(verifier, verifier->config.virtual_devices,
				    system->n_virtual_devices, sizeof(*devices), "virtual devices");
	for (size_t i = 0; devices != NULL && i < system->n_virtual_devices; i++) {
		verify_device(verifier, &system->virtual_devices[i], &devices[i]);
	}
}

static void verify_backends(struct verifier *verifier, const struct partition *partition,
			    const struct partition_config *config)
{
	const uint32_t *backends;

	verify_value(verifier, xasprintf("partition %s: its number of backends", partition->name),
		     config->n_backends, partition->n_backends);
	if (config->n_backends != partition->n_backends) {
		return;
	}
	backends = verify_read_array(verifier, config->backends, config->n_backends,
				     sizeof(*backends), "backends");
	for (size_t i = 0; backends != NULL && i < config->n_backends; i++) {
		verify_value(verifier, xasprintf("partition %s: its backend %zu", partition->name, i),
			     backends[i], partition->backends[i]->index);
	}
}

/* Each register page of the partition's, and no other. */
static void verify_registers(struct verifier *verifier, const struct partition *partition,
			     const struct partition_config *config)
{
	const struct mmio_config *mmio = verify_read_array(verifier, config->mmio, config->n_mmio,
							   sizeof(*mmio), "mmio");
	size_t n = 0;

	for (size_t i = 0; mmio != NULL && i < config->n_mmio; i++) {
		const struct virtual_device *device =
			mmio[i].virtual_device < verifier->system->n_virtual_devices
				? &verifier->system->virtual_devices[mmio[i].virtual_device]
				: NULL;

		if (mmio[i].kind != MMIO_VIRTIO) {
			continue;
		}
		n++;
		if (device == NULL || device->frontend != partition ||
		    mmio[i].base.value != device->registers->pa || mmio[i].bytes != MMU_PAGE) {
			verify_violation(verifier,
					 "partition %s: writes to 0x%" PRIx64
					 " reach virtual device number %" PRIu32
					 ", which is not its own there",
					 partition->name, mmio[i].base.value,
					 mmio[i].virtual_device);
		}
	}
	verify_value(verifier, xasprintf("partition %s: its number of frontends", partition->name), n,
		     partition->n_frontends);
}

void verify_virtual_ends(struct verifier *verifier, const struct partition *partition,
			 const struct partition_config *config)
{
	verify_backends(verifier, partition, config);
	verify_registers(verifier, partition, config);
}
