/* links: partitions/vgic.c partitions/vgic_filter.c core/spinlock.c tests/fake/vcpu.c tests/fake/cpu.c tests/fake/gic.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole vGIC: translation between vCPUs and CPUs, SGIs, identification. In
 * the fake system no vCPU's number is that of its CPU, of the CPU's interface or
 * of its affinity: alpha's vCPUs 0, 1, 2 run on CPUs 2, 3, 0 with GICv2
 * interfaces (GICv3 redistributors) 3, 2, 1.
 */
#include "tests/fake/vcpu.h"

#include "hyp/bits.h"
#include "hyp/gic.h"
#include "partitions/console.h"
#include "partitions/vgic.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CPU_BIT(n) (1u << (n))
#define MPIDR_2    UINT64_C(0x100) /* vCPU 0 */
#define MPIDR_3    UINT64_C(0x101) /* vCPU 1 */
#define MPIDR_0    UINT64_C(0x000) /* vCPU 2 */

struct spinlock console_lock;
static uint32_t focus;
static uint32_t counts[PV_N_STATISTICS];

bool console_has_interrupt(const struct partition_config *config)
{
	return focus != NONE && config == &fake_partitions[focus];
}

void console_note_enable(const struct partition_config *config, uint32_t offset, uint32_t bits)
{
	(void)config;
	(void)offset;
	(void)bits;
}

void upcall_count(struct vcpu *vcpu, enum pv_statistic what)
{
	assert_non_null(vcpu);
	counts[what]++;
}

static void start(void)
{
	fake_cpu_begin();
	fake_gic_begin();
	fake_vcpus_begin();
	memset(counts, 0, sizeof(counts));
	focus = NONE;
}

static void begin(enum gic_version version)
{
	fake_system_begin(version);
	start();
}

static uint64_t access_by(uint32_t partition, uint32_t number, mmio_handler *handler,
			  struct mmio_access access)
{
	return handler(fake_vcpu(partition, number), &access);
}

static void write_d(uint32_t offset, uint32_t bytes, uint64_t value)
{
	(void)access_by(ALPHA, 0, vgic_distributor,
			(struct mmio_access){ .offset = offset, .bytes = bytes, .is_write = true,
					      .value = value });
}

static uint64_t read_d(uint32_t offset, uint32_t bytes)
{
	return access_by(ALPHA, 0, vgic_distributor,
			 (struct mmio_access){ .offset = offset, .bytes = bytes });
}

static void write_r(uint64_t offset, uint32_t bytes, uint64_t value)
{
	(void)access_by(ALPHA, 0, vgic_redistributors,
			(struct mmio_access){ .offset = offset, .bytes = bytes, .is_write = true,
					      .value = value });
}

static uint64_t read_r(uint64_t offset, uint32_t bytes)
{
	return access_by(ALPHA, 0, vgic_redistributors,
			 (struct mmio_access){ .offset = offset, .bytes = bytes });
}

/* ---- SGIs: GICv3 ----------------------------------------------------------------- */

#define IRM  (UINT64_C(1) << 40)
#define SGI(n) ((uint64_t)(n) << 24)

