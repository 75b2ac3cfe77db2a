/* links: partitions/vgic.c partitions/vgic_filter.c core/spinlock.c tests/fake/vcpu.c tests/fake/cpu.c tests/fake/gic.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any sequence of accesses to the vGIC by any vCPU of one partition. After each:
 * nothing of an interrupt that the partition does not own has changed, on any CPU;
 * nothing of a CPU that is not its own; no owned priority is above what a guest
 * may have; no SGI went to a foreign CPU; targets and routes are its own CPUs.
 */
#include "tests/fake/vcpu.h"

#include "hyp/bits.h"
#include "hyp/gic.h"
#include "partitions/console.h"
#include "partitions/vgic.h"
#include "tests/fuzz/input.h"

struct spinlock console_lock;
static bool has_focus;
static uint32_t own_cpus, own_interfaces;

bool console_has_interrupt(const struct partition_config *config)
{
	return has_focus && config == &fake_partitions[ALPHA];
}

void console_note_enable(const struct partition_config *config, uint32_t offset, uint32_t bits)
{
	(void)offset;
	(void)bits;
	if (config != &fake_partitions[ALPHA]) {
		fake_die("noted for another partition");
	}
}

void upcall_count(struct vcpu *vcpu, enum pv_statistic what)
{
	if (what >= PV_N_STATISTICS) {
		fake_die("statistic %d", (int)what);
	}
	vcpu->statistics[what]++;
}

static uint32_t owned(uint32_t word)
{
	uint32_t bits = fake_interrupts[ALPHA][word];

	if (word == FAKE_CONSOLE_SPI / 32 && has_focus) {
		bits |= 1u << FAKE_CONSOLE_SPI % 32;
	}
	return word == 0 ? bits & ~(uint32_t)EL2_PPIS : bits;
}

static bool is_owned(uint32_t interrupt)
{
	return (owned(interrupt / 32) >> interrupt % 32 & 1) != 0;
}

static void expect(bool condition, const char *what, uint32_t interrupt)
{
	if (!condition) {
		fake_die("%s of interrupt %u", what, interrupt);
	}
}

static void check_shared(const struct fake_gic *before)
{
	for (uint32_t word = 1; word < INTID_WORDS; word++) {
		uint32_t foreign = ~owned(word);

		expect(((before->enabled[word] ^ fake_gic.enabled[word]) & foreign) == 0, "enable",
		       word * 32);
		expect(((before->pending[word] ^ fake_gic.pending[word]) & foreign) == 0, "pending",
		       word * 32);
		expect(((before->active[word] ^ fake_gic.active[word]) & foreign) == 0, "active",
		       word * 32);
	}
	for (uint32_t i = 32; i < 32 * INTID_WORDS; i++) {
		uint32_t changed = before->config[i / 16] ^ fake_gic.config[i / 16];

		if (is_owned(i)) {
			expect(fake_gic.priority[i] >= GUEST_HIGHEST_PRIORITY, "priority too high",
			       i);
			expect((fake_gic.targets[i] & ~own_interfaces) == 0, "foreign target", i);
			continue;
		}
		expect((changed >> i % 16 * 2 & 3) == 0, "trigger", i);
		expect(before->priority[i] == fake_gic.priority[i], "priority", i);
		expect(before->targets[i] == fake_gic.targets[i], "target", i);
		expect(before->router[i] == fake_gic.router[i], "route", i);
	}
}

static void check_routes(void)
{
	for (uint32_t i = 32; i < 32 * INTID_WORDS; i++) {
		bool is_own = fake_gic.router[i] == 0xffff; /* never written */

		for (uint32_t cpu = 0; cpu < FAKE_N_CPUS; cpu++) {
			is_own |= (own_cpus >> cpu & 1) != 0 &&
				  fake_gic.router[i] == fake_cpus[cpu].mpidr;
		}
		expect(is_own || !is_owned(i), "foreign route", i);
	}
}

