/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/source.h"

#include "hyp/types.h"
#include "tools/pvc/command.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/sha256.h"
#include "tools/pvc/util.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t fdt_magic[4] = { 0xd0, 0x0d, 0xfe, 0xed };

/* dtc's opinions on plain devicetrees that a system devicetree is bound to differ from. */
static const char *const dtc_quiet[] = {
	"-Wno-avoid_unnecessary_addr_size", /* /domains has cells for its `memory` properties */
	"-Wno-chosen_node_is_root",         /* each partition has a chosen node */
	"-Wno-interrupt_provider",          /* vendors' GPIO nodes */
};

/* ---- Messages of cpp and dtc --------------------------------------------------- */

/* One "file:line[...]: text" or "Error: file:line[...] text" line, taken apart. */
struct tool_message {
	struct location where;
	const char     *text;
};

static const char *next_line(const char **text)
{
	size_t length = strcspn(*text, "\n");
	const char *line = xstrndup(*text, length);

	*text += length + ((*text)[length] == '\n');
	return line;
}

/*
 * Splits "file:12:3: text" (cpp) and "file:12.3-14.5: text" (dtc). The place ends at the first
 * colon or blank behind digits, so that colons in file names do no harm.
 */
static bool split_place(const char *line, struct tool_message *message)
{
	for (const char *colon = strchr(line, ':'); colon != NULL; colon = strchr(colon + 1, ':')) {
		size_t digits = strspn(colon + 1, "0123456789");
		const char *rest = colon + 1 + digits;

		if (digits == 0 || (*rest != ':' && *rest != '.')) {
			continue;
		}
		rest += strspn(rest, "0123456789.-:");
		message->where.file = xstrndup(line, (size_t)(colon - line));
		message->where.line = (unsigned)strtoul(colon + 1, NULL, 10);
		message->text = rest + strspn(rest, ": ");
		return true;
	}
	return false;
}

/* cpp's "In file included from a.dts:3," and "                 from b.dtsi:7:". */
static bool is_include_trace(const char *line)
{
	return starts_with(line, "In file included from ") ||
	       starts_with(line + strspn(line, " "), "from ");
}

static void note_includes(const struct location *includes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		diag_note(includes[i], "included from here");
	}
}

#define INCLUDES_MOST 8

static void report_cpp(const char *text)
{
	struct location includes[INCLUDES_MOST];
	size_t n_includes = 0;

	while (*text != '\0') {
		const char *line = next_line(&text);
		struct tool_message message;

		if (is_include_trace(line)) {
			const char *place = strstr(line, "from ") + strlen("from ");
			/* The place may end with a comma instead of a colon: make it look alike. */
			const char *alike = xasprintf("%s:", xstrndup(place, strcspn(place, ",")));

			if (n_includes < INCLUDES_MOST && split_place(alike, &message)) {
				includes[n_includes++] = message.where;
			}
			continue;
		}
		if (!split_place(line, &message)) {
			continue;
		}
		if (starts_with(message.text, "warning: ")) {
			diag_warning(message.where, "cpp", "%s",
				     message.text + strlen("warning: "));
			note_includes(includes, n_includes);
		} else if (strstr(message.text, "error: ") != NULL) {
			diag_error(message.where, "cpp", "%s",
				   strstr(message.text, "error: ") + strlen("error: "));
			note_includes(includes, n_includes);
		}
		n_includes = 0;
	}
}

/* "ERROR (phandle_references): /a/b: text" -> "/a/b: text (phandle_references)". */
static const char *reword_check(const char *text)
{
	const char *open = strstr(text, " (");
	const char *close = open == NULL ? NULL : strstr(open, "): ");

	if (close == NULL) {
		return text;
	}
	return xasprintf("%s (%s)", close + 3, xstrndup(open + 2, (size_t)(close - open - 2)));
}

static const char *skip_start(const char *text, const char *start)
{
	return starts_with(text, start) ? text + strlen(start) : text;
}

