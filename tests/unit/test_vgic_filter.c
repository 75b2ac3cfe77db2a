/* links: partitions/vgic_filter.c tests/fake/vcpu.c tests/fake/cpu.c tests/fake/gic.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* Registers laid out by interrupt: nothing that belongs to others is seen or changed. */
#include "tests/fake/vcpu.h"

#include "hyp/bits.h"
#include "hyp/gic.h"
#include "partitions/console.h"
#include "partitions/vgic_filter.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ALL  UINT32_MAX
#define ALPHA_WORD_1 (1u << 40 % 32 | 1u << 41 % 32)
#define ALPHA_WORD_2 (1u << 64 % 32 | 1u << 79 % 32)
#define ALPHA_WORD_3 (1u << 100 % 32)
#define EL2S         ((uint32_t)EL2_PPIS | 1u << KICK_SGI)
#define ALPHA_WORD_0 (0x7fffu | 1u << 27 | 1u << 30)

static uint32_t focus;
static struct { uint32_t n, offset, bits; } noted;

bool console_has_interrupt(const struct partition_config *config)
{
	return focus != NONE && config == &fake_partitions[focus];
}

void console_note_enable(const struct partition_config *config, uint32_t offset, uint32_t bits)
{
	assert_ptr_equal(config, &fake_partitions[ALPHA]);
	noted.n++;
	noted.offset = offset;
	noted.bits = bits;
}

static void begin(enum gic_version version)
{
	fake_system_begin(version);
	fake_cpu_begin();
	fake_gic_begin();
	fake_vcpus_begin();
	focus = NONE;
	noted.n = 0;
}

/* vCPU 0 of alpha; GICv3's SGIs and PPIs are those of its vCPU `sibling`. */
static bool access_as(struct vcpu *vcpu, uint32_t offset, uint32_t bytes, bool is_write,
		      uint64_t *value)
{
	bool is_private = fake_config.gic.version == GIC_V3 &&
			  ((offset < GICD_IPRIORITYR && (offset & 0x7f) < 4) ||
			   (offset >= GICD_IPRIORITYR && offset < GICD_IPRIORITYR + 32) ||
			   (offset >= GICD_ICFGR && offset < GICD_ICFGR + 8));
	const struct vgic_view view = { vcpu, is_private, vcpu->config->cpu_id };
	const struct mmio_access access = { .offset = offset, .bytes = bytes, .is_write = is_write,
					    .value = is_write ? *value : 0 };

	return vgic_by_interrupt(&view, offset, &access, value);
}

static void write(uint32_t offset, uint32_t bytes, uint64_t value)
{
	assert_true(access_as(fake_vcpu(ALPHA, 0), offset, bytes, true, &value));
}

static uint64_t read(uint32_t offset, uint32_t bytes)
{
	uint64_t value = 0xbad;

	assert_true(access_as(fake_vcpu(ALPHA, 0), offset, bytes, false, &value));
	return value;
}

/* ---- One bit an interrupt -------------------------------------------------------- */

static const uint32_t owned_words[] = { ALPHA_WORD_0, ALPHA_WORD_1, ALPHA_WORD_2, ALPHA_WORD_3, 0 };

static uint32_t *bits_of(uint32_t kind, uint32_t word)
{
	struct fake_banked *banked = &fake_gic.cpu[2]; /* alpha's vCPU 0 */
	uint32_t *banked_bits[] = { &banked->enabled, &banked->pending, &banked->active };
	uint32_t *bits[] = { fake_gic.enabled, fake_gic.pending, fake_gic.active };

	return word == 0 ? banked_bits[kind] : &bits[kind][word];
}

