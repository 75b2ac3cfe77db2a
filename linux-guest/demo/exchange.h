/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo's ports, and the account of what went through them.
 *
 * Every message is checked when it arrives: whole, in order, the answer to what
 * was asked. A function that returns false has said why.
 *
 * Owns     the file descriptors and the trace window's mapping.
 * Context  one thread.
 */
#pragma once

#include "linux-guest/module/paravent.h"
#include "rtos-guests/apps/demo_protocol.h"

#include <stdbool.h>
#include <stdint.h>

#define EXCHANGE_SENDERS 4
#define EXCHANGE_CODES   32u /* alarm codes are smaller */
#define EXCHANGE_SHOWN   3u  /* alarms of one kind shown; more are only counted */

/* Alarms of one partition. */
struct alarm_sender {
	uint32_t id;
	char     name[PARAVENT_NAME_BYTES];
	uint32_t sequence; /* of its last alarm */
	uint64_t n;
	uint64_t n_lost;   /* gaps in its sequence */
};

struct round_trips {
	uint64_t n, sum_ns, min_ns, max_ns;
};

struct exchange {
	int control, command, reply, state_port, alarm;
	struct paravent_partition self;

	uint32_t sequence;        /* of the last command */
	uint32_t next_reply;      /* sequence expected next */
	unsigned n_waiting;       /* commands without reply yet */
	uint64_t n_commands, n_replies;
	uint64_t n_wrong;         /* replies that were not what was asked for */
	struct round_trips round_trips;

	struct demo_state state;  /* the latest that was whole and valid */
	uint64_t number;          /* its number; 0: none seen */
	uint64_t first_number;    /* of the first one seen */
	uint64_t written;         /* values motion wrote while we looked; motion's restarts are left out */
	uint64_t n_states;        /* different ones seen */
	uint64_t n_torn;          /* not whole, or going backwards */
	uint64_t n_invalid;       /* older than the refresh period */
	uint64_t n_lost_before;   /* demo_state.n_lost when it all began */
	uint64_t n_lost_replies;  /* replies motion gave up since */
	struct demo_state figures; /* state at the end of the load: the loop's figures */
	uint64_t max_age_ns;

	uint64_t since;           /* CNTVCT: alarms from before are not ours to count */
	uint32_t condition;       /* last alarm about motion's state; 0: none yet */
	unsigned n_shown[EXCHANGE_CODES];
	unsigned n_senders;
	struct alarm_sender senders[EXCHANGE_SENDERS];
};

/* Also clears away what nobody received before the demo. */
bool exchange_open(struct exchange *exchange);
void exchange_close(struct exchange *exchange);

/* Look at motion's state: true if there is a valid one. Never waits. */
bool exchange_sample(struct exchange *exchange);

/* The next state is the first: motion may have begun anew, its periods count from 0. */
void exchange_forget(struct exchange *exchange);

/* Send a command; head, sequence and cookie are filled in. */
bool exchange_send(struct exchange *exchange, struct demo_command *command, int patience_ms);

/* Take the next reply and check it. */
bool exchange_reply(struct exchange *exchange, int patience_ms);

/* Send one and take its reply, nothing else being under way. */
bool exchange_ask(struct exchange *exchange, struct demo_command *command, int patience_ms);

/* Wait for a state that covers all commands sent, and keep its figures. */
bool exchange_settle(struct exchange *exchange, int patience_ms);

/* Take all alarms that are there; show the first few of each kind. Returns how many. */
unsigned exchange_alarms(struct exchange *exchange);

/* Let time pass, showing alarms. */
void exchange_pause(struct exchange *exchange, int ms);

bool exchange_control(struct exchange *exchange, const struct paravent_partition *partition,
		      uint32_t control);

/* Nothing lost, nothing torn, nothing wrong; says what if not. */
bool exchange_is_clean(const struct exchange *exchange);

/* Show alarms again that have been shown often enough. */
void exchange_show_again(struct exchange *exchange);
