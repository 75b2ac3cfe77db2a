/* SPDX-License-Identifier: Apache-2.0 */
#include "linux-guest/demo/exchange.h"

#include "linux-guest/pvctl/device.h"
#include "linux-guest/pvctl/text.h"

#include "abi/hypercall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

#define CLEAR_MS    50
#define CLEAR_LOOKS 20

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* One message of exactly this length, if there is one. */
static bool receive(int fd, void *text, uint32_t bytes, struct paravent_message *message)
{
	*message = (struct paravent_message){
		.text = (__u64)(uintptr_t)text,
		.size = bytes,
		.flags = PARAVENT_DONTWAIT,
	};
	return ioctl(fd, PARAVENT_RECEIVE, message) == 0;
}

/* ---- Ports ------------------------------------------------------------------------- */

static int open_as(const char *name, int flags, enum pv_port_kind kind, uint32_t bytes)
{
	struct paravent_port port;
	int fd = port_open(name, flags);

	if (fd < 0 || !port_describe(fd, name, &port)) {
		return -1;
	}
	if (port.kind != kind || port.message_bytes != bytes) {
		complain("port \"%s\" is a %s port with messages of %u bytes, the demo needs a %s "
			 "port with %u; is this the demo's system?", name, kind_name(port.kind),
			 port.message_bytes, kind_name(kind), bytes);
		return -1;
	}
	return fd;
}

/*
 * What was sent before our time: replies to others, and alarms that waited for a
 * receiver, in EL2 and behind that in their senders, who need a moment to send
 * them once there is room.
 */
static void clear_away(struct exchange *exchange)
{
	struct paravent_message message;
	struct demo_reply reply;

	while (receive(exchange->reply, &reply, sizeof(reply), &message)) {
	}
	exchange->since = UINT64_MAX;
	for (int i = 0; i < CLEAR_LOOKS && exchange_alarms(exchange) != 0; i++) {
		poll(NULL, 0, CLEAR_MS);
	}
	exchange->since = 0;
}

bool exchange_open(struct exchange *exchange)
{
	*exchange = (struct exchange){ .next_reply = 1 };
	exchange->control = control_open();
	if (exchange->control < 0) {
		return false;
	}
	if (!partition_describe(exchange->control, PARAVENT_NOBODY, &exchange->self)) {
		complain("the hypervisor does not tell who we are: %s", strerror(errno));
		return false;
	}
	exchange->command = open_as("command", O_WRONLY | O_NONBLOCK, PV_PORT_QUEUING,
				    sizeof(struct demo_command));
	exchange->reply = open_as("reply", O_RDONLY, PV_PORT_QUEUING, sizeof(struct demo_reply));
	exchange->state_port = open_as("state", O_RDONLY, PV_PORT_SAMPLING, sizeof(struct demo_state));
	exchange->alarm = open_as("alarm", O_RDONLY, PV_PORT_MESSAGE, sizeof(struct demo_alarm));
	if (exchange->command < 0 || exchange->reply < 0 || exchange->state_port < 0 ||
	    exchange->alarm < 0) {
		return false;
	}
	clear_away(exchange);
	return true;
}

void exchange_close(struct exchange *exchange)
{
	close(exchange->control);
	close(exchange->command);
	close(exchange->reply);
	close(exchange->state_port);
	close(exchange->alarm);
}

/* ---- State ------------------------------------------------------------------------------ */

void exchange_forget(struct exchange *exchange)
{
	exchange->number = 0;
}

static void count_state(struct exchange *exchange, const struct paravent_message *message,
			const struct demo_state *state)
{
	bool is_first = exchange->number == 0;

	if (!is_first && message->number == exchange->number) {
		return;
	}
	if (!is_first && (message->number < exchange->number || state->tick < exchange->state.tick)) {
		exchange->n_torn++;
	}
	if (exchange->since == 0) {
		exchange->since = state->release;
	}
	if (is_first) {
		exchange->n_lost_before = state->n_lost;
	} else if (message->number > exchange->number) {
		exchange->written += message->number - exchange->number;
	}
	exchange->number = message->number;
	exchange->state = *state;
	exchange->n_states++;
	exchange->n_lost_replies += state->n_lost - exchange->n_lost_before;
	exchange->n_lost_before = state->n_lost;
}

bool exchange_sample(struct exchange *exchange)
{
	struct paravent_message message;
	struct demo_state state;

	if (!receive(exchange->state_port, &state, sizeof(state), &message)) {
		if (errno == EBADMSG) {
			exchange->n_torn++;
		}
		return false;
	}
	if (message.bytes != sizeof(state) ||
	    !demo_is_whole(&state, sizeof(state), DEMO_STATE_MAGIC)) {
		exchange->n_torn++;
		return false;
	}
	if (!message.valid) {
		exchange->n_invalid++;
		return false;
	}
	if (message.age_ns > exchange->max_age_ns) {
		exchange->max_age_ns = message.age_ns;
	}
	count_state(exchange, &message, &state);
	return true;
}

/* ---- Commands and replies ------------------------------------------------------------------ */