static void only_own_bits_are_set_and_cleared(void **state)
{
	static const uint32_t values[] = { ALL, 0, 0x0f0f0f0f, 0xaaaaaaaa, 1u << 42 % 32 };

	(void)state;
	for (int version = GIC_V2; version <= GIC_V3; version++) {
		begin((enum gic_version)version);
		for (uint32_t word = 0; word < ARRAY_SIZE(owned_words); word++) {
			/* The kick's own bit has a test of its own. */
			uint32_t own = owned_words[word] & ~(word == 0 ? 1u << KICK_SGI : 0);

			for (uint32_t i = 0; i < 6 * ARRAY_SIZE(values); i++) {
				uint32_t kind = i % 6;
				uint32_t value = values[i / 6] & ~(word == 0 ? 1u << KICK_SGI : 0);
				uint32_t *bits = bits_of(kind / 2, word);
				uint32_t before = *bits = 0x3c5a69c3 ^ i;

				write(GICD_ISENABLER + kind * 0x80 + word * 4, 4, value);
				assert_int_equal(*bits, kind % 2 == 0 ? before | (value & own)
								      : before & ~(value & own));
			}
		}
	}
}

static void only_own_bits_are_read(void **state)
{
	(void)state;
	for (int version = GIC_V2; version <= GIC_V3; version++) {
		begin((enum gic_version)version);
		for (uint32_t word = 0; word < ARRAY_SIZE(owned_words); word++) {
			for (uint32_t kind = 0; kind < 6; kind++) {
				*bits_of(kind / 2, word) = ALL;
				assert_int_equal(read(GICD_ISENABLER + kind * 0x80 + word * 4, 4),
						 owned_words[word]);
			}
		}
	}
}

/* Enabling a neighbour's interrupt must not even reach the hardware. */
static void a_write_without_own_bits_is_not_forwarded(void **state)
{
	(void)state;
	begin(GIC_V3);
	for (uint32_t kind = 0; kind < 6; kind++) {
		write(GICD_ISENABLER + kind * 0x80 + 4, 4, ~ALPHA_WORD_1);
		write(GICD_ISENABLER + kind * 0x80 + 4 * 31, 4, ALL);
	}
	assert_int_equal(fake_gic.n_register_writes, 0);
}

/* Disabled while active, an interrupt can still be ended, and is seen as active until then. */
static void a_disabled_active_interrupt_is_not_orphaned(void **state)
{
	const uint32_t bit = 1u << 40 % 32;

	(void)state;
	begin(GIC_V2);
	fake_gic.enabled[1] = fake_gic.active[1] = fake_gic.pending[1] = bit;
	write(GICD_ICENABLER + 4, 4, bit);
	assert_int_equal(read(GICD_ISENABLER + 4, 4), 0);
	assert_int_equal(read(GICD_ISACTIVER + 4, 4), bit);
	assert_int_equal(read(GICD_ISPENDR + 4, 4), bit);
	write(GICD_ICACTIVER + 4, 4, bit);
	assert_int_equal(fake_gic.active[1], 0);
	assert_int_equal(fake_gic.pending[1], bit); /* it comes again when it is enabled */
	write(GICD_ISENABLER + 4, 4, bit);
	assert_int_equal(fake_gic.enabled[1], bit);
}

static void groups_are_el2s(void **state)
{
	(void)state;
	begin(GIC_V3);
	assert_int_equal(read(GICD_IGROUPR + 4, 4), ALPHA_WORD_1);
	assert_int_equal(read(GICD_IGROUPR, 4), ALPHA_WORD_0);
	write(GICD_IGROUPR + 4, 4, 0);
	assert_int_equal(fake_gic.n_register_writes, 0);
	begin(GIC_V2);
	assert_int_equal(read(GICD_IGROUPR + 4, 4), 0);
	write(GICD_IGROUPR + 4, 4, ALL);
	assert_int_equal(fake_gic.n_register_writes, 0);
}

static void only_whole_words_are_bits(void **state)
{
	static const uint32_t widths[] = { 1, 2, 8 };

	(void)state;
	begin(GIC_V2);
	memset(fake_gic.enabled, 0xff, sizeof(fake_gic.enabled));
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		write(GICD_ICENABLER + 8, widths[i], UINT64_MAX);
		assert_int_equal(read(GICD_ISENABLER + 8, widths[i]), 0);
		write(GICD_ICFGR + 16, widths[i], UINT64_MAX);
		assert_int_equal(read(GICD_ICFGR + 16, widths[i]), 0);
	}
	assert_int_equal(fake_gic.n_register_writes, 0);
}

