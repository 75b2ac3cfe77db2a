/* SPDX-License-Identifier: Apache-2.0 */
#include "core/terminal.h"

#include "arch/cpu.h"
#include "arch/uart.h"
#include "hyp/compiler.h"

#define OWN_NAME     "paravent"
#define OPEN_BYTES   128u /* of an open line, kept to draw it again */
#define PUMP_LIMIT   256u /* characters in one call: the bound of this path */
#define IDLE_MS      20u  /* an open line silent for so long may be interrupted */
#define LINE_LIMIT   TERMINAL_RING_BYTES /* a longer line may be interrupted */
#define NO_SOURCE    UINT32_MAX

struct ring {
	char     text[TERMINAL_RING_BYTES];
	uint32_t put, taken;   /* free running */
	uint32_t n_lines;      /* newlines inside */
};

/* What the pump is in the middle of. */
static struct {
	uint32_t source;       /* whose line is on the terminal; NO_SOURCE: at the left margin */
	const char *pending;   /* goes out before anything else */
	char     prefix[40];
	char     open[OPEN_BYTES + 1]; /* the focused source's open line, as shown */
	uint32_t n_open;
	bool     redraw;       /* `open` follows the prefix */
	uint64_t last_output;  /* of the focused source */
	uint32_t focus;
	uint32_t next;         /* round robin */
	uint32_t n_shown;      /* characters of the current line */
} line = { .source = NO_SOURCE, .pending = "", .focus = NO_SOURCE };

/* Zeroes of the image itself: the largest array of all need not be cleared at boot. */
static struct ring rings[MAX_PARTITIONS + 1] SECTION(".stacks");
struct spinlock console_lock;

static uint32_t n_sources(void)
{
	return system_config.n_partitions + 1;
}

size_t terminal_room(uint32_t source)
{
	return TERMINAL_RING_BYTES - (rings[source].put - rings[source].taken);
}

bool terminal_has_open_line(uint32_t source)
{
	const struct ring *ring = &rings[source];

	return ring->put != 0 && ring->text[(ring->put - 1) % TERMINAL_RING_BYTES] != '\n';
}

size_t terminal_write(uint32_t source, const char *text, size_t bytes)
{
	struct ring *ring = &rings[source];
	size_t room = terminal_room(source);
	size_t taken = bytes < room ? bytes : room;

	for (size_t i = 0; i < taken; i++) {
		ring->text[ring->put++ % TERMINAL_RING_BYTES] = text[i];
		ring->n_lines += text[i] == '\n';
	}
	return taken;
}

void terminal_set_focus(uint32_t source)
{
	line.focus = source;
	line.n_open = 0;
}

/*
 * Nothing to show for now. A carriage return is looked at together with what
 * follows it: before a newline it is ours to send.
 */
static bool is_drained(const struct ring *ring)
{
	uint32_t used = ring->put - ring->taken;

	return used == 0 || (used == 1 && ring->text[ring->taken % TERMINAL_RING_BYTES] == '\r');
}

/* A line that can be shown whole, or that cannot grow any more. */
static bool is_ready(uint32_t source) NEEDS_LOCK(console_lock)
{
	return rings[source].n_lines != 0 || terminal_room(source) == 0;
}

static uint32_t find_ready(void) NEEDS_LOCK(console_lock)
{
	for (uint32_t i = 0; i < n_sources(); i++) {
		uint32_t source = (line.next + i) % n_sources();

		if (is_ready(source)) {
			return source;
		}
	}
	return NO_SOURCE;
}

