/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The register page of a virtual device, as a driver meets it: every answer of EL2,
 * with a backend that does as it is told. Resets itself once with the device in use.
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
#include "pv/timer.h"
#include "pv/virtual_device.h"
#include "tests/qemu/guests/report.h"
#include "tests/qemu/guests/virtio/orders.h"

#define WAIT_US       UINT64_C(10000000) /* for what takes microseconds on an idle machine */
#define RESET_MS      100u
#define TICK_US       1000u
#define N_REGISTERS   (PV_VIRTIO_REGISTER_BYTES / 4)
#define N_WRITES      3000u
#define N_RESTARTS    20u
#define REMAP_PAUSE   50u /* turns of a loop between two changes of the map */
#define REQUIRED      PV_VIRTIO_FEATURES_REQUIRED
#define AT_WORK       (PV_VIRTIO_S_ACKNOWLEDGE | PV_VIRTIO_S_DRIVER | PV_VIRTIO_S_FEATURES_OK | \
		       PV_VIRTIO_S_DRIVER_OK)
#define PAR_PATTERN   UINT64_C(0x00000badcafe0b80)

/* el0.S */
void write_at_el0(uint64_t address, uint32_t value);

static const struct pv_virtio_frontend_config *device;
static struct orders *orders;
static volatile uint32_t n_interrupts, n_ticks, n_faults;
static volatile bool must_stop;

static uint32_t read(uint32_t offset)
{
	return pv_mmio_read32(device->registers + offset);
}

static void write(uint32_t offset, uint32_t value)
{
	pv_mmio_write32(device->registers + offset, value);
}

/* ---- The server ------------------------------------------------------------------ */

