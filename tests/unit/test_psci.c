/* links: partitions/psci.c tests/fake/vcpu.c tests/fake/cpu.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments and answers of PSCI; the lifecycle behind it is a recorder here. */
#include "tests/fake/vcpu.h"

#include "partitions/psci.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SUCCESS            0
#define NOT_SUPPORTED      (-1)
#define INVALID_PARAMETERS (-2)
#define ALREADY_ON         (-4)
#define ON_PENDING         (-5)
#define INVALID_ADDRESS    (-9)

#define CPU_SUSPEND32   0x84000001u
#define CPU_SUSPEND64   0xc4000001u
#define CPU_ON32        0x84000003u
#define CPU_ON64        0xc4000003u
#define AFFINITY_INFO32 0x84000004u
#define AFFINITY_INFO64 0xc4000004u
#define FEATURES        0x8400000au

#define CODE  (FAKE_ALPHA_IPA + 0x1000)
#define NOBODYS FAKE_BETA_PA

static struct {
	struct vcpu *started;
	ipa_t entry;
	uint64_t context;
	enum vcpu_start_result start_result;
	enum vcpu_state state;
	uint32_t n_starts, n_waits_for_start, n_suspends, n_waits, n_stops;
	enum pv_partition_state after;
	bool restart;
	struct partition *stopped;
	uint64_t x0_at_wait;
} seen;

const struct psci_entry psci_table[PSCI_N_CALLS] = {
	[0x00] = { psci_version, true, false },
	[0x03] = { psci_cpu_on, true, true },
	[0x1f] = { psci_cpu_off, false, true },
};

struct vcpu *partition_vcpu(const struct partition *partition, uint32_t number)
{
	assert_in_range(number, 0, partition->config->n_vcpus - 1);
	return &fake_vcpu_states[partition->config->first_vcpu + number];
}

bool partition_has_code(const struct partition_config *config, ipa_t address)
{
	return address.value - config->memory[0].ipa.value < config->memory[0].bytes;
}

enum vcpu_start_result vcpu_start(struct vcpu *vcpu, ipa_t entry, uint64_t context)
{
	seen.n_starts++;
	seen.started = vcpu;
	seen.entry = entry;
	seen.context = context;
	return seen.start_result;
}

void vcpu_wait_for_start(struct vcpu *vcpu, struct trap_frame *frame)
{
	(void)vcpu;
	seen.n_waits_for_start++;
	frame->elr = 0x5747;
}

void vcpu_suspend(struct vcpu *vcpu, struct trap_frame *frame, ipa_t entry, uint64_t context)
{
	(void)vcpu;
	(void)frame;
	seen.n_suspends++;
	seen.entry = entry;
	seen.context = context;
}

void upcall_wait(struct vcpu *vcpu, struct trap_frame *frame)
{
	(void)vcpu;
	seen.n_waits++;
	seen.x0_at_wait = frame->x[0];
}

enum vcpu_state vcpu_get_state(struct vcpu *vcpu)
{
	seen.started = vcpu;
	return seen.state;
}

void partition_stop(struct partition *partition, enum pv_partition_state after, bool restart)
{
	seen.n_stops++;
	seen.stopped = partition;
	seen.after = after;
	seen.restart = restart;
}

static struct trap_frame frame;

static int begin(void **state)
{
	(void)state;
	fake_system_begin(GIC_V3);
	fake_cpu_begin();
	fake_vcpus_begin();
	memset(&seen, 0, sizeof(seen));
	return 0;
}

static int64_t call(psci_handler *handler, uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	memset(&frame, 0, sizeof(frame));
	frame.x[0] = function;
	frame.x[1] = a;
	frame.x[2] = b;
	frame.x[3] = c;
	handler(fake_vcpu(ALPHA, 1), &frame);
	return (int64_t)frame.x[0];
}

static void versions(void **state)
{
	(void)state;
	assert_int_equal(call(psci_version, 0x84000000, 0, 0, 0), 0x10001);
	assert_int_equal(call(smccc_version, 0x80000000, 0, 0, 0), 0x10002);
	assert_int_equal(call(psci_migrate_info_type, 0x84000006, 0, 0, 0), 2);
}

