/* SPDX-License-Identifier: Apache-2.0 */
#include "partitions/message.h"

#include "arch/barrier.h"
#include "arch/irqchip.h"
#include "core/panic.h"
#include "hyp/gic.h"
#include "hyp/spinlock.h"
#include "partitions/partition.h"

#define MAX_CHANNELS 32
#define MAX_ENDS     64 /* ports of all partitions; those of a partition beyond go by C */

static struct message_queue message_queues[MAX_CHANNELS];
static struct message_end ends[MAX_ENDS];

static struct message_end make_end(const struct partition_config *partition, const struct port_config *port)
{
	const struct message_channel_config *config;
	struct message_queue *queue;

	if (port->kind != PV_PORT_MESSAGE) {
		return (struct message_end){ 0 };
	}
	config = &system_config.message_channels[port->message_channel];
	queue = &message_queues[port->message_channel];
	return (struct message_end){
		.receive_queue = port->direction == PV_PORT_DESTINATION ? queue : NULL,
		.send_queue = port->direction == PV_PORT_SOURCE ? queue : NULL,
		.slots = config->slots,
		.pend_register = system_config.gic.distributor.value + GICD_ISPENDR +
				 config->interrupt / 32 * 4,
		.pend_bit = UINT64_C(1) << config->interrupt % 32,
		.mask = config->depth - 1,
		.sender = partition->id,
	};
}

void message_init(void)
{
	uint32_t n = 0;

	ASSERT(system_config.n_message_channels <= MAX_CHANNELS);
	for (uint32_t i = 0; i < system_config.n_partitions; i++) {
		const struct partition_config *partition = &system_config.partitions[i];

		for (uint32_t k = 0; k < partition->n_ports && n < MAX_ENDS; k++) {
			ends[n++] = make_end(partition, &partition->ports[k]);
		}
	}
}

void message_bind(struct percpu *cpu)
{
	uint32_t first = 0;

	for (const struct partition_config *at = system_config.partitions; at != cpu->partition; at++) {
		first += at->n_ports;
	}
	if (first + cpu->partition->n_ports <= MAX_ENDS) {
		cpu->messages = &ends[first];
		cpu->n_messages = cpu->partition->n_ports;
	}
}

void message_announce(const struct partition_config *config)
{
	for (uint32_t i = 0; i < config->n_ports; i++) {
		const struct port_config *port = &config->ports[i];
		struct message_queue *queue;

		if (port->kind != PV_PORT_MESSAGE || port->direction != PV_PORT_DESTINATION) {
			continue;
		}
		queue = &message_queues[port->message_channel];
		spinlock_take(&queue->lock);
		if (queue->put != queue->taken) {
			irqchip_set_pending(port->interrupt);
		}
		spinlock_drop(&queue->lock);
	}
}

/* The caller's message port of that number, if it has this direction. */
static enum pv_status find_port(const struct vcpu *caller, uint64_t number,
				enum pv_port_direction direction, uint32_t *channel)
{
	const struct partition_config *config = caller->partition->config;
	const struct port_config *port;

	if (number >= config->n_ports) {
		return PV_NO_SUCH;
	}
	port = &config->ports[index_nospec(number, config->n_ports)];
	if (port->kind != PV_PORT_MESSAGE) {
		return PV_BAD_ARGUMENT;
	}
	if (port->direction != direction) {
		return PV_NOT_ALLOWED;
	}
	*channel = port->message_channel;
	return PV_OK;
}

enum pv_status message_send(struct vcpu *caller, uint64_t *x)
{
	const struct message_channel_config *config;
	struct message_queue *queue;
	uint32_t channel;
	enum pv_status status = find_port(caller, x[1], PV_PORT_SOURCE, &channel);

	if (status != PV_OK) {
		return status;
	}
	config = &system_config.message_channels[channel];
	queue = &message_queues[channel];

	spinlock_take(&queue->lock);
	if (queue->put - queue->taken == config->depth) {
		spinlock_drop(&queue->lock);
		return PV_FULL;
	}

	uint64_t *slot = config->slots[queue->put++ & (config->depth - 1)];

	slot[0] = caller->partition->config->id;
	for (size_t i = 0; i < PV_MESSAGE_WORDS; i++) {
		slot[1 + i] = x[2 + i];
	}
	spinlock_drop(&queue->lock);

	/* The message is in the queue before the interrupt says so. */
	barrier_before_device();
	irqchip_set_pending(config->interrupt);
	return PV_OK;
}

enum pv_status message_receive(struct vcpu *caller, uint64_t *x)
{
	const struct message_channel_config *config;
	struct message_queue *queue;
	uint32_t channel;
	enum pv_status status = find_port(caller, x[1], PV_PORT_DESTINATION, &channel);

	if (status != PV_OK) {
		return status;
	}
	config = &system_config.message_channels[channel];
	queue = &message_queues[channel];

	spinlock_take(&queue->lock);
	if (queue->put == queue->taken) {
		status = PV_EMPTY;
	} else {
		const uint64_t *slot = config->slots[queue->taken++ & (config->depth - 1)];

		for (size_t i = 0; i < 1 + PV_MESSAGE_WORDS; i++) {
			x[1 + i] = slot[i];
		}
	}
	spinlock_drop(&queue->lock);
	return status;
}
