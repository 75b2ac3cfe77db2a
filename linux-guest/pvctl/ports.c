/* SPDX-License-Identifier: Apache-2.0 */
/* pvctl list, info PORT, send, recv, ring. */
#include "linux-guest/pvctl/commands.h"
#include "linux-guest/pvctl/text.h"

#include "abi/hypercall.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- list, info ------------------------------------------------------------------ */

static void print_size(__u64 value)
{
	if (value == 0) {
		printf("%8s", "-");
	} else {
		printf("%8llu", (unsigned long long)value);
	}
}

enum exit_code list_ports(void)
{
	char **names = port_names();
	enum exit_code result = EXIT_DONE;

	if (names == NULL) {
		return EXIT_FAILED;
	}
	printf("%-16s %-9s %-12s%8s%8s  %-20s %-9s %9s %9s\n", "PORT", "KIND", "DIRECTION", "BYTES",
	       "DEPTH", "PEERS", "PEER IS", "SENT", "RECEIVED");
	for (size_t i = 0; names[i] != NULL; i++) {
		struct paravent_port port;
		int fd = port_open(names[i], O_RDONLY);

		if (fd < 0 || !port_describe(fd, names[i], &port)) {
			result = EXIT_FAILED;
			continue;
		}
		close(fd);
		printf("%-16s %-9s %-12s", port.name, kind_name(port.kind),
		       port.kind == PV_PORT_WINDOW ? port.read_only ? "read-only" : "read-write"
						   : direction_name(port.direction));
		print_size(port.kind == PV_PORT_WINDOW ? port.window_bytes : port.message_bytes);
		print_size(port.depth);
		printf("  %-20s %-9s %9llu %9llu\n", port.peers, state_name(port.peer_state),
		       (unsigned long long)port.sent, (unsigned long long)port.received);
	}
	return result;
}

static void print_count(const char *what, __u64 value)
{
	printf("  %-12s %llu\n", what, (unsigned long long)value);
}

enum exit_code show_port(const struct request *request)
{
	struct paravent_port port;
	int fd = port_open(request->subject, O_RDONLY);

	if (fd < 0 || !port_describe(fd, request->subject, &port)) {
		return EXIT_FAILED;
	}
	close(fd);
	printf("%s\n", port.name);
	printf("  %-12s %s\n", "kind", kind_name(port.kind));
	printf("  %-12s %s\n", "direction", direction_name(port.direction));
	printf("  %-12s %s, %s\n", "peers", port.peers, state_name(port.peer_state));
	if (port.kind == PV_PORT_WINDOW) {
		printf("  %-12s %llu bytes, %s\n", "window", (unsigned long long)port.window_bytes,
		       port.read_only ? "read-only" : "read-write");
	} else {
		printf("  %-12s %u bytes at most\n", "message", port.message_bytes);
	}
	if (port.depth != 0) {
		printf("  %-12s %u messages\n", "depth", port.depth);
	}
	if (port.kind == PV_PORT_SAMPLING && port.refresh_us != 0) {
		printf("  %-12s valid for %llu us\n", "refresh", (unsigned long long)port.refresh_us);
	}
	printf("  %-12s %u to ring, %s\n", "doorbells", port.n_doorbells,
	       port.has_interrupt ? "peers can wake us" : "peers cannot wake us");
	print_count("sent", port.sent);
	print_count("received", port.received);
	print_count("dropped", port.dropped);
	print_count("refused", port.refused);
	print_count("rung", port.doorbells);
	print_count("interrupts", port.interrupts);
	return EXIT_DONE;
}

/* ---- send -------------------------------------------------------------------------- */

/* All of a file, at most size bytes; -1 after a message. */
static long read_file(const char *file, unsigned char *bytes, size_t size)
{
	bool is_stdin = file == NULL || strcmp(file, "-") == 0;
	FILE *in = is_stdin ? stdin : fopen(file, "rb");
	size_t n;

	if (in == NULL) {
		complain("%s: %s", file, strerror(errno));
		return -1;
	}
	n = fread(bytes, 1, size, in);
	if (ferror(in)) {
		complain("%s: %s", is_stdin ? "standard input" : file, strerror(errno));
		return -1;
	}
	if (!is_stdin) {
		fclose(in);
	}
	return (long)n;
}

