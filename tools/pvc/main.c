/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: pvc SUBCOMMAND FILE [options]. Exit status: 0 done, 1 errors reported, 2 usage.
 */
#define _POSIX_C_SOURCE 200809L

#include "abi/hypercall.h"
#include "hyp/types.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/emit.h"
#include "tools/pvc/explain.h"
#include "tools/pvc/load.h"
#include "tools/pvc/output.h"
#include "tools/pvc/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2

static const char usage_text[] =
	"pvc, the configuration compiler of Paravent\n"
	"\n"
	"usage: pvc check   SYSTEM.dts [-I DIR]... [-i DIR]...\n"
	"       pvc headers SYSTEM.dts -o OUT [-I DIR]...\n"
	"       pvc build   SYSTEM.dts -o OUT [-I DIR]... [-i DIR]...\n"
	"       pvc report  SYSTEM.dts [-o OUT] [-I DIR]... [-i DIR]...\n"
	"       pvc seal    SYSTEM.elf\n"
	"       pvc verify  SYSTEM.elf [SYSTEM.dts] [-I DIR]...\n"
	"       pvc --explain RULE | --explain all | --help | --version\n"
	"\n"
	"  check     read the system and report all errors; images only when -i is given\n"
	"  headers   write what guests are compiled against: include/<partition>/ports.h\n"
	"  build     check all, then write tables, devicetrees, headers and report to OUT\n"
	"  report    describe the system as text; with -o also as OUT/report.txt and .svg\n"
	"  seal      give the linked hypervisor the page permissions of its own sections\n"
	"  verify    prove from the MMU tables in the linked hypervisor that partitions are\n"
	"            isolated (against system.pp.dts beside it, unless another is named)\n"
	"\n"
	"  -o OUT    output folder, made if needed; nothing is written while there are errors\n"
	"  -I DIR    where #include looks for files\n"
	"  -i DIR    where image files are looked for: DIR/<partition>/<file>, then DIR/<file>;\n"
	"            the folder of SYSTEM.dts always comes first\n"
	"\n"
	"Messages read `file:line: error: what is wrong [rule]`; `pvc --explain rule` tells why\n"
	"it is wrong and what to do.\n"
	"All nodes, properties and rules: docs/config.md.\n";

struct arguments {
	const char *command;
	const char *files[2];
	size_t      n_files;
	struct load_options options;
};

static int finish(bool is_done)
{
	bool has_errors = diag_errors() != 0;

	diag_print(stderr, isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL);
	return is_done && !has_errors ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- Subcommands --------------------------------------------------------------- */

static void print_summary(const struct system *system)
{
	printf("%s: %zu partition%s on %s, %zu channel%s: no errors\n", system->name,
	       system->n_partitions, system->n_partitions == 1 ? "" : "s", system->model,
	       system->n_channels, system->n_channels == 1 ? "" : "s");
}

static int run_check(struct arguments *arguments)
{
	struct system system;
	bool is_good;

	arguments->options.images = arguments->options.n_image_dirs != 0;
	is_good = system_load(arguments->files[0], &arguments->options, &system);
	if (is_good) {
		print_summary(&system);
	}
	return finish(is_good);
}

static int run_headers(struct arguments *arguments)
{
	struct system system;

	return finish(system_load(arguments->files[0], &arguments->options, &system) &&
		      emit_headers(&system) && emit_system_mk(&system) &&
		      output_commit(arguments->options.out));
}

static bool write_preprocessed(const struct system *system)
{
	FILE *out;

	if (system->preprocessed == NULL) {
		return true;
	}
	out = output_open("system.pp.dts");
	fwrite(system->preprocessed, 1, system->preprocessed_bytes, out);
	return fclose(out) == 0;
}

static bool write_reports(const struct system *system)
{
	FILE *text = output_open("report.txt");
	FILE *svg;
	bool is_written = report_text(system, text);

	is_written = fclose(text) == 0 && is_written;
	svg = output_open("report.svg");
	is_written = report_svg(system, svg) && is_written;
	return fclose(svg) == 0 && is_written;
}

static bool emit_guest_files(const struct system *system)
{
	bool is_done;

	output_keep_unchanged(true);
	is_done = emit_headers(system) && emit_system_mk(system);
	output_keep_unchanged(false);
	return is_done;
}

static int run_build(struct arguments *arguments)
{
	struct system system;

	arguments->options.images = true;
	return finish(system_load(arguments->files[0], &arguments->options, &system) &&
		      emit_dtbs(&system) && emit_guest_files(&system) && emit_config(&system) &&
		      emit_mmu_tables(&system) && emit_images(&system) && write_reports(&system) &&
		      write_preprocessed(&system) && output_commit(arguments->options.out));
}

static int run_report(struct arguments *arguments)
{
	struct system system;

	arguments->options.images = arguments->options.n_image_dirs != 0;
	if (!system_load(arguments->files[0], &arguments->options, &system)) {
		return finish(false);
	}
	if (arguments->options.out != NULL &&
	    !(write_reports(&system) && output_commit(arguments->options.out))) {
		return finish(false);
	}
	return finish(report_text(&system, stdout));
}

static int run_seal(struct arguments *arguments)
{
	return finish(seal_elf(arguments->files[0]));
}

static int run_verify(struct arguments *arguments)
{
	const char *elf = arguments->files[0];
	const char *file = arguments->n_files == 2 ? arguments->files[1] :
			   xasprintf("%s/system.pp.dts", path_folder(elf));
	struct system system;

	return finish(system_load(file, &arguments->options, &system) && verify_elf(elf, &system));
}

static const struct {
	const char *name;
	int (*run)(struct arguments *arguments);
	size_t      files_most;
	bool        needs_out;
} commands[] = {
	{ "check", run_check, 1, false },
	{ "headers", run_headers, 1, true },
	{ "build", run_build, 1, true },
	{ "report", run_report, 1, false },
	{ "seal", run_seal, 1, false },
	{ "verify", run_verify, 2, false },
};

/* ---- Arguments ----------------------------------------------------------------- */

PRINTF(1, 2) static int usage_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "pvc: error: %s; see pvc --help\n", xvasprintf(format, arguments));
	va_end(arguments);
	return EXIT_USAGE;
}

