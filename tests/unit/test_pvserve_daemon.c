/* links: linux-guest/pvserve/daemon.c */
/* flags: -std=gnu11 */
/* SPDX-License-Identifier: Apache-2.0 */
/* The socket of pvserve's daemon, with sleep in the daemon's place: it is for pvserve alone, and ends with it. */
#define _GNU_SOURCE /* accept4() */
#include "linux-guest/pvserve/daemon.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

static void test_nobody_else_connects(void **state)
{
	struct daemon daemon = { .life = -1 };
	struct sockaddr_un address = { 0 };
	socklen_t length = sizeof(address);
	int ours = daemon_connect(&daemon);
	int other = socket(AF_UNIX, SOCK_STREAM, 0);
	int accepted;
	char byte;

	(void)state;
	assert_true(ours >= 0 && other >= 0);
	assert_int_equal(getsockname(daemon.listener, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(connect(other, (struct sockaddr *)&address, length), -1);
	assert_int_not_equal(address.sun_path[0], '\0');
	*strrchr(address.sun_path, '/') = '\0';
	assert_int_equal(access(address.sun_path, F_OK), -1);
	accepted = accept4(daemon.listener, NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(write(ours, "x", 1), 1);
	assert_int_equal(read(accepted, &byte, 1), 1);
	close(accepted);
	close(other);
	close(ours);
	close(daemon.listener);
}

static void test_lives(void **state)
{
	char *arguments[] = { "sleep", "1000", NULL };
	struct daemon daemon = { .life = -1 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct pollfd fd = { .fd = daemon_connect(&daemon), .events = POLLIN };

		assert_true(fd.fd >= 0);
		assert_true(daemon_start(&daemon, arguments));
		assert_int_equal(daemon.listener, -1);
		daemon_stop(&daemon);
		/* The daemon had the socket's only other end. */
		assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
		close(fd.fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_else_connects),
		cmocka_unit_test(test_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