/* The message in bytes, which have room for one more than the port allows; -1 after a message. */
static long read_message(const struct request *request, unsigned char *bytes, size_t room)
{
	size_t length;

	if (request->text == NULL) {
		return read_file(request->file, bytes, room);
	}
	if (request->is_hex) {
		long n = text_from_hex(request->text, bytes, room);

		if (n < 0) {
			complain("\"%s\" is not hexadecimal, or has more than %zu bytes",
				 request->text, room - 1);
		}
		return n;
	}
	length = strlen(request->text);
	memcpy(bytes, request->text, length < room ? length : room);
	return (long)(length < room ? length : room);
}

static enum exit_code explain_failure(const struct paravent_port *port, const char *doing)
{
	switch (errno) {
	case EPERM:
		return complain("port \"%s\" is a %s %s: %s is for the other end", port->name,
				kind_name(port->kind), direction_name(port->direction), doing);
	case EBADMSG:
		return complain("port \"%s\": what %s left there makes no sense", port->name,
				port->peers);
	case ENODATA:
		complain("port \"%s\": %s has not written anything yet", port->name, port->peers);
		return EXIT_NOTHING;
	case EBUSY:
		complain("port \"%s\": %s writes faster than it can be read; try again", port->name,
			 port->peers);
		return EXIT_NOTHING;
	default:
		return complain("port \"%s\": %s failed: %s", port->name, doing, strerror(errno));
	}
}

