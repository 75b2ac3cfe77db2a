/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded reader of flattened device trees: see pv/fdt.h.
 *
 * Everything is built on step(), which reads one token inside the structure
 * block and always moves forward; so every loop over it ends.
 */
#include "pv/fdt.h"

#include "pv/string.h"

#define FDT_MAGIC       0xd00dfeedu
#define FDT_BEGIN_NODE  1u
#define FDT_END_NODE    2u
#define FDT_PROP        3u
#define FDT_NOP         4u
#define FDT_END         9u
#define FDT_VERSION_MIN 17u

/* Header, Devicetree Specification 5.2. */
#define HEADER_MAGIC           0u
#define HEADER_TOTAL_BYTES     4u
#define HEADER_STRUCTURE       8u
#define HEADER_STRINGS         12u
#define HEADER_VERSION         20u
#define HEADER_COMPATIBLE      24u
#define HEADER_STRINGS_BYTES   32u
#define HEADER_STRUCTURE_BYTES 36u
#define HEADER_BYTES           40u

#define CELL_BYTES 4u
#define NONE       (-1)

struct token {
	uint32_t kind;
	const char *name;                /* of the node or property */
	struct pv_fdt_property property; /* FDT_PROP */
	int32_t next;                    /* offset of the token behind */
};

static uint32_t be32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool is_inside(uint32_t total, uint32_t offset, uint32_t bytes)
{
	return offset <= total && bytes <= total - offset;
}

bool pv_fdt_open(struct pv_fdt *fdt, const void *blob, size_t limit)
{
	const unsigned char *header = blob;

	if (blob == NULL || (uintptr_t)blob % CELL_BYTES != 0 || limit < HEADER_BYTES ||
	    be32(header + HEADER_MAGIC) != FDT_MAGIC ||
	    be32(header + HEADER_VERSION) < FDT_VERSION_MIN ||
	    be32(header + HEADER_COMPATIBLE) > FDT_VERSION_MIN) {
		return false;
	}
	fdt->blob = header;
	fdt->total_bytes = be32(header + HEADER_TOTAL_BYTES);
	fdt->structure = be32(header + HEADER_STRUCTURE);
	fdt->structure_bytes = be32(header + HEADER_STRUCTURE_BYTES);
	fdt->strings = be32(header + HEADER_STRINGS);
	fdt->strings_bytes = be32(header + HEADER_STRINGS_BYTES);
	/* Offsets are handed out as int32_t. */
	return fdt->total_bytes <= limit && fdt->total_bytes <= INT32_MAX &&
	       fdt->structure % CELL_BYTES == 0 &&
	       is_inside(fdt->total_bytes, fdt->structure, fdt->structure_bytes) &&
	       is_inside(fdt->total_bytes, fdt->strings, fdt->strings_bytes);
}

/* A string that ends inside `bytes`; its length with the end, 0: it does not. */
static uint32_t string_bytes(const unsigned char *at, uint32_t bytes)
{
	size_t length = strnlen((const char *)at, bytes);

	return length < bytes ? (uint32_t)length + 1 : 0;
}

static uint32_t round_up(uint32_t bytes)
{
	return (bytes + CELL_BYTES - 1) & ~(CELL_BYTES - 1);
}

static bool read_node(const unsigned char *at, uint32_t left, struct token *token, uint32_t *used)
{
	uint32_t bytes = string_bytes(at, left);

	token->name = (const char *)at;
	*used = round_up(bytes);
	return bytes != 0;
}

static bool read_property(const struct pv_fdt *fdt, const unsigned char *at, uint32_t left,
			  struct token *token, uint32_t *used)
{
	if (left < 2 * CELL_BYTES) {
		return false;
	}

	uint32_t bytes = be32(at);
	uint32_t name = be32(at + CELL_BYTES);

