/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of another partition: each is driven, the partition that serves them is
 * restarted, and each is driven again, on the queues that it finds.
 *
 * Boot arguments
 *   server=ID  the partition that serves
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/platform.h"
#include "pv/start.h"
#include "pv/string.h"
#include "pv/virtio_block.h"
#include "pv/virtio_console.h"
#include "pv/virtio_gpio.h"
#include "pv/virtio_i2c.h"
#include "pv/virtio_rng.h"
#include "tests/qemu/guests/report.h"

#define N_ROUNDS    2u
#define N_LINES     2u
#define SECTORS     8u
#define BLOCK_BYTES (SECTORS * PV_BLOCK_SECTOR_BYTES)

static struct pv_block_client disk;
static struct pv_gpio_client gpio;
static struct pv_console_client log, clock;
static struct pv_rng_client random;
static struct pv_i2c_client bus;
static unsigned char text[BLOCK_BYTES], back[BLOCK_BYTES];

static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
}

/* Masked: an interrupt since the last look ends the sleep. */
static void sleep_once(void)
{
	pv_wfi();
	pv_irq_take_pending();
}

static const struct pv_virtio_frontend_config *find(const char *name, enum pv_virtio_device device)
{
	const struct pv_virtio_frontend_config *config = pv_virtio_frontend_find(name, device);

	if (config == NULL || !pv_irq_attach_edge(config->interrupt, on_interrupt, NULL)) {
		pv_panic("no device \"%s\"", name);
	}
	return config;
}

static void open_all(void)
{
	report_equal((uint64_t)pv_block_client_open(&disk, find("disk", PV_VIRTIO_BLOCK), 1), PV_OK,
		     "the disk opens");
	report_equal((uint64_t)pv_gpio_client_open(&gpio, find("pins", PV_VIRTIO_GPIO)), PV_OK,
		     "the pins open");
	report_equal((uint64_t)pv_console_client_open(&log, find("log", PV_VIRTIO_CONSOLE)), PV_OK,
		     "the log opens");
	report_equal((uint64_t)pv_console_client_open(&clock, find("clock", PV_VIRTIO_CONSOLE)),
		     PV_OK, "the clock opens");
	report_equal((uint64_t)pv_rng_client_open(&random, find("random", PV_VIRTIO_RNG)), PV_OK,
		     "the random source opens");
	report_equal((uint64_t)pv_i2c_client_open(&bus, find("bus", PV_VIRTIO_I2C)), PV_OK,
		     "the bus opens");
	pv_rng_client_kick(&random);
	pv_console_client_kick(&clock);
}

/* ---- Disk ------------------------------------------------------------------------- */

static enum pv_block_result transfer(enum pv_block_kind kind, uint64_t sector, void *memory)
{
	const struct pv_block_request request = { kind, sector, memory, BLOCK_BYTES, 0 };
	enum pv_block_result result = PV_BLOCK_ERROR;
	uint64_t tag;

	if (pv_block_start(&disk, &request) != PV_OK) {
		return PV_BLOCK_ERROR;
	}
	(void)pv_virtio_frontend_kick(&disk.frontend, &disk.queue);
	while (pv_block_finish(&disk, &tag, &result) == PV_EMPTY) {
		if (pv_virtqueue_driver_wait_begin(&disk.queue)) {
			sleep_once();
		}
		pv_virtqueue_driver_wait_end(&disk.queue);
	}
	return result;
}

static void fill(unsigned char *to, uint32_t round)
{
	for (uint32_t i = 0; i < BLOCK_BYTES; i++) {
		to[i] = (unsigned char)(i * 7 + i / 256 + round);
	}
}

/* The block of the round before is still there: the disk outlives its server. */
static void test_disk(uint32_t round)
{
	while (disk.n_sectors == 0) {
		if (!pv_virtio_frontend_is_config_new(&disk.frontend)) {
			sleep_once();
		}
		(void)pv_block_client_update(&disk);
	}
	report(disk.n_sectors == 2048, "the disk has %u sectors", (unsigned)disk.n_sectors);
	if (round > 1) {
		fill(text, round - 1);
		report(transfer(PV_BLOCK_READ, (round - 1) * SECTORS, back) == PV_BLOCK_OK &&
			       memcmp(text, back, BLOCK_BYTES) == 0,
		       "what was written before is there");
	}
	fill(text, round);
	report(transfer(PV_BLOCK_WRITE, round * SECTORS, text) == PV_BLOCK_OK, "a block is written");
	memset(back, 0, sizeof(back));
	report(transfer(PV_BLOCK_READ, round * SECTORS, back) == PV_BLOCK_OK &&
		       memcmp(text, back, BLOCK_BYTES) == 0,
	       "and read");
}

