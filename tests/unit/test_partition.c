/* links: partitions/partition.c partitions/vgic.c partitions/vgic_filter.c partitions/console.c partitions/message.c partitions/virtio.c partitions/vuart.c core/log.c core/terminal.c core/format.c core/spinlock.c core/panic.c core/region.c tests/fake/begin.c tests/fake/threads.c tests/fake/cpu.c tests/fake/gic.c tests/fake/memory.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lifecycle of partitions on several CPUs at once, each step where the test
 * wants it. State outlives a test, so each one ends with everything stopped; the
 * first test is the one that sees the machine end.
 */
#include "tests/fake/threads.h"

#include "partitions/partition.h"
#include "partitions/virtio.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* CPUs of vCPUs */
#define ALPHA_0 2u
#define ALPHA_1 3u
#define ALPHA_2 0u
#define BETA_0  1u
#define GAMMA_0 4u

#define CODE IPA(FAKE_ALPHA_IPA + 0x1000)

static struct trap_frame frames[MAX_CPUS];

/* ---- What CPUs do ---------------------------------------------------------------- */

static void enter(uint32_t cpu_id)
{
	upcall_enter(&percpus[cpu_id], &frames[cpu_id]);
}

/* Any trap: the first thing core/trap.c does. */
static void trap(uint32_t cpu_id)
{
	if (atomic_load(&percpus[cpu_id].attention) != 0) {
		(void)upcall_attend(percpus[cpu_id].vcpu, &frames[cpu_id]);
	}
}

static void wait_in_guest(uint32_t cpu_id)
{
	upcall_wait(percpus[cpu_id].vcpu, &frames[cpu_id]);
}

static void suspend(uint32_t cpu_id)
{
	vcpu_suspend(percpus[cpu_id].vcpu, &frames[cpu_id], CODE, 77);
}

static void turn_off(uint32_t cpu_id)
{
	vcpu_wait_for_start(percpus[cpu_id].vcpu, &frames[cpu_id]);
}

static void system_off(uint32_t cpu_id)
{
	partition_stop(percpus[cpu_id].vcpu->partition, PV_PARTITION_STOPPED, false);
	turn_off(cpu_id);
}

static void system_reset(uint32_t cpu_id)
{
	partition_stop(percpus[cpu_id].vcpu->partition, PV_PARTITION_STOPPED, true);
	turn_off(cpu_id);
}

/* ---- Set-up ---------------------------------------------------------------------- */

static struct partition *alpha, *beta, *gamma;

static enum pv_partition_state state_of(const struct partition *partition)
{
	return atomic_load(&partition->state);
}

static enum vcpu_state alpha_vcpu(uint32_t number)
{
	return vcpu_get_state(partition_vcpu(alpha, number));
}

static void boot(void)
{
	fake_begin(GIC_V3);
	fake_system_share();
	fake_threads_begin();
	memset(frames, 0xee, sizeof(frames));
	upcall_boot();
	alpha = partition_at(ALPHA);
	beta = partition_at(BETA);
	gamma = partition_at(GAMMA);
}

static void enter_all(void)
{
	static const uint32_t cpus[] = { ALPHA_0, ALPHA_1, ALPHA_2, BETA_0, GAMMA_0 };

	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		bool is_first = fake_vcpus[fake_cpus[cpus[i]].vcpu_id].number == 0;

		assert_int_equal(fake_run(cpus[i], enter), is_first ? FAKE_IN_GUEST : FAKE_WAITS);
	}
}

static int begin(void **state)
{
	(void)state;
	boot();
	enter_all();
	return 0;
}

/* Everything stopped and every vCPU off, as the next test wants to find it. */
static int end(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < FAKE_N_PARTITIONS; i++) {
		partition_stop(partition_at(i), PV_PARTITION_STOPPED, false);
	}
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t cpu = 0; cpu < FAKE_N_CPUS; cpu++) {
			if (fake_is_waiting(cpu)) {
				(void)fake_wake(cpu);
			} else if (percpus[cpu].vcpu != NULL) {
				(void)fake_run(cpu, trap);
			}
		}
	}
	for (uint32_t i = 0; i < FAKE_N_PARTITIONS; i++) {
		if (partition_at(i)->n_running != 0) {
			fake_die("partition %u does not stop", i);
		}
	}
	fake_threads_end();
	return 0;
}

