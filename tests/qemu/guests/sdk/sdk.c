/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SDK itself: start-up, map, exceptions, interrupts, timers, second CPU.
 *
 * Makes no hypercall but those of the console, so it also runs on a bare board
 * (QEMU virt at EL1), where it must say the same.
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/irq.h"
#include "pv/mmu.h"
#include "pv/platform.h"
#include "pv/start.h"
#include "pv/timer.h"
#include "tests/qemu/guests/report.h"

#define TEST_SGI  5u
#define SECOND_US UINT64_C(1000000)
#define UNMAPPED  UINT64_C(0x3000000000) /* beyond all RAM, inside the 39 bits of the map */

static volatile uint32_t n_ticks, n_sgis[PV_MAX_CPUS], n_svcs, n_faults, n_started;
static volatile uint64_t fault_address, fault_stack;
static uint32_t zeroed[4];
static uint32_t initialised = 0x12345678;

static void on_timer(uint32_t intid, void *context)
{
	enum pv_timer timer = *(enum pv_timer *)context;

	(void)intid;
	n_ticks++;
	pv_timer_set(timer, pv_timer_now() + pv_ticks_from_us(1000));
}

static void on_sgi(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	n_sgis[pv_cpu_number()]++;
}

static struct pv_frame *on_svc(struct pv_frame *frame)
{
	n_svcs += pv_frame_svc(frame);
	frame->x[0] = frame->x[1] + 1;
	return frame;
}

/* Note the fault and go on behind the instruction. */
static struct pv_frame *on_fault(struct pv_frame *frame)
{
	n_faults++;
	fault_address = frame->far;
	fault_stack = frame->sp;
	frame->elr += 4;
	return frame;
}

static void second_cpu(void *context)
{
	*(volatile uint32_t *)context = pv_cpu_number();
	pv_irq_unmask();
	n_started++;
	while (n_sgis[1] < 1) {
		pv_wfi();
	}
	pv_irq_send(0, TEST_SGI);
	n_started++;
}

static void test_memory(void)
{
	report(zeroed[0] == 0 && zeroed[3] == 0, "zeroed memory is zero");
	report_equal(initialised, 0x12345678, "initialised memory is what it was built as");
	report((pv_sysreg_read(sctlr_el1) & 5) == 5, "MMU and caches are on");
	report(pv_platform()->n_memory > 0 && pv_platform()->n_cpus > 0, "platform is known");
}

static void test_exceptions(void)
{
	uint64_t result;
	uint64_t sp;

	pv_exception_set(PV_EXCEPTION_SVC, on_svc);
	pv_exception_set(PV_EXCEPTION_FAULT, on_fault);
	__asm__ volatile("mov x1, #41\n\tsvc #7\n\tmov %0, x0"
			 : "=r"(result)::"x0", "x1", "memory");
	report(n_svcs == 7 && result == 42, "svc reaches its hook, registers can be changed");

	(void)*(volatile uint32_t *)UNMAPPED;
	report(n_faults == 1 && fault_address == UNMAPPED, "a read of nothing faults");
	*(volatile uint8_t *)(uintptr_t)guest_main = 0;
	report(n_faults == 2 && fault_address == (uintptr_t)guest_main, "code cannot be written");
	__asm__ volatile(".inst 0");
	report_equal(n_faults, 3, "an undefined instruction faults");

	/* A stack that has run out: the store faults, the report has a stack of its own. */
	__asm__ volatile("mov %0, sp\n\tmov x2, %1\n\tmov sp, x2\n\tstr xzr, [sp, #-16]!\n\t"
			 "mov sp, %0"
			 : "=&r"(sp)
			 : "r"(UNMAPPED)
			 : "x2", "memory");
	report(n_faults == 4 && fault_stack == UNMAPPED, "a fault on a lost stack is survived");
	pv_exception_set(PV_EXCEPTION_FAULT, NULL);
}

