/* SPDX-License-Identifier: Apache-2.0 */
/* The guest "vgic": register by register. */
#include "tests/qemu/guests/vgic/vgic.h"

#include "pv/cpu.h"
#include "pv/irq.h"
#include "pv/mmio.h"
#include "pv/platform.h"
#include "tests/qemu/guests/report.h"

#define WORD       (OWN / 32 * 4)
#define BIT        (1u << OWN % 32)
#define N_WORDS    9u /* 288 interrupts on this board */
#define ALL_ONES   UINT32_MAX
#define SGI_ASGI1R S3_0_C12_C11_6
#define SGI_SGI0R  S3_0_C12_C11_7
#define SGI_SGI1R  S3_0_C12_C11_5

#define sgi_write(name, value)  sgi_write_(name, value)
#define sgi_write_(name, value) pv_sysreg_write(name, value)

static uint64_t gicd(uint32_t offset)
{
	return pv_platform()->gicd + offset;
}

static uint32_t read(uint32_t offset)
{
	return pv_mmio_read32(gicd(offset));
}

static void write(uint32_t offset, uint32_t value)
{
	pv_mmio_write32(gicd(offset), value);
}

static bool is_v3(void)
{
	return pv_platform()->gic_version == 3;
}

/* SGIs and PPIs of CPU `cpu`, by the same offsets: GICv3's redistributor, GICv2's banked words. */
static uint64_t private_register(uint32_t cpu, uint32_t offset)
{
	return is_v3() ? pv_platform()->gicr + cpu * GICR_BYTES + GICR_SGI + offset : gicd(offset);
}

void test_identity(void)
{
	uint32_t typer = read(GICD_TYPER);

	report((typer & 0x1f) >= OWN / 32, "GICD_TYPER: %u lines", ((typer & 0x1f) + 1) * 32);
	report((typer & 1u << 10) == 0, "GICD_TYPER: one security state");
	if (!is_v3()) {
		report_equal(typer >> 5 & 7, pv_platform()->n_cpus - 1, "GICD_TYPER: our CPUs");
	}
	write(GICD_CTLR, 0);
	report((read(GICD_CTLR) & 3) != 0, "GICD_CTLR: a guest does not switch it off");
	write(GICD_CTLR, is_v3() ? 0x12 : 1);
	write(GICD_TYPER, ALL_ONES);
	report_equal(read(GICD_TYPER), typer, "GICD_TYPER is read-only");
}

/* Our interrupts in word n of a bit register: the RTC's, and those of ports. */
static uint32_t own_bits(uint32_t n)
{
	uint32_t bits = n == OWN / 32 ? BIT : 0;

	for (uint32_t i = 0; i < pv_platform()->n_ports; i++) {
		uint32_t intid = pv_platform()->ports[i].interrupt;

		bits |= intid != 0 && intid / 32 == n ? 1u << intid % 32 : 0;
	}
	return bits;
}

/* All ones to `set` shows our own bits and no other; all ones to `clear` takes them back. */
static void test_pair(uint32_t set, uint32_t clear, const char *name)
{
	uint32_t n_wrong = 0, n_left = 0;

	for (uint32_t n = 1; n < N_WORDS; n++) {
		write(clear + 4 * n, ALL_ONES);
		write(set + 4 * n, ALL_ONES);
		n_wrong += read(set + 4 * n) != own_bits(n) || read(clear + 4 * n) != own_bits(n);
		write(set + 4 * n, 0);
		n_wrong += read(set + 4 * n) != own_bits(n);
		write(clear + 4 * n, ALL_ONES);
		n_left += read(set + 4 * n) != 0;
	}
	report_equal(n_wrong, 0, name);
	report_equal(n_left, 0, "and all can be cleared");
	for (uint32_t n = N_WORDS; n < 32; n++) {
		write(set + 4 * n, ALL_ONES);
		n_wrong += read(set + 4 * n) != 0;
	}
	report_equal(n_wrong, 0, "nothing beyond the last line");
}

