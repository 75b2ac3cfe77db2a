/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/diag.h"

#include "tools/pvc/rules.h"
#include "tools/pvc/util.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A broken file can break one rule thousands of times; nobody reads further than this. */
#define MESSAGES_MOST 500

#define COLOUR_PLACE   "\033[1m"
#define COLOUR_ERROR   "\033[1;31m"
#define COLOUR_WARNING "\033[1;35m"
#define COLOUR_NOTE    "\033[1;36m"
#define COLOUR_OFF     "\033[0m"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct note {
	struct location where;
	const char     *text;
	struct note    *next;
};

struct message {
	struct location where;
	enum severity   severity;
	const char     *rule;
	const char     *text;
	struct note    *notes;
	size_t          order; /* as reported: keeps the sort stable */
};

static struct message messages[MESSAGES_MOST];
static size_t n_messages;
static size_t n_errors, n_warnings, n_dropped;
static struct message *last; /* where notes go; NULL: nowhere */

struct location location_file(const char *file)
{
	return (struct location){ .file = file };
}

static bool is_same_place(struct location a, struct location b)
{
	return a.line == b.line && (a.file == b.file || (a.file != NULL && b.file != NULL &&
							 strcmp(a.file, b.file) == 0));
}

/* The same words at the same place: reached by two ways, worth saying once. */
static bool is_known(const struct message *new)
{
	for (size_t i = 0; i < n_messages; i++) {
		if (messages[i].severity == new->severity &&
		    is_same_place(messages[i].where, new->where) &&
		    strcmp(messages[i].text, new->text) == 0) {
			return true;
		}
	}
	return false;
}

static void add(enum severity severity, struct location where, const char *rule, const char *text)
{
	struct message new = {
		.where = where,
		.severity = severity,
		.rule = rule,
		.text = text,
		.order = n_messages,
	};

	assert(rule_find(rule) != NULL);
	last = NULL;
	if (is_known(&new)) {
		return;
	}
	if (severity == SEVERITY_ERROR) {
		n_errors++;
	} else {
		n_warnings++;
	}
	if (n_messages == MESSAGES_MOST) {
		n_dropped++;
		return;
	}
	last = &messages[n_messages++];
	*last = new;
}

void diag_error(struct location where, const char *rule, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(SEVERITY_ERROR, where, rule, xvasprintf(format, arguments));
	va_end(arguments);
}

void diag_warning(struct location where, const char *rule, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(SEVERITY_WARNING, where, rule, xvasprintf(format, arguments));
	va_end(arguments);
}

void diag_note(struct location where, const char *format, ...)
{
	struct note *note = xmalloc(sizeof(*note));
	struct note **end;
	va_list arguments;

	if (last == NULL) {
		return;
	}
	va_start(arguments, format);
	*note = (struct note){ .where = where, .text = xvasprintf(format, arguments) };
	va_end(arguments);
	for (end = &last->notes; *end != NULL; end = &(*end)->next) {
	}
	*end = note;
}

size_t diag_errors(void)
{
	return n_errors;
}

size_t diag_warnings(void)
{
	return n_warnings;
}

static int compare(const void *left, const void *right)
{
	const struct message *a = left;
	const struct message *b = right;
	int by_file = strcmp(a->where.file == NULL ? "" : a->where.file,
			     b->where.file == NULL ? "" : b->where.file);

	if (by_file != 0) {
		return by_file;
	}
	if (a->where.line != b->where.line) {
		return a->where.line < b->where.line ? -1 : 1;
	}
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Names and strings of the input may hold anything; a terminal should see only text. */
static void print_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == 0x7f) {
			fprintf(out, "\\x%02x", c);
		} else {
			fputc(c, out);
		}
	}
}

static void print_line(FILE *out, bool colour, struct location where, const char *kind,
		       const char *kind_colour, const char *text)
{
	fputs(colour ? COLOUR_PLACE : "", out);
	print_text(out, where.file == NULL ? "pvc" : where.file);
	if (where.file != NULL && where.line != 0) {
		fprintf(out, ":%u", where.line);
	}
	fprintf(out, ": %s%s%s: %s", colour ? kind_colour : "", kind, colour ? COLOUR_OFF : "",
		colour ? COLOUR_PLACE : "");
	print_text(out, text);
	fputs(colour ? COLOUR_OFF : "", out);
}

static void print_message(FILE *out, bool colour, const struct message *message)
{
	bool is_error = message->severity == SEVERITY_ERROR;

	print_line(out, colour, message->where, is_error ? "error" : "warning",
		   is_error ? COLOUR_ERROR : COLOUR_WARNING, message->text);
	fprintf(out, " [%s]\n", message->rule);
	for (const struct note *note = message->notes; note != NULL; note = note->next) {
		print_line(out, colour, note->where, "note", COLOUR_NOTE, note->text);
		fputc('\n', out);
	}
}

void diag_print(FILE *out, bool colour)
{
	qsort(messages, n_messages, sizeof(messages[0]), compare);
	for (size_t i = 0; i < n_messages; i++) {
		print_message(out, colour, &messages[i]);
	}
	if (n_dropped != 0) {
		fprintf(out, "pvc: note: %zu more, not shown\n", n_dropped);
	}
	n_messages = n_errors = n_warnings = n_dropped = 0;
	last = NULL;
}
