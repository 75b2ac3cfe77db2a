/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.svg: the system as a picture. A box per core, a column of memory to scale beside a card
 * per partition, the channels as lanes between partitions, and tables of devices and interrupts.
 * Self-contained; dark text on a light ground; one colour per partition throughout.
 */
#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "tools/pvc/emit.h"
#include "tools/pvc/report.h"
#include "tools/pvc/svg.h"
#include "tools/pvc/util.h"

#include "abi/hypercall.h"
#include "hyp/types.h"

#include <inttypes.h>
#include <stdlib.h>

#define WIDTH      1080
#define MARGIN     36
#define INNER      (WIDTH - 2 * MARGIN)
#define GAP        34 /* between sections */
#define LINE       20 /* from one line of a table or card to the next */
#define LETTER     8  /* width of one, on the safe side */

#define CORE_HEIGHT 66
#define CORE_GAP    8

#define BAR_WIDTH  110
#define BAR_HEIGHT 440 /* at least */
#define RAM_GAP    14  /* between separate pieces of RAM */
#define PIECE_MIN  7   /* height of the smallest piece of memory */
#define LABEL_X    (MARGIN + BAR_WIDTH + 46)
#define LABEL_LINE 38
#define FREE_TEXT  18  /* height of free memory that has room for words */

#define CARD_X     540
#define CARD_WIDTH (WIDTH - MARGIN - CARD_X)
#define CARD_HEAD  30
#define CARD_GAP   16
#define CARD_VALUE 92 /* where values start */

#define LANE_LABEL  380 /* room for a channel's name and kind */
#define LANE_HEIGHT 50
#define TIP         8  /* of an arrow */

#define CHIP 10 /* the coloured square before an owner's name */

/* Told apart by lightness as well; all carry dark text. */
static const struct colour partition_colours[] = {
	{ "#bfdbfe", "#1d4ed8" }, { "#bbf7d0", "#15803d" }, { "#fecdd3", "#be123c" },
	{ "#ddd6fe", "#6d28d9" }, { "#fed7aa", "#c2410c" }, { "#a5f3fc", "#0e7490" },
	{ "#f5d0fe", "#a21caf" }, { "#d9f99d", "#4d7c0f" },
};
static const struct colour paravent_colour = { "#cbd5e1", "#334155" };
static const struct colour window_colour = { "#fde68a", "#b45309" };
static const struct colour free_colour = { "#f8fafc", "#cbd5e1" };
static const struct colour reserved_colour = { "#e7e5e4", "#78716c" };
static const struct colour read_only_colour = { "#ffffff", "#334155" };
static const struct colour source_colour = { "#334155", "#334155" };

struct canvas {
	FILE                *out;
	const struct system *system;
	double               y; /* where the next section starts */
};

static struct colour owner_colour(const struct partition *partition)
{
	return partition == NULL ? paravent_colour
				 : partition_colours[partition->index %
						     ARRAY_SIZE(partition_colours)];
}

static void draw_heading(struct canvas *canvas, double x, const char *text)
{
	svg_text(canvas->out, x, canvas->y + 16, "heading", 60, "%s", text);
}

/* ---- Title and cores ------------------------------------------------------------------------- */

static void draw_title(struct canvas *canvas)
{
	const struct system *system = canvas->system;
	uint64_t ram = 0;

	for (size_t i = 0; i < system->n_ram; i++) {
		ram += system->ram[i].bytes;
	}
	svg_text(canvas->out, MARGIN, 56, "title", 50, "%s", system->name);
	svg_text(canvas->out, MARGIN, 82, "dim", 100,
		 "%s: %zu core%s, %s of RAM, GICv%u. %zu partition%s, %zu channel%s, %s of "
		 "translation tables.", system->model, system->n_cpus,
		 system->n_cpus == 1 ? "" : "s", report_size(ram), system->gic_version,
		 system->n_partitions, system->n_partitions == 1 ? "" : "s", system->n_channels,
		 system->n_channels == 1 ? "" : "s", report_size(report_table_bytes(system)));
	svg_text(canvas->out, WIDTH - MARGIN, 56, "right", 40, "Paravent, input %.12s",
		 system->hash);
	canvas->y = 82 + GAP;
}

