/* links: core/trap.c core/mmio.c core/log.c core/terminal.c core/format.c core/spinlock.c core/panic.c core/region.c partitions/tables.c partitions/information.c partitions/message.c partitions/psci.c partitions/console.c partitions/vuart.c partitions/vgic.c partitions/vgic_filter.c partitions/virtio.c partitions/partition.c partitions/report.c tests/fake/begin.c tests/fake/memory.c tests/fake/cpu.c tests/fake/gic.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* All of core and partitions together, entered as a guest enters it: by a trap. */
#include "tests/fake/machine.h"

#include "core/dispatch.h"
#include "core/esr.h"
#include "core/log.h"
#include "core/trap.h"
#include "core/upcall.h"
#include "hyp/bits.h"
#include "hyp/gic.h"
#include "partitions/console.h"
#include "partitions/information.h"
#include "partitions/message.h"
#include "partitions/psci.h"
#include "partitions/vgic.h"
#include "partitions/virtio.h"
#include "partitions/vuart.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ALPHA_CPU 2u
#define BETA_CPU  1u
#define HVC (FIELD_VALUE(ESR_EC, 0x16) | ESR_IL)
#define SMC (FIELD_VALUE(ESR_EC, 0x17) | ESR_IL)

static struct trap_frame frame;

/* Once: nothing here stops a partition. */
static int boot(void **state)
{
	static const uint32_t cpus[] = { 2, 1, 4 };

	(void)state;
	fake_begin(GIC_V3);
	fake_system_share();
	log_end_boot();
	upcall_boot();
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		fake_cpu = cpus[i];
		upcall_enter(&percpus[cpus[i]], cpu_first_frame(cpus[i]));
	}
	return 0;
}

static uint64_t call(uint32_t cpu, uint64_t esr, uint64_t function, uint64_t a, uint64_t b)
{
	fake_cpu = cpu;
	memset(&frame, 0, sizeof(frame));
	frame.esr = esr;
	frame.x[0] = function;
	frame.x[1] = a;
	frame.x[2] = b;
	trap_sync(&frame, &percpus[cpu]);
	return frame.x[0];
}

/* docs/abi.md, number by number. */
static void each_call_is_answered_by_its_function(void **state)
{
	static const struct {
		uint64_t function;
		hypercall_handler *handler;
		uint32_t n_arguments;
	} calls[] = {
		/* The first two are answered in vectors.S, which looks at no more than it needs. */
		{ 0xc6000000, hypercall_null, 7 },
		{ 0xc6000001, hypercall_doorbell, 7 },
		{ 0xc6000002, hypercall_features, 1 },
		{ 0xc6000003, hypercall_partition_info, 1 },
		{ 0xc6000004, hypercall_port_info, 1 },
		{ 0xc6000005, console_write, 7 },
		{ 0xc6000006, console_read, 1 },
		{ 0xc6000007, message_send, 5 },
		{ 0xc6000008, message_receive, 1 },
		{ 0xc6000009, hypercall_statistics, 2 },
		{ 0xc600000a, hypercall_partition_control, 2 },
		{ 0xc600000b, virtio_config, 4 },
		{ 0xc600000c, virtio_acknowledge, 2 },
	};

	(void)state;
	assert_int_equal(ARRAY_SIZE(calls), PV_N_CALLS);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		const struct hypercall_entry *entry =
			&hypercall_table[calls[i].function - 0xc6000000];

		assert_ptr_equal(entry->handler, calls[i].handler);
		assert_int_equal(entry->n_arguments, calls[i].n_arguments);
	}
}

/* Arm DEN 0022 and DEN 0028, number by number. */
static void psci_and_smccc_are_complete(void **state)
{
	static const struct {
		uint32_t number;
		bool has_32, has_64;
		psci_handler *handler;
	} calls[] = {
		{ 0, true, false, psci_version },      { 1, true, true, psci_cpu_suspend },
		{ 2, true, false, psci_cpu_off },      { 3, true, true, psci_cpu_on },
		{ 4, true, true, psci_affinity_info }, { 6, true, false, psci_migrate_info_type },
		{ 8, true, false, psci_system_off },   { 9, true, false, psci_system_reset },
		{ 10, true, false, psci_features },
	};
	uint32_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		const struct psci_entry *entry = &psci_table[calls[i].number];

		assert_ptr_equal(entry->handler, calls[i].handler);
		assert_int_equal(entry->has_32, calls[i].has_32);
		assert_int_equal(entry->has_64, calls[i].has_64);
	}
	for (size_t i = 0; i < PSCI_N_CALLS; i++) {
		n += psci_table[i].handler != NULL;
	}
	assert_int_equal(n, ARRAY_SIZE(calls));
	assert_int_equal(smccc_n_calls, 4);
	assert_ptr_equal(mmio_table[MMIO_VGIC_DISTRIBUTOR], vgic_distributor);
	assert_ptr_equal(mmio_table[MMIO_VGIC_REDISTRIBUTORS], vgic_redistributors);
	assert_ptr_equal(mmio_table[MMIO_VUART], vuart_access);
	assert_ptr_equal(mmio_table[MMIO_VIRTIO], virtio_write);
}

