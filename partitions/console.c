/* SPDX-License-Identifier: Apache-2.0 */
#include "partitions/console.h"

#include "arch/cpu.h"
#include "arch/irqchip.h"
#include "arch/uart.h"
#include "core/log.h"
#include "hyp/gic.h"
#include "partitions/partition.h"
#include "partitions/vuart.h"

#define INPUT_BYTES 256u /* a power of two */
#define POLL_LIMIT  64u  /* characters in one call: the bound of this path */
#define KEY_NEXT    0x1d /* Ctrl-] */
#define KEY_LIST    0x1c /* Ctrl-\ */
#define NO_FOCUS    UINT32_MAX
#define READER_S    1u   /* who has not read for so long does not read */

struct console {
	char     input[INPUT_BYTES];
	uint32_t put, taken;  /* free running */
	uint64_t last_read;   /* by the guest; ticks */
	bool     is_enabled;  /* what the guest last wrote to its interrupt's enable bit */
};

static struct console consoles[MAX_PARTITIONS];
static atomic_uint_least32_t focus = NO_FOCUS; /* written under console_lock, read by anyone */

static uint32_t index_of(const struct partition_config *config)
{
	return (uint32_t)(config - system_config.partitions);
}

static uint32_t in_focus(void)
{
	return atomic_load_explicit(&focus, memory_order_relaxed);
}

static bool has_uart(void)
{
	return system_config.console.kind != UART_NONE;
}

bool console_has_interrupt(const struct partition_config *config)
{
	return in_focus() == index_of(config);
}

static void set_pending(void)
{
	irqchip_set_pending(system_config.console.interrupt);
}

/* ---- Focus -------------------------------------------------------------------- */

static void set_focus(uint32_t index) NEEDS_LOCK(console_lock)
{
	const struct partition_config *config = &system_config.partitions[index];
	intid_t interrupt = system_config.console.interrupt;

	/* Off first: between two owners it is nobody's. */
	irqchip_spi_reset(interrupt, system_config.vcpus[config->first_vcpu].cpu_id, false);
	atomic_store_explicit(&focus, index, memory_order_relaxed);
	terminal_set_focus(index);
	if (consoles[index].is_enabled || consoles[index].put != consoles[index].taken) {
		set_pending(); /* for what has come in or gone out meanwhile; its driver looks */
	}
	irqchip_spi_enable(interrupt, consoles[index].is_enabled);
}

/* The next partition that can use a console and runs; the current one if there is no other. */
static uint32_t find_next(uint32_t from)
{
	for (uint32_t i = 1; i <= system_config.n_partitions; i++) {
		uint32_t index = (from + i) % system_config.n_partitions;

		if (system_config.partitions[index].has_console &&
		    atomic_load(&partition_at(index)->state) == PV_PARTITION_RUNNING) {
			return index;
		}
	}
	return from;
}

void console_init(void)
{
	if (!has_uart()) {
		return;
	}
	spinlock_take(&console_lock);
	for (uint32_t i = system_config.n_partitions; i-- > 0;) {
		vuart_reset(i);
		if (system_config.partitions[i].has_console) {
			set_focus(i); /* the first partition's, in the end */
		}
	}
	uart_receive_interrupt(in_focus() != NO_FOCUS);
	spinlock_drop(&console_lock);
}

void console_note_enable(const struct partition_config *config, uint32_t offset, uint32_t bits)
{
	intid_t interrupt = system_config.console.interrupt;
	uint32_t word = (offset & 0x7c) / 4;

	if (word == interrupt / 32 && (bits >> interrupt % 32 & 1) != 0) {
		consoles[index_of(config)].is_enabled = offset < GICD_ICENABLER;
	}
}

/* ---- Input ---------------------------------------------------------------------- */

enum command { COMMAND_NONE, COMMAND_NEXT, COMMAND_LIST };

/* Take what the UART has, up to the first key that is ours. */
static enum command take_input(bool by_focus) NEEDS_LOCK(console_lock)
{
	struct console *console;
	bool has_put = false;

	if (in_focus() == NO_FOCUS) {
		return COMMAND_NONE;
	}
	console = &consoles[in_focus()];
	for (uint32_t i = 0; i < POLL_LIMIT; i++) {
		bool is_full = console->put - console->taken == INPUT_BYTES;
		int c;

		/* For a partition that reads, the rest stays in the UART; else our keys may be in it. */
		if (is_full && time_now() - console->last_read < time_frequency_hz() * READER_S) {
			break;
		}
		c = uart_get();
		if (c < 0) {
			break;
		}
		if (c == KEY_NEXT || c == KEY_LIST) {
			return c == KEY_NEXT ? COMMAND_NEXT : COMMAND_LIST;
		}
		if (!is_full) {
			console->input[console->put++ % INPUT_BYTES] = (char)c;
			has_put = true;
		}
	}
	if (has_put && !by_focus) {
		set_pending();
	}
	return COMMAND_NONE;
}

static const char *name_state(enum pv_partition_state state)
{
	switch (state) {
	case PV_PARTITION_RUNNING:
		return "running";
	case PV_PARTITION_STOPPING:
		return "stopping";
	case PV_PARTITION_CRASHED:
		return "crashed";
	case PV_PARTITION_STOPPED:
		break;
	}
	return "stopped";
}