/* ---- Pins ------------------------------------------------------------------------- */

static enum pv_status ask(enum pv_gpio_request request, uint32_t line, uint32_t value,
			  uint32_t *result)
{
	enum pv_status status = pv_gpio_client_start(&gpio, request, line, value);

	if (status != PV_OK) {
		return status;
	}
	while ((status = pv_gpio_client_finish(&gpio, result)) == PV_EMPTY) {
		if (pv_virtqueue_driver_wait_begin(&gpio.queue)) {
			sleep_once();
		}
		pv_virtqueue_driver_wait_end(&gpio.queue);
	}
	return status;
}

static bool is_level(uint32_t line, uint32_t level)
{
	uint32_t value = 2;

	return ask(PV_GPIO_GET_VALUE, line, 0, &value) == PV_OK && value == level;
}

static bool set(uint32_t line, uint32_t level)
{
	uint32_t unused;

	return ask(PV_GPIO_SET_VALUE, line, level, &unused) == PV_OK;
}

static void test_pins(uint32_t round)
{
	uint32_t value = 0;

	report(gpio.n_lines == N_LINES, "%u lines", gpio.n_lines);
	if (round > 1) {
		report(set(0, 1) && is_level(0, 1) && set(0, 0) && is_level(0, 0),
		       "line 0 is the output that it was before");
	}
	report(set(0, 1) && ask(PV_GPIO_SET_DIRECTION, 0, PV_GPIO_OUTPUT, &value) == PV_OK &&
		       is_level(0, 1),
	       "line 0 becomes an output, and is high at once");
	report(ask(PV_GPIO_GET_DIRECTION, 0, 0, &value) == PV_OK && value == PV_GPIO_OUTPUT,
	       "line 0 is an output");
	report(set(1, 0) && ask(PV_GPIO_SET_DIRECTION, 1, PV_GPIO_OUTPUT, &value) == PV_OK &&
		       set(0, 0) && set(1, 1) && is_level(0, 0) && is_level(1, 1),
	       "each line has its level");
	report(ask(PV_GPIO_SET_DIRECTION, 0, 3, &value) == PV_NOT_ALLOWED, "no direction 3");
	gpio.n_lines++; /* as a driver that does not care */
	report(ask(PV_GPIO_GET_VALUE, N_LINES, 0, &value) == PV_NOT_ALLOWED, "no line %u", N_LINES);
	gpio.n_lines--;
}

/* ---- Text ------------------------------------------------------------------------- */

static void write_all(struct pv_console_client *console, const char *from)
{
	uint32_t bytes = (uint32_t)strlen(from), done = 0, taken;

	while (done < bytes &&
	       pv_console_client_write(console, from + done, bytes - done, &taken) == PV_OK) {
		done += taken;
		pv_console_client_kick(console);
		if (taken == 0 && pv_console_client_wait_begin(console)) {
			sleep_once();
		}
		pv_console_client_wait_end(console);
	}
	report(done == bytes, "%u bytes of text are taken", bytes);
}

static void test_log(uint32_t round)
{
	char line[40];

	pv_snprintf(line, sizeof(line), "round %u\nwith \033[1mcolour\n", round);
	write_all(&log, line);
}

static void test_clock(void)
{
	char date[32] = "";
	uint32_t n = 0, taken;
	enum pv_status status = PV_OK;

	write_all(&clock, "what time is it?\n");
	while (n < sizeof(date) - 1 && (n == 0 || date[n - 1] != '\n') &&
	       (status == PV_OK || status == PV_EMPTY)) {
		status = pv_console_client_read(&clock, date + n, (uint32_t)sizeof(date) - 1 - n,
						&taken);
		n += taken;
		if (status == PV_EMPTY && pv_console_client_wait_begin(&clock)) {
			sleep_once();
		}
		pv_console_client_wait_end(&clock);
	}
	pv_console_client_kick(&clock); /* the slot is back */
	report(n == 20 && date[0] == '2' && date[4] == '-' && date[13] == ':', "it is %.19s", date);
}

/* ---- Random bytes ------------------------------------------------------------------- */

