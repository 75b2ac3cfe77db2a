/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block client: N_ROUNDS times a block of 4 KiB is written, read back and
 * compared, N_LANES of them at once, while the server restarts. At the end every
 * block of the disk is read and must hold what was written last.
 *
 * A block's text follows from its number and the round; no two are alike.
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/port.h"
#include "pv/start.h"
#include "pv/string.h"
#include "pv/timer.h"
#include "pv/virtio_block.h"
#include "tests/qemu/guests/report.h"

#define N_ROUNDS         3000u
#define N_LANES          8u
#define ROUNDS_PER_FLUSH 16u
#define BLOCK_BYTES      4096u
#define BLOCK_WORDS      (BLOCK_BYTES / 8u)
#define BLOCK_SECTORS    (BLOCK_BYTES / PV_BLOCK_SECTOR_BYTES)
#define BLOCKS_MAX       1024u
#define N_SERVER_STARTS  5u

enum step { IDLE, WRITING, FLUSHING, READING };

struct lane {
	enum step step;
	uint32_t  block;
	uint32_t  round;
	uint64_t  text[BLOCK_WORDS];
};

static const struct pv_port_config *port;
static struct pv_block_client client;
static struct lane lanes[N_LANES];
static uint32_t round_of[BLOCKS_MAX]; /* the last that wrote this block, 0: none */
static uint32_t n_blocks, n_rounds;
static uint64_t n_started, n_finished, n_unexpected, n_failed, n_different, n_refused;
static uint64_t n_doorbells, n_sleeps;
static volatile uint32_t n_interrupts;

static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	n_interrupts++;
}

static void take_interrupts(void)
{
	pv_irq_unmask();
	pv_isb();
	pv_irq_mask();
}

static uint64_t word_of(uint32_t block, uint32_t round, uint32_t n)
{
	uint64_t word = ((uint64_t)round << 32 | (uint64_t)block << 16 | n) *
			UINT64_C(0x9e3779b97f4a7c15);

	return word ^ word >> 29;
}

static void fill(struct lane *lane)
{
	for (uint32_t i = 0; i < BLOCK_WORDS; i++) {
		lane->text[i] = word_of(lane->block, lane->round, i);
	}
}

static bool is_as_written(const struct lane *lane)
{
	for (uint32_t i = 0; i < BLOCK_WORDS; i++) {
		if (lane->text[i] != word_of(lane->block, lane->round, i)) {
			return false;
		}
	}
	return true;
}

static void start(struct lane *lane, enum pv_block_kind kind, enum step step)
{
	const struct pv_block_request request = {
		.kind = kind,
		.sector = (uint64_t)lane->block * BLOCK_SECTORS,
		.memory = lane->text,
		.bytes = BLOCK_BYTES,
		.tag = (uint64_t)(lane - lanes),
	};

	n_refused += pv_block_start(&client, &request) != PV_OK;
	n_started++;
	lane->step = step;
}

/* Blocks of a lane are its own: number modulo N_LANES. */
static void start_round(struct lane *lane)
{
	uint32_t round = ++n_rounds;
	uint32_t own = (uint32_t)((word_of(0, round, 1) >> 40) % (n_blocks / N_LANES));

	lane->block = own * N_LANES + (uint32_t)(lane - lanes);
	lane->round = round;
	round_of[lane->block] = round;
	fill(lane);
	start(lane, PV_BLOCK_WRITE, WRITING);
}

static void read_back(struct lane *lane)
{
	memset(lane->text, 0, sizeof(lane->text));
	start(lane, PV_BLOCK_READ, READING);
}

static void advance(struct lane *lane, enum pv_block_result result)
{
	n_failed += result != PV_BLOCK_OK;
	switch (lane->step) {
	case WRITING:
		if (lane->round % ROUNDS_PER_FLUSH == 0) {
			start(lane, PV_BLOCK_FLUSH, FLUSHING);
			break;
		}
		read_back(lane);
		break;
	case FLUSHING:
		read_back(lane);
		break;
	case READING:
		n_different += !is_as_written(lane);
		lane->step = IDLE;
		break;
	case IDLE:
	default:
		n_unexpected++;
		break;
	}
}

static void kick(void)
{
	if (pv_virtqueue_kick(&client.queue)) {
		n_doorbells++;
		(void)pv_port_ring(port, 0);
	}
}

/* Take what is finished; sleep if nothing is. False: the queue is broken. */
static bool wait_and_advance(void)
{
	uint64_t tag;
	enum pv_block_result result;
	enum pv_status status;
	bool has_moved = false;

	kick();
	while ((status = pv_block_finish(&client, &tag, &result)) == PV_OK) {
		n_finished++;
		has_moved = true;
		advance(&lanes[tag], result);
	}
	if (!has_moved && pv_virtqueue_driver_wait_begin(&client.queue)) {
		n_sleeps++;
		pv_wfi(); /* masked: an interrupt since the last look ends it */
	}
	pv_virtqueue_driver_wait_end(&client.queue);
	take_interrupts();
	return status == PV_EMPTY;
}

static bool is_any_busy(void)
{
	for (uint32_t i = 0; i < N_LANES; i++) {
		if (lanes[i].step != IDLE) {
			return true;
		}
	}
	return false;
}

static void run_rounds(void)
{
	bool is_sane = true;

	while (is_sane && (n_rounds < N_ROUNDS || is_any_busy())) {
		for (uint32_t i = 0; i < N_LANES && n_rounds < N_ROUNDS; i++) {
			if (lanes[i].step == IDLE) {
				start_round(&lanes[i]);
			}
		}
		is_sane = wait_and_advance();
	}
}

