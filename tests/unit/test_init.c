/* links: core/init.c core/log.c core/terminal.c core/format.c core/spinlock.c tests/fake/cpu.c tests/fake/gic.c tests/fake/memory.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* Boot runs once in a process: the refusals come first, the last test boots. */
#include "tests/fake/machine.h"

#include "core/init.h"
#include "core/log.h"
#include "core/upcall.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct {
	uint32_t n_boots, n_cpus_at_boot;
	atomic_uint n_entered;
	struct trap_frame *frame[MAX_CPUS];
	bool     all_were_up[MAX_CPUS];
} seen;

void upcall_boot(void)
{
	seen.n_boots++;
	seen.n_cpus_at_boot = fake_gic.n_cpu_inits;
}

void upcall_enter(struct percpu *cpu, struct trap_frame *frame)
{
	seen.frame[cpu->cpu_id] = frame;
	seen.all_were_up[cpu->cpu_id] = fake_gic.n_cpu_inits == FAKE_N_CPUS;
	atomic_fetch_add(&seen.n_entered, 1);
}

static void begin(void)
{
	fake_system_begin(GIC_V3);
	fake_cpu_begin();
	fake_gic_begin();
	fake_uart_begin();
	fake_memory_begin();
	memset(&seen, 0, sizeof(seen));
}

static void refuses(const char *why)
{
	assert_true(FAKE_STOPS(init_boot_cpu()));
	assert_non_null(strstr(fake_uart_text(), why));
	assert_non_null(strstr(fake_uart_text(), "this image was built for fake board (small)"));
	assert_int_equal(atomic_load(&seen.n_entered), 0);
}

static void before_the_mmu_a_reason_is_still_told(void **state)
{
	(void)state;
	begin();
	assert_true(FAKE_STOPS(boot_refuse("not at EL2")));
	assert_string_equal(fake_uart_text(), "\r\nparavent| cannot start: not at EL2\r\n");
	assert_int_equal(fake_uart_n_inits, 1);
}

static void a_cpu_that_cannot_do_direct_interrupts_is_refused(void **state)
{
	(void)state;
	begin();
	fake_direct_is_wrong = "a guest's SGI is not trapped";
	refuses("cannot start: a guest's SGI is not trapped");
	assert_int_equal(seen.n_boots, 0); /* nothing was loaded */
}

static void a_smaller_gic_is_refused(void **state)
{
	(void)state;
	begin();
	fake_gic.n_spis_reported = FAKE_N_SPIS - 1;
	refuses("the GIC has fewer SPIs than the board's description says");
	assert_int_equal(seen.n_boots, 0);
}

static void a_larger_gic_is_not(void **state)
{
	(void)state;
	begin();
	fake_gic.n_spis_reported = FAKE_N_SPIS + 32;
	fake_cpu_start_result = -2; /* stops it behind the check */
	refuses("refuses to start CPU 1");
	assert_int_equal(seen.n_boots, 1);
}

static void the_firmwares_refusal_is_told(void **state)
{
	(void)state;
	begin();
	fake_cpu_start_result = -6;
	refuses("cannot start: the firmware refuses to start CPU 1, MPIDR 0x1 (PSCI error -6, "
		"INTERNAL_FAILURE)");
	begin();
	fake_cpu_start_result = -2;
	refuses("(PSCI error -2, INVALID_PARAMETERS: it knows no such CPU)");
	begin();
	fake_cpu_start_result = -9;
	refuses("(PSCI error -9, INVALID_ADDRESS)");
	begin();
	fake_cpu_start_result = -10;
	refuses("(PSCI error -10, unknown)");
	begin();
	fake_cpu_start_result = INT64_MIN;
	refuses("unknown)");
}

static void a_cpu_that_does_not_come_is_told(void **state)
{
	(void)state;
	begin();
	fake_ticks_per_look = 1000;
	refuses("cannot start: CPU 1, MPIDR 0x1, does not come up within 2000 ms: the firmware said");
	assert_in_range(fake_now, 2000000, 2100000); /* the fake's clock counts microseconds */
}

