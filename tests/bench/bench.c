/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark: what an operation costs, on Paravent and on the bare machine.
 *
 * One binary is the partition "bench", the partitions "peer" and "storm" (boot
 * arguments "role=peer", "role=storm"), and a guest of the bare machine at EL1,
 * where rows that need a hypervisor do not appear. Each row is one line in
 * nanoseconds:
 *
 *	row gicd-read n 1000 min 53 average 53.00 max 53
 *
 * Under QEMU's -icount shift=0 with a counter of 1 GHz a nanosecond is an
 * instruction. A cost is what lies between two readings of the counter, less
 * what is there without the operation.
 */
#include "tests/bench/measure.h"

#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/mmio.h"
#include "pv/platform.h"
#include "pv/port.h"
#include "pv/psci.h"
#include "pv/start.h"
#include "pv/string.h"
#include "pv/timer.h"

#define N_SAMPLES     1000u
#define N_CONSOLE     100u  /* each one is a line on the console */
#define TIMER_NS      3000u
#define SETTLE_NS     3000u /* from "about to wait" to waiting */
#define GICD_TYPER    0x004u
#define GICD_ISENABLER 0x100u
#define GICD_SGIR     0xf00u
#define GICC_PMR      0x04u
#define PL011_DR      0x00u
#define ALL_PRIORITIES 0xffu
#define BARE_SPI      100u  /* of no device on QEMU virt */

uint64_t last_result;
static uint64_t settle_ticks, timer_ticks;
uint64_t empty_cost;
static uint64_t moment_cost; /* of bench_unmask() with nothing pending */
static struct mailbox neighbour_mailbox;

static bool is_v3(void)
{
	return pv_platform()->gic_version == 3;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Samples of an operation, less `overhead` ticks each, for `units` of something each. */
static void row(const char *name, sample *take, uint32_t n, uint64_t overhead, uint32_t units)
{
	uint64_t min = UINT64_MAX, max = 0, total = 0;

	(void)take(); /* the first may find caches and page tables cold */
	for (uint32_t i = 0; i < n; i++) {
		uint64_t ticks = take();

		ticks -= least(ticks, overhead);
		min = least(min, ticks);
		max = ticks > max ? ticks : max;
		total += ticks;
	}

	uint64_t hundredths = pv_ns_from_ticks(total * 100) / n / units;

	pv_printf("row %s n %u min %llu average %llu.%02llu max %llu\n", name, n,
		  (unsigned long long)(pv_ns_from_ticks(min) / units),
		  (unsigned long long)(hundredths / 100), (unsigned long long)(hundredths % 100),
		  (unsigned long long)(pv_ns_from_ticks(max) / units));
}

/* ---- One core -------------------------------------------------------------------- */

static uint64_t take_nothing(void)
{
	return TIMED("", 0, 0, 0);
}

static uint64_t take_psci_version(void)
{
	return TIMED("hvc #0", PSCI_VERSION, 0, 0);
}

static uint64_t take_null(void)
{
	return TIMED("hvc #0", PV_NULL, 0, 0);
}

static uint64_t take_features(void)
{
	return TIMED("hvc #0", PV_FEATURES, PV_NULL, 0);
}

static uint64_t take_gicd_read(void)
{
	return TIMED("ldr w0, [x1]", 0, pv_platform()->gicd + GICD_TYPER, 0);
}

static uint64_t take_gicd_write(void)
{
	const struct pv_port_config *port = pv_platform_port("reply");
	uint32_t intid = port == NULL ? BARE_SPI : port->interrupt;

	return TIMED("str w2, [x1]", 0, pv_platform()->gicd + GICD_ISENABLER + intid / 32 * 4,
		     UINT64_C(1) << intid % 32);
}

static uint64_t take_mask(void)
{
	if (is_v3()) {
		return TIMED("msr s3_0_c4_c6_0, x2", 0, 0, ALL_PRIORITIES);
	}
	return TIMED("str w2, [x1]", 0, pv_platform()->gicc + GICC_PMR, ALL_PRIORITIES);
}

static uint64_t take_timer(uint64_t (*wait)(uint64_t))
{
	uint64_t at = pv_timer_now() + timer_ticks;

	pv_timer_set(PV_TIMER_VIRTUAL, at);
	return wait(bench_gicc()) - at;
}

static uint64_t take_timer_spinning(void)
{
	return take_timer(bench_wait_spinning);
}

static uint64_t take_timer_sleeping(void)
{
	return take_timer(bench_wait_sleeping);
}

static uint64_t take_moment(void)
{
	return bench_unmask(bench_gicc());
}

static uint64_t take_tick(void)
{
	pv_timer_set(PV_TIMER_VIRTUAL, 0);
	return bench_unmask(bench_gicc());
}

/* ---- SGIs -------------------------------------------------------------------------- */

static uint64_t sgi_to(uint32_t cpu)
{
	return is_v3() ? (uint64_t)BENCH_SGI << 24 | UINT64_C(1) << cpu
		       : BENCH_SGI | UINT64_C(1) << (16 + cpu);
}

static uint64_t send_sgi(uint32_t cpu)
{
	if (is_v3()) {
		return TIMED("msr s3_0_c12_c11_5, x2", 0, 0, sgi_to(cpu));
	}
	return TIMED("str w2, [x1]", 0, pv_platform()->gicd + GICD_SGIR, sgi_to(cpu));
}

static uint64_t take_sgi_send(void)
{
	uint64_t ticks = send_sgi(0);

	(void)bench_unmask(bench_gicc());
	return ticks;
}

static uint64_t take_sgi_self(void)
{
	return (is_v3() ? bench_self_v3 : bench_self_v2)(
		bench_gicc(), pv_platform()->gicd + GICD_SGIR, sgi_to(0));
}

/* ---- Another core -------------------------------------------------------------------- */

/* Who answers: the second core of this partition, or the other partition. */
struct other {
	struct mailbox *mailbox;
	bool            is_neighbour;
	uint64_t        sent;  /* counter when the operation was over */
	uint64_t        ticks; /* that it took, as TIMED() says */
};

static struct other other;
static enum request request;

static void wait_for(const volatile uint32_t *counter, uint32_t value)
{
	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) != value) {
		bench_yield();
	}
}

