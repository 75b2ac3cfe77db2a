/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest "hostile", attack 0: what EL2 refuses without ending the partition.
 * Random, but the same each time.
 */
#include "tests/qemu/guests/hostile/hostile.h"

#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/mmio.h"
#include "pv/platform.h"
#include "pv/port.h"
#include "pv/psci.h"
#include "pv/virtual_device.h"
#include "tests/qemu/guests/report.h"

#define N_CALLS                20000u
#define N_ACCESSES             20000u
#define N_SGIS                 2000u
#define N_RESETS               20u
#define NEIGHBOUR_DEVICE_INTID 39u
#define SPSR_IL                (UINT64_C(1) << 20)
#define EC_ILLEGAL             0x0eu

static volatile uint32_t n_faults;

static uint64_t random_word(void)
{
	static uint64_t state = UINT64_C(0x853c49e6748fea9b);

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Small numbers, single bits, all ones and addresses hit more than noise does. */
static uint64_t random_argument(void)
{
	uint64_t word = random_word();

	switch (word >> 60) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		return word & 0xf;
	case 5:
	case 6:
		return UINT64_C(1) << (word & 63);
	case 7:
		return UINT64_MAX - (word & 3);
	case 8:
		return EL2_IMAGE + (word & 0xfff);
	case 9:
		return NEIGHBOUR + (word & 0xfff);
	default:
		return word;
	}
}

static struct pv_frame *on_fault(struct pv_frame *frame)
{
	n_faults++;
	if (pv_frame_class(frame) == EC_ILLEGAL) {
		frame->spsr &= ~SPSR_IL; /* the instruction itself is fine */
	} else {
		frame->elr += 4;
	}
	return frame;
}

/* Calls by which we would leave, in all their spellings. */
static bool is_end(uint32_t function)
{
	uint32_t number = function & 0xffff;

	return (function & 0xbf000000u) == 0x84000000u &&
	       (number == 1 || number == 2 || number == 3 || number == 8 || number == 9);
}

static void test_random_calls(void)
{
	static const uint32_t bases[] = { 0x84000000, 0xc4000000, 0x86000000, 0xc6000000,
					  0x80000000, 0x8600ff00, 0x06000000, 0xbf000000 };
	uint32_t n_kept = 0, n_made = 0;

	for (uint32_t i = 0; i < N_CALLS; i++) {
		struct pv_registers r;
		uint64_t function = bases[random_word() % 8] + (random_word() & 0x1f);
		uint64_t mark = random_word();

		if (is_end((uint32_t)function) || function == PV_CONSOLE_WRITE) {
			continue;
		}
		if (i % 4 == 0) {
			function |= random_word() << 32;
		}
		r.x[0] = function;
		for (unsigned n = 1; n < 18; n++) {
			r.x[n] = n < 8 ? random_argument() : mark + n;
		}
		pv_call(i % 2 == 0 ? PV_CONDUIT_HVC : PV_CONDUIT_SMC, &r);
		n_made++;
		n_kept += r.x[8] == mark + 8 && r.x[17] == mark + 17;
	}
	report_equal(n_kept, n_made, "random calls: x8 to x17 are kept");
	report(n_made > N_CALLS / 2, "%u random calls", n_made);
}

static void test_foreign_cpus(void)
{
	const struct pv_platform *platform = pv_platform();

	report(pv_psci_call(PSCI_CPU_ON, platform->n_cpus, platform->memory[0].base, 0) < 0,
	       "CPU_ON of a CPU that is not ours");
	report(pv_psci_call(PSCI_CPU_ON, 1, NEIGHBOUR, 0) == PSCI_INVALID_ADDRESS,
	       "CPU_ON into the neighbour's memory");
	report(pv_psci_call(PSCI_CPU_ON, 1, EL2_IMAGE, 0) == PSCI_INVALID_ADDRESS,
	       "CPU_ON into EL2");
	report(pv_partition_control(1, PV_CONTROL_STOP) == PV_NOT_ALLOWED,
	       "stop the neighbour without the role");
}

#define try_instruction(text) \
	do { \
		uint32_t before_ = n_faults; \
		__asm__ volatile(text ::: "x0", "memory"); \
		report_equal(n_faults, before_ + 1, "undefined: " text); \
	} while (0)

static void test_instructions(void)
{
	pv_exception_set(PV_EXCEPTION_FAULT, on_fault);
	try_instruction("mrs x0, hcr_el2");
	try_instruction("msr vttbr_el2, xzr");
	try_instruction("msr vbar_el2, xzr");
	try_instruction("msr sctlr_el2, xzr");
	try_instruction("mrs x0, cnthctl_el2");
	try_instruction("msr cntvoff_el2, xzr");
	try_instruction("msr s3_4_c12_c9_5, xzr");  /* ICC_SRE_EL2 */
	try_instruction("msr s3_4_c12_c11_0, xzr"); /* ICH_HCR_EL2 */
	try_instruction("tlbi alle1is");
	try_instruction("tlbi vmalls12e1is");
	try_instruction("at s12e1r, x0");
	try_instruction("mrs x0, s3_1_c15_c2_1"); /* CPUECTLR_EL1, implementation defined */

	/* A return to EL2: the CPU refuses it and says so. */
	uint32_t before = n_faults;

	__asm__ volatile("mov x0, #0x3c9\n\tmsr spsr_el1, x0\n\tadr x0, 1f\n\t"
			 "msr elr_el1, x0\n\teret\n1:" ::
				 : "x0", "memory");
	report_equal(n_faults, before + 1, "an exception return to EL2 is refused");
	pv_exception_set(PV_EXCEPTION_FAULT, NULL);

	/* By set and way: must not drop what others have in their caches. */
	for (uint64_t set = 0; set < 256; set++) {
		for (uint64_t way = 0; way < 4; way++) {
			__asm__ volatile("dc isw, %0" ::"r"(way << 30 | set << 6) : "memory");
		}
	}
	pv_dsb(); /* done before the neighbour's memory is looked at */
	report(true, "invalidated caches by set and way");
}

