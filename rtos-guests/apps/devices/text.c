/* SPDX-License-Identifier: Apache-2.0 */
/* Two consoles: a log, whose lines come out here, and a clock that is asked by a line. */
#include "rtos-guests/apps/devices/service.h"

#include "pv/console.h"
#include "pv/rtc.h"
#include "pv/virtio_console.h"

#define LINE_BYTES 96u /* longer ones come out in pieces */

static uint32_t only_output(void)
{
	return PV_CONSOLE_OUTPUT;
}

/* ---- Log -------------------------------------------------------------------------- */

static struct pv_console_server log;
static char line[LINE_BYTES + 1];
static uint32_t n_line;

/* What another partition writes: printable characters only. */
static void write_log(void *context, const char *text, uint32_t bytes)
{
	(void)context;
	for (uint32_t i = 0; i < bytes; i++) {
		bool is_end = text[i] == '\n';

		if (!is_end && text[i] != '\r') {
			line[n_line++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
		}
		if (is_end || n_line == LINE_BYTES) {
			line[n_line] = '\0';
			pv_printf("log: %s\n", line);
			n_line = 0;
		}
	}
}

static void forget_line(void)
{
	n_line = 0;
}

static const char *open_log(void)
{
	pv_console_server_open(&log, write_log, NULL);
	return NULL;
}

/* One piece a turn: if it is all line ends, they are some 900 characters on this console. */
static enum pv_status serve_log(uint32_t *n)
{
	return pv_console_server_serve(&log, 1, n);
}

struct service log_service = {
	.name = "log",
	.device = PV_VIRTIO_CONSOLE,
	.open = open_log,
	.queues = log.queues,
	.n_queues = PV_CONSOLE_N_QUEUES,
	.serve = serve_log,
	.forget = forget_line,
	.waits_for = only_output,
};

/* ---- Clock ------------------------------------------------------------------------ */

static struct pv_console_server clock;
static struct pv_rtc rtc;
static bool is_asked;

static void note_question(void *context, const char *text, uint32_t bytes)
{
	(void)context;
	for (uint32_t i = 0; i < bytes; i++) {
		is_asked = is_asked || text[i] == '\n';
	}
}

static void forget_question(void)
{
	is_asked = false;
}

static const char *open_clock(void)
{
	if (!pv_rtc_open(&rtc)) {
		return "the partition has no clock";
	}
	pv_console_server_open(&clock, note_question, NULL);
	return NULL;
}

static enum pv_status serve_clock(uint32_t *n)
{
	enum pv_status status = pv_console_server_serve(&clock, SERVICE_LIMIT, n);
	struct pv_rtc_date date = pv_rtc_date_of(pv_rtc_seconds(&rtc));
	char text[32];
	uint32_t taken;

	if (status != PV_OK || !is_asked) {
		return status;
	}

	int bytes = pv_snprintf(text, sizeof(text), "%04u-%02u-%02u %02u:%02u:%02u\n", date.year,
				date.month, date.day, date.hour, date.minute, date.second);

	/* Whole or not at all: a driver's buffers hold more than this line. */
	status = pv_console_server_put(&clock, text, (uint32_t)bytes, &taken);
	if (taken != 0) {
		is_asked = false;
		(*n)++;
	}
	return status;
}

static uint32_t clock_waits_for(void)
{
	return is_asked ? PV_CONSOLE_OUTPUT | PV_CONSOLE_INPUT : PV_CONSOLE_OUTPUT;
}

struct service clock_service = {
	.name = "clock",
	.device = PV_VIRTIO_CONSOLE,
	.open = open_clock,
	.queues = clock.queues,
	.n_queues = PV_CONSOLE_N_QUEUES,
	.serve = serve_clock,
	.forget = forget_question,
	.waits_for = clock_waits_for,
};
