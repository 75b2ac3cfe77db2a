/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/report.h"

#include "abi/hypercall.h"

#include "tools/pvc/mmu.h"
#include "tools/pvc/util.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *report_size(uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;
	uint64_t whole = bytes;

	while (unit + 1 < ARRAY_SIZE(units) && whole >= 1024) {
		whole /= 1024;
		unit++;
	}

	uint64_t step = UINT64_C(1) << (10 * unit);
	uint64_t tenths = (bytes % step * 10 + step / 2) / step;

	if (tenths == 0 || tenths == 10) {
		return xasprintf("%" PRIu64 " %s", whole + tenths / 10, units[unit]);
	}
	return xasprintf("%" PRIu64 ".%" PRIu64 " %s", whole, tenths, units[unit]);
}

const char *report_roles(const struct partition *partition)
{
	bool is_manager = (partition->roles & PV_ROLE_MANAGER) != 0;
	bool is_backend = (partition->roles & PV_ROLE_VIRTIO_BACKEND) != 0;

	return xasprintf("%s%s%s", is_manager ? "manager" : "", is_manager && is_backend ? ", " : "",
			 is_backend ? "virtio-backend" : "");
}

const char *report_ends(const struct channel *channel, enum port_direction direction)
{
	const char *list = "";

	for (size_t i = 0; i < channel->n_ports; i++) {
		const struct port *port = channel->ports[i];

		if (port->direction == direction) {
			list = xasprintf("%s%s%s%s", list, *list != '\0' ? ", " : "",
					 port->partition->name,
					 port->read_only ? " (read-only)" : "");
		}
	}
	return list;
}

const char *report_channel_kind(const struct channel *channel)
{
	switch (channel->kind) {
	case CHANNEL_SAMPLING:
		return xasprintf("sampling, %" PRIu32 " bytes%s%s", channel->message_bytes,
				 channel->refresh_us == 0 ? ""
				 : channel->refresh_us % 1000 == 0
					 ? xasprintf(", fresh for %" PRIu64 " ms",
						     channel->refresh_us / 1000)
					 : xasprintf(", fresh for %" PRIu64 " us",
						     channel->refresh_us),
				 channel->doorbell ? ", doorbell" : "");
	case CHANNEL_QUEUING:
		return xasprintf("queuing, %" PRIu32 " x %" PRIu32 " bytes", channel->depth,
				 channel->message_bytes);
	case CHANNEL_MESSAGE:
		return xasprintf("messages by register, %" PRIu32 " deep", channel->depth);
	case CHANNEL_WINDOW:
		break;
	}
	return xasprintf("shared memory, %s",
			 report_size(channel->n_windows > 0 ? channel->windows[0]->bytes : 0));
}

const char *report_image_kind(const struct partition *partition)
{
	switch (partition->image_kind) {
	case IMAGE_LINUX:
		return "Linux image";
	case IMAGE_ELF:
		return "ELF file";
	case IMAGE_RAW:
		break;
	}
	return "raw image";
}

const char *report_cores(const struct system *system, const struct partition *partition)
{
	const char *list = "";

	for (size_t i = 0; i < partition->n_cpus; i++) {
		list = xasprintf("%s%s%td", list, i > 0 ? ", " : "",
				 partition->cpus[i] - system->cpus);
	}
	return list;
}

const char *report_console(const struct system *system, const struct partition *partition)
{
	for (size_t i = 0; i < partition->n_devices; i++) {
		const char *name = partition->devices[i]->node.name;

		if (starts_with(name, "serial@") || starts_with(name, "uart@")) {
			return xasprintf("its own %s", name);
		}
	}
	if (!partition->has_console || system->console == NULL) {
		return "none";
	}
	return xasprintf("shared %s, as a PL011 at 0x%" PRIx64, system->console->node.name,
			 partition->uart);
}

static void add_interrupt(struct report_interrupts *list, struct report_interrupt interrupt)
{
	list->all = xgrow(list->all, list->n, list->n + 1, sizeof(*list->all));
	list->all[list->n++] = interrupt;
}