bool exchange_send(struct exchange *exchange, struct demo_command *command, int patience_ms)
{
	struct pollfd room = { .fd = exchange->command, .events = POLLOUT };

	command->sequence = exchange->sequence + 1;
	command->cookie = now_ns();
	demo_seal(command, sizeof(*command), DEMO_COMMAND_MAGIC);
	while (write(exchange->command, command, sizeof(*command)) != sizeof(*command)) {
		if (errno != EAGAIN) {
			complain("command %u could not be sent: %s", command->sequence,
				 strerror(errno));
			return false;
		}
		if (poll(&room, 1, patience_ms) <= 0) {
			complain("motion takes no commands: the queue is full for %d s",
				 patience_ms / 1000);
			return false;
		}
	}
	exchange->sequence++;
	exchange->n_commands++;
	exchange->n_waiting++;
	return true;
}

static void count_round_trip(struct round_trips *trips, uint64_t ns)
{
	if (trips->n == 0 || ns < trips->min_ns) {
		trips->min_ns = ns;
	}
	if (ns > trips->max_ns) {
		trips->max_ns = ns;
	}
	trips->sum_ns += ns;
	trips->n++;
}

static void check_reply(struct exchange *exchange, const struct demo_reply *reply, uint32_t bytes)
{
	uint64_t now = now_ns();

	if (bytes != sizeof(*reply) || !demo_is_whole(reply, sizeof(*reply), DEMO_REPLY_MAGIC) ||
	    reply->sequence != exchange->next_reply || reply->result != DEMO_OK ||
	    reply->cookie > now) {
		if (exchange->n_wrong++ == 0) {
			complain("the reply to command %u is wrong: sequence %u, result %u",
				 exchange->next_reply, reply->sequence, reply->result);
		}
	} else {
		count_round_trip(&exchange->round_trips, now - reply->cookie);
	}
	exchange->next_reply++;
	exchange->n_replies++;
	exchange->n_waiting--;
}

bool exchange_reply(struct exchange *exchange, int patience_ms)
{
	struct pollfd arrival = { .fd = exchange->reply, .events = POLLIN };
	struct paravent_message message;
	struct demo_reply reply;

	while (!receive(exchange->reply, &reply, sizeof(reply), &message)) {
		if (errno != EAGAIN) {
			complain("the reply to command %u could not be received: %s",
				 exchange->next_reply, strerror(errno));
			return false;
		}
		if (poll(&arrival, 1, patience_ms) <= 0) {
			complain("motion did not reply to command %u within %d s",
				 exchange->next_reply, patience_ms / 1000);
			return false;
		}
	}
	check_reply(exchange, &reply, message.bytes);
	return true;
}

bool exchange_ask(struct exchange *exchange, struct demo_command *command, int patience_ms)
{
	return exchange_send(exchange, command, patience_ms) &&
	       exchange_reply(exchange, patience_ms);
}

bool exchange_settle(struct exchange *exchange, int patience_ms)
{
	uint64_t number = exchange->number;

	/* The state after next was begun after the last reply was sent. */
	for (int waited = 0; waited < patience_ms; waited++) {
		if (exchange_sample(exchange) && exchange->number >= number + 2) {
			exchange->figures = exchange->state;
			return true;
		}
		exchange_pause(exchange, 1);
	}
	complain("motion's state stands still");
	return false;
}

/* ---- Alarms ------------------------------------------------------------------------------- */

static const char *alarm_text(uint32_t code)
{
	switch (code) {
	case DEMO_ALARM_MOTION_STARTED:
		return "control loop started";
	case DEMO_ALARM_PERIODS_MISSED:
		return "periods missed";
	case DEMO_ALARM_BAD_COMMAND:
		return "bad command";
	case DEMO_ALARM_REPLY_LOST:
		return "reply given up";
	case DEMO_ALARM_MONITOR_STARTED:
		return "watch started";
	case DEMO_ALARM_STATE_LATE:
		return "motion's state is late";
	case DEMO_ALARM_STATE_STUCK:
		return "motion's state stands still";
	case DEMO_ALARM_STATE_CORRUPT:
		return "motion's state is corrupt";
	case DEMO_ALARM_STATE_GOOD:
		return "motion's state is good again";
	default:
		return "unknown alarm";
	}
}

static void show_alarm(struct exchange *exchange, const struct alarm_sender *sender,
		       const struct demo_alarm *alarm)
{
	unsigned *n_shown = &exchange->n_shown[alarm->code % EXCHANGE_CODES];
	char time[32];

	if (++*n_shown > EXCHANGE_SHOWN) {
		return;
	}
	printf("alarm from %s: %s", sender->name, alarm_text(alarm->code));
	switch (alarm->code) {
	case DEMO_ALARM_STATE_LATE:
	case DEMO_ALARM_STATE_STUCK:
		printf(", for %s", text_of_time(alarm->a, time, sizeof(time)));
		break;
	case DEMO_ALARM_STATE_GOOD:
		printf(" after %s", text_of_time(alarm->a, time, sizeof(time)));
		break;
	case DEMO_ALARM_MOTION_STARTED:
	case DEMO_ALARM_MONITOR_STARTED:
		printf(", %llu times a second", (unsigned long long)alarm->a);
		break;
	case DEMO_ALARM_STATE_CORRUPT:
		break;
	default:
		printf(", %llu times", (unsigned long long)alarm->a);
		break;
	}
	printf("%s\n", *n_shown == EXCHANGE_SHOWN ? " (more of these are only counted)" : "");
}