/* Options and files in any order; false: an error was printed. */
static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
	struct load_options *options = &arguments->options;
	int option;

	options->include_dirs = xarray((size_t)argc, sizeof(options->include_dirs[0]));
	options->image_dirs = xarray((size_t)argc, sizeof(options->image_dirs[0]));
	for (optind = 2; optind < argc; ) {
		option = getopt(argc, argv, "+:o:I:i:");
		switch (option) {
		case 'o':
			options->out = optarg;
			break;
		case 'I':
			options->include_dirs[options->n_include_dirs++] = optarg;
			break;
		case 'i':
			options->image_dirs[options->n_image_dirs++] = optarg;
			break;
		case -1:
			if (optind == argc) {
				return true;
			}
			if (arguments->n_files == ARRAY_SIZE(arguments->files)) {
				usage_error("too many files: \"%s\"", argv[optind]);
				return false;
			}
			arguments->files[arguments->n_files++] = argv[optind++];
			break;
		default:
			usage_error(option == ':' ? "-%c needs a value" : "unknown option -%c",
				    optopt);
			return false;
		}
	}
	return true;
}

static int run_command(struct arguments *arguments)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, arguments->command) != 0) {
			continue;
		}
		if (arguments->n_files == 0) {
			return usage_error("%s needs a file", arguments->command);
		}
		if (arguments->n_files > commands[i].files_most) {
			return usage_error("%s takes one file, not also \"%s\"", arguments->command,
					   arguments->files[1]);
		}
		if (commands[i].needs_out && arguments->options.out == NULL) {
			return usage_error("%s needs -o OUT", arguments->command);
		}
		return commands[i].run(arguments);
	}
	return usage_error("unknown subcommand \"%s\"", arguments->command);
}

static int run(int argc, char **argv)
{
	struct arguments arguments = { 0 };

	if (argc < 2) {
		return usage_error("nothing to do");
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		fputs(usage_text, stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("pvc of Paravent, ABI %d.%d\n", PV_ABI_MAJOR, PV_ABI_MINOR);
		return EXIT_SUCCESS;
	}
	if (strcmp(argv[1], "--explain") == 0) {
		return argc == 3 ? explain(argv[2], stdout)
				 : usage_error("--explain needs one rule, or \"all\"");
	}
	arguments.command = argv[1];
	return read_arguments(argc, argv, &arguments) ? run_command(&arguments) : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);

	output_discard();
	arena_free();
	return status;
}
