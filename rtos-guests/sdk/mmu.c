/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identity map with 4 KiB pages, 2 MiB and 1 GiB blocks; 39 bits, three levels.
 *
 * Owns     pv_mmu_root and the table pool.
 * Locks    map_lock once the MMU is on; before that only the first CPU runs.
 * Spec     Arm DDI 0487 "VMSAv8-64 translation table format descriptors".
 */
#include "pv/mmu.h"

#include "rtos-guests/sdk/internal.h"

#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/device.h"
#include "pv/platform.h"
#include "pv/virtual_device.h"

#define PAGE_BYTES   UINT64_C(4096)
#define ENTRIES      512u
#define ADDRESS_BITS 39
#define TABLES_MAX   24
#define LEVEL_ROOT   1
#define LEVEL_PAGE   3

#define ENTRY_VALID     UINT64_C(1)
#define ENTRY_TABLE     UINT64_C(3) /* also: a page, at level 3 */
#define ENTRY_BLOCK     UINT64_C(1)
#define ENTRY_KIND      UINT64_C(3)
#define ENTRY_ADDRESS   UINT64_C(0x0000fffffffff000)
#define ENTRY_ATTR(n)   ((uint64_t)(n) << 2)
#define ENTRY_READ_ONLY (UINT64_C(1) << 7)
#define ENTRY_INNER     (UINT64_C(3) << 8)
#define ENTRY_ACCESSED  (UINT64_C(1) << 10)
#define ENTRY_PXN       (UINT64_C(1) << 53)
#define ENTRY_UXN       (UINT64_C(1) << 54)

/* MAIR_EL1 of start.S. */
#define ATTR_NORMAL 0
#define ATTR_DEVICE 1

#define NORMAL (ENTRY_ATTR(ATTR_NORMAL) | ENTRY_INNER | ENTRY_ACCESSED | ENTRY_UXN)
#define DEVICE (ENTRY_ATTR(ATTR_DEVICE) | ENTRY_ACCESSED | ENTRY_UXN | ENTRY_PXN)

#define SCTLR_EL1_M UINT64_C(1)

struct table {
	uint64_t entry[ENTRIES];
} __attribute__((aligned(4096)));

struct table pv_mmu_root; /* read by start.S */
static struct table tables[TABLES_MAX];
static unsigned n_tables;
static struct pv_lock map_lock;

static uint64_t attributes_of(enum pv_memory memory)
{
	switch (memory) {
	case PV_MEMORY_NORMAL:
		return NORMAL | ENTRY_PXN;
	case PV_MEMORY_NORMAL_RO:
		return NORMAL | ENTRY_PXN | ENTRY_READ_ONLY;
	case PV_MEMORY_CODE:
		return NORMAL | ENTRY_READ_ONLY;
	case PV_MEMORY_CODE_RW:
		return NORMAL;
	case PV_MEMORY_DEVICE:
		return DEVICE;
	case PV_MEMORY_DEVICE_RO:
		return DEVICE | ENTRY_READ_ONLY;
	case PV_MEMORY_NONE:
	default:
		return 0;
	}
}

/* Bytes one entry of a level covers. */
static uint64_t span_of(int level)
{
	return PAGE_BYTES << 9 * (LEVEL_PAGE - level);
}

static uint64_t index_of(uint64_t address, int level)
{
	return address / span_of(level) % ENTRIES;
}

static bool is_mmu_on(void)
{
	return (pv_sysreg_read(sctlr_el1) & SCTLR_EL1_M) != 0;
}

/* No CPU of the partition keeps a translation from before. */
static void forget_translations(void)
{
	__asm__ volatile("dsb ishst\n\t" /* entries written before they are forgotten */
			 "tlbi vmalle1is\n\t"
			 "dsb ish\n\t" /* forgotten everywhere before we go on */
			 "isb" ::
				 : "memory");
}

/* A live entry goes through "invalid", as the architecture demands (break-before-make). */
static void write_entry(uint64_t *entry, uint64_t value)
{
	uint64_t old = *entry;

	if ((old & ENTRY_VALID) != 0 && old != value && is_mmu_on()) {
		__atomic_store_n(entry, 0, __ATOMIC_RELAXED);
		forget_translations();
	}
	__atomic_store_n(entry, value, __ATOMIC_RELAXED);
}