static void draw_cores(struct canvas *canvas)
{
	const struct system *system = canvas->system;
	const double step = (INNER + CORE_GAP) / (double)(system->n_cpus < 4 ? 4 : system->n_cpus);
	const size_t letters = (size_t)(step - 22) / LETTER;

	draw_heading(canvas, MARGIN, "Cores");
	canvas->y += 28;
	for (size_t i = 0; i < system->n_cpus; i++) {
		const struct cpu *cpu = &system->cpus[i];
		const double x = MARGIN + (double)i * step;

		svg_box(canvas->out, (struct box){ x, canvas->y, step - CORE_GAP, CORE_HEIGHT },
			cpu->partition != NULL ? owner_colour(cpu->partition) : free_colour, 6);
		svg_text(canvas->out, x + 10, canvas->y + 20, "small", letters + 2, "core %zu", i);
		if (cpu->partition != NULL) {
			svg_text(canvas->out, x + 10, canvas->y + 39, "bold", letters, "%s",
				 cpu->partition->name);
			svg_text(canvas->out, x + 10, canvas->y + 56, "small", letters + 2,
				 "vCPU %" PRIu32, cpu->vcpu);
		} else {
			svg_text(canvas->out, x + 10, canvas->y + 39, "dim", letters, "not used");
		}
	}
	canvas->y += CORE_HEIGHT + GAP;
}

/* ---- Partitions ------------------------------------------------------------------------------ */

struct card_line {
	const char *label, *value;
};

struct card {
	struct card_line *lines;
	size_t            n;
};

static void add_line(struct card *card, const char *label, const char *value)
{
	card->lines = xgrow(card->lines, card->n, card->n + 1, sizeof(*card->lines));
	card->lines[card->n++] = (struct card_line){ label, value };
}

static void add_memory_lines(struct card *card, const struct partition *partition)
{
	for (size_t i = 0; i < partition->n_memory; i++) {
		const struct memory *memory = &partition->memory[i];

		add_line(card, i == 0 ? "memory" : "",
			 memory->ipa == memory->pa
				 ? xasprintf("%s at 0x%" PRIx64, report_size(memory->bytes),
					     memory->ipa)
				 : xasprintf("%s at 0x%" PRIx64 " (physical 0x%" PRIx64 ")",
					     report_size(memory->bytes), memory->ipa, memory->pa));
	}
}

static struct card make_card(const struct system *system, const struct partition *partition)
{
	struct card card = { 0 };

	add_line(&card, partition->n_cpus == 1 ? "core" : "cores", report_cores(system, partition));
	add_memory_lines(&card, partition);
	if (partition->kernel_file != NULL) {
		add_line(&card, "kernel", xasprintf("%s (%s)", path_base(partition->kernel_file),
						    report_image_kind(partition)));
	}
	if (partition->ramdisk_file != NULL) {
		add_line(&card, "ramdisk", path_base(partition->ramdisk_file));
	}
	add_line(&card, "console", report_console(system, partition));
	for (size_t i = 0; i < partition->n_devices; i++) {
		add_line(&card, i == 0 ? "devices" : "", partition->devices[i]->node.name);
	}
	return card;
}

static double card_height(const struct card *card)
{
	return CARD_HEAD + 10 + LINE * (double)card->n;
}

static double cards_height(const struct system *system)
{
	double height = 0;

	for (size_t i = 0; i < system->n_partitions; i++) {
		struct card card = make_card(system, &system->partitions[i]);

		height += card_height(&card) + (i > 0 ? CARD_GAP : 0);
	}
	return height;
}

static void draw_card(const struct canvas *canvas, const struct partition *partition, double y)
{
	const struct colour colour = owner_colour(partition);
	const struct card card = make_card(canvas->system, partition);
	FILE *out = canvas->out;

	svg_box(out, (struct box){ CARD_X, y, CARD_WIDTH, card_height(&card) },
		(struct colour){ "#ffffff", colour.stroke }, 6);
	svg_box(out, (struct box){ CARD_X, y, CARD_WIDTH, CARD_HEAD }, colour, 6);
	svg_text(out, CARD_X + 12, y + 20, "bold", 26, "%s", partition->name);
	svg_text(out, WIDTH - MARGIN - 12, y + 20, "right", 32, "%s%s, id %" PRIu32,
		 (partition->roles & PV_ROLE_MANAGER) != 0 ? "manager, " : "",
		 partition->os_type != NULL ? partition->os_type : "any system", partition->id);
	for (size_t i = 0; i < card.n; i++) {
		double line = y + CARD_HEAD + LINE * (double)(i + 1);

		svg_text(out, CARD_X + 12, line, "dim", 10, "%s", card.lines[i].label);
		svg_text(out, CARD_X + CARD_VALUE, line, "", (CARD_WIDTH - CARD_VALUE) / LETTER,
			 "%s", card.lines[i].value);
	}
}