void make_ready(void)
{
	struct mailbox *mailbox = other.mailbox;
	uint32_t number = mailbox->n_requests + 1;

	mailbox->request = request;
	/* Release: the request is there when it is counted. */
	__atomic_store_n(&mailbox->n_requests, number, __ATOMIC_RELEASE);
	if (other.is_neighbour) {
		pv_irq_send(1, BENCH_SGI);
	} else {
		(void)pv_port_ring(pv_platform_port("mailbox"), 0);
	}
	wait_for(&mailbox->n_ready, number);
	for (uint64_t begin = pv_timer_now(); pv_timer_now() - begin < settle_ticks;) {
		bench_yield();
	}
}

uint64_t wait_answer(void)
{
	wait_for(&other.mailbox->n_done, other.mailbox->n_requests);
	return other.mailbox->stamp;
}

/* An interrupt to the other side: the sender's part. */
static uint64_t take_sender(void)
{
	uint64_t doorbell = other.is_neighbour ? 0 : pv_platform_port("mailbox")->first_doorbell;

	make_ready();
	other.ticks = other.is_neighbour ? send_sgi(1) : TIMED("hvc #0", PV_DOORBELL, doorbell, 0);
	other.sent = pv_sysreg_read(cntvct_el0);
	(void)wait_answer();
	return other.ticks;
}

/* And the receiver's, from the end of the sender's to the vector. */
static uint64_t take_receiver(void)
{
	(void)take_sender();
	return other.mailbox->stamp - other.sent;
}

void row_other(const char *name, sample *take, enum request how, uint64_t overhead)
{
	request = how;
	row(name, take, N_SAMPLES, overhead, 1);
}

static void rows_neighbour(void)
{
	other = (struct other){ .mailbox = &neighbour_mailbox, .is_neighbour = true };
	row_other("sgi-other-send", take_sender, REQUEST_SPINNING, empty_cost);
	row_other("sgi-other-receive-spinning", take_receiver, REQUEST_SPINNING, 0);
	row_other("sgi-other-receive-sleeping", take_receiver, REQUEST_SLEEPING, 0);
}

