/* links: tests/fake/rtos_port.c rtos-guests/rtos/core/kernel.c rtos-guests/rtos/core/wait.c rtos-guests/rtos/core/deadline.c rtos-guests/rtos/core/task.c rtos-guests/rtos/core/mutex.c rtos-guests/rtos/core/semaphore.c rtos-guests/rtos/core/queue.c rtos-guests/rtos/core/notify.c rtos-guests/rtos/core/timer.c rtos-guests/apps/motion/control.c rtos-guests/apps/motion/command.c rtos-guests/apps/motion/plant.c rtos-guests/apps/motion/latency.c rtos-guests/apps/motion/scope.c rtos-guests/sdk/port.c */
/* flags: -Irtos-guests/rtos/include -Irtos-guests/sdk/include -Irtos-guests/drivers/include */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo's motion on the host: its tasks on the simulated machine, real ports
 * in real windows, and the test at their other end in Linux's place.
 */
#include "tests/fake/rtos_port.h"

#include "rtos-guests/apps/motion/command.h"
#include "rtos-guests/apps/motion/control.h"
#include "rtos-guests/apps/motion/scope.h"

#include "pv/gpio.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/port.h"
#include "pv/port_access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define PERIOD       (FAKE_RTOS_FREQUENCY / DEMO_MOTION_HZ)
#define MS           (FAKE_RTOS_FREQUENCY / 1000)
#define DEPTH        16u
#define WINDOW_BYTES 4096
#define COMMAND_IRQ  40u /* motion's: a command is there */
#define REPLY_IRQ    41u /* motion's: there is room for a reply */
#define LINUX_BELLS  100u /* doorbells from here on are Linux's, ring these interrupts */

enum { STATE, COMMAND, REPLY, TRACE, N_PORTS };

static _Alignas(64) unsigned char windows[6][WINDOW_BYTES];
static struct pv_port_config ports[N_PORTS], linux_ports[N_PORTS];
static struct pv_sampling linux_state;
static struct pv_queuing linux_command, linux_reply;
static bool has_ports;
static struct {
	pv_irq_handler *handler;
	void           *context;
} attached[64];
static unsigned int n_rung_for_linux;
static const struct pv_device *gpio_device; /* NULL: motion has none */
static struct {
	uint32_t     pin;
	bool         is_output, level;
	unsigned int n_changes;
	uint64_t     changed_at;
} pin;

/* ---- What motion needs of the SDK --------------------------------------- */

const struct pv_port_config *pv_platform_port(const char *name)
{
	return has_ports ? pv_port_find(ports, N_PORTS, name) : NULL;
}

bool pv_irq_attach(uint32_t intid, pv_irq_handler *handler, void *context)
{
	attached[intid].handler = handler;
	attached[intid].context = context;
	return true;
}

void pv_irq_set_edge(uint32_t intid, bool is_edge)
{
	assert_true(intid >= 32 && is_edge);
}

uint64_t port_now(void)
{
	return rtos_now();
}

uint64_t port_ticks_from_us(uint64_t us)
{
	return rtos_ticks_from_us(us);
}

static void take_bell(void *argument)
{
	uint32_t intid = (uint32_t)(uintptr_t)argument;

	attached[intid].handler(intid, attached[intid].context);
}

enum pv_status port_ring(uint32_t doorbell)
{
	if (doorbell >= LINUX_BELLS) {
		uint32_t intid = doorbell - LINUX_BELLS;

		fake_rtos_interrupt_at(rtos_now(), take_bell, (void *)(uintptr_t)intid);
	} else {
		n_rung_for_linux++;
	}
	return PV_OK;
}

bool pv_gpio_open_first(struct pv_gpio *gpio)
{
	gpio->device = gpio_device;
	return gpio_device != NULL;
}

bool pv_device_is_compatible(const struct pv_device *device, const char *compatible)
{
	return strcmp(device->compatible, compatible) == 0;
}

void pv_gpio_set_output(const struct pv_gpio *gpio, uint32_t number, bool is_output)
{
	assert_ptr_equal(gpio->device, gpio_device);
	pin.pin = number;
	pin.is_output = is_output;
}