static void draw_cards(const struct canvas *canvas, double y)
{
	for (size_t i = 0; i < canvas->system->n_partitions; i++) {
		const struct partition *partition = &canvas->system->partitions[i];
		const struct card card = make_card(canvas->system, partition);

		draw_card(canvas, partition, y);
		y += card_height(&card) + CARD_GAP;
	}
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static struct colour region_colour(const struct region *region)
{
	switch (region->kind) {
	case REGION_MEMORY:
		return owner_colour(region->partition);
	case REGION_IMAGE:
		return paravent_colour;
	case REGION_WINDOW:
		return window_colour;
	case REGION_RESERVED:
		return reserved_colour;
	case REGION_DEVICE:
	case REGION_FREE:
		break;
	}
	return free_colour;
}

/* The column: where each region stands. Regions that cannot be seen at scale are drawn larger. */
struct column {
	struct regions regions;
	double         y, height;
	struct box    *boxes;
};

static bool starts_piece(const struct regions *regions, size_t index)
{
	return index > 0 && regions->all[index - 1].base + regions->all[index - 1].bytes !=
				    regions->all[index].base;
}

/* Units per byte, such that the enlarged regions and all others together fill the height. */
static double find_scale(const struct regions *regions, double height)
{
	double scale = 0, rest = height, bytes = 0;

	for (size_t i = 0; i < regions->n; i++) {
		rest -= starts_piece(regions, i) ? RAM_GAP : 0;
		bytes += (double)regions->all[i].bytes;
	}
	/* Each round can only take more regions out of the scale: it ends after n of them. */
	for (size_t round = 0; round <= regions->n && bytes > 0; round++) {
		double room = rest, left = 0;

		scale = round == 0 ? rest / bytes : scale;
		for (size_t i = 0; i < regions->n; i++) {
			bool small = (double)regions->all[i].bytes * scale < PIECE_MIN;

			room -= small ? PIECE_MIN : 0;
			left += small ? 0 : (double)regions->all[i].bytes;
		}
		scale = left > 0 && room > 0 ? room / left : scale;
	}
	return scale;
}

static struct column make_column(const struct system *system, double y, double height)
{
	struct column column = { .regions = report_memory(system), .y = y, .height = height };
	double scale = find_scale(&column.regions, height);

	column.boxes = xarray(column.regions.n, sizeof(*column.boxes));
	for (size_t i = 0; i < column.regions.n; i++) {
		double wanted = (double)column.regions.all[i].bytes * scale;

		y += starts_piece(&column.regions, i) ? RAM_GAP : 0;
		column.boxes[i] = (struct box){ MARGIN, y, BAR_WIDTH,
						wanted < PIECE_MIN ? PIECE_MIN : wanted };
		y += column.boxes[i].height;
	}
	return column;
}

/* Free memory says in the column itself how much it is. */
static bool has_label(const struct region *region)
{
	return region->kind != REGION_FREE;
}

static size_t count_labels(const struct regions *regions)
{
	size_t n = 0;

	for (size_t i = 0; i < regions->n; i++) {
		n += has_label(&regions->all[i]) ? 1 : 0;
	}
	return n;
}

/* Labels stand beside their regions, pushed apart where these are small. */
static double *place_labels(const struct column *column)
{
	const size_t n = column->regions.n;
	double *places = xarray(n, sizeof(*places));
	double next = column->y;
	double limit = column->y + column->height;

	for (size_t i = 0; i < n; i++) {
		double wanted = column->boxes[i].y + column->boxes[i].height / 2 - LABEL_LINE / 2.0;

		if (has_label(&column->regions.all[i])) {
			places[i] = wanted > next ? wanted : next;
			next = places[i] + LABEL_LINE;
		}
	}
	for (size_t i = n; i > 0; i--) {
		if (has_label(&column->regions.all[i - 1])) {
			limit -= LABEL_LINE;
			places[i - 1] = places[i - 1] < limit ? places[i - 1] : limit;
			limit = places[i - 1];
		}
	}
	return places;
}

static void draw_free(const struct canvas *canvas, const struct region *region, struct box box)
{
	if (box.height >= FREE_TEXT) {
		svg_text(canvas->out, box.x + box.width / 2, box.y + box.height / 2 + 4, "free", 16,
			 "%s free", report_size(region->bytes));
	}
}

static void draw_label(const struct canvas *canvas, const struct region *region, struct box box,
		       double y)
{
	double edge = MARGIN + BAR_WIDTH;
	double middle = y + LABEL_LINE / 2.0;
	FILE *out = canvas->out;

	svg_line(out, edge, box.y + box.height / 2, edge + 12, box.y + box.height / 2, "leader");
	svg_line(out, edge + 12, box.y + box.height / 2, LABEL_X - 20, middle, "leader");
	svg_line(out, LABEL_X - 20, middle, LABEL_X - 8, middle, "leader");
	svg_text(out, LABEL_X, middle - 2, "bold", 34, "%s%s%s",
		 region->owner != NULL ? region->owner : "", region->owner != NULL ? " " : "",
		 region->name);
	svg_text(out, LABEL_X, middle + 12, "mono", 48, "0x%" PRIx64 "..0x%" PRIx64 ", %s",
		 region->base, region->base + region->bytes - 1, report_size(region->bytes));
}

static void draw_memory(struct canvas *canvas)
{
	const struct regions regions = report_memory(canvas->system);
	const double labels = (double)count_labels(&regions) * LABEL_LINE;
	double height = BAR_HEIGHT;
	struct column column;
	double *places;

	draw_heading(canvas, MARGIN, "Memory, to scale (small pieces enlarged)");
	draw_heading(canvas, CARD_X, "Partitions");
	canvas->y += 30;

	height = labels > height ? labels : height;
	height = cards_height(canvas->system) > height ? cards_height(canvas->system) : height;
	column = make_column(canvas->system, canvas->y, height);
	places = place_labels(&column);
	for (size_t i = 0; i < regions.n; i++) {
		const struct region *region = &column.regions.all[i];

		svg_box(canvas->out, column.boxes[i], region_colour(region), 0);
		if (has_label(region)) {
			draw_label(canvas, region, column.boxes[i], places[i]);
		} else {
			draw_free(canvas, region, column.boxes[i]);
		}
	}
	draw_cards(canvas, canvas->y);
	canvas->y += height + GAP;
}

/* ---- Channels -------------------------------------------------------------------------------- */

static double lane_step(const struct system *system)
{
	return (INNER - LANE_LABEL) / (double)system->n_partitions;
}

static double lane_x(const struct system *system, const struct partition *partition)
{
	return MARGIN + LANE_LABEL + (partition->index + 0.5) * lane_step(system);
}

/* From the leftmost to the rightmost end, without running through the tip of an arrow. */
static void draw_flow(const struct canvas *canvas, const struct channel *channel, double y)
{
	const struct system *system = canvas->system;
	const double first = lane_x(system, channel->ports[0]->partition);
	double left = first, right = first;

	for (size_t i = 1; i < channel->n_ports; i++) {
		double x = lane_x(system, channel->ports[i]->partition);
		double tip = channel->ports[i]->direction == PORT_DESTINATION ? TIP : 0;

		left = x < first && x + tip < left ? x + tip : left;
		right = x > first && x - tip > right ? x - tip : right;
	}
	svg_line(canvas->out, left, y, right, y, "flow");
	for (size_t i = 0; i < channel->n_ports; i++) {
		const struct port *port = channel->ports[i];
		double x = lane_x(system, port->partition);

		if (port->direction == PORT_DESTINATION) {
			svg_arrow(canvas->out, x, y, x > first ? 1 : -1, source_colour.fill);
		} else {
			svg_dot(canvas->out, x, y, 5,
				port->read_only ? read_only_colour : source_colour);
		}
	}
}

static void draw_channel(const struct canvas *canvas, const struct channel *channel, double y)
{
	FILE *out = canvas->out;

	svg_text(out, MARGIN, y + 21, "bold", 40, "%s", channel->name);
	if (channel->n_windows > 0) {
		svg_text(out, MARGIN, y + 38, "dim", 52, "%s, at 0x%" PRIx64,
			 report_channel_kind(channel), channel->windows[0]->pa);
	} else {
		svg_text(out, MARGIN, y + 38, "dim", 52, "%s", report_channel_kind(channel));
	}
	svg_line(out, MARGIN, y + LANE_HEIGHT, WIDTH - MARGIN, y + LANE_HEIGHT, "rule");
	if (channel->n_ports > 0) {
		draw_flow(canvas, channel, y + LANE_HEIGHT / 2.0);
	}
}

static void draw_channels(struct canvas *canvas)
{
	const struct system *system = canvas->system;
	const double step = system->n_partitions > 0 ? lane_step(system) : 0;
	double end;

	if (system->n_channels == 0) {
		return;
	}
	draw_heading(canvas, MARGIN, "Channels");
	end = canvas->y + 34 + LANE_HEIGHT * (double)system->n_channels;
	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];
		const double x = lane_x(system, partition);
		const double width = step - 12 < 150 ? step - 12 : 150;

		svg_line(canvas->out, x, canvas->y + 26, x, end, "lane");
		svg_box(canvas->out, (struct box){ x - width / 2, canvas->y, width, 26 },
			owner_colour(partition), 13);
		svg_text(canvas->out, x, canvas->y + 18, "center", (size_t)(width - 12) / LETTER,
			 "%s", partition->name);
	}
	canvas->y += 34;
	for (size_t i = 0; i < system->n_channels; i++) {
		draw_channel(canvas, &system->channels[i],
			     canvas->y + LANE_HEIGHT * (double)i);
	}
	canvas->y = end + GAP;
}