static void cpu_on_checks_before_it_acts(void **state)
{
	static const struct {
		uint64_t function, mpidr, entry;
		int64_t  result;
		uint32_t vcpu; /* that is started; NONE: nobody */
	} cases[] = {
		{ CPU_ON64, 0, CODE, SUCCESS, 0 },
		{ CPU_ON64, 2, CODE, SUCCESS, 2 },
		{ CPU_ON64, 3, CODE, INVALID_PARAMETERS, NONE },
		{ CPU_ON64, 0x100, CODE, INVALID_PARAMETERS, NONE }, /* the CPU's own affinity */
		{ CPU_ON64, UINT64_C(1) << 32, CODE, INVALID_PARAMETERS, NONE },
		{ CPU_ON64, UINT64_C(0x80000001), CODE, INVALID_PARAMETERS, NONE },
		{ CPU_ON64, UINT64_MAX, CODE, INVALID_PARAMETERS, NONE },
		{ CPU_ON64, 2, NOBODYS, INVALID_ADDRESS, NONE },
		{ CPU_ON64, 2, 0, INVALID_ADDRESS, NONE },
		{ CPU_ON64, 2, CODE + (UINT64_C(1) << 32), INVALID_ADDRESS, NONE },
		{ CPU_ON64, 3, NOBODYS, INVALID_PARAMETERS, NONE },
		/* A 32-bit call has no upper halves. */
		{ CPU_ON32, UINT64_C(0xffffffff00000001), CODE + (UINT64_C(1) << 32), SUCCESS, 1 },
		{ CPU_ON32, 3, CODE, INVALID_PARAMETERS, NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t context = UINT64_C(0x1122334455667788);

		(void)begin(NULL);
		assert_int_equal(call(psci_cpu_on, cases[i].function, cases[i].mpidr,
				      cases[i].entry, context),
				 cases[i].result);
		assert_int_equal(frame.x[1], cases[i].mpidr); /* arguments stay as they were */
		if (cases[i].vcpu == NONE) {
			assert_int_equal(seen.n_starts, 0);
			continue;
		}
		assert_ptr_equal(seen.started, &fake_vcpu_states[cases[i].vcpu]);
		assert_int_equal(seen.entry.value, CODE);
		assert_int_equal(seen.context,
				 cases[i].function == CPU_ON32 ? (uint32_t)context : context);
	}
	seen.start_result = VCPU_START_ALREADY_ON;
	assert_int_equal(call(psci_cpu_on, CPU_ON64, 1, CODE, 0), ALREADY_ON);
	seen.start_result = VCPU_START_PENDING;
	assert_int_equal(call(psci_cpu_on, CPU_ON64, 1, CODE, 0), ON_PENDING);
}

static void cpu_off_leaves(void **state)
{
	(void)state;
	(void)call(psci_cpu_off, 0x84000002, 0, 0, 0);
	assert_int_equal(seen.n_waits_for_start, 1);
	assert_int_equal(seen.n_stops, 0);
	assert_int_equal(frame.elr, 0x5747);
}

static void suspend_decodes_the_original_power_state(void **state)
{
	static const struct {
		uint64_t function, power_state, entry;
		int64_t  result;
		uint32_t n_waits, n_suspends;
	} cases[] = {
		{ CPU_SUSPEND64, 0, 0, SUCCESS, 1, 0 },            /* standby: no entry is needed */
		{ CPU_SUSPEND64, 0xffff, NOBODYS, SUCCESS, 1, 0 }, /* any state id */
		{ CPU_SUSPEND64, 0x10000, CODE, CPU_SUSPEND64, 0, 1 },
		{ CPU_SUSPEND64, 0x10000, NOBODYS, INVALID_ADDRESS, 0, 0 },
		{ CPU_SUSPEND64, 0x20000, CODE, INVALID_PARAMETERS, 0, 0 },
		{ CPU_SUSPEND64, 0x04000000, CODE, INVALID_PARAMETERS, 0, 0 },
		{ CPU_SUSPEND64, 0x40000000, CODE, INVALID_PARAMETERS, 0, 0 }, /* extended format */
		{ CPU_SUSPEND64, 0x80000000, CODE, INVALID_PARAMETERS, 0, 0 },
		{ CPU_SUSPEND32, UINT64_C(0xffffffff00000000), CODE, SUCCESS, 1, 0 },
		{ CPU_SUSPEND32, 0x10000, CODE + (UINT64_C(1) << 40), CPU_SUSPEND32, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)begin(NULL);
		assert_int_equal(call(psci_cpu_suspend, cases[i].function, cases[i].power_state,
				      cases[i].entry, 0x77), cases[i].result);
		assert_int_equal(seen.n_waits, cases[i].n_waits);
		assert_int_equal(seen.n_suspends, cases[i].n_suspends);
		if (cases[i].n_suspends != 0) {
			assert_int_equal(seen.entry.value, CODE);
			assert_int_equal(seen.context, 0x77);
		}
		if (cases[i].n_waits != 0) {
			/* Before the wait: its end may be a new start, whose frame must stay. */
			assert_int_equal(seen.x0_at_wait, SUCCESS);
		}
	}
}

static void affinity_info_tells_of_own_vcpus(void **state)
{
	(void)state;
	seen.state = VCPU_ON;
	assert_int_equal(call(psci_affinity_info, AFFINITY_INFO64, 2, 0, 0), 0);
	assert_ptr_equal(seen.started, &fake_vcpu_states[2]);
	seen.state = VCPU_OFF;
	assert_int_equal(call(psci_affinity_info, AFFINITY_INFO64, 0, 0, 0), 1);
	seen.state = VCPU_STARTING;
	assert_int_equal(call(psci_affinity_info, AFFINITY_INFO32, UINT64_C(0x7700000000), 0, 0),
			 2);
	assert_int_equal(call(psci_affinity_info, AFFINITY_INFO64, 3, 0, 0), INVALID_PARAMETERS);
	assert_int_equal(call(psci_affinity_info, AFFINITY_INFO64, UINT64_C(1) << 32, 0, 0),
			 INVALID_PARAMETERS);
	assert_int_equal(call(psci_affinity_info, AFFINITY_INFO64, 0, 1, 0), INVALID_PARAMETERS);
}

static void off_and_reset_act_on_the_partition(void **state)
{
	(void)state;
	(void)call(psci_system_off, 0x84000008, 0, 0, 0);
	assert_ptr_equal(seen.stopped, &fake_partition_states[ALPHA]);
	assert_int_equal(seen.after, PV_PARTITION_STOPPED);
	assert_false(seen.restart);
	assert_int_equal(seen.n_waits_for_start, 1);
	(void)call(psci_system_reset, 0x84000009, 0, 0, 0);
	assert_true(seen.restart);
	assert_int_equal(seen.n_stops, 2);
	assert_int_equal(seen.n_waits_for_start, 2);
	assert_int_equal(fake_n_power_offs, 0);
}

static void features_follow_the_table(void **state)
{
	static const struct { uint64_t function; int64_t result; } cases[] = {
		{ 0x84000000, 0 }, { 0xc4000000, NOT_SUPPORTED },
		{ 0x84000003, 0 }, { 0xc4000003, 0 },
		{ 0x8400001f, NOT_SUPPORTED }, { 0xc400001f, 0 },
		{ 0x84000001, NOT_SUPPORTED }, { 0x84000020, NOT_SUPPORTED },
		{ 0x8400ffff, NOT_SUPPORTED }, { 0x84010003, NOT_SUPPORTED },
		{ 0x04000003, NOT_SUPPORTED }, { 0x86000003, NOT_SUPPORTED },
		{ 0x80000000, 0 }, { 0x80000001, NOT_SUPPORTED },
		{ UINT64_C(0xf00000000) << 4 | 0x84000003, 0 }, { 0, NOT_SUPPORTED },
		{ UINT64_MAX, NOT_SUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(call(psci_features, FEATURES, cases[i].function, 0, 0),
				 cases[i].result);
	}
}

static void smccc_features(void **state)
{
	(void)state;
	assert_int_equal(call(smccc_arch_features, 0x80000001, 0x80000000, 0, 0), 0);
	assert_int_equal(call(smccc_arch_features, 0x80000001, 0x80000001, 0, 0), 0);
	assert_int_equal(call(smccc_arch_features, 0x80000001, 0x80008000, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(smccc_arch_features, 0x80000001, 0, 0, 0), NOT_SUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(versions, begin),
		cmocka_unit_test_setup(cpu_on_checks_before_it_acts, begin),
		cmocka_unit_test_setup(cpu_off_leaves, begin),
		cmocka_unit_test_setup(suspend_decodes_the_original_power_state, begin),
		cmocka_unit_test_setup(affinity_info_tells_of_own_vcpus, begin),
		cmocka_unit_test_setup(off_and_reset_act_on_the_partition, begin),
		cmocka_unit_test_setup(features_follow_the_table, begin),
		cmocka_unit_test_setup(smccc_features, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