/* The table below an entry, made from the block or the hole that was there; NULL: none left. */
static struct table *table_below(uint64_t *entry, int level)
{
	if (level < LEVEL_PAGE && (*entry & ENTRY_KIND) == ENTRY_TABLE) {
		return (struct table *)(uintptr_t)(*entry & ENTRY_ADDRESS);
	}
	if (n_tables == TABLES_MAX) {
		return NULL;
	}

	struct table *table = &tables[n_tables++];
	uint64_t step = span_of(level + 1);
	uint64_t kind = level + 1 == LEVEL_PAGE ? ENTRY_TABLE : ENTRY_BLOCK;

	for (uint64_t i = 0; i < ENTRIES; i++) {
		bool was_block = (*entry & ENTRY_VALID) != 0;

		table->entry[i] = was_block ? ((*entry & ~ENTRY_KIND) + i * step) | kind : 0;
	}
	write_entry(entry, (uintptr_t)table | ENTRY_TABLE);
	return table;
}

/* Map one page or block at `at`, the largest that fits before `end`; its size, 0: no table left. */
static uint64_t map_piece(uint64_t at, uint64_t end, uint64_t attributes)
{
	struct table *table = &pv_mmu_root;

	for (int level = LEVEL_ROOT;; level++) {
		uint64_t *entry = &table->entry[index_of(at, level)];
		uint64_t span = span_of(level);
		bool is_table = level < LEVEL_PAGE && (*entry & ENTRY_KIND) == ENTRY_TABLE;

		if (!is_table && at % span == 0 && end - at >= span) {
			uint64_t kind = level == LEVEL_PAGE ? ENTRY_TABLE : ENTRY_BLOCK;

			write_entry(entry, attributes == 0 ? 0 : at | attributes | kind);
			return span;
		}
		table = table_below(entry, level);
		if (table == NULL) {
			return 0;
		}
	}
}

enum pv_status pv_mmu_map(uint64_t base, uint64_t bytes, enum pv_memory memory)
{
	uint64_t limit = UINT64_C(1) << ADDRESS_BITS;

	if (base >= limit || bytes > limit - base) {
		return PV_BAD_ARGUMENT;
	}

