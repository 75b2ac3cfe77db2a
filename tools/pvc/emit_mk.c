/* SPDX-License-Identifier: Apache-2.0 */
/* system.mk: what the Makefile must know of a system. */
#include "tools/pvc/board_tree.h"
#include "tools/pvc/emit.h"
#include "tools/pvc/emit_c.h"
#include "tools/pvc/output.h"
#include "tools/pvc/util.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)

/* Words of the DTS must stay words: make would expand "$" and end the line at "#". */
static void print_word(FILE *out, const char *word)
{
	for (const char *c = word; *c != '\0'; c++) {
		if (*c == '$') {
			fputs("$$", out);
		} else if (*c == '#') {
			fputs("\\#", out);
		} else {
			fputc(*c >= ' ' && *c <= '~' ? *c : '_', out);
		}
	}
}

static void print_images(FILE *out, const struct system *system)
{
	fputs("images :=", out);
	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];
		const char *const files[] = { partition->kernel_file, partition->ramdisk_file };

		for (size_t k = 0; k < 2; k++) {
			if (files[k] != NULL) {
				fputc(' ', out);
				print_word(out, partition->name);
				fputc('/', out);
				print_word(out, files[k]);
			}
		}
	}
	fputc('\n', out);
}

/* QEMU names its cores as the devicetree does, without "arm,". */
static void print_cpu(FILE *out, const struct system *system)
{
	const char *compatible = fdt_getprop(system->fdt, system->cpus[0].node.offset, "compatible",
					     NULL);

	if (compatible != NULL && starts_with(compatible, "arm,")) {
		fputs(" -cpu ", out);
		print_word(out, compatible + strlen("arm,"));
	}
}

/* Does the board's own description say this option? Some machines take only one value for it. */
static bool has_option(const struct system *system, const char *option)
{
	for (const char **word = system->qemu; *word != NULL; word++) {
		if (strcmp(*word, option) == 0) {
			return true;
		}
	}
	return false;
}

static void print_qemu(FILE *out, const struct system *system)
{
	uint64_t bytes = 0;

	fputs("qemu_args :=", out);
	if (system->qemu != NULL && system->qemu[0] != NULL) {
		for (const char **word = system->qemu; *word != NULL; word++) {
			fputc(' ', out);
			print_word(out, *word);
		}
		for (size_t i = 0; i < system->n_ram; i++) {
			bytes += system->ram[i].bytes;
		}
		if (!has_option(system, "-cpu")) {
			print_cpu(out, system);
		}
		fprintf(out, " -smp %zu", system->n_cpus);
		if (!has_option(system, "-m")) {
			fprintf(out, " -m %" PRIu64, bytes / MIB);
		}
	}
	fputc('\n', out);
}

/* Which of QEMU's serial lines is the console; the board's description lists them. */
static void print_qemu_serial(FILE *out, const struct system *system)
{
	size_t console = 0;

	for (size_t i = 0; i < system->n_qemu_serials; i++) {
		if (system->console != NULL && system->qemu_serials[i] == system->console) {
			console = i;
		}
	}
	fprintf(out, "qemu_serial := %zu\n", console);
}

/* The board's own devicetree, and whether the system cannot be built without it. */
static void print_devicetree(FILE *out, const struct system *system)
{
	fputs("devicetree :=", out);
	if (system->devicetree != NULL) {
		fputc(' ', out);
		print_word(out, system->devicetree);
	}
	fprintf(out, "\ncuts_devicetree :=%s\n", is_board_tree_needed(system) ? " yes" : "");
}

/* What tools/sdcard and tools/fit must know of the board. */
static void print_board(FILE *out, const struct system *system)
{
	fputs("model := ", out);
	print_word(out, system->model);
	fputs("\nconsole := ", out);
	print_word(out, system->console == NULL ? "" : system->console->node.path);
	fprintf(out, "\ncpu_start := %s\n", system->spin_table ? "spin-table" : "psci");
	if (system->sdcard != NULL) {
		fprintf(out, "sdcard := %s\n", system->sdcard);
	}
	if (system->load_address != 0) {
		fprintf(out, "load_address := 0x%" PRIx64 "\n", system->load_address);
	}
	if (system->devicetree_address != 0) {
		fprintf(out, "devicetree_address := 0x%" PRIx64 "\n", system->devicetree_address);
	}
}

bool emit_system_mk(const struct system *system)
{
	FILE *out = output_open("system.mk");

	fprintf(out, "# input %s\n# SPDX-License-Identifier: Apache-2.0\n", system->hash);
	fputs("# System \"", out);
	print_word(out, system->name);
	fputs("\", written by pvc.\n", out);
	fprintf(out, "image_base := 0x%" PRIx64 "\npartitions :=", system->image.base);
	for (size_t i = 0; i < system->n_partitions; i++) {
		fputc(' ', out);
		print_word(out, system->partitions[i].name);
	}
	fputc('\n', out);
	print_images(out, system);
	print_qemu(out, system);
	print_qemu_serial(out, system);
	print_devicetree(out, system);
	print_board(out, system);
	return fclose(out) == 0;
}
