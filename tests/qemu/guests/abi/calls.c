/* SPDX-License-Identifier: Apache-2.0 */
/* Paravent's own calls. The other end of every channel is the guest "echo". */
#include "tests/qemu/guests/abi/abi.h"

#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/string.h"
#include "pv/timer.h"
#include "tests/qemu/guests/echo/echo.h"
#include "tests/qemu/guests/report.h"

#define SECOND_US  UINT64_C(1000000)
#define N_CASES(a) (sizeof(a) / sizeof((a)[0]))
#define HUGE       UINT64_MAX

/* tests/qemu/systems/abi.dtsi */
#define OWN_ID   7
#define ECHO_ID  9
#define N_PORTS  7
#define STATE    0
#define COMMAND  1
#define REPLY    2
#define ALARM    3
#define ANSWER   4
#define SINK     5
#define BLOB     6
#define N_DOORBELLS 4
#define SINK_DEPTH  2

static volatile uint32_t n_answers, n_bells, n_room;

static void count(uint32_t intid, void *context)
{
	(void)intid;
	(*(volatile uint32_t *)context)++;
}

/* Send to echo and wait for what it answers. */
static bool ask_echo(uint64_t operation, uint64_t word1, uint64_t answer[PV_MESSAGE_WORDS])
{
	const uint64_t message[PV_MESSAGE_WORDS] = { operation, word1, HUGE, 0x1234 };
	uint32_t before = n_answers;
	uint32_t sender = 0;

	pv_irq_unmask();
	bool is_answered = pv_message_send(ALARM, message) == PV_OK &&
			   wait_until(&n_answers, before + 1, 10 * SECOND_US);

	pv_irq_mask();
	return is_answered && pv_message_receive(ANSWER, &sender, answer) == PV_OK &&
	       sender == ECHO_ID && answer[0] == operation;
}