static void sgi1r_reaches_own_vcpus_only(void **state)
{
	static const struct {
		uint32_t number; /* of alpha's sending vCPU */
		uint64_t value;
		uint32_t sgi, cpus; /* 0: nobody */
	} cases[] = {
		{ 0, SGI(3) | 0x1, 3, CPU_BIT(2) },
		{ 0, SGI(3) | 0x2, 3, CPU_BIT(3) },
		{ 0, SGI(14) | 0x4, 14, CPU_BIT(0) },
		{ 0, SGI(KICK_SGI) | 0x7, 0, 0 }, /* EL2's */
		{ 0, SGI(KICK_SGI) | IRM, 0, 0 },
		{ 1, SGI(0) | 0x7, 0, CPU_BIT(2) | CPU_BIT(3) | CPU_BIT(0) },
		/* Target lists that name vCPUs which do not exist. */
		{ 0, SGI(3) | 0xffff, 3, CPU_BIT(2) | CPU_BIT(3) | CPU_BIT(0) },
		{ 0, SGI(3) | 0x8, 0, 0 },
		{ 0, SGI(3) | 0xfff8, 0, 0 },
		{ 0, SGI(3) | 0x800a, 3, CPU_BIT(3) },
		{ 0, SGI(3), 0, 0 },
		/* "All others" are all others of ours; the list and affinity then mean nothing. */
		{ 0, SGI(5) | IRM, 5, CPU_BIT(3) | CPU_BIT(0) },
		{ 1, SGI(5) | IRM, 5, CPU_BIT(2) | CPU_BIT(0) },
		{ 2, SGI(5) | IRM, 5, CPU_BIT(2) | CPU_BIT(3) },
		{ 2, SGI(5) | IRM | 0xffff, 5, CPU_BIT(2) | CPU_BIT(3) },
		{ 2, SGI(5) | IRM | UINT64_C(0x00ff00ff00ff0000), 5, CPU_BIT(2) | CPU_BIT(3) },
		/* Other clusters: Aff1, Aff2, Aff3 and the range selector. */
		{ 0, SGI(3) | 0x3 | UINT64_C(1) << 16, 0, 0 },
		{ 0, SGI(3) | 0x3 | UINT64_C(0x80) << 16, 0, 0 },
		{ 0, SGI(3) | 0x3 | UINT64_C(1) << 32, 0, 0 },
		{ 0, SGI(3) | 0x3 | UINT64_C(1) << 48, 0, 0 },
		{ 0, SGI(3) | 0x3 | UINT64_C(0x80) << 48, 0, 0 },
		{ 0, SGI(3) | 0x3 | UINT64_C(1) << 44, 0, 0 },
		/* Reserved bits mean nothing. */
		{ 0, SGI(3) | 0x1 | UINT64_C(0xff000e00f0000000), 3, CPU_BIT(2) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(GIC_V3);
		vgic_write_sgi1r(fake_vcpu(ALPHA, cases[i].number), cases[i].value);
		assert_int_equal(fake_gic.n_sgis, cases[i].cpus != 0);
		if (cases[i].cpus != 0) {
			assert_int_equal(fake_gic.last_sgi, cases[i].sgi);
			assert_int_equal(fake_gic.last_sgi_cpus, cases[i].cpus);
		}
	}
}

static void one_vcpu_has_no_others(void **state)
{
	(void)state;
	begin(GIC_V3);
	vgic_write_sgi1r(fake_vcpu(BETA, 0), SGI(1) | IRM);
	assert_int_equal(fake_gic.n_sgis, 0);
	vgic_write_sgi1r(fake_vcpu(BETA, 0), SGI(1) | 0xffff);
	assert_int_equal(fake_gic.last_sgi_cpus, CPU_BIT(1));
}

static void sixteen_vcpus_are_all_reached(void **state)
{
	(void)state;
	fake_system_wide(GIC_V3, 16);
	start();
	vgic_write_sgi1r(fake_vcpu(ALPHA, 0), SGI(2) | 0xffff);
	assert_int_equal(fake_gic.last_sgi_cpus, 0xffff);
	vgic_write_sgi1r(fake_vcpu(ALPHA, 0), SGI(2) | 0x8000);
	assert_int_equal(fake_gic.last_sgi_cpus, 0x0001);
	vgic_write_sgi1r(fake_vcpu(ALPHA, 15), SGI(2) | IRM);
	assert_int_equal(fake_gic.last_sgi_cpus, 0xfffe);
}

/* ---- SGIs: GICv2 ----------------------------------------------------------------- */

static void sgir_reaches_own_vcpus_only(void **state)
{
	static const struct {
		uint32_t number, value, sgi, cpus;
	} cases[] = {
		{ 0, 0x00010003, 3, CPU_BIT(2) },
		{ 0, 0x0002000e, 14, CPU_BIT(3) },
		{ 0, 0x00ff000f, 0, 0 }, /* EL2's */
		{ 0, 0x0200000f, 0, 0 },
		{ 0, 0x00ff0003, 3, CPU_BIT(2) | CPU_BIT(3) | CPU_BIT(0) },
		{ 0, 0x00f80003, 0, 0 },
		{ 0, 0x00000003, 0, 0 },
		{ 0, 0x01ff0003, 3, CPU_BIT(3) | CPU_BIT(0) },
		{ 2, 0x01000003, 3, CPU_BIT(2) | CPU_BIT(3) },
		{ 1, 0x02ff0003, 3, CPU_BIT(3) },
		{ 1, 0x03ff0003, 0, 0 }, /* a reserved filter */
		{ 1, 0xfc01fff3, 3, CPU_BIT(2) }, /* NSATT and reserved bits */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mmio_access access = { .offset = GICD_SGIR, .bytes = 4, .is_write = true,
					      .value = cases[i].value };

		begin(GIC_V2);
		(void)access_by(ALPHA, cases[i].number, vgic_distributor, access);
		assert_int_equal(fake_gic.n_sgis, cases[i].cpus != 0);
		if (cases[i].cpus != 0) {
			assert_int_equal(fake_gic.last_sgi, cases[i].sgi);
			assert_int_equal(fake_gic.last_sgi_cpus, cases[i].cpus);
		}
		assert_int_equal(counts[PV_STATISTIC_SGI], 1);
	}
	begin(GIC_V2);
	write_d(GICD_SGIR, 1, 0x02);
	write_d(GICD_SGIR, 8, 0x00010003);
	assert_int_equal(read_d(GICD_SGIR, 4), 0);
	assert_int_equal(fake_gic.n_sgis, 0);
	begin(GIC_V3); /* the register does not exist there */
	write_d(GICD_SGIR, 4, 0x00010003);
	assert_int_equal(fake_gic.n_sgis, 0);
}

static void pending_sgis_are_own_ones(void **state)
{
	struct fake_banked *banked = &fake_gic.cpu[2];

	(void)state;
	begin(GIC_V2);
	/* Sources of SGI 1: interface 0 (beta), 2 (our vCPU 1), 5 (gamma). */
	banked->sources[1] = 0x25;
	assert_int_equal(read_d(GICD_CPENDSGIR, 4), 0x0200);
	assert_int_equal(read_d(GICD_SPENDSGIR + 1, 1), 0x02);
	write_d(GICD_CPENDSGIR, 4, UINT32_MAX);
	assert_int_equal(banked->sources[1], 0x21); /* those of others stay */
	write_d(GICD_SPENDSGIR + 14, 1, 0xff);
	assert_int_equal(banked->sources[14], 0x0e); /* interfaces 3, 2, 1 */
	banked->sources[KICK_SGI] = 0x05;
	write_d(GICD_SPENDSGIR + 12, 4, 0xff000000);
	write_d(GICD_CPENDSGIR + 12, 4, 0xff000000);
	assert_int_equal(banked->sources[KICK_SGI], 0x05); /* EL2's */
	assert_int_equal(read_d(GICD_CPENDSGIR + 12, 4), 0x00070000); /* vCPUs 2, 1, 0 */
	write_d(GICD_SPENDSGIR, 2, UINT16_MAX);
	write_d(GICD_SPENDSGIR, 8, UINT64_MAX);
	assert_int_equal(read_d(GICD_SPENDSGIR, 2), 0);
	assert_int_equal(banked->sources[0], 0);
	for (uint32_t cpu = 0; cpu < FAKE_N_CPUS; cpu++) {
		for (uint32_t sgi = 0; cpu != 2 && sgi < 16; sgi++) {
			assert_int_equal(fake_gic.cpu[cpu].sources[sgi], 0);
		}
	}
}

/* ---- GICv2: targets -------------------------------------------------------------- */

static void targets_are_translated(void **state)
{
	static const struct { uint8_t vcpus, interfaces, read_back;
	} cases[] = {
		{ 0x01, 0x08, 0x01 }, { 0x02, 0x04, 0x02 }, { 0x04, 0x02, 0x04 },
		{ 0x07, 0x0e, 0x07 }, { 0x05, 0x0a, 0x05 }, { 0x00, 0x00, 0x00 },
		{ 0xff, 0x0e, 0x07 }, { 0xf8, 0x00, 0x00 }, /* vCPUs that do not exist */
	};

	(void)state;
	begin(GIC_V2);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write_d(GICD_ITARGETSR + 40, 1, cases[i].vcpus);
		assert_int_equal(fake_gic.targets[40], cases[i].interfaces);
		assert_int_equal(read_d(GICD_ITARGETSR + 40, 1), cases[i].read_back);
		write_d(GICD_ITARGETSR + 40, 4, cases[i].vcpus * 0x01010101u);
		assert_int_equal(fake_gic.targets[41], cases[i].interfaces);
		assert_int_equal(read_d(GICD_ITARGETSR + 40, 4), cases[i].read_back * 0x0101u);
	}
}