/* Wait for a port to be ready. false: the time is up. */
static bool wait_ready(int fd, short events, int timeout_ms)
{
	struct pollfd port = { .fd = fd, .events = events };
	int n;

	do {
		n = poll(&port, 1, timeout_ms);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

static enum exit_code send_one(int fd, const struct paravent_port *port, const unsigned char *bytes,
			       size_t n_bytes, int timeout_ms)
{
	while (write(fd, bytes, n_bytes) < 0) {
		if (errno != EAGAIN) {
			return explain_failure(port, "sending");
		}
		/* EL2's message queues tell no one when there is room: look again, every millisecond. */
		bool is_queue = port->kind == PV_PORT_QUEUING;
		int patience = is_queue ? timeout_ms : 1;

		if (timeout_ms == 0 || (is_queue && !wait_ready(fd, POLLOUT, timeout_ms))) {
			complain("port \"%s\" is full, %s is %s", port->name, port->peers,
				 state_name(port->peer_state));
			return EXIT_NOTHING;
		}
		if (!is_queue) {
			poll(NULL, 0, patience);
			timeout_ms -= timeout_ms > 0 ? 1 : 0;
		}
	}
	return EXIT_DONE;
}

enum exit_code send_messages(const struct request *request)
{
	struct paravent_port port;
	int fd = port_open(request->subject, O_WRONLY | O_NONBLOCK);
	enum exit_code result = EXIT_DONE;
	unsigned char *bytes;
	long n_bytes;

	if (fd < 0 || !port_describe(fd, request->subject, &port)) {
		return EXIT_FAILED;
	}
	bytes = malloc((size_t)port.message_bytes + 1);
	if (bytes == NULL) {
		return complain("out of memory");
	}
	n_bytes = read_message(request, bytes, (size_t)port.message_bytes + 1);
	if (n_bytes > (long)port.message_bytes && port.message_bytes != 0) {
		result = complain("the message is too long: port \"%s\" carries at most %u bytes",
				  port.name, port.message_bytes);
	} else if (n_bytes < 0) {
		result = EXIT_FAILED;
	}
	for (unsigned long i = 0; result == EXIT_DONE && (i < request->count || request->count == 0);
	     i++) {
		result = send_one(fd, &port, bytes, (size_t)n_bytes, request->timeout_ms);
	}
	free(bytes);
	close(fd);
	return result;
}

/* ---- recv -------------------------------------------------------------------------- */

/* "from motion: "; its number where the device tree has no names. */
static void print_sender(__u32 id)
{
	struct paravent_partition sender;
	int fd = control_open();

	if (fd >= 0 && partition_describe(fd, id, &sender)) {
		printf("from %s: ", sender.name);
	} else {
		printf("from partition %u: ", id);
	}
	if (fd >= 0) {
		close(fd);
	}
}

static void print_message(const struct request *request, const struct paravent_port *port,
			  const struct paravent_message *message, const unsigned char *bytes)
{
	char age[32];

	if (request->is_raw) {
		fwrite(bytes, 1, message->bytes, stdout);
		fflush(stdout);
		return;
	}
	if (request->is_verbose && port->kind == PV_PORT_MESSAGE) {
		print_sender(message->sender);
	} else if (request->is_verbose) {
		printf("#%llu, %s old%s, %u bytes: ", (unsigned long long)message->number,
		       text_of_time(message->age_ns, age, sizeof(age)),
		       message->valid ? "" : ", NOT VALID", message->bytes);
	}
	text_print(stdout, bytes, message->bytes, request->is_hex);
	putchar('\n');
	fflush(stdout);
}

/*
 * Wait for a message, of a sampling port for one newer than the last. Without a
 * doorbell nobody wakes us for it: look again, every millisecond.
 */
static bool wait_message(int fd, const struct paravent_port *port, int timeout_ms)
{
	if (port->kind != PV_PORT_SAMPLING || port->has_interrupt) {
		return wait_ready(fd, POLLIN, timeout_ms);
	}
	for (int waited = 0; timeout_ms == WAIT_FOREVER || waited <= timeout_ms; waited++) {
		if (wait_ready(fd, POLLIN, 1)) {
			return true;
		}
	}
	return false;
}

static enum exit_code explain_nothing(const struct paravent_port *port)
{
	complain("nothing came from %s through port \"%s\"", port->peers, port->name);
	return EXIT_NOTHING;
}

static enum exit_code receive_one(int fd, const struct request *request,
				  const struct paravent_port *port, unsigned char *bytes)
{
	struct paravent_message message = {
		.text = (__u64)(uintptr_t)bytes,
		.size = port->message_bytes,
		.flags = PARAVENT_DONTWAIT,
	};

	while (ioctl(fd, PARAVENT_RECEIVE, &message) != 0) {
		if (errno != EAGAIN) {
			return explain_failure(port, "receiving");
		}
		if (!wait_message(fd, port, request->timeout_ms)) {
			return explain_nothing(port);
		}
	}
	print_message(request, port, &message, bytes);
	return EXIT_DONE;
}

enum exit_code receive_messages(const struct request *request)
{
	struct paravent_port port;
	int fd = port_open(request->subject, O_RDONLY);
	enum exit_code result = EXIT_DONE;
	unsigned char *bytes;

	if (fd < 0 || !port_describe(fd, request->subject, &port)) {
		return EXIT_FAILED;
	}
	if (port.kind == PV_PORT_WINDOW) {
		return complain("port \"%s\" is a window: it carries no messages; pvctl watch %s "
				"shows it", port.name, port.name);
	}
	bytes = malloc((size_t)port.message_bytes + 1);
	if (bytes == NULL) {
		return complain("out of memory");
	}
	for (unsigned long i = 0; result == EXIT_DONE && (i < request->count || request->count == 0);
	     i++) {
		/* The first value of a sampling port may be an old one, the next ones are new. */
		if (i > 0 && !wait_message(fd, &port, request->timeout_ms)) {
			result = explain_nothing(&port);
			break;
		}
		result = receive_one(fd, request, &port, bytes);
	}
	free(bytes);
	close(fd);
	return result;
}

/* ---- ring -------------------------------------------------------------------------- */

enum exit_code ring_doorbell(const struct request *request)
{
	struct paravent_port port;
	int fd = port_open(request->subject, O_RDONLY);

	if (fd < 0 || !port_describe(fd, request->subject, &port)) {
		return EXIT_FAILED;
	}
	if (request->doorbell >= port.n_doorbells) {
		return complain("port \"%s\" has %u doorbells, counted from 0", port.name,
				port.n_doorbells);
	}
	if (ioctl(fd, PARAVENT_RING, (unsigned long)request->doorbell) != 0) {
		return explain_failure(&port, "ringing");
	}
	close(fd);
	return EXIT_DONE;
}