	uint64_t at = base & ~(PAGE_BYTES - 1);
	uint64_t end = (base + bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	uint64_t attributes = attributes_of(memory);
	uint64_t mask = is_mmu_on() ? pv_lock(&map_lock) : 0;
	enum pv_status status = PV_OK;

	while (at < end && status == PV_OK) {
		uint64_t done = map_piece(at, end, attributes);

		at += done;
		status = done != 0 ? PV_OK : PV_FULL;
	}
	if (is_mmu_on()) {
		forget_translations();
		pv_unlock(&map_lock, mask);
	}
	return status;
}

static uint64_t cache_line_bytes(void)
{
	return UINT64_C(4) << (pv_sysreg_read(ctr_el0) >> 16 & 0xf);
}

void pv_cache_clean(const void *from, size_t bytes)
{
	uint64_t line = cache_line_bytes();
	uint64_t end = (uintptr_t)from + bytes;

	for (uint64_t at = (uintptr_t)from & ~(line - 1); at < end; at += line) {
		__asm__ volatile("dc cvac, %0" ::"r"(at) : "memory");
	}
	pv_dsb(); /* written out before whoever reads it is told */
}

/*
 * What start-up stored with caches off went to memory past any line that caches
 * still hold of it: drop those before they are looked at.
 */
static void cache_drop(const void *from, const void *end)
{
	uint64_t line = cache_line_bytes();

	for (uint64_t at = (uintptr_t)from & ~(line - 1); at < (uintptr_t)end; at += line) {
		__asm__ volatile("dc ivac, %0" ::"r"(at) : "memory");
	}
	pv_dsb(); /* dropped before the MMU and caches go on */
}

static void map_or_stop(uint64_t base, uint64_t bytes, enum pv_memory memory)
{
	if (bytes > 0 && pv_mmu_map(base, bytes, memory) != PV_OK) {
		pv_printf("cannot map %lu bytes at 0x%lx: no page table is left, raise TABLES_MAX\n",
			  (unsigned long)bytes, (unsigned long)base);
		pv_system_off();
	}
}

static void map_between(const char *from, const char *end, enum pv_memory memory)
{
	map_or_stop((uintptr_t)from, (uint64_t)(end - from), memory);
}

/*
 * The peers' pages read-only, as stage 2 has them: a stray store is then a fault
 * of our own with our own report, not the end of the partition.
 */
static void map_queuing(const struct pv_port_config *port)
{
	bool is_source = port->direction == PV_PORT_SOURCE;

	map_or_stop(port->source_window, PV_QUEUING_SOURCE_BYTES(port->message_bytes, port->depth),
		    is_source ? PV_MEMORY_NORMAL : PV_MEMORY_NORMAL_RO);
	map_or_stop(port->destination_window, PV_QUEUING_DESTINATION_BYTES,
		    is_source ? PV_MEMORY_NORMAL_RO : PV_MEMORY_NORMAL);
}

static void map_port(const struct pv_port_config *port)
{
	switch (port->kind) {
	case PV_PORT_SAMPLING:
		map_or_stop(port->source_window, PV_SAMPLING_BYTES(port->message_bytes),
			    port->direction == PV_PORT_SOURCE ? PV_MEMORY_NORMAL
							      : PV_MEMORY_NORMAL_RO);
		break;
	case PV_PORT_QUEUING:
		map_queuing(port);
		break;
	case PV_PORT_WINDOW:
		map_or_stop(port->source_window, port->message_bytes, PV_MEMORY_NORMAL);
		break;
	case PV_PORT_MESSAGE:
	default:
		break;
	}
}

/* Stores to a register page are meant, and trap; those to a state page never are. */
static void map_virtual_devices(void)
{
	for (uint32_t i = 0; i < pv_n_virtio_frontends; i++) {
		const struct pv_virtio_frontend_config *device = &pv_virtio_frontends[i];

		map_or_stop(device->registers, PAGE_BYTES, PV_MEMORY_DEVICE);
		map_or_stop(device->window, device->window_bytes, PV_MEMORY_NORMAL);
	}
	for (uint32_t i = 0; i < pv_n_virtio_backends; i++) {
		const struct pv_virtio_backend_config *device = &pv_virtio_backends[i];

		map_or_stop(device->state, PAGE_BYTES, PV_MEMORY_DEVICE_RO);
		map_or_stop(device->window, device->window_bytes, PV_MEMORY_NORMAL);
	}
}

void pv_mmu_init(void)
{
	const struct pv_platform *platform = pv_platform();

	for (uint32_t i = 0; i < platform->n_memory; i++) {
		map_or_stop(platform->memory[i].base, platform->memory[i].bytes, PV_MEMORY_NORMAL);
	}
	map_between(pv_image_start, pv_text_end, PV_MEMORY_CODE);
	map_between(pv_text_end, pv_rodata_end, PV_MEMORY_NORMAL_RO);
	map_between(pv_rodata_end, pv_image_end, PV_MEMORY_NORMAL);
	for (unsigned i = 0; i < PV_MAX_CPUS; i++) {
		map_or_stop((uintptr_t)pv_stacks[i].guard, sizeof(pv_stacks[i].guard),
			    PV_MEMORY_NONE);
	}
	for (uint32_t i = 0; i < platform->n_ports; i++) {
		map_port(&platform->ports[i]);
	}
	map_or_stop(platform->gicd, platform->gicd_bytes, PV_MEMORY_DEVICE);
	map_or_stop(platform->gicr, platform->gicr_bytes, PV_MEMORY_DEVICE);
	map_or_stop(platform->gicc, platform->gicc_bytes, PV_MEMORY_DEVICE);
	map_or_stop(platform->uart, platform->uart != 0 ? PAGE_BYTES : 0, PV_MEMORY_DEVICE);
	for (uint32_t i = 0; i < pv_n_devices; i++) {
		map_or_stop(pv_devices[i].base, pv_devices[i].bytes, PV_MEMORY_DEVICE);
	}
	map_virtual_devices();
	cache_drop(pv_rodata_end, pv_image_end);
}
