/* SPDX-License-Identifier: Apache-2.0 */
/* links: partitions/virtio.c core/spinlock.c core/panic.c core/region.c core/format.c tests/fake/vcpu.c
   tests/fake/memory.c tests/fake/cpu.c tests/fake/gic.c tests/fake/uart.c tests/fake/system.c */
/* alpha drives the disk that beta serves; gamma drives the network device that alpha serves. */
#include "tests/fake/vcpu.h"

#include "partitions/virtio.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ACKNOWLEDGE PV_VIRTIO_S_ACKNOWLEDGE
#define DRIVER      PV_VIRTIO_S_DRIVER
#define DRIVER_OK   PV_VIRTIO_S_DRIVER_OK
#define FEATURES_OK PV_VIRTIO_S_FEATURES_OK
#define NEEDS_RESET PV_VIRTIO_S_NEEDS_RESET
#define FAILED      PV_VIRTIO_S_FAILED

#define DISK_FRONTEND 103u
#define DISK_BACKEND  104u
#define NET_FRONTEND  105u
#define NET_BACKEND   106u

#define TIMEOUT_TICKS 100000u /* 100 ms of the fake machine's clock */

#define DISK_FEATURES (PV_VIRTIO_FEATURES_REQUIRED | PV_VIRTIO_F_EVENT_IDX | 0x246)

static uint64_t x[8];

struct partition *partition_at(uint32_t index)
{
	return &fake_partition_states[index];
}

void upcall_count(struct vcpu *vcpu, enum pv_statistic what)
{
	vcpu->statistics[what]++;
}

static int begin(void **state)
{
	(void)state;
	fake_system_begin(GIC_V3);
	fake_system_share();
	fake_cpu_begin();
	fake_gic_begin();
	fake_memory_begin();
	fake_uart_begin();
	fake_vcpus_begin();
	virtio_init();
	return 0;
}

/* ---- What the two ends do ---------------------------------------------------------- */

static uint32_t read_of(uint32_t device, uint32_t offset)
{
	uint32_t value;

	memcpy(&value, fake_memory_at(fake_virtual_devices[device].registers.value + offset),
	       sizeof(value));
	return value;
}

static uint32_t read(uint32_t offset)
{
	return read_of(FAKE_DISK, offset);
}

/* true: done; false: the instruction is to be executed again. */
static bool write_of(uint32_t device, uint64_t offset, uint32_t bytes, uint64_t value)
{
	struct mmio_access access = { .offset = offset, .bytes = bytes, .is_write = true,
				      .value = value, .virtual_device = device };

	(void)virtio_write(fake_vcpu(fake_virtual_devices[device].frontend, 0), &access);
	return !access.retry;
}

static void write(uint64_t offset, uint32_t value)
{
	assert_true(write_of(FAKE_DISK, offset, 4, value));
}

static struct pv_virtio_state *state_of(uint32_t device)
{
	return (void *)fake_memory_at(fake_virtual_devices[device].state.value);
}

static bool is_rung(intid_t interrupt)
{
	uint32_t bit = 1u << interrupt % 32;
	bool result = (fake_gic.pending[interrupt / 32] & bit) != 0;

	fake_gic.pending[interrupt / 32] &= ~bit;
	return result;
}

static enum pv_status config(uint32_t partition, uint64_t number, uint64_t offset, uint64_t value,
			     uint64_t flags)
{
	memcpy(x, (uint64_t[8]){ 0, number, offset, value, flags, 5, 6, 7 }, sizeof(x));
	return virtio_config(fake_vcpu(partition, 0), x);
}

static enum pv_status acknowledge(uint32_t partition, uint64_t number, uint64_t epoch)
{
	memcpy(x, (uint64_t[8]){ 0, number, epoch, 3, 4, 5, 6, 7 }, sizeof(x));
	return virtio_acknowledge(fake_vcpu(partition, 0), x);
}

static void set_backend_state(enum pv_partition_state state)
{
	atomic_store(&fake_partition_states[BETA].state, state);
}