/* ---- Devices and interrupts ------------------------------------------------------------------ */

static void draw_owner(const struct canvas *canvas, double x, double y,
		       const struct partition *partition, const char *name)
{
	svg_box(canvas->out, (struct box){ x, y - CHIP, CHIP, CHIP }, owner_colour(partition), 2);
	svg_text(canvas->out, x + CHIP + 7, y, "", 16, "%s", name);
}

static double draw_devices(const struct canvas *canvas, double y)
{
	const struct report_devices devices = report_devices(canvas->system);

	for (size_t i = 0; i < devices.n; i++) {
		const struct device *device = devices.all[i];

		y += LINE;
		svg_text(canvas->out, MARGIN, y, "", 28, "%s", device->node.name);
		svg_text(canvas->out, MARGIN + 240, y, "mono", 12, "0x%" PRIx64,
			 device->reg[0].base);
		draw_owner(canvas, MARGIN + 334, y, device->owner,
			   device->owner != NULL ? device->owner->name : "paravent");
	}
	return y;
}

static double draw_interrupts(const struct canvas *canvas, double y)
{
	const struct report_interrupts interrupts = report_interrupts(canvas->system);

	for (size_t i = 0; i < interrupts.n; i++) {
		const struct report_interrupt *interrupt = &interrupts.all[i];

		y += LINE;
		svg_text(canvas->out, CARD_X, y, "mono", 4, "%" PRIu32, interrupt->intid);
		svg_text(canvas->out, CARD_X + 36, y, "mono", 8, "%s %" PRIu32,
			 interrupt->intid >= 32 ? "SPI" : "PPI",
			 interrupt->intid - (interrupt->intid >= 32 ? 32 : 16));
		draw_owner(canvas, CARD_X + 110, y, interrupt->partition, interrupt->owner);
		svg_text(canvas->out, CARD_X + 274, y, "", 28, "%s", interrupt->source);
	}
	return y;
}

static void draw_tables(struct canvas *canvas)
{
	double left, right;

	draw_heading(canvas, MARGIN, "Devices");
	draw_heading(canvas, CARD_X, "Interrupts");
	canvas->y += 24;
	svg_text(canvas->out, CARD_X, canvas->y + 10, "dim", 70,
		 "INTID; SGIs 0..14 and timers 27, 30 belong to every partition");
	left = draw_devices(canvas, canvas->y - 4);
	right = draw_interrupts(canvas, canvas->y + 14);
	canvas->y = left > right ? left : right;
}

bool report_svg(const struct system *system, FILE *out)
{
	char *body = NULL;
	size_t bytes = 0;
	struct canvas canvas = { .out = open_memstream(&body, &bytes), .system = system };

	if (canvas.out == NULL) {
		return false;
	}
	draw_title(&canvas);
	draw_cores(&canvas);
	draw_memory(&canvas);
	draw_channels(&canvas);
	draw_tables(&canvas);
	fclose(canvas.out);

	svg_open(out, WIDTH, (int)canvas.y + MARGIN, system->name);
	fwrite(body, 1, bytes, out);
	svg_close(out);
	free(body);
	return ferror(out) == 0;
}