	if (bytes > left - 2 * CELL_BYTES || name >= fdt->strings_bytes) {
		return false;
	}
	token->name = (const char *)fdt->blob + fdt->strings + name;
	token->property.value = at + 2 * CELL_BYTES;
	token->property.bytes = bytes;
	*used = 2 * CELL_BYTES + round_up(bytes);
	return string_bytes((const unsigned char *)token->name, fdt->strings_bytes - name) != 0;
}

/* The token at an offset of the structure block; false: its end, or nonsense. */
static bool step(const struct pv_fdt *fdt, int32_t offset, struct token *token)
{
	uint32_t used = 0;

	if (offset < 0 || !is_inside(fdt->structure_bytes, (uint32_t)offset, CELL_BYTES)) {
		return false;
	}

	const unsigned char *at = fdt->blob + fdt->structure + (uint32_t)offset;
	uint32_t left = fdt->structure_bytes - (uint32_t)offset - CELL_BYTES;
	bool is_good;

	token->kind = be32(at);
	switch (token->kind) {
	case FDT_BEGIN_NODE:
		is_good = read_node(at + CELL_BYTES, left, token, &used);
		break;
	case FDT_PROP:
		is_good = read_property(fdt, at + CELL_BYTES, left, token, &used);
		break;
	case FDT_END_NODE:
	case FDT_NOP:
		is_good = true;
		break;
	default:
		is_good = false;
		break;
	}
	token->next = offset + (int32_t)(CELL_BYTES + used);
	return is_good;
}

/* The token at an offset if it begins a node. */
static bool step_node(const struct pv_fdt *fdt, int32_t node, struct token *token)
{
	return step(fdt, node, token) && token->kind == FDT_BEGIN_NODE;
}

/* The node that begins at or behind `offset`, before any node ends. */
static int32_t next_begin(const struct pv_fdt *fdt, int32_t offset)
{
	struct token token;

	while (step(fdt, offset, &token) && token.kind != FDT_END_NODE) {
		if (token.kind == FDT_BEGIN_NODE) {
			return offset;
		}
		offset = token.next;
	}
	return NONE;
}

int32_t pv_fdt_root(const struct pv_fdt *fdt)
{
	return next_begin(fdt, 0);
}

int32_t pv_fdt_first_child(const struct pv_fdt *fdt, int32_t node)
{
	struct token token;

	return step_node(fdt, node, &token) ? next_begin(fdt, token.next) : NONE;
}

int32_t pv_fdt_next_sibling(const struct pv_fdt *fdt, int32_t node)
{
	struct token token;
	uint32_t depth = 0;

	if (!step_node(fdt, node, &token)) {
		return NONE;
	}
	for (int32_t at = node; step(fdt, at, &token); at = token.next) {
		if (token.kind == FDT_BEGIN_NODE) {
			depth++;
		} else if (token.kind == FDT_END_NODE) {
			depth--;
		}
		if (depth == 0) {
			return next_begin(fdt, token.next);
		}
	}
	return NONE;
}

const char *pv_fdt_name(const struct pv_fdt *fdt, int32_t node)
{
	struct token token;

	return step_node(fdt, node, &token) ? token.name : "";
}

/* Is a node's name the first `length` characters of `wanted`, its unit address aside? */
static bool is_named(const char *name, const char *wanted, size_t length)
{
	return strncmp(name, wanted, length) == 0 && (name[length] == '\0' || name[length] == '@');
}

static int32_t find_child(const struct pv_fdt *fdt, int32_t node, const char *name, size_t length)
{
	int32_t child = pv_fdt_first_child(fdt, node);

	while (child >= 0 && !is_named(pv_fdt_name(fdt, child), name, length)) {
		child = pv_fdt_next_sibling(fdt, child);
	}
	return child;
}

int32_t pv_fdt_child(const struct pv_fdt *fdt, int32_t node, const char *name)
{
	return find_child(fdt, node, name, strlen(name));
}