static void targets_of_others_stay(void **state)
{
	(void)state;
	begin(GIC_V2);
	memset(fake_gic.targets, 0x21, sizeof(fake_gic.targets)); /* others' interfaces */
	for (uint32_t i = 0; i < 0x400; i += 4) {
		write_d(GICD_ITARGETSR + i, 4, UINT32_MAX);
		write_d(GICD_ITARGETSR + i + 3, 1, UINT32_MAX);
	}
	for (uint32_t i = 0; i < 0x400; i++) {
		bool is_own = i >= 32 && (fake_interrupts[ALPHA][i / 32] >> i % 32 & 1) != 0;

		assert_int_equal(fake_gic.targets[i], is_own ? 0x0e : 0x21);
		if (i >= 32) {
			assert_int_equal(read_d(GICD_ITARGETSR + i, 1), is_own ? 0x07 : 0);
		}
	}
	/* A bit of a foreign interface in an own interrupt's target is not shown either. */
	fake_gic.targets[40] = 0x29;
	assert_int_equal(read_d(GICD_ITARGETSR + 40, 1), 0x01);
}

static void targets_have_two_widths(void **state)
{
	(void)state;
	begin(GIC_V2);
	write_d(GICD_ITARGETSR + 40, 2, 0x0101);
	write_d(GICD_ITARGETSR + 40, 8, UINT64_MAX);
	assert_int_equal(fake_gic.n_register_writes, 0);
	assert_int_equal(read_d(GICD_ITARGETSR + 40, 2), 0);
	assert_int_equal(read_d(GICD_ITARGETSR + 40, 8), 0);
}

