/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every hypercall and every PSCI call, with good, bad and reserved arguments, by
 * HVC and by SMC. The guest lives twice: SYSTEM_RESET ends its first life, and
 * the second looks whether it was started like the first.
 */
#include "tests/qemu/guests/abi/abi.h"

#include "pv/console.h"
#include "pv/platform.h"
#include "pv/psci.h"
#include "pv/start.h"
#include "pv/string.h"
#include "tests/qemu/guests/report.h"

#define FIRST_PATTERN 8u
#define N_REGISTERS   18u

static uint32_t touched = 0x600d; /* changed in the first life */
static uint32_t zeroed[1024];

static uint64_t pattern(unsigned n)
{
	return UINT64_C(0xa5a5000000000000) | n * UINT64_C(0x0101010101);
}

static void run_case(const struct call_case *one, enum pv_conduit conduit, unsigned first_kept)
{
	struct pv_registers before, after;
	unsigned n_changed = 0, changed = 0;

	before.x[0] = one->function;
	memcpy(&before.x[1], one->x, sizeof(one->x));
	for (unsigned i = FIRST_PATTERN; i < N_REGISTERS; i++) {
		before.x[i] = pattern(i);
	}
	after = before;
	pv_call(conduit, &after);
	for (unsigned i = first_kept; i < N_REGISTERS; i++) {
		if (after.x[i] != before.x[i]) {
			n_changed++;
			changed = i;
		}
	}

	const char *by = conduit == PV_CONDUIT_HVC ? "hvc" : "smc";

	if (after.x[0] != (uint64_t)one->expected) {
		report(false, "%s by %s: x0 = 0x%llx, expected %lld", one->text, by,
		       (unsigned long long)after.x[0], (long long)one->expected);
	} else if (n_changed > 0) {
		report(false, "%s by %s: changed %u registers, the last x%u to 0x%llx", one->text,
		       by, n_changed, changed, (unsigned long long)after.x[changed]);
	} else {
		report(true, "%s by %s", one->text, by);
	}
}

void run_cases(const struct call_case *cases, unsigned n, unsigned first_kept)
{
	for (unsigned i = 0; i < n; i++) {
		run_case(&cases[i], PV_CONDUIT_HVC, first_kept);
		run_case(&cases[i], PV_CONDUIT_SMC, first_kept);
	}
}

int64_t call(struct pv_registers *registers, uint64_t function, uint64_t x1, uint64_t x2,
	     uint64_t x3)
{
	*registers = (struct pv_registers){ .x = { function, x1, x2, x3 } };
	pv_call(PV_CONDUIT_HVC, registers);
	return (int64_t)registers->x[0];
}

static _Noreturn void second_life(void)
{
	struct pv_partition_info own;
	bool is_zero = true;

	for (unsigned i = 0; i < sizeof(zeroed) / sizeof(zeroed[0]); i++) {
		is_zero = is_zero && zeroed[i] == 0;
	}
	report(is_zero, "after SYSTEM_RESET zeroed memory is zero again");
	report_equal(touched, 0x600d, "after SYSTEM_RESET initialised memory is as built");
	report_equal((uint64_t)pv_psci_call(PSCI_AFFINITY_INFO, 1, 0, 0), PSCI_AFFINITY_OFF,
		     "after SYSTEM_RESET the other CPU is off");
	report(pv_partition_info(PV_SELF, &own) == PV_OK && own.n_starts == 2,
	       "after SYSTEM_RESET the starts are counted");
	report_done();
}

static void run_forever(void *context)
{
	(void)context;
	for (;;) {
	}
}

void guest_main(void)
{
	struct pv_partition_info own;

	if (pv_partition_info(PV_SELF, &own) == PV_OK && own.n_starts > 1) {
		second_life();
	}
	test_identification();
	test_psci_values();
	test_partition_calls();
	test_console_calls();
	test_port_calls();
	test_psci_cpus();
	test_control_calls();

	touched = 0xbad;
	memset(zeroed, 0xff, sizeof(zeroed));
	report(pv_cpu_start(1, run_forever, NULL) == PV_OK, "CPU 1 spins while we reset");
	report_counts("reset");
	pv_system_reset();
}
