/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "tools/pvc/command.h"

#include "tools/pvc/util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STATUS_NOT_STARTED 127 /* as shells say it */
#define STATUS_SIGNAL      128

static void limit(int what, rlim_t most)
{
	struct rlimit bound;

	if (getrlimit(what, &bound) == 0 &&
	    (bound.rlim_max == RLIM_INFINITY || bound.rlim_max > most)) {
		bound = (struct rlimit){ .rlim_cur = most, .rlim_max = most };
		setrlimit(what, &bound);
	}
}

/* In the child. `report` is closed by a successful exec and carries errno otherwise. */
static void start(const char *const argv[], int in, int out, int err, int report)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	setenv("LC_ALL", "C", 1);
	limit(RLIMIT_CPU, COMMAND_SECONDS_MOST);
	limit(RLIMIT_FSIZE, (rlim_t)COMMAND_OUTPUT_MIB << 20);
	limit(RLIMIT_AS, (rlim_t)COMMAND_MEMORY_MIB << 20);
	limit(RLIMIT_CORE, 0);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(err, STDERR_FILENO) >= 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
	}
	int reason = errno;

	if (write(report, &reason, sizeof(reason)) < 0) {
		_exit(STATUS_NOT_STARTED); /* the parent sees this status instead */
	}
	_exit(STATUS_NOT_STARTED);
}

/* Waits for `child` and ends its whole process group when it takes too long. SIGCHLD is blocked. */
static int wait_for(pid_t child)
{
	struct timespec timeout = { .tv_sec = COMMAND_SECONDS_MOST };
	sigset_t child_ended;
	int status = 0;
	int signal_number;

	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	do {
		signal_number = sigtimedwait(&child_ended, NULL, &timeout);
	} while (signal_number < 0 && errno == EINTR);
	if (signal_number < 0) {
		kill(-child, SIGKILL);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static char *read_back(FILE *file, size_t *bytes)
{
	long end = 0;
	char *text;

	if (fseek(file, 0, SEEK_END) == 0) {
		end = ftell(file);
	}
	rewind(file);
	text = xmalloc((size_t)(end < 0 ? 0 : end) + 1);
	*bytes = fread(text, 1, (size_t)(end < 0 ? 0 : end), file);
	return text;
}

static void run(const char *const argv[], FILE *in, FILE *out, FILE *err,
		struct command_result *result)
{
	sigset_t child_ended, before;
	int reason = 0;
	int report[2];
	size_t ignored;
	pid_t child;

	if (pipe(report) != 0) {
		result->error = strerror(errno);
		return;
	}
	fcntl(report[1], F_SETFD, FD_CLOEXEC);
	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_ended, &before);
	child = fork();
	if (child == 0) {
		start(argv, fileno(in), fileno(out), fileno(err), report[1]);
	}
	close(report[1]);
	if (child < 0) {
		result->error = strerror(errno);
	} else if (read(report[0], &reason, sizeof(reason)) == (ssize_t)sizeof(reason)) {
		wait_for(child);
		result->error = strerror(reason);
	} else {
		result->is_started = true;
		result->status = wait_for(child);
		result->output = read_back(out, &result->output_bytes);
		result->error = read_back(err, &ignored);
	}
	close(report[0]);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void command_run(const char *const argv[], const char *input, size_t input_bytes,
		 struct command_result *result)
{
	FILE *in = tmpfile();
	FILE *out = tmpfile();
	FILE *err = tmpfile();

	*result = (struct command_result){ .output = "", .error = "" };
	if (in == NULL || out == NULL || err == NULL ||
	    fwrite(input, 1, input_bytes, in) != input_bytes || fflush(in) != 0) {
		result->error = xasprintf("cannot use a temporary file: %s", strerror(errno));
	} else {
		rewind(in);
		run(argv, in, out, err, result);
	}
	if (in != NULL) {
		fclose(in);
	}
	if (out != NULL) {
		fclose(out);
	}
	if (err != NULL) {
		fclose(err);
	}
}
