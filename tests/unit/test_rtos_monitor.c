/* links: rtos-guests/apps/alarms.c rtos-guests/apps/monitor/watch.c */
/* flags: -Irtos-guests/sdk/include */
/* SPDX-License-Identifier: Apache-2.0 */
/* The demo's monitor: its judgement of motion's state, alarms that Linux does not take. */
#include "rtos-guests/apps/alarms.h"
#include "rtos-guests/apps/monitor/watch.h"

#include "pv/hypercall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define HZ         UINT64_C(62500000)
#define MS         (HZ / 1000)
#define LOOK       (2 * MS)
#define REFRESH_US 10000

static struct watch watch;
static uint64_t now;
static uint64_t tick;
static struct demo_alarm alarm;

static struct watch_look good_look(void)
{
	struct watch_look look = {
		.status = PV_OK,
		.bytes = sizeof(struct demo_state),
		.number = tick,
		.age_ticks = MS,
		.is_valid = true,
		.state.tick = tick,
	};

	demo_seal(&look.state, sizeof(look.state), DEMO_STATE_MAGIC);
	return look;
}

/* Time goes on by one look; motion's tick by `ticks`. */
static bool feed_after(struct watch_look look)
{
	now += LOOK;
	return watch_feed(&watch, now, &look, &alarm);
}

static bool feed_good(void)
{
	tick += 2;
	return feed_after(good_look());
}

static bool feed_status(enum pv_status status)
{
	struct watch_look look = { .status = status };

	return feed_after(look);
}

static bool feed_late(uint64_t age_ms)
{
	struct watch_look look = good_look();

	look.is_valid = false;
	look.age_ticks = age_ms * MS;
	return feed_after(look);
}

/* From the start to WATCH_GOOD. */
static void begin(void)
{
	now = UINT64_MAX - 100 * MS; /* the counter wraps in the middle of things */
	tick = 0;
	watch_start(&watch, now, HZ, REFRESH_US);
	assert_true(feed_good());
	assert_int_equal(alarm.code, DEMO_ALARM_STATE_GOOD);
	assert_int_equal(watch.condition, WATCH_GOOD);
}

/* Good looks until it says so; how many that took. */
static unsigned int looks_to_recover(void)
{
	unsigned int n = 1;

	while (!feed_good()) {
		n++;
		assert_true(n < 1000);
	}
	assert_int_equal(alarm.code, DEMO_ALARM_STATE_GOOD);
	return n;
}

static void good_state_raises_nothing(void **state)
{
	(void)state;
	begin();
	for (unsigned int i = 0; i < 1000; i++) {
		assert_false(feed_good());
	}
	assert_int_equal(watch.n_outages, 0);
	assert_int_equal(watch.age_max_ticks, MS);
}

static void first_state_may_take_a_second(void **state)
{
	unsigned int n = 0;

	(void)state;
	now = 5;
	watch_start(&watch, now, HZ, REFRESH_US);
	while (!feed_status(PV_EMPTY)) {
		assert_int_equal(watch.condition, WATCH_WAITING);
		n++;
	}
	assert_int_equal(n, 499);
	assert_int_equal(alarm.code, DEMO_ALARM_STATE_LATE);
	assert_int_equal(alarm.a, 0);
	assert_false(feed_status(PV_EMPTY));
	assert_int_equal(looks_to_recover(), WATCH_GOOD_LOOKS);
}

static void late_once_and_good_once(void **state)
{
	(void)state;
	begin();
	uint64_t last = tick;

	assert_true(feed_late(11));
	assert_int_equal(alarm.code, DEMO_ALARM_STATE_LATE);
	assert_int_equal(alarm.a, 11000000);
	assert_int_equal(alarm.b, last);
	assert_int_equal(alarm.timestamp, now);
	for (uint64_t age = 12; age < 50; age++) {
		assert_false(feed_late(age));
	}
	assert_int_equal(looks_to_recover(), WATCH_GOOD_LOOKS);
	/* 38 looks late, then those it took to believe: 2 ms each */
	assert_int_equal(alarm.a, (38 + WATCH_GOOD_LOOKS) * UINT64_C(2000000));
	assert_int_equal(alarm.b, tick);
	assert_int_equal(watch.n_outages, 1);
	assert_int_equal(watch.longest_ticks, (38 + WATCH_GOOD_LOOKS) * LOOK);
}

