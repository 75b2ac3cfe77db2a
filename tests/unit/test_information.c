/* links: partitions/information.c tests/fake/vcpu.c tests/fake/cpu.c tests/fake/gic.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/vcpu.h"

#include "partitions/information.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct {
	uint32_t n_starts, n_stops;
	struct partition *target;
	enum pv_partition_state after;
	bool restart;
	enum pv_status start_result;
} seen;

struct partition *partition_at(uint32_t index)
{
	assert_in_range(index, 0, FAKE_N_PARTITIONS - 1);
	return &fake_partition_states[index];
}

struct partition *partition_by_id(uint64_t id)
{
	for (uint32_t i = 0; i < FAKE_N_PARTITIONS; i++) {
		if (fake_partitions[i].id == id) {
			return &fake_partition_states[i];
		}
	}
	return NULL;
}

struct vcpu *partition_vcpu(const struct partition *partition, uint32_t number)
{
	assert_in_range(number, 0, partition->config->n_vcpus - 1);
	return &fake_vcpu_states[partition->config->first_vcpu + number];
}

void partition_stop(struct partition *partition, enum pv_partition_state after, bool restart)
{
	seen.n_stops++;
	seen.target = partition;
	seen.after = after;
	seen.restart = restart;
}

enum pv_status partition_start(struct partition *partition)
{
	seen.n_starts++;
	seen.target = partition;
	return seen.start_result;
}

static uint64_t x[8];

static int begin(void **state)
{
	(void)state;
	fake_system_begin(GIC_V3);
	fake_cpu_begin();
	fake_gic_begin();
	fake_vcpus_begin();
	memset(&seen, 0, sizeof(seen));
	return 0;
}

static enum pv_status call(hypercall_handler *handler, uint32_t partition, uint64_t a, uint64_t b)
{
	for (uint64_t i = 0; i < 8; i++) {
		x[i] = 0xf0 + i;
	}
	x[1] = a;
	x[2] = b;
	return handler(fake_vcpu(partition, 0), x);
}

static void assert_results(const uint64_t *expected)
{
	for (uint64_t i = 1; i < 8; i++) {
		assert_int_equal(x[i], expected[i - 1]);
	}
}

static void the_null_call_does_nothing(void **state)
{
	(void)state;
	assert_int_equal(call(hypercall_null, ALPHA, 1, 2), PV_OK);
	assert_results((const uint64_t[]){ 1, 2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7 });
}

static void doorbells_are_the_callers_own(void **state)
{
	(void)state;
	assert_int_equal(call(hypercall_doorbell, ALPHA, 0, 0), PV_OK);
	assert_int_equal(fake_gic.pending[101 / 32], 1u << 101 % 32);
	assert_int_equal(fake_cpu_record[2].n_barriers, 1);
	assert_int_equal(call(hypercall_doorbell, BETA, 1, 0), PV_OK);
	assert_int_equal(fake_gic.pending[102 / 32], 1u << 101 % 32 | 1u << 102 % 32);
	assert_int_equal(call(hypercall_doorbell, ALPHA, 2, 0), PV_NO_SUCH);
	assert_int_equal(call(hypercall_doorbell, ALPHA, UINT64_C(1) << 32, 0), PV_NO_SUCH);
	assert_int_equal(call(hypercall_doorbell, ALPHA, UINT64_MAX, 0), PV_NO_SUCH);
	fake_partitions[GAMMA].n_doorbells = 0;
	assert_int_equal(call(hypercall_doorbell, GAMMA, 0, 0), PV_NO_SUCH);
	assert_int_equal(fake_gic.pending[100 / 32], 1u << 101 % 32 | 1u << 102 % 32);
}

static void features_are_the_calls_there_are(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < PV_N_CALLS; n++) {
		assert_int_equal(call(hypercall_features, ALPHA, PV_CALL64(n), 0), PV_OK);
	}
	assert_int_equal(call(hypercall_features, ALPHA, PV_CALL64(PV_N_CALLS), 0),
			 PV_NOT_SUPPORTED);
	assert_int_equal(call(hypercall_features, ALPHA, PV_NULL - 1, 0), PV_NOT_SUPPORTED);
	assert_int_equal(call(hypercall_features, ALPHA, 0, 0), PV_NOT_SUPPORTED);
	assert_int_equal(call(hypercall_features, ALPHA, PV_CALL32(0), 0), PV_NOT_SUPPORTED);
	assert_int_equal(call(hypercall_features, ALPHA, UINT64_C(1) << 32 | PV_NULL, 0),
			 PV_NOT_SUPPORTED);
	assert_int_equal(call(hypercall_features, ALPHA, UINT64_MAX, 0), PV_NOT_SUPPORTED);
}

static void a_partition_knows_itself(void **state)
{
	static const uint64_t alpha[] = { 10, 3, PV_PARTITION_RUNNING, 4, 2, 7, PV_ROLE_MANAGER };

	(void)state;
	fake_partition_states[ALPHA].n_starts = 7;
	assert_int_equal(call(hypercall_partition_info, ALPHA, PV_SELF, 0), PV_OK);
	assert_results(alpha);
	assert_int_equal(call(hypercall_partition_info, ALPHA, 10, 0), PV_OK);
	assert_results(alpha);
}

static void of_others_only_the_public_part_is_told(void **state)
{
	(void)state;
	fake_partition_states[ALPHA].n_starts = 7;
	atomic_store(&fake_partition_states[ALPHA].state, PV_PARTITION_CRASHED);
	assert_int_equal(call(hypercall_partition_info, BETA, 10, 0), PV_OK);
	assert_results((const uint64_t[]){ 10, 3, PV_PARTITION_CRASHED, 0, 0, 7, 0 });
	assert_int_equal(call(hypercall_partition_info, BETA, 0, 0), PV_NO_SUCH); /* no index */
	assert_int_equal(call(hypercall_partition_info, BETA, UINT64_C(1) << 32 | 10, 0),
			 PV_NO_SUCH);
	assert_int_equal(call(hypercall_partition_info, BETA, UINT64_MAX, 0), PV_NO_SUCH);
}