static void report_dtc(const char *text)
{
	while (*text != '\0') {
		const char *line = next_line(&text);
		const char *start = skip_start(skip_start(line, "Error: "), "  also defined at ");
		struct tool_message message;

		if (!split_place(start, &message)) {
			if (starts_with(line, "ERROR (")) {
				diag_error((struct location){ .file = NULL }, "dtc", "%s",
					   reword_check(line));
			}
			continue;
		}
		if (starts_with(message.text, "Warning (")) {
			diag_warning(message.where, "dtc", "%s", reword_check(message.text));
		} else if (starts_with(message.text, "ERROR (")) {
			diag_error(message.where, "dtc", "%s", reword_check(message.text));
		} else if (starts_with(line, "  ")) {
			diag_note(message.where, "also defined here"); /* "  also defined at ..." */
		} else {
			diag_error(message.where, "dtc", "%s", message.text);
		}
	}
}

/* For a tool that failed without a line we understand: say what it said last. */
static void report_raw(const char *tool, const char *rule, const char *file,
		       const struct command_result *result)
{
	const char *text = result->error;
	const char *said = "nothing";

	while (*text != '\0') {
		const char *line = next_line(&text);

		if (*line != '\0') {
			said = line;
		}
	}
	if (result->status > 128) {
		diag_error(
			location_file(file), rule,
			"%s was ended by signal %d (it may take %d seconds, %d MiB of memory and "
			"%d MiB of output)",
			tool, result->status - 128, COMMAND_SECONDS_MOST, COMMAND_MEMORY_MIB,
			COMMAND_OUTPUT_MIB);
		return;
	}
	diag_error(location_file(file), rule, "%s failed and said: %s", tool, said);
}

/* Runs a tool; its messages are reported by `report`. NULL: it failed, and an error is there. */
static const char *run_tool(const char *const argv[], const struct source *source, size_t *bytes,
			    void (*report)(const char *text))
{
	size_t errors = diag_errors();
	struct command_result result;

	command_run(argv, source->preprocessed == NULL ? "" : source->preprocessed,
		    source->preprocessed_bytes, &result);
	if (!result.is_started) {
		diag_error(location_file(NULL), "tools",
			   "cannot run %s: %s; install it (Debian: cpp, device-tree-compiler)",
			   argv[0], result.error);
		return NULL;
	}
	report(result.error);
	if (result.status != 0 && diag_errors() == errors) {
		report_raw(argv[0], strcmp(argv[0], "cpp") == 0 ? "cpp" : "dtc", source->file,
			   &result);
	}
	*bytes = result.output_bytes;
	return diag_errors() == errors ? result.output : NULL;
}

static void ignore(const char *text)
{
	(void)text;
}

/* ---- Steps --------------------------------------------------------------------- */

static bool preprocess(const char *file, const struct load_options *options, struct source *source)
{
	const char **argv = xarray(16 + 2 * options->n_include_dirs, sizeof(argv[0]));
	const char *text;
	size_t n = 0;

	argv[n++] = "cpp";
	argv[n++] = "-nostdinc";
	argv[n++] = "-undef";
	argv[n++] = "-fno-diagnostics-show-caret";
	argv[n++] = "-x";
	argv[n++] = "assembler-with-cpp";
	for (size_t i = 0; i < options->n_include_dirs; i++) {
		argv[n++] = "-I";
		argv[n++] = options->include_dirs[i];
	}
	/* A name that starts with a dash must not become an option. */
	argv[n++] = file[0] == '-' ? xasprintf("./%s", file) : file;
	text = run_tool(argv, source, &source->preprocessed_bytes, report_cpp);
	source->preprocessed = text;
	return text != NULL;
}

