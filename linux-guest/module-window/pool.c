// SPDX-License-Identifier: GPL-2.0
#include "pool.h"

#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

int pool_open(struct pool *pool, phys_addr_t base, size_t size)
{
	unsigned long n_slots = size >> SLOT_SHIFT;

	pool->base = base;
	pool->memory = memremap(base, size, MEMREMAP_WB);
	pool->taken = bitmap_zalloc(n_slots, GFP_KERNEL);
	pool->slots = vzalloc(array_size(n_slots, sizeof(*pool->slots)));
	if (!pool->memory || !pool->taken || !pool->slots) {
		if (pool->memory) {
			memunmap(pool->memory);
		}
		bitmap_free(pool->taken);
		vfree(pool->slots);
		return -ENOMEM;
	}
	pool->n_slots = n_slots;
	return 0;
}

void pool_clear(struct pool *pool)
{
	unsigned long flags;
	unsigned long i;

	spin_lock_irqsave(&pool->lock, flags);
	for (i = 0; i < pool->n_slots; i++) {
		pool->slots[i].n_slots = 0;
	}
	bitmap_zero(pool->taken, pool->n_slots);
	memset(pool->n_used, 0, sizeof(pool->n_used));
	pool->statistics.used = 0;
	spin_unlock_irqrestore(&pool->lock, flags);
}

static unsigned long limit(const struct pool *pool, enum pool_use use)
{
	switch (use) {
	case POOL_RINGS:
		return pool->n_slots / 4;
	case POOL_INBOUND:
		return pool->n_slots / 8 * 5;
	default:
		return pool->n_slots;
	}
}

/* First fit, so that a request which fits an idle window finds its room in one piece. */
static unsigned long find_room(const struct pool *pool, enum pool_use use, unsigned long n_slots)
{
	unsigned long page_mask = use == POOL_RINGS ? (PAGE_SIZE >> SLOT_SHIFT) - 1 : 0;

	if (!n_slots || n_slots > limit(pool, use) - pool->n_used[use]) {
		return pool->n_slots;
	}
	return bitmap_find_next_zero_area(pool->taken, pool->n_slots, 0, n_slots, page_mask);
}

dma_addr_t pool_take(struct pool *pool, enum pool_use use, size_t size, phys_addr_t buffer)
{
	unsigned long n_slots = DIV_ROUND_UP(size, SLOT_BYTES);
	struct pool_statistics *statistics = &pool->statistics;
	unsigned long first;
	unsigned long flags;
	unsigned long i;

	spin_lock_irqsave(&pool->lock, flags);
	first = find_room(pool, use, n_slots);
	if (first >= pool->n_slots) {
		statistics->failures++;
		spin_unlock_irqrestore(&pool->lock, flags);
		return DMA_MAPPING_ERROR;
	}
	bitmap_set(pool->taken, first, n_slots);
	for (i = 0; i < n_slots; i++) {
		pool->slots[first + i].buffer =
			buffer == NO_BUFFER ? NO_BUFFER : buffer + (i << SLOT_SHIFT);
	}
	pool->slots[first].n_slots = n_slots;
	pool->slots[first].use = use;
	pool->n_used[use] += n_slots;
	statistics->used += n_slots;
	statistics->peak = max(statistics->peak, statistics->used);
	if (use != POOL_RINGS) {
		statistics->mappings++;
		statistics->mapped_bytes += size;
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	return pool->base + ((dma_addr_t)first << SLOT_SHIFT);
}

static bool is_inside(const struct pool *pool, dma_addr_t address, size_t size)
{
	size_t bytes = pool->n_slots << SLOT_SHIFT;

	return address >= pool->base && address - pool->base < bytes &&
	       size <= bytes - (address - pool->base);
}

void pool_give_back(struct pool *pool, dma_addr_t address)
{
	struct pool_slot *slot;
	unsigned long flags;
	unsigned long first = (address - pool->base) >> SLOT_SHIFT;

	if (WARN_ON_ONCE(!is_inside(pool, address, 0))) {
		return;
	}
	spin_lock_irqsave(&pool->lock, flags);
	slot = &pool->slots[first];
	if (!WARN_ON_ONCE(!slot->n_slots)) {
		bitmap_clear(pool->taken, first, slot->n_slots);
		pool->n_used[slot->use] -= slot->n_slots;
		pool->statistics.used -= slot->n_slots;
		slot->n_slots = 0;
	}
	spin_unlock_irqrestore(&pool->lock, flags);
}

/* Without the lock: a piece belongs to who took it until it is given back. */
void pool_copy(struct pool *pool, dma_addr_t address, size_t size, bool to_window)
{
	size_t offset = address - pool->base;
	void *window;
	void *buffer;

	if (WARN_ON_ONCE(!is_inside(pool, address, size) ||
			 pool->slots[offset >> SLOT_SHIFT].buffer == NO_BUFFER)) {
		return;
	}
	window = pool_memory(pool, address);
	buffer = phys_to_virt(pool->slots[offset >> SLOT_SHIFT].buffer +
			      (offset & (SLOT_BYTES - 1)));
	if (to_window) {
		memcpy(window, buffer, size);
	} else {
		memcpy(buffer, window, size);
	}
}