static void write_features(uint64_t features)
{
	write(PV_VIRTIO_DRIVER_FEATURES_SEL, 0);
	write(PV_VIRTIO_DRIVER_FEATURES, (uint32_t)features);
	write(PV_VIRTIO_DRIVER_FEATURES_SEL, 1);
	write(PV_VIRTIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
}

/* VIRTIO 1.2 "Driver Requirements: Device Initialization", steps 2 to 6. */
static void negotiate(void)
{
	write(PV_VIRTIO_STATUS, ACKNOWLEDGE);
	write(PV_VIRTIO_STATUS, ACKNOWLEDGE | DRIVER);
	write_features(DISK_FEATURES);
	write(PV_VIRTIO_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
}

struct queue_case {
	uint32_t size;
	uint64_t descriptors, available, used;
};

/* 8 entries: 128 bytes of descriptors, 22 of available ring, 70 of used ring. */
static const struct queue_case good_queue = { 8, FAKE_DISK_PA, FAKE_DISK_PA + 0x80,
					      FAKE_DISK_PA + 0x100 };

static void write_queue(const struct queue_case *queue)
{
	write(PV_VIRTIO_QUEUE_NUM, queue->size);
	write(PV_VIRTIO_QUEUE_DESC_LOW, (uint32_t)queue->descriptors);
	write(PV_VIRTIO_QUEUE_DESC_HIGH, (uint32_t)(queue->descriptors >> 32));
	write(PV_VIRTIO_QUEUE_DRIVER_LOW, (uint32_t)queue->available);
	write(PV_VIRTIO_QUEUE_DRIVER_HIGH, (uint32_t)(queue->available >> 32));
	write(PV_VIRTIO_QUEUE_DEVICE_LOW, (uint32_t)queue->used);
	write(PV_VIRTIO_QUEUE_DEVICE_HIGH, (uint32_t)(queue->used >> 32));
	write(PV_VIRTIO_QUEUE_READY, 1);
}

static void drive(void)
{
	negotiate();
	write_queue(&good_queue);
	write(PV_VIRTIO_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

static void forget_interrupts(void)
{
	memset(fake_gic.pending, 0, sizeof(fake_gic.pending));
}

static bool is_quiet(void)
{
	for (uint32_t i = 0; i < INTID_WORDS; i++) {
		if (fake_gic.pending[i] != 0) {
			return false;
		}
	}
	return true;
}

/* ---- Power-on ------------------------------------------------------------------------ */

static void pages_tell_what_the_device_is(void **state)
{
	static const struct {
		uint32_t offset, disk, net;
	} cases[] = {
		{ 0x000, 0x74726976, 0x74726976 }, { 0x004, 2, 2 },
		{ 0x008, 2, 1 },                   { 0x00c, 0x76726170, 0x76726170 },
		{ 0x010, 0x20000246, 0x18020 },    { 0x034, 8, 64 },
		{ 0x044, 0, 0 },                   { 0x060, 1, 1 },
		{ 0x070, 0, 0 },                   { 0x0b0, UINT32_MAX, UINT32_MAX },
		{ 0x0b4, UINT32_MAX, UINT32_MAX }, { 0x0b8, UINT32_MAX, UINT32_MAX },
		{ 0x0bc, UINT32_MAX, UINT32_MAX }, { 0x0c0, 0, 0 },
		{ 0x0fc, 0, 0 },                   { 0x100, 0, 2 },
		{ 0x104, 0, 0x100 },               { 0x108, 0x1000, 0 },
		{ 0x10c, 8, 0 },                   { 0x138, UINT32_MAX, 0 },
		{ 0x13c, UINT32_MAX, 0 },          { 0x140, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(read_of(FAKE_DISK, cases[i].offset), cases[i].disk);
		assert_int_equal(read_of(FAKE_NET, cases[i].offset), cases[i].net);
	}
	for (uint32_t i = 0; i < FAKE_N_VIRTUAL_DEVICES; i++) {
		assert_int_equal(state_of(i)->sequence % 2, 0);
		assert_int_equal(state_of(i)->epoch, 1);
		assert_int_equal(state_of(i)->status, 0);
		assert_int_equal(state_of(i)->queues[0].size, 0);
	}
	assert_true(is_quiet());
}

static void a_table_with_too_many_devices_is_ours_to_notice(void **state)
{
	(void)state;
	fake_config.n_virtual_devices = MAX_VIRTUAL_DEVICES + 1;
	assert_true(FAKE_STOPS(virtio_init()));
	assert_non_null(strstr(fake_uart_text(), "n_virtual_devices"));
}

/* ---- Negotiation ----------------------------------------------------------------------- */

static void features_are_shown_by_halves(void **state)
{
	static const struct {
		uint32_t select, features;
	} cases[] = {
		{ 1, 3 }, { 0, 0x20000246 }, { 2, 0 }, { 64, 0 }, { UINT32_MAX, 0 }, { 0, 0x20000246 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write(PV_VIRTIO_DEVICE_FEATURES_SEL, cases[i].select);
		assert_int_equal(read(PV_VIRTIO_DEVICE_FEATURES), cases[i].features);
	}
}

static void a_driver_negotiates_and_the_backend_sees_it(void **state)
{
	const struct pv_virtio_state *page = state_of(FAKE_DISK);
	uint32_t sequence = page->sequence;

	(void)state;
	write(PV_VIRTIO_STATUS, ACKNOWLEDGE);
	assert_int_equal(read(PV_VIRTIO_STATUS), ACKNOWLEDGE);
	assert_int_equal(page->status, ACKNOWLEDGE);
	assert_true(is_rung(DISK_BACKEND));
	assert_true(is_quiet());
	assert_int_equal(page->sequence, sequence + 2);

	write_features(DISK_FEATURES);
	assert_true(is_quiet()); /* nothing to say until they are accepted */
	write(PV_VIRTIO_STATUS, ACKNOWLEDGE | DRIVER);
	assert_int_equal(page->features, 0);
	write(PV_VIRTIO_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	assert_int_equal(read(PV_VIRTIO_STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK);
	assert_int_equal(page->features, DISK_FEATURES);

	forget_interrupts();
	write_queue(&good_queue);
	assert_true(is_rung(DISK_BACKEND));
	assert_int_equal(read(PV_VIRTIO_QUEUE_READY), 1);
	assert_int_equal(page->queues[0].size, 8);
	assert_int_equal(page->queues[0].descriptors, good_queue.descriptors);
	assert_int_equal(page->queues[0].available, good_queue.available);
	assert_int_equal(page->queues[0].used, good_queue.used);

	write(PV_VIRTIO_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
	assert_int_equal(page->status, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
	assert_int_equal(page->epoch, 1);
	assert_int_equal(page->sequence % 2, 0);
	/* Nothing of it shows at the other device. */
	assert_int_equal(read_of(FAKE_NET, PV_VIRTIO_STATUS), 0);
	assert_int_equal(state_of(FAKE_NET)->status, 0);
	assert_int_equal(state_of(FAKE_NET)->sequence, 2);
}

static void features_that_were_not_offered_are_refused(void **state)
{
	static const struct {
		uint64_t features;
		bool is_accepted;
	} cases[] = {
		{ DISK_FEATURES, true },
		{ PV_VIRTIO_FEATURES_REQUIRED, true },
		{ PV_VIRTIO_FEATURES_REQUIRED | 0x40, true },
		{ 0, false },
		{ PV_VIRTIO_F_VERSION_1, false },
		{ PV_VIRTIO_F_ACCESS_PLATFORM, false },
		{ DISK_FEATURES & ~PV_VIRTIO_F_ACCESS_PLATFORM, false },
		{ DISK_FEATURES | 1, false },
		{ DISK_FEATURES | UINT64_C(1) << 28, false },
		{ DISK_FEATURES | UINT64_C(1) << 34, false },
		{ DISK_FEATURES | UINT64_C(1) << 63, false },
		{ UINT64_MAX, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)begin(NULL);
		write(PV_VIRTIO_STATUS, ACKNOWLEDGE | DRIVER);
		write_features(cases[i].features);
		write(PV_VIRTIO_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
		assert_int_equal((read(PV_VIRTIO_STATUS) & FEATURES_OK) != 0, cases[i].is_accepted);
		assert_int_equal(state_of(FAKE_DISK)->features,
				 cases[i].is_accepted ? cases[i].features : 0);
		/* A driver that goes on all the same does not make the backend begin. */
		write(PV_VIRTIO_STATUS, ACKNOWLEDGE | DRIVER | DRIVER_OK);
		assert_int_equal((state_of(FAKE_DISK)->status & DRIVER_OK) != 0, cases[i].is_accepted);
	}
}

static void accepted_features_are_final(void **state)
{
	(void)state;
	negotiate();
	write_features(PV_VIRTIO_FEATURES_REQUIRED);
	write(PV_VIRTIO_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	assert_int_equal(state_of(FAKE_DISK)->features, DISK_FEATURES);

	/* What held when they were accepted is not asked for again. */
	set_backend_state(PV_PARTITION_STOPPED);
	assert_true(write_of(FAKE_DISK, PV_VIRTIO_STATUS, 4, 0));
	negotiate();
	set_backend_state(PV_PARTITION_RUNNING);
	write(PV_VIRTIO_STATUS, DRIVER_OK);
	assert_int_equal(read(PV_VIRTIO_STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

static void features_beyond_64_bits_are_nobodys(void **state)
{
	static const uint32_t selects[] = { 2, 3, 0x80000000, UINT32_MAX };

	(void)state;
	write_features(DISK_FEATURES);
	for (size_t i = 0; i < ARRAY_SIZE(selects); i++) {
		write(PV_VIRTIO_DRIVER_FEATURES_SEL, selects[i]);
		write(PV_VIRTIO_DRIVER_FEATURES, UINT32_MAX);
	}
	write(PV_VIRTIO_STATUS, FEATURES_OK);
	assert_int_equal(state_of(FAKE_DISK)->features, DISK_FEATURES);
}

static void status_bits_are_only_added(void **state)
{
	(void)state;
	write(PV_VIRTIO_STATUS, UINT32_MAX);
	assert_int_equal(read(PV_VIRTIO_STATUS), ACKNOWLEDGE | DRIVER | FAILED);
	write(PV_VIRTIO_STATUS, NEEDS_RESET | 0xffffff00 | ACKNOWLEDGE);
	assert_int_equal(read(PV_VIRTIO_STATUS), ACKNOWLEDGE | DRIVER | FAILED);
	assert_int_equal(state_of(FAKE_DISK)->status, ACKNOWLEDGE | DRIVER | FAILED);
}

/* ---- Queues ------------------------------------------------------------------------------- */

#define END (FAKE_DISK_PA + FAKE_DISK_BYTES)
#define D   FAKE_DISK_PA
#define A   (FAKE_DISK_PA + 0x80)
#define U   (FAKE_DISK_PA + 0x100)

static const struct queue_case good_queues[] = {
	{ 1, D, A, U },
	{ 8, END - 128, A, U },
	{ 8, D, END - 22, U },
	{ 8, D, A, END - 72 },
	{ 4, D, A, END - 40 }, /* 38 bytes, at a multiple of 4 */
	{ 2, D, D, D },        /* one over the other: the driver's own loss */
};

static const struct queue_case bad_queues[] = {
	{ 0, D, A, U },
	{ 3, D, A, U },
	{ 6, D, A, U },
	{ 16, D, A, U }, /* more than QueueNumMax */
	{ 0x80000000, D, A, U },
	{ UINT32_MAX, D, A, U },
	/* Alignment */
	{ 8, D + 8, A, U },
	{ 8, D + 1, A, U },
	{ 8, D, A + 1, U },
	{ 8, D, A, U + 2 },
	/* Outside the window, by its whole and by a byte */
	{ 8, 0, A, U },
	{ 8, D, 0, U },
	{ 8, D, A, 0 },
	{ 8, D - 16, A, U },
	{ 8, D, D - 2, U },
	{ 8, D, A, D - 4 },
	{ 8, END - 112, A, U },
	{ 8, D, END - 20, U },
	{ 8, D, A, END - 68 },
	{ 8, END, A, U },
	{ 8, D, END, U },
	{ 8, D, A, END },
	/* Over the end of all addresses */
	{ 8, UINT64_MAX - 15, A, U },
	{ 8, D, UINT64_MAX - 1, U },
	{ 8, D, A, UINT64_MAX - 3 },
	/* Right in 32 bits only */
	{ 8, D | UINT64_C(1) << 32, A, U },
	{ 8, D, A | UINT64_C(1) << 63, U },
	{ 8, FAKE_NET_PA, A, U },
};

static void a_queue_in_the_window_becomes_ready(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good_queues); i++) {
		(void)begin(NULL);
		negotiate();
		write_queue(&good_queues[i]);
		assert_int_equal(read(PV_VIRTIO_QUEUE_READY), 1);
		assert_int_equal(read(PV_VIRTIO_STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK);
		assert_int_equal(state_of(FAKE_DISK)->queues[0].size, good_queues[i].size);
		assert_int_equal(state_of(FAKE_DISK)->queues[0].used, good_queues[i].used);
	}
}

static void a_queue_outside_the_window_does_not(void **state)
{
	static const struct pv_virtio_queue_state nothing;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_queues); i++) {
		(void)begin(NULL);
		negotiate();
		forget_interrupts();
		write_queue(&bad_queues[i]);
		assert_int_equal(read(PV_VIRTIO_QUEUE_READY), 0);
		assert_int_equal(read(PV_VIRTIO_STATUS),
				 ACKNOWLEDGE | DRIVER | FEATURES_OK | NEEDS_RESET);
		assert_int_equal(state_of(FAKE_DISK)->status, read(PV_VIRTIO_STATUS));
		assert_memory_equal(&state_of(FAKE_DISK)->queues[0], &nothing, sizeof(nothing));
		assert_true(is_rung(DISK_BACKEND));
		assert_true(is_quiet()); /* the driver reads Status; DRIVER_OK is not set yet */
	}
}

static void a_driver_at_work_is_told_that_it_went_wrong(void **state)
{
	(void)state;
	negotiate();
	write(PV_VIRTIO_STATUS, DRIVER_OK);
	forget_interrupts();
	write_queue(&bad_queues[0]);
	assert_true((read(PV_VIRTIO_STATUS) & NEEDS_RESET) != 0);
	assert_int_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 3);
	assert_true(is_rung(DISK_FRONTEND));
}

static void no_queue_is_ready_before_the_features_are(void **state)
{
	(void)state;
	write(PV_VIRTIO_STATUS, ACKNOWLEDGE | DRIVER);
	write_queue(&good_queue);
	assert_int_equal(read(PV_VIRTIO_QUEUE_READY), 0);
	assert_int_equal(read(PV_VIRTIO_STATUS), ACKNOWLEDGE | DRIVER | NEEDS_RESET);
	assert_int_equal(state_of(FAKE_DISK)->queues[0].size, 0);
}

static void a_ready_queue_stays_as_it_was_checked(void **state)
{
	const struct pv_virtio_queue_state *shown = &state_of(FAKE_DISK)->queues[0];

	(void)state;
	drive();
	write_queue(&(struct queue_case){ 4, 0x1000, 0x2000, 0x3000 });
	write(PV_VIRTIO_STATUS, DRIVER_OK); /* what is shown is written anew */
	assert_int_equal(shown->size, 8);
	assert_int_equal(shown->descriptors, D);
	assert_int_equal(shown->available, A);
	assert_int_equal(shown->used, U);
	assert_int_equal(read(PV_VIRTIO_STATUS) & NEEDS_RESET, 0);

	forget_interrupts();
	write(PV_VIRTIO_QUEUE_READY, 0);
	assert_int_equal(read(PV_VIRTIO_QUEUE_READY), 0);
	assert_int_equal(shown->size, 0);
	assert_int_equal(shown->descriptors, 0);
	assert_true(is_rung(DISK_BACKEND));
	write(PV_VIRTIO_QUEUE_READY, 0);
	assert_true(is_quiet()); /* no change, no news */
	write_queue(&(struct queue_case){ 4, D, A, U });
	assert_int_equal(shown->size, 4);
}

static void queues_that_do_not_exist_take_nothing(void **state)
{
	static const uint32_t selects[] = { 1, 2, 4, 5, 255, 0x80000000, UINT32_MAX };

	(void)state;
	negotiate();
	write_queue(&good_queue);
	for (size_t i = 0; i < ARRAY_SIZE(selects); i++) {
		write(PV_VIRTIO_QUEUE_SEL, selects[i]);
		assert_int_equal(read(PV_VIRTIO_QUEUE_NUM_MAX), 0);
		assert_int_equal(read(PV_VIRTIO_QUEUE_READY), 0);
		write_queue(&good_queue);
		assert_int_equal(read(PV_VIRTIO_QUEUE_READY), 0);
		write(PV_VIRTIO_QUEUE_READY, 0);
	}
	assert_int_equal(read(PV_VIRTIO_STATUS) & NEEDS_RESET, 0);
	for (size_t i = 1; i < PV_VIRTIO_QUEUES_MAX; i++) {
		assert_int_equal(state_of(FAKE_DISK)->queues[i].size, 0);
	}
	write(PV_VIRTIO_QUEUE_SEL, 0);
	assert_int_equal(read(PV_VIRTIO_QUEUE_NUM_MAX), 8);
	assert_int_equal(read(PV_VIRTIO_QUEUE_READY), 1);
}

static void each_queue_has_its_own_registers(void **state)
{
	const struct pv_virtio_state *page = state_of(FAKE_NET);

	(void)state;
	(void)write_of(FAKE_NET, PV_VIRTIO_DRIVER_FEATURES_SEL, 4, 1);
	(void)write_of(FAKE_NET, PV_VIRTIO_DRIVER_FEATURES, 4, 3);
	(void)write_of(FAKE_NET, PV_VIRTIO_STATUS, 4, FEATURES_OK);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t base = (uint32_t)FAKE_NET_PA + 0x1000 * i;

		(void)write_of(FAKE_NET, PV_VIRTIO_QUEUE_SEL, 4, i);
		(void)write_of(FAKE_NET, PV_VIRTIO_QUEUE_NUM, 4, 32 << i);
		(void)write_of(FAKE_NET, PV_VIRTIO_QUEUE_DESC_LOW, 4, base);
		(void)write_of(FAKE_NET, PV_VIRTIO_QUEUE_DRIVER_LOW, 4, base + 0x400);
		(void)write_of(FAKE_NET, PV_VIRTIO_QUEUE_DEVICE_LOW, 4, base + 0x800);
	}
	(void)write_of(FAKE_NET, PV_VIRTIO_QUEUE_READY, 4, 1);
	assert_int_equal(page->queues[0].size, 0);
	assert_int_equal(page->queues[1].size, 64);
	assert_int_equal(page->queues[1].descriptors, FAKE_NET_PA + 0x1000);
	(void)write_of(FAKE_NET, PV_VIRTIO_QUEUE_SEL, 4, 0);
	assert_int_equal(read_of(FAKE_NET, PV_VIRTIO_QUEUE_READY), 0);
	(void)write_of(FAKE_NET, PV_VIRTIO_QUEUE_READY, 4, 1);
	assert_int_equal(page->queues[0].size, 32);
	assert_int_equal(page->queues[0].used, FAKE_NET_PA + 0x800);
	assert_true(is_rung(NET_BACKEND));
	assert_true(is_quiet());
}

/* ---- Writes that mean nothing --------------------------------------------------------------- */

static void only_words_reach_registers(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 8 };
	static uint8_t before[FAKE_PAGES_BYTES];

	(void)state;
	drive();
	forget_interrupts();
	memcpy(before, fake_memory_at(FAKE_PAGES_PA), sizeof(before));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (uint64_t offset = 0; offset < PAGE_BYTES; offset += sizes[i]) {
			assert_true(write_of(FAKE_DISK, offset, sizes[i], 0));
			assert_true(write_of(FAKE_DISK, offset, sizes[i], 1));
		}
	}
	assert_memory_equal(before, fake_memory_at(FAKE_PAGES_PA), sizeof(before));
	assert_true(is_quiet());
}

static void what_is_not_to_be_written_is_not(void **state)
{
	static uint8_t before[FAKE_PAGES_BYTES];

	(void)state;
	drive();
	forget_interrupts();
	memcpy(before, fake_memory_at(FAKE_PAGES_PA), sizeof(before));
	for (uint64_t offset = 0; offset < PAGE_BYTES; offset += 4) {
		switch (offset) {
		case PV_VIRTIO_DEVICE_FEATURES_SEL:
		case PV_VIRTIO_QUEUE_SEL:
		case PV_VIRTIO_QUEUE_NOTIFY:
		case PV_VIRTIO_STATUS:
			continue;
		default:
			write(offset, UINT32_MAX);
			break;
		}
	}
	assert_memory_equal(before, fake_memory_at(FAKE_PAGES_PA), sizeof(before));
	assert_true(is_quiet());
}

/* ---- Interrupts and configuration ------------------------------------------------------------ */

static void a_notification_rings_the_backend(void **state)
{
	uint32_t sequence = state_of(FAKE_DISK)->sequence;

	(void)state;
	for (uint32_t queue = 0; queue < 3; queue++) {
		write(PV_VIRTIO_QUEUE_NOTIFY, queue);
		assert_true(is_rung(DISK_BACKEND));
		assert_true(is_quiet());
	}
	assert_int_equal(state_of(FAKE_DISK)->sequence, sequence);
	assert_true(write_of(FAKE_NET, PV_VIRTIO_QUEUE_NOTIFY, 4, 0));
	assert_true(is_rung(NET_BACKEND));
}

static void the_backend_sets_the_configuration(void **state)
{
	uint32_t generation = read(PV_VIRTIO_CONFIG_GENERATION);

	(void)state;
	assert_int_equal(config(BETA, 0, 0, UINT64_C(0x1122334455667788), 0), PV_OK);
	assert_int_equal(read(0x100), 0x55667788);
	assert_int_equal(read(0x104), 0x11223344);
	assert_int_equal(read(0x108), 0x1000); /* its neighbour stays */
	assert_int_not_equal(read(PV_VIRTIO_CONFIG_GENERATION), generation);
	assert_int_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 1);
	assert_true(is_quiet());
	for (size_t i = 0; i < 8; i++) { /* no results but x0 */
		assert_int_equal(x[i], ((uint64_t[]){ 0, 0, 0, UINT64_C(0x1122334455667788), 0, 5, 6, 7 })[i]);
	}

	assert_int_equal(config(BETA, 0, 56, 1, PV_VIRTIO_CONFIG_NOTIFY), PV_OK);
	assert_int_equal(read(0x138), 1);
	assert_int_equal(read(0x13c), 0);
	assert_int_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 3);
	assert_true(is_rung(DISK_FRONTEND));
	assert_true(is_quiet());
}

static void a_configuration_interrupt_lasts_until_it_is_acknowledged(void **state)
{
	(void)state;
	assert_int_equal(config(BETA, 0, 0, 1, PV_VIRTIO_CONFIG_NOTIFY), PV_OK);
	write(PV_VIRTIO_INTERRUPT_ACK, PV_VIRTIO_INTERRUPT_USED);
	assert_int_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 3);
	write(PV_VIRTIO_INTERRUPT_ACK, 0);
	assert_int_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 3);
	write(PV_VIRTIO_INTERRUPT_ACK, PV_VIRTIO_INTERRUPT_CONFIG);
	assert_int_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 1);
	write(PV_VIRTIO_INTERRUPT_ACK, UINT32_MAX);
	assert_int_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 1);
}

static void calls_are_checked(void **state)
{
	static const struct {
		uint32_t partition;
		uint64_t number, offset, flags;
		enum pv_status status;
	} cases[] = {
		{ ALPHA, 0, 0, 0, PV_OK }, /* of the network device */
		{ ALPHA, 1, 0, 0, PV_NO_SUCH },
		{ GAMMA, 0, 0, 0, PV_NO_SUCH }, /* a frontend is no backend */
		{ BETA, 1, 0, 0, PV_NO_SUCH },
		{ BETA, UINT64_C(1) << 32, 0, 0, PV_NO_SUCH },
		{ BETA, UINT64_MAX, 0, 0, PV_NO_SUCH },
		{ BETA, 0, 4, 0, PV_BAD_ARGUMENT },
		{ BETA, 0, 1, 0, PV_BAD_ARGUMENT },
		{ BETA, 0, 64, 0, PV_BAD_ARGUMENT },
		{ BETA, 0, UINT64_C(1) << 32, 0, PV_BAD_ARGUMENT },
		{ BETA, 0, UINT64_MAX - 7, 0, PV_BAD_ARGUMENT },
		{ BETA, 0, 0, 2, PV_BAD_ARGUMENT },
		{ BETA, 0, 0, 3, PV_BAD_ARGUMENT },
		{ BETA, 0, 0, UINT64_C(1) << 32 | 1, PV_BAD_ARGUMENT },
		{ BETA, 0, 56, 1, PV_OK },
	};
	uint32_t generation = read(PV_VIRTIO_CONFIG_GENERATION);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(config(cases[i].partition, cases[i].number, cases[i].offset, 7,
					cases[i].flags), cases[i].status);
		assert_true(read(PV_VIRTIO_CONFIG_GENERATION) == generation ||
			    cases[i].status == PV_OK);
	}
	assert_int_equal(acknowledge(GAMMA, 0, 1), PV_NO_SUCH);
	assert_int_equal(acknowledge(BETA, 1, 1), PV_NO_SUCH);
	assert_int_equal(acknowledge(BETA, UINT64_MAX, 1), PV_NO_SUCH);
}

/* ---- Reset ---------------------------------------------------------------------------------- */

static bool reset(void)
{
	return write_of(FAKE_DISK, PV_VIRTIO_STATUS, 4, 0);
}

static void a_reset_of_a_device_nobody_drives_is_done_at_once(void **state)
{
	(void)state;
	write(PV_VIRTIO_QUEUE_SEL, 7);
	write(PV_VIRTIO_DEVICE_FEATURES_SEL, 1);
	write_features(UINT64_MAX);
	assert_true(reset());
	assert_int_equal(state_of(FAKE_DISK)->epoch, 1);
	assert_int_equal(read(PV_VIRTIO_QUEUE_NUM_MAX), 8);
	assert_int_equal(read(PV_VIRTIO_DEVICE_FEATURES), 0x20000246);
	assert_true(is_quiet());
	/* The features before it are forgotten, as are all selections. */
	write(PV_VIRTIO_DRIVER_FEATURES, 0x40);
	write(PV_VIRTIO_DRIVER_FEATURES_SEL, 1);
	write(PV_VIRTIO_DRIVER_FEATURES, 3);
	write(PV_VIRTIO_STATUS, FEATURES_OK);
	assert_int_equal(state_of(FAKE_DISK)->features, PV_VIRTIO_FEATURES_REQUIRED | 0x40);
}

static void a_reset_waits_for_the_backend(void **state)
{
	const struct pv_virtio_state *page = state_of(FAKE_DISK);
	const uint32_t status = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK;

	(void)state;
	drive();
	assert_int_equal(config(BETA, 0, 0, 99, PV_VIRTIO_CONFIG_NOTIFY), PV_OK);
	write(PV_VIRTIO_QUEUE_SEL, 1);
	forget_interrupts();
	assert_false(reset());
	assert_int_equal(page->epoch, 2);
	assert_int_equal(page->status, 0);
	assert_int_equal(page->features, 0);
	assert_int_equal(page->queues[0].size, 0);
	assert_int_equal(page->queues[0].descriptors, 0);
	assert_int_equal(page->sequence % 2, 0);
	assert_true(is_rung(DISK_BACKEND));
	assert_int_equal(read(PV_VIRTIO_STATUS), status); /* not over yet */
	assert_int_equal(read(PV_VIRTIO_QUEUE_READY), 0);
	assert_int_equal(read(PV_VIRTIO_QUEUE_NUM_MAX), 8);
	assert_int_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 1);

	for (uint32_t i = 0; i < 5; i++) {
		fake_now += 10;
		assert_false(reset());
	}
	assert_int_equal(page->epoch, 2); /* one reset, however often it is tried */
	assert_true(is_quiet());
	assert_int_equal(acknowledge(BETA, 0, 1), PV_BUSY);
	assert_false(reset());
	assert_int_equal(acknowledge(BETA, 0, 2), PV_OK);
	assert_int_equal(acknowledge(BETA, 0, 2), PV_OK);
	assert_int_equal(read(PV_VIRTIO_STATUS), status);
	assert_true(reset());
	assert_int_equal(read(PV_VIRTIO_STATUS), 0);
	assert_int_equal(page->epoch, 2);
	assert_int_equal(read(0x100), 99); /* what the backend has set stays */
	drive();
	assert_int_equal(page->status, status);
}

