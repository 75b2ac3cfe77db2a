/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/motion/control.h"

#include "rtos-guests/apps/motion/plant.h"
#include "rtos-guests/apps/motion/scope.h"

#include "pv/platform.h"
#include "pv/port.h"

#define STACK_BYTES 4096

static struct rtos_task task;
static RTOS_STACK(stack, STACK_BYTES);
static struct rtos_queue orders;
static struct control_order orders_buffer[CONTROL_ORDERS];

static struct rtos_mutex shown_lock;
static struct demo_state shown;    /* under shown_lock */
static struct latency latency;     /* under shown_lock */

static struct plant plant;         /* the control task's */
static bool has_state_port;
static struct pv_sampling state_port;
static struct demo_trace_header *trace; /* NULL: there is none */
static struct demo_trace_record *records;
static uint32_t n_records;

/* ---- Trace -------------------------------------------------------------- */

static void open_trace(void)
{
	const struct pv_port_config *config = pv_platform_port("trace");
	size_t bytes = 0;
	void *window = config != NULL ? pv_window(config, &bytes) : NULL;

	if (window == NULL || bytes < sizeof(*trace) + sizeof(*records)) {
		return;
	}
	trace = window;
	records = (struct demo_trace_record *)(trace + 1);
	n_records = (uint32_t)DEMO_TRACE_RECORDS(bytes);
	*trace = (struct demo_trace_header){
		.magic = DEMO_TRACE_MAGIC,
		.record_bytes = sizeof(*records),
		.n_records = n_records,
	};
}

static void write_trace(const struct demo_state *state, uint64_t work_ns)
{
	if (trace == NULL) {
		return;
	}

	uint64_t number = trace->count + 1;
	struct demo_trace_record *record = &records[number % n_records];

	__atomic_store_n(&record->number, 0, __ATOMIC_RELAXED);
	/* Number gone before the fields change; pairs with the reader's second look. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	record->release = state->release;
	record->latency_ns = state->latency_ns;
	record->work_ns = work_ns < UINT32_MAX ? (uint32_t)work_ns : UINT32_MAX;
	record->position_um = state->position_um;
	record->set_point_um = state->set_point_um;
	/* Fields before number before count: pairs with the reader's acquires of both. */
	__atomic_store_n(&record->number, number, __ATOMIC_RELEASE);
	__atomic_store_n(&trace->count, number, __ATOMIC_RELEASE);
}

/* ---- The loop ----------------------------------------------------------- */

static void take_orders(int32_t *set_point_um)
{
	struct control_order order;

	/* Bounded: more than the queue holds cannot arrive while this task runs. */
	while (rtos_queue_receive(&orders, &order, RTOS_NO_WAIT) == RTOS_OK) {
		if (order.operation == DEMO_RESET) {
			latency_reset(&latency);
			shown.n_missed = 0;
		} else {
			*set_point_um = order.set_point_um;
		}
	}
}

static void step(const struct rtos_period *period, uint64_t n_missed, uint64_t began)
{
	uint64_t late_ns = rtos_ns_from_ticks(began - period->release);

	take_orders(&shown.set_point_um);
	for (uint64_t i = 0; i < n_missed && i < DEMO_MOTION_HZ; i++) {
		plant_step(&plant, shown.set_point_um); /* the axis moved on meanwhile */
	}
	plant_step(&plant, shown.set_point_um);
	latency_add(&latency, late_ns);

	shown.tick += 1 + n_missed;
	shown.release = period->release;
	shown.position_um = plant_position_um(&plant);
	shown.velocity_um_s = (int32_t)plant.velocity_um_s;
	shown.latency_ns = late_ns < UINT32_MAX ? (uint32_t)late_ns : UINT32_MAX;
	shown.latency_min_ns = latency.min_ns;
	shown.latency_avg_ns = latency_average_ns(&latency);
	shown.latency_max_ns = latency.max_ns;
	shown.n_missed += (uint32_t)n_missed;
}

static void publish(struct demo_state *state)
{
	demo_seal(state, sizeof(*state), DEMO_STATE_MAGIC);
	if (has_state_port) {
		/* Without a reader it is written all the same; it cannot be full. */
		has_state_port = pv_sampling_write(&state_port, state, sizeof(*state)) == PV_OK;
	}
}

static void run_loop(void *argument)
{
	struct rtos_period period;

	(void)argument;
	rtos_period_start(&period, rtos_frequency() / DEMO_MOTION_HZ);
	for (;;) {
		uint64_t n_missed = rtos_period_wait(&period);
		uint64_t began = rtos_now();
		struct demo_state state;

		scope_toggle();
		if (rtos_mutex_lock(&shown_lock, RTOS_FOREVER) != RTOS_OK) {
			continue; /* not possible: no circle of owners exists here */
		}
		step(&period, n_missed, began);
		state = shown;
		rtos_mutex_unlock(&shown_lock);

		publish(&state);
		write_trace(&state, rtos_ns_from_ticks(rtos_now() - began));
	}
}

/* ---- For the other tasks ------------------------------------------------ */

bool control_start(void)
{
	const struct pv_port_config *config = pv_platform_port("state");

	has_state_port = config != NULL && pv_sampling_open(&state_port, config) == PV_OK;
	open_trace();
	plant = (struct plant){ .position_nm = 0 };
	shown = (struct demo_state){ .tick = 0 };
	latency_reset(&latency);
	rtos_mutex_init(&shown_lock);
	if (rtos_queue_init(&orders, orders_buffer, sizeof(orders_buffer[0]), CONTROL_ORDERS) !=
	    RTOS_OK) {
		return false;
	}
	return rtos_task_create(&task, &(struct rtos_task_config){
		.name = "control",
		.entry = run_loop,
		.priority = CONTROL_PRIORITY,
		.stack = stack,
		.stack_bytes = sizeof(stack),
	}) == RTOS_OK;
}

enum rtos_status control_order(const struct control_order *order, uint64_t ticks)
{
	return rtos_queue_send(&orders, order, ticks);
}

void control_look(struct demo_state *state, struct latency *figures)
{
	if (rtos_mutex_lock(&shown_lock, RTOS_FOREVER) != RTOS_OK) {
		return;
	}
	if (state != NULL) {
		*state = shown;
	}
	if (figures != NULL) {
		*figures = latency;
	}
	rtos_mutex_unlock(&shown_lock);
}

void control_note_command(void)
{
	if (rtos_mutex_lock(&shown_lock, RTOS_FOREVER) == RTOS_OK) {
		shown.n_commands++;
		rtos_mutex_unlock(&shown_lock);
	}
}

void control_note_lost_reply(void)
{
	if (rtos_mutex_lock(&shown_lock, RTOS_FOREVER) == RTOS_OK) {
		shown.n_lost++;
		rtos_mutex_unlock(&shown_lock);
	}
}