void test_partition_calls(void)
{
	static const struct call_case cases[] = {
		{ "PV_NULL", PV_NULL, { 1, 2, 3, 4, 5, 6, 7 }, PV_OK },
		{ "PV_FEATURES of PV_NULL", PV_FEATURES, { PV_NULL }, PV_OK },
		{ "PV_FEATURES of the last call", PV_FEATURES, { PV_PARTITION_CONTROL }, PV_OK },
		{ "PV_FEATURES of an unused number", PV_FEATURES, { PV_CALL64(PV_N_CALLS) },
		  PV_NOT_SUPPORTED },
		{ "PV_FEATURES of 0", PV_FEATURES, { 0 }, PV_NOT_SUPPORTED },
		{ "PV_FEATURES of 64 bits", PV_FEATURES, { UINT64_C(0x1c6000000) },
		  PV_NOT_SUPPORTED },
		{ "PV_FEATURES, x2 reserved", PV_FEATURES, { PV_NULL, 1 }, PV_BAD_ARGUMENT },
		{ "PV_FEATURES, x7 reserved", PV_FEATURES, { PV_NULL, 0, 0, 0, 0, 0, 1 },
		  PV_BAD_ARGUMENT },
		{ "PV_PARTITION_INFO of nobody", PV_PARTITION_INFO, { 8 }, PV_NO_SUCH },
		{ "PV_PARTITION_INFO of 64 bits", PV_PARTITION_INFO, { UINT64_C(0x100000007) },
		  PV_NO_SUCH },
		{ "PV_PARTITION_INFO, x2 reserved", PV_PARTITION_INFO, { PV_SELF, 1 },
		  PV_BAD_ARGUMENT },
		{ "PV_PARTITION_INFO, x7 reserved", PV_PARTITION_INFO,
		  { PV_SELF, 0, 0, 0, 0, 0, 1 }, PV_BAD_ARGUMENT },
		{ "PV_STATISTICS of nothing", PV_STATISTICS, { PV_N_STATISTICS }, PV_BAD_ARGUMENT },
		{ "PV_STATISTICS of all bits", PV_STATISTICS, { HUGE }, PV_BAD_ARGUMENT },
		{ "PV_STATISTICS of a CPU that is not ours", PV_STATISTICS, { 0, 2 },
		  PV_BAD_ARGUMENT },
		{ "PV_STATISTICS, x3 reserved", PV_STATISTICS, { 0, 0, 1 }, PV_BAD_ARGUMENT },
	};
	static const struct call_case statistics = {
		"PV_STATISTICS answers in x1 alone",
		PV_STATISTICS,
		{ PV_STATISTIC_INTERRUPTS, 1 },
		PV_OK,
	};
	struct pv_partition_info own = { 0 }, echo = { 0 };
	uint64_t before = 0, after = 0;

	run_cases(cases, N_CASES(cases), 1);
	run_cases(&statistics, 1, 2);
	report(pv_partition_info(PV_SELF, &own) == PV_OK, "PV_PARTITION_INFO of myself");
	report(own.id == OWN_ID && own.n_vcpus == 2 && own.state == PV_PARTITION_RUNNING &&
		       own.n_ports == N_PORTS && own.n_doorbells == N_DOORBELLS &&
		       own.n_starts == 1 && own.roles == PV_ROLE_MANAGER,
	       "id %u, %u vCPUs, state %d, %u ports, %u doorbells, %u starts, roles %u", own.id,
	       own.n_vcpus, (int)own.state, own.n_ports, own.n_doorbells, own.n_starts, own.roles);
	report(pv_partition_info(OWN_ID, &own) == PV_OK && own.n_ports == N_PORTS,
	       "PV_PARTITION_INFO of my own id says the same");
	report(pv_partition_info(ECHO_ID, &echo) == PV_OK && echo.id == ECHO_ID &&
		       echo.n_vcpus == 1 && echo.state == PV_PARTITION_RUNNING &&
		       echo.n_starts == 1,
	       "PV_PARTITION_INFO of another");
	report(echo.n_ports == 0 && echo.n_doorbells == 0 && echo.roles == 0,
	       "which does not say what that one has");
	report(pv_statistics(PV_STATISTIC_HYPERCALLS, 0, &before) == PV_OK &&
		       pv_statistics(PV_STATISTIC_HYPERCALLS, 0, &after) == PV_OK &&
		       after == before + 1,
	       "PV_STATISTICS counts hypercalls");
	report(pv_statistics(PV_STATISTIC_INTERRUPTS, 0, &after) == PV_OK && after == 0,
	       "PV_STATISTICS: no interrupt went through EL2");
}

void test_console_calls(void)
{
	static const struct call_case cases[] = {
		{ "PV_CONSOLE_WRITE of nothing", PV_CONSOLE_WRITE, { 0 }, PV_BAD_ARGUMENT },
		{ "PV_CONSOLE_WRITE of 49 bytes", PV_CONSOLE_WRITE, { 49 }, PV_BAD_ARGUMENT },
		{ "PV_CONSOLE_WRITE of all bits", PV_CONSOLE_WRITE, { HUGE }, PV_BAD_ARGUMENT },
		{ "PV_CONSOLE_READ of nothing", PV_CONSOLE_READ, { 0 }, PV_BAD_ARGUMENT },
		{ "PV_CONSOLE_READ of 49 bytes", PV_CONSOLE_READ, { 49 }, PV_BAD_ARGUMENT },
		{ "PV_CONSOLE_READ, x2 reserved", PV_CONSOLE_READ, { 48, 1 }, PV_BAD_ARGUMENT },
		{ "PV_CONSOLE_READ, x7 reserved", PV_CONSOLE_READ, { 48, 0, 0, 0, 0, 0, 1 },
		  PV_BAD_ARGUMENT },
	};
	static const char line[] = "forty-eight bytes in one call make this line...\n";
	struct pv_registers r = { 0 };
	size_t taken = 0;
	char typed[PV_CONSOLE_BYTES];

	_Static_assert(sizeof(line) == PV_CONSOLE_BYTES + 1, "48 characters");
	run_cases(cases, N_CASES(cases), 1);
	report(pv_console_write(line, PV_CONSOLE_BYTES, &taken) == PV_OK && taken == 48,
	       "PV_CONSOLE_WRITE takes 48 bytes");
	report(pv_console_write("\n", 1, &taken) == PV_OK && taken == 1,
	       "PV_CONSOLE_WRITE takes 1 byte");
	memcpy(&r.x[2], "one\nMORE", 8);
	r.x[0] = PV_CONSOLE_WRITE;
	r.x[1] = 4;
	pv_call(PV_CONDUIT_HVC, &r);
	report(r.x[0] == PV_OK && r.x[1] == 4, "PV_CONSOLE_WRITE takes no more than it is told");
	report(pv_console_read(typed, sizeof(typed), &taken) == PV_OK && taken == 0,
	       "PV_CONSOLE_READ: nothing was typed");
}

