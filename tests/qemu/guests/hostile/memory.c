/* SPDX-License-Identifier: Apache-2.0 */
/* The guest "hostile": accesses outside its map, each the last thing it does. */
#include "tests/qemu/guests/hostile/hostile.h"

#include "pv/cpu.h"
#include "pv/mmio.h"
#include "pv/mmu.h"
#include "pv/platform.h"
#include "pv/virtual_device.h"

static volatile uint64_t sink;

static void map(uint64_t at, enum pv_memory memory)
{
	pv_mmu_map(at, 4096, memory);
}

static void read_from(uint64_t at)
{
	map(at, PV_MEMORY_NORMAL);
	sink = pv_mmio_read64(at);
}

static void write_to(uint64_t at)
{
	map(at, PV_MEMORY_NORMAL);
	pv_mmio_write64(at, UINT64_C(0xbadbadbadbadbad));
}

static void jump_to(uint64_t at)
{
	map(at, PV_MEMORY_CODE_RW);
	((void (*)(void))(uintptr_t)at)();
}

static void read_el2(void)
{
	read_from(EL2_IMAGE);
}

static void write_el2(void)
{
	write_to(EL2_LATER);
}

static void jump_to_el2(void)
{
	jump_to(EL2_IMAGE);
}

static void read_neighbour(void)
{
	read_from(NEIGHBOUR);
}

static void write_neighbour(void)
{
	write_to(NEIGHBOUR + 0x100000);
}

static void jump_to_neighbour(void)
{
	jump_to(NEIGHBOUR);
}

static void write_unused(void)
{
	write_to(UNUSED_RAM);
}

static void write_device(void)
{
	map(DEVICE, PV_MEMORY_DEVICE);
	pv_mmio_write32(DEVICE, UINT32_MAX);
}

static void read_nothing(void)
{
	map(NOTHING, PV_MEMORY_DEVICE);
	sink = pv_mmio_read32(NOTHING);
}

static void read_beyond(void)
{
	read_from(BEYOND);
}

/* The frame behind our last one, or (GICv2) GICC_DIR and its neighbours. */
static void read_foreign_gic(void)
{
	const struct pv_platform *platform = pv_platform();
	uint64_t at = platform->gic_version == 3 ? platform->gicr + platform->n_cpus * 0x20000ull
						 : platform->gicc + 0x1000;

	map(at, PV_MEMORY_DEVICE);
	sink = pv_mmio_read32(at);
}

/* An access the CPU does not describe to EL2. */
static void pair_at_gic(void)
{
	uint64_t first, second;

	__asm__ volatile("ldp %0, %1, [%2]"
			 : "=r"(first), "=r"(second)
			 : "r"(pv_platform()->gicd)
			 : "memory");
	sink = first + second;
}

static void exclusive_at_gic(void)
{
	uint32_t value;

	__asm__ volatile("ldxr %w0, [%1]" : "=r"(value) : "r"(pv_platform()->gicd) : "memory");
	sink = value;
}

/* A window of which we are the reader. */
static void write_read_only_window(void)
{
	write_to(pv_platform_port("beat")->source_window);
}

/* Our own window, as code: what peers share is never executed. */
static void jump_into_window(void)
{
	uint64_t window = pv_platform_port("feed")->source_window;

	pv_mmio_write32(window, 0xd65f03c0); /* ret */
	pv_cache_clean((const void *)(uintptr_t)window, 4);
	jump_to(window);
}

static void walk(uint64_t tables)
{
	__asm__ volatile("msr ttbr0_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb nsh\n\tisb"
			 ::"r"(tables)
			 : "memory");
}

static void walk_neighbour(void)
{
	walk(NEIGHBOUR);
}

/* Exception vectors in the neighbour's memory. */
static void vector_to_neighbour(void)
{
	map(NEIGHBOUR, PV_MEMORY_CODE_RW);
	pv_sysreg_write(vbar_el1, NEIGHBOUR);
	pv_isb(); /* the SVC uses the new vectors */
	__asm__ volatile("svc #0");
}

static void clean_neighbour(void)
{
	map(NEIGHBOUR, PV_MEMORY_NORMAL);
	__asm__ volatile("dc zva, %0\n\tdsb sy" ::"r"(NEIGHBOUR) : "memory");
}

static void write_console_registers(void)
{
	uint64_t at = pv_platform()->uart + 0x1000;

	map(at, PV_MEMORY_DEVICE);
	pv_mmio_write32(at, 0);
}

/* The device we drive, and that we serve. pvc places a device's state page behind its registers. */
#define PREY_REGISTERS (pv_virtio_frontends[0].registers)
#define PREY_STATE     (PREY_REGISTERS + 0x1000)
#define BAIT_STATE     (pv_virtio_backends[0].state)
#define BAIT_REGISTERS (BAIT_STATE - 0x1000)

static void read_state_of_prey(void)
{
	map(PREY_STATE, PV_MEMORY_DEVICE);
	sink = pv_mmio_read32(PREY_STATE);
}

static void write_registers_of_bait(void)
{
	map(BAIT_REGISTERS, PV_MEMORY_DEVICE);
	pv_mmio_write32(BAIT_REGISTERS + PV_VIRTIO_STATUS, 0);
}

/* Shown to us, as we serve it; but it is EL2 that writes it. */
static void write_state_of_bait(void)
{
	map(BAIT_STATE, PV_MEMORY_DEVICE);
	pv_mmio_write32(BAIT_STATE, 0);
}

static void pair_at_registers(void)
{
	__asm__ volatile("stp %w0, %w0, [%1]" ::"r"(0), "r"(PREY_REGISTERS + PV_VIRTIO_QUEUE_DESC_LOW)
			 : "memory");
}

static void jump_to_registers(void)
{
	jump_to(PREY_REGISTERS);
}

/* They read as no translation at all; but EL2's own look at our tables shall meet no device. */
static void walk_registers(void)
{
	walk(PREY_REGISTERS);
}

const struct attack memory_attacks[] = {
	{ "read EL2's image", read_el2 },                                      /* 1 */
	{ "write EL2's memory", write_el2 },
	{ "jump into EL2", jump_to_el2 },
	{ "read the neighbour's memory", read_neighbour },
	{ "write the neighbour's memory", write_neighbour },                   /* 5 */
	{ "jump into the neighbour", jump_to_neighbour },
	{ "write memory of nobody", write_unused },
	{ "write the neighbour's device", write_device },
	{ "read where nothing is", read_nothing },
	{ "read beyond the address space", read_beyond },                      /* 10 */
	{ "read GIC registers that are not ours", read_foreign_gic },
	{ "load a pair from the emulated GIC", pair_at_gic },
	{ "load exclusively from the emulated GIC", exclusive_at_gic },
	{ "write a window that is ours to read", write_read_only_window },
	{ "jump into a window", jump_into_window },                            /* 15 */
	{ "walk tables in the neighbour's memory", walk_neighbour },
	{ "take exceptions in the neighbour's memory", vector_to_neighbour },
	{ "zero a line of the neighbour's", clean_neighbour },
	{ "write behind the console", write_console_registers },
	{ "read the backend's page of a device", read_state_of_prey },          /* 20 */
	{ "write the registers of a device that it serves", write_registers_of_bait },
	{ "write the state of a device that it serves", write_state_of_bait },
	{ "store a pair to a device's registers", pair_at_registers },
	{ "jump into a device's registers", jump_to_registers },
	{ "walk tables in a device's registers", walk_registers },             /* 25 */
};
const unsigned n_memory_attacks = sizeof(memory_attacks) / sizeof(memory_attacks[0]);
