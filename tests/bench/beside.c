/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations of one core beside others that are at work, for tools/interference.py,
 * which counts what EL2 executes for each. One binary is
 *	the partition that measures: N_ROUNDS of each operation, at irregular times
 *	role=receiver       whom it rings and sends to; sleeps until then
 *	role=receiver-storm the same, asking for messages all the time
 *	role=storm          memory and hypercalls, see storm.c
 * With a port "loaded", rounds go on until a message comes by it, and N_ROUNDS_LOADED
 * after that are another case.
 */
#include "tests/bench/bench.h"
#include "tests/bench/operations.h"

#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/port.h"
#include "pv/psci.h"
#include "pv/start.h"
#include "pv/string.h"
#include "pv/timer.h"

#define N_ROUNDS        1000u
#define N_ROUNDS_LOADED 200u
#define PAUSE_TICKS     UINT64_C(0x1000)  /* at most, before an operation */
#define LONG_PAUSE_TICKS UINT64_C(0x40000) /* so that the rounds last as long as Linux boots */
#define TIMER_NS        3000u
#define GICD_ISENABLER  0x100u
#define GICD_SGIR       0xf00u

static struct mailbox *mailbox;
static uint64_t ask_port, doorbell, timer_ticks, longest_pause;
static uint32_t mailbox_interrupt, n_sent;

static uint64_t port_number(const char *name)
{
	const struct pv_port_config *port = pv_platform_port(name);

	if (port == NULL) {
		pv_panic("no port \"%s\"", name);
	}
	return (uint64_t)(port - pv_platform()->ports);
}

static void pause(void)
{
	pause_for(bench_random() % longest_pause);
}

static void set_timer(void)
{
	pv_timer_set(PV_TIMER_VIRTUAL, pv_timer_now() + timer_ticks);
}

static void send_to_self(void)
{
	if (pv_platform()->gic_version == 3) {
		operation_sgi_self_v3(bench_gicc(), 0, (uint64_t)BENCH_SGI << 24 | 1);
	} else {
		operation_sgi_self_v2(bench_gicc(), pv_platform()->gicd + GICD_SGIR,
				      BENCH_SGI | UINT64_C(1) << 16);
	}
}

static void send_message(void)
{
	while (__atomic_load_n(&mailbox->n_done, __ATOMIC_ACQUIRE) != n_sent) {
		pause();
	}
	if (operation_message_send(PV_MESSAGE_SEND, ask_port, 1, 2, 3, 4, 0, 0) != PV_OK) {
		pv_panic("a register message was not taken");
	}
	n_sent++;
}

static void do_round(void)
{
	pause();
	set_timer();
	operation_timer_spinning(bench_gicc());
	pause();
	set_timer();
	operation_timer_sleeping(bench_gicc());
	pause();
	send_to_self();
	pause();
	operation_gicd_enable(pv_platform()->gicd + GICD_ISENABLER + mailbox_interrupt / 32 * 4,
			      UINT32_C(1) << mailbox_interrupt % 32);
	pause();
	(void)operation_psci_version(PSCI_VERSION);
	pause();
	(void)operation_doorbell(PV_DOORBELL, doorbell);
	pause();
	send_message();
}

static void do_rounds(void)
{
	const struct pv_port_config *config = pv_platform_port("loaded");
	struct pv_sampling port;
	struct pv_sample sample;
	uint64_t text;
	uint32_t n_rounds = config == NULL ? N_ROUNDS : N_ROUNDS_LOADED;

	if (config != NULL) {
		longest_pause = LONG_PAUSE_TICKS;
		if (pv_sampling_open(&port, config) != PV_OK) {
			pv_panic("\"loaded\" does not open");
		}
		while (pv_sampling_read(&port, &text, sizeof(text), &sample) != PV_OK) {
			do_round();
		}
		operation_loaded();
		operation_loaded_end();
	}
	while (n_rounds-- > 0) {
		do_round();
	}
	operation_finish();
}

/* IRQs are masked: WFI ends all the same. */
static void sleep_until(uint32_t intid)
{
	uint32_t token;

	do {
		pv_wfi();
		token = pv_irq_ack();
		if (pv_irq_number(token) < 1020) {
			pv_irq_end(token);
		}
	} while (pv_irq_number(token) != intid);
}

static _Noreturn void receive(bool is_storm)
{
	uint32_t intid = pv_platform_port("ask")->interrupt;
	uint64_t message[PV_MESSAGE_WORDS];
	uint32_t sender;

	for (;;) {
		if (is_storm) {
			bench_end_turn_soon();
		} else {
			sleep_until(intid);
		}
		while (pv_message_receive(ask_port, &sender, message) == PV_OK) {
			/* Release: the one that sent sees it only when the queue has room. */
			__atomic_store_n(&mailbox->n_done, mailbox->n_done + 1, __ATOMIC_RELEASE);
		}
	}
}

static void be_receiver(bool is_storm)
{
	static const char *const ports[] = { "mailbox", "ask" };

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		uint32_t intid = pv_platform_port(ports[i])->interrupt;

		pv_irq_set_edge(intid, true);
		pv_irq_enable(intid);
	}
	receive(is_storm);
}

void guest_main(void)
{
	char role[16] = "";
	size_t bytes;

	pv_platform_argument("role", role, sizeof(role));
	if (strcmp(role, "storm") == 0) {
		storm();
	}
	mailbox = pv_window(pv_platform_port("mailbox"), &bytes);
	ask_port = port_number("ask");
	if (role[0] != '\0') {
		be_receiver(strcmp(role, "receiver-storm") == 0);
	}
	doorbell = pv_platform_port("mailbox")->first_doorbell;
	mailbox_interrupt = pv_platform_port("mailbox")->interrupt;
	timer_ticks = pv_ticks_from_ns(TIMER_NS) + 1;
	longest_pause = PAUSE_TICKS;
	bench_vectors_on();
	pv_irq_enable(PV_TIMER_VIRTUAL_INTID);
	do_rounds();
	pv_printf("done\n");
}
