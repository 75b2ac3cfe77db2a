/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The neighbour: does its work at 1 kHz, watches everything it owns, and says at
 * the end whether anything was touched. The end comes when its neighbour (the
 * peer of its port "feed") no longer runs, or when it is out of patience
 * ("patience-ms=" in its boot arguments): then it stops the neighbour itself.
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/mmio.h"
#include "pv/mmu.h"
#include "pv/platform.h"
#include "pv/start.h"
#include "pv/string.h"
#include "pv/timer.h"
#include "pv/virtual_device.h"
#include "tests/qemu/guests/report.h"

#define MEMORY_WORDS    (256u * 1024 / 8)
#define TICK_US         1000u
#define MIN_MS          500u /* watch at least that long */
#define AFTER_MS        200u /* and that long after the neighbour's end */
#define STOP_MS         5000u
#define DEVICE_INTID    39u /* gpio0: its line is quiet */
#define DEVICE_PRIORITY 0xb0u
#define DEVICE_ID_REG   (UINT64_C(0x09030000) + 0xfe0) /* gpio0: PL061 PeriphID0 */
#define DEVICE_ID       0x61u
#define SPARE_MESSAGES  8u
#define DRIVER_STATUS   (PV_VIRTIO_S_ACKNOWLEDGE | PV_VIRTIO_S_DRIVER)

static uint64_t memory[MEMORY_WORDS];
static volatile uint32_t n_ticks, n_bells, n_strangers, stranger;
static volatile uint64_t worst_gap, last_tick;
static uint32_t bell_intid;
static uint64_t n_beats, n_fed, n_corrupt, n_other;

static struct pv_sampling beat;
static struct pv_queuing feed;

/* The neighbour drives the one that we serve, and serves the one that we drive; if there are any. */
static const struct pv_virtio_backend_config *served = &pv_virtio_backends[0];
static const struct pv_virtio_frontend_config *driven = &pv_virtio_frontends[0];
static uint32_t epoch;

