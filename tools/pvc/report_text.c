/* SPDX-License-Identifier: Apache-2.0 */
/* report.txt: who owns what, on a terminal of 100 columns. */
#include "hyp/types.h"
#include "tools/pvc/emit.h"
#include "tools/pvc/report.h"
#include "tools/pvc/util.h"
#include "tools/pvc/virtual_kinds.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define COLUMNS   100
#define INDENT    2
#define BAR_CELLS 96

/* One line being put together; what does not fit is cut, and the cut shown. */
struct line {
	char   text[COLUMNS + 1];
	size_t length;
};

static void add_character(struct line *line, char c)
{
	if (line->length < COLUMNS) {
		line->text[line->length++] = c;
	} else {
		line->text[COLUMNS - 1] = '~';
	}
}

PRINTF(3, 4) static void put_at(struct line *line, size_t column, const char *format, ...)
{
	va_list arguments;
	const char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);

	/* Text too long for its column pushes the next one on by a space. */
	if (line->length > 0 && line->length >= column) {
		add_character(line, ' ');
	}
	while (line->length < column) {
		add_character(line, ' ');
	}
	for (; *text != '\0'; text++) {
		add_character(line, *text >= ' ' && *text <= '~' ? *text : '?');
	}
}

static void end_line(struct line *line, FILE *out)
{
	fprintf(out, "%.*s\n", (int)line->length, line->text);
	*line = (struct line){ 0 };
}

static void print_heading(FILE *out, const char *text)
{
	struct line line = { 0 };

	fputs("\n", out);
	put_at(&line, 0, "%s ", text);
	while (line.length < COLUMNS) {
		add_character(&line, '-');
	}
	end_line(&line, out);
}

/* ---- Sections -------------------------------------------------------------------------------- */

static void print_title(FILE *out, const struct system *system)
{
	struct line line = { 0 };
	uint64_t ram = 0;

	for (size_t i = 0; i < system->n_ram; i++) {
		ram += system->ram[i].bytes;
	}
	put_at(&line, 0, "%s on %s: %zu core%s, %s of RAM, GICv%u, %zu partition%s", system->name,
	       system->model, system->n_cpus, system->n_cpus == 1 ? "" : "s", report_size(ram),
	       system->gic_version, system->n_partitions, system->n_partitions == 1 ? "" : "s");
	end_line(&line, out);
	put_at(&line, 0, "input %.16s, translation tables %s", system->hash,
	       report_size(report_table_bytes(system)));
	end_line(&line, out);
}

static void print_load(FILE *out, const struct load *load)
{
	struct line line = { 0 };

	put_at(&line, 10, "%s", load->what);
	put_at(&line, 22, "0x%09" PRIx64, load->ipa);
	put_at(&line, 36, "%s", report_size(load->memory_bytes));
	put_at(&line, 48, "%s", load->file_bytes > 0 ? path_base(load->file) : "zeroes");
	end_line(&line, out);
}

static void print_partition(FILE *out, const struct system *system,
			    const struct partition *partition)
{
	struct line line = { 0 };

	put_at(&line, INDENT, "%s", partition->name);
	put_at(&line, 10 + INDENT, "id %" PRIu32 ", %s, core%s %s", partition->id,
	       partition->os_type != NULL ? partition->os_type : "any system",
	       partition->n_cpus == 1 ? "" : "s", report_cores(system, partition));
	if (partition->roles != 0) {
		put_at(&line, 0, "(%s)", report_roles(partition));
	}
	end_line(&line, out);
	for (size_t i = 0; i < partition->n_memory; i++) {
		const struct memory *memory = &partition->memory[i];

		put_at(&line, 10, "memory");
		put_at(&line, 22, "0x%09" PRIx64, memory->ipa);
		put_at(&line, 36, "%s", report_size(memory->bytes));
		if (memory->ipa != memory->pa) {
			put_at(&line, 48, "at physical 0x%09" PRIx64, memory->pa);
		}
		end_line(&line, out);
	}
	for (size_t i = 0; i < partition->n_loads; i++) {
		print_load(out, &partition->loads[i]);
	}
	put_at(&line, 10, "console");
	put_at(&line, 22, "%s", report_console(system, partition));
	end_line(&line, out);
	put_at(&line, 10, "GIC");
	put_at(&line, 22, "0x%09" PRIx64 " and 0x%09" PRIx64, partition->gic_distributor,
	       partition->gic_second);
	end_line(&line, out);
}