/* These registers are accessed by words: other sizes read zero and change nothing. */
static void test_sizes(uint32_t set, uint32_t clear, const char *name)
{
	uint64_t at = gicd(set + WORD);
	uint64_t pair = at & ~UINT64_C(7);

	write(clear + WORD, ALL_ONES);
	for (uint32_t i = 0; i < 4; i++) {
		pv_mmio_write8(at + i, 0xff);
	}
	pv_mmio_write16(at, 0xffff);
	pv_mmio_write16(at + 2, 0xffff);
	pv_mmio_write64(pair, UINT64_MAX);
	report_equal(read(set + WORD), 0, name);
	write(set + WORD, BIT);
	report(pv_mmio_read8(at) == 0 && pv_mmio_read16(at) == 0 && pv_mmio_read64(pair) == 0,
	       "nor do bytes, halfwords and pairs read");
	write(clear + WORD, ALL_ONES);
}

void test_bit_registers(void)
{
	test_pair(GICD_ISENABLER, GICD_ICENABLER, "ISENABLER: our bits only");
	test_pair(GICD_ISPENDR, GICD_ICPENDR, "ISPENDR: our bits only");
	test_pair(GICD_ISACTIVER, GICD_ICACTIVER, "ISACTIVER: our bits only");
	test_sizes(GICD_ISENABLER, GICD_ICENABLER, "ISENABLER: bytes, halfwords, pairs do nothing");
	test_sizes(GICD_ISPENDR, GICD_ICPENDR, "ISPENDR: bytes, halfwords, pairs do nothing");
	test_sizes(GICD_ISACTIVER, GICD_ICACTIVER, "ISACTIVER: bytes, halfwords, pairs do nothing");

	uint32_t group = is_v3() ? own_bits(OWN / 32) : 0;

	write(GICD_IGROUPR + WORD, 0);
	report_equal(read(GICD_IGROUPR + WORD), group, "IGROUPR cannot be cleared");
	write(GICD_IGROUPR + WORD, ALL_ONES);
	report_equal(read(GICD_IGROUPR + WORD), group, "IGROUPR cannot be set");
}

#define N_GENERAL 31u
#define TRIED_SGI 6u

/* each.S */
void each_register(uint64_t set, uint64_t clear, uint64_t value, uint64_t *results);
void each_sgi(uint64_t state, uint64_t clear, uint64_t value, uint64_t *results, uint64_t sgi);

static bool all_are(const uint64_t *results, uint64_t cleared, uint64_t set)
{
	uint32_t n_good = 0;

	for (uint32_t n = 0; n < N_GENERAL; n++) {
		n_good += results[2 * n] == cleared && results[2 * n + 1] == set;
	}
	return n_good == N_GENERAL;
}

void test_each_general_register(void)
{
	uint64_t results[2 * N_GENERAL];
	uint64_t mask = pv_irq_save();
	uint32_t intid = pv_platform_port("feed")->interrupt;
	uint32_t word = intid / 32 * 4, bit = 1u << intid % 32;
	int64_t extended;

	/* Not a neighbour of the console's, whose words take another way. */
	report(word != WORD, "INTID %u is in a word of its own", intid);
	write(GICD_ICENABLER + word, ALL_ONES);
	write(GICD_ISENABLER + word, 0);
	report_equal(read(GICD_ISENABLER + word), 0, "the zero register writes zero");
	each_register(gicd(GICD_ISENABLER + word), gicd(GICD_ICENABLER + word), bit, results);
	report(all_are(results, 0, bit), "ISENABLER by each general register");
	__asm__ volatile("ldrsw %0, [%1]" : "=r"(extended) : "r"(gicd(GICD_TYPER)) : "memory");
	report(extended == (int32_t)read(GICD_TYPER), "a load that extends the sign");
	write(GICD_ICENABLER + word, ALL_ONES);
	if (is_v3()) {
		uint64_t pending = private_register(0, GICD_ISPENDR);

		each_sgi(pending, private_register(0, GICD_ICPENDR), 1u << TRIED_SGI, results,
			 (uint64_t)TRIED_SGI << 24 | 1);
		report(all_are(results, 0, 1u << TRIED_SGI), "SGI1R by each general register");
		pv_mmio_write32(private_register(0, GICD_ICPENDR), 1u << TRIED_SGI);
	}
	pv_irq_restore(mask);
}

