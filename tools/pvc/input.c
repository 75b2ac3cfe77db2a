/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/input.h"

#include "tools/pvc/diag.h"
#include "tools/pvc/util.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static bool is_file(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

/* All places where the file is looked for, in order. NULL-terminated. */
static const char **candidates(const struct input *input)
{
	const struct load_options *options = input->options;
	const char **paths = xarray(2 * options->n_image_dirs + 2, sizeof(paths[0]));
	size_t n = 0;

	if (input->file[0] == '/') {
		paths[n] = input->file;
		return paths;
	}
	paths[n++] = xasprintf("%s/%s", path_folder(input->system_file), input->file);
	for (size_t i = 0; i < options->n_image_dirs; i++) {
		paths[n++] = xasprintf("%s/%s/%s", options->image_dirs[i], input->subfolder,
				       input->file);
		paths[n++] = xasprintf("%s/%s", options->image_dirs[i], input->file);
	}
	return paths;
}

const char *input_read(const struct input *input, size_t *bytes, const char **path)
{
	const char **paths = candidates(input);
	const char *content;

	for (size_t i = 0; paths[i] != NULL; i++) {
		if (!is_file(paths[i])) {
			continue;
		}
		*path = paths[i];
		content = file_read(paths[i], bytes);
		if (content == NULL) {
			diag_error(input->where, input->rule, "%s: cannot read %s: %s", input->what,
				   paths[i], errno == EINVAL ? "not a plain file" : strerror(errno));
		}
		return content;
	}
	diag_error(input->where, input->rule, "%s \"%s\" not found", input->what, input->file);
	for (size_t i = 0; paths[i] != NULL; i++) {
		diag_note(input->where, "looked for %s", paths[i]);
	}
	return NULL;
}
