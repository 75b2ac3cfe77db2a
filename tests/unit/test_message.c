/* links: partitions/message.c core/spinlock.c core/panic.c core/region.c core/format.c tests/fake/vcpu.c tests/fake/cpu.c tests/fake/gic.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* alpha (port 1) and gamma (port 0) send to beta (port 0); beta (port 1) to alpha (port 2). */
#include "tests/fake/vcpu.h"

#include "partitions/message.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint64_t x[8];

static enum pv_status send(uint32_t partition, uint64_t port, uint64_t text)
{
	x[0] = 0;
	x[1] = port;
	for (uint64_t i = 0; i < PV_MESSAGE_WORDS; i++) {
		x[2 + i] = text + i;
	}
	x[6] = 0x66;
	x[7] = 0x77;
	return message_send(fake_vcpu(partition, 0), x);
}

static enum pv_status receive(uint32_t partition, uint64_t port)
{
	for (uint64_t i = 0; i < 8; i++) {
		x[i] = 0xf0 + i;
	}
	x[1] = port;
	return message_receive(fake_vcpu(partition, 0), x);
}

static void assert_message(uint64_t sender, uint64_t text)
{
	assert_int_equal(x[1], sender);
	for (uint64_t i = 0; i < PV_MESSAGE_WORDS; i++) {
		assert_int_equal(x[2 + i], text + i);
	}
	assert_int_equal(x[6], 0xf6);
	assert_int_equal(x[7], 0xf7);
}

static bool is_rung(intid_t interrupt)
{
	bool result = (fake_gic.pending[interrupt / 32] >> interrupt % 32 & 1) != 0;

	fake_gic.pending[interrupt / 32] = 0;
	return result;
}

static int begin(void **state)
{
	(void)state;
	fake_system_begin(GIC_V3);
	fake_cpu_begin();
	fake_gic_begin();
	fake_uart_begin();
	fake_vcpus_begin();
	message_init();
	while (receive(BETA, 0) == PV_OK || receive(ALPHA, 2) == PV_OK) {
	}
	return 0;
}

static void a_message_arrives_with_its_senders_id(void **state)
{
	(void)state;
	assert_int_equal(receive(BETA, 0), PV_EMPTY);
	assert_int_equal(x[1], 0); /* nothing is changed by a call that fails */
	assert_int_equal(x[2], 0xf2);
	assert_int_equal(send(ALPHA, 1, 1000), PV_OK);
	assert_true(is_rung(101));
	assert_int_equal(fake_cpu_record[2].n_barriers, 1); /* the message before the interrupt */
	assert_int_equal(send(GAMMA, 0, 2000), PV_OK);
	assert_true(is_rung(101));
	assert_int_equal(receive(BETA, 0), PV_OK);
	assert_message(10, 1000);
	assert_int_equal(receive(BETA, 0), PV_OK);
	assert_message(30, 2000);
	assert_int_equal(receive(BETA, 0), PV_EMPTY);
	assert_int_equal(send(BETA, 1, 3000), PV_OK);
	assert_true(is_rung(100));
	assert_int_equal(receive(ALPHA, 2), PV_OK);
	assert_message(20, 3000);
}

static void a_full_queue_takes_nothing(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 4; i++) {
		assert_int_equal(send(i % 2 == 0 ? ALPHA : GAMMA, i % 2 == 0 ? 1 : 0, 10 * i),
				 PV_OK);
	}
	(void)is_rung(101);
	assert_int_equal(send(ALPHA, 1, 99), PV_FULL);
	assert_false(is_rung(101));
	for (uint64_t i = 0; i < 4; i++) {
		assert_int_equal(receive(BETA, 0), PV_OK);
		assert_message(i % 2 == 0 ? 10 : 30, 10 * i);
	}
	assert_int_equal(receive(BETA, 0), PV_EMPTY);
}

/* Both ends' counters run freely: many times around, at every filling. */
static void order_survives_many_turns(void **state)
{
	uint64_t put = 0, taken = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		for (uint32_t n = i % 5; n > 0 && put - taken < 4; n--) {
			assert_int_equal(send(ALPHA, 1, put++), PV_OK);
		}
		for (uint32_t n = i % 3 + 1; n > 0 && put != taken; n--) {
			assert_int_equal(receive(BETA, 0), PV_OK);
			assert_message(10, taken++);
		}
	}
	assert_true(taken > 1000);
}

