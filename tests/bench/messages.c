/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to another partition: register messages, sampling and queuing ports. */
#include "tests/bench/measure.h"

#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/port.h"

static unsigned char text[BULK_BYTES] __attribute__((aligned(8)));
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

static uint64_t port_number(const char *name)
{
	const struct pv_port_config *port = pv_platform_port(name);

	if (port == NULL) {
		pv_panic("no port \"%s\"", name);
	}
	return (uint64_t)(port - pv_platform()->ports);
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

void rows_messages(void)
{
	open_ports();
	row_other("message-send", take_message_send, REQUEST_MESSAGE, empty_cost);
	row_other("message-receive", take_message_receive, REQUEST_MESSAGE, empty_cost);
	row_other("message-round-trip", take_message_round_trip, REQUEST_MESSAGE, 0);
	row_other("sampling-64", take_sampling, REQUEST_SAMPLING, 0);
	row_other("sampling-64-doorbell", take_sampling_sleeping, REQUEST_SAMPLING_SLEEPING, 0);
	row_other("queuing-64", take_queuing, REQUEST_QUEUING, 0);
	row_other("queuing-64-doorbell", take_queuing, REQUEST_QUEUING_SLEEPING, 0);
	row_other("queuing-4096", take_bulk, REQUEST_BULK, 0);
}