void exchange_show_again(struct exchange *exchange)
{
	memset(exchange->n_shown, 0, sizeof(exchange->n_shown));
}

static bool is_about_state(uint32_t code)
{
	return code == DEMO_ALARM_STATE_LATE || code == DEMO_ALARM_STATE_STUCK ||
	       code == DEMO_ALARM_STATE_CORRUPT || code == DEMO_ALARM_STATE_GOOD;
}

/* The account of a sender; EL2 says who it is. NULL: more senders than the demo has partitions. */
static struct alarm_sender *find_sender(struct exchange *exchange, uint32_t id)
{
	struct paravent_partition partition;
	struct alarm_sender *sender;

	for (unsigned i = 0; i < exchange->n_senders; i++) {
		if (exchange->senders[i].id == id) {
			return &exchange->senders[i];
		}
	}
	if (exchange->n_senders == EXCHANGE_SENDERS) {
		return NULL;
	}
	sender = &exchange->senders[exchange->n_senders++];
	*sender = (struct alarm_sender){ .id = id };
	if (partition_describe(exchange->control, id, &partition)) {
		memcpy(sender->name, partition.name, sizeof(sender->name));
	} else {
		snprintf(sender->name, sizeof(sender->name), "partition %u", id);
	}
	return sender;
}

static void count_alarm(struct alarm_sender *sender, const struct demo_alarm *alarm)
{
	bool is_start = alarm->code == DEMO_ALARM_MOTION_STARTED ||
			alarm->code == DEMO_ALARM_MONITOR_STARTED;

	/* The first of our time may be any; a sender that starts counts from 1 again. */
	if (sender->sequence != 0 && !is_start && alarm->sequence != sender->sequence + 1) {
		sender->n_lost += alarm->sequence - sender->sequence - 1;
	}
	sender->sequence = alarm->sequence;
	sender->n++;
}

unsigned exchange_alarms(struct exchange *exchange)
{
	struct paravent_message message;
	struct demo_alarm alarm;
	unsigned n = 0;

	for (; receive(exchange->alarm, &alarm, sizeof(alarm), &message); n++) {
		struct alarm_sender *sender = find_sender(exchange, message.sender);

		if (sender != NULL && alarm.timestamp < exchange->since) {
			sender->sequence = 0;
		} else if (sender != NULL) {
			count_alarm(sender, &alarm);
			show_alarm(exchange, sender, &alarm);
		}
		if (is_about_state(alarm.code)) {
			exchange->condition = alarm.code;
		}
	}
	return n;
}

void exchange_pause(struct exchange *exchange, int ms)
{
	poll(NULL, 0, ms);
	exchange_alarms(exchange);
}

/* ---- Motion's life ------------------------------------------------------------------------- */

bool exchange_control(struct exchange *exchange, const struct paravent_partition *partition,
		      uint32_t control)
{
	struct paravent_control wish = { .id = partition->id, .control = control };
	struct paravent_partition now;

	/* Busy while a core is being regained. */
	for (int tries = 0; ioctl(exchange->control, PARAVENT_CONTROL, &wish) != 0; tries++) {
		if (errno != EBUSY || tries == 500) {
			complain("partition %s could not be %s: %s", partition->name,
				 control == PV_CONTROL_STOP ? "stopped" : "started", strerror(errno));
			return false;
		}
		exchange_pause(exchange, 10);
	}
	for (int tries = 0; tries < 500; tries++) {
		if (partition_describe(exchange->control, partition->id, &now) &&
		    now.state == (control == PV_CONTROL_STOP ? PV_PARTITION_STOPPED
							     : PV_PARTITION_RUNNING)) {
			return true;
		}
		exchange_pause(exchange, 10);
	}
	complain("partition %s is still %s", partition->name, state_name(now.state));
	return false;
}

/* ---- Verdict ---------------------------------------------------------------------------------- */

bool exchange_is_clean(const struct exchange *exchange)
{
	uint64_t n_alarms_lost = 0;

	for (unsigned i = 0; i < exchange->n_senders; i++) {
		n_alarms_lost += exchange->senders[i].n_lost;
	}
	if (exchange->n_replies != exchange->n_commands || exchange->n_lost_replies != 0) {
		complain("%llu commands, %llu replies: messages were lost",
			 (unsigned long long)exchange->n_commands,
			 (unsigned long long)exchange->n_replies);
		return false;
	}
	if (exchange->n_wrong != 0 || exchange->n_torn != 0) {
		complain("%llu replies were wrong, %llu states torn",
			 (unsigned long long)exchange->n_wrong, (unsigned long long)exchange->n_torn);
		return false;
	}
	if (n_alarms_lost != 0) {
		complain("%llu alarms were lost", (unsigned long long)n_alarms_lost);
		return false;
	}
	return true;
}
