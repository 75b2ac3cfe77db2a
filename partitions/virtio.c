/* SPDX-License-Identifier: Apache-2.0 */
#include "partitions/virtio.h"

#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/irqchip.h"
#include "arch/mmu.h"
#include "core/panic.h"
#include "core/upcall.h"
#include "hyp/bits.h"
#include "hyp/spinlock.h"
#include "partitions/partition.h"

#define RESET_TIMEOUT_MS 100u
#define REGISTER_BYTES   4u

/* What a driver may set; NEEDS_RESET is the device's. */
#define STATUS_OF_DRIVER                                                               \
	(PV_VIRTIO_S_ACKNOWLEDGE | PV_VIRTIO_S_DRIVER | PV_VIRTIO_S_DRIVER_OK |        \
	 PV_VIRTIO_S_FEATURES_OK | PV_VIRTIO_S_FAILED)

enum { DESCRIPTORS, AVAILABLE, USED, N_AREAS };

/* VIRTIO 1.2 "Split Virtqueues", sizes with the field of EVENT_IDX behind each ring. */
static const struct {
	uint32_t low_register, high_register;
	uint32_t alignment, fixed_bytes, entry_bytes;
} areas[N_AREAS] = {
	[DESCRIPTORS] = { PV_VIRTIO_QUEUE_DESC_LOW, PV_VIRTIO_QUEUE_DESC_HIGH, 16, 0, 16 },
	[AVAILABLE] = { PV_VIRTIO_QUEUE_DRIVER_LOW, PV_VIRTIO_QUEUE_DRIVER_HIGH, 2, 6, 2 },
	[USED] = { PV_VIRTIO_QUEUE_DEVICE_LOW, PV_VIRTIO_QUEUE_DEVICE_HIGH, 4, 6, 8 },
};

/* Word 0 and 1 of 64 bits that a driver sees as two registers. */
static const uint64_t words[] = { FIELD(31, 0), FIELD(63, 32) };

struct virtqueue {
	uint32_t size;
	bool     is_ready;
	uint64_t areas[N_AREAS]; /* checked when it becomes ready, and not written while it is */
};

/* All but `config` and `lock` under its lock. */
struct virtual_device {
	const struct virtual_device_config *config;
	struct spinlock  lock;
	uint32_t         status;
	uint64_t         features; /* as the driver wrote them; accepted with FEATURES_OK */
	uint32_t         device_word, driver_word, queue; /* selected */
	struct virtqueue queues[PV_VIRTIO_QUEUES_MAX];
	bool             has_new_config; /* InterruptStatus bit 1 */
	uint32_t         sequence, epoch, generation;
	bool             is_acknowledged; /* by the backend: this epoch */
	bool             is_resetting;    /* a write of 0 to Status waits for the backend */
	uint64_t         reset_begin;     /* time_now() of that write */
};

/* Most systems have few: boot clears none, virtio_init() those that there are. */
static struct virtual_device devices[MAX_VIRTUAL_DEVICES] SECTION(".uncleared");

/* ---- What the two ends see ------------------------------------------------- */

static void show(const struct virtual_device *device, uint32_t offset, uint32_t value)
{
	volatile uint32_t *page = mmu_shown_page(device->config->registers);

	page[offset / REGISTER_BYTES] = value;
}

static void show64(const struct virtual_device *device, uint32_t offset, uint64_t value)
{
	show(device, offset, (uint32_t)field_get(words[0], value));
	show(device, offset + REGISTER_BYTES, (uint32_t)field_get(words[1], value));
}

static struct virtqueue *selected_queue(struct virtual_device *device) NEEDS_LOCK(device->lock)
{
	uint32_t n_queues = device->config->n_queues;

	return device->queue < n_queues ? &device->queues[index_nospec(device->queue, n_queues)]
					: NULL;
}

/* The registers that change, as they are now. */
static void show_registers(struct virtual_device *device) NEEDS_LOCK(device->lock)
{
	const struct virtual_device_config *config = device->config;
	const struct virtqueue *queue = selected_queue(device);
	uint64_t features = 0;

	if (device->device_word < ARRAY_SIZE(words)) {
		features = field_get(words[index_nospec(device->device_word, ARRAY_SIZE(words))],
				     config->features);
	}
	show(device, PV_VIRTIO_DEVICE_FEATURES, (uint32_t)features);
	show(device, PV_VIRTIO_QUEUE_NUM_MAX, queue != NULL ? config->queue_size_max : 0);
	show(device, PV_VIRTIO_QUEUE_READY, queue != NULL && queue->is_ready);
	show(device, PV_VIRTIO_INTERRUPT_STATUS, PV_VIRTIO_INTERRUPT_USED |
	     (device->has_new_config ? PV_VIRTIO_INTERRUPT_CONFIG : 0));
	if (!device->is_resetting) { /* Status reads 0 when the reset is over, not earlier */
		show(device, PV_VIRTIO_STATUS, device->status);
	}
}