static int compare_interrupts(const void *a, const void *b)
{
	const struct report_interrupt *x = a;
	const struct report_interrupt *y = b;

	if (x->intid != y->intid) {
		return x->intid < y->intid ? -1 : 1;
	}
	return strcmp(x->owner, y->owner);
}

struct report_interrupts report_interrupts(const struct system *system)
{
	struct report_interrupts list = { 0 };

	for (size_t i = 0; i < system->n_devices; i++) {
		const struct device *device = &system->devices[i];

		for (size_t k = 0; device->use != DEVICE_FREE && k < device->n_interrupts; k++) {
			add_interrupt(&list,
				      (struct report_interrupt){
					      .intid = device->interrupts[k],
					      .source = device->node.name,
					      .partition = device->owner,
					      .owner = device->owner != NULL ? device->owner->name
									     : "paravent" });
		}
	}
	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		for (size_t k = 0; k < partition->n_ports; k++) {
			const struct port *port = partition->ports[k];

			if (port->interrupt != 0) {
				add_interrupt(&list, (struct report_interrupt){
					.intid = port->interrupt, .owner = partition->name,
					.partition = partition,
					.source = xasprintf("port %s", port->channel->name) });
			}
		}
	}
	for (size_t i = 0; i < system->n_virtual_devices; i++) {
		const struct virtual_device *device = &system->virtual_devices[i];

		add_interrupt(&list, (struct report_interrupt){
			.intid = device->frontend_interrupt, .owner = device->frontend->name,
			.partition = device->frontend,
			.source = xasprintf("%s, its backend", device->name) });
		add_interrupt(&list, (struct report_interrupt){
			.intid = device->backend_interrupt, .owner = device->backend->name,
			.partition = device->backend,
			.source = xasprintf("%s, its frontend", device->name) });
	}
	if (list.n > 0) {
		qsort(list.all, list.n, sizeof(*list.all), compare_interrupts);
	}
	return list;
}

static int compare_devices(const void *a, const void *b)
{
	const struct device *const *x = a;
	const struct device *const *y = b;

	return ((*x)->reg[0].base > (*y)->reg[0].base) - ((*x)->reg[0].base < (*y)->reg[0].base);
}

struct report_devices report_devices(const struct system *system)
{
	struct report_devices list = { .all = xarray(system->n_devices, sizeof(*list.all)) };

	for (size_t i = 0; i < system->n_devices; i++) {
		if (system->devices[i].use != DEVICE_FREE && system->devices[i].n_reg > 0) {
			list.all[list.n++] = &system->devices[i];
		}
	}
	if (list.n > 0) {
		qsort(list.all, list.n, sizeof(*list.all), compare_devices);
	}
	return list;
}

struct regions report_memory(const struct system *system)
{
	struct regions all = system_regions(system);
	struct regions memory = { .all = xarray(all.n, sizeof(*memory.all)) };
	size_t n_windows = 0;

	for (size_t i = 0; i < all.n; i++) {
		const struct region *next = &all.all[i];
		struct region *last = memory.n > 0 ? &memory.all[memory.n - 1] : NULL;

		if (next->kind == REGION_DEVICE) {
			continue;
		}
		if (next->kind == REGION_WINDOW && last != NULL && last->kind == REGION_WINDOW &&
		    last->base + last->bytes == next->base) {
			last->bytes += next->bytes;
			last->name = xasprintf("%zu windows", ++n_windows);
			last->owner = NULL;
			last->partition = NULL;
			continue;
		}
		n_windows = 1;
		memory.all[memory.n++] = *next;
	}
	return memory;
}

uint64_t report_table_bytes(const struct system *system)
{
	const struct mmu *mmu = mmu_build(system);

	if (mmu == NULL) {
		return 0;
	}
	return mmu->n_tables * MMU_PAGE + 2 * mmu_root_bytes(mmu->el2_bits) +
	       2 * system->n_partitions * mmu_root_bytes(mmu->stage2_bits);
}