void test_priorities(void)
{
	uint64_t own = gicd(GICD_IPRIORITYR + OWN);
	uint64_t word = own & ~UINT64_C(3);
	uint32_t shift = OWN % 4 * 8;
	uint32_t n_foreign = 0;

	pv_mmio_write8(own, 0xb0);
	report_equal(pv_mmio_read8(own), 0xb0, "IPRIORITYR by byte");
	pv_mmio_write32(word, 0xc0c0c0c0);
	report_equal(pv_mmio_read32(word), 0xc0u << shift, "IPRIORITYR by word: our byte only");
	pv_mmio_write16(own & ~UINT64_C(1), 0xd0d0);
	pv_mmio_write64(own & ~UINT64_C(7), UINT64_C(0xd0d0d0d0d0d0d0d0));
	report_equal(pv_mmio_read8(own), 0xc0, "IPRIORITYR: halfwords and pairs do nothing");
	report(pv_mmio_read16(own & ~UINT64_C(1)) == 0 && pv_mmio_read64(own & ~UINT64_C(7)) == 0,
	       "nor do they read");
	pv_mmio_write8(own, 0);
	report(pv_mmio_read8(own) != 0, "IPRIORITYR: the highest priority is not a guest's (0x%x)",
	       pv_mmio_read8(own));
	for (uint32_t i = 0; i < N_FOREIGN; i++) {
		pv_mmio_write8(gicd(GICD_IPRIORITYR + foreign[i]), 0x50);
		n_foreign += pv_mmio_read8(gicd(GICD_IPRIORITYR + foreign[i])) != 0;
	}
	report_equal(n_foreign, 0, "IPRIORITYR of foreign interrupts is zero");
	pv_mmio_write8(own, 0xa0);
}

void test_configuration(void)
{
	uint32_t offset = GICD_ICFGR + OWN / 16 * 4;
	uint32_t edge = 2u << OWN % 16 * 2;
	uint32_t others = 0;

	write(offset, ALL_ONES);
	report_equal(read(offset) & 0xaaaaaaaau, edge,
		     "ICFGR: our interrupt becomes edge, no other");
	pv_mmio_write8(gicd(offset), 0);
	pv_mmio_write16(gicd(offset), 0);
	pv_mmio_write64(gicd(offset) & ~UINT64_C(7), 0);
	report_equal(read(offset) & 0xaaaaaaaau, edge, "ICFGR: bytes, halfwords, pairs do nothing");
	write(offset, 0);
	report_equal(read(offset) & 0xaaaaaaaau, 0, "ICFGR: and level again");
	for (uint32_t i = 0; i < N_FOREIGN; i++) {
		uint32_t word = GICD_ICFGR + foreign[i] / 16 * 4;

		if (word != offset) {
			write(word, ALL_ONES);
			others |= read(word) & 2u << foreign[i] % 16 * 2;
		}
	}
	report_equal(others, 0, "ICFGR of foreign interrupts is zero");
}

static void test_v2_targets(void)
{
	uint64_t own = gicd(GICD_ITARGETSR + OWN);
	uint32_t n_foreign = 0;

	pv_mmio_write8(own, 2);
	report_equal(pv_mmio_read8(own), 2, "ITARGETSR: to CPU 1");
	pv_mmio_write8(own, 0xff);
	report_equal(pv_mmio_read8(own), 3, "ITARGETSR: to everybody means to our CPUs");
	pv_mmio_write32(own & ~UINT64_C(3), 0x01010101);
	report_equal(pv_mmio_read32(own & ~UINT64_C(3)), 1u << OWN % 4 * 8,
		     "ITARGETSR by word: our byte only");
	for (uint32_t i = 0; i < N_FOREIGN; i++) {
		pv_mmio_write8(gicd(GICD_ITARGETSR + foreign[i]), 3);
		n_foreign += pv_mmio_read8(gicd(GICD_ITARGETSR + foreign[i])) != 0;
	}
	report_equal(n_foreign, 0, "ITARGETSR of foreign interrupts is zero");
	report_equal(read(GICD_ITARGETSR), 0x01010101,
		     "ITARGETSR of SGIs tells the reader's number");
}

