/* SPDX-License-Identifier: Apache-2.0 */
#include "partitions/partition.h"

#include "abi/status.h"
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/irqchip.h"
#include "arch/mmu.h"
#include "core/log.h"
#include "core/panic.h"
#include "partitions/console.h"
#include "partitions/message.h"
#include "partitions/vgic.h"
#include "partitions/virtio.h"

static struct partition partition_states[MAX_PARTITIONS];
static struct vcpu vcpu_states[MAX_CPUS];

static enum pv_partition_state state_of(const struct partition *partition)
{
	return atomic_load_explicit(&partition->state, memory_order_acquire);
}

static void set_state(struct partition *partition, enum pv_partition_state state)
{
	atomic_store_explicit(&partition->state, state, memory_order_release);
}

struct partition *partition_at(uint32_t index)
{
	ASSERT(index < system_config.n_partitions);
	return &partition_states[index];
}

struct partition *partition_by_id(uint64_t id)
{
	for (uint32_t i = 0; i < system_config.n_partitions; i++) {
		if (system_config.partitions[i].id == id) {
			return &partition_states[i];
		}
	}
	return NULL;
}

struct vcpu *partition_vcpu(const struct partition *partition, uint32_t number)
{
	ASSERT(number < partition->config->n_vcpus);
	return &vcpu_states[partition->config->first_vcpu + number];
}

bool partition_has_code(const struct partition_config *config, ipa_t address)
{
	for (uint32_t i = 0; i < config->n_memory; i++) {
		if (address.value - config->memory[i].ipa.value < config->memory[i].bytes) {
			return address.value % 4 == 0;
		}
	}
	return false;
}

void partition_init(void)
{
	for (uint32_t i = 0; i < system_config.n_vcpus; i++) {
		const struct vcpu_config *config = &system_config.vcpus[i];

		vcpu_states[i].config = config;
		vcpu_states[i].partition = &partition_states[config->partition_id];
	}
	for (uint32_t i = 0; i < system_config.n_partitions; i++) {
		partition_states[i].config = &system_config.partitions[i];
		set_state(&partition_states[i], PV_PARTITION_STOPPED);
	}
}

/* ---- Loading -------------------------------------------------------------- */

/* 16 bytes at a time; pvc aligns destinations, the rest is for odd tails. */
static void copy(char *to, const char *from, uint64_t bytes)
{
	__builtin_memcpy(to, from, bytes);
}

static void load_piece(const struct load_config *load)
{
	char *to = mmu_loadable(load->destination);

	copy(to, load->source, load->file_bytes);
	__builtin_memset(to + load->file_bytes, 0, load->memory_bytes - load->file_bytes);
	cache_clean_invalidate(to, load->memory_bytes);
}

static void load(const struct partition_config *config)
{
	mmu_begin_load();
	for (uint32_t i = 0; i < config->n_loads; i++) {
		load_piece(&config->loads[i]);
	}
	mmu_end_load();
	cache_invalidate_instructions();
}

/*
 * The last run may have left dirty lines that would overwrite, one day, what the
 * next run writes with its caches still off.
 */
static void clean_memory(const struct partition_config *config)
{
	mmu_begin_load();
	for (uint32_t i = 0; i < config->n_memory; i++) {
		cache_clean_invalidate(mmu_loadable(config->memory[i].pa), config->memory[i].bytes);
	}
	mmu_end_load();
}

/* ---- Starting -------------------------------------------------------------- */

static void start_vcpu(struct partition *partition, struct vcpu *vcpu, ipa_t entry,
		       uint64_t context) NEEDS_LOCK(partition->lock)
{
	vcpu->entry = entry;
	vcpu->context = context;
	vcpu->state = VCPU_STARTING;
	partition->n_running++;
	/* Within the lock, so that the kick has arrived before the CPU can see the new state. */
	irqchip_kick(vcpu->config->cpu_id);
}

enum vcpu_start_result vcpu_start(struct vcpu *vcpu, ipa_t entry, uint64_t context)
{
	struct partition *partition = vcpu->partition;
	enum vcpu_start_result result = VCPU_START_OK;

