/* SPDX-License-Identifier: Apache-2.0 */
/* Spec: Devicetree Specification v0.4, "Flattened Devicetree (DTB) Format". */
#define _POSIX_C_SOURCE 200809L
#include "tools/pvc/blob.h"

#include "tools/pvc/util.h"

#include <libfdt.h>
#include <string.h>

#define TAG_BYTES ((size_t)FDT_TAGSIZE)

/* What is left of the structure block. */
struct rest {
	const char *next;
	size_t      bytes;
};

static bool skip(struct rest *rest, size_t bytes)
{
	if (bytes > rest->bytes) {
		return false;
	}
	rest->next += bytes;
	rest->bytes -= bytes;
	return true;
}

static bool take_cell(struct rest *rest, uint32_t *cell)
{
	fdt32_t raw;

	if (rest->bytes < sizeof(raw)) {
		return false;
	}
	memcpy(&raw, rest->next, sizeof(raw));
	*cell = fdt32_to_cpu(raw);
	return skip(rest, sizeof(raw));
}

/* A text with its zero byte, then up to the next tag. */
static bool skip_name(struct rest *rest)
{
	size_t length = strnlen(rest->next, rest->bytes);

	return length < rest->bytes && skip(rest, (size_t)round_up(length + 1, TAG_BYTES));
}

/* Length, name, value: all inside their blocks. */
static bool skip_property(struct rest *rest, const char *strings, size_t strings_bytes)
{
	uint32_t length, name;

	if (!take_cell(rest, &length) || !take_cell(rest, &name) || name >= strings_bytes ||
	    strnlen(strings + name, strings_bytes - name) == strings_bytes - name) {
		return false;
	}
	return skip(rest, (size_t)round_up(length, TAG_BYTES));
}

static bool is_walkable(struct rest rest, const char *strings, size_t strings_bytes)
{
	size_t depth = 0;
	uint32_t tag;

	while (take_cell(&rest, &tag)) {
		switch (tag) {
		case FDT_BEGIN_NODE:
			depth++;
			if (!skip_name(&rest)) {
				return false;
			}
			break;
		case FDT_END_NODE:
			if (depth-- == 0) {
				return false;
			}
			break;
		case FDT_PROP:
			if (!skip_property(&rest, strings, strings_bytes)) {
				return false;
			}
			break;
		case FDT_NOP:
			break;
		case FDT_END:
			return depth == 0;
		default:
			return false;
		}
	}
	return false;
}

const char *blob_check(const void *blob, size_t n)
{
	const char *bytes = blob;
	int error;

	if (n < sizeof(struct fdt_header)) {
		return "it is shorter than a header";
	}
	if (fdt_check_header(blob) != 0 || fdt_totalsize(blob) > n) {
		return "its header is wrong or it is truncated";
	}
	if (fdt_version(blob) < 17) {
		return "its format is older than version 17";
	}
	if (!is_walkable((struct rest){ bytes + fdt_off_dt_struct(blob), fdt_size_dt_struct(blob) },
			 bytes + fdt_off_dt_strings(blob), fdt_size_dt_strings(blob))) {
		return "its structure is damaged";
	}
	error = fdt_check_full(blob, n);
	return error == 0 ? NULL : fdt_strerror(error);
}