static void test_v3_routes(void)
{
	uint64_t own = gicd(GICD_IROUTER + 8 * OWN);
	uint64_t n_foreign = 0;

	pv_mmio_write64(own, 1);
	report_equal(pv_mmio_read64(own), 1, "IROUTER: to CPU 1");
	pv_mmio_write64(own, 2);
	report_equal(pv_mmio_read64(own), 1, "IROUTER: not to a CPU that is not ours");
	pv_mmio_write64(own, UINT64_C(0x100000000));
	pv_mmio_write64(own, 0x100);
	report_equal(pv_mmio_read64(own), 1, "IROUTER: nor to another cluster");
	pv_mmio_write32(own, 0);
	report_equal(pv_mmio_read32(own), 0, "IROUTER by word: to CPU 0");
	report_equal(pv_mmio_read32(own + 4), 0, "IROUTER by word: upper half");
	pv_mmio_write64(own, 1u << 31);
	report(pv_mmio_read64(own) < 2, "IROUTER: to any means to one of ours");
	pv_mmio_write8(own, 1);
	pv_mmio_write16(own, 1);
	pv_mmio_write64(own, 0);
	for (uint32_t i = 0; i < N_FOREIGN; i++) {
		uint64_t at = gicd(GICD_IROUTER + 8 * foreign[i]);

		pv_mmio_write64(at, 1);
		n_foreign |= pv_mmio_read64(at);
	}
	report_equal(n_foreign, 0, "IROUTER of foreign interrupts is zero");
	report_equal(read(GICD_ITARGETSR + OWN / 4 * 4), 0, "ITARGETSR does not exist");
}

void test_targets(void)
{
	if (is_v3()) {
		test_v3_routes();
	} else {
		test_v2_targets();
	}
}

void test_private(void)
{
	uint64_t enable = private_register(0, GICD_ISENABLER);
	uint64_t priority = private_register(0, GICD_IPRIORITYR + PPI_TIMER);
	uint32_t before = pv_mmio_read32(enable);

	pv_mmio_write32(enable, ALL_ONES);
	report_equal(pv_mmio_read32(enable) & EL2_PPIS, 0, "PPIs of EL2 and EL3 cannot be enabled");
	report_equal(pv_mmio_read32(enable) & 0x4800ffffu, 0x48007fff,
		     "SGIs but EL2's and both timers' PPIs can");
	pv_mmio_write32(private_register(0, GICD_ICENABLER), ~before);
	report_equal(pv_mmio_read32(enable), before, "and disabled again");
	pv_mmio_write32(private_register(0, GICD_ISPENDR), EL2_PPIS);
	report_equal(pv_mmio_read32(private_register(0, GICD_ISPENDR)) & EL2_PPIS, 0,
		     "PPIs of EL2 cannot be made pending");
	pv_mmio_write8(priority, 0x90);
	report_equal(pv_mmio_read8(priority), 0x90, "the timer's priority");
	pv_mmio_write8(priority, 0xa0);
	pv_mmio_write8(private_register(0, GICD_IPRIORITYR + 26), 0x90);
	report_equal(pv_mmio_read8(private_register(0, GICD_IPRIORITYR + 26)), 0,
		     "the priority of EL2's timer is out of reach");
	pv_mmio_write8(private_register(0, GICD_IPRIORITYR + 3), 0);
	report(pv_mmio_read8(private_register(0, GICD_IPRIORITYR + 3)) != 0,
	       "no SGI gets the highest priority");
	pv_mmio_write8(private_register(0, GICD_IPRIORITYR + 3), 0xa0);
	pv_mmio_write32(private_register(0, GICD_ICFGR), 0);
	report((pv_mmio_read32(private_register(0, GICD_ICFGR)) & 0xaaaaaaaau) == 0x2aaaaaaau,
	       "SGIs are edge-triggered, EL2's is not shown");
}

