/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/verify.h"

#include "tools/pvc/util.h"

#include <inttypes.h>

#define PPI_VIRTUAL_TIMER 27
#define PPI_EL1_TIMER     30
#define ISPENDR_OFFSET    0x200 /* Arm IHI 0069 "GICD_ISPENDR<n>" */

static bool is_own_memory(const struct partition *partition, uint64_t base, uint64_t bytes)
{
	for (size_t i = 0; i < partition->n_memory; i++) {
		const struct memory *memory = &partition->memory[i];

		if (base >= memory->pa && base - memory->pa <= memory->bytes &&
		    bytes <= memory->bytes - (base - memory->pa)) {
			return true;
		}
	}
	return false;
}

void verify_loads(struct verifier *verifier, const struct partition *partition,
			const struct partition_config *config)
{
	const struct load_config *loads = verify_read_array(
		verifier, config->loads, config->n_loads, sizeof(*loads), "loads");

	for (size_t i = 0; loads != NULL && i < config->n_loads; i++) {
		const uint64_t destination = loads[i].destination.value;
		uint64_t source = (uintptr_t)loads[i].source;

		if (!is_own_memory(partition, destination, loads[i].memory_bytes) ||
		    loads[i].file_bytes > loads[i].memory_bytes) {
			verify_violation(verifier, "partition %s: image %zu is copied to 0x%" PRIx64
				  ", %" PRIu64 " bytes, which is not all its own memory",
				  partition->name, i, destination, loads[i].memory_bytes);
		}
		if (loads[i].file_bytes > 0 &&
		    elf_file_offset(&verifier->elf, source, loads[i].file_bytes) == SIZE_MAX) {
			verify_violation(verifier,
					 "partition %s: image %zu (0x%" PRIx64 ", %" PRIu64
					 " bytes) is not in the file",
					 partition->name, i, source, loads[i].file_bytes);
		}
	}
}

static void claim(uint32_t *words, uint32_t intid)
{
	words[intid / 32 % INTID_WORDS] |= UINT32_C(1) << (intid % 32);
}

void verify_interrupts(struct verifier *verifier, const struct partition *partition,
			     const struct partition_config *config)
{
	const uint32_t *is = verify_read_array(verifier, config->interrupts, INTID_WORDS,
					       sizeof(*is), "interrupts");
	uint32_t should[INTID_WORDS] = { UINT32_C(0x7fff) }; /* SGIs; 15 is EL2's */

	claim(should, PPI_VIRTUAL_TIMER);
	claim(should, PPI_EL1_TIMER);
	for (size_t i = 0; i < verifier->system->n_devices; i++) {
		const struct device *device = &verifier->system->devices[i];

		for (size_t k = 0; device->owner == partition && k < device->n_interrupts; k++) {
			claim(should, device->interrupts[k]);
		}
	}
	for (size_t i = 0; i < partition->n_ports; i++) {
		if (partition->ports[i]->interrupt != 0) {
			claim(should, partition->ports[i]->interrupt);
		}
	}
	for (size_t i = 0; i < verifier->system->n_virtual_devices; i++) {
		const struct virtual_device *device = &verifier->system->virtual_devices[i];

		if (device->frontend == partition) {
			claim(should, device->frontend_interrupt);
		}
		if (device->backend == partition) {
			claim(should, device->backend_interrupt);
		}
	}
	for (uint32_t i = 0; is != NULL && i < INTID_WORDS * 32; i++) {
		uint32_t bit = UINT32_C(1) << (i % 32);

		if ((is[i / 32] & bit) != (should[i / 32] & bit)) {
			verify_violation(verifier, "partition %s %s interrupt %" PRIu32 " (INTID)",
				  partition->name,
				  (is[i / 32] & bit) != 0 ? "has, without the DTS giving it,"
							  : "has not, though the DTS gives it,", i);
		}
	}
}