static void a_cpu_that_does_not_poll_is_told(void **state)
{
	(void)state;
	begin();
	fake_config.cpu_start = CPU_START_SPIN_TABLE;
	fake_ticks_per_look = 1000;
	refuses("within 2000 ms: it does not poll its cpu-release-addr");
}

static void missing_memory_is_refused(void **state)
{
	(void)state;
	begin();
	fake_memory.missing_base = FAKE_BETA_PA;
	refuses("cannot start: RAM missing: memory of beta at 0x60003ff8 does not answer");
	assert_int_equal(seen.n_boots, 0); /* nothing was loaded */
	assert_int_equal(fake_memory.n_begins, fake_memory.n_ends);
	begin();
	fake_memory.missing_base = FAKE_WINDOW_PA;
	refuses("cannot start: RAM missing: memory of a window at 0x7f000ff8 does not answer");
}

static void memory_that_is_other_memory_is_refused(void **state)
{
	(void)state;
	begin();
	fake_memory.alias_from = FAKE_GAMMA_PA;
	fake_memory.alias_to = FAKE_ALPHA_PA;
	refuses("RAM missing: memory of alpha at 0x50003ff8 does not hold what is written there");
	assert_int_equal(seen.n_boots, 0);
}

/* ---- The real thing: each other CPU is a thread ---------------------------------- */

static pthread_t threads[FAKE_N_CPUS];
static uint32_t numbers[FAKE_N_CPUS];

static void yield(void)
{
	(void)sched_yield();
}

static void *run_secondary(void *number)
{
	fake_cpu = *(uint32_t *)number;
	init_secondary_cpu(fake_cpu);
	return NULL;
}

static void start_secondary(uint32_t cpu_id)
{
	numbers[cpu_id] = cpu_id;
	if (pthread_create(&threads[cpu_id], NULL, run_secondary, &numbers[cpu_id]) != 0) {
		fake_die("no thread for CPU %u", cpu_id);
	}
}

static void all_cpus_come_up_in_order_and_start_together(void **state)
{
	(void)state;
	begin();
	fake_on_relax = yield;
	fake_on_cpu_start = start_secondary;
	init_boot_cpu();
	for (uint32_t i = 1; i < FAKE_N_CPUS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
	assert_int_equal(seen.n_boots, 1);
	assert_int_equal(seen.n_cpus_at_boot, 1); /* partitions are loaded before others run */
	assert_int_equal(fake_gic.n_inits, 1);
	assert_int_equal(fake_gic.n_cpu_inits, FAKE_N_CPUS);
	assert_int_equal(atomic_load(&seen.n_entered), FAKE_N_CPUS);
	for (uint32_t i = 0; i < FAKE_N_CPUS; i++) {
		assert_int_equal(fake_cpu_record[i].n_inits, 1);
		assert_int_equal(fake_cpu_record[i].n_starts, i != 0);
		assert_ptr_equal(seen.frame[i], cpu_first_frame(i));
		assert_ptr_equal(seen.frame[i] + 1, &cpu_stacks[i + 1]);
		assert_true(seen.all_were_up[i]);
	}
	assert_non_null(
		strstr(fake_uart_text(), "Paravent: small on fake board, configuration 0123abcd"));
	assert_non_null(strstr(fake_uart_text(), "CPU 1 in EL2\r\n"));
	assert_non_null(strstr(fake_uart_text(), "CPU 5 in EL2\r\n"));
	assert_non_null(strstr(fake_uart_text(), "6 CPUs in EL2, 3 partitions to start"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_mmu_a_reason_is_still_told),
		cmocka_unit_test(a_cpu_that_cannot_do_direct_interrupts_is_refused),
		cmocka_unit_test(a_smaller_gic_is_refused),
		cmocka_unit_test(a_larger_gic_is_not),
		cmocka_unit_test(the_firmwares_refusal_is_told),
		cmocka_unit_test(a_cpu_that_does_not_come_is_told),
		cmocka_unit_test(a_cpu_that_does_not_poll_is_told),
		cmocka_unit_test(missing_memory_is_refused),
		cmocka_unit_test(memory_that_is_other_memory_is_refused),
		cmocka_unit_test(all_cpus_come_up_in_order_and_start_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