	spinlock_take(&partition->lock);
	if (vcpu->state == VCPU_ON) {
		result = VCPU_START_ALREADY_ON;
	} else if (vcpu->state == VCPU_STARTING) {
		result = VCPU_START_PENDING;
	} else if (state_of(partition) == PV_PARTITION_RUNNING) {
		start_vcpu(partition, vcpu, entry, context);
	}
	spinlock_drop(&partition->lock);
	return result;
}

static void reset_interrupts(const struct partition_config *config)
{
	uint32_t cpu_id = system_config.vcpus[config->first_vcpu].cpu_id;

	for (uint32_t word = 1; word < INTID_WORDS; word++) {
		for (uint32_t bits = config->interrupts[word]; bits != 0; bits &= bits - 1) {
			intid_t interrupt = word * 32 + (uint32_t)__builtin_ctz(bits);

			irqchip_spi_reset(interrupt, cpu_id, false);
		}
	}
	for (uint32_t i = 0; i < config->n_ports; i++) {
		if (config->ports[i].interrupt != 0) {
			irqchip_spi_reset(config->ports[i].interrupt, cpu_id, true);
		}
	}
	for (uint32_t i = 0; i < system_config.n_virtual_devices; i++) {
		const struct virtual_device_config *device = &system_config.virtual_devices[i];

		if (&system_config.partitions[device->frontend] == config) {
			irqchip_spi_reset(device->frontend_interrupt, cpu_id, true);
		}
		if (&system_config.partitions[device->backend] == config) {
			irqchip_spi_reset(device->backend_interrupt, cpu_id, true);
		}
	}
}

/*
 * Everything but the loading itself, which the CPU of vCPU 0 does on its way in:
 * it has the time, and whoever asked for the start is not kept waiting.
 */
static void request_start(struct partition *partition) NEEDS_LOCK(partition->lock)
{
	const struct partition_config *config = partition->config;

	/* Before anybody can take it for running: a doorbell rung from then on is kept. */
	reset_interrupts(config);
	message_announce(config);
	virtio_backend_starts(config);
	mmu_restore(config);
	for (uint32_t i = 0; i < config->n_vcpus; i++) {
		struct vcpu *vcpu = partition_vcpu(partition, i);

		__builtin_memset(vcpu->statistics, 0, sizeof(vcpu->statistics));
		percpus[vcpu->config->cpu_id].wfi_exits = 0;
	}
	partition->n_starts++;
	partition->must_load = true;
	set_state(partition, PV_PARTITION_RUNNING);
	start_vcpu(partition, partition_vcpu(partition, 0), config->entry, config->dtb.value);
}

enum pv_status partition_start(struct partition *partition)
{
	enum pv_status status = PV_BUSY;

	spinlock_take(&partition->lock);
	if (partition->n_running == 0 && state_of(partition) != PV_PARTITION_STOPPING) {
		request_start(partition);
		status = PV_OK;
	}
	spinlock_drop(&partition->lock);
	return status;
}

/* On the CPU of vCPU 0, before the first instruction of a start. No other vCPU runs. */
static void prepare(const struct partition *partition)
{
	const struct partition_config *config = partition->config;

	if (partition->n_starts > 1) {
		clean_memory(config);
	}
	load(config);
	log_line("%s: start %u, %u vCPU%s, entry 0x%lx", config->name, partition->n_starts,
		 config->n_vcpus, config->n_vcpus == 1 ? "" : "s", config->entry.value);
}

/* ---- Stopping -------------------------------------------------------------- */

void partition_stop(struct partition *partition, enum pv_partition_state after, bool restart)
{
	const struct partition_config *config = partition->config;

	spinlock_take(&partition->lock);
	if (state_of(partition) == PV_PARTITION_RUNNING) {
		partition->state_after_stop = after;
		partition->restart_after_stop = restart;
		set_state(partition, PV_PARTITION_STOPPING);
		for (uint32_t i = 0; i < config->n_vcpus; i++) {
			struct percpu *cpu = &percpus[partition_vcpu(partition, i)->config->cpu_id];

			/* Release: whoever sees the flag sees the state. */
			atomic_store_explicit(&cpu->attention, 1, memory_order_release);
		}
		mmu_revoke(config);
		for (uint32_t i = 0; i < config->n_vcpus; i++) {
			if (partition_vcpu(partition, i)->state != VCPU_OFF) {
				irqchip_kick(partition_vcpu(partition, i)->config->cpu_id);
			}
		}
	} else if (state_of(partition) == PV_PARTITION_STOPPING) {
		partition->restart_after_stop = restart; /* the last word counts */
	}
	spinlock_drop(&partition->lock);
}

