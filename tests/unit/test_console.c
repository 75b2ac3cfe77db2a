/* links: partitions/console.c partitions/vuart.c core/log.c core/terminal.c core/format.c core/spinlock.c tests/fake/vcpu.c tests/fake/begin.c tests/fake/memory.c tests/fake/cpu.c tests/fake/gic.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* Focus, input, register calls. alpha and beta have a console, gamma has none. */
#include "tests/fake/vcpu.h"

#include "core/log.h"
#include "partitions/console.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NEXT "\x1d"
#define LIST "\x1c"
#define CONSOLE_BIT (1u << FAKE_CONSOLE_SPI % 32)

static uint64_t x[8];

struct partition *partition_at(uint32_t index)
{
	assert_in_range(index, 0, FAKE_N_PARTITIONS - 1);
	return &fake_partition_states[index];
}

void upcall_count(struct vcpu *vcpu, enum pv_statistic what)
{
	(void)vcpu;
	(void)what;
}

static void forget_output(void)
{
	for (int i = 0; i < 50; i++) {
		fake_now += 1000000;
		log_flush();
	}
	fake_uart_forget();
}

static int begin(void **state)
{
	(void)state;
	fake_begin(GIC_V3);
	fake_vcpus_begin();
	for (uint32_t i = 0; i < FAKE_N_PARTITIONS; i++) {
		console_leave(&fake_partitions[i]);
	}
	console_init();
	fake_gic_begin();
	fake_gic.router[FAKE_CONSOLE_SPI] = fake_cpus[2].mpidr;
	log_end_boot();
	forget_output();
	return 0;
}

static enum pv_status write(uint32_t partition, const char *text, uint64_t bytes)
{
	x[1] = bytes;
	for (size_t i = 2; i < 8; i++) {
		x[i] = 0;
	}
	for (size_t i = 0; bytes <= PV_CONSOLE_BYTES && i < bytes; i++) {
		x[2 + i / 8] |= (uint64_t)(unsigned char)text[i] << i % 8 * 8;
	}
	return console_write(fake_vcpu(partition, 0), x);
}

static enum pv_status read(uint32_t partition, uint64_t most)
{
	memset(x, 0xff, sizeof(x));
	x[1] = most;
	return console_read(fake_vcpu(partition, 0), x);
}

static void assert_read(uint32_t partition, const char *text)
{
	size_t bytes = strlen(text);

	assert_int_equal(read(partition, PV_CONSOLE_BYTES), PV_OK);
	assert_int_equal(x[1], bytes);
	for (size_t i = 0; i < PV_CONSOLE_BYTES; i++) {
		char c = (char)(x[2 + i / 8] >> i % 8 * 8);

		assert_int_equal(c, i < bytes ? text[i] : 0);
	}
}

static bool is_pending(void)
{
	bool result = (fake_gic.pending[FAKE_CONSOLE_SPI / 32] & CONSOLE_BIT) != 0;

	fake_gic.pending[FAKE_CONSOLE_SPI / 32] = 0;
	return result;
}

static void attend(uint32_t partition)
{
	console_attend(&percpus[fake_vcpu(partition, 0)->config->cpu_id]);
}

/* ---- Register calls -------------------------------------------------------------- */