/* CPU_ON of alpha's vCPU `number`, taken at once. */
static void start_alpha(uint32_t number, uint32_t cpu_id)
{
	assert_int_equal(vcpu_start(partition_vcpu(alpha, number), CODE, 5), VCPU_START_OK);
	assert_int_equal(fake_wake(cpu_id), FAKE_IN_GUEST);
	assert_int_equal(alpha_vcpu(number), VCPU_ON);
}

/* ---- The end of the machine ------------------------------------------------------ */

static void the_last_partition_powers_off_and_only_once(void **state)
{
	(void)state;
	assert_int_equal(fake_run(BETA_0, system_off), FAKE_WAITS);
	assert_int_equal(fake_run(ALPHA_0, system_off), FAKE_WAITS);
	assert_int_equal(fake_n_power_offs, 0);
	assert_int_equal(fake_run(GAMMA_0, turn_off), FAKE_WAITS); /* CPU_OFF of the last one */
	assert_int_equal(fake_n_power_offs, 1);
	assert_int_equal(state_of(gamma), PV_PARTITION_STOPPED);
	assert_non_null(strstr(fake_uart_text(), "all partitions have stopped: power off"));
	fake_settle();
	(void)fake_wake(ALPHA_1);
	assert_int_equal(fake_n_power_offs, 1);
}

/* ---- Boot ------------------------------------------------------------------------ */

static void partitions_start_as_the_table_says(void **state)
{
	static const uint32_t cpus[] = { ALPHA_0, BETA_0, GAMMA_0 };

	(void)state;
	for (uint32_t i = 0; i < FAKE_N_PARTITIONS; i++) {
		const struct partition_config *config = &fake_partitions[i];
		const struct trap_frame *frame = &frames[cpus[i]];

		assert_int_equal(state_of(partition_at(i)), PV_PARTITION_RUNNING);
		assert_int_equal(frame->elr, config->entry.value);
		assert_int_equal(frame->x[0], config->dtb.value);
		assert_ptr_equal(fake_cpu_record[cpus[i]].bound_partition, config);
		assert_ptr_equal(fake_cpu_record[cpus[i]].bound_vcpu,
				 &fake_vcpus[config->first_vcpu]);
		assert_ptr_equal(percpus[cpus[i]].partition, config);
		assert_ptr_equal(percpus[cpus[i]].doorbells, config->doorbells);
		assert_int_equal(percpus[cpus[i]].n_doorbells, config->n_doorbells);
		assert_ptr_equal(fake_gic.cpu[cpus[i]].cleaned_for, config->interrupts);
	}
	assert_int_equal(alpha_vcpu(1), VCPU_OFF);
	assert_int_equal(alpha->n_running, 1);
	assert_int_equal(fake_memory.n_begins, fake_memory.n_ends);
}

static void images_are_copied_and_the_rest_of_each_is_zeroed(void **state)
{
	const unsigned char *memory = fake_memory_at(FAKE_ALPHA_PA);

	(void)state;
	for (uint64_t i = 0; i < FAKE_MEMORY_BYTES; i++) {
		unsigned char expected = 0xa5; /* as it was: no piece lies there */

		if (i < FAKE_IMAGE_BYTES) {
			expected = 0x5a;
		} else if (i < 0x2000) {
			expected = 0;
		} else if (i >= FAKE_DTB_OFFSET && i < FAKE_DTB_OFFSET + 100) {
			expected = 0xd0;
		}
		assert_int_equal(memory[i], expected);
	}
	assert_in_range(fake_memory.cleaned_bytes, 3 * (0x2000 + 100) + FAKE_WINDOW_BYTES,
			UINT64_MAX);
	assert_int_not_equal(fake_memory.n_icache, 0);
}

