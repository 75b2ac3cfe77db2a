/* SPDX-License-Identifier: Apache-2.0 */
#include "linux-guest/pvctl/request.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_MS 100

struct syntax {
	const char  *name;
	enum command command;
	const char  *options;   /* letters; ':' behind one that takes a value */
	int          n_subjects_min, n_subjects_max;
	unsigned long count;    /* what -n is when not given */
	const char  *help;
};

#define ALL_HELP                                                                           \
	"pvctl talks through the ports of this partition and looks after the others.\n"    \
	"\n"                                                                               \
	"  pvctl list                     ports of this partition\n"                       \
	"  pvctl info [PORT]              one port, or this partition, in full\n"          \
	"  pvctl send PORT [TEXT]         send a message       (-x -f -n -t)\n"            \
	"  pvctl recv PORT                receive messages     (-x -r -v -n -t)\n"         \
	"  pvctl watch PORT               a port, live         (-x -n -i)\n"               \
	"  pvctl ring PORT [DOORBELL]     ring the peers' doorbell\n"                      \
	"  pvctl partitions               all partitions and their states\n"               \
	"  pvctl start|stop|restart PARTITION\n"                                           \
	"  pvctl help COMMAND             more about a command\n"                          \
	"\n"                                                                               \
	"Exit code: 0 done, 1 failed, 2 wrong usage, 3 nothing came or nothing fitted\n"   \
	"before the time was up.\n"

#define LIFE_HELP                                                                          \
	"pvctl start|stop|restart PARTITION\n"                                             \
	"\n"                                                                               \
	"PARTITION is a name or an id as shown by pvctl partitions. Only a partition with\n" \
	"paravent,roles = \"manager\" may do this. Waits until it has happened.\n"

static const struct syntax syntaxes[] = {
	{ "list", COMMAND_LIST, "", 0, 0, 1,
	  "pvctl list\n\nOne line per port: kind, direction, sizes, peers and their state, and what has\n"
	  "passed through it.\n" },
	{ "info", COMMAND_INFO, "", 0, 1, 1,
	  "pvctl info [PORT]\n\nEverything known of a port; without PORT, of this partition: its rights and how\n"
	  "often each of its vCPUs entered the hypervisor.\n" },
	{ "send", COMMAND_SEND, "xf:n:t:", 1, 2, 1,
	  "pvctl send PORT [TEXT] [-x] [-f FILE] [-n COUNT] [-t MS]\n\n"
	  "Send TEXT, or FILE, or standard input, as one message.\n"
	  "  -x        TEXT is hexadecimal: \"01 02 ff\"\n"
	  "  -f FILE   the message is the content of FILE; \"-\" is standard input\n"
	  "  -n COUNT  send it COUNT times; 0: for ever\n"
	  "  -t MS     wait at most MS milliseconds for room in a full queue (default: no limit)\n" },
	{ "recv", COMMAND_RECV, "xrvn:t:", 1, 1, 1,
	  "pvctl recv PORT [-x] [-r] [-v] [-n COUNT] [-t MS]\n\n"
	  "Receive messages and print one a line: as text if it is text, else hexadecimal.\n"
	  "A sampling port gives its latest value, also an old one, then newer ones.\n"
	  "  -x        always hexadecimal\n"
	  "  -r        raw bytes, nothing added\n"
	  "  -v        number, age, validity and sender before each message\n"
	  "  -n COUNT  receive COUNT messages; 0: for ever\n"
	  "  -t MS     wait at most MS milliseconds for each (default: no limit)\n" },
	{ "watch", COMMAND_WATCH, "xn:i:", 1, 1, 0,
	  "pvctl watch PORT [-x] [-n COUNT] [-i MS]\n\n"
	  "Show a port again and again, ctrl-c ends it: a sampling port's value with its age, a\n"
	  "window's first bytes, the counters of the other ports. Takes no message away.\n"
	  "  -x        values always hexadecimal\n"
	  "  -n COUNT  look COUNT times\n"
	  "  -i MS     every MS milliseconds (default 100)\n" },
	{ "ring", COMMAND_RING, "", 1, 2, 1,
	  "pvctl ring PORT [DOORBELL]\n\nRing a doorbell of PORT, the first if no number is given.\n" },
	{ "partitions", COMMAND_PARTITIONS, "", 0, 0, 1,
	  "pvctl partitions\n\nAll partitions: id, name, state, vCPUs, starts since power-on.\n" },
	{ "start", COMMAND_START, "", 1, 1, 1, LIFE_HELP },
	{ "stop", COMMAND_STOP, "", 1, 1, 1, LIFE_HELP },
	{ "restart", COMMAND_RESTART, "", 1, 1, 1, LIFE_HELP },
	{ "help", COMMAND_HELP, "", 0, 1, 1, ALL_HELP },
};

#define N_SYNTAXES (sizeof(syntaxes) / sizeof(syntaxes[0]))

struct parser {
	const struct syntax *syntax;
	struct request      *request;
	char                *error;
	size_t               size;
	int                  n_subjects;
};

__attribute__((format(printf, 2, 3)))
static bool fail(struct parser *parser, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(parser->error, parser->size, format, list);
	va_end(list);
	return false;
}

static const struct syntax *find_syntax(const char *name)
{
	for (size_t i = 0; i < N_SYNTAXES; i++) {
		if (strcmp(syntaxes[i].name, name) == 0) {
			return &syntaxes[i];
		}
	}
	return NULL;
}