int32_t pv_fdt_find(const struct pv_fdt *fdt, const char *path)
{
	int32_t node = pv_fdt_root(fdt);

	while (node >= 0 && *path != '\0') {
		size_t length = 0;

		while (*path == '/') {
			path++;
		}
		while (path[length] != '\0' && path[length] != '/') {
			length++;
		}
		if (length > 0) {
			node = find_child(fdt, node, path, length);
		}
		path += length;
	}
	return node;
}

bool pv_fdt_get(const struct pv_fdt *fdt, int32_t node, const char *name,
		struct pv_fdt_property *property)
{
	struct token token;

	if (!step_node(fdt, node, &token)) {
		return false;
	}
	/* Properties stand before children. */
	while (step(fdt, token.next, &token) && (token.kind == FDT_PROP || token.kind == FDT_NOP)) {
		if (token.kind == FDT_PROP && strcmp(token.name, name) == 0) {
			*property = token.property;
			return true;
		}
	}
	return false;
}

const char *pv_fdt_string(const struct pv_fdt *fdt, int32_t node, const char *name)
{
	struct pv_fdt_property property;

	if (!pv_fdt_get(fdt, node, name, &property) ||
	    string_bytes(property.value, property.bytes) == 0) {
		return NULL;
	}
	return (const char *)property.value;
}

bool pv_fdt_is_compatible(const struct pv_fdt *fdt, int32_t node, const char *compatible)
{
	struct pv_fdt_property property;
	uint32_t at = 0;

	if (!pv_fdt_get(fdt, node, "compatible", &property)) {
		return false;
	}
	while (at < property.bytes) {
		uint32_t bytes = string_bytes(property.value + at, property.bytes - at);

		if (bytes == 0) {
			return false;
		}
		if (strcmp((const char *)property.value + at, compatible) == 0) {
			return true;
		}
		at += bytes;
	}
	return false;
}

int32_t pv_fdt_find_compatible(const struct pv_fdt *fdt, int32_t after, const char *compatible)
{
	struct token token;
	int32_t at = 0;

	if (after >= 0) {
		if (!step_node(fdt, after, &token)) {
			return NONE;
		}
		at = token.next;
	}
	for (; step(fdt, at, &token); at = token.next) {
		if (token.kind == FDT_BEGIN_NODE && pv_fdt_is_compatible(fdt, at, compatible)) {
			return at;
		}
	}
	return NONE;
}

int32_t pv_fdt_find_phandle(const struct pv_fdt *fdt, uint32_t phandle)
{
	struct token token;

	for (int32_t at = 0; step(fdt, at, &token); at = token.next) {
		/* 0 and ~0 are not phandles. */
		if (token.kind == FDT_BEGIN_NODE && phandle != 0 &&
		    pv_fdt_u32(fdt, at, "phandle", 0) == phandle) {
			return at;
		}
	}
	return NONE;
}

bool pv_fdt_cell(const struct pv_fdt_property *property, uint32_t n, uint32_t *value)
{
	if (n >= property->bytes / CELL_BYTES) {
		return false;
	}
	*value = be32(property->value + (size_t)n * CELL_BYTES);
	return true;
}

uint32_t pv_fdt_u32(const struct pv_fdt *fdt, int32_t node, const char *name, uint32_t otherwise)
{
	struct pv_fdt_property property;
	uint32_t value;

	if (!pv_fdt_get(fdt, node, name, &property) || !pv_fdt_cell(&property, 0, &value)) {
		return otherwise;
	}
	return value;
}

bool pv_fdt_reg(const struct pv_fdt *fdt, int32_t node, uint32_t n, uint64_t *base, uint64_t *bytes)
{
	struct pv_fdt_property property;
	uint32_t cells[4];

	if (n > UINT32_MAX / 4 - 1 || !pv_fdt_get(fdt, node, "reg", &property)) {
		return false;
	}
	for (uint32_t i = 0; i < 4; i++) {
		if (!pv_fdt_cell(&property, n * 4 + i, &cells[i])) {
			return false;
		}
	}
	*base = (uint64_t)cells[0] << 32 | cells[1];
	*bytes = (uint64_t)cells[2] << 32 | cells[3];
	return true;
}