static void windows_are_zeroed_once(void **state)
{
	unsigned char *window = fake_memory_at(FAKE_WINDOW_PA);

	(void)state;
	for (uint64_t i = 0; i < FAKE_WINDOW_BYTES; i++) {
		assert_int_equal(window[i], 0);
	}
	window[5] = 1;
	assert_int_equal(fake_run(ALPHA_0, system_reset), FAKE_IN_GUEST);
	assert_int_equal(window[5], 1); /* peers still use it */
}

static void interrupts_are_given_to_the_first_cpu(void **state)
{
	(void)state;
	assert_int_equal(fake_gic.router[40], fake_cpus[ALPHA_0].mpidr);
	assert_int_equal(fake_gic.router[42], fake_cpus[BETA_0].mpidr);
	assert_int_equal(fake_gic.router[102], fake_cpus[GAMMA_0].mpidr);
	assert_int_equal(fake_gic.config[40 / 16] >> 40 % 16 * 2 & 3, 0);   /* a device's: level */
	assert_int_equal(fake_gic.config[100 / 16] >> 100 % 16 * 2 & 3, 2); /* a port's: edge */
	for (intid_t i = 103; i <= 106; i++) { /* virtual devices': edge, at either end */
		static const uint32_t cpus[] = { ALPHA_0, BETA_0, GAMMA_0, ALPHA_0 };

		assert_int_equal(fake_gic.config[i / 16] >> i % 16 * 2 & 3, 2);
		assert_int_equal(fake_gic.router[i], fake_cpus[cpus[i - 103]].mpidr);
	}
}

static void a_cpu_without_a_vcpu_stops(void **state)
{
	(void)state;
	fake_cpu = 5;
	assert_true(FAKE_STOPS(upcall_enter(&percpus[5], &frames[5])));
	fake_cpu = 0;
}

/* ---- vCPUs ----------------------------------------------------------------------- */

static void a_vcpu_starts_where_it_is_told(void **state)
{
	struct vcpu *vcpu = partition_vcpu(alpha, 1);

	(void)state;
	assert_int_equal(vcpu_start(vcpu, CODE, 99), VCPU_START_OK);
	assert_int_equal(alpha_vcpu(1), VCPU_STARTING);
	assert_int_equal(vcpu_start(vcpu, CODE, 1), VCPU_START_PENDING);
	assert_true(fake_gic_would_wake(ALPHA_1));
	assert_int_equal(fake_wake(ALPHA_1), FAKE_IN_GUEST);
	assert_int_equal(alpha_vcpu(1), VCPU_ON);
	assert_int_equal(frames[ALPHA_1].elr, CODE.value);
	assert_int_equal(frames[ALPHA_1].x[0], 99);
	assert_int_equal(vcpu_start(vcpu, CODE, 1), VCPU_START_ALREADY_ON);
	assert_int_equal(alpha->n_running, 2);
	assert_int_equal(vcpu_start(partition_vcpu(alpha, 0), CODE, 1), VCPU_START_ALREADY_ON);
}

static void a_vcpu_goes_off_and_comes_back(void **state)
{
	(void)state;
	start_alpha(1, ALPHA_1);
	fake_gic.cpu[ALPHA_1].active = 1u << 27;
	assert_int_equal(fake_run(ALPHA_1, turn_off), FAKE_WAITS);
	assert_int_equal(alpha_vcpu(1), VCPU_OFF);
	assert_int_equal(state_of(alpha), PV_PARTITION_RUNNING);
	assert_int_equal(fake_gic.cpu[ALPHA_1].active, 0);
	/* A guest's own SGI wakes the CPU, not the vCPU. */
	fake_gic.cpu[ALPHA_1].pending = 1u << 3;
	assert_int_equal(fake_wake(ALPHA_1), FAKE_WAITS);
	assert_int_equal(fake_gic.cpu[ALPHA_1].pending, 0);
	start_alpha(1, ALPHA_1);
}

/* The first vCPU may go as well, as long as another one runs. */
static void the_first_vcpu_is_like_any_other(void **state)
{
	(void)state;
	start_alpha(1, ALPHA_1);
	assert_int_equal(fake_run(ALPHA_0, turn_off), FAKE_WAITS);
	assert_int_equal(state_of(alpha), PV_PARTITION_RUNNING);
	assert_int_equal(vcpu_start(partition_vcpu(alpha, 0), CODE, 3), VCPU_START_OK);
	uint32_t n_begins = fake_memory.n_begins;

	assert_int_equal(fake_wake(ALPHA_0), FAKE_IN_GUEST);
	assert_int_equal(frames[ALPHA_0].elr, CODE.value);
	assert_int_equal(fake_memory.n_begins, n_begins); /* and nothing is loaded for it */
}

