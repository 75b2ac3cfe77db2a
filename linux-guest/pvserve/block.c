/* SPDX-License-Identifier: Apache-2.0 */
/* A disk: what all that can be behind one have in common. VIRTIO 1.2 "Block Device". */
#include "linux-guest/pvserve/block.h"
#include "linux-guest/pvserve/kinds.h"

#define QUEUE 0

static struct {
	const struct block_engine *engine;
	uint64_t capacity; /* sectors; as last told */
	/* Numbers of requests, modulo 2^16: taken from the driver >= sent on, >= answered. */
	uint16_t n_taken, n_sent, n_answered;
	struct block_request requests[PV_VIRTQUEUE_SIZE_MAX];
} block;

struct block_request *block_request_at(uint16_t number)
{
	return &block.requests[number % PV_VIRTQUEUE_SIZE_MAX];
}

void block_send_again(void)
{
	block.n_sent = block.n_answered;
}

bool block_is_idle(void)
{
	for (uint16_t i = block.n_answered; i != block.n_sent; i++) {
		if (!block_request_at(i)->is_done) {
			return false;
		}
	}
	return true;
}

bool block_tell_capacity(struct service *service, const char *path, uint64_t n_sectors)
{
	if (n_sectors == block.capacity) {
		return true;
	}
	block.capacity = n_sectors;
	device_say(&service->device, "serving %s, %llu sectors, to %s", path, (unsigned long long)n_sectors,
		   service->device.about.frontend);
	return device_configure(&service->device, 0, n_sectors);
}

/* A format is the daemon's business, and so is a file without direct I/O. */
static bool open_block(struct service *service, char *const *arguments)
{
	const char *path = arguments[0], *format = arguments[1];
	bool is_direct = format == NULL && block_direct_fits(path, service->device.about.read_only != 0);

	block.capacity = UINT64_MAX;
	block.engine = is_direct ? &block_direct : &block_daemon;
	return block.engine->open(service, path, format);
}

static bool start_block(struct service *service)
{
	block.n_taken = block.n_sent = block.n_answered = 0;
	return block.engine->start(service);
}

/* What is not done may still touch the window: wait for it. */
static bool stop_block(struct service *service)
{
	bool has_finished = block.engine->finish(service);

	block.n_answered = block.n_sent = block.n_taken;
	return has_finished;
}

static void answer(struct pv_virtqueue_device *queue)
{
	while (block.n_answered != block.n_taken && block_request_at(block.n_answered)->is_done) {
		const struct block_request *request = block_request_at(block.n_answered++);

		(void)pv_virtqueue_push(queue, &request->chain, request->written_bytes);
	}
}

static bool has_room(void)
{
	return (uint16_t)(block.n_taken - block.n_answered) < PV_VIRTQUEUE_SIZE_MAX;
}

/* False: the driver's queue is empty, or here is no room. */
static bool take_one(struct pv_virtqueue_device *queue)
{
	struct block_request *request = block_request_at(block.n_taken);

	if (!has_room() || pv_virtqueue_pop(queue, &request->chain) != PV_OK) {
		return false;
	}
	request->is_done = false;
	block.n_taken++;
	return true;
}

static void take(struct service *service, struct pv_virtqueue_device *queue)
{
	while (block.n_sent != block.n_taken || take_one(queue)) {
		if (!block_request_at(block.n_sent)->is_done && !block.engine->send(service, block.n_sent)) {
			return;
		}
		block.n_sent++;
	}
}

static bool serve_block(struct service *service)
{
	struct pv_virtqueue_device *queue = &service->queues[QUEUE];

	if (!block.engine->collect(service)) {
		return false;
	}
	answer(queue);
	take(service, queue);
	answer(queue); /* what had to be refused, say, was done at once */
	service->waits_for = block.n_sent == block.n_taken && has_room() ? 1u << QUEUE : 0;
	return block.engine->submit(service);
}

const struct service_kind block_kind = {
	.name = "block",
	.arguments = "FILE|/dev/DISK [FORMAT]",
	.n_arguments_min = 1,
	.n_arguments_max = 2,
	.device = PV_VIRTIO_BLOCK,
	.open = open_block,
	.start = start_block,
	.serve = serve_block,
	.stop = stop_block,
};