/* Linux finds out its own interface number this way. */
static void private_targets_are_the_reader(void **state)
{
	(void)state;
	begin(GIC_V2);
	for (uint32_t number = 0; number < 3; number++) {
		for (uint32_t i = 0; i < 32; i += 4) {
			struct mmio_access access = { .offset = GICD_ITARGETSR + i, .bytes = 4 };

			assert_int_equal(access_by(ALPHA, number, vgic_distributor, access),
					 (1u << number) * 0x01010101u);
			access.is_write = true;
			access.value = UINT32_MAX;
			(void)access_by(ALPHA, number, vgic_distributor, access);
		}
	}
	assert_int_equal(fake_gic.n_register_writes, 0);
}

static void eight_vcpus_fill_a_target_byte(void **state)
{
	(void)state;
	fake_system_wide(GIC_V2, 8);
	start();
	write_d(GICD_ITARGETSR + 40, 1, 0x81);
	assert_int_equal(fake_gic.targets[40], 0x81);
	write_d(GICD_ITARGETSR + 40, 1, 0x07);
	assert_int_equal(fake_gic.targets[40], 0xe0);
	assert_int_equal(read_d(GICD_ITARGETSR + 40, 1), 0x07);
}

/* ---- GICv3: routing -------------------------------------------------------------- */

static void routes_are_translated(void **state)
{
	static const struct { uint64_t wanted, route, read_back; } cases[] = {
		{ 0, MPIDR_2, 0 }, { 1, MPIDR_3, 1 }, { 2, MPIDR_0, 2 },
		{ UINT64_C(1) << 31, MPIDR_2, 0 },          /* any: any of ours */
		{ UINT64_C(1) << 31 | 2, MPIDR_2, 0 },
	};
	static const uint64_t nonsense[] = { 3, 4, 0x100, 0x10000, UINT64_C(1) << 32,
					     UINT64_C(0xff00000000), 0xffffff, 0x7fffffff };

	(void)state;
	begin(GIC_V3);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fake_gic.router[40] = 0xbad;
		write_d(GICD_IROUTER + 8 * 40, 8, cases[i].wanted);
		assert_int_equal(fake_gic.router[40], cases[i].route);
		assert_int_equal(read_d(GICD_IROUTER + 8 * 40, 8), cases[i].read_back);
		write_d(GICD_IROUTER + 8 * 41, 4, cases[i].wanted);
		assert_int_equal(fake_gic.router[41], cases[i].route);
		assert_int_equal(read_d(GICD_IROUTER + 8 * 41, 4), cases[i].read_back);
	}
	write_d(GICD_IROUTER + 8 * 40, 8, 1);
	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++) {
		write_d(GICD_IROUTER + 8 * 40, 8, nonsense[i]);
		assert_int_equal(fake_gic.router[40], MPIDR_3);
	}
}