static void wfi_opens_the_interface_and_puts_it_back(void **state)
{
	(void)state;
	frames[BETA_0].elr = 0x1234;
	assert_int_equal(fake_run(BETA_0, wait_in_guest), FAKE_WAITS);
	assert_true(fake_gic.cpu[BETA_0].is_open);
	assert_int_equal(fake_wake(BETA_0), FAKE_IN_GUEST);
	assert_false(fake_gic.cpu[BETA_0].is_open);
	assert_int_equal(frames[BETA_0].elr, 0x1234);
}

static void a_suspended_vcpu_starts_at_its_entry(void **state)
{
	(void)state;
	fake_gic.cpu[ALPHA_0].pending = 1u << 27;
	assert_int_equal(fake_run(ALPHA_0, suspend), FAKE_WAITS);
	assert_int_equal(fake_wake(ALPHA_0), FAKE_IN_GUEST);
	assert_int_equal(frames[ALPHA_0].elr, CODE.value);
	assert_int_equal(frames[ALPHA_0].x[0], 77);
	assert_int_equal(fake_gic.cpu[ALPHA_0].pending, 1u << 27); /* what woke it is still there */
}

/* ---- Virtual devices --------------------------------------------------------------- */

/* alpha's driver of the disk writes its status. true: done. */
static bool write_status(uint32_t status)
{
	struct mmio_access access = { .offset = PV_VIRTIO_STATUS, .bytes = 4, .is_write = true,
				      .value = status, .virtual_device = FAKE_DISK };

	(void)virtio_write(partition_vcpu(alpha, 0), &access);
	return !access.retry;
}

static const struct pv_virtio_state *disk_state(void)
{
	return (const void *)fake_memory_at(fake_virtual_devices[FAKE_DISK].state.value);
}

static void pages_of_virtual_devices_are_zeroed_and_filled(void **state)
{
	uint32_t registers[PAGE_BYTES / 4];

	(void)state;
	memcpy(registers, fake_memory_at(FAKE_PAGES_PA), sizeof(registers));
	assert_int_equal(registers[PV_VIRTIO_MAGIC_VALUE / 4], PV_VIRTIO_MAGIC);
	assert_int_equal(registers[PV_VIRTIO_REGISTER_BYTES / 4], 0);
	assert_int_equal(disk_state()->epoch, 1);
	assert_int_equal(disk_state()->reserved, 0);
}

static void the_end_of_a_driver_is_a_reset(void **state)
{
	(void)state;
	assert_true(write_status(PV_VIRTIO_S_ACKNOWLEDGE));
	fake_gic.pending[3] = 0;
	assert_int_equal(fake_run(BETA_0, system_reset), FAKE_IN_GUEST);
	assert_int_equal(disk_state()->status, PV_VIRTIO_S_ACKNOWLEDGE); /* it only serves */
	assert_int_equal(fake_run(ALPHA_0, system_reset), FAKE_IN_GUEST);
	assert_int_equal(disk_state()->status, 0);
	assert_int_equal(disk_state()->epoch, 2);
	assert_int_equal(fake_gic.pending[3], 1u << 104 % 32); /* beta is told */
}

static void the_start_of_a_backend_ends_a_reset(void **state)
{
	(void)state;
	assert_true(write_status(PV_VIRTIO_S_ACKNOWLEDGE));
	assert_false(write_status(0));
	assert_int_equal(fake_run(BETA_0, system_reset), FAKE_IN_GUEST);
	assert_true(write_status(0));
	assert_int_equal(disk_state()->epoch, 2);
	assert_int_equal(fake_gic.pending[3], 0); /* rung for a life that is over */
}

/* ---- Stopping -------------------------------------------------------------------- */