static void check_cpu(const struct fake_gic *before, uint32_t cpu)
{
	const struct fake_banked *was = &before->cpu[cpu], *is = &fake_gic.cpu[cpu];
	uint32_t foreign = ~owned(0);

	if ((own_cpus >> cpu & 1) == 0) {
		expect(memcmp(was, is, sizeof(*was)) == 0, "state of a foreign CPU", cpu);
		return;
	}
	expect(((was->enabled ^ is->enabled) & foreign) == 0, "enable of a PPI", cpu);
	expect(((was->pending ^ is->pending) & foreign) == 0, "pending of a PPI", cpu);
	expect(((was->active ^ is->active) & foreign) == 0, "active of a PPI", cpu);
	expect(is->priority[KICK_SGI] == 0, "the kick's priority", cpu);
	expect((was->enabled & ~is->enabled & BIT(KICK_SGI)) == 0, "the kick's enable", cpu);
	expect((was->pending & ~is->pending & BIT(KICK_SGI)) == 0, "a kick on its way", cpu);
	expect((is->active & ~was->active & BIT(KICK_SGI)) == 0, "the kick's end", cpu);
	for (uint32_t i = 0; i < 32; i++) {
		uint32_t changed = was->config[i / 16] ^ is->config[i / 16];

		if (!is_owned(i)) {
			expect(was->priority[i] == is->priority[i], "priority", i);
			expect((changed >> i % 16 * 2 & 3) == 0, "trigger", i);
		} else if (i != KICK_SGI) {
			expect(is->priority[i] >= GUEST_HIGHEST_PRIORITY, "priority too high", i);
		}
	}
	for (uint32_t sgi = 0; sgi < 16; sgi++) {
		uint32_t changed = (uint32_t)(was->sources[sgi] ^ is->sources[sgi]);

		expect((changed & ~own_interfaces) == 0, "foreign source of an SGI", sgi);
	}
}

static void check(const struct fake_gic *before)
{
	check_shared(before);
	if (fake_config.gic.version == GIC_V3) {
		check_routes();
	}
	for (uint32_t cpu = 0; cpu < FAKE_N_CPUS; cpu++) {
		check_cpu(before, cpu);
	}
	if (fake_gic.n_sgis != before->n_sgis) {
		expect((fake_gic.last_sgi_cpus & ~own_cpus) == 0, "foreign target of SGI",
		       fake_gic.last_sgi);
	}
}

static void begin(uint64_t choice)
{
	fake_system_begin((choice & 1) != 0 ? GIC_V3 : GIC_V2);
	fake_cpu_begin();
	fake_gic_begin();
	fake_vcpus_begin();
	memset(fake_gic.router, 0xff, sizeof(fake_gic.router));
	for (uint32_t i = 0; i < ARRAY_SIZE(fake_gic.router); i++) {
		fake_gic.router[i] = 0xffff;
	}
	for (uint32_t i = 32; i < ARRAY_SIZE(fake_gic.targets); i++) {
		bool is_own = (fake_interrupts[ALPHA][i / 32] >> i % 32 & 1) != 0;

		fake_gic.targets[i] = is_own || i == FAKE_CONSOLE_SPI ? 0x02 : 0x21;
	}
	has_focus = (choice & 2) != 0;
	if ((choice & 4) != 0) {
		fake_interrupts[ALPHA][0] = UINT32_MAX; /* a table that gives EL2's PPIs away */
	}
	own_cpus = own_interfaces = 0;
	for (uint32_t i = 0; i < fake_partitions[ALPHA].n_vcpus; i++) {
		uint32_t cpu = fake_vcpus[i].cpu_id;

		own_cpus |= 1u << cpu;
		own_interfaces |= 1u << fake_cpus[cpu].redistributor;
	}
}

static void access_once(struct input *input)
{
	uint64_t how = input_take(input, 1);
	struct vcpu *vcpu = fake_vcpu(ALPHA, (uint32_t)(how & 3) % 3);
	struct mmio_access access = { .bytes = 1u << (how >> 2 & 3), .is_write = (how & 16) != 0 };
	bool is_v3 = fake_config.gic.version == GIC_V3;
	uint64_t region = how >> 5;

	if (region == 0) {
		vgic_write_sgi1r(vcpu, input_take(input, 8));
		return;
	}
	bool is_private = is_v3 && region < 4;
	uint64_t offset = input_take(input, 3);

	offset %= is_private ? 4 * GICR_BYTES : is_v3 ? GICD_BYTES : GICD_BYTES_V2;
	access.offset = offset - offset % access.bytes; /* mmio_find() sees to this */
	access.value = access.is_write ? input_take(input, access.bytes) : 0;
	(void)(is_private ? vgic_redistributors : vgic_distributor)(vcpu, &access);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct input input = { bytes, n };
	static struct fake_gic before;

	begin(input_take(&input, 1));
	while (!input_is_over(&input)) {
		before = fake_gic;
		access_once(&input);
		before.n_register_writes = fake_gic.n_register_writes;
		/* What was right and is as it was is right. */
		if (memcmp(&before, &fake_gic, sizeof(before)) != 0) {
			check(&before);
		}
	}
	return 0;
}
