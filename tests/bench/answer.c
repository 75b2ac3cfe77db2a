/* SPDX-License-Identifier: Apache-2.0 */
/* The side that answers. It sleeps between requests, so that it takes nobody's time. */
#include "tests/bench/bench.h"

#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/port.h"
#include "pv/timer.h"

void bench_vectors_on(void)
{
	pv_sysreg_write(vbar_el1, pv_platform()->gic_version == 3 ? bench_vectors_v3
								   : bench_vectors_v2);
	pv_isb();
}

uint64_t bench_gicc(void)
{
	return pv_platform()->gic_version == 3 ? 0 : pv_platform()->gicc;
}

/* Sleep until there is an interrupt, and end it. IRQs are masked. */
static void sleep_once(void)
{
	for (;;) {
		uint32_t token;

		pv_wfi();
		token = pv_irq_ack();
		if (pv_irq_number(token) < 1020) {
			pv_irq_end(token);
			return;
		}
	}
}

static uint64_t answer_message(void)
{
	const struct pv_port_config *ask = pv_platform_port("ask");
	const struct pv_port_config *reply = pv_platform_port("reply");
	uint64_t message[PV_MESSAGE_WORDS];
	uint32_t sender;

	sleep_once();
	if (pv_message_receive((uint64_t)(ask - pv_platform()->ports), &sender, message) != PV_OK ||
	    pv_message_send((uint64_t)(reply - pv_platform()->ports), message) != PV_OK) {
		pv_panic("a register message was lost");
	}
	return pv_timer_now();
}

static uint64_t answer_sampling(const char *name, bool is_sleeping)
{
	static uint64_t last[2];
	struct pv_sampling port;
	struct pv_sample sample = { 0 };
	unsigned char text[MESSAGE_BYTES] __attribute__((aligned(8)));

	if (pv_sampling_open(&port, pv_platform_port(name)) != PV_OK) {
		pv_panic("no sampling port \"%s\"", name);
	}
	if (is_sleeping) {
		sleep_once();
	}
	while (pv_sampling_read(&port, text, sizeof(text), &sample) != PV_OK ||
	       sample.number == last[is_sleeping]) {
		bench_yield();
	}
	last[is_sleeping] = sample.number;
	return pv_timer_now();
}

static uint64_t answer_queuing(struct pv_queuing *port, bool is_sleeping)
{
	static unsigned char text[BULK_BYTES] __attribute__((aligned(8)));
	struct pv_received received;

	if (is_sleeping && pv_queuing_wait_begin(port)) {
		sleep_once();
		pv_queuing_wait_end(port);
	}
	while (pv_queuing_receive(port, text, sizeof(text), &received) != PV_OK) {
		bench_yield();
	}
	return pv_timer_now();
}

static void open_queue(struct pv_queuing *port, const char *name)
{
	const struct pv_port_config *config = pv_platform_port(name);

	if (config != NULL && pv_queuing_open(port, config) != PV_OK) {
		pv_panic("no queuing port \"%s\"", name);
	}
}

void answer(struct mailbox *mailbox)
{
	static struct pv_queuing queue, bulk;
	uint64_t stamp = 0;

	open_queue(&queue, "queue");
	open_queue(&bulk, "bulk");
	bench_vectors_on();
	for (;;) {
		sleep_once();
		__atomic_store_n(&mailbox->n_ready, mailbox->n_requests, __ATOMIC_RELEASE);
		switch ((enum request)mailbox->request) {
		case REQUEST_SPINNING:
			stamp = bench_wait_spinning(bench_gicc());
			break;
		case REQUEST_SLEEPING:
			stamp = bench_wait_sleeping(bench_gicc());
			break;
		case REQUEST_MESSAGE:
			stamp = answer_message();
			break;
		case REQUEST_SAMPLING:
			stamp = answer_sampling("state", false);
			break;
		case REQUEST_SAMPLING_SLEEPING:
			stamp = answer_sampling("event", true);
			break;
		case REQUEST_QUEUING:
			stamp = answer_queuing(&queue, false);
			break;
		case REQUEST_QUEUING_SLEEPING:
			stamp = answer_queuing(&queue, true);
			break;
		case REQUEST_BULK:
			stamp = answer_queuing(&bulk, false);
			break;
		}
		mailbox->stamp = stamp;
		/* Release: whoever sees the number sees the stamp. */
		__atomic_store_n(&mailbox->n_done, mailbox->n_requests, __ATOMIC_RELEASE);
	}
}