static void a_stop_reaches_every_vcpu(void **state)
{
	(void)state;
	start_alpha(1, ALPHA_1);
	assert_int_equal(fake_run(ALPHA_1, wait_in_guest), FAKE_WAITS);
	partition_stop(alpha, PV_PARTITION_STOPPED, false);
	assert_int_equal(state_of(alpha), PV_PARTITION_STOPPING);
	assert_true(fake_memory.is_revoked[ALPHA]);
	assert_true(fake_gic_would_wake(ALPHA_0));
	assert_true(fake_gic_would_wake(ALPHA_1));
	assert_false(fake_memory.is_revoked[BETA]);

	fake_settle(); /* the one that waits leaves first */
	assert_true(fake_is_waiting(ALPHA_1));
	assert_int_equal(alpha_vcpu(1), VCPU_OFF);
	assert_false(fake_gic.cpu[ALPHA_1].is_open);
	assert_int_equal(state_of(alpha), PV_PARTITION_STOPPING);
	assert_int_equal(partition_start(alpha), PV_BUSY);
	assert_int_equal(vcpu_start(partition_vcpu(alpha, 2), CODE, 0), VCPU_START_OK);
	assert_int_equal(alpha_vcpu(2), VCPU_OFF); /* nothing starts any more */

	assert_int_equal(fake_run(ALPHA_0, trap), FAKE_WAITS);
	assert_int_equal(state_of(alpha), PV_PARTITION_STOPPED);
	assert_int_equal(alpha->n_running, 0);
	assert_non_null(strstr(fake_uart_text(), "alpha has stopped"));
	assert_int_equal(state_of(beta), PV_PARTITION_RUNNING);
	assert_true(fake_memory.is_revoked[ALPHA]);
}

static void nothing_is_left_of_a_stopped_partitions_interrupts(void **state)
{
	const uint32_t own[] = { 40, 41, 64, 79, 100 };

	(void)state;
	memset(fake_gic.enabled, 0xff, sizeof(fake_gic.enabled));
	memset(fake_gic.pending, 0xff, sizeof(fake_gic.pending));
	memset(fake_gic.active, 0xff, sizeof(fake_gic.active));
	memset(fake_gic.priority, 0x20, sizeof(fake_gic.priority));
	fake_gic.cpu[ALPHA_0].enabled = fake_gic.cpu[ALPHA_0].active = UINT32_MAX;
	assert_int_equal(fake_run(ALPHA_0, system_off), FAKE_WAITS);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		uint32_t bit = 1u << own[i] % 32;

		assert_int_equal(fake_gic.enabled[own[i] / 32] & bit, 0);
		assert_int_equal(fake_gic.pending[own[i] / 32] & bit, 0);
		assert_int_equal(fake_gic.active[own[i] / 32] & bit, 0);
		assert_int_equal(fake_gic.priority[own[i]], GUEST_DEFAULT_PRIORITY);
	}
	/* The neighbours' are as they were. */
	assert_int_equal(fake_gic.enabled[42 / 32] >> 42 % 32 & 1, 1);
	assert_int_equal(fake_gic.pending[65 / 32] >> 65 % 32 & 1, 1);
	assert_int_equal(fake_gic.priority[42], 0x20);
	assert_int_equal(fake_gic.cpu[ALPHA_0].enabled, 1u << KICK_SGI);
	assert_int_equal(fake_gic.cpu[ALPHA_0].active, 0);
}

static void only_what_runs_is_stopped(void **state)
{
	(void)state;
	assert_int_equal(fake_run(BETA_0, system_off), FAKE_WAITS);
	uint32_t n_revokes = fake_memory.n_revokes[BETA];

	partition_stop(beta, PV_PARTITION_CRASHED, true);
	fake_settle();
	assert_int_equal(state_of(beta), PV_PARTITION_STOPPED);
	assert_int_equal(fake_memory.n_revokes[BETA], n_revokes);
	/* A second stop does not change what the first one said, but whether a start follows. */
	partition_stop(gamma, PV_PARTITION_CRASHED, true);
	partition_stop(gamma, PV_PARTITION_STOPPED, false);
	assert_int_equal(fake_run(GAMMA_0, trap), FAKE_WAITS);
	assert_int_equal(state_of(gamma), PV_PARTITION_CRASHED);
	assert_non_null(strstr(fake_uart_text(), "gamma has stopped by a fault"));
}

