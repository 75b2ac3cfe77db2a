// SPDX-License-Identifier: GPL-2.0
/*
 * Blocking follows one pattern: try; if there is nothing, join the port's wait
 * queue, ask the peer for a doorbell (queuing ports), try again, sleep. The wish
 * is only taken back by a reader or writer that succeeds while nobody is in the
 * wait queue, both under the port's lock: so a sleeper's wish cannot get lost.
 */
#include "transfer.h"

#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timex.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include <asm/arch_timer.h>

int transfer_ring(struct pv_port *port, u32 doorbell)
{
	int status = hypercall_doorbell(port->first_doorbell + doorbell);

	if (!status) {
		atomic64_inc(&port->count.doorbells);
	}
	return status;
}

/* ---- Receiving ----------------------------------------------------------------- */

static void fill_age(struct paravent_message *message)
{
	u64 now = get_cycles();

	/* A stamp from the future is a peer's invention: as old as can be. */
	message->age_ns = now < message->timestamp ? U64_MAX :
			  mul_u64_u32_div(now - message->timestamp, NSEC_PER_SEC,
					  arch_timer_get_cntfrq());
}

static int take_sample(struct pv_file *file, void *text, struct paravent_message *message)
{
	struct pv_port *port = file->port;
	struct layout_message found;
	int status = layout_sampling_get(&port->sampling, text, &found);

	if (status == -EBADMSG) {
		atomic64_inc(&port->count.dropped);
	}
	if (status) {
		return status;
	}
	message->bytes = found.bytes;
	message->number = found.number;
	message->timestamp = found.timestamp;
	fill_age(message);
	message->valid = port->refresh_us == 0 ||
			 message->age_ns <= (u64)port->refresh_us * NSEC_PER_USEC;
	WRITE_ONCE(file->seen, found.number);
	return 0;
}

static int take_queued(struct pv_port *port, void *text, struct paravent_message *message,
		       bool is_waiting)
{
	struct layout_message found;
	bool is_dropped;
	int status = layout_queue_get(&port->queue, text, &found, &is_dropped);

	if (status == -EAGAIN && is_waiting && !layout_queue_wait(&port->queue)) {
		status = layout_queue_get(&port->queue, text, &found, &is_dropped);
	}
	if (status && !is_dropped) {
		return status;
	}
	if (is_dropped) {
		atomic64_inc(&port->count.dropped);
	}
	/* A slot is free again, also that of a dropped message. */
	if (!wq_has_sleeper(&port->wait)) {
		layout_queue_awake(&port->queue);
	}
	if (layout_queue_is_peer_waiting(&port->queue)) {
		transfer_ring(port, 0);
	}
	if (status) {
		return status;
	}
	message->bytes = found.bytes;
	message->number = found.number;
	message->timestamp = found.timestamp;
	fill_age(message);
	return 0;
}

int transfer_look_ahead(struct pv_port *port)
{
	int status = 0;

	if (!port->has_ahead) {
		status = hypercall_message_receive(port->number, &port->ahead_sender, port->ahead);
		port->has_ahead = status == 0;
	}
	return status;
}

static int take_register_message(struct pv_port *port, void *text,
				 struct paravent_message *message)
{
	int status = transfer_look_ahead(port);

	if (status) {
		return status;
	}
	memcpy(text, port->ahead, sizeof(port->ahead));
	message->bytes = sizeof(port->ahead);
	message->sender = port->ahead_sender;
	port->has_ahead = false;
	return 0;
}

/* @is_waiting  the caller is in the port's wait queue and will sleep on -EAGAIN */
static int take(struct pv_file *file, void *text, struct paravent_message *message,
		bool is_waiting)
{
	struct pv_port *port = file->port;
	int status;

	mutex_lock(&port->lock);
	switch (port->kind) {
	case PV_PORT_SAMPLING:
		status = take_sample(file, text, message);
		break;
	case PV_PORT_QUEUING:
		status = take_queued(port, text, message, is_waiting);
		break;
	default:
		status = take_register_message(port, text, message);
		break;
	}
	mutex_unlock(&port->lock);
	if (status == 0) {
		atomic64_inc(&port->count.received);
	}
	return status;
}