static void a_guest_finds_out_where_it_runs(void **state)
{
	(void)state;
	assert_int_equal(call(BETA_CPU, HVC, 0x84000000, 0, 0), 0x10001);
	assert_int_equal(call(BETA_CPU, SMC, 0x80000000, 0, 0), 0x10002);
	assert_int_equal(call(BETA_CPU, HVC, PV_CALL_UID, 0, 0), PV_UID_0);
	assert_int_equal(frame.x[3], PV_UID_3);
	assert_int_equal(call(BETA_CPU, SMC, PV_CALL_REVISION, 0, 0), PV_ABI_MAJOR);
	assert_int_equal(call(BETA_CPU, HVC, PV_PARTITION_INFO, PV_SELF, 0), PV_OK);
	assert_int_equal(frame.x[1], 20);
	assert_int_equal(call(BETA_CPU, HVC, PV_FEATURES, PV_STATISTICS, 0), PV_OK);
}

/* The calls that are not fast have the same answers by both conduits. */
static void reserved_arguments_are_refused_everywhere(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < PV_N_CALLS; n++) {
		for (size_t i = hypercall_table[n].n_arguments + 1; i <= 7; i++) {
			fake_cpu = BETA_CPU;
			memset(&frame, 0, sizeof(frame));
			frame.esr = n % 2 == 0 ? HVC : SMC;
			frame.x[0] = PV_CALL64(n);
			frame.x[i] = 1;
			trap_sync(&frame, &percpus[BETA_CPU]);
			assert_int_equal(frame.x[0], (uint64_t)PV_BAD_ARGUMENT);
		}
	}
}

static void a_message_goes_from_guest_to_guest(void **state)
{
	(void)state;
	assert_int_equal(call(ALPHA_CPU, HVC, PV_MESSAGE_SEND, 1, 0x1234), PV_OK);
	assert_int_equal(fake_gic.pending[101 / 32] >> 101 % 32 & 1, 1);
	assert_int_equal(call(BETA_CPU, SMC, PV_MESSAGE_RECEIVE, 0, 0), PV_OK);
	assert_int_equal(frame.x[1], 10);
	assert_int_equal(frame.x[2], 0x1234);
	assert_int_equal(call(BETA_CPU, HVC, PV_MESSAGE_RECEIVE, 0, 0), (uint64_t)PV_EMPTY);
}

static void devices_answer_by_address(void **state)
{
	const uint64_t read32 = FIELD_VALUE(ESR_EC, 0x24) | ESR_DATA_ISV |
				FIELD_VALUE(ESR_DATA_SAS, 2) | FIELD_VALUE(ESR_DATA_SRT, 5) | 0x06;

	(void)state;
	fake_fault_ipa = IPA(FAKE_GICD + GICD_CTLR);
	(void)call(BETA_CPU, read32, 0, 0, 0);
	assert_int_equal(frame.x[5], 0x52);
	fake_fault_ipa = IPA(FAKE_GICR + GICR_TYPER);
	(void)call(BETA_CPU, read32, 0, 0, 0);
	assert_int_equal(frame.x[5], GICR_TYPER_LAST);
	fake_fault_ipa = IPA(FAKE_UART + 0x18);
	(void)call(BETA_CPU, read32, 0, 0, 0);
	assert_int_equal(frame.x[5], 0x90);
	assert_int_equal(frame.elr, 4);
}