/* Started, but not there yet: by CPU_ON in the first wait of its CPU, ... */
static void a_vcpu_that_never_ran_is_counted_out(void **state)
{
	(void)state;
	assert_int_equal(vcpu_start(partition_vcpu(alpha, 1), CODE, 5), VCPU_START_OK);
	assert_int_equal(fake_run(ALPHA_0, system_off), FAKE_WAITS);
	fake_settle();
	assert_int_equal(alpha_vcpu(1), VCPU_OFF);
	assert_int_equal(state_of(alpha), PV_PARTITION_STOPPED);
}

/* ... in a later one, ... */
static void a_vcpu_that_was_to_run_again_is_counted_out(void **state)
{
	(void)state;
	start_alpha(1, ALPHA_1);
	assert_int_equal(fake_run(ALPHA_1, turn_off), FAKE_WAITS);
	assert_int_equal(vcpu_start(partition_vcpu(alpha, 1), CODE, 5), VCPU_START_OK);
	assert_int_equal(fake_run(ALPHA_0, system_off), FAKE_WAITS);
	fake_settle();
	assert_int_equal(alpha_vcpu(1), VCPU_OFF);
	assert_int_equal(state_of(alpha), PV_PARTITION_STOPPED);
}

/* ... or at boot, before the CPU is there at all. */
static void a_partition_can_be_stopped_before_its_cpu_is_there(void **state)
{
	(void)state;
	(void)end(NULL);
	boot();
	partition_stop(beta, PV_PARTITION_STOPPED, false);
	assert_int_equal(fake_run(BETA_0, enter), FAKE_WAITS);
	assert_int_equal(state_of(beta), PV_PARTITION_STOPPED);
	assert_int_equal(partition_start(beta), PV_OK);
	fake_settle();
	assert_int_equal(state_of(beta), PV_PARTITION_RUNNING);
	assert_false(fake_is_waiting(BETA_0));
	(void)fake_run(ALPHA_0, enter);
	(void)fake_run(ALPHA_1, enter);
	(void)fake_run(ALPHA_2, enter);
	(void)fake_run(GAMMA_0, enter);
}

/* A CPU that sleeps behind an interrupt of the kick's priority could not be had back. */
static void no_cpu_sleeps_where_a_kick_does_not_reach(void **state)
{
	(void)state;
	fake_gic.cpu[BETA_0].is_kick_hidden = true;
	assert_int_equal(fake_run(BETA_0, wait_in_guest), FAKE_IN_GUEST);
	assert_int_equal(fake_run(BETA_0, suspend), FAKE_IN_GUEST);
	fake_gic.cpu[BETA_0].is_kick_hidden = false;
	assert_int_equal(fake_run(BETA_0, wait_in_guest), FAKE_WAITS);
}

/* ---- Starting again -------------------------------------------------------------- */

static void a_reset_loads_everything_anew(void **state)
{
	unsigned char *memory = fake_memory_at(FAKE_ALPHA_PA);
	uint32_t n_starts = alpha->n_starts;

	(void)state;
	start_alpha(1, ALPHA_1);
	memset(memory, 0x11, FAKE_MEMORY_BYTES);
	percpus[ALPHA_1].wfi_exits = 9;
	partition_vcpu(alpha, 1)->statistics[0] = 9;
	assert_int_equal(fake_run(ALPHA_0, system_reset), FAKE_WAITS); /* for the other one */
	assert_int_equal(state_of(alpha), PV_PARTITION_STOPPING);
	assert_int_equal(memory[0], 0x11);
	assert_int_equal(fake_run(ALPHA_1, trap), FAKE_WAITS);
	fake_settle();
	assert_false(fake_is_waiting(ALPHA_0));
	assert_true(fake_is_waiting(ALPHA_1));
	assert_int_equal(state_of(alpha), PV_PARTITION_RUNNING);
	assert_int_equal(alpha->n_starts, n_starts + 1);
	assert_int_equal(memory[0], 0x5a);
	assert_int_equal(memory[FAKE_IMAGE_BYTES], 0);
	assert_false(fake_memory.is_revoked[ALPHA]);
	assert_int_equal(frames[ALPHA_0].elr, fake_partitions[ALPHA].entry.value);
	assert_int_equal(frames[ALPHA_0].x[0], fake_partitions[ALPHA].dtb.value);
	assert_int_equal(percpus[ALPHA_1].wfi_exits, 0);
	assert_int_equal(partition_vcpu(alpha, 1)->statistics[0], 0);
	start_alpha(1, ALPHA_1); /* and its second CPU is of use again */
}