static const char *run_dtc(const struct source *source, const struct load_options *options,
			   const char *const *format, size_t *bytes,
			   void (*report)(const char *text))
{
	const char **argv =
		xarray(16 + ARRAY_SIZE(dtc_quiet) + 2 * options->n_include_dirs, sizeof(argv[0]));
	size_t n = 0;

	argv[n++] = "dtc";
	argv[n++] = "-I";
	argv[n++] = "dts";
	for (; *format != NULL; format++) {
		argv[n++] = *format;
	}
	for (size_t i = 0; i < ARRAY_SIZE(dtc_quiet); i++) {
		argv[n++] = dtc_quiet[i];
	}
	/* For dtc's own /include/ and /incbin/. */
	argv[n++] = "-i";
	argv[n++] = path_folder(source->file);
	for (size_t i = 0; i < options->n_include_dirs; i++) {
		argv[n++] = "-i";
		argv[n++] = options->include_dirs[i];
	}
	argv[n++] = "-";
	return run_tool(argv, source, bytes, report);
}

static bool compile(const struct load_options *options, struct source *source)
{
	static const char *const as_dtb[] = { "-O", "dtb", NULL };
	static const char *const as_dts[] = { "-O", "dts", "-T", "-T", NULL };
	const char *annotated;
	size_t bytes;

	source->fdt = run_dtc(source, options, as_dtb, &source->fdt_bytes, report_dtc);
	if (source->fdt == NULL) {
		return false;
	}
	annotated = run_dtc(source, options, as_dts, &bytes, ignore);
	if (annotated == NULL) {
		return false;
	}
	annotate_parse(annotated, TREE_DEPTH_MOST, &source->places);
	return true;
}

/* Line markers carry paths, which differ between machines; the hash should not. */
static const char *hash_without_markers(const char *text, size_t bytes)
{
	char *kept = xmalloc(bytes + 1);
	char *hex = xmalloc(SHA256_HEX);
	const char *end = text + bytes;
	size_t n = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *next = newline == NULL ? end : newline + 1;
		bool is_marker = next - text > 2 && text[0] == '#' && text[1] == ' ' &&
				 isdigit((unsigned char)text[2]);
		bool is_blank = next - text == 1;

		if (!is_marker && !is_blank) {
			memcpy(kept + n, text, (size_t)(next - text));
			n += (size_t)(next - text);
		}
		text = next;
	}
	sha256_hex(kept, n, hex);
	return hex;
}

/* The file that a preprocessed text came from, by its first line marker: # 0 "configs/demo.dts" */
static const char *original_name(const char *file, const char *text)
{
	const char *start = text + strspn(text, "# 0123456789");
	size_t length;

	if (*text != '#' || *start != '"') {
		return file;
	}
	start++;
	length = strcspn(start, "\"\n");
	return length == 0 || start[length] != '"' ? file : xstrndup(start, length);
}

static bool take_preprocessed(const char *file, const char *text, size_t bytes,
			      struct source *source)
{
	if (strlen(text) != bytes) {
		diag_error(location_file(file), "dtc", "is not a text file: it holds a zero byte");
		return false;
	}
	source->file = original_name(file, text);
	source->preprocessed = text;
	source->preprocessed_bytes = bytes;
	return true;
}

bool source_read(const char *file, const struct load_options *options, struct source *source)
{
	size_t bytes;
	const char *text = file_read(file, &bytes);

	*source = (struct source){ .file = file };
	if (text == NULL) {
		diag_error(location_file(file), "io", "cannot read: %s",
			   errno == EINVAL ? "not a plain file" : strerror(errno));
		return false;
	}
	if (bytes >= sizeof(fdt_magic) && memcmp(text, fdt_magic, sizeof(fdt_magic)) == 0) {
		char *hex = xmalloc(SHA256_HEX);

		sha256_hex(text, bytes, hex);
		source->hash = hex;
		source->fdt = text;
		source->fdt_bytes = bytes;
		return true;
	}
	if (ends_with(file, ".pp.dts") ? !take_preprocessed(file, text, bytes, source) :
					 !preprocess(file, options, source)) {
		return false;
	}
	source->hash = hash_without_markers(source->preprocessed, source->preprocessed_bytes);
	return compile(options, source);
}
