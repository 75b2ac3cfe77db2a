/* links: partitions/report.c core/region.c core/log.c core/terminal.c core/format.c core/spinlock.c tests/fake/vcpu.c tests/fake/cpu.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a fault is called, and that it ends its partition and nothing else. */
#include "tests/fake/vcpu.h"

#include "core/esr.h"
#include "core/log.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TRANSLATION 0x06u
#define PERMISSION  0x0eu

static struct {
	uint32_t n_stops, n_waits;
	struct partition *stopped;
	enum pv_partition_state after;
	bool restart;
} seen;

void partition_stop(struct partition *partition, enum pv_partition_state after, bool restart)
{
	assert_int_equal(seen.n_waits, 0);
	seen.n_stops++;
	seen.stopped = partition;
	seen.after = after;
	seen.restart = restart;
}

void vcpu_wait_for_start(struct vcpu *vcpu, struct trap_frame *frame)
{
	(void)vcpu;
	seen.n_waits++;
	frame->elr = 0x5747;
}

static struct trap_frame frame;

static int begin(void **state)
{
	(void)state;
	fake_system_begin(GIC_V3);
	fake_system_share();
	fake_cpu_begin();
	fake_uart_begin();
	fake_vcpus_begin();
	memset(&seen, 0, sizeof(seen));
	memset(&frame, 0, sizeof(frame));
	frame.elr = 0x40001234;
	frame.spsr = 0x3c5;
	frame.x[0] = 0x1111;
	frame.x[30] = 0x40005678;
	fake_registers = (struct vcpu_registers){ .sp_el1 = 0x4000f000, .esr_el1 = 0x96000045,
						  .elr_el1 = 0xe1e1, .far_el1 = 0xfa4 };
	log_flush();
	fake_uart_forget();
	return 0;
}

static void fault_at(uint64_t address, uint64_t esr, enum fault fault)
{
	bool is_asked_for = (esr & PERMISSION) == PERMISSION && (esr & ESR_DATA_S1PTW) == 0;

	frame.esr = esr;
	/* Hardware gives one of the two. */
	fake_fault_ipa = IPA(is_asked_for ? 0x0a000bad : address);
	fake_walk_ipa = IPA(is_asked_for ? address : 0x0a000bad);
	fake_fault_va = 0xffff0000 | address % PAGE_BYTES;
	upcall_fault(fake_vcpu(ALPHA, 1), &frame, fault);
	log_flush();
}

static void assert_said(const char *text)
{
	if (strstr(fake_uart_text(), text) == NULL) {
		fail_msg("\"%s\" is not in:\n%s", text, fake_uart_text());
	}
}

static void a_fault_names_partition_cpu_and_registers(void **state)
{
	(void)state;
	fault_at(0x0b000004, ESR_DATA_WNR | TRANSLATION, FAULT_DATA_ABORT);
	assert_said("paravent| alpha: data abort on vCPU 1 (CPU 3)\r\n");
	assert_said("tried to write guest address 0xb000004 (virtual 0xffff0004): "
		    "watchdog, given to nobody\r\n");
	assert_said("PC 0x40001234 LR 0x40005678 SP 0x4000f000 SPSR 0x3c5 ESR 0x46\r\n");
	assert_said("x0 0x1111 x1 0x0");
	assert_said("last EL1 exception ESR 0x96000045 ELR 0xe1e1 FAR 0xfa4");
	assert_int_equal(seen.n_stops, 1);
	assert_ptr_equal(seen.stopped, &fake_partition_states[ALPHA]);
	assert_int_equal(seen.after, PV_PARTITION_CRASHED);
	assert_false(seen.restart);
	assert_int_equal(seen.n_waits, 1);
	assert_int_equal(frame.elr, 0x5747);
}

