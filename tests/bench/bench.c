/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark: what an operation costs, on Paravent and on the bare machine.
 *
 * One binary is the partition "bench", the partition "peer" (boot argument
 * "role=peer"), and a guest of the bare machine at EL1, where rows that need a
 * hypervisor do not appear. Each row is one line in nanoseconds:
 *
 *	row gicd-read n 1000 min 53 average 53.00 max 53
 *
 * Under QEMU's -icount shift=0 with a counter of 1 GHz a nanosecond is an
 * instruction. A cost is what lies between two readings of the counter, less
 * what is there without the operation.
 */
#include "tests/bench/bench.h"

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

/* Ticks between the counter's readings around an instruction, which may use x0 to x7. */
#define TIMED(instruction, a0, a1, a2)                                                   \
	({                                                                               \
		/* Calls among the arguments come before the registers are set. */       \
		uint64_t before_, after_, a0_ = (a0), a1_ = (a1), a2_ = (a2);            \
		register uint64_t x0 __asm__("x0") = a0_;                                \
		register uint64_t x1 __asm__("x1") = a1_;                                \
		register uint64_t x2 __asm__("x2") = a2_;                                \
		register uint64_t x3 __asm__("x3") = 0;                                  \
		register uint64_t x4 __asm__("x4") = 0;                                  \
		register uint64_t x5 __asm__("x5") = 0;                                  \
		register uint64_t x6 __asm__("x6") = 0;                                  \
		register uint64_t x7 __asm__("x7") = 0;                                  \
		__asm__ volatile("isb\n\tmrs %[before], cntvct_el0\n\t" instruction      \
				 "\n\tisb\n\tmrs %[after], cntvct_el0"                   \
				 : [before] "=&r"(before_), [after] "=&r"(after_), "+r"(x0), \
				   "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5),     \
				   "+r"(x6), "+r"(x7)                                    \
				 :                                                       \
				 : "memory");                                            \
		last_result = x0;                                                        \
		after_ - before_;                                                        \
	})

typedef uint64_t sample(void);

static uint64_t last_result; /* x0 after TIMED() */
static uint64_t settle_ticks, timer_ticks;
static uint64_t empty_cost;  /* of TIMED() around nothing */
static uint64_t moment_cost; /* of bench_unmask() with nothing pending */
static struct mailbox neighbour_mailbox;

static bool is_v3(void)
{
	return pv_platform()->gic_version == 3;
}

static uint64_t port_number(const char *name)
{
	const struct pv_port_config *port = pv_platform_port(name);

	if (port == NULL) {
		pv_panic("no port \"%s\"", name);
	}
	return (uint64_t)(port - pv_platform()->ports);
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

/* Have the other side wait for what comes next. */
static void make_ready(void)
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

/* When the other side had what it waited for. */
static uint64_t wait_answer(void)
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

static void row_other(const char *name, sample *take, enum request how, uint64_t overhead)
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

/* ---- Messages, to another partition ------------------------------------------------------ */

static unsigned char text[BULK_BYTES];
static struct pv_sampling state, event;
static struct pv_queuing queue, bulk;
static uint64_t ask_port, reply_port;

static uint64_t take_message_send(void)
{
	uint64_t message[PV_MESSAGE_WORDS] = { 0 };
	uint64_t ticks;
	uint32_t sender;

	make_ready();
	ticks = TIMED("hvc #0", PV_MESSAGE_SEND, ask_port, 0);
	(void)wait_answer();
	if (last_result != PV_OK || pv_message_receive(reply_port, &sender, message) != PV_OK) {
		pv_panic("a register message was lost");
	}
	return ticks;
}

static uint64_t take_message_receive(void)
{
	uint64_t message[PV_MESSAGE_WORDS] = { 0 };
	uint64_t ticks;

	make_ready();
	if (pv_message_send(ask_port, message) != PV_OK) {
		pv_panic("a register message was not taken");
	}
	(void)wait_answer();
	ticks = TIMED("hvc #0", PV_MESSAGE_RECEIVE, reply_port, 0);
	if (last_result != PV_OK) {
		pv_panic("a register message was lost");
	}
	return ticks;
}

/* From before the send to after the reception of the answer, both asleep until then. */
static uint64_t take_message_round_trip(void)
{
	uint64_t message[PV_MESSAGE_WORDS] = { 0 };
	uint64_t begin;
	uint32_t token, sender;

	/* Earlier replies were taken without their interrupts. */
	for (token = pv_irq_ack(); pv_irq_number(token) < 1020; token = pv_irq_ack()) {
		pv_irq_end(token);
	}
	make_ready();
	begin = pv_sysreg_read(cntvct_el0);
	(void)pv_message_send(ask_port, message);
	do {
		pv_wfi();
		token = pv_irq_ack();
	} while (pv_irq_number(token) >= 1020);
	pv_irq_end(token);
	if (pv_message_receive(reply_port, &sender, message) != PV_OK) {
		pv_panic("a register message was lost");
	}

	uint64_t ticks = pv_sysreg_read(cntvct_el0) - begin;

	(void)wait_answer();
	return ticks;
}

static uint64_t write_sample(struct pv_sampling *port)
{
	uint64_t begin;

	make_ready();
	begin = pv_sysreg_read(cntvct_el0);
	if (pv_sampling_write(port, text, MESSAGE_BYTES) != PV_OK) {
		pv_panic("a sample was not taken");
	}
	return wait_answer() - begin;
}

static uint64_t take_sampling(void)
{
	return write_sample(&state);
}

static uint64_t take_sampling_sleeping(void)
{
	return write_sample(&event);
}

static uint64_t send_queued(struct pv_queuing *port, size_t bytes)
{
	uint64_t begin;

	make_ready();
	begin = pv_sysreg_read(cntvct_el0);
	if (pv_queuing_send(port, text, bytes) != PV_OK) {
		pv_panic("a message was not taken");
	}
	return wait_answer() - begin;
}

static uint64_t take_queuing(void)
{
	return send_queued(&queue, MESSAGE_BYTES);
}

static uint64_t take_bulk(void)
{
	return send_queued(&bulk, BULK_BYTES);
}

static void open_ports(void)
{
	const struct pv_port_config *reply = pv_platform_port("reply");

	ask_port = port_number("ask");
	reply_port = port_number("reply");
	if (pv_sampling_open(&state, pv_platform_port("state")) != PV_OK ||
	    pv_sampling_open(&event, pv_platform_port("event")) != PV_OK ||
	    pv_queuing_open(&queue, pv_platform_port("queue")) != PV_OK ||
	    pv_queuing_open(&bulk, pv_platform_port("bulk")) != PV_OK) {
		pv_panic("a port does not open");
	}
	pv_irq_set_edge(reply->interrupt, true);
	pv_irq_enable(reply->interrupt);
}

static void rows_peer(void)
{
	size_t bytes;

	other = (struct other){ .mailbox = pv_window(pv_platform_port("mailbox"), &bytes) };
	open_ports();
	row_other("doorbell-send", take_sender, REQUEST_SPINNING, empty_cost);
	row_other("doorbell-receive-spinning", take_receiver, REQUEST_SPINNING, 0);
	row_other("doorbell-receive-sleeping", take_receiver, REQUEST_SLEEPING, 0);
	row_other("message-send", take_message_send, REQUEST_MESSAGE, empty_cost);
	row_other("message-receive", take_message_receive, REQUEST_MESSAGE, empty_cost);
	row_other("message-round-trip", take_message_round_trip, REQUEST_MESSAGE, 0);
	row_other("sampling-64", take_sampling, REQUEST_SAMPLING, 0);
	row_other("sampling-64-doorbell", take_sampling_sleeping, REQUEST_SAMPLING_SLEEPING, 0);
	row_other("queuing-64", take_queuing, REQUEST_QUEUING, 0);
	row_other("queuing-64-doorbell", take_queuing, REQUEST_QUEUING_SLEEPING, 0);
	row_other("queuing-4096", take_bulk, REQUEST_BULK, 0);
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