static uint64_t pattern(uint32_t i)
{
	return i * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static bool has_devices(void)
{
	return pv_n_virtio_backends != 0;
}

static bool is_bell(uint32_t intid)
{
	return intid == bell_intid || (has_devices() &&
				       (intid == served->interrupt || intid == driven->interrupt));
}

/* Every interrupt must be one of those we expect. */
static struct pv_frame *on_irq(struct pv_frame *frame)
{
	uint32_t token = pv_irq_ack();
	uint32_t intid = pv_irq_number(token);

	if (intid >= 1020) {
		return frame;
	}
	if (intid == PV_TIMER_VIRTUAL_INTID) {
		uint64_t now = pv_timer_now();

		worst_gap = now - last_tick > worst_gap ? now - last_tick : worst_gap;
		last_tick = now;
		n_ticks++;
		pv_timer_set(PV_TIMER_VIRTUAL, now + pv_ticks_from_us(TICK_US));
	} else if (is_bell(intid)) {
		n_bells++;
	} else {
		n_strangers++;
		stranger = intid;
		pv_irq_disable(intid);
	}
	pv_irq_end(token);
	return frame;
}

static void expect_bell(uint32_t intid)
{
	pv_irq_set_edge(intid, true);
	pv_irq_enable(intid);
}

static void prepare(void)
{
	for (uint32_t i = 0; i < MEMORY_WORDS; i++) {
		memory[i] = pattern(i);
	}
	if (pv_sampling_open(&beat, pv_platform_port("beat")) != PV_OK ||
	    pv_queuing_open(&feed, pv_platform_port("feed")) != PV_OK) {
		pv_panic("ports are missing");
	}
	bell_intid = feed.config->interrupt;
	pv_mmu_map(DEVICE_ID_REG, 4, PV_MEMORY_DEVICE);
	pv_irq_set_priority(DEVICE_INTID, DEVICE_PRIORITY);
	pv_irq_set_target(DEVICE_INTID, 0);
	pv_irq_enable(DEVICE_INTID);
	expect_bell(bell_intid);
	if (has_devices()) {
		expect_bell(served->interrupt);
		expect_bell(driven->interrupt);
		pv_mmio_write32(driven->registers + PV_VIRTIO_STATUS, DRIVER_STATUS);
	}
	pv_irq_enable(PV_TIMER_VIRTUAL_INTID);
	pv_exception_set(PV_EXCEPTION_IRQ, on_irq);
	last_tick = pv_timer_now();
	pv_timer_set(PV_TIMER_VIRTUAL, last_tick + pv_ticks_from_us(TICK_US));
}

static enum pv_partition_state neighbour_state(void)
{
	struct pv_port_info info = { .peer_state = PV_PARTITION_STOPPED };

	pv_port_info((uint64_t)(feed.config - pv_platform()->ports), &info);
	return info.peer_state;
}

/* Let the neighbour reset the device that we serve. */
static void follow_device(void)
{
	uint32_t now = pv_mmio_read32(served->state + offsetof(struct pv_virtio_state, epoch));

	if (now != epoch && pv_virtio_acknowledge(served->number, now) == PV_OK) {
		epoch = now;
	}
}

/* One round of work: publish a beat, take what the neighbour feeds us, whatever it is. */
static void work(void)
{
	unsigned char text[64];
	struct pv_received received;

	n_beats++;
	if (pv_sampling_write(&beat, &n_beats, sizeof(n_beats)) != PV_OK) {
		n_other++;
	}
	for (unsigned i = 0; i < SPARE_MESSAGES; i++) {
		enum pv_status status = pv_queuing_receive(&feed, text, sizeof(text), &received);

		n_fed += status == PV_OK;
		n_corrupt += status == PV_CORRUPT;
		n_other += status != PV_OK && status != PV_CORRUPT && status != PV_EMPTY;
	}
	if (has_devices()) {
		follow_device();
	}
	pv_wfi();
	pv_irq_take_pending();
}

static void work_for_ms(uint64_t ms)
{
	uint64_t start = pv_timer_now();
	uint64_t span = pv_ticks_from_us(ms * 1000);

	while (pv_timer_now() - start < span) {
		work();
	}
}

static uint64_t patience_ms(void)
{
	char text[12] = "";
	uint64_t ms = 0;

	pv_platform_argument("patience-ms", text, sizeof(text));
	for (const char *at = text; *at >= '0' && *at <= '9'; at++) {
		ms = ms * 10 + (uint64_t)(*at - '0');
	}
	return ms;
}

/* Until the neighbour is no more; true: it had to be stopped. */
static bool outlast_neighbour(void)
{
	uint64_t start = pv_timer_now();
	uint64_t patience = pv_ticks_from_us(patience_ms() * 1000);

	work_for_ms(MIN_MS);
	while (neighbour_state() == PV_PARTITION_RUNNING && pv_timer_now() - start < patience) {
		work();
	}
	return neighbour_state() == PV_PARTITION_RUNNING;
}

static uint64_t id_of_neighbour(void)
{
	/* It is the only other partition: ids 1 and 2. */
	return 3 - pv_platform()->id;
}

static void stop_neighbour(void)
{
	uint64_t start = pv_timer_now();

	report(pv_partition_control(id_of_neighbour(), PV_CONTROL_STOP) == PV_OK,
	       "the neighbour goes on: stop it");
	while (neighbour_state() != PV_PARTITION_STOPPED &&
	       pv_timer_now() - start < pv_ticks_from_us(STOP_MS * 1000)) {
		work();
	}
	report_equal(neighbour_state(), PV_PARTITION_STOPPED, "it is stopped");
	report(pv_partition_control(id_of_neighbour(), PV_CONTROL_START) == PV_OK,
	       "start it again");
	work_for_ms(MIN_MS);
	report_equal(neighbour_state(), PV_PARTITION_RUNNING, "it runs again");
	report(pv_partition_control(id_of_neighbour(), PV_CONTROL_STOP) == PV_OK,
	       "stop it for good");
	while (neighbour_state() != PV_PARTITION_STOPPED &&
	       pv_timer_now() - start < 2 * pv_ticks_from_us(STOP_MS * 1000)) {
		work();
	}
	report_equal(neighbour_state(), PV_PARTITION_STOPPED, "it is stopped for good");
}

static void check_memory(void)
{
	uint32_t n_changed = 0;

	for (uint32_t i = 0; i < MEMORY_WORDS; i++) {
		n_changed += memory[i] != pattern(i);
	}
	report_equal(n_changed, 0, "memory is as it was");
}

static void check_interrupts(void)
{
	uint64_t priority = pv_platform()->gicd + 0x400 + DEVICE_INTID;

	if (n_strangers != 0) {
		report(false, "%u foreign interrupts, the last INTID %u", n_strangers, stranger);
	} else {
		report(true, "no foreign interrupt came");
	}
	report(pv_irq_is_enabled(DEVICE_INTID), "the device's interrupt is still enabled");
	report(pv_irq_is_enabled(bell_intid), "and that of our port");
	report(!pv_irq_is_pending(DEVICE_INTID) && !pv_irq_is_active(DEVICE_INTID),
	       "neither pending nor active");
	report_equal(pv_mmio_read8(priority), DEVICE_PRIORITY, "its priority is as it was");
	report(pv_irq_is_enabled(PV_TIMER_VIRTUAL_INTID), "the timer's interrupt is still enabled");
	report_equal(pv_mmio_read32(DEVICE_ID_REG) & 0xff, DEVICE_ID, "the device still answers");
}

static void check_virtual_devices(void)
{
	uint64_t state = served->state;

	report_equal(pv_mmio_read32(driven->registers + PV_VIRTIO_STATUS), DRIVER_STATUS,
		     "our device's status is as we left it");
	report_equal(pv_mmio_read32(state + offsetof(struct pv_virtio_state, sequence)) % 2, 0,
		     "the state of the one we serve is whole");
	report_equal(pv_mmio_read32(state + offsetof(struct pv_virtio_state, status)), 0,
		     "its driver is gone");
}

static void check_work(uint64_t ms)
{
	uint64_t written = *(const volatile uint64_t *)(uintptr_t)beat.config->source_window;

	report_equal(written, n_beats, "our window holds what we wrote");
	report_equal(n_other, 0, "ports never did but what they may");
	/* A busy host delays ticks; none may come early. */
	report(n_ticks > 10 && n_ticks <= ms + 1, "%u ticks in %llu ms", n_ticks,
	       (unsigned long long)ms);
	pv_printf("victim: worst gap between ticks %llu us, fed %llu messages, %llu corrupt\n",
		  (unsigned long long)(pv_ns_from_ticks(worst_gap) / 1000),
		  (unsigned long long)n_fed, (unsigned long long)n_corrupt);
}

void guest_main(void)
{
	uint64_t start = pv_timer_now();

	prepare();
	if (outlast_neighbour()) {
		stop_neighbour();
	}
	pv_printf("victim: the neighbour is %s\n",
		  neighbour_state() == PV_PARTITION_CRASHED ? "crashed" : "stopped");
	work_for_ms(AFTER_MS);
	check_memory();
	check_interrupts();
	if (has_devices()) {
		check_virtual_devices();
	}
	check_work(pv_ns_from_ticks(pv_timer_now() - start) / 1000000);
	report_done();
}