static void what_was_hit_is_named(void **state)
{
	static const struct {
		uint64_t address, esr;
		enum fault fault;
		const char *text;
	} cases[] = {
		{ FAKE_GICD, TRANSLATION, FAULT_DATA_ABORT,
		  "read guest address 0x8000000 (virtual 0xffff0000): "
		  "the emulated GIC distributor, with an access it does not take" },
		{ FAKE_GICR + 0x5fffc, TRANSLATION, FAULT_DATA_ABORT,
		  "the emulated GIC redistributors" },
		{ FAKE_GICR + 0x60000, TRANSLATION, FAULT_DATA_ABORT,
		  "nothing that the board's description knows" },
		{ FAKE_UART, TRANSLATION, FAULT_DATA_ABORT, "the emulated PL011" },
		{ 0x0a000fff, TRANSLATION, FAULT_DATA_ABORT, "ethernet of beta" },
		{ 0x0a001000, TRANSLATION, FAULT_DATA_ABORT, "nothing that the board's" },
		{ FAKE_BETA_PA + 8, TRANSLATION, FAULT_DATA_ABORT, "memory of beta" },
		{ FAKE_ALPHA_IPA, PERMISSION, FAULT_DATA_ABORT, "its own memory" },
		{ FAKE_ALPHA_IPA, PERMISSION, FAULT_DATA_ABORT,
		  "which is mapped for it, but not for this kind of access" },
		{ 0, TRANSLATION, FAULT_DATA_ABORT, "nothing that the board's" },
		{ UINT64_C(0xfffffffff000), TRANSLATION, FAULT_DATA_ABORT,
		  "nothing that the board's" },
		{ FAKE_BETA_PA, ESR_DATA_S1PTW | TRANSLATION, FAULT_DATA_ABORT,
		  "tried to read a translation table at guest address 0x60000000" },
		{ FAKE_BETA_PA, ESR_DATA_S1PTW | PERMISSION, FAULT_DATA_ABORT,
		  "tried to read a translation table at guest address 0x60000000" },
		{ FAKE_PAGES_PA + 0x70, ESR_DATA_WNR | PERMISSION, FAULT_DATA_ABORT,
		  "a virtual device's registers, with an access it does not take" },
		{ FAKE_BETA_PA, TRANSLATION, FAULT_INSTRUCTION_ABORT,
		  "alpha: instruction abort on" },
		{ FAKE_BETA_PA, TRANSLATION, FAULT_INSTRUCTION_ABORT,
		  "tried to execute guest address" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)begin(NULL);
		fault_at(cases[i].address, cases[i].esr, cases[i].fault);
		assert_said(cases[i].text);
		assert_int_equal(seen.n_stops, 1);
	}
}

static void an_address_that_is_not_known_is_not_named(void **state)
{
	(void)state;
	fake_walk_fails = true;
	fault_at(FAKE_ALPHA_IPA + 0x678, ESR_DATA_WNR | PERMISSION, FAULT_DATA_ABORT);
	assert_said("tried to write virtual address 0xffff0678, which its tables no longer translate");
	assert_null(strstr(fake_uart_text(), "guest address"));
	assert_int_equal(seen.n_stops, 1);
}

static void what_is_no_access_names_no_address(void **state)
{
	(void)state;
	fault_at(0x0b000004, 0, FAULT_SERROR);
	assert_said("alpha: SError (asynchronous external abort) on vCPU 1");
	assert_null(strstr(fake_uart_text(), "tried to"));
	(void)begin(NULL);
	fault_at(0x0b000004, 0, FAULT_UNKNOWN_TRAP);
	assert_said("alpha: unknown trap on vCPU 1");
	assert_null(strstr(fake_uart_text(), "tried to"));
}

/* Whose memory is being taken away faults at every step: nothing to report. */
static void a_fault_while_stopping_is_no_fault(void **state)
{
	static const enum pv_partition_state states[] = { PV_PARTITION_STOPPING,
							  PV_PARTITION_STOPPED,
							  PV_PARTITION_CRASHED };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		(void)begin(NULL);
		atomic_store(&fake_partition_states[ALPHA].state, states[i]);
		fault_at(0x0b000004, TRANSLATION, FAULT_DATA_ABORT);
		assert_int_equal(seen.n_stops, 0);
		assert_int_equal(seen.n_waits, 1);
		assert_string_equal(fake_uart_text(), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_fault_names_partition_cpu_and_registers, begin),
		cmocka_unit_test_setup(what_was_hit_is_named, begin),
		cmocka_unit_test_setup(an_address_that_is_not_known_is_not_named, begin),
		cmocka_unit_test_setup(what_is_no_access_names_no_address, begin),
		cmocka_unit_test_setup(a_fault_while_stopping_is_no_fault, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
