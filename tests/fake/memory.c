/* SPDX-License-Identifier: Apache-2.0 */
/* arch/mmu.h for the host: physical memory of the fake system in plain arrays. */
#include "arch/mmu.h"

#include "tests/fake/machine.h"

struct fake_memory fake_memory;

static struct {
	uint64_t      base, bytes;
	unsigned char text[FAKE_MEMORY_BYTES];
} areas[] = {
	{ .base = FAKE_ALPHA_PA, .bytes = FAKE_MEMORY_BYTES },
	{ .base = FAKE_BETA_PA, .bytes = FAKE_MEMORY_BYTES },
	{ .base = FAKE_GAMMA_PA, .bytes = FAKE_MEMORY_BYTES },
	{ .base = FAKE_WINDOW_PA, .bytes = FAKE_WINDOW_BYTES },
	{ .base = FAKE_PAGES_PA, .bytes = FAKE_PAGES_BYTES },
};

static _Thread_local bool is_loading;

void fake_memory_begin(void)
{
	memset(&fake_memory, 0, sizeof(fake_memory));
	is_loading = false;
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		memset(areas[i].text, 0xa5, sizeof(areas[i].text));
	}
}

unsigned char *fake_memory_at(uint64_t address)
{
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		if (address - areas[i].base < areas[i].bytes) {
			return &areas[i].text[address - areas[i].base];
		}
	}
	fake_die("there is no memory at 0x%lx", (unsigned long)address);
}

static bool is_missing(pa_t address)
{
	return fake_memory.missing_base != 0 &&
	       address.value - fake_memory.missing_base < FAKE_MEMORY_BYTES;
}

static uint64_t *word_at(pa_t address)
{
	if (address.value - fake_memory.alias_from < FAKE_MEMORY_BYTES &&
	    fake_memory.alias_from != 0) {
		address.value += fake_memory.alias_to - fake_memory.alias_from;
	}
	return mmu_loadable(address);
}

bool mmu_try_store(pa_t address, uint64_t value)
{
	if (!is_missing(address)) {
		*word_at(address) = value;
	}
	return !is_missing(address);
}

bool mmu_try_load(pa_t address, uint64_t *value)
{
	if (!is_missing(address)) {
		*value = *word_at(address);
	}
	return !is_missing(address);
}

/* All of a range must be one area's. */
static void check_range(const unsigned char *start, uint64_t bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		if (start >= areas[i].text && start < areas[i].text + areas[i].bytes) {
			if (bytes > areas[i].bytes - (uint64_t)(start - areas[i].text)) {
				fake_die("a range at 0x%lx leaves its memory",
					 (unsigned long)areas[i].base);
			}
			return;
		}
	}
	fake_die("a range of no memory of the system");
}

void mmu_begin_load(void)
{
	if (is_loading) {
		fake_die("mmu_begin_load() twice");
	}
	is_loading = true;
	fake_memory.n_icache = 0;
	fake_memory.n_begins++;
}

void mmu_end_load(void)
{
	if (!is_loading) {
		fake_die("mmu_end_load() without a begin");
	}
	is_loading = false;
	fake_memory.n_ends++;
}

void *mmu_loadable(pa_t address)
{
	if (!is_loading) {
		fake_die("partition memory is touched outside of loading");
	}
	return fake_memory_at(address.value);
}

volatile void *mmu_shown_page(pa_t address)
{
	if (is_loading || address.value - FAKE_PAGES_PA >= FAKE_PAGES_BYTES) {
		fake_die("there is no page to show at 0x%lx", (unsigned long)address.value);
	}
	return fake_memory_at(address.value);
}

static uint32_t index_of(const struct partition_config *partition)
{
	return (uint32_t)(partition - system_config.partitions);
}

void mmu_revoke(const struct partition_config *partition)
{
	fake_memory.n_revokes[index_of(partition)]++;
	fake_memory.is_revoked[index_of(partition)] = true;
}

void mmu_restore(const struct partition_config *partition)
{
	fake_memory.n_restores[index_of(partition)]++;
	fake_memory.is_revoked[index_of(partition)] = false;
}

void cache_clean_invalidate(const void *start, uint64_t bytes)
{
	check_range(start, bytes);
	fake_memory.cleaned_bytes += bytes;
}

void cache_invalidate_instructions(void)
{
	fake_memory.n_icache++;
}