/* GICv3: both frames are ours; the second is what CPU 1 uses. */
void test_redistributors(void)
{
	uint64_t gicr = pv_platform()->gicr;
	uint64_t first = pv_mmio_read64(gicr + GICR_TYPER);
	uint64_t second = pv_mmio_read64(gicr + GICR_BYTES + GICR_TYPER);

	report(first >> 32 == 0 && (first >> 8 & 0xffff) == 0 && (first & 1u << 4) == 0,
	       "GICR_TYPER of CPU 0: 0x%llx", (unsigned long long)first);
	report(second >> 32 == 1 && (second >> 8 & 0xffff) == 1 && (second & 1u << 4) != 0,
	       "GICR_TYPER of CPU 1: 0x%llx, the last", (unsigned long long)second);
	report_equal(pv_mmio_read32(gicr + GICR_TYPER + 4), 0, "GICR_TYPER by words");
	report_equal(pv_mmio_read32(gicr + GICR_BYTES + GICR_TYPER + 4), 1, "of both");

	report_equal(pv_mmio_read8(private_register(1, GICD_IPRIORITYR + PPI_TIMER)), 0xb0,
		     "the second frame shows what CPU 1 set");
	pv_mmio_write8(private_register(1, GICD_IPRIORITYR + PPI_TIMER), 0xd0);
	report(pv_mmio_read8(private_register(1, GICD_IPRIORITYR + PPI_TIMER)) == 0xd0 &&
		       pv_mmio_read8(private_register(0, GICD_IPRIORITYR + PPI_TIMER)) == 0xa0,
	       "and can be written from CPU 0, apart from its own");
	pv_mmio_write64(gicr + GICR_TYPER, 0);
	pv_mmio_write32(gicr, ALL_ONES);
	report_equal(pv_mmio_read64(gicr + GICR_TYPER), first, "GICR_TYPER is read-only");
	report_equal(read(GICD_ISENABLER), 0, "the distributor has no words for SGIs and PPIs");
	pv_mmio_write32(private_register(0, 0x104), ALL_ONES);
	report_equal(pv_mmio_read32(private_register(0, 0x104)), 0,
		     "the redistributor has none for SPIs");
}

/* GICv2: SGIs made pending and taken back, per source CPU. */
void test_pending_sgis(void)
{
	uint64_t set = gicd(0xf20) + 9;
	uint64_t clear = gicd(0xf10) + 9;

	pv_mmio_write8(set, 0xff);
	report_equal(pv_mmio_read8(set), 3, "SPENDSGIR: our CPUs as sources only");
	report(pv_irq_is_pending(9), "it is pending");
	pv_mmio_write8(clear, 0xff);
	report_equal(pv_mmio_read8(clear), 0, "CPENDSGIR takes it back");
	report(!pv_irq_is_pending(9), "it is not pending");
}

void send_sgi_to_foreign(uint32_t sgi)
{
	if (!is_v3()) {
		write(GICD_SGIR, 0xfcu << 16 | sgi); /* CPUs 2..7 */
		return;
	}
	sgi_write(SGI_SGI1R, (uint64_t)sgi << 24 | 0xfffc);
	sgi_write(SGI_SGI1R, (uint64_t)sgi << 24 | UINT64_C(1) << 16 | 0xffff); /* cluster 1 */
	sgi_write(SGI_SGI1R, (uint64_t)sgi << 24 | UINT64_C(1) << 32 | 0xffff); /* Aff2 */
	sgi_write(SGI_SGI1R, (uint64_t)sgi << 24 | UINT64_C(1) << 48 | 0xffff); /* Aff3 */
	sgi_write(SGI_SGI0R, (uint64_t)sgi << 24 | 0xffff);
	sgi_write(SGI_ASGI1R, (uint64_t)sgi << 24 | 0xffff);
	pv_isb(); /* all of them are on their way */
}

/* "All others" with a target list, which then means nothing. */
void send_sgi_to_others(uint32_t sgi)
{
	if (!is_v3()) {
		write(GICD_SGIR, 1u << 24 | 0xffu << 16 | sgi);
		return;
	}
	sgi_write(SGI_SGI1R, UINT64_C(1) << 40 | (uint64_t)sgi << 24 | 0xffff);
	pv_isb();
}

void send_sgi_to_all(uint32_t sgi)
{
	if (!is_v3()) {
		write(GICD_SGIR, 0xffu << 16 | sgi);
		return;
	}
	sgi_write(SGI_SGI1R, (uint64_t)sgi << 24 | 0xffff);
	pv_isb(); /* on its way */
}