static void flapping_is_one_outage(void **state)
{
	(void)state;
	begin();
	assert_true(feed_late(20));
	for (unsigned int i = 0; i < 20; i++) {
		for (unsigned int n = 0; n < WATCH_GOOD_LOOKS - 1; n++) {
			assert_false(feed_good());
		}
		assert_false(feed_late(20));
	}
	assert_int_equal(looks_to_recover(), WATCH_GOOD_LOOKS);
	assert_int_equal(watch.n_outages, 1);
}

static void written_but_not_moving_is_stuck(void **state)
{
	unsigned int n = 0;

	(void)state;
	begin();
	while (!feed_after(good_look())) {
		n++;
	}
	assert_int_equal(n, 5); /* 10 ms may pass */
	assert_int_equal(alarm.code, DEMO_ALARM_STATE_STUCK);
	assert_int_equal(alarm.a, 12000000);
	assert_int_equal(alarm.b, tick);
	assert_true(feed_late(30)); /* from stuck to late is news */
	assert_int_equal(alarm.code, DEMO_ALARM_STATE_LATE);
	assert_int_equal(looks_to_recover(), WATCH_GOOD_LOOKS);
}

static void nonsense_is_corrupt(void **state)
{
	struct watch_look looks[4];

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		begin();
		uint64_t last = tick;

		tick += 2;
		looks[i] = good_look();
		switch (i) {
		case 0:
			looks[i].state.position_um ^= 1;
			break;
		case 1:
			looks[i].bytes--;
			break;
		case 2:
			demo_seal(&looks[i].state, sizeof(looks[i].state), DEMO_REPLY_MAGIC);
			break;
		default:
			looks[i].status = PV_CORRUPT;
			break;
		}
		assert_true(feed_after(looks[i]));
		assert_int_equal(alarm.code, DEMO_ALARM_STATE_CORRUPT);
		assert_int_equal(alarm.a, i < 3 ? tick : 0);
		assert_int_equal(alarm.b, last);
		assert_false(feed_after(looks[i]));
		assert_int_equal(looks_to_recover(), WATCH_GOOD_LOOKS);
	}
}

static void overtaken_looks_say_nothing(void **state)
{
	(void)state;
	begin();
	for (unsigned int i = 0; i < 100; i++) {
		assert_false(feed_status(PV_BUSY));
		tick += 2;
	}
	assert_int_equal(watch.condition, WATCH_GOOD);
	assert_int_equal(watch.n_overtaken, 100);
}

/* A restarted motion counts from 1 again: that is progress, too. */
static void restarted_motion_is_not_stuck(void **state)
{
	(void)state;
	begin();
	tick = 100000;
	assert_false(feed_good());
	tick = 0;
	for (unsigned int i = 0; i < 50; i++) {
		assert_false(feed_good());
	}
}

/* ---- Alarms ------------------------------------------------------------- */

#define ALARM_PORT 3

static struct {
	enum pv_status    answer;
	unsigned int      room; /* messages taken before `answer` */
	unsigned int      n, n_calls;
	struct demo_alarm taken[64];
} channel;

enum pv_status pv_message_send(uint64_t port, const uint64_t message[PV_MESSAGE_WORDS])
{
	assert_int_equal(port, ALARM_PORT);
	channel.n_calls++;
	if (channel.room == 0) {
		return channel.answer;
	}
	channel.room--;
	memcpy(&channel.taken[channel.n++], message, sizeof(struct demo_alarm));
	return PV_OK;
}