static void the_console_belongs_to_whom_has_the_focus(void **state)
{
	const uint32_t bit = 1u << FAKE_CONSOLE_SPI % 32;

	(void)state;
	begin(GIC_V3);
	focus = BETA;
	write(GICD_ISENABLER + 4, 4, bit);
	assert_int_equal(fake_gic.enabled[1], 0);
	focus = ALPHA;
	write(GICD_ISENABLER + 4, 4, ALL);
	assert_int_equal(fake_gic.enabled[1], bit | ALPHA_WORD_1);
	assert_int_equal(read(GICD_ISENABLER + 4, 4), bit | ALPHA_WORD_1);
	assert_int_equal(read(GICD_IGROUPR + 8, 4), ALPHA_WORD_2); /* in its own word only */
}

/* What it wants of the console is remembered, focus or not. */
static void enables_are_noted(void **state)
{
	(void)state;
	begin(GIC_V3);
	write(GICD_ISENABLER + 4, 4, ALL);
	assert_int_equal(noted.n, 1);
	assert_int_equal(noted.offset, GICD_ISENABLER + 4);
	assert_int_equal(noted.bits, ALL);
	write(GICD_ICENABLER + 4, 4, 2);
	assert_int_equal(noted.n, 2);
	assert_int_equal(noted.offset, GICD_ICENABLER + 4);
	write(GICD_ISPENDR + 4, 4, ALL);
	write(GICD_ICACTIVER + 4, 4, ALL);
	(void)read(GICD_ISENABLER + 4, 4);
	assert_int_equal(noted.n, 2);
}

/* Not even a table that gives them away opens EL2's PPIs, or its SGI. */
static void ppis_of_el2_are_nobodys(void **state)
{
	(void)state;
	begin(GIC_V3);
	fake_interrupts[ALPHA][0] = ALL;
	write(GICD_ISENABLER, 4, ALL);
	assert_int_equal(fake_gic.cpu[2].enabled & ~(1u << KICK_SGI), ALL & ~EL2S);
	assert_int_equal(read(GICD_ISENABLER, 4), ALL & ~EL2S);
	write(GICD_IPRIORITYR + 26, 1, 0x20);
	assert_int_equal(fake_gic.cpu[2].priority[26], GUEST_DEFAULT_PRIORITY);
}

/* ---- One byte an interrupt ------------------------------------------------------- */

static void priorities_are_clamped(void **state)
{
	static const struct { uint8_t wanted, got; } cases[] = {
		{ 0, GUEST_HIGHEST_PRIORITY }, { 1, GUEST_HIGHEST_PRIORITY },
		{ GUEST_HIGHEST_PRIORITY - 1, GUEST_HIGHEST_PRIORITY },
		{ GUEST_HIGHEST_PRIORITY, GUEST_HIGHEST_PRIORITY },
		{ GUEST_HIGHEST_PRIORITY + 1, GUEST_HIGHEST_PRIORITY + 1 },
		{ 0xa0, 0xa0 }, { 0xff, 0xff },
	};

	(void)state;
	for (int version = GIC_V2; version <= GIC_V3; version++) {
		begin((enum gic_version)version);
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			write(GICD_IPRIORITYR + 40, 1, cases[i].wanted);
			assert_int_equal(fake_gic.priority[40], cases[i].got);
			write(GICD_IPRIORITYR + 27, 1, cases[i].wanted);
			assert_int_equal(fake_gic.cpu[2].priority[27], cases[i].got);
			write(GICD_IPRIORITYR + 40, 4, cases[i].wanted * 0x01010101u);
			assert_int_equal(fake_gic.priority[41], cases[i].got);
			assert_int_equal(read(GICD_IPRIORITYR + 40, 1), cases[i].got);
		}
	}
}

