/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest with QEMU virt's addresses burnt in: RAM 0x40000000, GIC 0x08000000,
 * PL011 0x09000000. No device tree, no hypercall but PSCI. Writes by
 * polling, reads by interrupt, ticks by the virtual timer.
 *
 * It runs bare on `qemu-system-aarch64 -M virt` as well, and says the same there.
 */
#include "ports.h"
#include "pv/mmio.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAM_BASE 0x40000000u
#define UART     0x09000000u
#define GICD     0x08000000u
#define GICC     0x08010000u /* GICv2 */
#define GICR     0x080a0000u /* GICv3 */

#define UART_INTID  PV_UART_INTERRUPT /* of the board: 33 on virt */
#define TIMER_INTID 27u

#define UART_DR      0x00u
#define UART_FR      0x18u
#define UART_CR      0x30u
#define UART_IMSC    0x38u
#define UART_ICR     0x44u
#define UART_FR_RXFE (1u << 4)
#define UART_FR_TXFF (1u << 5)
#define UART_CR_ON   0x301u
#define UART_RX      0x50u /* receive and receive time-out */

#define GICD_CTLR       0x000u
#define GICD_IGROUPR    0x080u
#define GICD_ISENABLER  0x100u
#define GICD_IPRIORITYR 0x400u
#define GICD_ITARGETSR  0x800u
#define GICD_IROUTER    0x6000u
#define GICC_CTLR       0x00u
#define GICC_PMR        0x04u
#define GICC_IAR        0x0cu
#define GICC_EOIR       0x10u
#define GICR_WAKER      0x14u
#define GICR_SGI        0x10000u

#define PSCI_SYSTEM_OFF 0x84000008u
#define N_TICKS         10u
#define LINE_BYTES      40u

