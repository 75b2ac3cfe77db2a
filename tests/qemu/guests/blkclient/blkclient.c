/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block client: N_ROUNDS times a block of 4 KiB is written, read back and
 * compared, N_LANES of them at once, while the server restarts. So does this end,
 * N_RESTARTS times with requests in flight, and once it only opens the device anew.
 * At the end every block of the disk is read and must hold what was written last.
 *
 * A block's text follows from its number and the round; no two are alike. What was
 * written is noted behind the image, where a restart leaves it alone.
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/platform.h"
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
#define N_BLOCKS         256u
#define N_SERVER_STARTS  5u

/* Far from where the server restarts, which may leave half a block: each 500 writes. */
#define N_RESTARTS         3u
#define RESTART_ROUND(n)   (1000u * (n) - 750u) /* 1..N_RESTARTS */
#define OPEN_AGAIN_ROUND   2750u
#define NOTES_OFFSET       UINT64_C(0x100000) /* in the partition's memory */

enum step { IDLE, WRITING, FLUSHING, READING, SETTLING };

struct lane {
	enum step step;
	uint32_t  block;
	uint32_t  round;
	uint64_t  text[BLOCK_WORDS];
};

/* What outlives a restart. */
struct notes {
	uint32_t written[N_BLOCKS]; /* round that wrote this block last, 0: none */
	uint32_t begun[N_BLOCKS];   /* the same, not yet answered */
	uint32_t n_rounds;
	uint64_t n_started, n_finished, n_lost, n_unexpected, n_failed, n_different, n_refused;
	uint64_t n_settled;
	uint64_t n_doorbells;
};

static const struct pv_virtio_frontend_config *device;
static struct pv_block_client client;
static struct lane lanes[N_LANES];
static struct notes *notes;
static uint32_t n_blocks, n_starts, n_opened;
static uint64_t n_sleeps;
static volatile uint32_t n_interrupts;

extern char pv_image_end[];

static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	n_interrupts++;
}