static void test_map(void)
{
	uint64_t last = pv_platform()->memory[0].base + pv_platform()->memory[0].bytes - 0x80000;
	volatile uint32_t *page = (volatile uint32_t *)(uintptr_t)(last & ~UINT64_C(0xfff));

	*page = 1;
	report(pv_mmu_map((uintptr_t)page, 4096, PV_MEMORY_NORMAL_RO) == PV_OK, "map a page");
	pv_exception_set(PV_EXCEPTION_FAULT, on_fault);
	*page = 2;
	report(n_faults == 5 && *page == 1, "a page made read-only stays as it is");
	pv_exception_set(PV_EXCEPTION_FAULT, NULL);
	page[1024] = 3;
	report(page[1024] == 3, "the page behind it can be written");
	report(pv_mmu_map(UINT64_C(1) << 39, 4096, PV_MEMORY_NORMAL) == PV_BAD_ARGUMENT,
	       "an address beyond 39 bits cannot be mapped");
}

static void test_timer(enum pv_timer timer, uint32_t intid, const char *name)
{
	static enum pv_timer context;
	uint64_t start = pv_timer_now();

	context = timer;
	n_ticks = 0;
	report(pv_irq_attach(intid, on_timer, &context), "%s: attach", name);
	report(pv_irq_is_enabled(intid), "%s: interrupt is enabled", name);
	pv_timer_set(timer, start + pv_ticks_from_us(1000));
	pv_irq_unmask();
	bool is_complete = wait_until(&n_ticks, 20, 10 * SECOND_US);
	uint64_t us = pv_ns_from_ticks(pv_timer_now() - start) / 1000;

	pv_irq_mask();
	pv_timer_stop(timer);
	pv_irq_disable(intid);
	report(is_complete, "%s: 20 ticks", name);
	report(us >= 20000, "%s: 20 ticks take 20 ms or more", name);
	report(!pv_irq_is_enabled(intid), "%s: interrupt is disabled", name);
}

static void test_sgi(void)
{
	report(pv_irq_attach(TEST_SGI, on_sgi, NULL), "attach an SGI");
	pv_irq_unmask();
	pv_irq_send(0, TEST_SGI);
	report(wait_until(&n_sgis[0], 1, SECOND_US), "an SGI to this CPU arrives");
	pv_irq_mask();
	pv_irq_send(0, TEST_SGI);
	report(pv_irq_is_pending(TEST_SGI), "masked, it is pending");
	pv_irq_set_pending(TEST_SGI, false);
	report(!pv_irq_is_pending(TEST_SGI), "and can be taken back");
}

static void test_second_cpu(void)
{
	static volatile uint32_t number = 99;

	report_equal((uint64_t)pv_cpu_start(pv_platform()->n_cpus, second_cpu, NULL),
		     (uint64_t)PV_NO_SUCH, "a CPU that is not there cannot be started");
	report_equal((uint64_t)pv_cpu_start(0, second_cpu, NULL), (uint64_t)PV_BUSY,
		     "this CPU cannot be started");
	if (pv_platform()->n_cpus < 2) {
		return;
	}
	for (uint32_t round = 1; round <= 3; round++) {
		n_started = 0;
		n_sgis[0] = 0;
		n_sgis[1] = 0;
		pv_irq_unmask();
		report(pv_cpu_start(1, second_cpu, (void *)(uintptr_t)&number) == PV_OK,
		       "round %u: CPU 1 starts", round);
		report(wait_until(&n_started, 1, 10 * SECOND_US) && number == 1,
		       "round %u: it runs", round);
		pv_irq_send_others(TEST_SGI);
		report(wait_until(&n_started, 2, 10 * SECOND_US), "round %u: it takes an SGI",
		       round);
		report(wait_until(&n_sgis[0], 1, 10 * SECOND_US), "round %u: it sends one", round);
		pv_irq_mask();
		for (int i = 0;
		     i < 1000 && pv_psci_call(PSCI_AFFINITY_INFO, 1, 0, 0) != PSCI_AFFINITY_OFF;
		     i++) {
			pv_timer_delay_us(1000);
		}
		report_equal((uint64_t)pv_psci_call(PSCI_AFFINITY_INFO, 1, 0, 0), PSCI_AFFINITY_OFF,
			     "it is off again");
	}
}

void guest_main(void)
{
	pv_printf("sdk: %s, GICv%u, %u cpus\n", pv_platform()->name, pv_platform()->gic_version,
		  pv_platform()->n_cpus);
	test_memory();
	test_exceptions();
	test_map();
	test_timer(PV_TIMER_VIRTUAL, PV_TIMER_VIRTUAL_INTID, "virtual timer");
	test_timer(PV_TIMER_PHYSICAL, PV_TIMER_PHYSICAL_INTID, "physical timer");
	test_sgi();
	test_second_cpu();
	report_done();
}