void pv_gpio_write(const struct pv_gpio *gpio, uint32_t number, bool level)
{
	assert_ptr_equal(gpio->device, gpio_device);
	if (!pin.is_output) {
		pin.level = level;
		return;
	}
	assert_int_equal(number, pin.pin);
	assert_true(level != pin.level);
	pin.level = level;
	pin.n_changes++;
	pin.changed_at = rtos_now();
}

/* ---- Set-up ------------------------------------------------------------- */

static uint64_t window(unsigned int n)
{
	return (uint64_t)(uintptr_t)windows[n];
}

static void wire_ports(void)
{
	struct pv_port_config table[N_PORTS] = {
		[STATE] = { "state", PV_PORT_SAMPLING, PV_PORT_SOURCE, 64, 0, 10000, 0, 0, 0,
			    window(0), 0 },
		[COMMAND] = { "command", PV_PORT_QUEUING, PV_PORT_DESTINATION, 32, DEPTH, 0,
			      COMMAND_IRQ, 1, 1, window(1), window(2) },
		[REPLY] = { "reply", PV_PORT_QUEUING, PV_PORT_SOURCE, 32, DEPTH, 0, REPLY_IRQ, 2, 1,
			    window(3), window(4) },
		[TRACE] = { "trace", PV_PORT_WINDOW, PV_PORT_BOTH, WINDOW_BYTES, 0, 0, 0, 0, 0,
			    window(5), 0 },
	};

	for (unsigned int i = 0; i < N_PORTS; i++) {
		ports[i] = table[i];
		linux_ports[i] = table[i];
	}
	linux_ports[STATE].direction = PV_PORT_DESTINATION;
	linux_ports[COMMAND].direction = PV_PORT_SOURCE;
	linux_ports[COMMAND].first_doorbell = LINUX_BELLS + COMMAND_IRQ;
	linux_ports[REPLY].direction = PV_PORT_DESTINATION;
	linux_ports[REPLY].first_doorbell = LINUX_BELLS + REPLY_IRQ;
	assert_int_equal(pv_sampling_open(&linux_state, &linux_ports[STATE]), PV_OK);
	assert_int_equal(pv_queuing_open(&linux_command, &linux_ports[COMMAND]), PV_OK);
	assert_int_equal(pv_queuing_open(&linux_reply, &linux_ports[REPLY]), PV_OK);
}

static void begin(void)
{
	memset(windows, 0, sizeof(windows));
	wire_ports();
	has_ports = true;
	fake_rtos_begin(0);
	memset(&pin, 0, sizeof(pin));
	(void)scope_open(&(uint32_t){ 0 });
	assert_true(control_start());
	assert_true(command_start());
}

static void run_ms(uint64_t ms)
{
	fake_rtos_run(rtos_now() + ms * MS);
	assert_null(fake_rtos_panic());
}

static struct demo_state state_now(void)
{
	struct demo_state state = { .tick = 0 };
	struct pv_sample sample;

	assert_int_equal(pv_sampling_read(&linux_state, &state, sizeof(state), &sample), PV_OK);
	assert_int_equal(sample.bytes, sizeof(state));
	assert_true(sample.is_valid);
	assert_true(demo_is_whole(&state, sizeof(state), DEMO_STATE_MAGIC));
	return state;
}

static struct demo_command make_command(uint32_t sequence, uint32_t operation, int32_t set_point)
{
	struct demo_command command = {
		.sequence = sequence,
		.operation = operation,
		.set_point_um = set_point,
		.cookie = ~(uint64_t)sequence,
	};

	demo_seal(&command, sizeof(command), DEMO_COMMAND_MAGIC);
	return command;
}

static enum pv_status send_command(uint32_t sequence, uint32_t operation, int32_t set_point)
{
	struct demo_command command = make_command(sequence, operation, set_point);

	return pv_queuing_send(&linux_command, &command, sizeof(command));
}

/* The next reply must be whole and have that sequence number and result. */
static struct demo_reply expect_reply(uint32_t sequence, enum demo_result result)
{
	struct demo_reply reply = { .sequence = 0 };
	struct pv_received received;