static void text_comes_out_of_registers(void **state)
{
	static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJK\n";

	(void)state;
	assert_int_equal(write(BETA, "a\n", 2), PV_OK);
	assert_int_equal(x[1], 2);
	assert_int_equal(write(BETA, text, PV_CONSOLE_BYTES), PV_OK);
	assert_int_equal(x[1], PV_CONSOLE_BYTES);
	assert_string_equal(fake_uart_text(), "beta    | a\r\nbeta    | "
			    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJK\r\n");
}

static void sizes_are_checked(void **state)
{
	static const uint64_t bad[] = { 0, PV_CONSOLE_BYTES + 1, UINT32_MAX, UINT64_C(1) << 32,
					UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(write(ALPHA, "", bad[i]), PV_BAD_ARGUMENT);
		assert_int_equal(read(ALPHA, bad[i]), PV_BAD_ARGUMENT);
	}
}

static void a_partition_without_a_console_has_none(void **state)
{
	(void)state;
	assert_int_equal(write(GAMMA, "x\n", 2), PV_NOT_ALLOWED);
	assert_int_equal(read(GAMMA, 1), PV_NOT_ALLOWED);
	assert_string_equal(fake_uart_text(), "");
}

static void a_full_ring_takes_part_then_nothing(void **state)
{
	static const char text[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	uint64_t total = 0;

	(void)state;
	fake_uart_room = 0;
	while (write(BETA, text, PV_CONSOLE_BYTES) == PV_OK) {
		total += x[1];
		assert_in_range(x[1], 1, PV_CONSOLE_BYTES);
	}
	assert_int_equal(x[1], 0);
	assert_int_equal(total, TERMINAL_RING_BYTES);
	/* This CPU comes back to send the rest. */
	assert_int_not_equal(atomic_load(&percpus[1].attention), 0);
	assert_int_equal(write(BETA, text, 1), PV_BUSY);
	assert_int_equal(write(ALPHA, "y\n", 2), PV_OK);
}

/* ---- Input ----------------------------------------------------------------------- */

static void input_goes_to_the_focus(void **state)
{
	(void)state;
	fake_uart_type("hello");
	assert_read(BETA, "");
	assert_true(is_pending()); /* somebody else has looked: alpha is told */
	assert_read(ALPHA, "hello");
	assert_read(ALPHA, "");
	fake_uart_type("again");
	assert_read(ALPHA, "again");
	assert_false(is_pending()); /* it came for it by itself */
}

static void a_read_takes_what_it_asked_for(void **state)
{
	(void)state;
	fake_uart_type("hello");
	assert_int_equal(read(ALPHA, 2), PV_OK);
	assert_int_equal(x[1], 2);
	assert_int_equal(x[2], 'h' | 'e' << 8);
	for (size_t i = 3; i < 8; i++) {
		assert_int_equal(x[i], 0);
	}
	assert_read(ALPHA, "llo");
}

static void characters_of_the_upper_half_stay_what_they_are(void **state)
{
	(void)state;
	fake_uart_type("\xff\x80");
	assert_int_equal(read(ALPHA, 2), PV_OK);
	assert_int_equal(x[2], 0x80ff);
}

static void a_long_input_is_taken_in_steps(void **state)
{
	char text[201];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		text[i] = (char)('a' + i % 26);
	}
	text[200] = '\0';
	fake_uart_type(text);
	for (size_t at = 0; at < 200; at += x[1]) {
		assert_int_equal(read(ALPHA, PV_CONSOLE_BYTES), PV_OK);
		assert_in_range(x[1], 1, PV_CONSOLE_BYTES);
		assert_int_equal((char)x[2], text[at]);
	}
}

/* ---- Focus ----------------------------------------------------------------------- */

static void the_focus_moves_on_and_takes_the_interrupt_along(void **state)
{
	(void)state;
	assert_true(console_has_interrupt(&fake_partitions[ALPHA]));
	fake_uart_type(NEXT "for beta");
	attend(ALPHA);
	assert_true(console_has_interrupt(&fake_partitions[BETA]));
	assert_false(console_has_interrupt(&fake_partitions[ALPHA]));
	assert_int_equal(fake_gic.router[FAKE_CONSOLE_SPI], fake_cpus[1].mpidr);
	assert_non_null(strstr(fake_uart_text(), "paravent| input goes to beta"));
	attend(ALPHA);
	assert_true(is_pending());
	assert_read(ALPHA, "");
	assert_read(BETA, "for beta");
	/* gamma has no console: alpha is next. */
	fake_uart_type(NEXT);
	attend(BETA);
	assert_true(console_has_interrupt(&fake_partitions[ALPHA]));
}

static void a_stopped_partition_is_passed_over(void **state)
{
	(void)state;
	atomic_store(&fake_partition_states[BETA].state, PV_PARTITION_STOPPED);
	fake_uart_type(NEXT);
	attend(ALPHA);
	assert_true(console_has_interrupt(&fake_partitions[ALPHA]));
	assert_non_null(strstr(fake_uart_text(), "input goes to alpha"));
}

static void the_interrupt_is_enabled_as_its_new_owner_wants(void **state)
{
	(void)state;
	console_note_enable(&fake_partitions[BETA], 0x104, CONSOLE_BIT); /* GICD_ISENABLER1 */
	assert_int_equal(fake_gic.enabled[1], 0);
	fake_uart_type(NEXT);
	attend(ALPHA);
	assert_int_equal(fake_gic.enabled[1], CONSOLE_BIT);
	fake_uart_type(NEXT);
	attend(BETA);
	assert_int_equal(fake_gic.enabled[1], 0); /* alpha never wanted it */
	console_note_enable(&fake_partitions[BETA], 0x184, CONSOLE_BIT); /* GICD_ICENABLER1 */
	console_note_enable(&fake_partitions[ALPHA], 0x104, 0xffffffffu & ~CONSOLE_BIT);
	console_note_enable(&fake_partitions[ALPHA], 0x108, UINT32_MAX); /* another word */
	fake_uart_type(NEXT);
	attend(ALPHA);
	assert_int_equal(fake_gic.enabled[1], 0);
	fake_uart_type(NEXT);
	attend(BETA);
	assert_int_equal(fake_gic.enabled[1], 0);
}

static void input_that_waits_is_told_on_return(void **state)
{
	(void)state;
	fake_uart_type("early");
	attend(BETA);
	(void)is_pending();
	fake_uart_type(NEXT NEXT);
	attend(BETA);
	attend(BETA);
	assert_true(console_has_interrupt(&fake_partitions[ALPHA]));
	assert_true(is_pending());
	assert_read(ALPHA, "early");
}

static void a_partition_that_ends_gives_the_focus_away(void **state)
{
	(void)state;
	fake_uart_type("lost");
	attend(BETA);
	console_note_enable(&fake_partitions[ALPHA], 0x104, CONSOLE_BIT);
	atomic_store(&fake_partition_states[ALPHA].state, PV_PARTITION_STOPPING);
	console_leave(&fake_partitions[ALPHA]);
	assert_true(console_has_interrupt(&fake_partitions[BETA]));
	assert_int_equal(fake_gic.enabled[1], 0);
	assert_false(is_pending());
	/* And comes back without memory of it. */
	atomic_store(&fake_partition_states[ALPHA].state, PV_PARTITION_RUNNING);
	fake_uart_type(NEXT);
	attend(BETA);
	assert_true(console_has_interrupt(&fake_partitions[ALPHA]));
	assert_int_equal(fake_gic.enabled[1], 0);
	assert_read(ALPHA, "");
}

static void the_last_one_keeps_the_focus(void **state)
{
	(void)state;
	atomic_store(&fake_partition_states[BETA].state, PV_PARTITION_CRASHED);
	atomic_store(&fake_partition_states[ALPHA].state, PV_PARTITION_STOPPING);
	console_leave(&fake_partitions[ALPHA]);
	assert_true(console_has_interrupt(&fake_partitions[ALPHA]));
}

/* A partition that does not read its input must not lock the user in. */
static void our_keys_are_found_behind_a_full_ring(void **state)
{
	char text[301];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_read(ALPHA, "");
	fake_uart_type(text);
	fake_uart_type(NEXT);
	for (int i = 0; i < 20; i++) {
		attend(BETA);
	}
	/* It has read just now: what does not fit stays in the UART. */
	assert_true(console_has_interrupt(&fake_partitions[ALPHA]));
	/* It has not read for a second: only our keys count. */
	fake_now += time_frequency_hz();
	for (int i = 0; i < 20; i++) {
		attend(BETA);
	}
	assert_true(console_has_interrupt(&fake_partitions[BETA]));
}

static void one_key_lists_the_partitions(void **state)
{
	(void)state;
	fake_partition_states[BETA].n_starts = 1;
	atomic_store(&fake_partition_states[BETA].state, PV_PARTITION_CRASHED);
	fake_uart_type(LIST);
	attend(ALPHA);
	forget_output();
	fake_uart_type(LIST);
	attend(ALPHA);
	log_flush();
	assert_non_null(strstr(fake_uart_text(), "* 10 alpha            running  3 vCPU"));
	assert_non_null(
		strstr(fake_uart_text(), "  20 beta             crashed  1 vCPU, 1 start\r\n"));
	assert_non_null(strstr(fake_uart_text(), "  30 gamma            running  1 vCPU"));
}

static void a_line_that_was_not_finished_is(void **state)
{
	(void)state;
	assert_int_equal(write(BETA, "last words", 10), PV_OK);
	console_leave(&fake_partitions[BETA]);
	log_flush();
	assert_non_null(strstr(fake_uart_text(), "beta    | last words\r\n"));
	forget_output();
	assert_int_equal(write(BETA, "whole\n", 6), PV_OK);
	console_leave(&fake_partitions[BETA]);
	log_flush();
	assert_string_equal(fake_uart_text(), "beta    | whole\r\n");
}

/* Nor is an empty one added behind lines that only wait for the UART. */
static void a_finished_line_gets_no_second_end(void **state)
{
	(void)state;
	fake_uart_room = 0;
	assert_int_equal(write(BETA, "whole\n", 6), PV_OK);
	console_leave(&fake_partitions[BETA]);
	fake_uart_room = FAKE_UART_UNLIMITED;
	log_flush();
	assert_string_equal(fake_uart_text(), "beta    | whole\r\n");
}

static void without_a_uart_nothing_happens(void **state)
{
	(void)state;
	fake_config.console = (struct uart_config){ .kind = UART_NONE };
	for (uint32_t i = 0; i < FAKE_N_PARTITIONS; i++) {
		fake_partitions[i].has_console = false;
	}
	fake_gic_begin();
	fake_uart_interrupt = false;
	console_init();
	assert_false(fake_uart_interrupt);
	assert_int_equal(fake_gic.n_register_writes, 0);
}

static void the_uarts_interrupt_is_on(void **state)
{
	(void)state;
	assert_true(fake_uart_interrupt);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_comes_out_of_registers),
		TEST(sizes_are_checked),
		TEST(a_partition_without_a_console_has_none),
		TEST(a_full_ring_takes_part_then_nothing),
		TEST(input_goes_to_the_focus),
		TEST(a_read_takes_what_it_asked_for),
		TEST(characters_of_the_upper_half_stay_what_they_are),
		TEST(a_long_input_is_taken_in_steps),
		TEST(the_focus_moves_on_and_takes_the_interrupt_along),
		TEST(a_stopped_partition_is_passed_over),
		TEST(the_interrupt_is_enabled_as_its_new_owner_wants),
		TEST(input_that_waits_is_told_on_return),
		TEST(a_partition_that_ends_gives_the_focus_away),
		TEST(the_last_one_keeps_the_focus),
		TEST(our_keys_are_found_behind_a_full_ring),
		TEST(one_key_lists_the_partitions),
		TEST(a_line_that_was_not_finished_is),
		TEST(a_finished_line_gets_no_second_end),
		TEST(without_a_uart_nothing_happens),
		TEST(the_uarts_interrupt_is_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
