/* links: partitions/vuart.c partitions/console.c core/log.c core/terminal.c core/format.c core/spinlock.c core/panic.c core/region.c tests/fake/vcpu.c tests/fake/begin.c tests/fake/memory.c tests/fake/cpu.c tests/fake/gic.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any mix of accesses to the emulated PL011 and of console calls by two
 * partitions, of keys pressed and of a UART that takes little. No interrupt but the
 * console's own becomes pending, and what a call returns keeps to its contract.
 */
#include "tests/fake/vcpu.h"

#include "core/log.h"
#include "partitions/console.h"
#include "partitions/vuart.h"
#include "tests/fuzz/input.h"

struct partition *partition_at(uint32_t index)
{
	if (index >= FAKE_N_PARTITIONS) {
		fake_die("partition %u", index);
	}
	return &fake_partition_states[index];
}

void upcall_count(struct vcpu *vcpu, enum pv_statistic what)
{
	vcpu->statistics[what]++;
}

static void access_register(struct vcpu *vcpu, struct input *input)
{
	struct mmio_access access = { .bytes = 1u << input_take(input, 1) % 4 };
	uint64_t offset = input_take(input, 2);

	access.is_write = offset >> 15 != 0;
	access.offset = offset % PAGE_BYTES / access.bytes * access.bytes;
	access.value = access.is_write ? input_take(input, access.bytes) : 0;
	(void)vuart_access(vcpu, &access);
}

static void call_console(struct vcpu *vcpu, struct input *input)
{
	uint64_t x[8];
	uint64_t how = input_take(input, 1);
	enum pv_status status;

	memset(x, 0, sizeof(x));
	x[1] = (how & 0x80) != 0 ? input_take(input, 8) : how % 50;
	uint64_t asked = x[1];

	x[2] = input_take(input, 8);
	status = (how & 0x40) != 0 ? console_write(vcpu, x) : console_read(vcpu, x);
	if ((status == PV_BAD_ARGUMENT) != (asked == 0 || asked > PV_CONSOLE_BYTES)) {
		fake_die("%lu bytes: status %d", (unsigned long)asked, (int)status);
	}
	if (status == PV_OK && x[1] > asked) {
		fake_die("%lu bytes instead of %lu", (unsigned long)x[1], (unsigned long)asked);
	}
}

static void check(void)
{
	for (uint32_t word = 0; word < INTID_WORDS; word++) {
		uint32_t own = word == FAKE_CONSOLE_SPI / 32 ? 1u << FAKE_CONSOLE_SPI % 32 : 0;

		if (((fake_gic.pending[word] | fake_gic.enabled[word]) & ~own) != 0) {
			fake_die("an interrupt of word %u", word);
		}
	}
}

static void step(struct input *input)
{
	uint64_t what = input_take(input, 1);
	struct vcpu *vcpu = (what & 0x80) != 0 ? fake_vcpu(BETA, 0) : fake_vcpu(ALPHA, what % 3);
	char key[2] = { 0 };

	switch (what >> 3 & 7) {
	case 0:
	case 1:
	case 2:
		access_register(vcpu, input);
		break;
	case 3:
	case 4:
		call_console(vcpu, input);
		break;
	case 5:
		key[0] = (char)input_take(input, 1);
		fake_uart_type(key);
		console_attend(&percpus[vcpu->config->cpu_id]);
		break;
	case 6:
		fake_uart_room = input_take(input, 1);
		fake_now += fake_uart_room * 1000;
		break;
	default:
		console_leave(vcpu->partition->config);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct input input = { bytes, n };

	fake_begin(GIC_V3);
	fake_vcpus_begin();
	log_end_boot();
	console_init();
	while (!input_is_over(&input)) {
		step(&input);
		check();
	}
	return 0;
}
