/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/emit_c.h"

#include "tools/pvc/util.h"

#include <string.h>

/* Locale-free on purpose: names must come out alike on every machine. */
static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void emit_comment_text(FILE *out, const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		bool ends_comment = (c[0] == '*' && c[1] == '/') || (c[0] == '/' && c[1] == '*');
		bool printable = *c >= ' ' && *c <= '~' && *c != '\\';

		fputc(printable && !ends_comment ? *c : '_', out);
	}
}

void emit_c_head(FILE *out, const struct system *system, const char *what)
{
	fprintf(out, "/* input %s */\n/* SPDX-License-Identifier: Apache-2.0 */\n/*\n * ",
		system->hash);
	emit_comment_text(out, what);
	fputs(" of system \"", out);
	emit_comment_text(out, system->name);
	fputs("\".\n * Written by pvc from ", out);
	emit_comment_text(out, path_base(system->file));
	fputs(": change that and build again, never this file.\n */\n", out);
}

void emit_bytes(FILE *out, const char *text, size_t bytes)
{
	fputc('"', out);
	for (const char *c = text; c < text + bytes; c++) {
		if (*c == '"' || *c == '\\') {
			fprintf(out, "\\%c", *c);
		} else if (*c < ' ' || *c > '~' || (*c == '?' && c[1] == '?')) {
			/* "??" could start a trigraph. */
			fprintf(out, "\\%03o", (unsigned)(unsigned char)*c);
		} else {
			fputc(*c, out);
		}
	}
	fputc('"', out);
}

void emit_string(FILE *out, const char *text)
{
	if (text == NULL) {
		fputs("NULL", out);
		return;
	}
	emit_bytes(out, text, strlen(text));
}

void emit_comment_line(FILE *out, const char *text)
{
	fputs("\t/* ", out);
	emit_comment_text(out, text);
	fputs(" */\n", out);
}

void emit_field(FILE *out, const char *field, const char *text)
{
	fprintf(out, "\t\t.%s = ", field);
	emit_string(out, text);
	fputs(",\n", out);
}

char *emit_macro_name(const char *text)
{
	char *name = xstrdup(text);

	for (char *c = name; *c != '\0'; c++) {
		if (*c >= 'a' && *c <= 'z') {
			*c = (char)(*c - 'a' + 'A');
		} else if (!is_alphanumeric(*c)) {
			*c = '_';
		}
	}
	return name;
}