/* Round 0: a disk that is new. */
static uint64_t word_of(uint32_t block, uint32_t round, uint32_t n)
{
	if (round == 0) {
		return 0;
	}

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

static bool is_of_round(const struct lane *lane, uint32_t round)
{
	for (uint32_t i = 0; i < BLOCK_WORDS; i++) {
		if (lane->text[i] != word_of(lane->block, round, i)) {
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

	notes->n_refused += pv_block_start(&client, &request) != PV_OK;
	notes->n_started++;
	lane->step = step;
}

/* Blocks of a lane are its own: number modulo N_LANES. */
static void start_round(struct lane *lane)
{
	uint32_t round = ++notes->n_rounds;
	uint32_t own = (uint32_t)((word_of(0, round, 1) >> 40) % (n_blocks / N_LANES));

	lane->block = own * N_LANES + (uint32_t)(lane - lanes);
	lane->round = round;
	notes->begun[lane->block] = round;
	fill(lane);
	start(lane, PV_BLOCK_WRITE, WRITING);
}

static void read_back(struct lane *lane, enum step step)
{
	memset(lane->text, 0xff, sizeof(lane->text));
	start(lane, PV_BLOCK_READ, step);
}

/*
 * A write that was not answered before the device was opened anew: it was done, or
 * it was not, but not half of it, for the server does one after the other.
 */
static void settle(const struct lane *lane)
{
	uint32_t *written = &notes->written[lane->block];
	uint32_t *begun = &notes->begun[lane->block];

	if (is_of_round(lane, *begun)) {
		*written = *begun;
	} else {
		notes->n_different += !is_of_round(lane, *written);
		*begun = *written;
	}
	notes->n_settled++;
}

static void advance(struct lane *lane, enum pv_block_result result)
{
	notes->n_failed += result != PV_BLOCK_OK;
	switch (lane->step) {
	case WRITING:
		notes->written[lane->block] = lane->round;
		if (lane->round % ROUNDS_PER_FLUSH == 0) {
			start(lane, PV_BLOCK_FLUSH, FLUSHING);
			break;
		}
		read_back(lane, READING);
		break;
	case FLUSHING:
		read_back(lane, READING);
		break;
	case READING:
		notes->n_different += !is_of_round(lane, lane->round);
		lane->step = IDLE;
		break;
	case SETTLING:
		settle(lane);
		lane->step = IDLE;
		break;
	case IDLE:
	default:
		notes->n_unexpected++;
		break;
	}
}

static void kick(void)
{
	notes->n_doorbells += pv_virtio_frontend_kick(&client.frontend, &client.queue);
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
		notes->n_finished++;
		has_moved = true;
		advance(&lanes[tag], result);
	}
	if (!has_moved && pv_virtqueue_driver_wait_begin(&client.queue)) {
		n_sleeps++;
		pv_wfi(); /* masked: an interrupt since the last look ends it */
	}
	pv_virtqueue_driver_wait_end(&client.queue);
	pv_irq_take_pending();
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

static void open_device(void)
{
	enum pv_status status;

	while ((status = pv_block_client_open(&client, device, N_LANES)) == PV_BUSY) {
	}
	/* The server may come later. */
	while (status == PV_OK && client.n_sectors == 0) {
		if (!pv_virtio_frontend_is_config_new(&client.frontend)) {
			pv_wfi();
		}
		pv_irq_take_pending();
		status = pv_block_client_update(&client);
	}
	n_blocks = (uint32_t)(client.n_sectors / BLOCK_SECTORS);
	if (status != PV_OK || n_blocks < N_LANES || n_blocks > N_BLOCKS) {
		report(false, "the device is a disk: status %d, %u blocks", (int)status, n_blocks);
		pv_panic("no disk");
	}
	n_opened++;
}

/* Open the device and find out what became of what was in flight before. */
static void begin_anew(void)
{
	bool is_sane = true;

	notes->n_lost = notes->n_started - notes->n_finished; /* of all lives */
	open_device();
	for (uint32_t i = 0; i < N_LANES; i++) {
		lanes[i].step = IDLE;
	}
	for (uint32_t block = 0; block < n_blocks; block++) {
		struct lane *lane = &lanes[block % N_LANES];

		if (notes->begun[block] != notes->written[block]) {
			lane->block = block;
			read_back(lane, SETTLING);
		}
	}
	while (is_sane && is_any_busy()) {
		is_sane = wait_and_advance();
	}
}

/* With requests in flight, at certain rounds: this end restarts, or opens the device anew. */
static void leave_off(void)
{
	if (n_starts <= N_RESTARTS && notes->n_rounds >= RESTART_ROUND(n_starts)) {
		pv_system_reset();
	}
	if (n_opened == 1 && notes->n_rounds >= OPEN_AGAIN_ROUND) {
		begin_anew();
	}
}

static void run_rounds(void)
{
	bool is_sane = true;

	while (is_sane && (notes->n_rounds < N_ROUNDS || is_any_busy())) {
		for (uint32_t i = 0; i < N_LANES && notes->n_rounds < N_ROUNDS; i++) {
			if (lanes[i].step == IDLE) {
				start_round(&lanes[i]);
			}
		}
		kick();
		leave_off();
		/* What was in flight is gone when the device was opened anew: nothing to wait for. */
		if (is_any_busy()) {
			is_sane = wait_and_advance();
		}
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
			while (block < n_blocks && notes->written[block] == 0) {
				block++;
			}
			if (block < n_blocks) {
				lanes[i].block = block;
				lanes[i].round = notes->written[block++];
				read_back(&lanes[i], READING);
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
		pv_irq_take_pending();
		status = PV_OK;
	}
	report(status == PV_OK && result == PV_BLOCK_OK && strcmp(id, "paravent-ram-disk") == 0,
	       "the disk's id is \"%s\"", id);
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

static void find_notes(void)
{
	const struct pv_memory_range *range = &pv_platform()->memory[0];
	struct pv_partition_info own;

	if (pv_partition_info(PV_SELF, &own) != PV_OK) {
		pv_panic("no information on this partition");
	}
	n_starts = own.n_starts;
	notes = (struct notes *)(uintptr_t)(range->base + NOTES_OFFSET);
	if ((unsigned char *)pv_image_end > (unsigned char *)notes ||
	    range->bytes < NOTES_OFFSET + sizeof(*notes)) {
		pv_panic("no room for notes behind the image");
	}
	if (n_starts == 1) {
		memset(notes, 0, sizeof(*notes));
	}
}

static void report_all(void)
{
	report(n_blocks == N_BLOCKS, "the disk has %u blocks", n_blocks);
	report(notes->n_rounds == N_ROUNDS, "%u rounds", notes->n_rounds);
	report(n_starts == N_RESTARTS + 1 && n_opened == 2, "%u starts, the last opened the device %u times",
	       n_starts, n_opened);
	report(notes->n_lost > 0 && notes->n_settled > 0, "%llu requests lost at that, %llu of them writes",
	       (unsigned long long)notes->n_lost, (unsigned long long)notes->n_settled);
	report(notes->n_doorbells <= notes->n_finished, "at most a doorbell a request");
	report(notes->n_refused == 0, "%llu requests refused", (unsigned long long)notes->n_refused);
	report(notes->n_failed == 0, "%llu requests failed", (unsigned long long)notes->n_failed);
	report(notes->n_different == 0, "%llu blocks differ",
	       (unsigned long long)notes->n_different);
	report(notes->n_unexpected == 0, "%llu answers came twice",
	       (unsigned long long)notes->n_unexpected);
	report(notes->n_started == notes->n_finished + notes->n_lost, "%llu of %llu requests answered",
	       (unsigned long long)notes->n_finished, (unsigned long long)notes->n_started);
}

void guest_main(void)
{
	device = pv_virtio_frontend_find("disk", PV_VIRTIO_BLOCK);
	if (device == NULL || !pv_irq_attach_edge(device->interrupt, on_interrupt, NULL)) {
		pv_panic("no device \"disk\"");
	}
	find_notes();
	begin_anew();
	pv_printf("blkclient: start %u of %u, round %u\n", n_starts, N_RESTARTS + 1, notes->n_rounds);

	uint64_t begin = pv_timer_now();
	uint64_t wfi_before = sleeps_trapped();
	uint64_t n_finished = notes->n_finished, n_doorbells = notes->n_doorbells;

	run_rounds();

	uint64_t us = pv_ns_from_ticks(pv_timer_now() - begin) / 1000;

	n_finished = notes->n_finished - n_finished;
	n_doorbells = notes->n_doorbells - n_doorbells;

	uint64_t hundredths = n_doorbells * 100 / (n_finished != 0 ? n_finished : 1);

	pv_printf("blkclient: %llu requests in %llu ms, %u interrupts, %llu sleeps (%llu trapped)\n",
		  (unsigned long long)n_finished, (unsigned long long)us / 1000, n_interrupts,
		  (unsigned long long)n_sleeps,
		  (unsigned long long)(sleeps_trapped() - wfi_before));
	pv_printf("blkclient: %llu doorbells, %llu.%02llu hypercalls per request of 4 KiB\n",
		  (unsigned long long)n_doorbells, (unsigned long long)hundredths / 100,
		  (unsigned long long)hundredths % 100);
	read_id();
	read_all();
	report_all();
	report_server();
	report_done();
}