/* What was stored to a page or a window is seen before the interrupt. */
static void ring(intid_t interrupt)
{
	barrier_before_device();
	irqchip_set_pending(interrupt);
}

/* The writer's half of the seqlock: each barrier pairs with a load barrier of the reader. */
static void show_state(struct virtual_device *device) NEEDS_LOCK(device->lock)
{
	volatile struct pv_virtio_state *page = mmu_shown_page(device->config->state);

	page->sequence = ++device->sequence;
	barrier_before_device(); /* odd before the first change; reader: loads before it looks again */
	page->epoch = device->epoch;
	page->status = device->status;
	page->features = (device->status & PV_VIRTIO_S_FEATURES_OK) != 0 ? device->features : 0;
	for (uint32_t i = 0; i < device->config->n_queues; i++) {
		const struct virtqueue *queue = &device->queues[i];

		page->queues[i].size = queue->is_ready ? queue->size : 0;
		page->queues[i].descriptors = queue->is_ready ? queue->areas[DESCRIPTORS] : 0;
		page->queues[i].available = queue->is_ready ? queue->areas[AVAILABLE] : 0;
		page->queues[i].used = queue->is_ready ? queue->areas[USED] : 0;
	}
	barrier_before_device(); /* the last change before even; reader: its first look before loads */
	page->sequence = ++device->sequence;
}

static void tell_backend(struct virtual_device *device) NEEDS_LOCK(device->lock)
{
	show_state(device);
	ring(device->config->backend_interrupt);
}

static void announce_config(struct virtual_device *device) NEEDS_LOCK(device->lock)
{
	device->has_new_config = true;
	show_registers(device);
	ring(device->config->frontend_interrupt);
}

/* ---- Reset ------------------------------------------------------------------ */

/* A driver that did anything has set a status. */
static void forget_driver(struct virtual_device *device) NEEDS_LOCK(device->lock)
{
	device->features = 0;
	device->device_word = 0;
	device->driver_word = 0;
	device->queue = 0;
	device->has_new_config = false;
	__builtin_memset(device->queues, 0, sizeof(device->queues));
	if (device->status != 0) {
		device->status = 0;
		device->epoch++;
		device->is_acknowledged = false;
		tell_backend(device);
	}
}

/*
 * Does nobody touch the queues of before the last reset any more? A stopped backend
 * cannot, unless a device of its own was at it: that is over when the backend's next
 * life says so, having reset its devices.
 */
static bool is_released(const struct virtual_device *device)
{
	const struct partition *backend = partition_at(device->config->backend);
	enum pv_partition_state state = atomic_load_explicit(&backend->state, memory_order_acquire);

	return device->is_acknowledged ||
	       (!device->config->backend_has_dma &&
		(state == PV_PARTITION_STOPPED || state == PV_PARTITION_CRASHED));
}

/* false: not over; ask again. */
static bool reset(struct virtual_device *device) NEEDS_LOCK(device->lock)
{
	uint64_t limit = time_frequency_hz() / 1000 * RESET_TIMEOUT_MS;

	if (!device->is_resetting) {
		device->is_resetting = true;
		device->reset_begin = time_now();
		forget_driver(device);
	}
	device->is_resetting = !is_released(device) && time_now() - device->reset_begin < limit;
	show_registers(device);
	return !device->is_resetting;
}

/* ---- The driver's writes ---------------------------------------------------- */

static bool is_area_valid(const struct virtual_device *device, const struct virtqueue *queue,
			  uint32_t area)
{
	uint64_t bytes = areas[area].fixed_bytes + (uint64_t)areas[area].entry_bytes * queue->size;
	uint64_t at = queue->areas[area] - device->config->window.value; /* wraps below the window */

	return queue->areas[area] % areas[area].alignment == 0 &&
	       bytes <= device->config->window_bytes && at <= device->config->window_bytes - bytes;
}

static bool is_queue_valid(const struct virtual_device *device, const struct virtqueue *queue)
{
	return queue->size != 0 && (queue->size & (queue->size - 1)) == 0 &&
	       queue->size <= device->config->queue_size_max &&
	       is_area_valid(device, queue, DESCRIPTORS) &&
	       is_area_valid(device, queue, AVAILABLE) && is_area_valid(device, queue, USED);
}

