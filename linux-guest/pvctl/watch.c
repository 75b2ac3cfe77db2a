/* SPDX-License-Identifier: Apache-2.0 */
/* pvctl watch: a port, live. On a terminal the picture stays in place; else one line a look. */
#include "linux-guest/pvctl/commands.h"
#include "linux-guest/pvctl/text.h"

#include "abi/hypercall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define DUMP_LINES   8u
#define WINDOW_BYTES (DUMP_LINES * 16u)

struct look {
	const struct request *request;
	struct paravent_port  port;
	int                   fd;
	const unsigned char  *window;  /* window ports */
	unsigned char        *bytes;   /* room for one message */
	bool                  is_terminal;
	unsigned              n_lines; /* of the last picture */
	__u64                 last;    /* sampling: number seen before */
};

static volatile sig_atomic_t is_interrupted;

static void interrupt(int signal_number)
{
	(void)signal_number;
	is_interrupted = 1;
}

static void print_counters(const struct paravent_port *port)
{
	printf("sent %llu  received %llu  dropped %llu  refused %llu  rung %llu  interrupts %llu",
	       (unsigned long long)port->sent, (unsigned long long)port->received,
	       (unsigned long long)port->dropped, (unsigned long long)port->refused,
	       (unsigned long long)port->doorbells, (unsigned long long)port->interrupts);
}

/* The first line: the port and what is known of its value. */
static void print_head(const struct look *look, const struct paravent_message *message, int error)
{
	char age[32];

	printf("%s  %s %s  %s is %s  ", look->port.name, kind_name(look->port.kind),
	       direction_name(look->port.direction), look->port.peers,
	       state_name(look->port.peer_state));
	if (message == NULL) {
		print_counters(&look->port);
	} else if (error != 0) {
		printf("%s", error == ENODATA ? "nothing written yet" : strerror(error));
	} else {
		printf("#%llu (+%llu)  %s old%s", (unsigned long long)message->number,
		       (unsigned long long)(message->number - look->last),
		       text_of_time(message->age_ns, age, sizeof(age)),
		       message->valid ? "" : "  NOT VALID");
	}
}

static void print_body(struct look *look, const unsigned char *bytes, size_t n_bytes)
{
	if (!look->is_terminal) {
		if (n_bytes > 0) {
			fputs("  ", stdout);
			text_print(stdout, bytes, n_bytes, look->request->is_hex);
		}
		putchar('\n');
		return;
	}
	fputs("\033[K\n", stdout);
	look->n_lines = 1;
	if (!look->request->is_hex && text_is_printable(bytes, n_bytes)) {
		fputs("  \"", stdout);
		text_print(stdout, bytes, n_bytes, false);
		fputs("\"\033[K\n", stdout);
		look->n_lines++;
	} else {
		look->n_lines += text_dump(stdout, bytes, n_bytes, DUMP_LINES);
	}
	fputs("\033[J", stdout);
}

static bool look_once(struct look *look)
{
	struct paravent_message message = {
		.text = (__u64)(uintptr_t)look->bytes,
		.size = look->port.message_bytes,
		.flags = PARAVENT_DONTWAIT,
	};
	bool is_value = look->port.kind == PV_PORT_SAMPLING &&
			look->port.direction == PV_PORT_DESTINATION;
	int error = 0;

	if (!port_describe(look->fd, look->port.name, &look->port)) {
		return false;
	}
	if (is_value && ioctl(look->fd, PARAVENT_RECEIVE, &message) != 0) {
		error = errno;
	}
	if (look->is_terminal && look->n_lines > 0) {
		printf("\033[%uA\r", look->n_lines);
	}
	print_head(look, is_value ? &message : NULL, error);
	if (is_value) {
		print_body(look, look->bytes, error == 0 ? message.bytes : 0);
		look->last = error == 0 ? message.number : look->last;
	} else if (look->window != NULL) {
		print_body(look, look->window,
			   look->port.window_bytes < WINDOW_BYTES ? look->port.window_bytes
								  : WINDOW_BYTES);
	} else {
		print_body(look, look->bytes, 0);
	}
	fflush(stdout);
	return true;
}

enum exit_code watch_port(const struct request *request)
{
	struct look look = {
		.request = request,
		.fd = port_open(request->subject, O_RDONLY),
		.is_terminal = isatty(STDOUT_FILENO) == 1,
	};

	if (look.fd < 0 || !port_describe(look.fd, request->subject, &look.port)) {
		return EXIT_FAILED;
	}
	if (look.port.kind == PV_PORT_WINDOW) {
		void *window = mmap(NULL, look.port.window_bytes, PROT_READ, MAP_SHARED, look.fd, 0);

		if (window == MAP_FAILED) {
			return complain("port \"%s\": its window cannot be mapped: %s",
					look.port.name, strerror(errno));
		}
		look.window = window;
	}
	look.bytes = malloc((size_t)look.port.message_bytes + 1);
	if (look.bytes == NULL) {
		return complain("out of memory");
	}
	/* ctrl-c ends the watching, not in the middle of a line. */
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = interrupt }, NULL);
	for (unsigned long i = 0; !is_interrupted && (i < request->count || request->count == 0); i++) {
		if (i > 0) {
			poll(NULL, 0, (int)request->interval_ms);
		}
		if (!is_interrupted && !look_once(&look)) {
			return EXIT_FAILED;
		}
	}
	free(look.bytes);
	return EXIT_DONE;
}
