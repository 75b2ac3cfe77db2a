/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "tools/pvc/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * The largest input file pvc takes: well above any kernel or ramdisk, well below what hurts a host.
 */
#define FILE_MOST_BYTES ((size_t)1 << 30)

/* Every allocation is one of these, in front of what the caller sees. */
struct block {
	_Alignas(max_align_t) struct block *next;
};

static struct block *blocks;

void *xmalloc(size_t bytes)
{
	struct block *block = NULL;

	if (bytes <= SIZE_MAX - sizeof(*block)) {
		block = calloc(1, sizeof(*block) + bytes);
	}
	if (block == NULL) {
		fprintf(stderr, "pvc: error: out of memory (%zu bytes wanted)\n", bytes);
		exit(EXIT_FAILURE);
	}
	block->next = blocks;
	blocks = block;
	return block + 1;
}

void *xarray(size_t n, size_t bytes)
{
	return xmalloc(bytes != 0 && n > SIZE_MAX / bytes ? SIZE_MAX : n * bytes);
}

void *xgrow(const void *old, size_t n, size_t n_new, size_t bytes)
{
	void *grown = xarray(n_new, bytes);

	if (n != 0) {
		memcpy(grown, old, n * bytes);
	}
	return grown;
}

void *xextend(const void *old, size_t n, size_t bytes)
{
	if ((n & (n - 1)) != 0) {
		return (void *)(uintptr_t)old;
	}
	return xgrow(old, n, n == 0 ? 1 : 2 * n, bytes);
}

char *xstrndup(const char *text, size_t most)
{
	size_t length = strnlen(text, most);
	char *copy = xmalloc(length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *xvasprintf(const char *format, va_list arguments)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = xmalloc(length < 0 ? SIZE_MAX : (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	return text;
}

char *xasprintf(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	return text;
}

void arena_free(void)
{
	while (blocks != NULL) {
		struct block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
}

static char *read_stream(FILE *file, size_t *bytes)
{
	struct stat status;
	char *text;

	if (fstat(fileno(file), &status) != 0) {
		return NULL;
	}
	if (S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return NULL;
	}
	/* A pipe or a device may never end. */
	if (!S_ISREG(status.st_mode)) {
		errno = EINVAL;
		return NULL;
	}
	if ((uintmax_t)status.st_size > FILE_MOST_BYTES) {
		errno = EFBIG;
		return NULL;
	}
	text = xmalloc((size_t)status.st_size + 1);
	*bytes = fread(text, 1, (size_t)status.st_size, file);
	return ferror(file) ? NULL : text;
}

char *file_read(const char *path, size_t *bytes)
{
	struct stat status;
	FILE *file;
	char *text;

	/* Opening a FIFO would wait for its writer: look first. */
	if (stat(path, &status) != 0) {
		return NULL;
	}
	if (!S_ISREG(status.st_mode)) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
		return NULL;
	}
	file = fopen(path, "rb");
	if (file == NULL) {
		return NULL;
	}
	text = read_stream(file, bytes);
	fclose(file);
	return text;
}

bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);
	size_t end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

const char *path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL) {
		return ".";
	}
	return slash == path ? "/" : xstrndup(path, (size_t)(slash - path));
}

uint64_t round_down(uint64_t value, uint64_t to)
{
	return value & ~(to - 1);
}

uint64_t round_up(uint64_t value, uint64_t to)
{
	return value > UINT64_MAX - (to - 1) ? round_down(UINT64_MAX, to)
					     : round_down(value + to - 1, to);
}
