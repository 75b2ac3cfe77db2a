/* SPDX-License-Identifier: Apache-2.0 */
/* images.inc: one line for each piece of a file that is staged in EL2's image. See staged.h. */
#include "tools/pvc/emit.h"
#include "tools/pvc/emit_c.h"
#include "tools/pvc/output.h"
#include "tools/pvc/staged.h"
#include "tools/pvc/util.h"

#include <inttypes.h>
#include <string.h>

size_t staged_number(const struct staged_images *images, const struct load *load)
{
	for (size_t i = 0; i < images->n && load->file_bytes > 0; i++) {
		const struct load *other = images->all[i];

		if (other->file_offset == load->file_offset &&
		    other->file_bytes == load->file_bytes && strcmp(other->file, load->file) == 0) {
			return i;
		}
	}
	return SIZE_MAX;
}

struct staged_images staged_images(const struct system *system)
{
	struct staged_images images = { 0 };

	for (size_t i = 0; i < system->n_partitions; i++) {
		const struct partition *partition = &system->partitions[i];

		for (size_t k = 0; k < partition->n_loads; k++) {
			const struct load *load = &partition->loads[k];

			if (load->file_bytes == 0 || staged_number(&images, load) != SIZE_MAX) {
				continue;
			}
			images.all = xgrow(images.all, images.n, images.n + 1,
					   sizeof(*images.all));
			images.all[images.n++] = load;
		}
	}
	return images;
}

bool emit_images(const struct system *system)
{
	struct staged_images images = staged_images(system);
	FILE *out = output_open("images.inc");

	emit_c_head(out, system, "Staged images");
	for (size_t i = 0; i < images.n; i++) {
		fprintf(out, "IMAGE image_%zu, ", i);
		emit_string(out, images.all[i]->file);
		fprintf(out, ", %" PRIu64 ", %" PRIu64 "\n", images.all[i]->file_offset,
			images.all[i]->file_bytes);
	}
	return fclose(out) == 0;
}
