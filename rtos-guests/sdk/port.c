/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports in shared windows: see pv/port.h for the contract, docs/abi.md "Ports"
 * for the protocol.
 *
 * Addresses inside a window are computed from the configuration and this end's
 * own counters only. What the peer wrote is compared, never followed.
 */
#include "pv/port.h"

#include "pv/port_access.h"
#include "pv/string.h"

/* Largest message and depth for which sizes stay within 32 bits; pvc allows less. */
#define MESSAGE_BYTES_MAX (UINT32_C(1) << 20)
#define DEPTH_MAX         UINT32_C(1024)

#define WORD_BYTES ((uint32_t)sizeof(uint64_t))

_Static_assert(sizeof(struct pv_sampling_header) == 64, "first slot at 64");
_Static_assert(sizeof(struct pv_queuing_header) == 64, "first slot at 64");
_Static_assert(sizeof(struct pv_sampling_slot) == PV_SLOT_TEXT, "text at 24");
_Static_assert(sizeof(struct pv_queuing_slot) == PV_SLOT_TEXT, "text at 24");

#define SLOT_SEQUENCE  offsetof(struct pv_queuing_slot, sequence)
#define SLOT_TIMESTAMP offsetof(struct pv_queuing_slot, timestamp)
#define SLOT_BYTES     offsetof(struct pv_queuing_slot, bytes)

_Static_assert(SLOT_SEQUENCE == offsetof(struct pv_sampling_slot, sequence), "one slot layout");
_Static_assert(SLOT_TIMESTAMP == offsetof(struct pv_sampling_slot, timestamp), "one slot layout");
_Static_assert(SLOT_BYTES == offsetof(struct pv_sampling_slot, bytes), "one slot layout");

#define HEADER_BYTES  64u
#define HEADER_LATEST offsetof(struct pv_sampling_header, latest)
#define HEADER_COUNT  offsetof(struct pv_queuing_header, count)
#define HEADER_WAIT   offsetof(struct pv_queuing_header, wait)

static uint32_t slot_offset(uint32_t message_bytes, uint32_t slot)
{
	return HEADER_BYTES + slot * PV_SLOT_STRIDE(message_bytes);
}

/* What the application sends and receives has types of its own. */
typedef uint64_t may_alias_word __attribute__((may_alias));

/* Whole and aligned: one access, where a copy of bytes takes eight. */
static bool is_word(const unsigned char *text, uint32_t bytes)
{
	return bytes >= WORD_BYTES && (uintptr_t)text % WORD_BYTES == 0;
}

/*
 * Whole words, the last one padded with zeroes: a slot's text area is as long
 * as its stride allows, a multiple of 8, so that the padding is inside it.
 */
static void store_text(unsigned char *slot, const unsigned char *text, uint32_t bytes)
{
	for (uint32_t at = 0; at < bytes; at += WORD_BYTES) {
		uint64_t word = 0;

		if (is_word(text + at, bytes - at)) {
			word = *(const may_alias_word *)(const void *)(text + at);
		} else {
			memcpy(&word, text + at, bytes - at < WORD_BYTES ? bytes - at : WORD_BYTES);
		}
		port_store64(slot + PV_SLOT_TEXT + at, word);
	}
}

static void load_text(unsigned char *text, const unsigned char *slot, uint32_t bytes)
{
	for (uint32_t at = 0; at < bytes; at += WORD_BYTES) {
		uint64_t word = port_load64(slot + PV_SLOT_TEXT + at);

		if (is_word(text + at, bytes - at)) {
			*(may_alias_word *)(void *)(text + at) = word;
		} else {
			memcpy(text + at, &word, bytes - at < WORD_BYTES ? bytes - at : WORD_BYTES);
		}
	}
}

static bool is_window(uint64_t address)
{
	return address != 0 && address % HEADER_BYTES == 0;
}

static bool is_sane(const struct pv_port_config *config, enum pv_port_kind kind)
{
	return config->kind == kind && is_window(config->source_window) &&
	       config->message_bytes > 0 && config->message_bytes <= MESSAGE_BYTES_MAX &&
	       (config->direction == PV_PORT_SOURCE || config->direction == PV_PORT_DESTINATION);
}

const struct pv_port_config *pv_port_find(const struct pv_port_config *ports, size_t n_ports,
					  const char *name)
{
	for (size_t i = 0; i < n_ports; i++) {
		if (ports[i].name != NULL && strcmp(ports[i].name, name) == 0) {
			return &ports[i];
		}
	}
	return NULL;
}

enum pv_status pv_port_ring(const struct pv_port_config *config, uint32_t n)
{
	if (n >= config->n_doorbells) {
		return PV_NO_SUCH;
	}
	return port_ring(config->first_doorbell + n);
}

/*
 * The bell is a courtesy on top of a message that is already there: a bell that
 * is refused costs the peer time, not the message.
 */