/* Begin a line: the name, and what has been shown of the line before it was interrupted. */
static void begin_line(uint32_t source)
{
	const char *name = source < system_config.n_partitions
				   ? system_config.partitions[source].name : OWN_NAME;
	size_t used = 0;

	for (; name[used] != '\0' && used < sizeof(line.prefix) - 4; used++) {
		line.prefix[used] = name[used];
	}
	while (used < system_config.name_columns && used < sizeof(line.prefix) - 4) {
		line.prefix[used++] = ' ';
	}
	line.prefix[used++] = '|';
	line.prefix[used++] = ' ';
	line.prefix[used] = '\0';
	line.source = source;
	line.next = source + 1;
	line.n_shown = 0;
	line.pending = line.prefix;
	line.redraw = source == line.focus && line.n_open != 0;
}

/* What to do next when nothing is pending; false: nothing, for now. */
static bool choose(void) NEEDS_LOCK(console_lock)
{
	bool open = line.source != NO_SOURCE;
	bool is_empty = !open || is_drained(&rings[line.source]);
	uint32_t ready;

	if (!is_empty && line.n_shown < LINE_LIMIT) {
		return true;
	}
	if (open && is_empty) {
		/* The focused source's open line: keep it whole while it is still being written. */
		uint64_t idle = time_frequency_hz() / 1000 * IDLE_MS;

		if (time_now() - line.last_output < idle) {
			return false;
		}
	}
	ready = find_ready();
	if (ready == NO_SOURCE && !is_empty) {
		line.n_shown = 0; /* an endless line, but nobody else has anything to say */
		return true;
	}
	if (ready == NO_SOURCE && !open && line.focus != NO_SOURCE &&
	    (line.n_open != 0 || !is_drained(&rings[line.focus]))) {
		ready = line.focus;
	}
	if (ready == NO_SOURCE) {
		return false;
	}
	if (open) {
		line.source = NO_SOURCE;
		line.pending = "\r\n";
		line.next = ready;
		return true;
	}
	begin_line(ready);
	return true;
}

/* Keep what the focused source's open line looks like. */
static void note_open(char c)
{
	line.last_output = time_now();
	if (c == '\n' || c == '\r') {
		line.n_open = 0;
	} else if (c == '\b') {
		line.n_open -= line.n_open != 0;
	} else if (line.n_open < OPEN_BYTES) {
		line.open[line.n_open++] = c;
	}
}

/* A return that nothing would see: before a newline, or in a line nobody types in. */
static bool is_superfluous(const struct ring *ring, char c)
{
	return c == '\r' && (line.source != line.focus ||
			     ring->text[(ring->taken + 1) % TERMINAL_RING_BYTES] == '\n');
}

/* One character out of the current source's ring. false: the UART is full. */
static bool send_from_ring(void)
{
	struct ring *ring = &rings[line.source];
	char c = ring->text[ring->taken % TERMINAL_RING_BYTES];
	bool is_focus = line.source == line.focus;

	if (is_superfluous(ring, c)) {
		ring->taken++;
		return true;
	}
	if (c == '\n') {
		line.pending = "\r\n";
		line.source = NO_SOURCE;
		ring->n_lines--;
	} else if (!uart_put(c)) {
		return false;
	}
	if (is_focus) {
		note_open(c);
	}
	ring->taken++;
	line.n_shown++;
	return true;
}

static bool send_pending(void)
{
	if (!uart_put(*line.pending)) {
		return false;
	}
	line.pending++;
	if (*line.pending == '\0' && line.redraw) {
		line.open[line.n_open] = '\0';
		line.pending = line.open;
		line.redraw = false;
	} else if (*line.pending == '\0') {
		line.pending = ""; /* not a place in `open`, which goes on growing */
	}
	return true;
}

static bool is_idle(void) NEEDS_LOCK(console_lock)
{
	return *line.pending == '\0' && find_ready() == NO_SOURCE;
}

bool terminal_pump(void)
{
	for (uint32_t i = 0; i < PUMP_LIMIT; i++) {
		if (*line.pending != '\0') {
			if (!send_pending()) {
				return false;
			}
		} else if (!choose()) {
			break;
		} else if (*line.pending == '\0' && !send_from_ring()) {
			return false;
		}
	}
	return is_idle();
}
