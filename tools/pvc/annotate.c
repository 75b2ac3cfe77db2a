/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/annotate.h"

#include "tools/pvc/util.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const char     *next;
	struct places  *places;
	const char    **paths; /* of the open nodes, outermost first */
	size_t          depth, depth_most, n_skipped;
	struct place   *pending; /* waits for the comment with its place; NULL: none */
	struct location last_file; /* so that one name is kept once */
};

static struct place *add_place(struct reader *r, const char *path, const char *property)
{
	struct places *places = r->places;

	places->sorted = xextend(places->sorted, places->n, sizeof(places->sorted[0]));
	places->sorted[places->n] = (struct place){ .path = path, .property = property };
	return &places->sorted[places->n++];
}

static void open_node(struct reader *r, const char *name)
{
	if (r->n_skipped != 0 || r->depth == r->depth_most) {
		r->n_skipped++;
		r->pending = NULL;
		return;
	}
	if (r->depth == 0) {
		r->paths[r->depth] = "/";
	} else {
		const char *parent = r->paths[r->depth - 1];

		r->paths[r->depth] =
			xasprintf("%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name);
	}
	r->pending = add_place(r, r->paths[r->depth], "");
	r->depth++;
}

static void close_node(struct reader *r)
{
	r->pending = NULL;
	if (r->n_skipped != 0) {
		r->n_skipped--;
	} else if (r->depth != 0) {
		r->depth--;
	}
}

static void end_property(struct reader *r, const char *name)
{
	r->pending = NULL;
	if (r->depth != 0 && r->n_skipped == 0 && name[0] != '\0') {
		r->pending = add_place(r, r->paths[r->depth - 1], name);
	}
}

static const char *skip_digits(const char *text)
{
	while (isdigit((unsigned char)*text)) {
		text++;
	}
	return text;
}

/* The first "file:line:column-line:column" of a comment. A file name may itself hold colons. */
static void read_place(struct reader *r, const char *text, const char *end)
{
	for (const char *colon = text; colon < end; colon++) {
		const char *line_end = skip_digits(colon + 1);
		const char *column_end = *line_end == ':' ? skip_digits(line_end + 1) : line_end;
		size_t length = (size_t)(colon - text);
		unsigned long line;

		if (*colon != ':' || line_end == colon + 1 || column_end <= line_end + 1 ||
		    *column_end != '-') {
			continue;
		}
		if (r->last_file.file == NULL || strlen(r->last_file.file) != length ||
		    memcmp(r->last_file.file, text, length) != 0) {
			r->last_file.file = xstrndup(text, length);
		}
		line = strtoul(colon + 1, NULL, 10);
		r->pending->where.file = r->last_file.file;
		r->pending->where.line = line > UINT_MAX ? 0 : (unsigned)line;
		return;
	}
}

static void read_comment(struct reader *r)
{
	const char *text = r->next + 2;
	const char *end = strstr(text, "*/");

	if (end == NULL) {
		r->next += strlen(r->next);
		return;
	}
	while (*text == ' ') {
		text++;
	}
	if (r->pending != NULL) {
		read_place(r, text, end);
	}
	r->pending = NULL;
	r->next = end + 2;
}

/* A property's value up to its semicolon, which may also stand in a string. */
static void skip_value(struct reader *r)
{
	bool in_string = false;

	for (; *r->next != '\0' && (in_string || *r->next != ';'); r->next++) {
		if (in_string && *r->next == '\\' && r->next[1] != '\0') {
			r->next++;
		} else if (*r->next == '"') {
			in_string = !in_string;
		}
	}
}

/* A node's or property's name, or a label in front of it (ends with a colon). */
static const char *read_word(struct reader *r)
{
	size_t length = strcspn(r->next, " \t\n{}=;");
	const char *word = xstrndup(r->next, length);

	r->next += length;
	return word;
}

static void read_item(struct reader *r, const char **word)
{
	switch (*r->next) {
	case ' ':
	case '\t':
	case '\n':
		r->next++;
		break;
	case '{':
		open_node(r, *word);
		*word = "";
		r->next++;
		break;
	case '}':
		close_node(r);
		*word = "";
		r->next++;
		if (*r->next == ';') {
			r->next++;
		}
		break;
	case '=':
		skip_value(r);
		break;
	case ';':
		end_property(r, *word);
		*word = "";
		r->next++;
		break;
	default:
		*word = read_word(r);
		break;
	}
}

static int compare(const void *left, const void *right)
{
	const struct place *a = left;
	const struct place *b = right;
	int by_path = strcmp(a->path, b->path);

	return by_path != 0 ? by_path : strcmp(a->property, b->property);
}

void annotate_parse(const char *text, size_t depth_most, struct places *places)
{
	struct reader r = { .next = text, .places = places, .depth_most = depth_most };
	const char *word = "";

	*places = (struct places){ 0 };
	r.paths = xarray(depth_most + 1, sizeof(r.paths[0]));
	while (*r.next != '\0') {
		if (starts_with(r.next, "/*")) {
			read_comment(&r);
		} else {
			read_item(&r, &word);
		}
	}
	if (places->n != 0) {
		qsort(places->sorted, places->n, sizeof(places->sorted[0]), compare);
	}
}

static const struct place *find(const struct places *places, const char *path, const char *property)
{
	struct place key = { .path = path, .property = property };

	if (places->n == 0) {
		return NULL;
	}
	return bsearch(&key, places->sorted, places->n, sizeof(key), compare);
}

struct location places_find(const struct places *places, const char *path, const char *property)
{
	const struct place *place = find(places, path, property);

	if (place == NULL || place->where.file == NULL) {
		place = find(places, path, "");
	}
	return place == NULL ? (struct location){ .file = NULL } : place->where;
}
