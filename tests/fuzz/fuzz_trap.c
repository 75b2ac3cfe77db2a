/* links: core/trap.c core/mmio.c core/log.c core/terminal.c core/format.c core/spinlock.c core/panic.c core/region.c partitions/tables.c partitions/information.c partitions/message.c partitions/psci.c partitions/console.c partitions/vuart.c partitions/vgic.c partitions/vgic_filter.c partitions/virtio.c partitions/partition.c partitions/report.c tests/fake/begin.c tests/fake/memory.c tests/fake/cpu.c tests/fake/gic.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any trap with any registers, by a partition that may not manage others; all of EL2 behind
 * it. EL2 comes back, its neighbours go on running with their memory and their
 * interrupts as they were, and alpha goes on in its own memory or is stopped.
 */
#include "tests/fake/machine.h"

#include "core/esr.h"
#include "core/log.h"
#include "core/trap.h"
#include "hyp/bits.h"
#include "hyp/gic.h"
#include "partitions/partition.h"
#include "tests/fuzz/input.h"

#define CPU 2u /* alpha's vCPU 0 */

static jmp_buf back;     /* out of a wait that nothing will end */
static uint32_t n_wakes;

/* The first waits end; a CPU that then still waits has no work any more. */
static void end_wait(void)
{
	if (n_wakes-- == 0) {
		longjmp(back, 1);
	}
}

static void begin(enum gic_version version)
{
	fake_begin(version);
	fake_system_share();
	fake_on_wait = end_wait;
	log_end_boot();
	/* Whatever an input before left of it, alpha is started from nothing. */
	fake_partitions[ALPHA].roles = 0;
	upcall_boot();
	for (uint32_t cpu = 0; cpu < FAKE_N_CPUS; cpu++) {
		uint32_t id = fake_cpus[cpu].vcpu_id;

		if (id != NONE && fake_vcpus[id].number == 0) {
			fake_cpu = cpu;
			n_wakes = 3;
			upcall_enter(&percpus[cpu], cpu_first_frame(cpu));
		}
	}
	fake_cpu = CPU;
}

/* Causes are few; most of an arbitrary ESR would be the default case. */
static uint64_t take_esr(struct input *input)
{
	static const uint8_t causes[] = { 0x16, 0x17, 0x18, 0x24, 0x24, 0x24, 0x01, 0x20 };
	uint64_t choice = input_take(input, 1);
	uint64_t esr = input_take(input, 4);

	if (choice < 0xf0) {
		esr = (esr & 0x3ffffff) | FIELD_VALUE(ESR_EC, causes[choice % ARRAY_SIZE(causes)]);
	}
	if ((choice & 0x40) != 0 && field_get(ESR_EC, esr) == ESR_EC_DATA) {
		esr = (esr & ~(ESR_DATA_S1PTW | ESR_FSC)) | ESR_DATA_ISV |
		      ((choice & 0x20) != 0 ? 0x06 : 0x0f);
	}
	if ((choice & 0x40) != 0 && field_get(ESR_EC, esr) == ESR_EC_SYSREG) {
		esr = (esr & ~(ESR_SYSREG_NAME | 1u)) | ESR_ICC_SGI1R_EL1;
	}
	return esr;
}

static uint64_t take_address(struct input *input)
{
	static const uint64_t bases[] = { FAKE_GICD, FAKE_GICR, FAKE_UART, FAKE_ALPHA_IPA,
					  FAKE_BETA_PA, FAKE_PAGES_PA, 0 };
	uint64_t choice = input_take(input, 1);

	return choice < 0xf0 ? bases[choice % ARRAY_SIZE(bases)] + input_take(input, 3)
			     : input_take(input, 8);
}

static uint64_t take_function(struct input *input)
{
	static const uint32_t bases[] = { 0xc6000000, 0x84000000, 0xc4000000, 0x80000000,
					  0x8600ff00, 0xc6000000 };
	uint64_t choice = input_take(input, 1);

	return choice < 0xf0 ? bases[choice % ARRAY_SIZE(bases)] + input_take(input, 1) % 0x24
			     : input_take(input, 8);
}