static void routes_of_others_stay(void **state)
{
	(void)state;
	begin(GIC_V3);
	for (uint32_t i = 0; i < 1024; i++) {
		fake_gic.router[i] = MPIDR_3;
	}
	for (uint32_t i = 0; i < 1024; i++) {
		bool is_own = i >= 32 && (fake_interrupts[ALPHA][i / 32] >> i % 32 & 1) != 0;

		if (GICD_IROUTER + 8 * i >= GICD_BYTES) {
			break;
		}
		write_d(GICD_IROUTER + 8 * i, 8, 0);
		assert_int_equal(fake_gic.router[i], is_own ? MPIDR_2 : MPIDR_3);
		fake_gic.router[i] = MPIDR_3;
		assert_int_equal(read_d(GICD_IROUTER + 8 * i, 8), is_own ? 1 : 0);
	}
}

static void half_a_route_is_no_route(void **state)
{
	(void)state;
	begin(GIC_V3);
	fake_gic.router[40] = MPIDR_3;
	write_d(GICD_IROUTER + 8 * 40 + 4, 4, 0); /* Aff3 */
	write_d(GICD_IROUTER + 8 * 40, 1, 0);
	write_d(GICD_IROUTER + 8 * 40, 2, 0);
	assert_int_equal(fake_gic.n_register_writes, 0);
	assert_int_equal(read_d(GICD_IROUTER + 8 * 40 + 4, 4), 0);
	assert_int_equal(read_d(GICD_IROUTER + 8 * 40, 2), 0);
	begin(GIC_V2); /* there is none at all */
	write_d(GICD_IROUTER + 8 * 40, 8, 0);
	assert_int_equal(fake_gic.n_register_writes, 0);
}

static void the_consoles_route_moves_with_the_focus(void **state)
{
	(void)state;
	begin(GIC_V3);
	fake_gic.router[FAKE_CONSOLE_SPI] = 0xbad;
	write_d(GICD_IROUTER + 8 * FAKE_CONSOLE_SPI, 8, 1);
	assert_int_equal(fake_gic.router[FAKE_CONSOLE_SPI], 0xbad);
	focus = ALPHA;
	write_d(GICD_IROUTER + 8 * FAKE_CONSOLE_SPI, 8, 1);
	assert_int_equal(fake_gic.router[FAKE_CONSOLE_SPI], MPIDR_3);
}

/* ---- What belongs to the whole distributor --------------------------------------- */

static void the_distributor_stays_on(void **state)
{
	(void)state;
	begin(GIC_V3);
	write_d(GICD_CTLR, 4, 0);
	assert_int_equal(read_d(GICD_CTLR, 4),
			 GICD_CTLR_DS | GICD_CTLR_ARE_NS | GICD_CTLR_ENABLE_GRP1A);
	fake_gic.write_is_pending = true;
	assert_true((read_d(GICD_CTLR, 4) & GICD_CTLR_RWP) != 0);
	begin(GIC_V2);
	write_d(GICD_CTLR, 4, 0);
	assert_int_equal(read_d(GICD_CTLR, 4), GICD_CTLR_ENABLE);
	assert_int_equal(fake_gic.n_register_writes, 0);
}