void verify_doorbells(struct verifier *verifier, const struct partition *partition,
			    const struct partition_config *config)
{
	const struct doorbell_config *doorbells;

	verify_value(verifier, xasprintf("partition %s: its number of doorbells", partition->name),
		    config->n_doorbells, partition->n_doorbells);
	if (config->n_doorbells != partition->n_doorbells) {
		return;
	}
	doorbells = verify_read_array(verifier, config->doorbells, config->n_doorbells,
			       sizeof(*doorbells), "doorbells");
	for (size_t i = 0; doorbells != NULL && i < config->n_doorbells; i++) {
		const struct doorbell *should = &partition->doorbells[i];

		/* What the fast path stores, and where: no other register, no other interrupt. */
		if (doorbells[i].pend_register.value !=
			    verifier->system->gicd + ISPENDR_OFFSET + should->interrupt / 32 * 4 ||
		    doorbells[i].pend_bit != UINT32_C(1) << should->interrupt % 32) {
			verify_violation(verifier,
					 "partition %s: doorbell %zu stores 0x%" PRIx32
					 " to 0x%" PRIx64
					 ", which is not GICD_ISPENDR of interrupt %" PRIu32,
					 partition->name, i, doorbells[i].pend_bit,
					 doorbells[i].pend_register.value, should->interrupt);
		}
		if (doorbells[i].interrupt != should->interrupt ||
		    doorbells[i].partition_id != should->target->index) {
			verify_violation(
				verifier,
				"partition %s: doorbell %zu rings interrupt %" PRIu32
				" of partition number %" PRIu32 "; it must be %" PRIu32 " of %s",
				partition->name, i, doorbells[i].interrupt,
				doorbells[i].partition_id, should->interrupt, should->target->name);
		}
	}
}

void verify_windows(struct verifier *verifier)
{
	const struct system *system = verifier->system;
	const struct memory_config *windows;

	size_t n = 0;

	for (size_t i = 0; i < system->n_windows; i++) {
		n += system->windows[i]->is_page ? 0 : 1;
	}
	verify_value(verifier, "the number of windows", verifier->config.n_windows, n);
	if (verifier->config.n_windows != n) {
		return;
	}
	windows = verify_read_array(verifier, verifier->config.windows, n, sizeof(*windows),
				    "windows");
	for (size_t i = 0; windows != NULL && i < system->n_windows; i++) {
		const struct window *window = system->windows[i];

		if (!window->is_page) {
			verify_value(verifier, xasprintf("window %s: its address", window->name),
				     windows->pa.value, window->pa);
			verify_value(verifier, xasprintf("window %s: its size", window->name),
				     windows->bytes, window->bytes);
			windows++;
		}
	}
}

static bool is_writable_by_el2(const struct verifier *verifier, uint64_t address, uint64_t bytes)
{
	const struct el2_pages *pages = &verifier->pages;

	if (address < pages->base || address - pages->base >= MMU_BLOCK ||
	    bytes > MMU_BLOCK - (address - pages->base)) {
		return false;
	}
	for (uint64_t at = round_down(address, MMU_PAGE); at < address + bytes; at += MMU_PAGE) {
		size_t index = (size_t)((at - pages->base) / MMU_PAGE);

		if (pages->section[index] == NULL || pages->rights[index] != MMU_WRITE) {
			return false;
		}
	}
	return true;
}

void verify_messages(struct verifier *verifier)
{
	const struct system *system = verifier->system;
	const size_t n = verifier->config.n_message_channels;
	const struct message_channel_config *channels;

	channels = verify_read_array(verifier, verifier->config.message_channels, n,
				     sizeof(*channels), "message channels");
	for (size_t i = 0; i < system->n_channels; i++) {
		const struct channel *channel = &system->channels[i];
		const struct message_channel_config *is;
		const struct port *to;

		if (channel->kind != CHANNEL_MESSAGE || channels == NULL) {
			continue;
		}
		if (channel->message_index >= n) {
			verify_violation(verifier, "message channel %s is missing", channel->name);
			continue;
		}
		is = &channels[channel->message_index];
		to = channel->ports[channel->n_ports - 1];
		verify_value(verifier, xasprintf("message channel %s: its depth", channel->name),
			     is->depth, channel->depth);
		verify_value(verifier,
			     xasprintf("message channel %s: its destination", channel->name),
			     is->destination, to->partition->index);
		verify_value(verifier,
			     xasprintf("message channel %s: its interrupt", channel->name),
			     is->interrupt, to->interrupt);
		if (!is_writable_by_el2(verifier, (uintptr_t)is->slots,
					channel->depth * sizeof(*is->slots))) {
			verify_violation(verifier, "message channel %s: its queue (0x%" PRIxPTR
					 ") is not in EL2's writable memory", channel->name,
					 (uintptr_t)is->slots);
		}
	}
}