static void priorities_of_others_stay(void **state)
{
	(void)state;
	begin(GIC_V2);
	write(GICD_IPRIORITYR + 40, 4, 0x44332211); /* 40, 41: alpha; 42: beta; 43: gamma */
	assert_int_equal(fake_gic.priority[40], 0x11);
	assert_int_equal(fake_gic.priority[41], 0x22);
	assert_int_equal(fake_gic.priority[42], GUEST_DEFAULT_PRIORITY);
	assert_int_equal(fake_gic.priority[43], GUEST_DEFAULT_PRIORITY);
	assert_int_equal(read(GICD_IPRIORITYR + 40, 4), 0x2211);
	assert_int_equal(read(GICD_IPRIORITYR + 41, 1), 0x22);
	assert_int_equal(read(GICD_IPRIORITYR + 42, 1), 0);
	for (uint32_t i = 0; i < 0x400; i++) {
		write(GICD_IPRIORITYR + i, 1, 0x55);
	}
	for (uint32_t i = 32; i < 0x400; i++) {
		bool is_own = (fake_interrupts[ALPHA][i / 32] >> i % 32 & 1) != 0;

		if (i != 40 && i != 41) {
			assert_int_equal(fake_gic.priority[i],
					 is_own ? 0x55 : GUEST_DEFAULT_PRIORITY);
		}
	}
}

static void priorities_have_two_widths(void **state)
{
	(void)state;
	begin(GIC_V3);
	write(GICD_IPRIORITYR + 40, 2, 0x5555);
	write(GICD_IPRIORITYR + 40, 8, UINT64_C(0x5555555555555555));
	assert_int_equal(fake_gic.n_register_writes, 0);
	assert_int_equal(read(GICD_IPRIORITYR + 40, 2), 0);
	assert_int_equal(read(GICD_IPRIORITYR + 40, 8), 0);
}

/* ---- The kick -------------------------------------------------------------------- */

/* SGI 15 is EL2's, whatever a table says: what makes a CPU come back stays as it is. */
static void the_kick_keeps_its_priority(void **state)
{
	(void)state;
	for (int version = GIC_V2; version <= GIC_V3; version++) {
		begin((enum gic_version)version);
		write(GICD_IPRIORITYR + KICK_SGI, 1, 0xff);
		write(GICD_IPRIORITYR + 12, 4, ALL);
		assert_int_equal(fake_gic.cpu[2].priority[KICK_SGI], 0);
		assert_int_equal(fake_gic.cpu[2].priority[14], 0xff);
	}
}

static void the_kick_can_be_neither_disabled_nor_taken_back(void **state)
{
	(void)state;
	begin(GIC_V3);
	irqchip_kick(2);
	write(GICD_ICENABLER, 4, ALL);
	assert_true(fake_gic_would_wake(2));
	write(GICD_ICPENDR, 4, ALL);
	assert_true(fake_gic_would_wake(2));
	write(GICD_ISACTIVER, 4, ALL);
	assert_true(fake_gic_would_wake(2));
}

/* ---- Two bits an interrupt ------------------------------------------------------- */

static void the_trigger_of_a_neighbour_stays(void **state)
{
	(void)state;
	begin(GIC_V3);
	memset(fake_gic.config, 0xaa, sizeof(fake_gic.config));
	write(GICD_ICFGR + 64 / 4, 4, 0); /* 64 and 79 are alpha's, 65 is beta's */
	assert_int_equal(fake_gic.config[64 / 16], 0x2aaaaaa8);
	assert_int_equal(fake_gic.config[80 / 16], 0xaaaaaaaa);
	write(GICD_ICFGR + 64 / 4, 4, ALL);
	assert_int_equal(fake_gic.config[64 / 16], 0xeaaaaaab);
	assert_int_equal(read(GICD_ICFGR + 64 / 4, 4), 0xc0000003);
	write(GICD_ICFGR + 80 / 4, 4, ALL); /* none of these is alpha's */
	assert_int_equal(fake_gic.config[80 / 16], 0xaaaaaaaa);
	write(GICD_ICFGR + 48 / 4, 4, 0); /* nor is the upper half of word 1 */
	assert_int_equal(fake_gic.config[48 / 16], 0xaaaaaaaa);
	write(GICD_ICFGR + 32 / 4, 4, 0);
	assert_int_equal(fake_gic.config[32 / 16], 0xaaa0aaaa);
}