static const char *describe(enum pv_partition_state state)
{
	return state == PV_PARTITION_CRASHED ? "stopped by a fault" : "stopped";
}

/* When nothing runs and nothing crashed, the machine has done its work. */
static void end_machine_if_done(void)
{
	static atomic_flag is_ended = ATOMIC_FLAG_INIT;
	bool has_crashed = false;

	for (uint32_t i = 0; i < system_config.n_partitions; i++) {
		enum pv_partition_state state = state_of(&partition_states[i]);

		if (state == PV_PARTITION_RUNNING || state == PV_PARTITION_STOPPING) {
			return;
		}
		has_crashed |= state == PV_PARTITION_CRASHED;
	}
	if (atomic_flag_test_and_set(&is_ended)) {
		return; /* another CPU has seen it too */
	}
	if (has_crashed) {
		/* Nobody is left who could ask for a report: leave it on the screen. */
		log_line("no partition is running; the machine is left as it is");
		log_flush();
		return;
	}
	log_line("all partitions have stopped: power off");
	log_flush();
	machine_power_off();
}

/* The last vCPU has arrived: nothing of the partition runs any more. */
static void finish_stop(struct partition *partition) NEEDS_LOCK(partition->lock)
{
	const struct partition_config *config = partition->config;

	reset_interrupts(config);
	virtio_frontend_stopped(config);
	console_leave(config);
	set_state(partition, partition->state_after_stop);
	if (partition->restart_after_stop) {
		log_line("%s restarts", config->name);
		request_start(partition);
	} else {
		log_line("%s has %s", config->name, describe(partition->state_after_stop));
	}
}

/* This vCPU's guest is gone. */
static void leave(struct vcpu *vcpu)
{
	struct partition *partition = vcpu->partition;
	bool is_last;

	irqchip_clean_cpu(vcpu->config->cpu_id, partition->config->interrupts);
	spinlock_take(&partition->lock);
	if (vcpu->state != VCPU_OFF) {
		vcpu->state = VCPU_OFF;
		partition->n_running--;
	}
	is_last = partition->n_running == 0;
	if (is_last) {
		if (state_of(partition) == PV_PARTITION_RUNNING) {
			/* PSCI CPU_OFF of the last one: an end like any other. */
			partition->state_after_stop = PV_PARTITION_STOPPED;
			partition->restart_after_stop = false;
			set_state(partition, PV_PARTITION_STOPPING);
		}
		if (state_of(partition) == PV_PARTITION_STOPPING) {
			finish_stop(partition);
		}
	}
	spinlock_drop(&partition->lock);
	if (is_last) {
		end_machine_if_done();
	}
}

static bool take_start(struct vcpu *vcpu, struct trap_frame *frame)
{
	struct partition *partition = vcpu->partition;
	bool is_started = false;
	bool must_load = false;

	spinlock_take(&partition->lock);
	if (vcpu->state == VCPU_STARTING && state_of(partition) == PV_PARTITION_RUNNING) {
		vcpu->state = VCPU_ON;
		is_started = true;
		must_load = partition->must_load; /* only vCPU 0 can come first */
		partition->must_load = false;
	}
	spinlock_drop(&partition->lock);
	if (must_load) {
		prepare(partition);
	}
	if (is_started) {
		irqchip_clean_cpu(vcpu->config->cpu_id, partition->config->interrupts);
		vcpu_reset(frame, vcpu->entry, vcpu->context);
	}
	return is_started;
}

static bool must_leave(struct vcpu *vcpu)
{
	struct partition *partition = vcpu->partition;
	bool result;

	spinlock_take(&partition->lock);
	result = vcpu->state != VCPU_OFF && state_of(partition) == PV_PARTITION_STOPPING;
	spinlock_drop(&partition->lock);
	return result;
}

/* A CPU without a guest: it sees to it that the last words of the one it had come out. */
static void rest(const struct vcpu *vcpu)
{
	if (log_pump()) {
		cpu_wait_for_interrupt();
	} else {
		cpu_relax();
	}
	irqchip_clean_cpu(vcpu->config->cpu_id, vcpu->partition->config->interrupts);
}