static void set_ready(struct virtual_device *device, struct virtqueue *queue, bool ready)
	NEEDS_LOCK(device->lock)
{
	if (ready == queue->is_ready) {
		return;
	}
	if (!ready) {
		queue->is_ready = false;
	} else if ((device->status & PV_VIRTIO_S_FEATURES_OK) != 0 && is_queue_valid(device, queue)) {
		queue->is_ready = true;
	} else {
		device->status |= PV_VIRTIO_S_NEEDS_RESET;
	}
	tell_backend(device);
	if (ready && !queue->is_ready && (device->status & PV_VIRTIO_S_DRIVER_OK) != 0) {
		announce_config(device); /* VIRTIO 1.2 "Device Status Field": a driver at work is told */
	}
}

static void set_word(uint64_t *whole, uint32_t word, uint32_t value)
{
	*whole = (*whole & ~words[word]) | field_put(words[word], value);
}

static void write_queue(struct virtual_device *device, uint64_t offset, uint32_t value)
	NEEDS_LOCK(device->lock)
{
	struct virtqueue *queue = selected_queue(device);

	if (queue == NULL) {
		return;
	}
	if (offset == PV_VIRTIO_QUEUE_READY) {
		set_ready(device, queue, value != 0);
		return;
	}
	if (queue->is_ready) {
		return; /* what the backend was told stays true */
	}
	if (offset == PV_VIRTIO_QUEUE_NUM) {
		queue->size = value;
	}
	for (uint32_t i = 0; i < N_AREAS; i++) {
		if (offset == areas[i].low_register) {
			set_word(&queue->areas[i], 0, value);
		} else if (offset == areas[i].high_register) {
			set_word(&queue->areas[i], 1, value);
		}
	}
}

static bool are_features_acceptable(const struct virtual_device *device)
{
	return (device->features & ~device->config->features) == 0 &&
	       (device->features & PV_VIRTIO_FEATURES_REQUIRED) == PV_VIRTIO_FEATURES_REQUIRED;
}

/* Bits are only added: all that takes one away is a reset. */
static void add_status(struct virtual_device *device, uint32_t value) NEEDS_LOCK(device->lock)
{
	uint32_t status = device->status | (value & STATUS_OF_DRIVER);

	if ((device->status & PV_VIRTIO_S_FEATURES_OK) == 0 &&
	    (!is_released(device) || !are_features_acceptable(device))) {
		status &= ~PV_VIRTIO_S_FEATURES_OK; /* once accepted, it lasts until the reset */
	}
	if ((status & PV_VIRTIO_S_FEATURES_OK) == 0) {
		status &= ~PV_VIRTIO_S_DRIVER_OK; /* with it the backend would begin */
	}
	device->status = status;
	tell_backend(device);
}

static void write_register(struct virtual_device *device, uint64_t offset, uint32_t value)
	NEEDS_LOCK(device->lock)
{
	switch (offset) {
	case PV_VIRTIO_STATUS:
		add_status(device, value);
		break;
	case PV_VIRTIO_DEVICE_FEATURES_SEL:
		device->device_word = value;
		break;
	case PV_VIRTIO_DRIVER_FEATURES_SEL:
		device->driver_word = value;
		break;
	case PV_VIRTIO_DRIVER_FEATURES:
		if (device->driver_word < ARRAY_SIZE(words) &&
		    (device->status & PV_VIRTIO_S_FEATURES_OK) == 0) {
			set_word(&device->features,
				 (uint32_t)index_nospec(device->driver_word, ARRAY_SIZE(words)), value);
		}
		break;
	case PV_VIRTIO_QUEUE_SEL:
		device->queue = value;
		break;
	default: /* also what is read-only or no register at all */
		write_queue(device, offset, value);
		break;
	}
}

uint64_t virtio_write(struct vcpu *vcpu, struct mmio_access *access)
{
	struct virtual_device *device = &devices[access->virtual_device];
	uint32_t value = (uint32_t)access->value;

	upcall_count(vcpu, PV_STATISTIC_VIRTIO);
	if (access->bytes != REGISTER_BYTES) {
		return 0;
	}
	if (access->offset == PV_VIRTIO_QUEUE_NOTIFY) {
		ring(device->config->backend_interrupt);
		return 0;
	}
	spinlock_take(&device->lock);
	if (access->offset == PV_VIRTIO_STATUS && value == 0) {
		access->retry = !reset(device);
	} else if (access->offset == PV_VIRTIO_INTERRUPT_ACK) {
		device->has_new_config = device->has_new_config && (value & PV_VIRTIO_INTERRUPT_CONFIG) == 0;
		show_registers(device);
	} else if (!device->is_resetting) {
		write_register(device, access->offset, value);
		show_registers(device);
	}
	spinlock_drop(&device->lock);
	return 0;
}

/* ---- The backend's calls ---------------------------------------------------- */

