/* links: partitions/virtio.c core/spinlock.c core/panic.c core/region.c core/format.c tests/fake/vcpu.c tests/fake/memory.c tests/fake/cpu.c tests/fake/gic.c tests/fake/uart.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any writes of two drivers to their registers, any calls of two backends, partitions that
 * come and go, and time. What the pages show is always something that EL2 may
 * promise, and no reset lasts longer than 100 ms.
 */
#include "tests/fake/vcpu.h"

#include "partitions/virtio.h"
#include "tests/fuzz/input.h"

#define TIMEOUT_TICKS 100000u /* 100 ms of the fake machine's clock */
#define REQUIRED      PV_VIRTIO_FEATURES_REQUIRED
#define BEHIND_CONFIG (PV_VIRTIO_CONFIG_SPACE + PV_VIRTIO_CONFIG_BYTES)

static const uint8_t zeroes[PAGE_BYTES - BEHIND_CONFIG];

/* What the backend and the clock have done, as seen from outside. */
static struct {
	bool     has_let_go; /* of all before this epoch */
	bool     is_resetting;
	uint64_t reset_begin;
	struct pv_virtio_state before;
} known[FAKE_N_VIRTUAL_DEVICES];

struct partition *partition_at(uint32_t index)
{
	return &fake_partition_states[index];
}

void upcall_count(struct vcpu *vcpu, enum pv_statistic what)
{
	vcpu->statistics[what]++;
}

static void expect(bool condition, const char *what)
{
	if (!condition) {
		fake_die("%s", what);
	}
}

static const struct pv_virtio_state *state_of(uint32_t device)
{
	return (const void *)fake_memory_at(fake_virtual_devices[device].state.value);
}

static uint32_t read(uint32_t device, uint32_t offset)
{
	uint32_t value;

	memcpy(&value, fake_memory_at(fake_virtual_devices[device].registers.value + offset),
	       sizeof(value));
	return value;
}

static bool write(uint32_t device, uint64_t offset, uint32_t bytes, uint64_t value)
{
	struct mmio_access access = { .offset = offset, .bytes = bytes, .is_write = true,
				      .value = value, .virtual_device = device };

	(void)virtio_write(fake_vcpu(fake_virtual_devices[device].frontend, 0), &access);
	return !access.retry;
}

static void write_register(uint32_t device, struct input *input)
{
	static const uint16_t offsets[] = {
		PV_VIRTIO_DEVICE_FEATURES_SEL, PV_VIRTIO_DRIVER_FEATURES,
		PV_VIRTIO_DRIVER_FEATURES_SEL, PV_VIRTIO_QUEUE_SEL, PV_VIRTIO_QUEUE_NUM,
		PV_VIRTIO_QUEUE_READY, PV_VIRTIO_QUEUE_NOTIFY, PV_VIRTIO_INTERRUPT_ACK,
		PV_VIRTIO_STATUS, PV_VIRTIO_QUEUE_DESC_LOW, PV_VIRTIO_QUEUE_DESC_HIGH,
		PV_VIRTIO_QUEUE_DRIVER_LOW, PV_VIRTIO_QUEUE_DRIVER_HIGH,
		PV_VIRTIO_QUEUE_DEVICE_LOW, PV_VIRTIO_QUEUE_DEVICE_HIGH,
	};
	const struct virtual_device_config *config = &fake_virtual_devices[device];
	uint64_t how = input_take(input, 1);
	uint32_t bytes = how >= 0xf8 ? 1u << (how & 3) : 4;
	uint64_t offset = how >= 0xf0 ? input_take(input, 2) % PAGE_BYTES / bytes * bytes
				      : offsets[how % ARRAY_SIZE(offsets)];
	uint64_t kind = input_take(input, 1);
	uint64_t value = kind < 0x60   ? kind % 0x20
			 : kind < 0xa0 ? config->window.value + input_take(input, 3)
				       : input_take(input, bytes);
	bool is_reset = offset == PV_VIRTIO_STATUS && bytes == 4 && (uint32_t)value == 0;
	bool is_done = write(device, offset, bytes, value);

	expect(is_done || is_reset, "a write that is no reset is to be repeated");
	if (!is_done && !known[device].is_resetting) {
		known[device].reset_begin = fake_now;
	}
	expect(is_done || fake_now - known[device].reset_begin < TIMEOUT_TICKS, "a reset lasts too long");
	expect(is_done || read(device, PV_VIRTIO_STATUS) != 0 || known[device].before.status == 0,
	       "Status reads 0 before the reset is over");
	if (is_reset) {
		known[device].is_resetting = !is_done;
	}
}

