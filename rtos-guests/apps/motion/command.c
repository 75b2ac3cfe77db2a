/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/motion/command.h"

#include "rtos-guests/apps/motion/control.h"

#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/port.h"

#define STACK_BYTES 4096

/* Notification bits of the task. */
#define RUNG_COMMAND 1u /* a message is there */
#define RUNG_REPLY   2u /* there is room */

/*
 * Looks again after that long even if no bell rang: a peer that is wrong about
 * bells costs time, not commands.
 */
#define LOOK_MS 100
/* Before the next try on a port that makes no sense. */
#define CORRUPT_MS 10

static struct rtos_task task;
static RTOS_STACK(stack, STACK_BYTES);
static struct pv_queuing command_port, reply_port;
static bool has_reply_port;
static uint32_t n_bad;

static void on_doorbell(uint32_t intid, void *context)
{
	(void)intid;
	rtos_notify(&task, (uint32_t)(uintptr_t)context);
}

/* Sleep until the other end of the port rings, at most that long. */
static void wait_for_ring(struct pv_queuing *port, uint32_t bit, uint64_t ticks)
{
	uint32_t bits;

	if (pv_queuing_wait_begin(port)) {
		/* Rung or not: the caller looks at the port. */
		if (rtos_notify_wait(bit, ticks, &bits) != RTOS_OK) {
			bits = 0;
		}
	}
	pv_queuing_wait_end(port);
}

/* False: given up. */
static bool send_reply(struct demo_reply *reply)
{
	uint64_t limit = rtos_now() + rtos_ticks_from_ms(COMMAND_PATIENCE_MS);

	demo_seal(reply, sizeof(*reply), DEMO_REPLY_MAGIC);
	while (has_reply_port) {
		enum pv_status status = pv_queuing_send(&reply_port, reply, sizeof(*reply));
		uint64_t now = rtos_now();

		if (status == PV_OK) {
			return true;
		}
		if (status != PV_FULL || !rtos_is_after(limit, now)) {
			return false;
		}
		wait_for_ring(&reply_port, RUNG_REPLY, limit - now);
	}
	return false;
}

/* Carry out what can be carried out, and say what became of it. */
static enum demo_result obey(const struct demo_command *command)
{
	struct control_order order = { (enum demo_operation)command->operation, 0 };

	switch (command->operation) {
	case DEMO_ASK:
		return DEMO_OK;
	case DEMO_RESET:
		break;
	case DEMO_SET_POINT:
		if (command->set_point_um > DEMO_SET_POINT_MAX_UM ||
		    command->set_point_um < -DEMO_SET_POINT_MAX_UM) {
			return DEMO_OUT_OF_RANGE;
		}
		order.set_point_um = command->set_point_um;
		break;
	default:
		return DEMO_BAD_COMMAND;
	}
	/* The loop empties its queue every period, so this waits for a period at most. */
	return control_order(&order, RTOS_FOREVER) == RTOS_OK ? DEMO_OK : DEMO_BAD_COMMAND;
}

static void answer(const struct demo_command *command, uint32_t bytes)
{
	struct demo_state state;
	struct demo_reply reply = { .result = DEMO_BAD_COMMAND };

	if (bytes == sizeof(*command)) {
		reply.sequence = command->sequence;
		reply.cookie = command->cookie;
		if (demo_is_whole(command, sizeof(*command), DEMO_COMMAND_MAGIC)) {
			reply.result = (uint16_t)obey(command);
		}
	}
	if (reply.result == DEMO_BAD_COMMAND) {
		__atomic_fetch_add(&n_bad, 1, __ATOMIC_RELAXED);
	}
	control_note_command();
	control_look(&state, NULL);
	reply.position_um = state.position_um;
	reply.tick = (uint32_t)state.tick;
	if (!send_reply(&reply)) {
		control_note_lost_reply();
	}
}

static void take_commands(void *argument)
{
	struct demo_command command;
	struct pv_received received;

	(void)argument;
	for (;;) {
		enum pv_status status =
			pv_queuing_receive(&command_port, &command, sizeof(command), &received);

		if (status == PV_OK) {
			answer(&command, received.bytes);
		} else if (status == PV_EMPTY) {
			wait_for_ring(&command_port, RUNG_COMMAND, rtos_ticks_from_ms(LOOK_MS));
		} else {
			__atomic_fetch_add(&n_bad, 1, __ATOMIC_RELAXED);
			rtos_sleep(rtos_ticks_from_ms(CORRUPT_MS));
		}
	}
}

/* An end of a queue of the right kind, its bell wired to that bit. */
static bool open_port(struct pv_queuing *port, const char *name,
		      enum pv_port_direction direction, size_t bytes, uint32_t bit)
{
	const struct pv_port_config *config = pv_platform_port(name);

	if (config == NULL || config->direction != direction || config->message_bytes != bytes ||
	    pv_queuing_open(port, config) != PV_OK) {
		return false;
	}
	if (config->interrupt != 0) {
		pv_irq_set_edge(config->interrupt, true);
		/* Without a free handler the port is polled, every LOOK_MS. */
		(void)pv_irq_attach(config->interrupt, on_doorbell, (void *)(uintptr_t)bit);
	}
	return true;
}

bool command_start(void)
{
	struct rtos_task_config config = {
		.name = "command",
		.entry = take_commands,
		.priority = COMMAND_PRIORITY,
		.stack = stack,
		.stack_bytes = sizeof(stack),
	};

	has_reply_port = open_port(&reply_port, "reply", PV_PORT_SOURCE,
				   sizeof(struct demo_reply), RUNG_REPLY);
	return open_port(&command_port, "command", PV_PORT_DESTINATION,
			 sizeof(struct demo_command), RUNG_COMMAND) &&
	       rtos_task_create(&task, &config) == RTOS_OK;
}

uint32_t command_n_bad(void)
{
	return __atomic_load_n(&n_bad, __ATOMIC_RELAXED);
}