static void an_epoch_is_acknowledged_in_all_its_bits(void **state)
{
	(void)state;
	drive();
	assert_false(reset());
	assert_int_equal(acknowledge(BETA, 0, 0), PV_BUSY);
	assert_int_equal(acknowledge(BETA, 0, 3), PV_BUSY);
	assert_int_equal(acknowledge(BETA, 0, UINT64_C(1) << 32 | 2), PV_BUSY);
	assert_int_equal(acknowledge(ALPHA, 0, 2), PV_BUSY); /* of the other device */
	assert_false(reset());
}

static void while_a_reset_lasts_other_writes_wait_in_vain(void **state)
{
	(void)state;
	drive();
	assert_false(reset());
	negotiate();
	write_queue(&good_queue);
	write(PV_VIRTIO_QUEUE_SEL, 1);
	write(PV_VIRTIO_DEVICE_FEATURES_SEL, 1);
	write(PV_VIRTIO_STATUS, DRIVER_OK);
	assert_int_equal(state_of(FAKE_DISK)->status, 0);
	assert_int_equal(state_of(FAKE_DISK)->queues[0].size, 0);
	assert_int_equal(read(PV_VIRTIO_QUEUE_NUM_MAX), 8);
	assert_int_equal(read(PV_VIRTIO_DEVICE_FEATURES), 0x20000246);
	/* But an interrupt is one that came in between. */
	assert_int_equal(config(BETA, 0, 0, 1, PV_VIRTIO_CONFIG_NOTIFY), PV_OK);
	write(PV_VIRTIO_INTERRUPT_ACK, PV_VIRTIO_INTERRUPT_CONFIG);
	assert_int_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 1);
	assert_int_equal(acknowledge(BETA, 0, 2), PV_OK);
	assert_true(reset());
}