static bool read_number(struct parser *parser, const char *what, const char *text,
			unsigned long most, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *value > most) {
		return fail(parser, "%s takes a number from 0 to %lu, not \"%s\"", what, most, text);
	}
	return true;
}

static bool set_option(struct parser *parser, char letter, const char *value)
{
	struct request *request = parser->request;
	unsigned long number = 0;
	const char what[] = { '-', letter, '\0' };

	switch (letter) {
	case 'x':
		request->is_hex = true;
		return true;
	case 'r':
		request->is_raw = true;
		return true;
	case 'v':
		request->is_verbose = true;
		return true;
	case 'f':
		request->file = value;
		return true;
	case 'n':
		return read_number(parser, what, value, ULONG_MAX, &request->count);
	case 't':
		if (!read_number(parser, what, value, INT_MAX, &number)) {
			return false;
		}
		request->timeout_ms = (int)number;
		return true;
	default: /* 'i' */
		if (!read_number(parser, what, value, INT_MAX, &number)) {
			return false;
		}
		request->interval_ms = (unsigned)number;
		return true;
	}
}

static bool add_subject(struct parser *parser, const char *word)
{
	struct request *request = parser->request;
	unsigned long number;

	if (parser->n_subjects == parser->syntax->n_subjects_max) {
		return fail(parser, "\"%s\" is too much for pvctl %s; see pvctl help %s", word,
			    parser->syntax->name, parser->syntax->name);
	}
	if (parser->n_subjects++ == 0) {
		request->subject = word;
		return true;
	}
	if (request->command == COMMAND_SEND) {
		request->text = word;
		return true;
	}
	if (!read_number(parser, "a doorbell", word, UINT_MAX, &number)) {
		return false;
	}
	request->doorbell = (unsigned)number;
	return true;
}

/* A word that starts with '-': letters, the last of which may take a value. Returns words used, 0: failed. */
static int read_options(struct parser *parser, int argc, char *const argv[])
{
	for (const char *letter = argv[0] + 1; *letter != '\0'; letter++) {
		const char *known = *letter == ':' ? NULL : strchr(parser->syntax->options, *letter);
		bool takes_value = known != NULL && known[1] == ':';
		const char *value = NULL;

		if (known == NULL) {
			fail(parser, "pvctl %s knows no -%c; see pvctl help %s", parser->syntax->name,
			     *letter, parser->syntax->name);
			return 0;
		}
		if (takes_value) {
			value = letter[1] != '\0' ? letter + 1 : argc > 1 ? argv[1] : NULL;
		}
		if (takes_value && value == NULL) {
			fail(parser, "-%c wants a value; see pvctl help %s", *letter,
			     parser->syntax->name);
			return 0;
		}
		if (!set_option(parser, *letter, value)) {
			return 0;
		}
		if (takes_value) {
			return letter[1] != '\0' ? 1 : 2;
		}
	}
	return 1;
}

static bool parse_words(struct parser *parser, int argc, char *const argv[])
{
	bool only_subjects = false;
	int used;

	for (int i = 0; i < argc; i += used) {
		used = 1;
		if (!only_subjects && strcmp(argv[i], "--") == 0) {
			only_subjects = true;
		} else if (!only_subjects && (strcmp(argv[i], "--help") == 0 ||
					      strcmp(argv[i], "-h") == 0)) {
			*parser->request = (struct request){
				.command = COMMAND_HELP,
				.subject = parser->syntax->name,
			};
			return true;
		} else if (!only_subjects && argv[i][0] == '-' && argv[i][1] != '\0') {
			used = read_options(parser, argc - i, argv + i);
			if (used == 0) {
				return false;
			}
		} else if (!add_subject(parser, argv[i])) {
			return false;
		}
	}
	if (parser->n_subjects < parser->syntax->n_subjects_min) {
		return fail(parser, "pvctl %s what? See pvctl help %s", parser->syntax->name,
			    parser->syntax->name);
	}
	return true;
}

static bool check_whole(struct parser *parser)
{
	const struct request *request = parser->request;

	if (request->command == COMMAND_SEND && request->text != NULL && request->file != NULL) {
		return fail(parser, "the message is given twice, by TEXT and by -f");
	}
	if (request->command == COMMAND_SEND && request->is_hex && request->text == NULL) {
		return fail(parser, "-x is about TEXT, and there is none");
	}
	if (request->is_hex && request->is_raw) {
		return fail(parser, "-x and -r are two ways to print one message");
	}
	return true;
}

bool request_parse(struct request *request, int argc, char *const argv[], char *error, size_t size)
{
	struct parser parser = { .request = request, .error = error, .size = size };
	const char *name = argc > 1 ? argv[1] : "help";

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		name = "help";
	}
	if (strcmp(name, "--version") == 0) {
		*request = (struct request){ .command = COMMAND_VERSION };
		return true;
	}
	parser.syntax = find_syntax(name);
	if (parser.syntax == NULL) {
		return fail(&parser, "pvctl knows no \"%s\"; see pvctl --help", name);
	}
	*request = (struct request){
		.command = parser.syntax->command,
		.count = parser.syntax->count,
		.timeout_ms = WAIT_FOREVER,
		.interval_ms = INTERVAL_MS,
	};
	return parse_words(&parser, argc > 2 ? argc - 2 : 0, argv + 2) && check_whole(&parser);
}

const char *request_help(const char *command)
{
	const struct syntax *syntax = command == NULL ? NULL : find_syntax(command);

	if (command == NULL) {
		return ALL_HELP;
	}
	return syntax == NULL ? NULL : syntax->help;
}
