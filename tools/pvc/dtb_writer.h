/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a flattened devicetree from start to end, on libfdt's sequential writer.
 *
 * The first failure is kept and all further calls do nothing, so that only dtb_finish() is checked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dtb {
	void *fdt;
	int   error; /* 0, or the first libfdt error */
};

struct dtb dtb_start(size_t bytes_max);

void dtb_open(struct dtb *dtb, const char *name);
void dtb_close(struct dtb *dtb);

void dtb_bytes(struct dtb *dtb, const char *name, const void *value, size_t bytes);
void dtb_flag(struct dtb *dtb, const char *name);
void dtb_text(struct dtb *dtb, const char *name, const char *text);
void dtb_texts(struct dtb *dtb, const char *name, const char *const *texts, size_t n);
void dtb_cell(struct dtb *dtb, const char *name, uint32_t cell);
void dtb_cells(struct dtb *dtb, const char *name, const uint32_t *cells, size_t n);

/* 64-bit numbers, two cells each. */
void dtb_numbers(struct dtb *dtb, const char *name, const uint64_t *numbers, size_t n);

/* The only interrupt of a node, a rising edge. @intid  of an SPI */
void dtb_edge_interrupt(struct dtb *dtb, uint32_t intid);

/* Closes the root. Bytes of the finished tree; 0: see `error`. */
size_t dtb_finish(struct dtb *dtb);