static void a_backend_that_does_not_answer_is_waited_for_100_ms(void **state)
{
	(void)state;
	drive();
	assert_false(reset());
	fake_now += TIMEOUT_TICKS - 1;
	assert_false(reset());
	fake_now += 1;
	assert_true(reset());
	assert_int_equal(read(PV_VIRTIO_STATUS), 0);

	/* It may touch the queues still: no new ones until it says otherwise. */
	negotiate();
	assert_int_equal(read(PV_VIRTIO_STATUS), ACKNOWLEDGE | DRIVER);
	write_queue(&good_queue);
	write(PV_VIRTIO_STATUS, DRIVER_OK);
	assert_int_equal(state_of(FAKE_DISK)->status, ACKNOWLEDGE | DRIVER | NEEDS_RESET);
	assert_int_equal(state_of(FAKE_DISK)->queues[0].size, 0);

	fake_now += 5 * TIMEOUT_TICKS; /* each reset has its own 100 ms */
	assert_false(reset());
	assert_int_equal(acknowledge(BETA, 0, 2), PV_BUSY);
	assert_int_equal(acknowledge(BETA, 0, 3), PV_OK);
	assert_true(reset());
	drive();
	assert_int_equal(read(PV_VIRTIO_QUEUE_READY), 1);
}