static void list_partitions(void)
{
	for (uint32_t i = 0; i < system_config.n_partitions; i++) {
		const struct partition_config *config = &system_config.partitions[i];
		struct partition *partition = partition_at(i);

		log_line("%c %u %-16s %-8s %u vCPU, %u start%s", i == in_focus() ? '*' : ' ', config->id,
			 config->name, name_state(atomic_load(&partition->state)), config->n_vcpus,
			 partition->n_starts, partition->n_starts == 1 ? "" : "s");
	}
}

static void obey(enum command command)
{
	uint32_t index;

	switch (command) {
	case COMMAND_NEXT:
		spinlock_take(&console_lock);
		index = find_next(in_focus());
		set_focus(index);
		spinlock_drop(&console_lock);
		log_line("input goes to %s (Ctrl-] next, Ctrl-\\ list)",
			 system_config.partitions[index].name);
		break;
	case COMMAND_LIST:
		list_partitions();
		break;
	case COMMAND_NONE:
		break;
	}
}

static void poll(const struct partition_config *config)
{
	enum command command;

	spinlock_take(&console_lock);
	command = take_input(console_has_interrupt(config));
	spinlock_drop(&console_lock);
	obey(command);
}

bool console_has_input(struct vcpu *vcpu)
{
	const struct console *console = &consoles[index_of(vcpu->partition->config)];

	if (console->put == console->taken) {
		poll(vcpu->partition->config);
	}
	return console->put != console->taken;
}

int console_get(struct vcpu *vcpu)
{
	struct console *console = &consoles[index_of(vcpu->partition->config)];
	int c = -1;

	if (console->put == console->taken) {
		poll(vcpu->partition->config);
	}
	spinlock_take(&console_lock);
	console->last_read = time_now();
	if (console->put != console->taken) {
		c = (unsigned char)console->input[console->taken++ % INPUT_BYTES];
	}
	spinlock_drop(&console_lock);
	return c;
}

/* ---- Output ----------------------------------------------------------------------- */

/* This CPU comes back when it has nothing else to do: see upcall_wait(). */
static void pump(struct percpu *cpu) NEEDS_LOCK(console_lock)
{
	if (!terminal_pump()) {
		atomic_store_explicit(&cpu->attention, 1, memory_order_relaxed);
	}
}

size_t console_put(struct vcpu *vcpu, const char *text, size_t bytes)
{
	size_t taken;

	spinlock_take(&console_lock);
	taken = terminal_write(index_of(vcpu->partition->config), text, bytes);
	pump(&percpus[vcpu->config->cpu_id]);
	spinlock_drop(&console_lock);
	return taken;
}

bool console_has_room(struct vcpu *vcpu)
{
	bool has_room;

	spinlock_take(&console_lock);
	has_room = terminal_room(index_of(vcpu->partition->config)) != 0;
	spinlock_drop(&console_lock);
	return has_room;
}

void console_attend(struct percpu *cpu)
{
	spinlock_take(&console_lock);
	pump(cpu);
	spinlock_drop(&console_lock);
	poll(cpu->partition);
	vuart_update(cpu->vcpu);
}

void console_raise(struct vcpu *vcpu)
{
	if (console_has_interrupt(vcpu->partition->config)) {
		set_pending();
	}
}

void console_leave(const struct partition_config *config)
{
	uint32_t index = index_of(config);

	spinlock_take(&console_lock);
	consoles[index].put = consoles[index].taken = 0;
	consoles[index].is_enabled = false;
	vuart_reset(index);
	/* An unfinished line is finished for it, so that it can be read. */
	if (terminal_has_open_line(index)) {
		(void)terminal_write(index, "\n", 1);
	}
	if (in_focus() == index) {
		set_focus(find_next(index));
	}
	spinlock_drop(&console_lock);
}

/* ---- Register calls ------------------------------------------------------------------ */

enum pv_status console_write(struct vcpu *caller, uint64_t *x)
{
	char text[PV_CONSOLE_BYTES];
	uint64_t bytes = x[1];

	if (bytes == 0 || bytes > PV_CONSOLE_BYTES) {
		return PV_BAD_ARGUMENT;
	}
	if (!caller->partition->config->has_console) {
		return PV_NOT_ALLOWED;
	}
	for (size_t i = 0; i < bytes; i++) {
		text[i] = (char)(x[2 + i / 8] >> i % 8 * 8);
	}
	x[1] = console_put(caller, text, bytes);
	poll(caller->partition->config);
	return x[1] == 0 ? PV_BUSY : PV_OK;
}

enum pv_status console_read(struct vcpu *caller, uint64_t *x)
{
	uint64_t most = x[1];
	uint64_t n = 0;

	if (most == 0 || most > PV_CONSOLE_BYTES) {
		return PV_BAD_ARGUMENT;
	}
	if (!caller->partition->config->has_console) {
		return PV_NOT_ALLOWED;
	}
	for (size_t i = 2; i <= 7; i++) {
		x[i] = 0;
	}
	for (; n < most; n++) {
		int c = console_get(caller);

		if (c < 0) {
			break;
		}
		x[2 + n / 8] |= (uint64_t)(unsigned)c << n % 8 * 8;
	}
	x[1] = n;
	return PV_OK;
}
