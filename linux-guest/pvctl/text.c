/* SPDX-License-Identifier: Apache-2.0 */
#include "linux-guest/pvctl/text.h"

#include <inttypes.h>
#include <string.h>

#define DUMP_COLUMNS 16

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found;

	if (c >= 'A' && c <= 'F') {
		c = (char)(c - 'A' + 'a');
	}
	found = c == '\0' ? NULL : strchr(digits, c);
	return found == NULL ? -1 : (int)(found - digits);
}

long text_from_hex(const char *hex, unsigned char *bytes, size_t size)
{
	size_t n = 0;

	while (*hex != '\0') {
		if (strchr(" \t\n:,", *hex) != NULL) {
			hex++;
			continue;
		}

		int high = digit_of(hex[0]);
		int low = high < 0 ? -1 : digit_of(hex[1]);

		if (low < 0 || n == size) {
			return -1;
		}
		bytes[n++] = (unsigned char)(high * 16 + low);
		hex += 2;
	}
	return (long)n;
}

static size_t without_padding(const unsigned char *bytes, size_t n_bytes)
{
	while (n_bytes > 0 && bytes[n_bytes - 1] == '\0') {
		n_bytes--;
	}
	return n_bytes;
}

static bool is_printable(unsigned char c)
{
	return c >= ' ' && c <= '~';
}

bool text_is_printable(const unsigned char *bytes, size_t n_bytes)
{
	size_t n = without_padding(bytes, n_bytes);

	for (size_t i = 0; i < n; i++) {
		if (!is_printable(bytes[i]) && bytes[i] != '\t' && bytes[i] != '\n') {
			return false;
		}
	}
	return n > 0;
}

void text_print(FILE *out, const unsigned char *bytes, size_t n_bytes, bool is_hex)
{
	if (!is_hex && text_is_printable(bytes, n_bytes)) {
		size_t n = without_padding(bytes, n_bytes);

		/* The caller ends the line. */
		fwrite(bytes, 1, bytes[n - 1] == '\n' ? n - 1 : n, out);
		return;
	}
	for (size_t i = 0; i < n_bytes; i++) {
		fprintf(out, "%s%02x", i == 0 ? "" : " ", bytes[i]);
	}
}

static void dump_line(FILE *out, size_t offset, const unsigned char *bytes, size_t n_bytes)
{
	fprintf(out, "  %04zx ", offset);
	for (size_t i = 0; i < DUMP_COLUMNS; i++) {
		if (i < n_bytes) {
			fprintf(out, "%s%02x", i % 8 == 0 ? "  " : " ", bytes[i]);
		} else {
			fprintf(out, "%s  ", i % 8 == 0 ? "  " : " ");
		}
	}
	fputs("  ", out);
	for (size_t i = 0; i < n_bytes; i++) {
		fputc(is_printable(bytes[i]) ? bytes[i] : '.', out);
	}
	fputc('\n', out);
}

unsigned text_dump(FILE *out, const unsigned char *bytes, size_t n_bytes, unsigned n_lines)
{
	unsigned line;

	for (line = 0; line < n_lines && (size_t)line * DUMP_COLUMNS < n_bytes; line++) {
		size_t offset = (size_t)line * DUMP_COLUMNS;
		size_t left = n_bytes - offset;

		dump_line(out, offset, bytes + offset, left < DUMP_COLUMNS ? left : DUMP_COLUMNS);
	}
	return line;
}

const char *text_of_time(uint64_t ns, char *text, size_t size)
{
	static const struct {
		const char *unit;
		uint64_t    ns;
	} units[] = { { "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 } };

	if (ns == UINT64_MAX) {
		snprintf(text, size, "unknown");
		return text;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ns >= units[i].ns) {
			uint64_t whole = ns / units[i].ns;
			uint64_t hundredths = ns % units[i].ns / (units[i].ns / 100);

			if (whole >= 100) {
				snprintf(text, size, "%" PRIu64 " %s", whole, units[i].unit);
			} else {
				snprintf(text, size, "%" PRIu64 ".%02" PRIu64 " %s", whole,
					 hundredths, units[i].unit);
			}
			return text;
		}
	}
	snprintf(text, size, "%" PRIu64 " ns", ns);
	return text;
}
