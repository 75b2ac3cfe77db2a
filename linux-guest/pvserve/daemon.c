/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* pidfd_open() */
#include "linux-guest/pvserve/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_CANNOT_RUN 127

/* Bound and connected to while nobody else could reach it; then it has no name any more. */
static int connect_in(struct daemon *daemon, const char *folder)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = errno;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
	daemon->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd >= 0 && (daemon->listener < 0 ||
			bind(daemon->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
			listen(daemon->listener, 1) != 0 ||
			connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)) {
		error = errno;
		close(fd);
		fd = -1;
	}
	(void)unlink(address.sun_path);
	errno = error;
	return fd;
}

int daemon_connect(struct daemon *daemon)
{
	char folder[] = "/tmp/pvserve-XXXXXX";
	int fd = mkdtemp(folder) == NULL ? -1 : connect_in(daemon, folder);
	int error = errno;

	(void)rmdir(folder);
	errno = error;
	return fd;
}

static _Noreturn void become(pid_t parent, char *const *arguments)
{
	/* Nobody else would end it, and it holds the window. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent) {
		execvp(arguments[0], arguments);
		fprintf(stderr, "pvserve: %s: %s\n", arguments[0], strerror(errno));
	}
	_exit(STATUS_CANNOT_RUN);
}

bool daemon_start(struct daemon *daemon, char *const *arguments)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0) {
		become(parent, arguments);
	}
	if (pid < 0) {
		return false;
	}
	/* The daemon's alone: with it the connection ends. */
	close(daemon->listener);
	daemon->listener = -1;
	daemon->pid = pid;
	daemon->life = pidfd_open(pid, 0);
	return daemon->life >= 0;
}

void daemon_stop(struct daemon *daemon)
{
	if (daemon->pid != 0) {
		kill(daemon->pid, SIGKILL);
		while (waitpid(daemon->pid, NULL, 0) < 0 && errno == EINTR) {
		}
		daemon->pid = 0;
	}
	if (daemon->life >= 0) {
		close(daemon->life);
		daemon->life = -1;
	}
}