static void take_registers(struct input *input, struct trap_frame *frame)
{
	uint64_t mask = input_take(input, 1);

	for (size_t i = 0; i < ARRAY_SIZE(frame->x); i++) {
		frame->x[i] = 0;
	}
	frame->x[0] = take_function(input);
	for (size_t i = 1; i < 8; i++) {
		frame->x[i] = (mask >> i & 1) != 0 ? input_take(input, 8) : input_take(input, 1);
	}
	if ((mask & 1) != 0) { /* an address that could be code */
		frame->x[2] = FAKE_ALPHA_IPA + frame->x[2] % FAKE_MEMORY_BYTES;
	}
	for (size_t i = 8; i < ARRAY_SIZE(frame->x); i++) {
		frame->x[i] = frame->x[i % 8];
	}
	frame->elr = FAKE_ALPHA_IPA + 0x100;
	frame->spsr = 0x3c5;
}

static void expect(bool condition, const char *what)
{
	if (!condition) {
		fake_die("%s", what);
	}
}

static void check(const struct fake_gic *before, const struct trap_frame *frame)
{
	for (uint32_t i = BETA; i <= GAMMA; i++) {
		expect(atomic_load(&partition_at(i)->state) == PV_PARTITION_RUNNING,
		       "a neighbour stopped");
		expect(!fake_memory.is_revoked[i], "a neighbour lost its memory");
	}
	for (uint32_t word = 1; word < INTID_WORDS; word++) {
		uint32_t foreign =
			~(fake_interrupts[ALPHA][word] |
			  (word == FAKE_CONSOLE_SPI / 32 ? 1u << FAKE_CONSOLE_SPI % 32 : 0));
		uint32_t rung =
			word == 3 ? 1u << 101 % 32 | 1u << 102 % 32 | /* alpha's doorbells */
				    1u << 104 % 32 | 1u << 105 % 32 : 0; /* its virtual devices */

		expect(((before->enabled[word] ^ fake_gic.enabled[word]) & foreign) == 0, "enable");
		expect(((before->active[word] ^ fake_gic.active[word]) & foreign) == 0, "active");
		expect(((before->pending[word] ^ fake_gic.pending[word]) & foreign & ~rung) == 0,
		       "pending");
	}
	expect(memcmp(&before->cpu[1], &fake_gic.cpu[1], sizeof(before->cpu[1])) == 0,
	       "beta's CPU");
	expect(memcmp(&before->cpu[4], &fake_gic.cpu[4], sizeof(before->cpu[4])) == 0,
	       "gamma's CPU");
	expect(fake_n_power_offs == 0, "power off");
	/* Where it goes on: behind the trap, at its vector, or where it was told to start. */
	expect(frame->elr - FAKE_ALPHA_IPA < FAKE_MEMORY_BYTES || frame->elr == 0xeeee0200,
	       "the guest goes on outside its memory");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct input input = { bytes, n };
	static struct fake_gic before;
	static struct trap_frame frame;

	begin((input_take(&input, 1) & 1) != 0 ? GIC_V3 : GIC_V2);
	while (!input_is_over(&input)) {
		take_registers(&input, &frame);
		frame.esr = take_esr(&input);
		fake_fault_ipa = IPA(take_address(&input));
		fake_fault_va = fake_fault_ipa.value;
		fake_walk_ipa = fake_fault_ipa;
		fake_walk_fails = (frame.esr & 0x101) == 0x101;
		before = fake_gic;
		n_wakes = 3;
		if (setjmp(back) == 0) {
			trap_sync(&frame, &percpus[CPU]);
			check(&before, &frame);
		} else {
			frame.elr = FAKE_ALPHA_IPA;
			check(&before, &frame);
			break; /* it is off, or its partition has ended */
		}
	}
	/* Leave nothing running: the next input starts from nothing. */
	for (uint32_t i = 0; i < FAKE_N_PARTITIONS; i++) {
		partition_stop(partition_at(i), PV_PARTITION_STOPPED, false);
	}
	for (uint32_t i = 0; i < FAKE_N_VCPUS; i++) {
		const struct vcpu_config *vcpu = &fake_vcpus[i];

		fake_cpu = vcpu->cpu_id;
		n_wakes = 0;
		if (setjmp(back) == 0) {
			vcpu_wait_for_start(partition_vcpu(partition_at(vcpu->partition_id),
							   vcpu->number), &frame);
		}
	}
	return 0;
}