static void ports_are_checked(void **state)
{
	static const struct {
		uint32_t partition;
		uint64_t port;
		enum pv_status send, receive;
	} cases[] = {
		{ ALPHA, 0, PV_BAD_ARGUMENT, PV_BAD_ARGUMENT }, /* a sampling port */
		{ ALPHA, 3, PV_BAD_ARGUMENT, PV_BAD_ARGUMENT }, /* a window */
		{ ALPHA, 2, PV_NOT_ALLOWED, PV_EMPTY },
		{ BETA, 0, PV_NOT_ALLOWED, PV_EMPTY },
		{ ALPHA, 4, PV_NO_SUCH, PV_NO_SUCH },
		{ GAMMA, 1, PV_NO_SUCH, PV_NO_SUCH },           /* others have a port 1 */
		{ ALPHA, UINT32_MAX, PV_NO_SUCH, PV_NO_SUCH },
		{ ALPHA, UINT64_C(0x100000001), PV_NO_SUCH, PV_NO_SUCH },
		{ ALPHA, UINT64_MAX, PV_NO_SUCH, PV_NO_SUCH },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(send(cases[i].partition, cases[i].port, 1), cases[i].send);
		assert_int_equal(receive(cases[i].partition, cases[i].port), cases[i].receive);
	}
	assert_int_equal(receive(GAMMA, 0), PV_NOT_ALLOWED);
	assert_int_equal(receive(ALPHA, 1), PV_NOT_ALLOWED);
	assert_int_equal(fake_gic.pending[3], 0);
}

static void a_table_with_too_many_channels_is_ours_to_notice(void **state)
{
	(void)state;
	fake_config.n_message_channels = 33;
	assert_true(FAKE_STOPS(message_init()));
	assert_non_null(strstr(fake_uart_text(), "n_message_channels"));
}

/* ---- What needs no C --------------------------------------------------------------- */

static struct percpu bind(uint32_t partition)
{
	struct percpu cpu = { .partition = &fake_partitions[partition] };

	message_bind(&cpu);
	return cpu;
}

static void ends_are_those_of_the_partitions_ports(void **state)
{
	struct percpu alpha = bind(ALPHA), beta = bind(BETA), gamma = bind(GAMMA);

	(void)state;
	assert_int_equal(alpha.n_messages, 4);
	assert_int_equal(beta.n_messages, 2);
	assert_int_equal(gamma.n_messages, 1);
	/* "state" and "trace" are no message ports. */
	assert_null(alpha.messages[0].send_queue);
	assert_null(alpha.messages[0].receive_queue);
	assert_null(alpha.messages[3].send_queue);
	/* A source sends only, a destination receives only. */
	assert_non_null(alpha.messages[1].send_queue);
	assert_null(alpha.messages[1].receive_queue);
	assert_null(alpha.messages[2].send_queue);
	assert_ptr_equal(alpha.messages[2].receive_queue, beta.messages[1].send_queue);
	/* Two senders, one queue; each under its own name. */
	assert_ptr_equal(alpha.messages[1].send_queue, gamma.messages[0].send_queue);
	assert_ptr_equal(alpha.messages[1].send_queue, beta.messages[0].receive_queue);
	assert_int_equal(alpha.messages[1].sender, 10);
	assert_int_equal(gamma.messages[0].sender, 30);
	assert_ptr_equal(alpha.messages[1].slots, fake_channels[0].slots);
	assert_int_equal(alpha.messages[1].mask, 3);
	assert_int_equal(beta.messages[1].mask, 1);
	assert_int_equal(alpha.messages[1].pend_register, fake_doorbells[ALPHA][0].pend_register.value);
	assert_int_equal(alpha.messages[1].pend_bit, fake_doorbells[ALPHA][0].pend_bit);
}

static void a_partition_with_too_many_ports_goes_without(void **state)
{
	static struct port_config many[70];

	(void)state;
	fake_partitions[BETA].ports = many;
	fake_partitions[BETA].n_ports = ARRAY_SIZE(many);
	message_init();
	assert_int_equal(bind(ALPHA).n_messages, 4);
	assert_int_equal(bind(BETA).n_messages, 0);
	assert_int_equal(bind(GAMMA).n_messages, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_message_arrives_with_its_senders_id, begin),
		cmocka_unit_test_setup(ends_are_those_of_the_partitions_ports, begin),
		cmocka_unit_test_setup(a_partition_with_too_many_ports_goes_without, begin),
		cmocka_unit_test_setup(a_full_queue_takes_nothing, begin),
		cmocka_unit_test_setup(order_survives_many_turns, begin),
		cmocka_unit_test_setup(ports_are_checked, begin),
		cmocka_unit_test_setup(a_table_with_too_many_channels_is_ours_to_notice, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
