/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo: Linux's part of the demo.
 *
 *   1  waits until motion publishes its state, and shows who is there
 *   2  sends set-points one by one and shows motion going there
 *   3  sends many commands and checks every reply, sampling the state meanwhile
 *   4  as manager, stops motion until monitor raises its alarm, and starts it again
 *   5  prints what went each way, what was lost, and how steady motion's loop was
 *
 * Exit code 0: all came, whole and in order. Messages: rtos-guests/apps/demo_protocol.h
 */
#include "linux-guest/demo/exchange.h"
#include "linux-guest/demo/table.h"
#include "linux-guest/pvctl/device.h"
#include "linux-guest/pvctl/text.h"

#include "abi/hypercall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMANDS        2000u
#define IN_FLIGHT       8u
#define PATIENCE_MS     10000
#define STEP_MS         100
#define WAY_STEP        16 /* bytes of one position as text */
#define ARRIVED_UM      500
#define MOTION          "motion"

struct options {
	unsigned long n_commands;
	bool          may_stop_motion;
};

/* ---- 1: who is there ---------------------------------------------------------------- */

static bool find_motion(struct exchange *exchange)
{
	exchange_forget(exchange);
	for (int waited = 0; waited < PATIENCE_MS; waited += 10) {
		if (exchange_sample(exchange)) {
			printf("motion is alive: period %llu, position %.1f mm\n",
			       (unsigned long long)exchange->state.tick,
			       exchange->state.position_um / 1000.0);
			return true;
		}
		exchange_pause(exchange, 10);
	}
	complain("motion publishes no valid state: pvctl partitions shows if it runs, "
		 "pvctl watch state what it says");
	return false;
}

/* ---- 2: set-points ------------------------------------------------------------------- */

static bool go_to(struct exchange *exchange, int32_t set_point_um)
{
	struct demo_command command = {
		.operation = DEMO_SET_POINT,
		.set_point_um = set_point_um,
	};
	char way[1024] = "";
	size_t n = 0;
	int waited;

	if (!exchange_ask(exchange, &command, PATIENCE_MS)) {
		return false;
	}
	for (waited = 0; waited < PATIENCE_MS && n < sizeof(way) - WAY_STEP; waited += STEP_MS) {
		exchange_pause(exchange, STEP_MS);
		exchange_sample(exchange);
		n += (size_t)snprintf(way + n, WAY_STEP, " %.1f", exchange->state.position_um / 1000.0);
		if (abs(exchange->state.position_um - set_point_um) <= ARRIVED_UM) {
			printf("set-point %5.1f mm: motion at%s, there after %d ms\n",
			       set_point_um / 1000.0, way, waited + STEP_MS);
			return true;
		}
	}
	complain("motion did not come to %.1f mm, it was at%s", set_point_um / 1000.0, way);
	return false;
}

/* ---- 3: many commands -------------------------------------------------------------------- */

static bool send_many(struct exchange *exchange, unsigned long n_commands)
{
	unsigned long sent = 0;
	struct demo_command command = { .operation = DEMO_ASK };

	printf("%lu commands, %u at a time, every reply checked\n", n_commands, IN_FLIGHT);
	while (sent < n_commands || exchange->n_waiting > 0) {
		while (sent < n_commands && exchange->n_waiting < IN_FLIGHT) {
			if (!exchange_send(exchange, &command, PATIENCE_MS)) {
				return false;
			}
			sent++;
		}
		if (!exchange_reply(exchange, PATIENCE_MS)) {
			return false;
		}
		exchange_sample(exchange);
		exchange_alarms(exchange);
	}
	return true;
}

/* ---- 4: motion goes away and comes back ------------------------------------------------------- */

static bool is_trouble(uint32_t condition)
{
	return condition == DEMO_ALARM_STATE_LATE || condition == DEMO_ALARM_STATE_STUCK;
}

static bool is_good(uint32_t condition)
{
	return condition == 0 || condition == DEMO_ALARM_STATE_GOOD;
}

/* Until monitor's last alarm says so; it only speaks when its opinion changes. */
static bool wait_condition(struct exchange *exchange, bool (*is_wanted)(uint32_t), const char *wanted)
{
	for (int waited = 0; waited < PATIENCE_MS; waited++) {
		exchange_alarms(exchange);
		if (is_wanted(exchange->condition)) {
			return true;
		}
		exchange_pause(exchange, 1);
	}
	complain("monitor did not say within %d s that motion's state is %s", PATIENCE_MS / 1000,
		 wanted);
	return false;
}

static bool stop_and_start(struct exchange *exchange)
{
	struct paravent_partition motion;

	if (!partition_find(exchange->control, MOTION, &motion)) {
		return false;
	}
	exchange_show_again(exchange);
	if (!wait_condition(exchange, is_good, "good")) {
		return false;
	}
	printf("motion is stopped: monitor has to notice\n");
	if (!exchange_control(exchange, &motion, PV_CONTROL_STOP) ||
	    !wait_condition(exchange, is_trouble, "late")) {
		return false;
	}
	printf("motion is started again\n");
	if (!exchange_control(exchange, &motion, PV_CONTROL_START) ||
	    !wait_condition(exchange, is_good, "good")) {
		return false;
	}
	return find_motion(exchange);
}

/* ---- The demo --------------------------------------------------------------------------------- */

static bool run(struct exchange *exchange, const struct options *options)
{
	struct demo_command reset = { .operation = DEMO_RESET };
	bool is_manager = (exchange->self.roles & PV_ROLE_MANAGER) != 0;

	if (!find_motion(exchange) || !exchange_ask(exchange, &reset, PATIENCE_MS)) {
		return false;
	}
	if (!go_to(exchange, 40000) || !go_to(exchange, -15000) || !go_to(exchange, 0)) {
		return false;
	}
	if (!send_many(exchange, options->n_commands)) {
		return false;
	}
	/* The figures of the run, before motion loses them with its memory. */
	if (!exchange_settle(exchange, PATIENCE_MS)) {
		return false;
	}
	if (options->may_stop_motion && is_manager && !stop_and_start(exchange)) {
		return false;
	}
	return true;
}

static bool read_options(struct options *options, int argc, char *argv[])
{
	*options = (struct options){ .n_commands = COMMANDS, .may_stop_motion = true };
	for (int i = 1; i < argc; i++) {
		char *end = NULL;

		if (strcmp(argv[i], "-k") == 0) {
			options->may_stop_motion = false;
		} else if (strcmp(argv[i], "-n") == 0 && i + 1 < argc) {
			options->n_commands = strtoul(argv[++i], &end, 10);
			if (*end != '\0' || argv[i][0] < '0' || argv[i][0] > '9') {
				return false;
			}
		} else {
			return false;
		}
	}
	return true;
}

int main(int argc, char *argv[])
{
	struct exchange exchange;
	struct options options;
	bool is_clean;

	if (!read_options(&options, argc, argv)) {
		fputs("demo [-n COMMANDS] [-k]: exchange messages with motion and monitor\n"
		      "  -n COMMANDS  how many in the load part (default 2000)\n"
		      "  -k           keep motion running: do not stop and start it\n", stderr);
		return EXIT_USAGE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!exchange_open(&exchange)) {
		return EXIT_FAILED;
	}
	is_clean = run(&exchange, &options);
	table_print(&exchange);
	is_clean = exchange_is_clean(&exchange) && is_clean;
	exchange_close(&exchange);
	return is_clean ? EXIT_DONE : EXIT_FAILED;
}