static struct virtual_device *find_backend(const struct vcpu *caller, uint64_t number)
{
	const struct partition_config *config = caller->partition->config;

	return number < config->n_backends
		       ? &devices[config->backends[index_nospec(number, config->n_backends)]]
		       : NULL;
}

enum pv_status virtio_config(struct vcpu *caller, uint64_t *x)
{
	struct virtual_device *device = find_backend(caller, x[1]);

	if (device == NULL) {
		return PV_NO_SUCH;
	}
	if (x[2] % sizeof(x[3]) != 0 || x[2] >= PV_VIRTIO_CONFIG_BYTES ||
	    (x[4] & ~(uint64_t)PV_VIRTIO_CONFIG_NOTIFY) != 0) {
		return PV_BAD_ARGUMENT;
	}
	spinlock_take(&device->lock);
	/* Another generation before and after: a driver that reads in between reads again. */
	show(device, PV_VIRTIO_CONFIG_GENERATION, ++device->generation);
	barrier_before_device(); /* pairs with the driver's, between generation and contents */
	show64(device, PV_VIRTIO_CONFIG_SPACE + (uint32_t)x[2], x[3]);
	barrier_before_device(); /* likewise, between contents and generation */
	show(device, PV_VIRTIO_CONFIG_GENERATION, ++device->generation);
	if ((x[4] & PV_VIRTIO_CONFIG_NOTIFY) != 0) {
		announce_config(device);
	}
	spinlock_drop(&device->lock);
	return PV_OK;
}

enum pv_status virtio_acknowledge(struct vcpu *caller, uint64_t *x)
{
	struct virtual_device *device = find_backend(caller, x[1]);
	enum pv_status status = PV_BUSY;

	if (device == NULL) {
		return PV_NO_SUCH;
	}
	spinlock_take(&device->lock);
	if (x[2] == device->epoch) {
		device->is_acknowledged = true;
		status = PV_OK;
	}
	spinlock_drop(&device->lock);
	return status;
}

/* ---- Lifecycle -------------------------------------------------------------- */

/*
 * What the firmware left in the caches must not come back over the page, nor may a
 * partition read what it left in memory.
 */
static void clear_page(pa_t address)
{
	volatile uint32_t *page = mmu_shown_page(address);

	cache_clean_invalidate((const void *)(uintptr_t)page, PAGE_BYTES);
	for (size_t i = 0; i < PAGE_BYTES / sizeof(*page); i++) {
		page[i] = 0;
	}
}

static void init_device(struct virtual_device *device, const struct virtual_device_config *config)
{
	__builtin_memset(device, 0, sizeof(*device));
	device->config = config;
	clear_page(config->registers);
	clear_page(config->state);
	spinlock_take(&device->lock);
	device->epoch = 1;
	device->is_acknowledged = true;

	show(device, PV_VIRTIO_MAGIC_VALUE, PV_VIRTIO_MAGIC);
	show(device, PV_VIRTIO_VERSION, 2);
	show(device, PV_VIRTIO_DEVICE_ID, config->device);
	show(device, PV_VIRTIO_VENDOR_ID, PV_VIRTIO_VENDOR);
	for (uint32_t at = PV_VIRTIO_SHM_LEN_LOW; at <= PV_VIRTIO_SHM_BASE_HIGH; at += REGISTER_BYTES) {
		show(device, at, UINT32_MAX);
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(config->configuration); i++) {
		show64(device, PV_VIRTIO_CONFIG_SPACE + i * 2 * REGISTER_BYTES,
		       config->configuration[i]);
	}
	show_registers(device);
	show_state(device);
	spinlock_drop(&device->lock);
}

void virtio_init(void)
{
	ASSERT(system_config.n_virtual_devices <= MAX_VIRTUAL_DEVICES);
	for (uint32_t i = 0; i < system_config.n_virtual_devices; i++) {
		init_device(&devices[i], &system_config.virtual_devices[i]);
	}
}

void virtio_frontend_stopped(const struct partition_config *config)
{
	for (uint32_t i = 0; i < system_config.n_virtual_devices; i++) {
		struct virtual_device *device = &devices[i];

		if (&system_config.partitions[device->config->frontend] != config) {
			continue;
		}
		spinlock_take(&device->lock);
		forget_driver(device);
		device->is_resetting = false;
		show_registers(device);
		spinlock_drop(&device->lock);
	}
}

void virtio_backend_starts(const struct partition_config *config)
{
	for (uint32_t i = 0; i < config->n_backends; i++) {
		struct virtual_device *device = &devices[config->backends[i]];

		spinlock_take(&device->lock);
		device->is_acknowledged = device->is_acknowledged || !device->config->backend_has_dma;
		spinlock_drop(&device->lock);
	}
}