static int wait_and_take(struct pv_file *file, void *text, struct paravent_message *message)
{
	DEFINE_WAIT_FUNC(entry, woken_wake_function);
	struct pv_port *port = file->port;
	int status;

	add_wait_queue(&port->wait, &entry);
	for (;;) {
		status = take(file, text, message, true);
		if (status != -EAGAIN) {
			break;
		}
		if (signal_pending(current)) {
			status = -ERESTARTSYS;
			break;
		}
		wait_woken(&entry, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
	}
	remove_wait_queue(&port->wait, &entry);
	return status;
}

int transfer_receive(struct pv_file *file, struct paravent_message *message, bool may_sleep)
{
	struct pv_port *port = file->port;
	void *text;
	int status;

	if (port->kind == PV_PORT_WINDOW || port->direction != PV_PORT_DESTINATION) {
		return -EPERM;
	}
	/* Refused before anything is taken, so that no message gets lost. */
	if (message->size < port->message_bytes) {
		return -EMSGSIZE;
	}
	text = kvmalloc(port->message_bytes, GFP_KERNEL);
	if (!text) {
		return -ENOMEM;
	}
	message->sender = PARAVENT_NOBODY;
	message->valid = 1;
	status = take(file, text, message, false);
	if (status == -EAGAIN && may_sleep) {
		status = wait_and_take(file, text, message);
	}
	if (status == 0 && copy_to_user(u64_to_user_ptr(message->text), text, message->bytes)) {
		status = -EFAULT;
	}
	kvfree(text);
	return status;
}

/* ---- Sending -------------------------------------------------------------------- */

static int put_queued(struct pv_port *port, const void *text, size_t bytes, bool is_waiting)
{
	int status = layout_queue_put(&port->queue, text, bytes, get_cycles());

	if (status == -EAGAIN && is_waiting && !layout_queue_wait(&port->queue)) {
		status = layout_queue_put(&port->queue, text, bytes, get_cycles());
	}
	if (status) {
		return status;
	}
	if (!wq_has_sleeper(&port->wait)) {
		layout_queue_awake(&port->queue);
	}
	if (layout_queue_is_peer_waiting(&port->queue)) {
		transfer_ring(port, 0);
	}
	return 0;
}

static int put_sample(struct pv_port *port, const void *text, size_t bytes)
{
	int status = layout_sampling_put(&port->sampling, text, bytes, get_cycles());
	u32 i;

	for (i = 0; status == 0 && i < port->n_doorbells; i++) {
		transfer_ring(port, i);
	}
	return status;
}

static int put(struct pv_port *port, const void *text, size_t bytes, bool is_waiting)
{
	u64 words[PV_MESSAGE_WORDS] = { 0 };
	int status;

	mutex_lock(&port->lock);
	switch (port->kind) {
	case PV_PORT_SAMPLING:
		status = put_sample(port, text, bytes);
		break;
	case PV_PORT_QUEUING:
		status = put_queued(port, text, bytes, is_waiting);
		break;
	default:
		memcpy(words, text, bytes);
		status = hypercall_message_send(port->number, words);
		break;
	}
	mutex_unlock(&port->lock);
	if (status == 0) {
		atomic64_inc(&port->count.sent);
	}
	return status;
}

static int wait_and_put(struct pv_port *port, const void *text, size_t bytes)
{
	DEFINE_WAIT_FUNC(entry, woken_wake_function);
	int status;

	add_wait_queue(&port->wait, &entry);
	for (;;) {
		status = put(port, text, bytes, true);
		if (status != -EAGAIN) {
			break;
		}
		if (signal_pending(current)) {
			status = -ERESTARTSYS;
			break;
		}
		wait_woken(&entry, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
	}
	remove_wait_queue(&port->wait, &entry);
	return status;
}

int transfer_send(struct pv_port *port, const void *text, size_t bytes, bool may_sleep)
{
	int status = put(port, text, bytes, false);

	/* Only a queue tells its source when there is room again. */
	if (status == -EAGAIN && port->kind == PV_PORT_QUEUING && may_sleep) {
		status = wait_and_put(port, text, bytes);
	}
	if (status == -EAGAIN) {
		atomic64_inc(&port->count.refused);
	}
	return status;
}