static void the_type_names_nothing_that_is_not_there(void **state)
{
	/* ESPI, NMI, SecurityExtn, LSPI or num_LPIs, MBIS, LPIS, DVIS */
	const uint64_t absent = BIT(8) | BIT(9) | BIT(10) | FIELD(15, 11) | BIT(16) | BIT(17) |
				BIT(18);

	(void)state;
	begin(GIC_V3);
	assert_int_equal(read_d(GICD_TYPER, 4) & absent, 0);
	assert_int_equal(field_get(GICD_TYPER_ITLINES, read_d(GICD_TYPER, 4)), 3);
	assert_int_equal(field_get(GICD_TYPER_CPUS, read_d(GICD_TYPER, 4)), 0);
	begin(GIC_V2);
	assert_int_equal(field_get(GICD_TYPER_CPUS, read_d(GICD_TYPER, 4)), 2);
	assert_int_equal(field_get(GICD_TYPER_CPUS,
				   access_by(BETA, 0, vgic_distributor,
					     (struct mmio_access){ .offset = GICD_TYPER, .bytes = 4 })), 0);
}

static void identification_is_the_hardwares(void **state)
{
	(void)state;
	begin(GIC_V3);
	assert_int_equal(read_d(GICD_IIDR, 4), FAKE_GICD_IIDR);
	assert_int_equal(read_d(0xffe8, 4), FAKE_ID_WORD(0xffe8));
	assert_int_equal(read_d(GICD_IDREGS_V2, 4), 0);
	assert_int_equal(read_d(0xffe8, 8), 0);
	begin(GIC_V2);
	assert_int_equal(read_d(0xfe8, 4), FAKE_ID_WORD(0xfe8));
}

/* Every register, every width, all ones: what EL2 must not write, the fake does not take. */
static void no_access_goes_where_it_must_not(void **state)
{
	static const uint64_t values[] = { 0, UINT64_MAX, UINT64_C(0x5555555555555555) };

	(void)state;
	for (int version = GIC_V2; version <= GIC_V3; version++) {
		begin((enum gic_version)version);
		focus = ALPHA;
		uint32_t bytes = version == GIC_V3 ? GICD_BYTES : GICD_BYTES_V2;

		for (uint32_t width = 1; width <= 8; width *= 2) {
			for (uint32_t offset = 0; offset < bytes; offset += width) {
				for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
					write_d(offset, width, values[i]);
				}
				(void)read_d(offset, width);
			}
		}
		for (uint32_t word = 1; word < INTID_WORDS; word++) {
			uint32_t own = fake_interrupts[ALPHA][word] |
				       (word == 1 ? 1u << FAKE_CONSOLE_SPI % 32 : 0);

			assert_int_equal(fake_gic.enabled[word] & ~own, 0);
			assert_int_equal(fake_gic.pending[word] & ~own, 0);
			assert_int_equal(fake_gic.active[word] & ~own, 0);
		}
	}
}

/* ---- Redistributors -------------------------------------------------------------- */

#define FRAME(number) ((uint64_t)(number) * GICR_BYTES)

static void each_redistributor_says_whose_it_is(void **state)
{
	(void)state;
	begin(GIC_V3);
	for (uint64_t number = 0; number < 3; number++) {
		uint64_t expected = number << 32 | number << 8 | (number == 2 ? 1u << 4 : 0);

		assert_int_equal(read_r(FRAME(number) + GICR_TYPER, 8), expected);
		assert_int_equal(read_r(FRAME(number) + GICR_TYPER, 4), (uint32_t)expected);
		assert_int_equal(read_r(FRAME(number) + GICR_TYPER + 4, 4), expected >> 32);
	}
	struct mmio_access access = { .offset = GICR_TYPER, .bytes = 8 };

	assert_int_equal(access_by(BETA, 0, vgic_redistributors, access), 1u << 4); /* Last */
}

static void redistributors_are_the_right_cpus(void **state)
{
	static const uint32_t cpus[] = { 2, 3, 0 };

	(void)state;
	begin(GIC_V3);
	for (uint32_t number = 0; number < 3; number++) {
		write_r(FRAME(number) + GICR_SGI_BASE + GICD_ISENABLER, 4, 1u << 27);
		write_r(FRAME(number) + GICR_SGI_BASE + GICD_IPRIORITYR + 27, 1, 0x30 + number);
		for (uint32_t cpu = 0; cpu < FAKE_N_CPUS; cpu++) {
			bool has = (fake_gic.cpu[cpu].enabled >> 27 & 1) != 0;

			assert_int_equal(has, cpu == cpus[number]);
		}
		assert_int_equal(fake_gic.cpu[cpus[number]].priority[27], 0x30 + number);
		assert_int_equal(read_r(FRAME(number) + GICR_SGI_BASE + GICD_ISENABLER, 4) &
					 1u << 27,
				 1u << 27);
		write_r(FRAME(number) + GICR_SGI_BASE + GICD_ICENABLER, 4, 1u << 27);
	}
}