static void read_all(void)
{
	bool is_sane = true;
	uint32_t block = 0;

	while (is_sane && (block < n_blocks || is_any_busy())) {
		for (uint32_t i = 0; i < N_LANES && block < n_blocks; i++) {
			if (lanes[i].step != IDLE) {
				continue;
			}
			while (block < n_blocks && round_of[block] == 0) {
				block++;
			}
			if (block < n_blocks) {
				lanes[i].block = block;
				lanes[i].round = round_of[block++];
				read_back(&lanes[i]);
			}
		}
		if (is_any_busy()) {
			is_sane = wait_and_advance();
		}
	}
}

static void read_id(void)
{
	char id[PV_BLOCK_ID_BYTES + 1] = "";
	const struct pv_block_request request = {
		.kind = PV_BLOCK_GET_ID, .memory = id, .bytes = PV_BLOCK_ID_BYTES,
	};
	uint64_t tag;
	enum pv_block_result result = PV_BLOCK_ERROR;
	enum pv_status status = pv_block_start(&client, &request);

	kick();
	while (status == PV_OK &&
	       (status = pv_block_finish(&client, &tag, &result)) == PV_EMPTY) {
		if (pv_virtqueue_driver_wait_begin(&client.queue)) {
			pv_wfi();
		}
		take_interrupts();
		status = PV_OK;
	}
	report(status == PV_OK && result == PV_BLOCK_OK && strcmp(id, "paravent-ram-disk") == 0,
	       "the disk's id is \"%s\"", id);
}

static void open_disk(void)
{
	size_t bytes = 0;
	unsigned char *shared;
	struct pv_virtio_offer offer;
	struct pv_virtqueue_config config;
	enum pv_status status;

	port = pv_platform_port("disk");
	shared = port != NULL ? pv_window(port, &bytes) : NULL;
	if (shared == NULL || !pv_irq_attach_edge(port->interrupt, on_interrupt, NULL)) {
		pv_panic("no window \"disk\"");
	}

	struct pv_virtio_window share = { shared, (uintptr_t)shared, bytes };
	struct pv_virtio_window window = pv_virtio_share_window(&share);

	while ((status = pv_virtio_share_read_offer(&share, PV_VIRTIO_ID_BLOCK, &offer)) ==
	       PV_EMPTY) {
		pv_wfi();
		take_interrupts();
	}
	report(status == PV_OK, "the server offers a disk");
	status = pv_block_client_open(&client, &window, &offer, N_LANES, &config);
	report(status == PV_OK, "the queue is open");
	if (status != PV_OK) {
		pv_panic("no queue, status %d", (int)status);
	}
	n_blocks = (uint32_t)(client.n_sectors / BLOCK_SECTORS);
	report(n_blocks >= N_LANES && n_blocks <= BLOCKS_MAX, "the disk has %u blocks", n_blocks);
	(void)pv_virtio_share_announce(&share, &config);
	(void)pv_port_ring(port, 0);
}

static uint64_t sleeps_trapped(void)
{
	uint64_t n = 0;

	(void)pv_statistics(PV_STATISTIC_WFI, 0, &n);
	return n;
}

static void report_server(void)
{
	char text[16] = "";
	uint64_t id = 0;
	struct pv_partition_info info = { 0 };

	(void)pv_platform_argument("server", text, sizeof(text));
	for (const char *c = text; *c >= '0' && *c <= '9'; c++) {
		id = id * 10 + (uint64_t)(*c - '0');
	}
	report(pv_partition_info(id, &info) == PV_OK && info.n_starts == N_SERVER_STARTS,
	       "the server has started %u times", info.n_starts);
}

void guest_main(void)
{
	open_disk();
	read_id();

	uint64_t begin = pv_timer_now();
	uint64_t wfi_before = sleeps_trapped();

	run_rounds();

	uint64_t us = pv_ns_from_ticks(pv_timer_now() - begin) / 1000;
	uint64_t hundredths = n_doorbells * 100 / (n_finished != 0 ? n_finished : 1);

	pv_printf("blkclient: %llu requests in %llu ms, %u interrupts, %llu sleeps (%llu trapped)\n",
		  (unsigned long long)n_finished, (unsigned long long)us / 1000, n_interrupts,
		  (unsigned long long)n_sleeps,
		  (unsigned long long)(sleeps_trapped() - wfi_before));
	pv_printf("blkclient: %llu doorbells, %llu.%02llu hypercalls per request of 4 KiB\n",
		  (unsigned long long)n_doorbells, (unsigned long long)hundredths / 100,
		  (unsigned long long)hundredths % 100);
	report(n_rounds == N_ROUNDS, "%u rounds", n_rounds);
	report(n_doorbells <= n_finished, "at most a doorbell a request");
	read_all();
	report(n_refused == 0, "%llu requests refused", (unsigned long long)n_refused);
	report(n_failed == 0, "%llu requests failed", (unsigned long long)n_failed);
	report(n_different == 0, "%llu blocks differ", (unsigned long long)n_different);
	report(n_unexpected == 0, "%llu answers came twice", (unsigned long long)n_unexpected);
	report(n_started == n_finished, "%llu of %llu requests answered",
	       (unsigned long long)n_finished, (unsigned long long)n_started);
	report_server();
	report_done();
}