static void test_random(void)
{
	static uint64_t last;
	uint64_t words[PV_RNG_SLOT_BYTES / 8] = { 0 };
	uint32_t taken = 0;

	while (pv_rng_client_read(&random, words, sizeof(words), &taken) == PV_EMPTY) {
		if (pv_rng_client_wait_begin(&random)) {
			sleep_once();
		}
		pv_rng_client_wait_end(&random);
	}
	pv_rng_client_kick(&random);
	report(taken == sizeof(words) && words[0] != words[1] && words[0] != last,
	       "%u random bytes", taken);
	last = words[0];
}

/* ---- Bus -------------------------------------------------------------------------- */

#define MEMORY    0x50u
#define N_WRITTEN 16u

static enum pv_status transfer_messages(const struct pv_i2c_message *messages, uint32_t n)
{
	enum pv_status status = pv_i2c_client_start(&bus, messages, n);

	if (status != PV_OK) {
		return status;
	}
	while ((status = pv_i2c_client_finish(&bus)) == PV_EMPTY) {
		if (pv_virtqueue_driver_wait_begin(&bus.queue)) {
			sleep_once();
		}
		pv_virtqueue_driver_wait_end(&bus.queue);
	}
	return status;
}

static enum pv_status read_memory(uint8_t device, uint8_t place, void *to, uint32_t n_bytes)
{
	const struct pv_i2c_message messages[] = {
		{ .address = device, .bytes = &place, .n_bytes = 1 },
		{ .address = device, .is_read = true, .bytes = to, .n_bytes = n_bytes },
	};

	return transfer_messages(messages, 2);
}

static void fill_bytes(unsigned char *to, uint32_t round)
{
	for (uint32_t i = 0; i < N_WRITTEN; i++) {
		to[i] = (unsigned char)(round * 64 + i);
	}
}

/* Pointer and bytes go out in one message. The memory outlives its server, as the disk does. */
static void test_bus(uint32_t round)
{
	uint8_t place = (uint8_t)(round * N_WRITTEN);
	unsigned char bytes[1 + N_WRITTEN] = { place }, got[N_WRITTEN];
	const struct pv_i2c_message write = { .address = MEMORY, .bytes = bytes, .n_bytes = sizeof(bytes) };
	const struct pv_i2c_message nobody = { .address = MEMORY + 1 };

	fill_bytes(bytes + 1, round - 1);
	report(round == 1 || (read_memory(MEMORY, (uint8_t)(place - N_WRITTEN), got, sizeof(got)) == PV_OK &&
			      memcmp(got, bytes + 1, sizeof(got)) == 0),
	       "what the memory on the bus held before is there");
	fill_bytes(bytes + 1, round);
	report(transfer_messages(&write, 1) == PV_OK, "%u bytes are written to it", N_WRITTEN);
	memset(got, 0, sizeof(got));
	report(read_memory(MEMORY, place, got, sizeof(got)) == PV_OK &&
		       memcmp(got, bytes + 1, sizeof(got)) == 0,
	       "and read");
	report(transfer_messages(&nobody, 1) == PV_NOT_ALLOWED &&
		       read_memory(MEMORY + 1, 0, got, sizeof(got)) == PV_NOT_ALLOWED,
	       "nobody answers at the next address");
	report(read_memory(MEMORY, 0xff, got, 2) == PV_OK && got[0] == 0xff && got[1] == 0xff,
	       "the memory goes on at its start, where nothing was written");
}

/* ---- All -------------------------------------------------------------------------- */

static uint64_t server_id(void)
{
	char argument[8] = "";
	uint64_t id = 0;

	(void)pv_platform_argument("server", argument, sizeof(argument));
	for (const char *c = argument; *c >= '0' && *c <= '9'; c++) {
		id = id * 10 + (uint64_t)(*c - '0');
	}
	return id;
}

/* What follows need not wait: requests lie in the queues until the server is back. */
static void restart_server(uint64_t id)
{
	report_equal((uint64_t)pv_partition_control(id, PV_CONTROL_RESTART), PV_OK,
		     "the server restarts");
}

void guest_main(void)
{
	struct pv_partition_info server = { 0 };

	open_all();
	for (uint32_t round = 1; round <= N_ROUNDS; round++) {
		if (round > 1) {
			restart_server(server_id());
		}
		test_disk(round);
		test_pins(round);
		test_log(round);
		test_clock();
		test_random();
		test_bus(round);
	}
	report(pv_partition_info(server_id(), &server) == PV_OK && server.n_starts == N_ROUNDS,
	       "the server has started %u times", server.n_starts);
	report_done();
}