#define sysreg_read(name) \
	({ \
		uint64_t value_; \
		__asm__ volatile("mrs %0, " #name : "=r"(value_)); \
		value_; \
	})
#define sysreg_write(name, value) __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(value)))

void fixed_main(void);
void fixed_irq(void);
_Noreturn void fixed_fault(void);

extern char _start[];

static volatile uint32_t n_ticks, n_received, n_uart_interrupts;
static volatile bool is_line_complete;
static char line[LINE_BYTES];
static uint32_t n_passed, n_failed;

/* ---- Output ---------------------------------------------------------------------- */

static void put(const char *text)
{
	for (; *text != '\0'; text++) {
		while ((pv_mmio_read32(UART + UART_FR) & UART_FR_TXFF) != 0) {
		}
		pv_mmio_write32(UART + UART_DR, (unsigned char)*text);
	}
}

static void put_number(uint64_t value)
{
	char text[21];
	size_t at = sizeof(text) - 1;

	text[at] = '\0';
	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	put(&text[at]);
}

static void report(bool is_good, const char *text)
{
	n_passed += is_good;
	n_failed += !is_good;
	put(is_good ? "ok " : "not ok ");
	put_number(n_passed + n_failed);
	put(" ");
	put(text);
	put("\r\n");
}

static _Noreturn void off(void)
{
	register uint64_t x0 __asm__("x0") = PSCI_SYSTEM_OFF;

	__asm__ volatile("hvc #0" : "+r"(x0)::"memory");
	for (;;) {
	}
}

void fixed_fault(void)
{
	put("not ok: exception, ESR_EL1 = ");
	put_number(sysreg_read(esr_el1));
	put("\r\n");
	off();
}

/* ---- Interrupts -------------------------------------------------------------------- */

/* ID_AA64PFR0_EL1.GIC: the CPU has the system registers of GICv3. */
static bool is_v3(void)
{
	return (sysreg_read(id_aa64pfr0_el1) >> 24 & 0xf) != 0;
}

static void init_gic(void)
{
	uint32_t word = UART_INTID / 32 * 4;
	uint32_t bit = 1u << UART_INTID % 32;

	pv_mmio_write8(GICD + GICD_IPRIORITYR + UART_INTID, 0xa0);
	if (is_v3()) {
		pv_mmio_write32(GICD + GICD_CTLR, 0x12);
		pv_mmio_write32(GICD + GICD_IGROUPR + word, bit);
		pv_mmio_write64(GICD + GICD_IROUTER + 8 * UART_INTID, 0);
		pv_mmio_write32(GICR + GICR_WAKER, 0);
		pv_mmio_write32(GICR + GICR_SGI + GICD_IGROUPR, UINT32_MAX);
		pv_mmio_write8(GICR + GICR_SGI + GICD_IPRIORITYR + TIMER_INTID, 0xa0);
		pv_mmio_write32(GICR + GICR_SGI + GICD_ISENABLER, 1u << TIMER_INTID);
		sysreg_write(S3_0_C12_C12_5, 7); /* ICC_SRE_EL1 */
		__asm__ volatile("isb");
		sysreg_write(S3_0_C4_C6_0, 0xff); /* ICC_PMR_EL1 */
		sysreg_write(S3_0_C12_C12_7, 1);  /* ICC_IGRPEN1_EL1 */
	} else {
		pv_mmio_write32(GICD + GICD_CTLR, 1);
		pv_mmio_write8(GICD + GICD_ITARGETSR + UART_INTID, 1);
		pv_mmio_write8(GICD + GICD_IPRIORITYR + TIMER_INTID, 0xa0);
		pv_mmio_write32(GICD + GICD_ISENABLER, 1u << TIMER_INTID);
		pv_mmio_write32(GICC + GICC_PMR, 0xff);
		pv_mmio_write32(GICC + GICC_CTLR, 1);
	}
	pv_mmio_write32(GICD + GICD_ISENABLER + word, bit);
	__asm__ volatile("isb");
}

static uint32_t acknowledge(void)
{
	return is_v3() ? (uint32_t)sysreg_read(S3_0_C12_C12_0) : pv_mmio_read32(GICC + GICC_IAR);
}

static void end(uint32_t token)
{
	__asm__ volatile("dsb sy" ::: "memory"); /* the device's level drops first */
	if (is_v3()) {
		sysreg_write(S3_0_C12_C12_1, token);
		__asm__ volatile("isb");
	} else {
		pv_mmio_write32(GICC + GICC_EOIR, token);
	}
}

static void arm_timer(void)
{
	sysreg_write(cntv_tval_el0, sysreg_read(cntfrq_el0) / 1000);
	sysreg_write(cntv_ctl_el0, 1);
}

static void take_input(void)
{
	n_uart_interrupts++;
	while ((pv_mmio_read32(UART + UART_FR) & UART_FR_RXFE) == 0) {
		char c = (char)pv_mmio_read32(UART + UART_DR);

		if (c == '\r' || c == '\n') {
			is_line_complete = n_received > 0;
		} else if (n_received < LINE_BYTES - 1 && !is_line_complete) {
			line[n_received] = c;
			n_received = n_received + 1;
		}
	}
	pv_mmio_write32(UART + UART_ICR, UART_RX);
}

void fixed_irq(void)
{
	uint32_t token = acknowledge();
	uint32_t intid = token & 0x3ff;

	if (intid >= 1020) {
		return;
	}
	if (intid == TIMER_INTID) {
		n_ticks = n_ticks + 1;
		if (n_ticks < N_TICKS) {
			arm_timer();
		} else {
			sysreg_write(cntv_ctl_el0, 0);
		}
	} else if (intid == UART_INTID) {
		take_input();
	}
	end(token);
}

static void sleep_until_interrupt(void)
{
	/* Masked, so that one that comes in between still ends the sleep. */
	__asm__ volatile("dsb sy\n\twfi\n\tmsr daifclr, #2\n\tisb\n\tmsr daifset, #2" ::: "memory");
}

void fixed_main(void)
{
	pv_mmio_write32(UART + UART_CR, UART_CR_ON);
	report((uintptr_t)_start == RAM_BASE, "linked and running at 0x40000000");
	report((sysreg_read(sctlr_el1) & 5) == 0, "MMU and caches are off");
	report((sysreg_read(mpidr_el1) & 0xffffff) == 0, "on CPU 0");
	init_gic();

	arm_timer();
	while (n_ticks < N_TICKS) {
		sleep_until_interrupt();
	}
	report(true, "10 ticks of the virtual timer");

	pv_mmio_write32(UART + UART_IMSC, UART_RX);
	put("fixed: type a line\r\n");
	while (!is_line_complete) {
		sleep_until_interrupt();
	}
	put("fixed: got \"");
	put(line);
	put("\"\r\n");
	report(n_uart_interrupts > 0, "input by interrupt");

	put("done: ");
	put_number(n_passed);
	put(" passed, ");
	put_number(n_failed);
	put(" failed\r\n");
	off();
}