static void there_are_no_more_redistributors_than_vcpus(void **state)
{
	(void)state;
	begin(GIC_V3);
	for (uint64_t number = 3; number < 40; number++) {
		for (uint32_t width = 4; width <= 8; width += 4) {
			assert_int_equal(read_r(FRAME(number) + GICR_TYPER, width), 0);
			assert_int_equal(
				read_r(FRAME(number) + GICR_SGI_BASE + GICD_ISENABLER, width), 0);
			write_r(FRAME(number) + GICR_SGI_BASE + GICD_ISENABLER, width, UINT64_MAX);
		}
	}
	assert_int_equal(read_r(UINT64_C(1) << 49, 4), 0);
	assert_int_equal(fake_gic.n_register_writes, 0);
}

static void a_redistributor_stays_awake_and_without_lpis(void **state)
{
	(void)state;
	begin(GIC_V3);
	for (uint32_t offset = 0; offset < GICR_SGI_BASE; offset += 4) {
		write_r(offset, 4, UINT32_MAX);
		write_r(offset & ~7u, 8, UINT64_MAX);
	}
	assert_int_equal(fake_gic.n_register_writes, 0);
	assert_int_equal(read_r(GICR_WAKER, 4), 0);
	assert_int_equal(read_r(GICR_CTLR, 4), 0);
	fake_gic.write_is_pending = true;
	assert_int_equal(read_r(GICR_CTLR, 4), GICR_CTLR_RWP);
	assert_int_equal(read_r(GICR_IIDR, 4), FAKE_GICR_IIDR);
	assert_int_equal(read_r(0xffe8, 4), FAKE_ID_WORD(0xffe8));
	assert_int_equal(read_r(0xffe8, 8), 0);
}

static void no_private_access_goes_where_it_must_not(void **state)
{
	(void)state;
	begin(GIC_V3);
	for (uint32_t width = 1; width <= 8; width *= 2) {
		for (uint32_t offset = 0; offset < 3 * GICR_BYTES; offset += width) {
			write_r(offset, width, UINT64_MAX);
			(void)read_r(offset, width);
		}
	}
	for (uint32_t cpu = 0; cpu < FAKE_N_CPUS; cpu++) {
		bool is_own = cpu == 2 || cpu == 3 || cpu == 0;
		const struct fake_banked *banked = &fake_gic.cpu[cpu];

		assert_int_equal(banked->priority[27], is_own ? 0xff : GUEST_DEFAULT_PRIORITY);
		assert_int_equal(banked->priority[26], GUEST_DEFAULT_PRIORITY);
		assert_int_equal(banked->config[1], is_own ? 3u << 22 | 3u << 28 : 0);
		assert_int_equal(banked->enabled & ~(1u << KICK_SGI), 0);
	}
	for (uint32_t word = 1; word < INTID_WORDS; word++) {
		assert_int_equal(fake_gic.enabled[word] | fake_gic.pending[word], 0);
	}
}

static void accesses_are_counted(void **state)
{
	(void)state;
	begin(GIC_V3);
	(void)read_d(GICD_CTLR, 4);
	write_d(GICD_ISENABLER, 4, 0);
	(void)read_r(GICR_WAKER, 4);
	assert_int_equal(counts[PV_STATISTIC_VGIC], 3);
}

/* ---- What needs no C --------------------------------------------------------------- */

static const struct fast_gic *bind(uint32_t partition)
{
	static struct percpu cpu;

	cpu = (struct percpu){ .vcpu = fake_vcpu(partition, 0),
			       .partition = &fake_partitions[partition] };
	vgic_bind(&cpu);
	return &cpu.fast;
}

