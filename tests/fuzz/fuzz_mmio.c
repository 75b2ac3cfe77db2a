/* links: core/mmio.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* Any regions, any address: what is found contains the whole access, and nothing is missed. */
#include "core/mmio.h"
#include "tests/fuzz/input.h"

#include <stdlib.h>

#define N_REGIONS 3

static bool contains(const struct mmio_config *region, uint64_t address, uint32_t bytes)
{
	return address >= region->base.value && address - region->base.value < region->bytes &&
	       region->bytes - (address - region->base.value) >= bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input input = { data, n };
	struct mmio_config regions[N_REGIONS];
	struct partition_config partition = { .n_mmio = N_REGIONS, .mmio = regions };

	/* Whole pages, as pvc emits them, anywhere, but not over the end of all addresses. */
	for (uint32_t i = 0; i < N_REGIONS; i++) {
		uint64_t base = input_take(&input, 8) & ~(PAGE_BYTES - 1);
		uint64_t pages = input_take(&input, 1);
		uint64_t most = (0 - base) / PAGE_BYTES;

		regions[i] = (struct mmio_config){ IPA(base),
						   (base == 0 || pages < most ? pages : most) *
							   PAGE_BYTES,
						   MMIO_VUART };
	}
	while (!input_is_over(&input)) {
		uint64_t how = input_take(&input, 1);
		uint32_t bytes = 1u << (how & 3);
		uint64_t address = input_take(&input, 8);
		uint64_t offset = 0;

		if ((how & 4) != 0) { /* near a region */
			address = regions[how >> 3 & 1].base.value + (address & 0xffff) - 0x8000;
		}
		const struct mmio_config *found =
			mmio_find(&partition, IPA(address), bytes, &offset);

		if (found != NULL &&
		    (!contains(found, address, bytes) || offset != address - found->base.value ||
		     address % bytes != 0)) {
			abort();
		}
		for (uint32_t i = 0; found == NULL && address % bytes == 0 && i < N_REGIONS; i++) {
			if (contains(&regions[i], address, bytes)) {
				abort();
			}
		}
	}
	return 0;
}
