/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/dtb_writer.h"

#include "tools/pvc/util.h"

#include <libfdt.h>
#include <limits.h>
#include <string.h>

/* devicetree binding "arm,gic-v3", interrupt specifiers. */
#define GIC_SPI     0
#define FIRST_SPI   32
#define EDGE_RISING 1

static void note_error(struct dtb *dtb, int error)
{
	if (dtb->error == 0) {
		dtb->error = error;
	}
}

struct dtb dtb_start(size_t bytes_max)
{
	struct dtb dtb = { .fdt = xmalloc(bytes_max) };

	note_error(&dtb, bytes_max > INT_MAX ? -FDT_ERR_NOSPACE
					     : fdt_create(dtb.fdt, (int)bytes_max));
	if (dtb.error == 0) {
		note_error(&dtb, fdt_finish_reservemap(dtb.fdt));
	}
	dtb_open(&dtb, "");
	return dtb;
}

void dtb_open(struct dtb *dtb, const char *name)
{
	if (dtb->error == 0) {
		note_error(dtb, fdt_begin_node(dtb->fdt, name));
	}
}

void dtb_close(struct dtb *dtb)
{
	if (dtb->error == 0) {
		note_error(dtb, fdt_end_node(dtb->fdt));
	}
}

void dtb_bytes(struct dtb *dtb, const char *name, const void *value, size_t bytes)
{
	if (dtb->error == 0) {
		note_error(dtb, bytes > INT_MAX
					? -FDT_ERR_NOSPACE
					: fdt_property(dtb->fdt, name, value, (int)bytes));
	}
}

void dtb_flag(struct dtb *dtb, const char *name)
{
	dtb_bytes(dtb, name, "", 0);
}

void dtb_text(struct dtb *dtb, const char *name, const char *text)
{
	dtb_bytes(dtb, name, text, strlen(text) + 1);
}

void dtb_texts(struct dtb *dtb, const char *name, const char *const *texts, size_t n)
{
	size_t bytes = 0;
	char *list;

	for (size_t i = 0; i < n; i++) {
		bytes += strlen(texts[i]) + 1;
	}
	list = xmalloc(bytes);
	bytes = 0;
	for (size_t i = 0; i < n; i++) {
		memcpy(list + bytes, texts[i], strlen(texts[i]) + 1);
		bytes += strlen(texts[i]) + 1;
	}
	dtb_bytes(dtb, name, list, bytes);
}

void dtb_cell(struct dtb *dtb, const char *name, uint32_t cell)
{
	dtb_cells(dtb, name, &cell, 1);
}

void dtb_cells(struct dtb *dtb, const char *name, const uint32_t *cells, size_t n)
{
	fdt32_t *value = xarray(n, sizeof(*value));

	for (size_t i = 0; i < n; i++) {
		value[i] = cpu_to_fdt32(cells[i]);
	}
	dtb_bytes(dtb, name, value, n * sizeof(*value));
}

void dtb_numbers(struct dtb *dtb, const char *name, const uint64_t *numbers, size_t n)
{
	uint32_t *cells = xarray(2 * n, sizeof(*cells));

	for (size_t i = 0; i < n; i++) {
		cells[2 * i] = (uint32_t)(numbers[i] >> 32);
		cells[2 * i + 1] = (uint32_t)numbers[i];
	}
	dtb_cells(dtb, name, cells, 2 * n);
}

void dtb_edge_interrupt(struct dtb *dtb, uint32_t intid)
{
	dtb_cells(dtb, "interrupts", (const uint32_t[]){ GIC_SPI, intid - FIRST_SPI, EDGE_RISING }, 3);
}

size_t dtb_finish(struct dtb *dtb)
{
	dtb_close(dtb);
	if (dtb->error == 0) {
		note_error(dtb, fdt_finish(dtb->fdt));
	}
	return dtb->error == 0 ? fdt_totalsize(dtb->fdt) : 0;
}