static void rows_peer(void)
{
	size_t bytes;

	other = (struct other){ .mailbox = pv_window(pv_platform_port("mailbox"), &bytes) };
	row_other("doorbell-send", take_sender, REQUEST_SPINNING, empty_cost);
	row_other("doorbell-receive-spinning", take_receiver, REQUEST_SPINNING, 0);
	row_other("doorbell-receive-sleeping", take_receiver, REQUEST_SLEEPING, 0);
	rows_messages();
}

/* ---- Console --------------------------------------------------------------------------- */

static uint64_t take_console(void)
{
	uint64_t line[PV_CONSOLE_BYTES / 8];
	uint64_t before, after;
	size_t taken = 0;

	memset(line, '-', sizeof(line));
	((char *)line)[PV_CONSOLE_BYTES - 1] = '\n';
	before = pv_sysreg_read(cntvct_el0);
	(void)pv_console_write((const char *)line, sizeof(line), &taken);
	after = pv_sysreg_read(cntvct_el0);
	pv_timer_delay_us(1000); /* until it is out */
	if (taken != sizeof(line)) {
		pv_panic("the console took %u bytes", (unsigned)taken);
	}
	return after - before;
}

static uint64_t take_uart(void)
{
	uint64_t ticks = TIMED("str w2, [x1]", 0, pv_platform()->uart + PL011_DR, '.');

	pv_timer_delay_us(1000);
	return ticks;
}

/* ---- All -------------------------------------------------------------------------------- */

static void rows_alone(void)
{
	row("psci-version", take_psci_version, N_SAMPLES, empty_cost, 1);
	row("timer-spinning", take_timer_spinning, N_SAMPLES, 0, 1);
	row("timer-sleeping", take_timer_sleeping, N_SAMPLES, 0, 1);
	row("tick", take_tick, N_SAMPLES, moment_cost, 1);
	row("sgi-self-send", take_sgi_send, N_SAMPLES, empty_cost, 1);
	row("sgi-self", take_sgi_self, N_SAMPLES, 0, 1);
	row("gicd-read", take_gicd_read, N_SAMPLES, empty_cost, 1);
	row("gicd-enable", take_gicd_write, N_SAMPLES, empty_cost, 1);
	row("mask", take_mask, N_SAMPLES, empty_cost, 1);
	row("uart-byte", take_uart, N_CONSOLE, empty_cost, 1);
}

static void neighbour(void *mailbox)
{
	answer(mailbox);
}

static void be_peer(void)
{
	static const char *const ports[] = { "mailbox", "ask", "event", "queue", "bulk" };
	size_t bytes;

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		uint32_t intid = pv_platform_port(ports[i])->interrupt;

		pv_irq_set_edge(intid, true);
		pv_irq_enable(intid);
	}
	answer(pv_window(pv_platform_port("mailbox"), &bytes));
}

void guest_main(void)
{
	char role[8] = "";

	pv_platform_argument("role", role, sizeof(role));
	if (strcmp(role, "peer") == 0) {
		be_peer();
	}
	if (strcmp(role, "storm") == 0) {
		storm();
	}
	timer_ticks = pv_ticks_from_ns(TIMER_NS) + 1;
	settle_ticks = pv_ticks_from_ns(SETTLE_NS) + 1;
	bench_vectors_on();
	pv_irq_enable(PV_TIMER_VIRTUAL_INTID);
	for (int i = 0; i < 10; i++) {
		empty_cost = take_nothing();
		moment_cost = take_moment();
	}
	pv_printf("frequency %llu\n", (unsigned long long)pv_timer_frequency());
	rows_alone();
	if (pv_cpu_start(1, neighbour, &neighbour_mailbox) != PV_OK) {
		pv_panic("the second core does not start");
	}
	/* It is ready for requests once it sleeps. */
	pv_timer_delay_us(1000);
	bench_yield();
	rows_neighbour();
	if (pv_platform()->is_paravent) {
		row("null", take_null, N_SAMPLES, empty_cost, 1);
		row("features", take_features, N_SAMPLES, empty_cost, 1);
		rows_peer();
		row("console-byte", take_console, N_CONSOLE, 0, PV_CONSOLE_BYTES);
	}
	pv_printf("done\n");
}