static void fast_answers_are_those_of_the_partition(void **state)
{
	const struct fast_gic *fast;

	(void)state;
	begin(GIC_V2);
	fast = bind(BETA);
	assert_int_equal(fast->guest_gicd, FAKE_GICD);
	assert_int_equal(fast->gicd, fake_config.gic.distributor.value);
	assert_int_equal(fast->gicc, fake_config.gic.cpu_interface.value);
	assert_ptr_equal(fast->owned, fake_partitions[BETA].interrupts);
	assert_ptr_equal(fast->statistics, fake_vcpu(BETA, 0)->statistics);
	assert_int_equal(fast->slow_word, fake_config.console.interrupt / 32);
	assert_int_equal(fast->typer, access_by(BETA, 0, vgic_distributor,
						(struct mmio_access){ .offset = GICD_TYPER, .bytes = 4 }));

	/* Without a trapped distributor nothing is near it: offsets of GICD go up to 64 KiB. */
	fake_partitions[BETA].n_mmio = 0;
	assert_true(bind(BETA)->guest_gicd > UINT64_MAX / 4);
}

static void fast_sgis_are_for_neighbours(void **state)
{
	static const struct {
		enum gic_version version;
		uint32_t cpus[2]; /* of alpha's vCPUs 0 and 1 */
		uint32_t sgi1r_targets, sgir_targets, shift;
		uint64_t affinity;
	} cases[] = {
		{ GIC_V3, { 0, 1 }, 3, 0, 0, 0 },
		{ GIC_V3, { 2, 3 }, 3, 0, 0, 1 },
		{ GIC_V3, { 1, 0 }, 0, 0, 0, 0 }, /* the wrong way round */
		{ GIC_V3, { 0, 3 }, 0, 0, 0, 0 }, /* of two clusters */
		{ GIC_V2, { 1, 0 }, 0, 3u << 16, 0, 0 },
		{ GIC_V2, { 3, 2 }, 0, 3u << 16, 2, 0 },
		{ GIC_V2, { 0, 1 }, 0, 0, 0, 0 },
		{ GIC_V2, { 1, 3 }, 0, 0, 0, 0 }, /* with one in between */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct fast_gic *fast;

		begin(cases[i].version);
		fake_partitions[ALPHA].n_vcpus = 2;
		fake_vcpus[0].cpu_id = cases[i].cpus[0];
		fake_vcpus[1].cpu_id = cases[i].cpus[1];
		fake_vcpus_begin();
		fast = bind(ALPHA);
		assert_int_equal(fast->sgi1r_targets, cases[i].sgi1r_targets);
		assert_int_equal(fast->sgir_targets, cases[i].sgir_targets);
		assert_int_equal(fast->shift, cases[i].shift);
		assert_int_equal(fast->affinity, cases[i].affinity);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sgi1r_reaches_own_vcpus_only),
		cmocka_unit_test(one_vcpu_has_no_others),
		cmocka_unit_test(sixteen_vcpus_are_all_reached),
		cmocka_unit_test(sgir_reaches_own_vcpus_only),
		cmocka_unit_test(pending_sgis_are_own_ones),
		cmocka_unit_test(targets_are_translated),
		cmocka_unit_test(targets_of_others_stay),
		cmocka_unit_test(targets_have_two_widths),
		cmocka_unit_test(private_targets_are_the_reader),
		cmocka_unit_test(eight_vcpus_fill_a_target_byte),
		cmocka_unit_test(routes_are_translated),
		cmocka_unit_test(routes_of_others_stay),
		cmocka_unit_test(half_a_route_is_no_route),
		cmocka_unit_test(the_consoles_route_moves_with_the_focus),
		cmocka_unit_test(the_distributor_stays_on),
		cmocka_unit_test(the_type_names_nothing_that_is_not_there),
		cmocka_unit_test(identification_is_the_hardwares),
		cmocka_unit_test(no_access_goes_where_it_must_not),
		cmocka_unit_test(each_redistributor_says_whose_it_is),
		cmocka_unit_test(redistributors_are_the_right_cpus),
		cmocka_unit_test(there_are_no_more_redistributors_than_vcpus),
		cmocka_unit_test(a_redistributor_stays_awake_and_without_lpis),
		cmocka_unit_test(no_private_access_goes_where_it_must_not),
		cmocka_unit_test(accesses_are_counted),
		cmocka_unit_test(fast_answers_are_those_of_the_partition),
		cmocka_unit_test(fast_sgis_are_for_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