static void print_cores(FILE *out, const struct system *system)
{
	for (size_t i = 0; i < system->n_cpus; i++) {
		const struct cpu *cpu = &system->cpus[i];
		struct line line = { 0 };

		put_at(&line, INDENT, "core %zu", i);
		put_at(&line, 12, "affinity 0x%" PRIx64, cpu->mpidr);
		if (cpu->partition != NULL) {
			put_at(&line, 34, "%s, vCPU %" PRIu32, cpu->partition->name, cpu->vcpu);
		} else {
			put_at(&line, 34, "not used");
		}
		end_line(&line, out);
	}
}

/* ---- Memory to scale ------------------------------------------------------------------------- */

/* A letter of its own for each partition: its first one not taken, in capitals; else a digit. */
static char partition_letter(const struct system *system, size_t index)
{
	char taken[MODEL_MAX_CPUS + 1] = { 'P' }; /* Paravent */
	char letter = 'P';

	for (size_t i = 0; i <= index && i < MODEL_MAX_CPUS; i++) {
		const char *name = system->partitions[i].name;

		letter = (char)('0' + i % 10);
		for (size_t k = 0; name[k] != '\0'; k++) {
			char c = (char)toupper((unsigned char)name[k]);

			if (c >= 'A' && c <= 'Z' && memchr(taken, c, i + 1) == NULL) {
				letter = c;
				break;
			}
		}
		taken[i + 1] = letter;
	}
	return letter;
}

static char region_letter(const struct system *system, const struct region *region)
{
	switch (region->kind) {
	case REGION_IMAGE:
		return 'P';
	case REGION_MEMORY:
		return partition_letter(system, region->partition->index);
	case REGION_WINDOW:
		return '=';
	case REGION_RESERVED:
		return 'x';
	case REGION_DEVICE:
	case REGION_FREE:
		break;
	}
	return '.';
}

/* Every region in use shows at least one cell; free memory gives way. */
static void print_bar(FILE *out, const struct system *system, const struct memory *ram,
		      const struct regions *regions)
{
	char cells[BAR_CELLS + 1];
	struct line line = { 0 };

	memset(cells, '.', BAR_CELLS);
	cells[BAR_CELLS] = '\0';
	for (size_t i = 0; i < regions->n; i++) {
		const struct region *region = &regions->all[i];
		double scale = (double)BAR_CELLS / (double)ram->bytes;

		if (region->kind == REGION_FREE || region->base < ram->pa ||
		    region->base - ram->pa >= ram->bytes) {
			continue;
		}

		size_t first = (size_t)((double)(region->base - ram->pa) * scale);
		size_t end = (size_t)((double)(region->base + region->bytes - ram->pa) * scale);

		/* What came before keeps its only cell. */
		while (first + 1 < BAR_CELLS && cells[first] != '.' && end <= first + 1) {
			first++;
			end = first + 1;
		}
		end = end <= first ? first + 1 : end;
		for (size_t k = first; k < end && k < BAR_CELLS; k++) {
			cells[k] = region_letter(system, region);
		}
	}
	put_at(&line, INDENT, "0x%09" PRIx64, ram->pa);
	put_at(&line, COLUMNS - INDENT - 11, "0x%09" PRIx64, ram->pa + ram->bytes - 1);
	end_line(&line, out);
	put_at(&line, INDENT, "%s", cells);
	end_line(&line, out);
}

static void print_memory(FILE *out, const struct system *system)
{
	struct regions regions = report_memory(system);

	for (size_t i = 0; i < system->n_ram; i++) {
		print_bar(out, system, &system->ram[i], &regions);
	}
	for (size_t i = 0; i < regions.n; i++) {
		const struct region *region = &regions.all[i];
		struct line line = { 0 };

		put_at(&line, INDENT, "%c", region_letter(system, region));
		put_at(&line, 6, "0x%09" PRIx64 "..0x%09" PRIx64, region->base,
		       region->base + region->bytes - 1);
		put_at(&line, 32, "%10s", report_size(region->bytes));
		put_at(&line, 45, "%s", region->owner != NULL ? region->owner : "-");
		put_at(&line, 62, "%s", region->name);
		end_line(&line, out);
	}
}

/* A list from `column` on, broken behind commas where the line is full; ends the line. */
static void print_list(FILE *out, struct line *line, size_t column, const char *list)
{
	while (*list != '\0') {
		size_t start = line->length >= column ? line->length + 1 : column;
		size_t length = strlen(list);

		while (length > 0 && start + length > COLUMNS) {
			/* Back to the comma before. */
			length--;
			while (length > 0 && list[length - 1] != ',') {
				length--;
			}
		}
		if (length == 0 && line->length > 0) {
			end_line(line, out); /* nothing fits beside what stands there */
			continue;
		}
		length = length > 0 ? length : strlen(list);
		put_at(line, column, "%.*s", (int)length, list);
		end_line(line, out);
		list += length;
		list += *list == ' ' ? 1 : 0;
	}
}

