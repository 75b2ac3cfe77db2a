/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports under load: this program runs in two partitions, each of which sends
 * N_MESSAGES by a queuing port, a sample every N_PER_SAMPLE of them and a register
 * message every N_PER_REGISTER_MESSAGE, and checks all that comes the other way.
 * Each message carries its number and a checksum.
 *
 * Ports are told apart by kind and direction, so both ends are one program.
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/start.h"
#include "pv/string.h"
#include "pv/timer.h"
#include "tests/qemu/guests/report.h"

#define N_MESSAGES             UINT64_C(100000)
#define N_PER_SAMPLE           UINT64_C(10)
#define N_PER_REGISTER_MESSAGE UINT64_C(100)
#define N_SAMPLES              (N_MESSAGES / N_PER_SAMPLE)
#define N_REGISTER_MESSAGES    (N_MESSAGES / N_PER_REGISTER_MESSAGE)
#define PATIENCE_US            UINT64_C(90000000)
#define FILLER_WORDS           5

struct message {
	uint64_t number;
	uint64_t sender;
	uint64_t filler[FILLER_WORDS];
	uint64_t sum;
};

/* What came in on one path. */
struct tally {
	uint64_t n_whole;
	uint64_t n_torn;
	uint64_t n_out_of_order; /* lost, doubled or overtaken */
	uint64_t last;
	uint64_t n_errors; /* PV_CORRUPT and the like */
};

static struct pv_queuing queue_out, queue_in;
static struct pv_sampling sample_out, sample_in;
static const struct pv_port_config *message_out, *message_in;
static struct tally queued, sampled, registered;
static uint64_t n_sent, n_samples_sent, n_registers_sent, n_sleeps, n_full;
static volatile uint32_t n_interrupts;

static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	n_interrupts++;
}

static uint64_t checksum(const struct message *message)
{
	uint64_t sum = message->number ^ message->sender << 56;

	for (unsigned i = 0; i < FILLER_WORDS; i++) {
		sum = (sum ^ message->filler[i]) * UINT64_C(0x9e3779b97f4a7c15);
	}
	return sum;
}

static struct message make_message(uint64_t number)
{
	struct message message = { .number = number, .sender = pv_platform()->id };

	for (unsigned i = 0; i < FILLER_WORDS; i++) {
		message.filler[i] = number * (2 * i + 3) + i;
	}
	message.sum = checksum(&message);
	return message;
}

static void judge(struct tally *tally, const struct message *message, uint32_t bytes)
{
	if (bytes != sizeof(*message) || message->sum != checksum(message) ||
	    message->sender == pv_platform()->id) {
		tally->n_torn++;
	} else {
		tally->n_whole++;
	}
}

static bool send_queued(void)
{
	bool has_moved = false;

	while (n_sent < N_MESSAGES) {
		struct message message = make_message(n_sent + 1);
		enum pv_status status = pv_queuing_send(&queue_out, &message, sizeof(message));

		if (status == PV_FULL) {
			n_full++;
			break;
		}
		if (status != PV_OK) {
			queued.n_errors++;
			break;
		}
		n_sent++;
		has_moved = true;
	}
	return has_moved;
}

static bool receive_queued(void)
{
	struct message message;
	struct pv_received received;
	bool has_moved = false;
	enum pv_status status;

	while ((status = pv_queuing_receive(&queue_in, &message, sizeof(message), &received)) ==
	       PV_OK) {
		judge(&queued, &message, received.bytes);
		queued.n_out_of_order += message.number != queued.last + 1;
		queued.last = message.number;
		has_moved = true;
	}
	queued.n_errors += status != PV_EMPTY;
	return has_moved;
}

static bool send_samples(void)
{
	bool has_moved = false;

	for (; n_samples_sent < n_sent / N_PER_SAMPLE; n_samples_sent++) {
		struct message message = make_message(n_samples_sent + 1);

		sampled.n_errors +=
			pv_sampling_write(&sample_out, &message, sizeof(message)) != PV_OK;
		has_moved = true;
	}
	return has_moved;
}

static bool receive_sample(void)
{
	struct message message;
	struct pv_sample sample;
	enum pv_status status = pv_sampling_read(&sample_in, &message, sizeof(message), &sample);

	if (status != PV_OK) {
		sampled.n_errors += status != PV_EMPTY && status != PV_BUSY;
		return false;
	}
	if (sample.number == sampled.last) {
		return false;
	}
	judge(&sampled, &message, sample.bytes);
	sampled.n_out_of_order += message.number != sample.number || sample.number < sampled.last;
	sampled.last = sample.number;
	return true;
}

static uint64_t number_of(const struct pv_port_config *port)
{
	return (uint64_t)(port - pv_platform()->ports);
}

static bool send_registers(void)
{
	bool has_moved = false;

	while (n_registers_sent < n_sent / N_PER_REGISTER_MESSAGE) {
		uint64_t number = n_registers_sent + 1;
		const uint64_t message[PV_MESSAGE_WORDS] = { number, ~number, number * 3,
							     number << 32 };
		enum pv_status status = pv_message_send(number_of(message_out), message);

		if (status == PV_FULL) {
			break;
		}
		registered.n_errors += status != PV_OK;
		n_registers_sent++;
		has_moved = true;
	}
	return has_moved;
}

