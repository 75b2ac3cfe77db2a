/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A console: on a pseudo terminal, or on standard input and output.
 * VIRTIO 1.2 "Console Device".
 *
 * A pseudo terminal that nobody has open swallows the output, as an unplugged
 * cable does: drivers stand still until it is taken. One that is open and not
 * read holds it back.
 */
#define _GNU_SOURCE /* ptsname() */
#include "linux-guest/pvserve/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <termios.h>
#include <unistd.h>

#define INPUT_QUEUE  0
#define OUTPUT_QUEUE 1
#define TURN_BYTES   512u /* what a pipe takes at once that poll() says takes something */

enum { FD_INPUT, FD_OUTPUT, FD_OPENED };

static struct {
	int  input, output;
	bool is_terminal;
	bool is_open;   /* somebody has the terminal open */
	bool has_input; /* or has left something there */
	struct pv_virtqueue_chain from_driver, to_driver;
	bool     has_from, has_to; /* popped, not given back */
	uint32_t n_sent; /* bytes of from_driver */
} console;

/* ---- The terminal --------------------------------------------------------------------------- */

/* A program's end of the terminal stands at a name of its own. */
static bool link_terminal(struct service *service, const char *link)
{
	const char *path = ptsname(console.input);

	if (path == NULL || (unlink(link) != 0 && errno != ENOENT) || symlink(path, link) != 0) {
		return device_say(&service->device, "%s: %s", link, strerror(errno));
	}
	return true;
}

/* Opened once, it is known as closed from then on; its bytes go through as they are. */
static bool prepare_terminal(const char *path)
{
	struct termios settings;
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &settings) != 0) {
		return false;
	}
	cfmakeraw(&settings);
	return tcsetattr(fd, TCSANOW, &settings) == 0 && close(fd) == 0;
}

static bool open_terminal(struct service *service, const char *link)
{
	const char *path;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	int opened = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (master < 0 || opened < 0 || grantpt(master) != 0 || unlockpt(master) != 0 ||
	    (path = ptsname(master)) == NULL || !prepare_terminal(path) ||
	    inotify_add_watch(opened, path, IN_OPEN) < 0) {
		return device_say(&service->device, "no pseudo terminal: %s", strerror(errno));
	}
	console.input = console.output = master;
	console.is_terminal = true;
	service->fds[FD_OPENED] = (struct pollfd){ .fd = opened, .events = POLLIN };
	return link_terminal(service, link);
}

static bool open_console(struct service *service, char *const *arguments)
{
	console.input = STDIN_FILENO;
	console.output = STDOUT_FILENO;
	console.is_open = true;
	if (arguments[0] != NULL && !open_terminal(service, arguments[0])) {
		return false;
	}
	device_say(&service->device, "console of %s is on %s", service->device.about.frontend,
		   arguments[0] != NULL ? arguments[0] : "standard input and output");
	return true;
}

/* ---- Bytes ------------------------------------------------------------------------------------ */

static bool start_console(struct service *service)
{
	(void)service;
	console.has_from = console.has_to = false;
	return true;
}

/* A terminal that was closed is not polled: it would be ready all the time. */
static void look_at_terminal(struct service *service)
{
	struct pollfd fd = { .fd = console.input, .events = POLLIN };
	char events[4096];

	if (console.is_terminal) {
		while (read(service->fds[FD_OPENED].fd, events, sizeof(events)) > 0) {
		}
		(void)poll(&fd, 1, 0);
		console.is_open = (fd.revents & POLLHUP) == 0;
		console.has_input = (fd.revents & POLLIN) != 0;
	}
}

static bool can_write(void)
{
	struct pollfd fd = { .fd = console.output, .events = POLLOUT };

	return poll(&fd, 1, 0) > 0 && (fd.revents & POLLOUT) != 0;
}

/* False: no more goes out just now. */
static bool write_some(void)
{
	const struct pv_virtqueue_chain *chain = &console.from_driver;
	uint32_t bytes = TURN_BYTES;
	const unsigned char *text = pv_virtqueue_chain_at(chain, false, console.n_sent, &bytes);
	ssize_t n;

	if (!console.is_open || text == NULL) {
		console.n_sent = chain->readable_bytes;
		return true;
	}
	n = can_write() ? write(console.output, text, bytes) : -1;
	if (n > 0) {
		console.n_sent += (uint32_t)n;
	}
	return n > 0;
}

static void serve_output(struct service *service)
{
	struct pv_virtqueue_device *queue = &service->queues[OUTPUT_QUEUE];

	for (;;) {
		if (!console.has_from) {
			console.has_from = pv_virtqueue_pop(queue, &console.from_driver) == PV_OK;
			console.n_sent = 0;
		}
		if (!console.has_from) {
			service->waits_for |= 1u << OUTPUT_QUEUE;
			return;
		}
		while (console.n_sent < console.from_driver.readable_bytes) {
			if (!write_some()) {
				service->fds[FD_OUTPUT] = (struct pollfd){ .fd = console.output, .events = POLLOUT };
				return;
			}
		}
		(void)pv_virtqueue_push(queue, &console.from_driver, 0);
		console.has_from = false;
	}
}

/* Input is waited for while there is a buffer that can take it. */
static void serve_input(struct service *service)
{
	struct pv_virtqueue_device *queue = &service->queues[INPUT_QUEUE];
	unsigned char text[TURN_BYTES];

	if (!console.has_to) {
		console.has_to = pv_virtqueue_pop(queue, &console.to_driver) == PV_OK;
	}
	if (!console.has_to) {
		service->waits_for |= 1u << INPUT_QUEUE;
		return;
	}
	if ((service->fds[FD_INPUT].revents & (POLLIN | POLLHUP)) != 0) {
		uint32_t room = console.to_driver.writable_bytes;
		ssize_t n = read(console.input, text, room < TURN_BYTES ? room : TURN_BYTES);

		if (n > 0) {
			(void)pv_virtqueue_chain_write(&console.to_driver, 0, text, (uint32_t)n);
			(void)pv_virtqueue_push(queue, &console.to_driver, (uint32_t)n);
			console.has_to = pv_virtqueue_pop(queue, &console.to_driver) == PV_OK;
		} else if (n == 0) {
			console.input = -1; /* the end of standard input */
		}
	}
	if (!console.has_to) {
		service->waits_for |= 1u << INPUT_QUEUE;
	} else if (console.is_open || console.has_input) {
		service->fds[FD_INPUT] = (struct pollfd){ .fd = console.input, .events = POLLIN };
	}
}

static bool serve_console(struct service *service)
{
	short input = service->fds[FD_INPUT].revents;

	service->fds[FD_INPUT] = (struct pollfd){ .fd = -1, .revents = input };
	service->fds[FD_OUTPUT] = (struct pollfd){ .fd = -1 };
	service->waits_for = 0;
	look_at_terminal(service);
	serve_output(service);
	serve_input(service);
	return true;
}

const struct service_kind console_kind = {
	.name = "console",
	.arguments = "[LINK-TO-TERMINAL]",
	.n_arguments_max = 1,
	.device = PV_VIRTIO_CONSOLE,
	.open = open_console,
	.start = start_console,
	.serve = serve_console,
};
