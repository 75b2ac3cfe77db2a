/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/svg.h"

#include "tools/pvc/util.h"

#include <stdarg.h>
#include <string.h>

#define ARROW_LENGTH 11
#define ARROW_HALF   5

static const char style[] =
	"<style>\n"
	"text { font-family: 'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif;"
	" font-size: 13px; fill: #0f172a; }\n"
	".title { font-size: 26px; font-weight: bold; }\n"
	".heading { font-size: 16px; font-weight: bold; }\n"
	".bold { font-weight: bold; }\n"
	".small { font-size: 11px; }\n"
	".dim { font-size: 12px; fill: #475569; }\n"
	".mono { font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace; font-size: 11px;"
	" fill: #334155; }\n"
	".center { text-anchor: middle; font-weight: bold; }\n"
	".free { text-anchor: middle; font-size: 11px; fill: #64748b; }\n"
	".right { text-anchor: end; font-size: 12px; fill: #475569; }\n"
	".leader { stroke: #94a3b8; stroke-width: 1; }\n"
	".rule { stroke: #e2e8f0; stroke-width: 1; }\n"
	".lane { stroke: #cbd5e1; stroke-width: 1; stroke-dasharray: 3 4; }\n"
	".flow { stroke: #334155; stroke-width: 2; }\n"
	"</style>\n";

static void put_escaped(FILE *out, const char *text, size_t letters)
{
	const size_t length = strlen(text);

	for (size_t i = 0; i < length && i < letters; i++) {
		if (i + 1 == letters && length > letters) {
			fputs("&#8230;", out);
		} else if (text[i] == '<') {
			fputs("&lt;", out);
		} else if (text[i] == '>') {
			fputs("&gt;", out);
		} else if (text[i] == '&') {
			fputs("&amp;", out);
		} else {
			fputc(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?', out);
		}
	}
}

void svg_open(FILE *out, int width, int height, const char *title)
{
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		     "viewBox=\"0 0 %d %d\">\n<title>", width, height, width, height);
	put_escaped(out, title, strlen(title));
	fprintf(out, "</title>\n%s<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", style,
		width, height);
}

void svg_close(FILE *out)
{
	fputs("</svg>\n", out);
}

void svg_text(FILE *out, double x, double y, const char *class_name, size_t letters,
	      const char *format, ...)
{
	va_list arguments;

	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class_name);
	va_start(arguments, format);
	put_escaped(out, xvasprintf(format, arguments), letters);
	va_end(arguments);
	fputs("</text>\n", out);
}

void svg_box(FILE *out, struct box box, struct colour colour, double radius)
{
	fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%.1f\" "
		     "fill=\"%s\" stroke=\"%s\"/>\n",
		box.x, box.y, box.width, box.height, radius, colour.fill, colour.stroke);
}

void svg_line(FILE *out, double x1, double y1, double x2, double y2, const char *class_name)
{
	fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1,
		y1, x2, y2, class_name);
}

void svg_dot(FILE *out, double x, double y, double radius, struct colour colour)
{
	fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" stroke=\"%s\" "
		     "stroke-width=\"2\"/>\n", x, y, radius, colour.fill, colour.stroke);
}

void svg_arrow(FILE *out, double x, double y, int direction, const char *fill)
{
	double back = x - direction * ARROW_LENGTH;

	fprintf(out, "<path d=\"M %.1f %.1f L %.1f %.1f L %.1f %.1f Z\" fill=\"%s\"/>\n", x, y,
		back, y - ARROW_HALF, back, y + ARROW_HALF, fill);
}
