/* SPDX-License-Identifier: Apache-2.0 */
/* Runs another program (cpp, dtc) with bounded time, memory and output. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Bounds for a DTS that includes /dev/zero, a FIFO or itself. A whole board takes cpp and dtc some
 * tens of milliseconds and a few MiB.
 */
#define COMMAND_SECONDS_MOST 10
#define COMMAND_OUTPUT_MIB   64
#define COMMAND_MEMORY_MIB   2048

struct command_result {
	bool        is_started; /* false: the program could not be run at all; `error` says why */
	int         status;     /* exit status; 128 + signal when a signal ended it */
	const char *output;     /* zero byte behind */
	size_t      output_bytes;
	const char *error;      /* what it wrote to stderr, zero byte behind */
};

/* argv ends with NULL; `input` becomes its stdin. Messages come in English. */
void command_run(const char *const argv[], const char *input, size_t input_bytes,
		 struct command_result *result);