static void ring(const struct pv_port_config *config, uint32_t n)
{
	(void)pv_port_ring(config, n);
}

void *pv_window(const struct pv_port_config *config, size_t *bytes)
{
	if (config->kind != PV_PORT_WINDOW || config->source_window == 0) {
		return NULL;
	}
	*bytes = config->message_bytes;
	return (void *)(uintptr_t)config->source_window;
}

/* ---- Sampling ---------------------------------------------------------------- */

enum pv_status pv_sampling_open(struct pv_sampling *port, const struct pv_port_config *config)
{
	if (!is_sane(config, PV_PORT_SAMPLING)) {
		return PV_BAD_ARGUMENT;
	}
	port->config = config;
	port->window = (unsigned char *)(uintptr_t)config->source_window;
	port->refresh_ticks = port_ticks_from_us(config->refresh_us);
	/* A restarted source goes on counting; its page is written by nobody else. */
	port->n_written = port_load64(port->window + HEADER_LATEST);
	return PV_OK;
}

static unsigned char *sampling_slot(const struct pv_sampling *port, uint64_t number)
{
	uint32_t slot = (uint32_t)(number % PV_SAMPLING_SLOTS);

	return port->window + slot_offset(port->config->message_bytes, slot);
}

enum pv_status pv_sampling_write(struct pv_sampling *port, const void *text, size_t bytes)
{
	const struct pv_port_config *config = port->config;

	if (config->direction != PV_PORT_SOURCE) {
		return PV_NOT_ALLOWED;
	}
	if (bytes > config->message_bytes) {
		return PV_BAD_ARGUMENT;
	}

	uint64_t number = port->n_written + 1;
	unsigned char *slot = sampling_slot(port, number);

	port_store64(slot + SLOT_SEQUENCE, 0);
	/* Slot void before its text changes; pairs with the reader's port_load_barrier(). */
	port_store_barrier();
	port_store64(slot + SLOT_TIMESTAMP, port_now());
	port_store32(slot + SLOT_BYTES, (uint32_t)bytes);
	store_text(slot, text, (uint32_t)bytes);
	port_store_release(slot + SLOT_SEQUENCE, number);
	port_store_release(port->window + HEADER_LATEST, number);
	port->n_written = number;
	for (uint32_t i = 0; i < config->n_doorbells; i++) {
		ring(config, i);
	}
	return PV_OK;
}

/* One try. False: overtaken, or the slot does not hold what the header says. */
static bool copy_sample(const struct pv_sampling *port, uint64_t number, unsigned char *text,
			struct pv_sample *sample)
{
	const unsigned char *slot = sampling_slot(port, number);

	if (port_load_acquire(slot + SLOT_SEQUENCE) != number) {
		return false;
	}
	sample->timestamp = port_load64(slot + SLOT_TIMESTAMP);
	sample->bytes = port_load32(slot + SLOT_BYTES);
	if (sample->bytes <= port->config->message_bytes) {
		load_text(text, slot, sample->bytes);
	}
	/* The text before the second look; pairs with the writer's port_store_barrier(). */
	port_load_barrier();
	return port_load64(slot + SLOT_SEQUENCE) == number;
}

static void judge_age(const struct pv_sampling *port, struct pv_sample *sample)
{
	uint64_t now = port_now();

	/* A stamp from the future is a lie: as old as can be. */
	sample->age_ticks = sample->timestamp <= now ? now - sample->timestamp : UINT64_MAX;
	sample->is_valid = sample->timestamp <= now && (port->config->refresh_us == 0 ||
							sample->age_ticks <= port->refresh_ticks);
}

enum pv_status pv_sampling_read(struct pv_sampling *port, void *text, size_t size,
				struct pv_sample *sample)
{
	if (port->config->direction != PV_PORT_DESTINATION) {
		return PV_NOT_ALLOWED;
	}
	if (size < port->config->message_bytes) {
		return PV_BAD_ARGUMENT;
	}
	for (uint32_t i = 0; i < PV_SAMPLING_TRIES; i++) {
		uint64_t number = port_load_acquire(port->window + HEADER_LATEST);

		if (number == 0) {
			return PV_EMPTY;
		}
		if (!copy_sample(port, number, text, sample)) {
			continue;
		}
		if (sample->bytes > port->config->message_bytes) {
			return PV_CORRUPT;
		}
		sample->number = number;
		judge_age(port, sample);
		return PV_OK;
	}
	return PV_BUSY;
}

/* ---- Queuing ------------------------------------------------------------------ */

enum pv_status pv_queuing_open(struct pv_queuing *port, const struct pv_port_config *config)
{
	uint32_t depth = config->depth;

	if (!is_sane(config, PV_PORT_QUEUING) || !is_window(config->destination_window) ||
	    depth == 0 || depth > DEPTH_MAX || (depth & (depth - 1)) != 0) {
		return PV_BAD_ARGUMENT;
	}

