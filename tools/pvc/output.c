/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "tools/pvc/output.h"

#include "tools/pvc/diag.h"
#include "tools/pvc/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pending {
	const char     *name;
	char           *text; /* open_memstream()'s: valid after fclose(), freed with free() */
	size_t          bytes;
	bool            keep_unchanged;
	struct pending *next;
};

static struct pending *first;
static bool keeps_unchanged;

static struct pending *find(const char *name)
{
	for (struct pending *file = first; file != NULL; file = file->next) {
		if (strcmp(file->name, name) == 0) {
			return file;
		}
	}
	return NULL;
}

FILE *output_open(const char *name)
{
	struct pending *file = find(name);
	FILE *stream;

	if (file == NULL) {
		file = xmalloc(sizeof(*file));
		file->name = xstrdup(name);
		file->next = first;
		first = file;
	}
	free(file->text);
	file->text = NULL;
	file->bytes = 0;
	file->keep_unchanged = keeps_unchanged;
	stream = open_memstream(&file->text, &file->bytes);
	if (stream == NULL) {
		fprintf(stderr, "pvc: error: out of memory\n");
		exit(EXIT_FAILURE);
	}
	return stream;
}

void output_keep_unchanged(bool keep)
{
	keeps_unchanged = keep;
}

/* Like mkdir -p of the folder that `path` lies in. */
static bool make_folder_of(const char *path)
{
	char *folder = xstrdup(path);

	for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
			diag_error(location_file(folder), "io", "cannot make this folder: %s",
				   strerror(errno));
			return false;
		}
		*slash = '/';
	}
	return true;
}

static bool is_unchanged(const char *path, const struct pending *file)
{
	size_t bytes;
	const char *old = file_read(path, &bytes);

	return old != NULL && bytes == file->bytes && memcmp(old, file->text, bytes) == 0;
}

static bool write_new(const char *path, const struct pending *file)
{
	FILE *out = fopen(path, "wb");
	bool is_written;

	if (out == NULL) {
		return false;
	}
	is_written = fwrite(file->text, 1, file->bytes, out) == file->bytes;
	return fclose(out) == 0 && is_written;
}

/* By way of a new file and a rename: whoever reads meanwhile sees the old or the new one, whole. */
static bool commit(const char *folder, const struct pending *file)
{
	const char *path = xasprintf("%s/%s", folder, file->name);
	const char *new_path = xasprintf("%s.new", path);

	if (file->keep_unchanged && is_unchanged(path, file)) {
		return true;
	}
	if (!make_folder_of(path)) {
		return false;
	}
	if (!write_new(new_path, file) || rename(new_path, path) != 0) {
		diag_error(location_file(path), "io", "cannot write: %s", strerror(errno));
		unlink(new_path);
		return false;
	}
	return true;
}

bool output_commit(const char *folder)
{
	bool is_complete = true;

	for (const struct pending *file = first; file != NULL && is_complete; file = file->next) {
		is_complete = commit(folder, file);
	}
	output_discard();
	return is_complete;
}

void output_discard(void)
{
	for (struct pending *file = first; file != NULL; file = file->next) {
		free(file->text);
		file->text = NULL;
	}
	first = NULL;
}