static void a_reset_that_timed_out_is_waited_for_by_the_next(void **state)
{
	(void)state;
	drive();
	assert_false(reset());
	fake_now += TIMEOUT_TICKS;
	assert_true(reset());
	assert_false(reset()); /* Status is 0, but the backend has not let go */
	assert_int_equal(state_of(FAKE_DISK)->epoch, 2);
	assert_int_equal(acknowledge(BETA, 0, 2), PV_OK);
	assert_true(reset());
	negotiate();
	assert_int_equal(read(PV_VIRTIO_STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK);
}

static void a_stopped_backend_is_not_waited_for(void **state)
{
	static const struct {
		enum pv_partition_state state;
		bool is_over;
	} cases[] = {
		{ PV_PARTITION_STOPPED, true },
		{ PV_PARTITION_CRASHED, true },
		{ PV_PARTITION_STOPPING, false }, /* its CPUs may still be at it */
		{ PV_PARTITION_RUNNING, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)begin(NULL);
		drive();
		set_backend_state(cases[i].state);
		assert_int_equal(reset(), cases[i].is_over);
		negotiate();
		assert_int_equal((state_of(FAKE_DISK)->status & FEATURES_OK) != 0, cases[i].is_over);
	}
}

/* Its disk may still be writing what its CPUs had asked for. */
static void a_backend_with_dma_lets_go_by_its_word_alone(void **state)
{
	(void)state;
	fake_virtual_devices[FAKE_DISK].backend_has_dma = true;
	drive();
	set_backend_state(PV_PARTITION_STOPPED);
	assert_false(reset());
	virtio_backend_starts(&fake_partitions[BETA]);
	set_backend_state(PV_PARTITION_RUNNING);
	assert_false(reset());
	assert_int_equal(acknowledge(BETA, 0, state_of(FAKE_DISK)->epoch), PV_OK);
	assert_true(reset());
	virtio_backend_starts(&fake_partitions[BETA]); /* what was said stays said */
	negotiate();
	assert_true((state_of(FAKE_DISK)->status & FEATURES_OK) != 0);
}

static void a_backend_that_starts_has_let_go(void **state)
{
	(void)state;
	drive();
	assert_false(reset());
	virtio_backend_starts(&fake_partitions[ALPHA]); /* it serves another device */
	virtio_backend_starts(&fake_partitions[GAMMA]);
	assert_false(reset());
	virtio_backend_starts(&fake_partitions[BETA]);
	assert_true(reset());
	drive();

	/* One that starts under a driver at work finds all as it was. */
	virtio_backend_starts(&fake_partitions[BETA]);
	assert_int_equal(state_of(FAKE_DISK)->epoch, 2);
	assert_true((state_of(FAKE_DISK)->status & DRIVER_OK) != 0);
	assert_int_equal(state_of(FAKE_DISK)->queues[0].size, 8);
}

static void a_frontend_that_stops_resets_its_devices(void **state)
{
	const struct pv_virtio_state *page = state_of(FAKE_DISK);

	(void)state;
	drive();
	assert_true(write_of(FAKE_NET, PV_VIRTIO_STATUS, 4, ACKNOWLEDGE));
	assert_int_equal(config(BETA, 0, 8, 77, PV_VIRTIO_CONFIG_NOTIFY), PV_OK);
	forget_interrupts();
	virtio_frontend_stopped(&fake_partitions[BETA]); /* drives none */
	assert_int_equal(page->epoch, 1);
	virtio_frontend_stopped(&fake_partitions[ALPHA]);
	assert_int_equal(page->epoch, 2);
	assert_int_equal(page->status, 0);
	assert_int_equal(page->queues[0].size, 0);
	assert_int_equal(read(PV_VIRTIO_STATUS), 0); /* nobody is there to wait */
	assert_int_equal(read(PV_VIRTIO_QUEUE_READY), 0);
	assert_int_equal(read(PV_VIRTIO_INTERRUPT_STATUS), 1);
	assert_int_equal(read(0x108), 77);
	assert_true(is_rung(DISK_BACKEND));
	assert_true(is_quiet());
	assert_int_equal(state_of(FAKE_NET)->status, ACKNOWLEDGE); /* alpha only serves it */

	/* The new life's driver meets a backend that has not let go of the old one's queues. */
	assert_false(reset());
	assert_int_equal(page->epoch, 2);
	assert_int_equal(acknowledge(BETA, 0, 2), PV_OK);
	assert_true(reset());
	drive();
	assert_int_equal(page->queues[0].size, 8);
}

static void a_frontend_that_stops_in_a_reset_ends_it(void **state)
{
	(void)state;
	drive();
	assert_false(reset());
	virtio_frontend_stopped(&fake_partitions[ALPHA]);
	assert_int_equal(state_of(FAKE_DISK)->epoch, 2);
	assert_int_equal(read(PV_VIRTIO_STATUS), 0);
	write(PV_VIRTIO_STATUS, ACKNOWLEDGE);
	assert_int_equal(read(PV_VIRTIO_STATUS), ACKNOWLEDGE);
}

/* ---- What the other end can see, and when ------------------------------------------------------ */

static struct {
	uint32_t n;
	struct { uint32_t sequence, epoch, status; bool is_rung; } state[8];
	struct { uint32_t generation, low, high, interrupts; bool is_rung; } registers[8];
} seen;

static void look(void)
{
	assert_in_range(seen.n, 0, ARRAY_SIZE(seen.state) - 1);
	seen.state[seen.n].sequence = state_of(FAKE_DISK)->sequence;
	seen.state[seen.n].epoch = state_of(FAKE_DISK)->epoch;
	seen.state[seen.n].status = state_of(FAKE_DISK)->status;
	seen.state[seen.n].is_rung = (fake_gic.pending[DISK_BACKEND / 32] >> DISK_BACKEND % 32 & 1) != 0;
	seen.registers[seen.n].generation = read(PV_VIRTIO_CONFIG_GENERATION);
	seen.registers[seen.n].low = read(0x100);
	seen.registers[seen.n].high = read(0x104);
	seen.registers[seen.n].interrupts = read(PV_VIRTIO_INTERRUPT_STATUS);
	seen.registers[seen.n].is_rung =
		(fake_gic.pending[DISK_FRONTEND / 32] >> DISK_FRONTEND % 32 & 1) != 0;
	seen.n++;
}

static void the_state_is_odd_while_it_changes(void **state)
{
	uint32_t sequence = state_of(FAKE_DISK)->sequence;

	(void)state;
	memset(&seen, 0, sizeof(seen));
	fake_on_barrier = look;
	write(PV_VIRTIO_STATUS, ACKNOWLEDGE);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.state[0].sequence, sequence + 1);
	assert_int_equal(seen.state[0].status, 0); /* odd first */
	assert_int_equal(seen.state[1].sequence, sequence + 1);
	assert_int_equal(seen.state[1].status, ACKNOWLEDGE); /* all changes before even */
	assert_int_equal(seen.state[2].sequence, sequence + 2);
	assert_false(seen.state[2].is_rung); /* and all before the interrupt */
	assert_true(is_rung(DISK_BACKEND));
}