/* What a driver does that means well. */
static void negotiate(uint32_t device, struct input *input)
{
	const struct virtual_device_config *config = &fake_virtual_devices[device];
	uint64_t features = config->features;

	(void)write(device, PV_VIRTIO_STATUS, 4, PV_VIRTIO_S_ACKNOWLEDGE | PV_VIRTIO_S_DRIVER);
	for (uint32_t word = 0; word < 2; word++) {
		(void)write(device, PV_VIRTIO_DRIVER_FEATURES_SEL, 4, word);
		(void)write(device, PV_VIRTIO_DRIVER_FEATURES, 4, (uint32_t)(features >> 32 * word));
	}
	(void)write(device, PV_VIRTIO_STATUS, 4, PV_VIRTIO_S_FEATURES_OK);
	(void)write(device, PV_VIRTIO_QUEUE_SEL, 4, input_take(input, 1) % config->n_queues);
	(void)write(device, PV_VIRTIO_QUEUE_NUM, 4, 1u << input_take(input, 1) % 8);
	(void)write(device, PV_VIRTIO_QUEUE_DESC_LOW, 4, config->window.value);
	(void)write(device, PV_VIRTIO_QUEUE_DRIVER_LOW, 4, config->window.value + 0x400);
	(void)write(device, PV_VIRTIO_QUEUE_DEVICE_LOW, 4, config->window.value + 0x800);
	(void)write(device, PV_VIRTIO_QUEUE_READY, 4, 1);
}

static void call(uint32_t device, struct input *input)
{
	uint64_t how = input_take(input, 1);
	uint64_t x[8] = { 0 };
	struct vcpu *backend = fake_vcpu(fake_virtual_devices[device].backend, 0);
	uint32_t epoch = state_of(device)->epoch;

	x[1] = (how & 0x80) != 0 ? input_take(input, 8) : 0;
	if ((how & 1) != 0) {
		x[2] = (how & 2) != 0 ? epoch : input_take(input, 5);
		enum pv_status status = virtio_acknowledge(backend, x);

		expect((status == PV_OK) == (x[1] == 0 && x[2] == epoch), "an acknowledgement");
		known[device].has_let_go |= status == PV_OK;
		return;
	}
	x[2] = (how & 2) != 0 ? how % 8 * 8 : input_take(input, 8);
	x[3] = input_take(input, 8);
	x[4] = how >> 3 & 3;
	uint64_t offset = x[2], value = x[3];

	if (virtio_config(backend, x) == PV_OK) {
		expect(offset < PV_VIRTIO_CONFIG_BYTES, "behind the configuration space");
		expect((read(device, PV_VIRTIO_CONFIG_SPACE + (uint32_t)offset) |
			(uint64_t)read(device, PV_VIRTIO_CONFIG_SPACE + (uint32_t)offset + 4) << 32) == value,
		       "the configuration");
	}
}

static void come_and_go(uint32_t device, struct input *input)
{
	const struct virtual_device_config *config = &fake_virtual_devices[device];
	uint64_t how = input_take(input, 1) % 6;

	if (how <= PV_PARTITION_CRASHED) {
		for (uint32_t i = 0; i < FAKE_N_VIRTUAL_DEVICES; i++) {
			known[i].has_let_go |= fake_virtual_devices[i].backend == config->backend &&
					       how == PV_PARTITION_RUNNING;
		}
		if (how == PV_PARTITION_RUNNING) {
			virtio_backend_starts(&fake_partitions[config->backend]);
		}
		atomic_store(&partition_at(config->backend)->state, (enum pv_partition_state)how);
	} else {
		virtio_frontend_stopped(&fake_partitions[config->frontend]);
		known[device].is_resetting = false;
		expect(read(device, PV_VIRTIO_STATUS) == 0, "Status of a device that nobody drives");
	}
}

static bool is_inside(const struct virtual_device_config *config, uint64_t address, uint64_t bytes,
		      uint64_t alignment)
{
	return address % alignment == 0 && address >= config->window.value &&
	       address + bytes > address &&
	       address + bytes <= config->window.value + config->window_bytes;
}

