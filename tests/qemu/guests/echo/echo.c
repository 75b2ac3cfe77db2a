/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of the guest "abi": answers register messages and doorbells.
 * It sleeps whenever there is nothing to do, and never ends by itself.
 */
#include "tests/qemu/guests/echo/echo.h"

#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/start.h"

static const struct pv_port_config *alarm, *answer, *blob;
static struct pv_queuing command, reply;
static volatile uint32_t n_bells;

static uint64_t number_of(const struct pv_port_config *port)
{
	return (uint64_t)(port - pv_platform()->ports);
}

static void on_bell(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	n_bells++;
}

static void on_message(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
}

static enum pv_status move_one(void)
{
	unsigned char text[64];
	struct pv_received received;
	enum pv_status status = pv_queuing_receive(&command, text, sizeof(text), &received);

	return status == PV_OK ? pv_queuing_send(&reply, text, received.bytes) : status;
}

static void answer_one(uint32_t sender, const uint64_t message[PV_MESSAGE_WORDS])
{
	uint64_t text[PV_MESSAGE_WORDS] = { message[0] };

	switch (message[0]) {
	case ECHO_BACK:
		text[1] = sender;
		text[2] = message[2];
		text[3] = message[3];
		break;
	case ECHO_CONTROL:
		text[1] = (uint64_t)(int64_t)pv_partition_control(message[1], PV_CONTROL_STOP);
		break;
	case ECHO_QUEUE:
		text[1] = (uint64_t)(int64_t)move_one();
		break;
	default:
		pv_panic("message 0x%llx is not for us", (unsigned long long)message[0]);
	}
	if (pv_message_send(number_of(answer), text) != PV_OK) {
		pv_panic("cannot answer");
	}
}

void guest_main(void)
{
	uint32_t n_answered = 0;

	alarm = pv_platform_port("alarm");
	answer = pv_platform_port("answer");
	blob = pv_platform_port("blob");
	if (alarm == NULL || answer == NULL || blob == NULL ||
	    pv_queuing_open(&command, pv_platform_port("command")) != PV_OK ||
	    pv_queuing_open(&reply, pv_platform_port("reply")) != PV_OK ||
	    !pv_irq_attach_edge(alarm->interrupt, on_message, NULL) ||
	    !pv_irq_attach_edge(blob->interrupt, on_bell, NULL)) {
		pv_panic("ports are missing");
	}
	for (;;) {
		uint64_t message[PV_MESSAGE_WORDS];
		uint32_t sender;

		while (pv_message_receive(number_of(alarm), &sender, message) == PV_OK) {
			answer_one(sender, message);
		}
		for (; n_answered != n_bells; n_answered++) {
			if (pv_port_ring(blob, 0) != PV_OK) {
				pv_panic("cannot ring");
			}
		}
		/* Interrupts are masked: one that came since is pending, and ends the sleep. */
		pv_wfi();
		pv_irq_take_pending();
	}
}