static void give(enum order kind, uint64_t argument)
{
	orders->kind = kind;
	orders->argument = argument;
	__atomic_store_n(&orders->n_given, orders->n_given + 1, __ATOMIC_RELEASE);
	(void)pv_doorbell(device->doorbell);
	if (!wait_until(&orders->n_done, orders->n_given, WAIT_US)) {
		pv_panic("the server does not obey");
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static const struct pv_virtio_state *shown(void)
{
	give(ORDER_REPORT, 0);
	return &orders->state;
}

/* Has anything rung the server since it had rung so often? */
static bool rings_after(uint32_t n)
{
	return wait_until(&orders->n_rings, n + 1, WAIT_US);
}

/* ---- Registers --------------------------------------------------------------------- */

static void test_identity(void)
{
	report_equal(read(PV_VIRTIO_MAGIC_VALUE), PV_VIRTIO_MAGIC, "MagicValue");
	report_equal(read(PV_VIRTIO_VERSION), 2, "Version");
	report_equal(read(PV_VIRTIO_DEVICE_ID), PV_VIRTIO_BLOCK, "DeviceID");
	report_equal(read(PV_VIRTIO_VENDOR_ID), PV_VIRTIO_VENDOR, "VendorID");
	report_equal(read(PV_VIRTIO_STATUS), 0, "Status");
	report_equal(read(PV_VIRTIO_INTERRUPT_STATUS), PV_VIRTIO_INTERRUPT_USED, "InterruptStatus");
	report_equal(read(PV_VIRTIO_SHM_LEN_LOW), UINT32_MAX, "SHMLen: there is none");
	report_equal(read(PV_VIRTIO_QUEUE_NUM_MAX), device->window_bytes / 8192, "QueueNumMax");
	write(PV_VIRTIO_QUEUE_SEL, 1);
	report_equal(read(PV_VIRTIO_QUEUE_NUM_MAX), 0, "QueueNumMax of a queue that is not there");
	write(PV_VIRTIO_QUEUE_SEL, 0);
}

static void write_in_all_sizes(uint64_t offset)
{
	uint64_t at = device->registers + offset;

	pv_mmio_write8(at + 3, 0x5a);
	pv_mmio_write16(at + 2, 0x5a5a);
	pv_mmio_write64(at & ~UINT64_C(7), UINT64_MAX);
}

static void test_writes_that_mean_nothing(void)
{
	uint32_t before[N_REGISTERS];
	uint32_t n_changed = 0;

	for (uint32_t i = 0; i < N_REGISTERS; i++) {
		before[i] = read(4 * i);
	}
	for (uint64_t offset = 0; offset < 4096; offset += 4) {
		write_in_all_sizes(offset);
	}
	for (uint32_t offset = PV_VIRTIO_SHM_LEN_LOW; offset < 4096; offset += 4) {
		write(offset, UINT32_MAX);
	}
	for (uint32_t offset = PV_VIRTIO_MAGIC_VALUE; offset <= PV_VIRTIO_DEVICE_FEATURES; offset += 4) {
		write(offset, 0);
	}
	for (uint32_t i = 0; i < N_REGISTERS; i++) {
		n_changed += read(4 * i) != before[i];
	}
	report_equal(n_changed, 0, "writes that mean nothing change nothing");
}

/* ---- Negotiation --------------------------------------------------------------------- */

static void write_features(uint64_t features)
{
	write(PV_VIRTIO_DRIVER_FEATURES_SEL, 0);
	write(PV_VIRTIO_DRIVER_FEATURES, (uint32_t)features);
	write(PV_VIRTIO_DRIVER_FEATURES_SEL, 1);
	write(PV_VIRTIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
}

static uint32_t accept(uint64_t features)
{
	write(PV_VIRTIO_STATUS, PV_VIRTIO_S_ACKNOWLEDGE | PV_VIRTIO_S_DRIVER);
	write_features(features);
	write(PV_VIRTIO_STATUS, read(PV_VIRTIO_STATUS) | PV_VIRTIO_S_FEATURES_OK);
	return read(PV_VIRTIO_STATUS) & PV_VIRTIO_S_FEATURES_OK;
}

static void test_features(void)
{
	report_equal(accept(0), 0, "FEATURES_OK without VERSION_1");
	report_equal(accept(PV_VIRTIO_F_VERSION_1), 0, "FEATURES_OK without ACCESS_PLATFORM");
	report_equal(accept(UINT64_MAX), 0, "FEATURES_OK with all there could be");
	write(PV_VIRTIO_STATUS, AT_WORK);
	report_equal(read(PV_VIRTIO_STATUS), PV_VIRTIO_S_ACKNOWLEDGE | PV_VIRTIO_S_DRIVER,
		     "DRIVER_OK without FEATURES_OK");
	report_equal(accept(REQUIRED), PV_VIRTIO_S_FEATURES_OK, "FEATURES_OK with what must be");
	report_equal(shown()->features, REQUIRED, "the backend sees the features");
}

static void write_queue(uint32_t size, uint64_t at)
{
	write(PV_VIRTIO_QUEUE_NUM, size);
	for (uint32_t i = 0; i < 3; i++) {
		write(PV_VIRTIO_QUEUE_DESC_LOW + 0x10 * i, (uint32_t)(at + 0x400 * i));
		write(PV_VIRTIO_QUEUE_DESC_HIGH + 0x10 * i, (uint32_t)((at + 0x400 * i) >> 32));
	}
	write(PV_VIRTIO_QUEUE_READY, 1);
}

static void test_queues(void)
{
	uint64_t end = device->window + device->window_bytes;
	uint32_t most = read(PV_VIRTIO_QUEUE_NUM_MAX);
	const struct {
		const char *what;
		uint32_t size;
		uint64_t at;
	} cases[] = {
		{ "a queue of no size", 0, device->window },
		{ "a queue of three", 3, device->window },
		{ "a queue that is too large", 2 * most, device->window },
		{ "a queue in our own memory", 8, pv_platform()->memory[0].base },
		{ "a queue below the window", 8, device->window - 0x400 },
		{ "a queue behind the window", 8, end - 0x400 },
		{ "a queue over the end of all addresses", 8, UINT64_MAX - 0x7ff },
		{ "a queue that is not aligned", 8, device->window + 8 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write(PV_VIRTIO_STATUS, 0);
		(void)accept(REQUIRED);
		write_queue(cases[i].size, cases[i].at);
		report(read(PV_VIRTIO_QUEUE_READY) == 0 &&
		       (read(PV_VIRTIO_STATUS) & PV_VIRTIO_S_NEEDS_RESET) != 0 &&
		       shown()->queues[0].size == 0, "%s", cases[i].what);
	}
}

static void start_driver(void)
{
	write(PV_VIRTIO_STATUS, 0);
	(void)accept(REQUIRED);
	write_queue(8, device->window);
	write(PV_VIRTIO_STATUS, AT_WORK);
}

static void test_driver_at_work(void)
{
	const struct pv_virtio_state *state;

	start_driver();
	state = shown();
	report_equal(read(PV_VIRTIO_STATUS), AT_WORK, "a driver at work");
	report(state->status == AT_WORK && state->queues[0].size == 8 &&
	       state->queues[0].descriptors == device->window &&
	       state->queues[0].available == device->window + 0x400 &&
	       state->queues[0].used == device->window + 0x800, "the backend sees the queue");

	uint32_t n = orders->n_rings;

	write(PV_VIRTIO_QUEUE_NOTIFY, 0);
	report(rings_after(n), "QueueNotify rings the backend");
	n = n_interrupts;
	give(ORDER_CONFIGURE, UINT64_C(0x1122334455667788));
	report(wait_until(&n_interrupts, n + 1, WAIT_US), "a configuration change interrupt");
	report_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 3, "InterruptStatus says so");
	report(read(PV_VIRTIO_CONFIG_SPACE) == 0x55667788 &&
	       read(PV_VIRTIO_CONFIG_SPACE + 4) == 0x11223344, "the configuration is there");
	write(PV_VIRTIO_INTERRUPT_ACK, 3);
	report_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 1, "InterruptACK");
}

/* ---- Reset ------------------------------------------------------------------------------ */

static uint64_t reset_for_ms(void)
{
	uint64_t begin = pv_timer_now();

	write(PV_VIRTIO_STATUS, 0);
	return pv_ns_from_ticks(pv_timer_now() - begin) / 1000000;
}

static void test_reset(void)
{
	uint32_t epoch = shown()->epoch;

	(void)reset_for_ms();
	report_equal(read(PV_VIRTIO_STATUS), 0, "Status after a reset");
	report_equal(read(PV_VIRTIO_QUEUE_READY), 0, "QueueReady after a reset");
	report_equal(shown()->epoch, epoch + 1, "a new epoch");
	report(orders->state.status == 0 && orders->state.queues[0].size == 0,
	       "the backend sees an idle device");
}

static void test_reset_without_an_answer(void)
{
	uint64_t ms;
	uint32_t n;

	start_driver();
	give(ORDER_HOLD, 0);
	n = n_ticks;
	ms = reset_for_ms();
	n = n_ticks - n;
	report(ms >= RESET_MS, "a reset without an answer took %u ms", (uint32_t)ms);
	/* A busy host delays ticks. */
	report(n >= 3, "%u ticks of the timer were taken in that one store", n);
	report_equal(read(PV_VIRTIO_STATUS), 0, "Status after it");
	report_equal(accept(REQUIRED), 0, "FEATURES_OK before the backend has let go");
	write_queue(8, device->window);
	report_equal(read(PV_VIRTIO_QUEUE_READY), 0, "QueueReady before the backend has let go");
	give(ORDER_ACKNOWLEDGE, 0);
	write(PV_VIRTIO_STATUS, 0);
	report_equal(accept(REQUIRED), PV_VIRTIO_S_FEATURES_OK, "FEATURES_OK when it has");
}

static uint64_t server_id(void)
{
	char text[4] = "";

	(void)pv_platform_argument("server", text, sizeof(text));
	return (uint64_t)(text[0] - '0');
}

static void restart_server(void *context)
{
	(void)context;
	pv_timer_delay_us(RESET_MS / 4 * 1000);
	(void)pv_partition_control(server_id(), PV_CONTROL_RESTART);
}

/* One that never acknowledges, in any life: only its start can set the device free. */
static void test_restart_of_the_server(void)
{
	uint32_t n_starts = orders->n_starts, n_tries = 0;

	start_driver();
	give(ORDER_HOLD, 0);
	report(pv_cpu_start(1, restart_server, NULL) == PV_OK, "CPU 1 restarts the server");
	do {
		write(PV_VIRTIO_STATUS, 0);
	} while (accept(REQUIRED) == 0 && ++n_tries < N_RESTARTS);
	report(n_tries < N_RESTARTS, "a start of the backend ends the wait");
	report(wait_until(&orders->n_starts, n_starts + 1, WAIT_US), "it has started");
	give(ORDER_ACKNOWLEDGE, 0);
	report_equal(orders->state.status & PV_VIRTIO_S_FEATURES_OK, PV_VIRTIO_S_FEATURES_OK,
		     "its next life sees the driver");
}

/* ---- Where a write comes from --------------------------------------------------------------- */

static void test_par_is_kept(void)
{
	uint32_t n_kept = 0;

	pv_irq_mask(); /* a handler may translate, too */
	for (uint32_t i = 0; i < N_WRITES; i++) {
		pv_sysreg_write(par_el1, PAR_PATTERN);
		write(PV_VIRTIO_QUEUE_SEL, i % 2);
		n_kept += pv_sysreg_read(par_el1) == PAR_PATTERN;
	}
	pv_irq_unmask();
	write(PV_VIRTIO_QUEUE_SEL, 0);
	report_equal(n_kept, N_WRITES, "PAR_EL1 is kept over a write");
}

static void test_write_at_el0_without_mmu(void)
{
	uint64_t mask = pv_irq_save();

	write(PV_VIRTIO_QUEUE_SEL, 0);
	write_at_el0(device->registers + PV_VIRTIO_QUEUE_SEL, 1);
	pv_irq_restore(mask);
	report_equal(read(PV_VIRTIO_QUEUE_NUM_MAX), 0, "a write from EL0, without MMU");
	write(PV_VIRTIO_QUEUE_SEL, 0);
}

static struct pv_frame *try_again(struct pv_frame *frame)
{
	n_faults++;
	return frame;
}

static void change_the_map(void *context)
{
	(void)context;
	while (!must_stop) {
		(void)pv_mmu_map(device->registers, 4096, PV_MEMORY_NONE);
		(void)pv_mmu_map(device->registers, 4096, PV_MEMORY_DEVICE);
		for (volatile uint32_t i = 0; i < REMAP_PAUSE; i++) {
		}
	}
}

/* The other CPU takes the translation away, now and then between the trap and EL2's look at it. */
static void test_writes_while_the_map_changes(void)
{
	uint32_t n_right = 0;

	pv_exception_set(PV_EXCEPTION_FAULT, try_again);
	report(pv_cpu_start(1, change_the_map, NULL) == PV_OK, "CPU 1 changes the map");
	for (uint32_t i = 0; i < N_WRITES; i++) {
		write(PV_VIRTIO_QUEUE_SEL, i % 2);
		n_right += (read(PV_VIRTIO_QUEUE_NUM_MAX) == 0) == (i % 2 == 1);
	}
	must_stop = true;
	while (pv_psci_call(PSCI_AFFINITY_INFO, 1, 0, 0) != PSCI_AFFINITY_OFF) {
	}
	pv_exception_set(PV_EXCEPTION_FAULT, NULL);
	(void)pv_mmu_map(device->registers, 4096, PV_MEMORY_DEVICE);
	write(PV_VIRTIO_QUEUE_SEL, 0);
	report_equal(n_right, N_WRITES, "writes while the map changes");
	pv_printf("%u faults of our own meanwhile\n", n_faults);
}

static void test_statistic(void)
{
	uint64_t before = 0, after = 0;

	(void)pv_statistics(PV_STATISTIC_VIRTIO, 0, &before);
	(void)read(PV_VIRTIO_STATUS);
	write(PV_VIRTIO_QUEUE_SEL, 0);
	write(PV_VIRTIO_QUEUE_NOTIFY, 0);
	(void)pv_statistics(PV_STATISTIC_VIRTIO, 0, &after);
	report_equal(after - before, 2, "two writes are two exits, a read is none");
}

/* ---- Two lives --------------------------------------------------------------------------------- */

static void on_device(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	n_interrupts++;
}

static void on_tick(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	n_ticks++;
	pv_timer_set(PV_TIMER_VIRTUAL, pv_timer_now() + pv_ticks_from_us(TICK_US));
}

static _Noreturn void second_life(void)
{
	report_equal(read(PV_VIRTIO_STATUS), 0, "after SYSTEM_RESET: Status");
	report(shown()->status == 0 && orders->state.queues[0].size == 0,
	       "after SYSTEM_RESET: the backend sees an idle device");
	report_equal(orders->state.epoch, orders->last_epoch + 1, "after SYSTEM_RESET: a new epoch");
	write(PV_VIRTIO_STATUS, 0);
	report_equal(accept(REQUIRED), PV_VIRTIO_S_FEATURES_OK, "after SYSTEM_RESET: a new driver");
	report_done();
}

void guest_main(void)
{
	struct pv_partition_info own = { .n_starts = 0 };

	device = pv_virtio_frontend_find(DEVICE_NAME, PV_VIRTIO_BLOCK);
	if (device == NULL || !pv_irq_attach_edge(device->interrupt, on_device, NULL) ||
	    !pv_irq_attach(PV_TIMER_VIRTUAL_INTID, on_tick, NULL)) {
		pv_panic("no device \"" DEVICE_NAME "\"");
	}
	orders = orders_in(device->window, device->window_bytes);
	pv_timer_set(PV_TIMER_VIRTUAL, pv_timer_now() + pv_ticks_from_us(TICK_US));
	pv_irq_unmask();
	(void)pv_partition_info(PV_SELF, &own);
	if (own.n_starts > 1) {
		second_life();
	}
	test_identity();
	test_writes_that_mean_nothing();
	test_features();
	test_queues();
	test_driver_at_work();
	test_reset();
	test_reset_without_an_answer();
	test_restart_of_the_server();
	test_par_is_kept();
	test_write_at_el0_without_mmu();
	test_writes_while_the_map_changes();
	test_statistic();

	start_driver();
	orders->last_epoch = shown()->epoch;
	report_counts("reset");
	pv_system_reset();
}