	assert_int_equal(pv_queuing_receive(&linux_reply, &reply, sizeof(reply), &received),
			 PV_OK);
	assert_int_equal(received.bytes, sizeof(reply));
	assert_true(demo_is_whole(&reply, sizeof(reply), DEMO_REPLY_MAGIC));
	assert_int_equal(reply.sequence, sequence);
	assert_int_equal(reply.result, result);
	return reply;
}

/* ---- The loop ----------------------------------------------------------- */

static void loop_runs_without_any_port(void **unused)
{
	struct demo_state state;

	(void)unused;
	fake_rtos_begin(0);
	has_ports = false;
	assert_true(control_start());
	assert_false(command_start());
	run_ms(100);
	control_look(&state, NULL);
	assert_int_equal(state.tick, 100);
}

static void state_is_published_every_millisecond(void **unused)
{
	(void)unused;
	begin();
	run_ms(20);
	for (unsigned int i = 0; i < 100; i++) {
		struct demo_state before = state_now();

		run_ms(1);
		struct demo_state after = state_now();

		assert_int_equal(after.tick, before.tick + 1);
		assert_int_equal(after.release, before.release + PERIOD);
		assert_int_equal(after.release, rtos_now());
		assert_int_equal(after.latency_max_ns, 0);
	}
	assert_int_equal(n_rung_for_linux, 0); /* it never asked to be woken */
}

static void spend_masked(void *argument)
{
	fake_rtos_spend((uintptr_t)argument);
}

static void late_and_missed_periods_are_counted(void **unused)
{
	struct latency before, after;

	(void)unused;
	begin();
	run_ms(10);
	struct demo_state first = state_now();

	control_look(NULL, &before);
	fake_rtos_interrupt_at(rtos_now() + 900, spend_masked, (void *)300); /* 200 us late */
	run_ms(2);
	assert_int_equal(state_now().latency_max_ns, 200000);
	assert_int_equal(state_now().n_missed, first.n_missed);

	/* One release is 3.4 ms late, the two after it are past then, the next is 0.4 ms late. */
	fake_rtos_interrupt_at(rtos_now() + 900, spend_masked, (void *)3500);
	run_ms(10);
	struct demo_state last = state_now();

	assert_int_equal(last.n_missed, first.n_missed + 2);
	assert_int_equal(last.latency_max_ns, 3400000);
	assert_int_equal(last.tick, first.tick + 12); /* missed ones count */
	assert_int_equal(last.release, rtos_now());
	control_look(NULL, &after);
	assert_int_equal(after.n - before.n, 10);
	assert_int_equal(after.bins[7] - before.bins[7], 0); /* below 200 us: 200 is not */
	assert_int_equal(after.bins[8] - before.bins[8], 2);
	assert_int_equal(after.bins[10] - before.bins[10], 1);
}

static void trace_has_every_period(void **unused)
{
	const struct demo_trace_header *header = (const void *)windows[5];
	const struct demo_trace_record *records = (const void *)(header + 1);
	uint32_t n_records = (uint32_t)DEMO_TRACE_RECORDS(WINDOW_BYTES);

	(void)unused;
	begin();
	run_ms(300);
	assert_int_equal(header->magic, DEMO_TRACE_MAGIC);
	assert_int_equal(header->record_bytes, 32);
	assert_int_equal(header->n_records, n_records);
	assert_int_equal(header->count, 300);
	for (uint64_t number = header->count - n_records + 1; number <= header->count; number++) {
		const struct demo_trace_record *record = &records[number % n_records];

		assert_int_equal(record->number, number);
		assert_int_equal(record->release, number * PERIOD);
	}
}

/* ---- Commands ----------------------------------------------------------- */