/* alpha, the disk's driver, and beta, which serves it. */
static void a_virtual_device_joins_two_guests(void **state)
{
	const uint64_t write32 = FIELD_VALUE(ESR_EC, 0x24) | ESR_DATA_ISV | ESR_DATA_WNR |
				 FIELD_VALUE(ESR_DATA_SAS, 2) | FIELD_VALUE(ESR_DATA_SRT, 1) | 0x0f;
	const volatile uint32_t *registers =
		(const volatile uint32_t *)(const void *)fake_memory_at(FAKE_PAGES_PA);

	(void)state;
	assert_int_equal(registers[PV_VIRTIO_MAGIC_VALUE / 4], PV_VIRTIO_MAGIC);
	assert_int_equal(call(BETA_CPU, HVC, PV_VIRTIO_CONFIG, 0, 0), PV_OK);
	assert_int_equal(call(ALPHA_CPU, HVC, PV_VIRTIO_ACKNOWLEDGE, 1, 1), (uint64_t)PV_NO_SUCH);
	fake_walk_ipa = IPA(FAKE_PAGES_PA + PV_VIRTIO_STATUS);
	(void)call(ALPHA_CPU, write32, 0, 1, 0);
	assert_int_equal(frame.elr, 4);
	assert_int_equal(registers[PV_VIRTIO_STATUS / 4], 1);

	/* The reset is one instruction of alpha's, however long beta takes. */
	(void)call(ALPHA_CPU, write32, 0, 0, 0);
	assert_int_equal(frame.elr, 0);
	assert_int_equal(registers[PV_VIRTIO_STATUS / 4], 1);
	assert_int_equal(call(BETA_CPU, HVC, PV_VIRTIO_ACKNOWLEDGE, 0, 2), PV_OK);
	(void)call(ALPHA_CPU, write32, 0, 0, 0);
	assert_int_equal(frame.elr, 4);
	assert_int_equal(registers[PV_VIRTIO_STATUS / 4], 0);
	assert_int_equal(call(ALPHA_CPU, HVC, PV_STATISTICS, PV_STATISTIC_VIRTIO, 0), PV_OK);
	assert_int_equal(frame.x[1], 3);
}

static void exits_are_counted_where_they_belong(void **state)
{
	uint64_t before[PV_N_STATISTICS];

	(void)state;
	for (uint64_t i = 0; i < PV_N_STATISTICS; i++) {
		assert_int_equal(call(BETA_CPU, HVC, PV_STATISTICS, i, 0), PV_OK);
		before[i] = frame.x[1];
	}
	(void)call(BETA_CPU, HVC, 0x84000000, 0, 0);
	fake_fault_ipa = IPA(FAKE_GICD);
	(void)call(BETA_CPU, FIELD_VALUE(ESR_EC, 0x24) | ESR_DATA_ISV | 0x06, 0, 0, 0);
	(void)call(BETA_CPU, FIELD_VALUE(ESR_EC, 0x18) | ESR_ICC_SGI1R_EL1, 0, 0, 0);
	(void)call(BETA_CPU, FIELD_VALUE(ESR_EC, 0x18), 0, 0, 0);
	(void)call(BETA_CPU, HVC, PV_STATISTICS, PV_STATISTIC_PSCI, 0);
	assert_int_equal(frame.x[1], before[PV_STATISTIC_PSCI] + 1);
	(void)call(BETA_CPU, HVC, PV_STATISTICS, PV_STATISTIC_VGIC, 0);
	assert_int_equal(frame.x[1], before[PV_STATISTIC_VGIC] + 1);
	(void)call(BETA_CPU, HVC, PV_STATISTICS, PV_STATISTIC_SGI, 0);
	assert_int_equal(frame.x[1], before[PV_STATISTIC_SGI] + 1);
	(void)call(BETA_CPU, HVC, PV_STATISTICS, PV_STATISTIC_SYSREG, 0);
	assert_int_equal(frame.x[1], before[PV_STATISTIC_SYSREG] + 1);
	(void)call(BETA_CPU, HVC, PV_STATISTICS, PV_STATISTIC_HYPERCALLS, 0);
	assert_in_range(frame.x[1], before[PV_STATISTIC_HYPERCALLS] + 5, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_is_answered_by_its_function),
		cmocka_unit_test(psci_and_smccc_are_complete),
		cmocka_unit_test(a_guest_finds_out_where_it_runs),
		cmocka_unit_test(reserved_arguments_are_refused_everywhere),
		cmocka_unit_test(a_message_goes_from_guest_to_guest),
		cmocka_unit_test(devices_answer_by_address),
		cmocka_unit_test(a_virtual_device_joins_two_guests),
		cmocka_unit_test(exits_are_counted_where_they_belong),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}