static void test_port(uint32_t number, const struct pv_port_config *port)
{
	struct pv_port_info info = { 0 };

	report(pv_port_info(number, &info) == PV_OK, "PV_PORT_INFO of port %u", number);
	report(info.kind == port->kind && info.direction == port->direction &&
		       info.message_bytes == port->message_bytes && info.depth == port->depth &&
		       info.interrupt == port->interrupt && info.refresh_us == port->refresh_us,
	       "port %u \"%s\" as the device tree has it", number, port->name);
	report(info.n_doorbells == port->n_doorbells &&
		       (info.n_doorbells == 0 || info.first_doorbell == port->first_doorbell),
	       "port %u: so are its %u doorbells", number, info.n_doorbells);
	report_equal(info.peer_state, PV_PARTITION_RUNNING, "its peer runs");
}

static void test_port_information(void)
{
	static const struct call_case cases[] = {
		{ "PV_PORT_INFO of a port we do not have", PV_PORT_INFO, { N_PORTS }, PV_NO_SUCH },
		{ "PV_PORT_INFO of all bits", PV_PORT_INFO, { HUGE }, PV_NO_SUCH },
		{ "PV_PORT_INFO, x2 reserved", PV_PORT_INFO, { 0, 1 }, PV_BAD_ARGUMENT },
		{ "PV_PORT_INFO, x7 reserved", PV_PORT_INFO, { 0, 0, 0, 0, 0, 0, 1 },
		  PV_BAD_ARGUMENT },
		{ "PV_DOORBELL we do not have", PV_DOORBELL, { N_DOORBELLS }, PV_NO_SUCH },
		{ "PV_DOORBELL of all bits", PV_DOORBELL, { HUGE }, PV_NO_SUCH },
		{ "PV_DOORBELL of 64 bits", PV_DOORBELL, { UINT64_C(0x100000000) }, PV_NO_SUCH },
		{ "PV_DOORBELL looks at x1 alone", PV_DOORBELL, { 0, 2, 3, 4, 5, 6, 7 }, PV_OK },
	};

	run_cases(cases, N_CASES(cases), 1);
	report_equal(pv_platform()->n_ports, N_PORTS, "ports in the device tree");
	for (uint32_t i = 0; i < pv_platform()->n_ports; i++) {
		test_port(i, &pv_platform()->ports[i]);
	}
}