static void set_point_is_answered_and_reached(void **unused)
{
	const int32_t targets[] = { 250000, -40000, 0, DEMO_SET_POINT_MAX_UM,
				    -DEMO_SET_POINT_MAX_UM, 100 };

	(void)unused;
	begin();
	run_ms(10);
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(send_command(i, DEMO_SET_POINT, targets[i]), PV_OK);
		run_ms(1); /* the bell wakes the command task at once */
		struct demo_reply reply = expect_reply(i, DEMO_OK);

		assert_int_equal(reply.cookie, ~(uint64_t)i);
		run_ms(8000);
		struct demo_state state = state_now();

		assert_int_equal(state.set_point_um, targets[i]);
		assert_in_range(state.position_um + 2000000, targets[i] + 2000000 - 20,
				targets[i] + 2000000 + 20);
		assert_int_equal(state.n_missed, 0);
	}
}

static void bad_commands_are_refused_and_change_nothing(void **unused)
{
	struct demo_command command = make_command(1, DEMO_SET_POINT, 77);
	uint32_t n_bad = command_n_bad();

	(void)unused;
	begin();
	run_ms(10);
	int32_t set_point = state_now().set_point_um;

	command.set_point_um = 78; /* the checksum is that of 77 */
	assert_int_equal(pv_queuing_send(&linux_command, &command, sizeof(command)), PV_OK);
	assert_int_equal(send_command(2, 99, 77), PV_OK);
	assert_int_equal(send_command(3, DEMO_SET_POINT, DEMO_SET_POINT_MAX_UM + 1), PV_OK);
	assert_int_equal(send_command(4, DEMO_SET_POINT, INT32_MIN), PV_OK);
	command = make_command(5, DEMO_SET_POINT, 77);
	assert_int_equal(pv_queuing_send(&linux_command, &command, sizeof(command) - 1), PV_OK);
	command = make_command(6, DEMO_SET_POINT, 77);
	demo_seal(&command, sizeof(command), DEMO_REPLY_MAGIC);
	assert_int_equal(pv_queuing_send(&linux_command, &command, sizeof(command)), PV_OK);
	assert_int_equal(pv_queuing_send(&linux_command, NULL, 0), PV_OK);
	run_ms(20);
	expect_reply(1, DEMO_BAD_COMMAND);
	expect_reply(2, DEMO_BAD_COMMAND);
	expect_reply(3, DEMO_OUT_OF_RANGE);
	expect_reply(4, DEMO_OUT_OF_RANGE);
	expect_reply(0, DEMO_BAD_COMMAND);
	expect_reply(6, DEMO_BAD_COMMAND);
	expect_reply(0, DEMO_BAD_COMMAND);
	assert_int_equal(command_n_bad() - n_bad, 5);
	assert_int_equal(state_now().set_point_um, set_point);
}

static void reset_begins_the_figures_anew(void **unused)
{
	(void)unused;
	begin();
	run_ms(10);
	fake_rtos_interrupt_at(rtos_now() + 900, spend_masked, (void *)2500);
	run_ms(10);
	assert_true(state_now().latency_max_ns >= 400000 && state_now().n_missed > 0);
	assert_int_equal(send_command(1, DEMO_RESET, 0), PV_OK);
	run_ms(5);
	expect_reply(1, DEMO_OK);
	assert_int_equal(state_now().latency_max_ns, 0);
	assert_int_equal(state_now().n_missed, 0);
}

/* Ask `n` times; read replies only every `pause` ms. All must come, in order. */
static void slow_reader_loses_nothing(void **unused)
{
	const uint32_t n = 500;
	uint32_t sent = 0, received = 0;

	(void)unused;
	begin();
	run_ms(10);
	uint32_t n_lost = state_now().n_lost;

	while (received < n) {
		while (sent < n && send_command(sent, DEMO_ASK, 0) == PV_OK) {
			sent++;
		}
		run_ms(50);
		while (pv_queuing_level(&linux_reply) > 0) {
			expect_reply(received++, DEMO_OK);
		}
	}
	assert_int_equal(state_now().n_lost, n_lost);
}