static void check_queue(const struct virtual_device_config *config,
			const struct pv_virtio_queue_state *queue)
{
	uint64_t size = queue->size;

	if (size == 0) {
		expect((queue->descriptors | queue->available | queue->used) == 0, "a queue not ready");
		return;
	}
	expect(size <= config->queue_size_max && (size & (size - 1)) == 0, "a queue's size");
	expect(is_inside(config, queue->descriptors, 16 * size, 16) &&
	       is_inside(config, queue->available, 6 + 2 * size, 2) &&
	       is_inside(config, queue->used, 6 + 8 * size, 4), "a queue outside its window");
}

static void check_device(uint32_t device)
{
	const struct virtual_device_config *config = &fake_virtual_devices[device];
	const struct pv_virtio_state *now = state_of(device), *before = &known[device].before;
	enum pv_partition_state backend = atomic_load(&partition_at(config->backend)->state);

	if (now->epoch != before->epoch) {
		expect(now->epoch == before->epoch + 1 && now->status == 0, "an epoch");
		known[device].has_let_go = false;
	}
	expect(now->sequence % 2 == 0 && now->sequence - before->sequence < 0x1000, "the sequence");
	expect((now->status & ~0xcfu) == 0, "a status bit");
	if ((now->status & PV_VIRTIO_S_FEATURES_OK) != 0) {
		expect((now->features & ~config->features) == 0 &&
		       (now->features & REQUIRED) == REQUIRED, "features");
		expect((before->status & PV_VIRTIO_S_FEATURES_OK) != 0 || known[device].has_let_go ||
		       backend == PV_PARTITION_STOPPED || backend == PV_PARTITION_CRASHED,
		       "a device used anew before the backend has let go");
	} else {
		expect(now->features == 0 && (now->status & PV_VIRTIO_S_DRIVER_OK) == 0,
		       "a driver at work without features");
	}
	for (uint32_t i = 0; i < PV_VIRTIO_QUEUES_MAX; i++) {
		check_queue(config, &now->queues[i]);
		expect(now->queues[i].size == 0 || (now->status & PV_VIRTIO_S_FEATURES_OK) != 0,
		       "a queue without features");
		expect(now->queues[i].size == 0 || i < config->n_queues, "a queue that does not exist");
	}
	known[device].before = *now;

	expect(read(device, PV_VIRTIO_MAGIC_VALUE) == PV_VIRTIO_MAGIC, "the magic value");
	expect(read(device, PV_VIRTIO_DEVICE_ID) == config->device, "the device");
	expect((read(device, PV_VIRTIO_INTERRUPT_STATUS) | 2) == 3, "InterruptStatus");
	expect(read(device, PV_VIRTIO_QUEUE_NUM_MAX) == 0 ||
	       read(device, PV_VIRTIO_QUEUE_NUM_MAX) == config->queue_size_max, "QueueNumMax");
	expect(known[device].is_resetting || read(device, PV_VIRTIO_STATUS) == now->status, "Status");
	expect(memcmp(fake_memory_at(config->registers.value + BEHIND_CONFIG), zeroes,
		      sizeof(zeroes)) == 0, "behind the registers");
}

static void check(void)
{
	for (uint32_t i = 0; i < FAKE_N_VIRTUAL_DEVICES; i++) {
		check_device(i);
	}
	for (uint32_t word = 0; word < INTID_WORDS; word++) {
		uint32_t ours = word == 3 ? 0xfu << 103 % 32 : 0; /* 103..106 */

		expect((fake_gic.pending[word] & ~ours) == 0, "an interrupt of somebody else");
	}
}

static void begin(void)
{
	fake_system_begin(GIC_V3);
	fake_system_share();
	fake_cpu_begin();
	fake_gic_begin();
	fake_memory_begin();
	fake_vcpus_begin();
	memset(fake_memory_at(FAKE_PAGES_PA), 0, FAKE_PAGES_BYTES);
	memset(known, 0, sizeof(known));
	virtio_init();
	for (uint32_t i = 0; i < FAKE_N_VIRTUAL_DEVICES; i++) {
		known[i].has_let_go = true;
		known[i].before = *state_of(i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct input input = { bytes, n };

	begin();
	while (!input_is_over(&input)) {
		uint64_t what = input_take(&input, 1);
		uint32_t device = (what & 0x80) != 0 ? FAKE_NET : FAKE_DISK;

		switch (what >> 3 & 0xf) {
		case 0:
			negotiate(device, &input);
			break;
		case 1:
		case 2:
			call(device, &input);
			break;
		case 3:
			come_and_go(device, &input);
			break;
		case 4:
			fake_now += input_take(&input, 3) % (2 * TIMEOUT_TICKS);
			break;
		default:
			write_register(device, &input);
			break;
		}
		check();
	}
	return 0;
}
