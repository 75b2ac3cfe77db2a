/* links: partitions/vuart.c tests/fake/vcpu.c tests/fake/cpu.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of the emulated PL011; the console behind it is a recorder here. */
#include "tests/fake/vcpu.h"

#include "partitions/console.h"
#include "partitions/vuart.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DR   0x00u
#define FR   0x18u
#define IBRD 0x24u
#define FBRD 0x28u
#define LCRH 0x2cu
#define CR   0x30u
#define IFLS 0x34u
#define IMSC 0x38u
#define RIS  0x3cu
#define MIS  0x40u
#define ICR  0x44u

#define RXFE 0x10u
#define TXFF 0x20u
#define TXFE 0x80u
#define RX   0x10u
#define TX   0x20u
#define RT   0x40u

static struct {
	bool     has_input, has_room;
	char     sent[16];
	size_t   n_sent;
	uint32_t n_raised, n_counted;
	int      input;
} console;

size_t console_put(struct vcpu *vcpu, const char *text, size_t bytes)
{
	assert_ptr_equal(vcpu, fake_vcpu(ALPHA, 1));
	assert_int_equal(bytes, 1);
	if (!console.has_room) {
		return 0;
	}
	console.sent[console.n_sent++] = *text;
	return 1;
}

int console_get(struct vcpu *vcpu)
{
	(void)vcpu;
	return console.has_input ? console.input : -1;
}

bool console_has_input(struct vcpu *vcpu)
{
	(void)vcpu;
	return console.has_input;
}

bool console_has_room(struct vcpu *vcpu)
{
	(void)vcpu;
	return console.has_room;
}

void console_raise(struct vcpu *vcpu)
{
	(void)vcpu;
	console.n_raised++;
}

void upcall_count(struct vcpu *vcpu, enum pv_statistic what)
{
	(void)vcpu;
	assert_int_equal(what, PV_STATISTIC_VUART);
	console.n_counted++;
}

static int begin(void **state)
{
	(void)state;
	fake_system_begin(GIC_V3);
	fake_cpu_begin();
	fake_vcpus_begin();
	memset(&console, 0, sizeof(console));
	console.has_room = true;
	vuart_reset(ALPHA);
	vuart_reset(BETA);
	return 0;
}

static void write(uint32_t offset, uint64_t value)
{
	struct mmio_access access = { .offset = offset, .bytes = 4, .is_write = true, .value = value };

	(void)vuart_access(fake_vcpu(ALPHA, 1), &access);
}

static uint64_t read(uint32_t offset)
{
	struct mmio_access access = { .offset = offset, .bytes = 4 };

	return vuart_access(fake_vcpu(ALPHA, 1), &access);
}

static void characters_go_to_the_console(void **state)
{
	(void)state;
	write(DR, 'h');
	write(DR, 0xffffff00u | 'i');
	assert_int_equal(console.n_sent, 2);
	assert_memory_equal(console.sent, "hi", 2);
	console.has_room = false;
	write(DR, 'x'); /* lost, as with hardware */
	assert_int_equal(console.n_sent, 2);
	assert_int_equal(console.n_counted, 3);
}

static void characters_come_from_the_console(void **state)
{
	(void)state;
	assert_int_equal(read(DR), 0);
	console.has_input = true;
	console.input = 0xfe;
	assert_int_equal(read(DR), 0xfe);
}

static void flags_follow_the_console(void **state)
{
	(void)state;
	assert_int_equal(read(FR), RXFE | TXFE);
	console.has_input = true;
	assert_int_equal(read(FR), TXFE);
	console.has_room = false;
	assert_int_equal(read(FR), TXFF);
}

static void interrupts_are_raised_as_the_mask_says(void **state)
{
	(void)state;
	console.has_input = true;
	vuart_update(fake_vcpu(ALPHA, 1));
	assert_int_equal(console.n_raised, 0); /* nothing is wanted */
	write(IMSC, RX);
	assert_int_equal(console.n_raised, 1);
	assert_int_equal(read(RIS), RX | RT | TX);
	assert_int_equal(read(MIS), RX);
	console.has_input = false;
	vuart_update(fake_vcpu(ALPHA, 1));
	assert_int_equal(console.n_raised, 1);
	assert_int_equal(read(MIS), 0);
	write(IMSC, TX);
	assert_int_equal(console.n_raised, 2); /* there is room already */
	write(DR, 'x');
	assert_int_equal(console.n_raised, 3); /* and still is */
	console.has_room = false;
	vuart_update(fake_vcpu(ALPHA, 1));
	assert_int_equal(console.n_raised, 3);
	write(ICR, UINT32_MAX); /* its causes go on being true or not */
	assert_int_equal(read(RIS), 0);
}

static void settings_read_back(void **state)
{
	static const struct { uint32_t offset, mask; } registers[] = {
		{ IBRD, 0xffff }, { FBRD, 0x3f }, { LCRH, 0xff }, { CR, 0xffff }, { IFLS, 0x3f },
		{ IMSC, 0x7ff },
	};

	(void)state;
	assert_int_equal(read(CR), 0x300);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		write(registers[i].offset, UINT64_MAX);
		assert_int_equal(read(registers[i].offset), registers[i].mask);
	}
	vuart_reset(ALPHA);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		assert_int_equal(read(registers[i].offset), registers[i].offset == CR ? 0x300 : 0);
	}
}

static void each_partition_has_its_own(void **state)
{
	struct mmio_access access = { .offset = IBRD, .bytes = 4 };

	(void)state;
	write(IBRD, 0x1234);
	assert_int_equal(vuart_access(fake_vcpu(BETA, 0), &access), 0);
	vuart_reset(BETA);
	assert_int_equal(read(IBRD), 0x1234);
}

/* As an AMBA bus looks for it: a PL011 by Arm. */
static void it_says_what_it_is(void **state)
{
	uint64_t periphid = 0, cid = 0;

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		periphid |= read(0xfe0 + 4 * i) << 8 * i;
		cid |= read(0xff0 + 4 * i) << 8 * i;
	}
	assert_int_equal(periphid & 0x000fffff, 0x00041011);
	assert_int_equal(cid, 0xb105f00d);
}

static void no_offset_is_too_much(void **state)
{
	(void)state;
	for (uint32_t bytes = 1; bytes <= 8; bytes *= 2) {
		for (uint64_t offset = 0; offset < 2 * PAGE_BYTES; offset += bytes) {
			struct mmio_access access = { .offset = offset, .bytes = bytes };

			(void)vuart_access(fake_vcpu(ALPHA, 1), &access);
			access.is_write = offset % 8 >= 4; /* UARTDR would fill the recorder */
			access.value = UINT64_MAX;
			(void)vuart_access(fake_vcpu(ALPHA, 1), &access);
		}
	}
	assert_int_equal(read(0x100), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(characters_go_to_the_console, begin),
		cmocka_unit_test_setup(characters_come_from_the_console, begin),
		cmocka_unit_test_setup(flags_follow_the_console, begin),
		cmocka_unit_test_setup(interrupts_are_raised_as_the_mask_says, begin),
		cmocka_unit_test_setup(settings_read_back, begin),
		cmocka_unit_test_setup(each_partition_has_its_own, begin),
		cmocka_unit_test_setup(it_says_what_it_is, begin),
		cmocka_unit_test_setup(no_offset_is_too_much, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