static void ports_are_described(void **state)
{
	(void)state;
	atomic_store(&fake_partition_states[GAMMA].state, PV_PARTITION_STOPPED);
	assert_int_equal(call(hypercall_port_info, ALPHA, 0, 0), PV_OK);
	assert_results((const uint64_t[]){ PV_PORT_SAMPLING | PV_PORT_DESTINATION << 8, 64, 0, 100,
					   0, PV_PARTITION_RUNNING, 10000 });
	assert_int_equal(call(hypercall_port_info, ALPHA, 3, 0), PV_OK);
	assert_results((const uint64_t[]){ PV_PORT_WINDOW | PV_PORT_BOTH << 8, 4096, 0, 0,
					   UINT64_C(2) << 32, PV_PARTITION_STOPPED, 0 });
	assert_int_equal(call(hypercall_port_info, ALPHA, 4, 0), PV_NO_SUCH);
	assert_int_equal(call(hypercall_port_info, GAMMA, 1, 0), PV_NO_SUCH);
	assert_int_equal(call(hypercall_port_info, ALPHA, UINT64_C(1) << 32, 0), PV_NO_SUCH);
}

static void statistics_are_those_of_own_vcpus(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < PV_N_STATISTICS; i++) {
		fake_vcpu_states[2].statistics[i] = 100 + i;
	}
	percpus[0].wfi_exits = 55; /* alpha's vCPU 2 runs on CPU 0 */
	for (uint32_t i = 0; i < PV_N_STATISTICS; i++) {
		assert_int_equal(call(hypercall_statistics, ALPHA, i, 2), PV_OK);
		assert_int_equal(x[1], i == PV_STATISTIC_WFI ? 55 : 100 + i);
		assert_int_equal(x[2], 2);
	}
	assert_int_equal(call(hypercall_statistics, ALPHA, PV_N_STATISTICS, 0), PV_BAD_ARGUMENT);
	assert_int_equal(call(hypercall_statistics, ALPHA, UINT64_C(1) << 32, 0), PV_BAD_ARGUMENT);
	assert_int_equal(call(hypercall_statistics, ALPHA, 0, 3), PV_BAD_ARGUMENT);
	assert_int_equal(call(hypercall_statistics, ALPHA, 0, UINT64_C(1) << 32), PV_BAD_ARGUMENT);
	assert_int_equal(call(hypercall_statistics, BETA, 0, 1), PV_BAD_ARGUMENT);
}