static void the_generation_changes_around_the_configuration(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	fake_on_barrier = look;
	assert_int_equal(config(BETA, 0, 0, UINT64_C(0x200000001), PV_VIRTIO_CONFIG_NOTIFY), PV_OK);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.registers[0].generation, 1);
	assert_int_equal(seen.registers[0].low, 0);
	assert_int_equal(seen.registers[1].generation, 1);
	assert_int_equal(seen.registers[1].low, 1);
	assert_int_equal(seen.registers[1].high, 2);
	assert_int_equal(seen.registers[2].generation, 2);
	assert_int_equal(seen.registers[2].interrupts, 3);
	assert_false(seen.registers[2].is_rung);
	assert_true(is_rung(DISK_FRONTEND));
}

static void writes_are_counted(void **state)
{
	struct vcpu *vcpu = fake_vcpu(ALPHA, 0);

	(void)state;
	drive();
	assert_int_equal(vcpu->statistics[PV_STATISTIC_VIRTIO], 16);
	write(PV_VIRTIO_QUEUE_NOTIFY, 0);
	(void)write_of(FAKE_DISK, 0, 1, 0);
	assert_int_equal(vcpu->statistics[PV_STATISTIC_VIRTIO], 18);
}

/* Memory that was the firmware's: whatever is no register and no state is zero. */
static void pages_show_nothing_of_what_was_there(void **state)
{
	const unsigned char *registers =
		fake_memory_at(fake_virtual_devices[FAKE_DISK].registers.value);
	const unsigned char *page = fake_memory_at(fake_virtual_devices[FAKE_DISK].state.value);

	(void)state;
	for (size_t i = PV_VIRTIO_CONFIG_SPACE + PV_VIRTIO_CONFIG_BYTES; i < PAGE_BYTES; i++) {
		assert_int_equal(registers[i], 0);
	}
	for (size_t i = sizeof(struct pv_virtio_state); i < PAGE_BYTES; i++) {
		assert_int_equal(page[i], 0);
	}
	assert_int_equal(fake_memory.cleaned_bytes,
			 2 * PAGE_BYTES * system_config.n_virtual_devices);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(pages_tell_what_the_device_is, begin),
		cmocka_unit_test_setup(pages_show_nothing_of_what_was_there, begin),
		cmocka_unit_test_setup(a_table_with_too_many_devices_is_ours_to_notice, begin),
		cmocka_unit_test_setup(features_are_shown_by_halves, begin),
		cmocka_unit_test_setup(a_driver_negotiates_and_the_backend_sees_it, begin),
		cmocka_unit_test_setup(features_that_were_not_offered_are_refused, begin),
		cmocka_unit_test_setup(accepted_features_are_final, begin),
		cmocka_unit_test_setup(features_beyond_64_bits_are_nobodys, begin),
		cmocka_unit_test_setup(status_bits_are_only_added, begin),
		cmocka_unit_test_setup(a_queue_in_the_window_becomes_ready, begin),
		cmocka_unit_test_setup(a_queue_outside_the_window_does_not, begin),
		cmocka_unit_test_setup(a_driver_at_work_is_told_that_it_went_wrong, begin),
		cmocka_unit_test_setup(no_queue_is_ready_before_the_features_are, begin),
		cmocka_unit_test_setup(a_ready_queue_stays_as_it_was_checked, begin),
		cmocka_unit_test_setup(queues_that_do_not_exist_take_nothing, begin),
		cmocka_unit_test_setup(each_queue_has_its_own_registers, begin),
		cmocka_unit_test_setup(only_words_reach_registers, begin),
		cmocka_unit_test_setup(what_is_not_to_be_written_is_not, begin),
		cmocka_unit_test_setup(a_notification_rings_the_backend, begin),
		cmocka_unit_test_setup(the_backend_sets_the_configuration, begin),
		cmocka_unit_test_setup(a_configuration_interrupt_lasts_until_it_is_acknowledged, begin),
		cmocka_unit_test_setup(calls_are_checked, begin),
		cmocka_unit_test_setup(a_reset_of_a_device_nobody_drives_is_done_at_once, begin),
		cmocka_unit_test_setup(a_reset_waits_for_the_backend, begin),
		cmocka_unit_test_setup(an_epoch_is_acknowledged_in_all_its_bits, begin),
		cmocka_unit_test_setup(while_a_reset_lasts_other_writes_wait_in_vain, begin),
		cmocka_unit_test_setup(a_backend_that_does_not_answer_is_waited_for_100_ms, begin),
		cmocka_unit_test_setup(a_reset_that_timed_out_is_waited_for_by_the_next, begin),
		cmocka_unit_test_setup(a_stopped_backend_is_not_waited_for, begin),
		cmocka_unit_test_setup(a_backend_with_dma_lets_go_by_its_word_alone, begin),
		cmocka_unit_test_setup(a_backend_that_starts_has_let_go, begin),
		cmocka_unit_test_setup(a_frontend_that_stops_resets_its_devices, begin),
		cmocka_unit_test_setup(a_frontend_that_stops_in_a_reset_ends_it, begin),
		cmocka_unit_test_setup(the_state_is_odd_while_it_changes, begin),
		cmocka_unit_test_setup(the_generation_changes_around_the_configuration, begin),
		cmocka_unit_test_setup(writes_are_counted, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