static void poke(uint64_t base, uint64_t bytes)
{
	for (uint32_t i = 0; i < N_ACCESSES; i++) {
		uint64_t value = random_word();
		uint64_t at = base + random_word() % bytes;

		switch (i % 8) {
		case 0:
			pv_mmio_write8(at, (uint8_t)value);
			break;
		case 1:
			pv_mmio_write16(at & ~UINT64_C(1), (uint16_t)value);
			break;
		case 2:
			pv_mmio_write64(at & ~UINT64_C(7), value);
			break;
		case 3:
			pv_mmio_read64(at & ~UINT64_C(7));
			break;
		case 4:
			pv_mmio_read8(at);
			break;
		case 5:
			pv_mmio_read32(at & ~UINT64_C(3));
			break;
		default:
			pv_mmio_write32(at & ~UINT64_C(3),
					(uint32_t)(i % 3 == 0 ? UINT64_MAX : value));
			break;
		}
	}
}

static void test_gic(void)
{
	const struct pv_platform *platform = pv_platform();

	poke(platform->gicd, platform->gic_version == 3 ? 0x10000 : 0x1000);
	/* Low registers are where the harm would be. */
	poke(platform->gicd, 0x1000);
	if (platform->gic_version == 3) {
		poke(platform->gicr, platform->n_cpus * 0x20000ull);
		for (uint32_t i = 0; i < N_SGIS; i++) {
			uint64_t value = random_word();

			__asm__ volatile("msr s3_0_c12_c11_5, %0\n\t" /* SGI1R */
					 "msr s3_0_c12_c11_6, %0\n\t" /* ASGI1R */
					 "msr s3_0_c12_c11_7, %0\n\t" /* SGI0R */
					 "msr s3_0_c4_c6_0, %0\n\t"   /* PMR */
					 "isb" ::"r"(value));
		}
	}
	pv_irq_enable(NEIGHBOUR_DEVICE_INTID);
	pv_irq_set_pending(NEIGHBOUR_DEVICE_INTID, true);
	pv_irq_set_priority(NEIGHBOUR_DEVICE_INTID, 0xf0);
	report(!pv_irq_is_pending(NEIGHBOUR_DEVICE_INTID) &&
		       !pv_irq_is_enabled(NEIGHBOUR_DEVICE_INTID),
	       "the neighbour's interrupt is out of reach");
	report(true, "poked the GIC");
}

static void test_uart(void)
{
	if (pv_platform()->uart != 0) {
		/* All registers but the data register: the console stays readable. */
		poke(pv_platform()->uart + 8, 0xff8);
	}
	report(true, "poked the emulated PL011");
}

/* The device we drive: garbage in its registers, resets one after the other, queues anywhere. */
static void test_registers(void)
{
	uint64_t registers = pv_virtio_frontends[0].registers;

	poke(registers, 0x1000);
	/* Low registers are where the harm would be. */
	poke(registers, PV_VIRTIO_CONFIG_SPACE);
	for (uint32_t i = 0; i < N_RESETS; i++) {
		pv_mmio_write32(registers + PV_VIRTIO_STATUS, (uint32_t)random_word() | 1);
		pv_mmio_write32(registers + PV_VIRTIO_STATUS, 0);
	}
	report_equal(pv_mmio_read32(registers + PV_VIRTIO_MAGIC_VALUE), PV_VIRTIO_MAGIC,
		     "poked a virtual device's registers");
	report_equal(pv_mmio_read32(registers + PV_VIRTIO_STATUS), 0, "and reset it");
}

/* The device we serve: any configuration, any acknowledgement, any number of interrupts. */
static void test_backend(void)
{
	uint64_t refused = 0;

	for (uint32_t i = 0; i < N_SGIS; i++) {
		refused += pv_virtio_config(random_argument(), random_argument(), random_word(),
					    random_argument()) != PV_OK;
		refused += pv_virtio_acknowledge(random_argument(), (uint32_t)random_word()) != PV_OK;
		(void)pv_doorbell(pv_virtio_backends[0].doorbell);
	}
	report(refused > N_SGIS, "%u of %u random calls of a backend are refused", (uint32_t)refused,
	       2 * N_SGIS);
}

/* Garbage in the window that feeds the neighbour. */
static void test_window(void)
{
	const struct pv_port_config *feed = pv_platform_port("feed");
	uint64_t bytes = PV_QUEUING_SOURCE_BYTES(feed->message_bytes, feed->depth);

	for (uint32_t i = 0; i < N_ACCESSES; i++) {
		uint64_t at = feed->source_window + (random_word() % bytes & ~UINT64_C(7));

		pv_mmio_write64(i % 5 == 0 ? feed->source_window : at, random_argument());
		if (i % 100 == 0) {
			pv_port_ring(feed, 0);
		}
	}
	report(true, "filled our window with garbage");
}

void try_everything_harmless(void)
{
	pv_irq_mask();
	test_foreign_cpus();
	test_random_calls();
	test_instructions();
	test_window();
	test_registers();
	test_backend();
	test_uart();
	test_gic();
}