static void only_a_manager_controls_and_only_others(void **state)
{
	static const struct {
		uint32_t caller;
		uint64_t id, control;
		enum pv_status result;
	} cases[] = {
		{ BETA, 10, PV_CONTROL_STOP, PV_NOT_ALLOWED },
		{ GAMMA, 20, PV_CONTROL_START, PV_NOT_ALLOWED },
		{ BETA, 99, PV_CONTROL_STOP, PV_NOT_ALLOWED }, /* not even who exists */
		{ ALPHA, 10, PV_CONTROL_STOP, PV_NOT_ALLOWED },
		{ ALPHA, PV_SELF, PV_CONTROL_RESTART, PV_NO_SUCH },
		{ ALPHA, 99, PV_CONTROL_STOP, PV_NO_SUCH },
		{ ALPHA, UINT64_C(1) << 32 | 20, PV_CONTROL_STOP, PV_NO_SUCH },
		{ ALPHA, 20, PV_CONTROL_RESTART + 1, PV_BAD_ARGUMENT },
		{ ALPHA, 20, UINT64_C(1) << 32, PV_BAD_ARGUMENT },
		{ ALPHA, 20, UINT64_MAX, PV_BAD_ARGUMENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(call(hypercall_partition_control, cases[i].caller, cases[i].id,
				      cases[i].control), cases[i].result);
	}
	assert_int_equal(seen.n_starts + seen.n_stops, 0);
}

static void a_manager_stops_starts_and_restarts(void **state)
{
	struct partition *beta = &fake_partition_states[BETA];

	(void)state;
	assert_int_equal(call(hypercall_partition_control, ALPHA, 20, PV_CONTROL_STOP), PV_OK);
	assert_int_equal(seen.n_stops, 1);
	assert_ptr_equal(seen.target, beta);
	assert_int_equal(seen.after, PV_PARTITION_STOPPED);
	assert_false(seen.restart);
	assert_int_equal(call(hypercall_partition_control, ALPHA, 20, PV_CONTROL_RESTART), PV_OK);
	assert_int_equal(seen.n_stops, 2);
	assert_true(seen.restart);

	seen.start_result = PV_BUSY;
	assert_int_equal(call(hypercall_partition_control, ALPHA, 20, PV_CONTROL_START), PV_BUSY);
	assert_int_equal(seen.n_starts, 1);
	atomic_store(&beta->state, PV_PARTITION_CRASHED);
	seen.start_result = PV_OK;
	assert_int_equal(call(hypercall_partition_control, ALPHA, 20, PV_CONTROL_RESTART), PV_OK);
	assert_int_equal(seen.n_starts, 2);
	assert_int_equal(seen.n_stops, 2);
}

static void the_service_says_what_it_is(void **state)
{
	struct trap_frame frame = { .x[4] = 4 };

	(void)state;
	smccc_uid(fake_vcpu(BETA, 0), &frame);
	assert_int_equal(frame.x[0], PV_UID_0);
	assert_int_equal(frame.x[1], PV_UID_1);
	assert_int_equal(frame.x[2], PV_UID_2);
	assert_int_equal(frame.x[3], PV_UID_3);
	assert_int_equal(frame.x[4], 4);
	smccc_revision(fake_vcpu(BETA, 0), &frame);
	assert_int_equal(frame.x[0], PV_ABI_MAJOR);
	assert_int_equal(frame.x[1], PV_ABI_MINOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_null_call_does_nothing, begin),
		cmocka_unit_test_setup(doorbells_are_the_callers_own, begin),
		cmocka_unit_test_setup(features_are_the_calls_there_are, begin),
		cmocka_unit_test_setup(a_partition_knows_itself, begin),
		cmocka_unit_test_setup(of_others_only_the_public_part_is_told, begin),
		cmocka_unit_test_setup(ports_are_described, begin),
		cmocka_unit_test_setup(statistics_are_those_of_own_vcpus, begin),
		cmocka_unit_test_setup(only_a_manager_controls_and_only_others, begin),
		cmocka_unit_test_setup(a_manager_stops_starts_and_restarts, begin),
		cmocka_unit_test_setup(the_service_says_what_it_is, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