/* Nobody reads: replies are given up, one every 100 ms; the loop keeps its beat. */
static void absent_reader_does_not_stop_the_loop(void **unused)
{
	(void)unused;
	begin();
	run_ms(10);
	struct demo_state before = state_now();

	for (uint32_t i = 0; i < DEPTH; i++) {
		assert_int_equal(send_command(i, DEMO_ASK, 0), PV_OK);
	}
	run_ms(5);
	for (uint32_t i = 0; i < DEPTH; i++) {
		assert_int_equal(send_command(DEPTH + i, DEMO_ASK, 0), PV_OK);
	}
	run_ms(99);
	assert_int_equal(state_now().n_lost, before.n_lost);
	run_ms(1000);
	struct demo_state after = state_now();

	assert_in_range(after.n_lost - before.n_lost, 9, 11);
	assert_int_equal(after.tick - before.tick, 1104);
	assert_int_equal(after.latency_max_ns, 0);

	/* When the reader comes back it finds the oldest, and new ones are answered again. */
	for (uint32_t i = 0; i < DEPTH; i++) {
		expect_reply(i, DEMO_OK);
	}
	run_ms(5);
	assert_true(pv_queuing_level(&linux_reply) > 0);
	while (pv_queuing_level(&linux_reply) > 0) {
		expect_reply(2 * DEPTH - (uint32_t)pv_queuing_level(&linux_reply), DEMO_OK);
	}
}

/* A count of commands that cannot be: the port is no use, the loop does not care. */
static void hostile_counts_cost_nothing_but_the_port(void **unused)
{
	struct pv_queuing_header *header = (void *)windows[1];
	uint32_t n_bad;

	(void)unused;
	begin();
	run_ms(10);
	struct demo_state before = state_now();

	n_bad = command_n_bad();
	header->count = UINT64_C(1) << 40;
	run_ms(1000);
	assert_int_equal(state_now().tick - before.tick, 1000);
	assert_int_equal(state_now().latency_max_ns, 0);
	assert_in_range(command_n_bad() - n_bad, 80, 101); /* looked at every 10 ms, no more */

	header->count = 0;
	assert_int_equal(send_command(7, DEMO_ASK, 0), PV_OK);
	run_ms(200);
	expect_reply(7, DEMO_OK);
}

/* ---- The pin ------------------------------------------------------------ */

static void pin_changes_at_the_release_of_each_period(void **state)
{
	static const struct {
		struct pv_device device;
		uint32_t         pin;
	} cases[] = {
		{ { .name = "gpio@1", .compatible = "arm,pl061" }, 0 },
		{ { .name = "gpio@2", .compatible = "fsl,imx35-gpio" }, 16 },
		{ { .name = "gpio@3", .compatible = "brcm,bcm2711-gpio" }, 17 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t number = 99;

		memset(&pin, 0, sizeof(pin));
		gpio_device = &cases[i].device;
		assert_string_equal(scope_open(&number), cases[i].device.name);
		assert_int_equal(number, cases[i].pin);
		assert_true(pin.is_output);
		begin();
		run_ms(100);
		assert_in_range(pin.n_changes, 99, 100);
		assert_int_equal(pin.changed_at % PERIOD, 0);
	}
	gpio_device = NULL;
}

static void no_pin_without_a_known_block(void **state)
{
	static const struct pv_device other = { .name = "gpio@4", .compatible = "some,gpio" };
	uint32_t number;

	(void)state;
	memset(&pin, 0, sizeof(pin));
	gpio_device = &other;
	assert_null(scope_open(&number));
	begin();
	run_ms(10);
	assert_int_equal(pin.n_changes, 0);
	assert_false(pin.is_output);
	gpio_device = NULL;
	assert_null(scope_open(&number));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loop_runs_without_any_port),
		cmocka_unit_test(state_is_published_every_millisecond),
		cmocka_unit_test(late_and_missed_periods_are_counted),
		cmocka_unit_test(trace_has_every_period),
		cmocka_unit_test(set_point_is_answered_and_reached),
		cmocka_unit_test(bad_commands_are_refused_and_change_nothing),
		cmocka_unit_test(reset_begins_the_figures_anew),
		cmocka_unit_test(slow_reader_loses_nothing),
		cmocka_unit_test(absent_reader_does_not_stop_the_loop),
		cmocka_unit_test(hostile_counts_cost_nothing_but_the_port),
		cmocka_unit_test(pin_changes_at_the_release_of_each_period),
		cmocka_unit_test(no_pin_without_a_known_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
