/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of things at boot: this list, and nothing else.
 *
 * Owns     n_cpus_ready
 * Context  EL2, before and up to the first guest instruction of each CPU
 */
#include "core/init.h"

#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/irqchip.h"
#include "arch/mmu.h"
#include "arch/uart.h"
#include "core/format.h"
#include "core/log.h"
#include "core/upcall.h"
#include "hyp/config.h"

#include <stdatomic.h>

#define CPU_START_TIMEOUT_MS 2000u

static atomic_uint_least32_t n_cpus_ready;

_Noreturn void boot_refuse(const char *reason)
{
	uart_init();
	uart_write("\r\nparavent| cannot start: ");
	uart_write(reason);
	uart_write("\r\n");
	cpu_stop();
}

_Noreturn void init_refuse(const char *reason)
{
	log_line("cannot start: %s", reason);
	log_line("this image was built for %s (%s)", system_config.model, system_config.name);
	log_flush();
	cpu_stop();
}

/* What only the board itself can tell. */
static void check_board(void)
{
	const char *wrong = cpu_check_direct_interrupts();

	if (wrong != NULL) {
		init_refuse(wrong);
	}
	if (irqchip_n_spis() < system_config.gic.n_spis) {
		init_refuse("the GIC has fewer SPIs than the board's description says");
	}
}

/* ---- Memory --------------------------------------------------------------------- */

/* A value that no other place holds: where two addresses lead to one place, it shows. */
static uint64_t mark_of(pa_t last)
{
	return ~last.value;
}

static pa_t last_word(const struct memory_config *memory)
{
	return PA(memory->pa.value + memory->bytes - sizeof(uint64_t));
}

static void store_mark(const char *owner, const struct memory_config *memory)
{
	(void)owner;
	(void)mmu_try_store(last_word(memory), mark_of(last_word(memory))); /* the load will tell */
}

static void check_mark(const char *owner, const struct memory_config *memory)
{
	char text[160];
	pa_t last = last_word(memory);
	uint64_t value = 0;
	bool answers = mmu_try_load(last, &value);

	if (answers && value == mark_of(last)) {
		return;
	}
	mmu_end_load();
	(void)format(text, sizeof(text), "RAM missing: memory of %s at 0x%lx %s", owner, last.value,
		     answers ? "does not hold what is written there"
			     : "does not answer (external abort)");
	init_refuse(text);
}

static void for_each_memory(void (*visit)(const char *, const struct memory_config *))
{
	for (uint32_t i = 0; i < system_config.n_partitions; i++) {
		const struct partition_config *partition = &system_config.partitions[i];

		for (uint32_t k = 0; k < partition->n_memory; k++) {
			visit(partition->name, &partition->memory[k]);
		}
	}
	for (uint32_t i = 0; i < system_config.n_windows; i++) {
		visit("a window", &system_config.windows[i]);
	}
}

/* All marks first: with less RAM than described, addresses may come back to the same place. */
static void check_memory(void)
{
	mmu_begin_load();
	for_each_memory(store_mark);
	for_each_memory(check_mark);
	mmu_end_load();
}

/* ---- CPUs ----------------------------------------------------------------------- */

/* Arm DEN 0022 "Return error codes" */
static const char *name_psci_error(int64_t error)
{
	static const char *const names[] = {
		"NOT_SUPPORTED", "INVALID_PARAMETERS: it knows no such CPU", "DENIED", "ALREADY_ON",
		"ON_PENDING", "INTERNAL_FAILURE", "NOT_PRESENT: the board lacks this CPU", "DISABLED",
		"INVALID_ADDRESS",
	};

	return error < 0 && error >= -(int64_t)ARRAY_SIZE(names) ? names[-error - 1] : "unknown";
}

static void start_cpu(uint32_t cpu_id)
{
	char text[160];
	uint64_t begin = time_now();
	uint64_t limit = time_frequency_hz() / 1000 * CPU_START_TIMEOUT_MS;
	int64_t error = cpu_start(&system_config.cpus[cpu_id]);

	if (error != 0) {
		(void)format(text, sizeof(text),
			     "the firmware refuses to start CPU %u, MPIDR 0x%lx (PSCI error %ld, %s)",
			     cpu_id, system_config.cpus[cpu_id].mpidr, error, name_psci_error(error));
		init_refuse(text);
	}
	/* Pairs with the release in init_secondary_cpu(). */
	while (atomic_load_explicit(&n_cpus_ready, memory_order_acquire) != cpu_id) {
		if (time_now() - begin > limit) {
			(void)format(text, sizeof(text), "CPU %u, MPIDR 0x%lx, does not come up within %u ms: %s",
				     cpu_id, system_config.cpus[cpu_id].mpidr, CPU_START_TIMEOUT_MS,
				     system_config.cpu_start == CPU_START_SPIN_TABLE
					     ? "it does not poll its cpu-release-addr"
					     : "the firmware said it would");
			init_refuse(text);
		}
		cpu_relax();
	}
	log_line("CPU %u in EL2", cpu_id);
}

static void init_this_cpu(uint32_t cpu_id)
{
	cpu_init(&system_config.cpus[cpu_id]);
	irqchip_init_cpu(cpu_id);
}

void init_boot_cpu(void)
{
	struct percpu *cpu = this_cpu();

	uart_init();
	log_line("Paravent: %s on %s, configuration %.8s", system_config.name, system_config.model,
		 system_config.hash);
	irqchip_init();
	init_this_cpu(0);
	log_line("CPU 0 in EL2, GICv%u with %u SPIs, timer %lu Hz", system_config.gic.version,
		 irqchip_n_spis(), time_frequency_hz());
	check_board();
	check_memory();

	upcall_boot();
	for (uint32_t i = 1; i < system_config.n_cpus; i++) {
		start_cpu(i);
	}
	log_line("%u CPU%s in EL2, %u partition%s to start", system_config.n_cpus,
		 system_config.n_cpus == 1 ? "" : "s", system_config.n_partitions,
		 system_config.n_partitions == 1 ? "" : "s");
	log_flush();
	log_end_boot();
	atomic_store_explicit(&n_cpus_ready, system_config.n_cpus, memory_order_release);
	upcall_enter(cpu, cpu_first_frame(cpu->cpu_id));
}

void init_secondary_cpu(uint32_t cpu_id)
{
	struct percpu *cpu = this_cpu();

	init_this_cpu(cpu_id);
	atomic_store_explicit(&n_cpus_ready, cpu_id, memory_order_release);
	/* Partitions start together, when all CPUs are there. */
	while (atomic_load_explicit(&n_cpus_ready, memory_order_acquire) != system_config.n_cpus) {
		cpu_relax();
	}
	upcall_enter(cpu, cpu_first_frame(cpu->cpu_id));
}