static struct demo_alarms alarms;

static void raise_some(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct demo_alarm raised = { .code = DEMO_ALARM_STATE_LATE, .a = i };

		demo_alarms_raise(&alarms, &raised);
	}
}

static void open_alarms(enum pv_port_kind kind, enum pv_port_direction direction)
{
	static struct pv_port_config ports[ALARM_PORT + 1];

	ports[ALARM_PORT].kind = kind;
	ports[ALARM_PORT].direction = direction;
	memset(&channel, 0, sizeof(channel));
	channel.answer = PV_FULL;
	demo_alarms_open(&alarms, ports, &ports[ALARM_PORT]);
}

static void alarms_wait_for_room(void **state)
{
	(void)state;
	open_alarms(PV_PORT_MESSAGE, PV_PORT_SOURCE);
	channel.room = 2;
	raise_some(5);
	assert_int_equal(demo_alarms_flush(&alarms), 3); /* two went, the third found no room */
	assert_int_equal(demo_alarms_flush(&alarms), 1);
	channel.answer = PV_BUSY;
	assert_int_equal(demo_alarms_flush(&alarms), 1);
	channel.room = 10;
	assert_int_equal(demo_alarms_flush(&alarms), 3);
	assert_int_equal(demo_alarms_flush(&alarms), 0);
	for (unsigned int i = 0; i < 5; i++) {
		assert_int_equal(channel.taken[i].sequence, i + 1);
		assert_int_equal(channel.taken[i].a, i);
	}
	assert_int_equal(alarms.n_dropped, 0);
}

static void too_many_leave_a_gap(void **state)
{
	(void)state;
	open_alarms(PV_PORT_MESSAGE, PV_PORT_SOURCE);
	raise_some(DEMO_ALARMS_PENDING + 3);
	channel.room = 64;
	demo_alarms_flush(&alarms);
	raise_some(1);
	demo_alarms_flush(&alarms);
	assert_int_equal(channel.n, DEMO_ALARMS_PENDING + 1);
	assert_int_equal(channel.taken[channel.n - 1].sequence, DEMO_ALARMS_PENDING + 4);
	assert_int_equal(alarms.n_dropped, 3);
}

static void without_a_port_nothing_is_called(void **state)
{
	(void)state;
	open_alarms(PV_PORT_QUEUING, PV_PORT_SOURCE);
	raise_some(3);
	assert_int_equal(demo_alarms_flush(&alarms), 0);
	open_alarms(PV_PORT_MESSAGE, PV_PORT_DESTINATION);
	raise_some(3);
	assert_int_equal(demo_alarms_flush(&alarms), 0);
	demo_alarms_open(&alarms, NULL, NULL);
	raise_some(3);
	assert_int_equal(demo_alarms_flush(&alarms), 0);
	assert_int_equal(channel.n_calls, 0);

	open_alarms(PV_PORT_MESSAGE, PV_PORT_SOURCE);
	channel.answer = PV_NOT_SUPPORTED; /* no hypervisor here: asked once, then never again */
	raise_some(3);
	assert_int_equal(demo_alarms_flush(&alarms), 1);
	assert_int_equal(demo_alarms_flush(&alarms), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_state_raises_nothing),
		cmocka_unit_test(first_state_may_take_a_second),
		cmocka_unit_test(late_once_and_good_once),
		cmocka_unit_test(flapping_is_one_outage),
		cmocka_unit_test(written_but_not_moving_is_stuck),
		cmocka_unit_test(nonsense_is_corrupt),
		cmocka_unit_test(overtaken_looks_say_nothing),
		cmocka_unit_test(restarted_motion_is_not_stuck),
		cmocka_unit_test(alarms_wait_for_room),
		cmocka_unit_test(too_many_leave_a_gap),
		cmocka_unit_test(without_a_port_nothing_is_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
