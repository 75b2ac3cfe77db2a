/* SPDX-License-Identifier: Apache-2.0 */
/* The few SVG elements the report is drawn with. Units are about a pixel. */
#pragma once

#include "hyp/compiler.h"

#include <stddef.h>
#include <stdio.h>

struct colour {
	const char *fill, *stroke;
};

struct box {
	double x, y, width, height;
};

/* The document around a drawing: style sheet, white ground. Classes: see svg.c. */
void svg_open(FILE *out, int width, int height, const char *title);
void svg_close(FILE *out);

/* `letters`: as many as there is room for; a longer text ends in an ellipsis. */
PRINTF(6, 7) void svg_text(FILE *out, double x, double y, const char *class_name, size_t letters,
			   const char *format, ...);

void svg_box(FILE *out, struct box box, struct colour colour, double radius);
void svg_line(FILE *out, double x1, double y1, double x2, double y2, const char *class_name);
void svg_dot(FILE *out, double x, double y, double radius, struct colour colour);

/* An arrowhead whose tip is at x, y. @direction  1 points right, -1 left */
void svg_arrow(FILE *out, double x, double y, int direction, const char *fill);
