/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A raw image that knows the hypercalls and nothing else: no device tree, no
 * generated header, no MMU, no caches. Its code does not depend on its address, so
 * that it also runs behind a load offset; it says where it is.
 */
#include "abi/hypercall.h"
#include "abi/status.h"

#include <stdbool.h>
#include <stdint.h>

#define PSCI_SYSTEM_OFF 0x84000008u
#define SCTLR_EL1_M     1u
#define SCTLR_EL1_C     4u
#define CURRENT_EL1     4u
#define LINE_BYTES      96u

uint64_t raw_call(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4,
		  uint64_t x5, uint64_t x6, uint64_t x7);
void raw_main(uint64_t base);

static uint64_t pack(const char *text, uint64_t at, uint64_t bytes)
{
	uint64_t word = 0;

	for (uint64_t i = 0; i < 8 && at + i < bytes; i++) {
		word |= (uint64_t)(unsigned char)text[at + i] << 8 * i;
	}
	return word;
}

static void put(const char *text, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += PV_CONSOLE_BYTES) {
		const char *part = text + at;
		uint64_t n = bytes - at < PV_CONSOLE_BYTES ? bytes - at : PV_CONSOLE_BYTES;

		raw_call(PV_CONSOLE_WRITE, n, pack(part, 0, n), pack(part, 8, n), pack(part, 16, n),
			 pack(part, 24, n), pack(part, 32, n), pack(part, 40, n));
	}
}

static uint64_t append(char *line, uint64_t at, const char *text)
{
	while (*text != '\0' && at < LINE_BYTES) {
		line[at++] = *text++;
	}
	return at;
}

static uint64_t append_hex(char *line, uint64_t at, uint64_t value)
{
	for (int shift = 28; shift >= 0 && at < LINE_BYTES; shift -= 4) {
		uint64_t digit = value >> shift & 0xf;

		line[at++] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
	}
	return at;
}

/* 0..9 */
static uint64_t append_digit(char *line, uint64_t at, uint64_t value)
{
	const char text[2] = { (char)('0' + value % 10), '\0' };

	return append(line, at, text);
}

/* @number  of the claim, one digit; the count of good ones is returned */
static uint64_t report(bool is_good, uint64_t number, const char *text)
{
	char line[LINE_BYTES];
	uint64_t n = append(line, 0, is_good ? "ok " : "not ok ");

	n = append_digit(line, n, number);
	n = append(line, n, " ");
	n = append(line, n, text);
	n = append(line, n, "\n");
	put(line, n);
	return is_good ? 1 : 0;
}

static uint64_t sysreg_sctlr(void)
{
	uint64_t value;

	__asm__ volatile("mrs %0, sctlr_el1" : "=r"(value));
	return value;
}

static uint64_t sysreg_el(void)
{
	uint64_t value;

	__asm__ volatile("mrs %0, CurrentEL" : "=r"(value));
	return value;
}

void raw_main(uint64_t base)
{
	static volatile uint32_t word = 0x7a7a7a7a; /* in the file */
	uint64_t n_passed = 0;
	char line[LINE_BYTES];
	uint64_t n;

	n = append(line, 0, "raw: loaded at 0x");
	n = append_hex(line, n, base);
	n = append(line, n, "\n");
	put(line, n);
	n_passed += report(sysreg_el() == CURRENT_EL1, 1, "started at EL1");
	n_passed += report((sysreg_sctlr() & (SCTLR_EL1_M | SCTLR_EL1_C)) == 0, 2,
			   "MMU and caches are off");
	n_passed += report(word == 0x7a7a7a7a, 3, "the whole file is there");
	word = 1;
	n_passed += report(word == 1, 4, "memory can be written");
	n_passed += report(raw_call(PV_NULL, 0, 0, 0, 0, 0, 0, 0) == PV_OK, 5, "null call");
	n_passed += report(raw_call(PV_CALL64(PV_N_CALLS), 0, 0, 0, 0, 0, 0, 0) ==
				   (uint64_t)PV_NOT_SUPPORTED,
			   6, "unknown call");

	n = append(line, 0, "done: ");
	n = append_digit(line, n, n_passed);
	n = append(line, n, " passed, ");
	n = append_digit(line, n, 6 - n_passed);
	n = append(line, n, " failed\n");
	put(line, n);
	raw_call(PSCI_SYSTEM_OFF, 0, 0, 0, 0, 0, 0, 0);
	for (;;) {
	}
}