static void test_messages(void)
{
	static const struct call_case cases[] = {
		{ "PV_MESSAGE_SEND to a port we do not have", PV_MESSAGE_SEND, { N_PORTS, 1 },
		  PV_NO_SUCH },
		{ "PV_MESSAGE_SEND to a sampling port", PV_MESSAGE_SEND, { STATE, 1 },
		  PV_BAD_ARGUMENT },
		{ "PV_MESSAGE_SEND to a destination", PV_MESSAGE_SEND, { ANSWER, 1 },
		  PV_NOT_ALLOWED },
		{ "PV_MESSAGE_SEND, x6 reserved", PV_MESSAGE_SEND, { SINK, 1, 2, 3, 4, 5 },
		  PV_BAD_ARGUMENT },
		{ "PV_MESSAGE_SEND, x7 reserved", PV_MESSAGE_SEND, { SINK, 1, 2, 3, 4, 0, 5 },
		  PV_BAD_ARGUMENT },
		{ "PV_MESSAGE_RECEIVE from a port we do not have", PV_MESSAGE_RECEIVE, { HUGE },
		  PV_NO_SUCH },
		{ "PV_MESSAGE_RECEIVE from a queuing port", PV_MESSAGE_RECEIVE, { REPLY },
		  PV_BAD_ARGUMENT },
		{ "PV_MESSAGE_RECEIVE from a source", PV_MESSAGE_RECEIVE, { ALARM },
		  PV_NOT_ALLOWED },
		{ "PV_MESSAGE_RECEIVE, x7 reserved", PV_MESSAGE_RECEIVE, { ANSWER, 0, 0, 0, 0, 0, 1 },
		  PV_BAD_ARGUMENT },
		{ "PV_MESSAGE_RECEIVE, x2 reserved", PV_MESSAGE_RECEIVE, { ANSWER, 1 },
		  PV_BAD_ARGUMENT },
		{ "PV_MESSAGE_RECEIVE from an empty port", PV_MESSAGE_RECEIVE, { ANSWER },
		  PV_EMPTY },
		/* By HVC, then by SMC: the second fills it. */
		{ "PV_MESSAGE_SEND keeps its arguments", PV_MESSAGE_SEND, { SINK, 1, 2, 3, HUGE },
		  PV_OK },
		{ "PV_MESSAGE_SEND to a full port", PV_MESSAGE_SEND, { SINK, 1, 2, 3, 4 },
		  PV_FULL },
	};
	uint64_t answer[PV_MESSAGE_WORDS] = { 0 };

	_Static_assert(SINK_DEPTH == 2, "two messages fill it");
	run_cases(cases, N_CASES(cases), 1);
	report(ask_echo(ECHO_BACK, 0xffffff, answer), "a message comes back");
	report(answer[1] == OWN_ID && answer[2] == HUGE && answer[3] == 0x1234,
	       "its sender was given by EL2, its words are whole");
	report(ask_echo(ECHO_CONTROL, OWN_ID, answer) && (int64_t)answer[1] == PV_NOT_ALLOWED,
	       "a partition without the role controls nobody");
}

static void test_queuing(void)
{
	struct pv_queuing command, reply;
	struct pv_received received;
	uint64_t answer[PV_MESSAGE_WORDS];
	char text[64];

	report(pv_queuing_open(&command, &pv_platform()->ports[COMMAND]) == PV_OK &&
		       pv_queuing_open(&reply, &pv_platform()->ports[REPLY]) == PV_OK,
	       "queuing ports open");
	report(pv_queuing_receive(&reply, text, sizeof(text), &received) == PV_EMPTY,
	       "empty is told");
	for (char i = 0; i < 4; i++) {
		report(pv_queuing_send(&command, &i, 1) == PV_OK, "command %d", i);
	}
	report(pv_queuing_send(&command, text, 1) == PV_FULL, "full is told");
	n_room = 0;
	report(pv_queuing_wait_begin(&command), "a full port is slept on");
	report(ask_echo(ECHO_QUEUE, 0, answer) && answer[1] == PV_OK, "one is taken");
	pv_irq_unmask();
	report(wait_until(&n_room, 1, 10 * SECOND_US), "and the bell says so");
	pv_irq_mask();
	pv_queuing_wait_end(&command);
	report(pv_queuing_receive(&reply, text, sizeof(text), &received) == PV_OK && text[0] == 0 &&
		       received.bytes == 1 && received.number == 1,
	       "it comes back");
	for (char i = 1; i < 4; i++) {
		report(ask_echo(ECHO_QUEUE, 0, answer) && answer[1] == PV_OK &&
			       pv_queuing_receive(&reply, text, sizeof(text), &received) == PV_OK &&
			       text[0] == i,
		       "reply %d", i);
	}
	report(ask_echo(ECHO_QUEUE, 0, answer) && (int64_t)answer[1] == PV_EMPTY, "no more");
}