static void a_stopped_partition_starts_when_asked(void **state)
{
	(void)state;
	assert_int_equal(partition_start(beta), PV_BUSY);
	assert_int_equal(fake_run(BETA_0, system_off), FAKE_WAITS);
	memset(fake_memory_at(FAKE_BETA_PA), 0x11, FAKE_MEMORY_BYTES);
	uint64_t cleaned_bytes = fake_memory.cleaned_bytes;

	assert_int_equal(partition_start(beta), PV_OK);
	assert_int_equal(partition_start(beta), PV_BUSY);
	fake_settle();
	assert_false(fake_is_waiting(BETA_0));
	assert_int_equal(*fake_memory_at(FAKE_BETA_PA), 0x5a);
	assert_int_equal(frames[BETA_0].elr, fake_partitions[BETA].entry.value);
	/* Dirty lines of the run before would come down on the new one. */
	assert_in_range(fake_memory.cleaned_bytes - cleaned_bytes, FAKE_MEMORY_BYTES + 0x2000,
			UINT64_MAX);
	assert_int_equal(atomic_load(&percpus[BETA_0].attention), 0);
}

static void a_crashed_partition_can_be_started(void **state)
{
	(void)state;
	partition_stop(beta, PV_PARTITION_CRASHED, false);
	assert_int_equal(fake_run(BETA_0, trap), FAKE_WAITS);
	assert_int_equal(state_of(beta), PV_PARTITION_CRASHED);
	assert_int_equal(partition_start(beta), PV_OK);
	fake_settle();
	assert_int_equal(state_of(beta), PV_PARTITION_RUNNING);
	assert_false(fake_is_waiting(BETA_0));
}

/* Stopped between the order to start and the start itself. */
static void a_start_can_be_taken_back(void **state)
{
	(void)state;
	assert_int_equal(fake_run(BETA_0, system_off), FAKE_WAITS);
	assert_int_equal(partition_start(beta), PV_OK);
	partition_stop(beta, PV_PARTITION_STOPPED, false);
	fake_settle();
	assert_int_equal(state_of(beta), PV_PARTITION_STOPPED);
	assert_int_equal(beta->n_running, 0);
	memset(fake_memory_at(FAKE_BETA_PA), 0x11, FAKE_MEMORY_BYTES);
	assert_int_equal(partition_start(beta), PV_OK);
	fake_settle();
	assert_int_equal(state_of(beta), PV_PARTITION_RUNNING);
	assert_int_equal(*fake_memory_at(FAKE_BETA_PA), 0x5a);
}

static void a_restart_can_follow_a_restart(void **state)
{
	uint32_t n_starts = beta->n_starts;

	(void)state;
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(fake_run(BETA_0, system_reset), FAKE_IN_GUEST);
		assert_int_equal(frames[BETA_0].elr, fake_partitions[BETA].entry.value);
	}
	assert_int_equal(beta->n_starts, n_starts + 20);
	assert_int_equal(beta->n_running, 1);
}

/* Rung by a peer that has seen it run again, even if the images are still on their way. */
static void a_doorbell_rung_after_the_start_is_not_lost(void **state)
{
	(void)state;
	assert_int_equal(fake_run(BETA_0, system_off), FAKE_WAITS);
	assert_int_equal(partition_start(beta), PV_OK);
	irqchip_set_pending(101);
	fake_settle();
	assert_false(fake_is_waiting(BETA_0));
	assert_int_equal(fake_gic.pending[101 / 32] >> 101 % 32 & 1, 1);
}