/* Interrupt by interrupt: its own two bits, and no others. */
static void each_trigger_is_its_interrupts(void **state)
{
	(void)state;
	begin(GIC_V2);
	for (uint32_t interrupt = 16; interrupt < 1020; interrupt++) {
		uint32_t word = interrupt / 16, mask = 3u << interrupt % 16 * 2;

		memset(fake_interrupts[ALPHA], 0, sizeof(fake_interrupts[ALPHA]));
		fake_interrupts[ALPHA][interrupt / 32] = 1u << interrupt % 32;
		write(GICD_ICFGR + word * 4, 4, ALL);
		bool is_el2s = interrupt < 32 && ((uint32_t)EL2_PPIS >> interrupt & 1) != 0;
		uint32_t *config = word == 1 ? &fake_gic.cpu[2].config[1] : &fake_gic.config[word];

		assert_int_equal(*config, is_el2s ? 0 : mask);
		*config = 0;
	}
}

static void sgis_are_always_edges(void **state)
{
	(void)state;
	for (int version = GIC_V2; version <= GIC_V3; version++) {
		begin((enum gic_version)version);
		write(GICD_ICFGR, 4, 0);
		assert_int_equal(fake_gic.cpu[2].config[0], 0xaaaaaaaa);
		assert_int_equal(read(GICD_ICFGR, 4), 0x2aaaaaaa); /* SGI 15 is EL2's */
		write(GICD_ICFGR + 4, 4, ALL);
		assert_int_equal(fake_gic.cpu[2].config[1], 3u << 22 | 3u << 28);
	}
}

/* ---- Bounds ---------------------------------------------------------------------- */

static void other_offsets_are_not_its_business(void **state)
{
	static const uint32_t offsets[] = {
		GICD_CTLR, GICD_TYPER, 0x40, 0x7c, GICD_ITARGETSR, GICD_ITARGETSR + 0x3fc,
		GICD_ICFGR + 0x100, GICD_SGIR, GICD_CPENDSGIR, GICD_IROUTER, GICD_IDREGS, 0xfffc,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		uint64_t value = ALL;

		begin(GIC_V3);
		assert_false(access_as(fake_vcpu(ALPHA, 0), offsets[i], 4, true, &value));
		assert_false(access_as(fake_vcpu(ALPHA, 0), offsets[i], 4, false, &value));
		assert_int_equal(value, ALL);
	}
	assert_int_equal(fake_gic.n_register_writes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_own_bits_are_set_and_cleared),
		cmocka_unit_test(only_own_bits_are_read),
		cmocka_unit_test(a_write_without_own_bits_is_not_forwarded),
		cmocka_unit_test(a_disabled_active_interrupt_is_not_orphaned),
		cmocka_unit_test(groups_are_el2s),
		cmocka_unit_test(only_whole_words_are_bits),
		cmocka_unit_test(the_console_belongs_to_whom_has_the_focus),
		cmocka_unit_test(enables_are_noted),
		cmocka_unit_test(ppis_of_el2_are_nobodys),
		cmocka_unit_test(priorities_are_clamped),
		cmocka_unit_test(priorities_of_others_stay),
		cmocka_unit_test(priorities_have_two_widths),
		cmocka_unit_test(the_kick_keeps_its_priority),
		cmocka_unit_test(the_kick_can_be_neither_disabled_nor_taken_back),
		cmocka_unit_test(the_trigger_of_a_neighbour_stays),
		cmocka_unit_test(each_trigger_is_its_interrupts),
		cmocka_unit_test(sgis_are_always_edges),
		cmocka_unit_test(other_offsets_are_not_its_business),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