void test_port_calls(void)
{
	const struct pv_port_config *ports = pv_platform()->ports;

	test_port_information();
	report(pv_irq_attach_edge(ports[ANSWER].interrupt, count, (void *)(uintptr_t)&n_answers) &&
		       pv_irq_attach_edge(ports[BLOB].interrupt, count,
					  (void *)(uintptr_t)&n_bells) &&
		       pv_irq_attach_edge(ports[COMMAND].interrupt, count,
					  (void *)(uintptr_t)&n_room),
	       "port interrupts attached");
	test_messages();
	test_queuing();
	pv_irq_unmask();
	report(pv_port_ring(&ports[BLOB], 0) == PV_OK, "ring");
	report(wait_until(&n_bells, 1, 10 * SECOND_US), "the other end rings back");
	pv_irq_mask();
}

static bool wait_for_state(uint64_t partition, enum pv_partition_state state, uint32_t n_starts)
{
	struct pv_partition_info info = { 0 };

	for (int i = 0; i < 5000; i++) {
		if (pv_partition_info(partition, &info) == PV_OK && info.state == state &&
		    info.n_starts == n_starts) {
			return true;
		}
		pv_timer_delay_us(1000);
	}
	return false;
}

void test_control_calls(void)
{
	static const struct call_case cases[] = {
		{ "PV_PARTITION_CONTROL of nobody", PV_PARTITION_CONTROL, { 8, PV_CONTROL_STOP },
		  PV_NO_SUCH },
		{ "PV_PARTITION_CONTROL of all bits", PV_PARTITION_CONTROL,
		  { HUGE, PV_CONTROL_STOP }, PV_NO_SUCH },
		{ "PV_PARTITION_CONTROL of oneself", PV_PARTITION_CONTROL,
		  { OWN_ID, PV_CONTROL_STOP }, PV_NOT_ALLOWED },
		{ "PV_PARTITION_CONTROL with an unknown order", PV_PARTITION_CONTROL,
		  { ECHO_ID, 3 }, PV_BAD_ARGUMENT },
		{ "PV_PARTITION_CONTROL, x3 reserved", PV_PARTITION_CONTROL,
		  { ECHO_ID, PV_CONTROL_START, 1 }, PV_BAD_ARGUMENT },
		{ "PV_PARTITION_CONTROL: start of one that runs", PV_PARTITION_CONTROL,
		  { ECHO_ID, PV_CONTROL_START }, PV_BUSY },
	};
	uint64_t answer[PV_MESSAGE_WORDS];
	struct pv_port_info port = { 0 };

	run_cases(cases, N_CASES(cases), 1);
	report(pv_partition_control(ECHO_ID, PV_CONTROL_STOP) == PV_OK, "stop another partition");
	report(wait_for_state(ECHO_ID, PV_PARTITION_STOPPED, 1), "it stops");
	report(pv_port_info(ALARM, &port) == PV_OK && port.peer_state == PV_PARTITION_STOPPED,
	       "its ports show it");
	report(pv_partition_control(ECHO_ID, PV_CONTROL_STOP) == PV_OK, "stop it again");
	report(pv_partition_control(ECHO_ID, PV_CONTROL_START) == PV_OK, "start it");
	report(wait_for_state(ECHO_ID, PV_PARTITION_RUNNING, 2), "it runs");
	report(ask_echo(ECHO_BACK, 0, answer), "it answers");
	report(pv_partition_control(ECHO_ID, PV_CONTROL_RESTART) == PV_OK, "restart it");
	report(wait_for_state(ECHO_ID, PV_PARTITION_RUNNING, 3), "it runs for the third time");
	report(ask_echo(ECHO_BACK, 0, answer), "it answers again");
}