static void give_room(void)
{
	fake_uart_room = 1;
}

static void the_last_words_come_out_before_the_cpu_sleeps(void **state)
{
	(void)state;
	fake_uart_room = 3;
	fake_on_relax = give_room;
	assert_int_equal(fake_run(BETA_0, system_off), FAKE_WAITS);
	assert_non_null(strstr(fake_uart_text(), "paravent| beta has stopped\r\n"));
	fake_uart_room = FAKE_UART_UNLIMITED;
}

/* ---- Small questions ------------------------------------------------------------- */

static void addresses_of_code(void **state)
{
	static const struct { uint64_t address; bool is_code; } cases[] = {
		{ FAKE_ALPHA_IPA, true }, { FAKE_ALPHA_IPA + FAKE_MEMORY_BYTES - 4, true },
		{ FAKE_ALPHA_IPA + FAKE_MEMORY_BYTES, false }, { FAKE_ALPHA_IPA - 4, false },
		{ FAKE_ALPHA_IPA + 2, false }, { FAKE_ALPHA_PA, false }, { 0, false },
		{ UINT64_MAX - 3, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(partition_has_code(&fake_partitions[ALPHA], IPA(cases[i].address)),
				 cases[i].is_code);
	}
}

static void partitions_are_found_by_id_not_by_index(void **state)
{
	(void)state;
	assert_ptr_equal(partition_by_id(20), beta);
	assert_null(partition_by_id(BETA));
	assert_null(partition_by_id(UINT64_C(1) << 32 | 20));
	assert_null(partition_by_id(UINT64_MAX));
}

static void what_pends_for_the_console_comes_with_the_next_trap(void **state)
{
	(void)state;
	atomic_store(&percpus[BETA_0].attention, 1);
	frames[BETA_0].elr = 0x1234;
	assert_int_equal(fake_run(BETA_0, trap), FAKE_IN_GUEST);
	assert_int_equal(frames[BETA_0].elr, 0x1234);
	assert_int_equal(atomic_load(&percpus[BETA_0].attention), 0);
	/* With something left to do a wait ends at once. */
	atomic_store(&percpus[BETA_0].attention, 1);
	assert_int_equal(fake_run(BETA_0, wait_in_guest), FAKE_IN_GUEST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_last_partition_powers_off_and_only_once),
		TEST(partitions_start_as_the_table_says),
		TEST(images_are_copied_and_the_rest_of_each_is_zeroed),
		TEST(windows_are_zeroed_once),
		TEST(interrupts_are_given_to_the_first_cpu),
		TEST(a_cpu_without_a_vcpu_stops),
		TEST(a_vcpu_starts_where_it_is_told),
		TEST(a_vcpu_goes_off_and_comes_back),
		TEST(the_first_vcpu_is_like_any_other),
		TEST(wfi_opens_the_interface_and_puts_it_back),
		TEST(a_suspended_vcpu_starts_at_its_entry),
		TEST(pages_of_virtual_devices_are_zeroed_and_filled),
		TEST(the_end_of_a_driver_is_a_reset),
		TEST(the_start_of_a_backend_ends_a_reset),
		TEST(a_stop_reaches_every_vcpu),
		TEST(nothing_is_left_of_a_stopped_partitions_interrupts),
		TEST(only_what_runs_is_stopped),
		TEST(a_vcpu_that_never_ran_is_counted_out),
		TEST(a_vcpu_that_was_to_run_again_is_counted_out),
		TEST(a_partition_can_be_stopped_before_its_cpu_is_there),
		TEST(no_cpu_sleeps_where_a_kick_does_not_reach),
		TEST(a_reset_loads_everything_anew),
		TEST(a_stopped_partition_starts_when_asked),
		TEST(a_crashed_partition_can_be_started),
		TEST(a_start_can_be_taken_back),
		TEST(a_restart_can_follow_a_restart),
		TEST(a_doorbell_rung_after_the_start_is_not_lost),
		TEST(the_last_words_come_out_before_the_cpu_sleeps),
		TEST(addresses_of_code),
		TEST(partitions_are_found_by_id_not_by_index),
		TEST(what_pends_for_the_console_comes_with_the_next_trap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
