/* links: linux-guest/pvctl/request.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* pvctl's command line: what is understood, and what is refused with which words. */
#include "linux-guest/pvctl/request.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 12

/* "pvctl send a b" -> argv; the words may not contain blanks. */
static bool parse(struct request *request, const char *line, char *error, size_t size)
{
	static char copy[256];
	static char *argv[WORDS_MAX];
	int argc = 0;

	assert_true(strlen(line) < sizeof(copy));
	strcpy(copy, line);
	for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
		assert_true(argc < WORDS_MAX - 1);
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	return request_parse(request, argc, argv, error, size);
}

static struct request good(const char *line)
{
	struct request request;
	char error[200] = "";

	if (!parse(&request, line, error, sizeof(error))) {
		fail_msg("%s: %s", line, error);
	}
	return request;
}

static void test_commands(void **state)
{
	static const struct {
		const char  *line;
		enum command command;
		const char  *subject;
	} cases[] = {
		{ "pvctl", COMMAND_HELP, NULL },
		{ "pvctl -h", COMMAND_HELP, NULL },
		{ "pvctl --help", COMMAND_HELP, NULL },
		{ "pvctl help", COMMAND_HELP, NULL },
		{ "pvctl help send", COMMAND_HELP, "send" },
		{ "pvctl send --help", COMMAND_HELP, "send" },
		{ "pvctl send state -h", COMMAND_HELP, "send" },
		{ "pvctl --version", COMMAND_VERSION, NULL },
		{ "pvctl list", COMMAND_LIST, NULL },
		{ "pvctl info", COMMAND_INFO, NULL },
		{ "pvctl info state", COMMAND_INFO, "state" },
		{ "pvctl send command", COMMAND_SEND, "command" },
		{ "pvctl recv state", COMMAND_RECV, "state" },
		{ "pvctl watch state", COMMAND_WATCH, "state" },
		{ "pvctl ring trace", COMMAND_RING, "trace" },
		{ "pvctl partitions", COMMAND_PARTITIONS, NULL },
		{ "pvctl start motion", COMMAND_START, "motion" },
		{ "pvctl stop motion", COMMAND_STOP, "motion" },
		{ "pvctl restart 3", COMMAND_RESTART, "3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request request = good(cases[i].line);

		assert_int_equal(request.command, cases[i].command);
		if (cases[i].subject == NULL) {
			assert_null(request.subject);
		} else {
			assert_string_equal(request.subject, cases[i].subject);
		}
	}
}

static void test_defaults(void **state)
{
	struct request request = good("pvctl recv state");

	(void)state;
	assert_int_equal(request.count, 1);
	assert_int_equal(request.timeout_ms, WAIT_FOREVER);
	assert_false(request.is_hex);
	assert_false(request.is_raw);
	assert_false(request.is_verbose);
	assert_int_equal(good("pvctl watch state").count, 0);
	assert_int_equal(good("pvctl watch state").interval_ms, 100);
	assert_int_equal(good("pvctl ring trace").doorbell, 0);
}

static void test_options(void **state)
{
	struct request request = good("pvctl recv -xvn5 state -t 250");

	(void)state;
	assert_true(request.is_hex);
	assert_true(request.is_verbose);
	assert_int_equal(request.count, 5);
	assert_int_equal(request.timeout_ms, 250);
	assert_string_equal(request.subject, "state");

	request = good("pvctl send command -x 0102 -n 0 -t0");
	assert_true(request.is_hex);
	assert_string_equal(request.text, "0102");
	assert_int_equal(request.count, 0);
	assert_int_equal(request.timeout_ms, 0);

	request = good("pvctl send -f - command");
	assert_string_equal(request.file, "-");
	assert_null(request.text);

	request = good("pvctl send command -- -x");
	assert_false(request.is_hex);
	assert_string_equal(request.text, "-x");

	/* A lone "-" is a word like others. */
	assert_string_equal(good("pvctl send command -").text, "-");
	assert_int_equal(good("pvctl ring trace 0x2").doorbell, 2);
	assert_int_equal(good("pvctl watch state -i 20 -n 3").interval_ms, 20);
	assert_true(good("pvctl recv -r state").is_raw);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *line;
		const char *words; /* the error must contain them */
	} cases[] = {
		{ "pvctl fly", "knows no \"fly\"" },
		{ "pvctl sen", "knows no \"sen\"" },
		{ "pvctl list all", "\"all\" is too much" },
		{ "pvctl send a b c", "\"c\" is too much" },
		{ "pvctl partitions x", "is too much" },
		{ "pvctl send", "pvctl send what?" },
		{ "pvctl recv -x", "pvctl recv what?" },
		{ "pvctl stop", "pvctl stop what?" },
		{ "pvctl list -x", "knows no -x" },
		{ "pvctl recv a -q", "knows no -q" },
		{ "pvctl recv a -:", "knows no -:" },
		{ "pvctl recv a --long", "knows no --" },
		{ "pvctl recv a -n", "-n wants a value" },
		{ "pvctl recv a -n x", "not \"x\"" },
		{ "pvctl recv a -n 1x", "not \"1x\"" },
		{ "pvctl recv a -n -1", "not \"-1\"" },
		{ "pvctl recv a -n 99999999999999999999", "-n takes a number" },
		{ "pvctl recv a -t 2147483648", "from 0 to 2147483647" },
		{ "pvctl ring a b", "a doorbell takes a number" },
		{ "pvctl ring a 4294967296", "from 0 to 4294967295" },
		{ "pvctl send a b -f c", "given twice" },
		{ "pvctl send a -x", "there is none" },
		{ "pvctl recv a -x -r", "two ways" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request request;
		char error[200] = "";

		if (parse(&request, cases[i].line, error, sizeof(error))) {
			fail_msg("%s was taken", cases[i].line);
		}
		if (strstr(error, cases[i].words) == NULL) {
			fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].line, error, cases[i].words);
		}
		assert_null(strchr(error, '\n'));
	}
}

static void test_error_is_cut(void **state)
{
	struct request request;
	char error[12];

	(void)state;
	memset(error, 'x', sizeof(error));
	assert_false(parse(&request, "pvctl averyveryverylongcommand", error, sizeof(error)));
	assert_int_equal(strlen(error), sizeof(error) - 1);
}

static void test_help(void **state)
{
	static const char *const commands[] = { "list", "info", "send", "recv", "watch", "ring",
						"partitions", "start", "stop", "restart", "help" };

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		assert_non_null(request_help(commands[i]));
		/* The overview names each of them. */
		assert_non_null(strstr(request_help(NULL), commands[i]));
	}
	assert_null(request_help("fly"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_error_is_cut),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