	unsigned char *source = (unsigned char *)(uintptr_t)config->source_window;
	unsigned char *destination = (unsigned char *)(uintptr_t)config->destination_window;
	bool is_source = config->direction == PV_PORT_SOURCE;

	port->config = config;
	port->own = is_source ? source : destination;
	port->peers = is_source ? destination : source;
	/* A restarted end goes on counting, and nobody is asleep in it. */
	port->count = port_load64(port->own + HEADER_COUNT);
	port_store32(port->own + HEADER_WAIT, 0);
	return PV_OK;
}

/*
 * Messages in the queue; more than depth: the peer's count makes no sense.
 * Acquire: slots are touched only after the count that gives them to this end;
 * pairs with the port_store_release() of the peer's advance().
 */
static uint64_t level(const struct pv_queuing *port)
{
	uint64_t theirs = port_load_acquire(port->peers + HEADER_COUNT);

	return port->config->direction == PV_PORT_SOURCE ? port->count - theirs
							 : theirs - port->count;
}

/* Give the slot at `count` to the peer, and wake it if it waits for one. */
static void advance(struct pv_queuing *port)
{
	port->count++;
	/* The slot was filled, or emptied, before; pairs with the acquire of the peer's level(). */
	port_store_release(port->own + HEADER_COUNT, port->count);
	/* Count out before wait is read; pairs with the barrier in the peer's wait_begin(). */
	port_full_barrier();
	if (port_load32(port->peers + HEADER_WAIT) != 0) {
		ring(port->config, 0);
	}
}

static uint32_t queuing_slot(const struct pv_queuing *port)
{
	const struct pv_port_config *config = port->config;

	return slot_offset(config->message_bytes, (uint32_t)(port->count & (config->depth - 1)));
}

enum pv_status pv_queuing_send(struct pv_queuing *port, const void *text, size_t bytes)
{
	const struct pv_port_config *config = port->config;

	if (config->direction != PV_PORT_SOURCE) {
		return PV_NOT_ALLOWED;
	}
	if (bytes > config->message_bytes) {
		return PV_BAD_ARGUMENT;
	}

	uint64_t used = level(port);

	if (used >= config->depth) {
		return used == config->depth ? PV_FULL : PV_CORRUPT;
	}

	unsigned char *slot = port->own + queuing_slot(port);

	port_store64(slot + SLOT_SEQUENCE, port->count + 1);
	port_store64(slot + SLOT_TIMESTAMP, port_now());
	port_store32(slot + SLOT_BYTES, (uint32_t)bytes);
	store_text(slot, text, (uint32_t)bytes);
	advance(port);
	return PV_OK;
}

enum pv_status pv_queuing_receive(struct pv_queuing *port, void *text, size_t size,
				  struct pv_received *received)
{
	const struct pv_port_config *config = port->config;

	if (config->direction != PV_PORT_DESTINATION) {
		return PV_NOT_ALLOWED;
	}
	if (size < config->message_bytes) {
		return PV_BAD_ARGUMENT;
	}

	uint64_t waiting = level(port);

	if (waiting == 0) {
		return PV_EMPTY;
	}
	if (waiting > config->depth) {
		return PV_CORRUPT;
	}

	const unsigned char *slot = port->peers + queuing_slot(port);
	bool is_next = port_load64(slot + SLOT_SEQUENCE) == port->count + 1;

	received->number = port->count + 1;
	received->timestamp = port_load64(slot + SLOT_TIMESTAMP);
	received->bytes = port_load32(slot + SLOT_BYTES);
	if (!is_next || received->bytes > config->message_bytes) {
		received->bytes = 0;
		advance(port); /* else it would stand in the way of all others */
		return PV_CORRUPT;
	}
	load_text(text, slot, received->bytes);
	advance(port);
	return PV_OK;
}

int64_t pv_queuing_level(const struct pv_queuing *port)
{
	uint64_t messages = level(port);

	return messages <= port->config->depth ? (int64_t)messages : PV_CORRUPT;
}

bool pv_queuing_wait_begin(struct pv_queuing *port)
{
	uint64_t nothing_to_do =
		port->config->direction == PV_PORT_SOURCE ? port->config->depth : 0;

	port_store32(port->own + HEADER_WAIT, 1);
	/* Wish out before the count is read; pairs with the barrier in the peer's advance(). */
	port_full_barrier();

	uint64_t messages = level(port);

	/* Counts that make no sense are nothing to do either: sleep, do not spin on them. */
	if (messages == nothing_to_do || messages > port->config->depth) {
		return true;
	}
	pv_queuing_wait_end(port);
	return false;
}

void pv_queuing_wait_end(struct pv_queuing *port)
{
	port_store32(port->own + HEADER_WAIT, 0);
}
