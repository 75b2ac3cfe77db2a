/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pvctl: the ports and partitions of Paravent from the command line.
 *
 * Static, so that any arm64 Linux runs it, however small its file system.
 */
#include "linux-guest/pvctl/commands.h"

#include "abi/hypercall.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum exit_code show_help(const struct request *request)
{
	const char *text = request_help(request->subject);

	if (text == NULL) {
		complain("pvctl knows no \"%s\"; see pvctl --help", request->subject);
		return EXIT_USAGE;
	}
	fputs(text, stdout);
	return EXIT_DONE;
}

static enum exit_code run(const struct request *request)
{
	switch (request->command) {
	case COMMAND_LIST:
		return list_ports();
	case COMMAND_INFO:
		return request->subject == NULL ? show_self() : show_port(request);
	case COMMAND_SEND:
		return send_messages(request);
	case COMMAND_RECV:
		return receive_messages(request);
	case COMMAND_WATCH:
		return watch_port(request);
	case COMMAND_RING:
		return ring_doorbell(request);
	case COMMAND_PARTITIONS:
		return list_partitions();
	case COMMAND_START:
	case COMMAND_STOP:
	case COMMAND_RESTART:
		return control_partition(request);
	case COMMAND_VERSION:
		printf("pvctl for Paravent ABI %d.%d\n", PV_ABI_MAJOR, PV_ABI_MINOR);
		return EXIT_DONE;
	case COMMAND_HELP:
	default:
		return show_help(request);
	}
}

int main(int argc, char *argv[])
{
	struct request request;
	char error[256];
	enum exit_code result;

	if (!request_parse(&request, argc, argv, error, sizeof(error))) {
		complain("%s", error);
		return EXIT_USAGE;
	}
	result = run(&request);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		return (int)complain("cannot write the output: %s", strerror(errno));
	}
	return (int)result;
}
