/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user of pvctl asked for: the command line, understood and checked.
 *
 * Owns     nothing; a request points into argv.
 * Context  also compiled for the host, under tests/unit/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum command {
	COMMAND_LIST,
	COMMAND_INFO,
	COMMAND_SEND,
	COMMAND_RECV,
	COMMAND_WATCH,
	COMMAND_RING,
	COMMAND_PARTITIONS,
	COMMAND_START,
	COMMAND_STOP,
	COMMAND_RESTART,
	COMMAND_HELP,
	COMMAND_VERSION,
};

#define WAIT_FOREVER (-1)

struct request {
	enum command command;
	const char  *subject;     /* port, partition or (help) command; NULL: none given */
	const char  *text;        /* send: message text; NULL: from file or standard input */
	const char  *file;        /* send -f */
	bool         is_hex;      /* send, recv, watch -x */
	bool         is_raw;      /* recv -r */
	bool         is_verbose;  /* recv -v */
	unsigned long count;      /* -n; 0: for ever */
	int          timeout_ms;  /* -t; WAIT_FOREVER */
	unsigned     interval_ms; /* watch -i */
	unsigned     doorbell;    /* ring */
};

/*
 * Understand a command line. @error  one line without a newline, when false is returned.
 */
bool request_parse(struct request *request, int argc, char *const argv[], char *error,
		   size_t size);

/* The help text of a command ("send"), of all of pvctl (NULL), or NULL: no such command. */
const char *request_help(const char *command);