static void print_channel(FILE *out, const struct channel *channel)
{
	const char *both = report_ends(channel, PORT_BOTH);
	struct line line = { 0 };

	put_at(&line, INDENT, "%s", channel->name);
	put_at(&line, 19, "%s", report_channel_kind(channel));
	print_list(out, &line, 59,
		   *both != '\0' ? both
				 : xasprintf("%s -> %s", report_ends(channel, PORT_SOURCE),
					     report_ends(channel, PORT_DESTINATION)));
	for (size_t i = 0; i < channel->n_windows; i++) {
		const struct window *window = channel->windows[i];

		put_at(&line, 19, "0x%09" PRIx64 "..0x%09" PRIx64, window->pa,
		       window->pa + window->bytes - 1);
		put_at(&line, 59, "%s", window->name);
		end_line(&line, out);
	}
}

static void print_channels(FILE *out, const struct system *system)
{
	for (size_t i = 0; i < system->n_channels; i++) {
		print_channel(out, &system->channels[i]);
	}
	if (system->n_channels == 0) {
		fputs("  none\n", out);
	}
}

static void print_virtual_device(FILE *out, const struct virtual_device *device)
{
	const struct window *windows[] = { device->window, device->registers, device->state };
	struct line line = { 0 };

	put_at(&line, INDENT, "%s", device->name);
	put_at(&line, 19, "%s%s, %" PRIu32 " queue%s of %" PRIu32, device->kind->name,
	       device->read_only ? ", read-only" : "", device->kind->n_queues,
	       device->kind->n_queues == 1 ? "" : "s", device->queue_size);
	print_list(out, &line, 59,
		   xasprintf("%s, served by %s", device->frontend->name, device->backend->name));
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		put_at(&line, 19, "0x%09" PRIx64 "..0x%09" PRIx64, windows[i]->pa,
		       windows[i]->pa + windows[i]->bytes - 1);
		put_at(&line, 59, "%s", i == 0 ? xasprintf("%s.window", device->name)
					       : windows[i]->name);
		end_line(&line, out);
	}
}

static void print_virtual_devices(FILE *out, const struct system *system)
{
	if (system->n_virtual_devices == 0) {
		return;
	}
	print_heading(out, "Virtual devices");
	for (size_t i = 0; i < system->n_virtual_devices; i++) {
		print_virtual_device(out, &system->virtual_devices[i]);
	}
}

static void print_devices(FILE *out, const struct system *system)
{
	const struct report_devices devices = report_devices(system);
	struct line line = { 0 };

	for (size_t i = 0; i < devices.n; i++) {
		const struct device *device = devices.all[i];

		put_at(&line, INDENT, "%s", device->node.name);
		put_at(&line, 34, "0x%09" PRIx64, device->reg[0].base);
		put_at(&line, 48, "%s", device->owner != NULL ? device->owner->name : "paravent");
		if (device->dma_master) {
			put_at(&line, 66, "DMA without IOMMU");
		}
		end_line(&line, out);
	}
	if (devices.n == 0) {
		fputs("  none\n", out);
	}
}

static void print_interrupts(FILE *out, const struct system *system)
{
	struct report_interrupts interrupts = report_interrupts(system);
	struct line line = { 0 };

	put_at(&line, INDENT,
	       "each partition: SGIs 0..14, timer PPIs 27 (virtual) and 30 (physical)");
	end_line(&line, out);
	for (size_t i = 0; i < interrupts.n; i++) {
		const struct report_interrupt *interrupt = &interrupts.all[i];

		put_at(&line, INDENT, "INTID %" PRIu32, interrupt->intid);
		if (interrupt->intid >= 32) {
			put_at(&line, 14, "SPI %" PRIu32, interrupt->intid - 32);
		} else {
			put_at(&line, 14, "PPI %" PRIu32, interrupt->intid - 16);
		}
		put_at(&line, 26, "%s", interrupt->owner);
		put_at(&line, 48, "%s", interrupt->source);
		end_line(&line, out);
	}
}

bool report_text(const struct system *system, FILE *out)
{
	print_title(out, system);
	print_heading(out, "Partitions");
	for (size_t i = 0; i < system->n_partitions; i++) {
		print_partition(out, system, &system->partitions[i]);
	}
	print_heading(out, "Cores");
	print_cores(out, system);
	print_heading(out, "Memory");
	print_memory(out, system);
	print_heading(out, "Channels");
	print_channels(out, system);
	print_virtual_devices(out, system);
	print_heading(out, "Devices");
	print_devices(out, system);
	print_heading(out, "Interrupts");
	print_interrupts(out, system);
	return ferror(out) == 0;
}