static void wait_for_start(struct vcpu *vcpu, struct trap_frame *frame)
{
	struct percpu *cpu = &percpus[vcpu->config->cpu_id];

	for (;;) {
		atomic_store_explicit(&cpu->attention, 0, memory_order_release);
		if (take_start(vcpu, frame)) {
			return;
		}
		if (must_leave(vcpu)) { /* stopped again before it had started */
			leave(vcpu);
			continue;
		}
		rest(vcpu);
	}
}

void vcpu_wait_for_start(struct vcpu *vcpu, struct trap_frame *frame)
{
	leave(vcpu);
	wait_for_start(vcpu, frame);
}

enum vcpu_state vcpu_get_state(struct vcpu *vcpu)
{
	enum vcpu_state state;

	spinlock_take(&vcpu->partition->lock);
	state = vcpu->state;
	spinlock_drop(&vcpu->partition->lock);
	return state;
}

/* true: the vCPU was stopped meanwhile, and `frame` holds a new start. */
static bool wait_for_interrupt(struct vcpu *vcpu, struct trap_frame *frame)
{
	struct percpu *cpu = &percpus[vcpu->config->cpu_id];
	struct irqchip_cpu_state before;

	if (atomic_load_explicit(&cpu->attention, memory_order_acquire) != 0) {
		return false; /* something is left to send: a wait may end early */
	}
	if (!irqchip_open_cpu(&before)) {
		return false; /* likewise; a CPU that sleeps here could not be had back */
	}
	cpu_wait_for_interrupt();
	irqchip_restore_cpu(&before);
	return atomic_load_explicit(&cpu->attention, memory_order_acquire) != 0 &&
	       upcall_attend(vcpu, frame);
}

void vcpu_suspend(struct vcpu *vcpu, struct trap_frame *frame, ipa_t entry, uint64_t context)
{
	/* The GIC keeps its state: what wakes us is still pending for the new start. */
	if (!wait_for_interrupt(vcpu, frame)) {
		vcpu_reset(frame, entry, context);
	}
}

/* ---- Upcalls ---------------------------------------------------------------- */

void upcall_boot(void)
{
	partition_init();
	console_init();
	message_init();

	mmu_begin_load();
	for (uint32_t i = 0; i < system_config.n_windows; i++) {
		void *window = mmu_loadable(system_config.windows[i].pa);

		__builtin_memset(window, 0, system_config.windows[i].bytes);
		cache_clean_invalidate(window, system_config.windows[i].bytes);
	}
	mmu_end_load();
	virtio_init();

	for (uint32_t i = 0; i < system_config.n_partitions; i++) {
		ASSERT(partition_start(&partition_states[i]) == PV_OK);
	}
}

void upcall_enter(struct percpu *cpu, struct trap_frame *frame)
{
	uint32_t vcpu_id = system_config.cpus[cpu->cpu_id].vcpu_id;
	const struct partition_config *config;

	if (vcpu_id == NONE) {
		cpu_stop();
	}
	cpu->vcpu = &vcpu_states[vcpu_id];
	config = cpu->vcpu->partition->config;
	cpu->partition = config;
	cpu->doorbells = config->doorbells;
	cpu->n_doorbells = config->n_doorbells;
	message_bind(cpu);
	vgic_bind(cpu);
	vcpu_bind(config, cpu->vcpu->config);
	wait_for_start(cpu->vcpu, frame);
}

bool upcall_attend(struct vcpu *vcpu, struct trap_frame *frame)
{
	struct percpu *cpu = &percpus[vcpu->config->cpu_id];

	/* Cleared before the state is looked at: a stop that comes now sets it again. */
	(void)atomic_exchange_explicit(&cpu->attention, 0, memory_order_seq_cst);
	if (state_of(vcpu->partition) == PV_PARTITION_STOPPING) {
		vcpu_wait_for_start(vcpu, frame);
		return true;
	}
	console_attend(cpu);
	return false;
}

void upcall_wait(struct vcpu *vcpu, struct trap_frame *frame)
{
	(void)wait_for_interrupt(vcpu, frame);
}

void upcall_count(struct vcpu *vcpu, enum pv_statistic what)
{
	vcpu->statistics[what]++;
}
