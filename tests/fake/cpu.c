/* SPDX-License-Identifier: Apache-2.0 */
/* arch/cpu.h and arch/barrier.h for the host. */
#include "tests/fake/machine.h"

#include "arch/barrier.h"

#include <stdlib.h>

#define RELAX_LIMIT 1000000u /* turns of a spin loop with nothing that could end it */

_Thread_local uint32_t fake_cpu;
void (*fake_on_wait)(void);
void (*fake_on_relax)(void);
void (*fake_on_barrier)(void);
uint64_t fake_now, fake_ticks_per_look;
uint64_t fake_fault_va;
ipa_t fake_fault_ipa, fake_walk_ipa;
bool fake_walk_fails;
struct vcpu_registers fake_registers;
const char *fake_direct_is_wrong;
int64_t fake_cpu_start_result;
void (*fake_on_cpu_start)(uint32_t cpu_id);
struct fake_cpu_record fake_cpu_record[MAX_CPUS];
uint32_t fake_n_power_offs;
jmp_buf fake_stop;
bool fake_stop_is_expected;

struct percpu percpus[MAX_CPUS];
struct cpu_stack cpu_stacks[MAX_CPUS + 1];

void fake_die(const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	(void)fprintf(stderr, "fake: ");
	(void)vfprintf(stderr, text, arguments);
	(void)fprintf(stderr, "\n");
	va_end(arguments);
	abort();
}

void fake_cpu_begin(void)
{
	memset(percpus, 0, sizeof(percpus));
	for (uint32_t i = 0; i < MAX_CPUS; i++) {
		percpus[i].cpu_id = i;
	}
	memset(fake_cpu_record, 0, sizeof(fake_cpu_record));
	memset(&fake_registers, 0, sizeof(fake_registers));
	fake_cpu = 0;
	fake_on_wait = NULL;
	fake_on_relax = NULL;
	fake_on_barrier = NULL;
	fake_on_cpu_start = NULL;
	fake_now = 1000;
	fake_ticks_per_look = 0;
	fake_fault_va = 0;
	fake_fault_ipa = IPA(0);
	fake_walk_ipa = IPA(0);
	fake_walk_fails = false;
	fake_direct_is_wrong = NULL;
	fake_cpu_start_result = 0;
	fake_n_power_offs = 0;
	fake_stop_is_expected = false;
}

struct percpu *this_cpu(void)
{
	return fake_cpu == FAKE_NO_CPU ? NULL : &percpus[fake_cpu];
}

void cpu_init(const struct cpu_config *config)
{
	this_cpu()->cpu_id = (uint32_t)(config - system_config.cpus);
	fake_cpu_record[this_cpu()->cpu_id].n_inits++;
}

const char *cpu_check_direct_interrupts(void)
{
	return fake_direct_is_wrong;
}

int64_t cpu_start(const struct cpu_config *config)
{
	uint32_t cpu_id = (uint32_t)(config - system_config.cpus);

	fake_cpu_record[cpu_id].n_starts++;
	if (fake_on_cpu_start != NULL) {
		fake_on_cpu_start(cpu_id);
	}
	return fake_cpu_start_result;
}

void machine_power_off(void)
{
	fake_n_power_offs++;
}

void cpu_stop(void)
{
	if (!fake_stop_is_expected) {
		fake_die("CPU %u stops for good", fake_cpu);
	}
	fake_stop_is_expected = false;
	longjmp(fake_stop, 1);
}

uint64_t time_now(void)
{
	fake_now += fake_ticks_per_look;
	return fake_now;
}

uint64_t time_frequency_hz(void)
{
	return 1000000;
}

void vcpu_bind(const struct partition_config *partition, const struct vcpu_config *vcpu)
{
	struct fake_cpu_record *record = &fake_cpu_record[fake_cpu];

	record->n_binds++;
	record->bound_partition = partition;
	record->bound_vcpu = vcpu;
}

void vcpu_reset(struct trap_frame *frame, ipa_t entry, uint64_t context)
{
	fake_cpu_record[fake_cpu].n_resets++;
	memset(frame, 0, sizeof(*frame));
	frame->x[0] = context;
	frame->elr = entry.value;
	frame->spsr = 0x3c5;
}

void vcpu_inject_undefined(struct trap_frame *frame)
{
	fake_cpu_record[fake_cpu].n_undefined++;
	frame->elr = 0xeeee0200;
	frame->spsr = 0x3c5;
}

uint64_t trap_fault_va(void)
{
	return fake_fault_va;
}

bool trap_fault_ipa(bool is_permission, ipa_t *ipa)
{
	*ipa = is_permission ? fake_walk_ipa : fake_fault_ipa;
	return !is_permission || !fake_walk_fails;
}

void vcpu_read_registers(struct vcpu_registers *out)
{
	*out = fake_registers;
}

void barrier_before_device(void)
{
	fake_cpu_record[fake_cpu].n_barriers++;
	if (fake_on_barrier != NULL) {
		fake_on_barrier();
	}
}

void barrier_complete(void)
{
	atomic_thread_fence(memory_order_seq_cst);
}

void cpu_wait_for_interrupt(void)
{
	if (fake_on_wait == NULL) {
		fake_die("CPU %u waits and nothing could wake it", fake_cpu);
	}
	fake_on_wait();
}

void cpu_relax(void)
{
	static _Thread_local uint32_t n_turns;

	if (fake_on_relax != NULL) {
		n_turns = 0;
		fake_on_relax();
	} else if (++n_turns == RELAX_LIMIT) {
		fake_die("CPU %u spins for ever", fake_cpu);
	}
}
