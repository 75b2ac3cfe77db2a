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
	/* No stack frame can be trusted to hold more than this, and no log exists yet. */
	uart_init();
	for (const char *text = "\r\nparavent| cannot start: "; *text != '\0'; text++) {
		while (!uart_put(*text)) {
		}
	}
	for (; *reason != '\0'; reason++) {
		while (!uart_put(*reason)) {
		}
	}
	while (!uart_put('\n')) {
	}
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

static void start_cpu(uint32_t cpu_id)
{
	char text[100];
	uint64_t begin = time_now();
	uint64_t limit = time_frequency_hz() / 1000 * CPU_START_TIMEOUT_MS;
	int64_t error = cpu_start(&system_config.cpus[cpu_id]);

	if (error != 0) {
		(void)format(text, sizeof(text), "the firmware refuses to start CPU %u (PSCI error %ld)",
			     cpu_id, error);
		init_refuse(text);
	}
	/* Pairs with the release in init_secondary_cpu(). */
	while (atomic_load_explicit(&n_cpus_ready, memory_order_acquire) != cpu_id) {
		if (time_now() - begin > limit) {
			(void)format(text, sizeof(text), "CPU %u does not come up within %u ms", cpu_id,
				     CPU_START_TIMEOUT_MS);
			init_refuse(text);
		}
		cpu_relax();
	}
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
	log_line("Paravent: %s on %s, configuration %.12s", system_config.name, system_config.model,
		 system_config.hash);
	irqchip_init();
	init_this_cpu(0);
	log_line("CPU 0 in EL2, GICv%u with %u SPIs, timer %lu Hz", system_config.gic.version,
		 irqchip_n_spis(), time_frequency_hz());
	check_board();

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