static bool receive_registers(void)
{
	uint64_t message[PV_MESSAGE_WORDS];
	uint32_t sender = 0;
	bool has_moved = false;
	enum pv_status status;

	while ((status = pv_message_receive(number_of(message_in), &sender, message)) == PV_OK) {
		uint64_t number = message[0];

		if (message[1] != ~number || message[2] != number * 3 ||
		    message[3] != number << 32 || sender == pv_platform()->id) {
			registered.n_torn++;
		} else {
			registered.n_whole++;
		}
		registered.n_out_of_order += number != registered.last + 1;
		registered.last = number;
		has_moved = true;
	}
	registered.n_errors += status != PV_EMPTY;
	return has_moved;
}

static bool is_complete(void)
{
	return n_sent == N_MESSAGES && queued.last == N_MESSAGES && n_samples_sent == N_SAMPLES &&
	       sampled.last == N_SAMPLES && n_registers_sent == N_REGISTER_MESSAGES &&
	       registered.last == N_REGISTER_MESSAGES;
}

/*
 * Nothing moved: sleep until a bell, unless one of the queues has moved since.
 * Register messages have no bell for room, so a sender that is full of them
 * does not sleep.
 */
static void sleep_if_idle(void)
{
	bool may_sleep = n_registers_sent == n_sent / N_PER_REGISTER_MESSAGE;

	may_sleep = pv_queuing_wait_begin(&queue_in) && may_sleep;
	if (n_sent < N_MESSAGES) {
		may_sleep = pv_queuing_wait_begin(&queue_out) && may_sleep;
	}
	if (may_sleep) {
		n_sleeps++;
		pv_wfi(); /* masked: what came since the last look is pending, and ends it */
	}
	pv_queuing_wait_end(&queue_in);
	pv_queuing_wait_end(&queue_out);
}

/* Ports of one kind and direction; the table has one of each. */
static const struct pv_port_config *find(enum pv_port_kind kind, enum pv_port_direction direction)
{
	for (uint32_t i = 0; i < pv_platform()->n_ports; i++) {
		const struct pv_port_config *port = &pv_platform()->ports[i];

		if (port->kind == kind && port->direction == direction) {
			return port;
		}
	}
	pv_panic("no port of kind %d, direction %d", (int)kind, (int)direction);
}

static void open_ports(void)
{
	message_out = find(PV_PORT_MESSAGE, PV_PORT_SOURCE);
	message_in = find(PV_PORT_MESSAGE, PV_PORT_DESTINATION);
	report(pv_queuing_open(&queue_out, find(PV_PORT_QUEUING, PV_PORT_SOURCE)) == PV_OK &&
		       pv_queuing_open(&queue_in, find(PV_PORT_QUEUING, PV_PORT_DESTINATION)) ==
			       PV_OK,
	       "queuing ports open");
	report(pv_sampling_open(&sample_out, find(PV_PORT_SAMPLING, PV_PORT_SOURCE)) == PV_OK &&
		       pv_sampling_open(&sample_in, find(PV_PORT_SAMPLING, PV_PORT_DESTINATION)) ==
			       PV_OK,
	       "sampling ports open");
	for (uint32_t i = 0; i < pv_platform()->n_ports; i++) {
		uint32_t intid = pv_platform()->ports[i].interrupt;

		if (intid != 0) {
			report(pv_irq_attach_edge(intid, on_interrupt, NULL),
			       "port %u: interrupt %u", i, intid);
		}
	}
}

static void report_tally(const char *name, const struct tally *tally, uint64_t n_expected,
			 bool is_latest_only)
{
	report(tally->last == n_expected, "%s: message %llu was the last", name,
	       (unsigned long long)tally->last);
	report(tally->n_torn == 0, "%s: %llu torn", name, (unsigned long long)tally->n_torn);
	report(tally->n_out_of_order == 0, "%s: %llu lost, doubled or out of order", name,
	       (unsigned long long)tally->n_out_of_order);
	report(tally->n_errors == 0, "%s: %llu errors", name, (unsigned long long)tally->n_errors);
	report(is_latest_only ? tally->n_whole > 0 : tally->n_whole == n_expected, "%s: %llu whole",
	       name, (unsigned long long)tally->n_whole);
}

void guest_main(void)
{
	uint64_t start = pv_timer_now();
	uint64_t patience = pv_ticks_from_us(PATIENCE_US);

	open_ports();
	while (!is_complete() && pv_timer_now() - start < patience) {
		bool has_moved = send_queued();

		has_moved = receive_queued() || has_moved;
		has_moved = send_samples() || has_moved;
		has_moved = receive_sample() || has_moved;
		has_moved = send_registers() || has_moved;
		has_moved = receive_registers() || has_moved;
		if (!has_moved && !is_complete()) {
			sleep_if_idle();
		}
		pv_irq_take_pending();
	}

	uint64_t ms = pv_ns_from_ticks(pv_timer_now() - start) / 1000000;

	pv_printf("load: sent %llu, %llu samples, %llu register messages in %llu ms\n",
		  (unsigned long long)n_sent, (unsigned long long)n_samples_sent,
		  (unsigned long long)n_registers_sent, (unsigned long long)ms);
	pv_printf("load: full %llu times, slept %llu times, %u interrupts\n",
		  (unsigned long long)n_full, (unsigned long long)n_sleeps, n_interrupts);
	report(n_sent == N_MESSAGES, "sent %llu", (unsigned long long)n_sent);
	report_tally("queuing", &queued, N_MESSAGES, false);
	report_tally("sampling", &sampled, N_SAMPLES, true);
	report_tally("register", &registered, N_REGISTER_MESSAGES, false);
	report_done();
}
