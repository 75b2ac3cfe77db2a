// SPDX-License-Identifier: GPL-2.0
#include "ops.h"

#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/string.h>

static struct confinement *confinement_of(struct device *dev)
{
	return container_of(get_dma_ops(dev), struct confinement, ops);
}

static struct pool *pool_of(struct device *dev)
{
	return &confinement_of(dev)->pool;
}

static void *alloc_rings(struct device *dev, size_t size, dma_addr_t *address, gfp_t gfp,
		   unsigned long attributes)
{
	struct pool *pool = pool_of(dev);

	/* A queue's size is the driver's to choose: refused, it tries half of that. */
	if (size > confinement_of(dev)->largest_ring) {
		return NULL;
	}
	size = PAGE_ALIGN(size);
	*address = pool_take(pool, POOL_RINGS, size, NO_BUFFER);
	if (*address == DMA_MAPPING_ERROR) {
		return NULL;
	}
	return memset(pool_memory(pool, *address), 0, size);
}

static void free_rings(struct device *dev, size_t size, void *memory, dma_addr_t address,
		 unsigned long attributes)
{
	pool_give_back(pool_of(dev), address);
}

static dma_addr_t map_page(struct device *dev, struct page *page, unsigned long offset,
			   size_t size, enum dma_data_direction direction,
			   unsigned long attributes)
{
	struct pool *pool = pool_of(dev);
	bool is_inbound = direction == DMA_FROM_DEVICE;
	dma_addr_t address = pool_take(pool, is_inbound ? POOL_INBOUND : POOL_OUTBOUND, size,
				       page_to_phys(page) + offset);

	if (address == DMA_MAPPING_ERROR) {
		return address;
	}
	/*
	 * What the device is to fill holds zeros, not what this memory held before:
	 * that is not for the other side to see. After a short write the driver
	 * finds zeros behind it, and goes by the length it is told.
	 */
	if (is_inbound) {
		memset(pool_memory(pool, address), 0, size);
	} else if (!(attributes & DMA_ATTR_SKIP_CPU_SYNC)) {
		pool_copy(pool, address, size, true);
	}
	return address;
}

static void unmap_page(struct device *dev, dma_addr_t address, size_t size,
		       enum dma_data_direction direction, unsigned long attributes)
{
	struct pool *pool = pool_of(dev);

	if (direction != DMA_TO_DEVICE && !(attributes & DMA_ATTR_SKIP_CPU_SYNC)) {
		pool_copy(pool, address, size, false);
	}
	pool_give_back(pool, address);
}

static void sync_for_cpu(struct device *dev, dma_addr_t address, size_t size,
			 enum dma_data_direction direction)
{
	if (direction != DMA_TO_DEVICE) {
		pool_copy(pool_of(dev), address, size, false);
	}
}

static void sync_for_device(struct device *dev, dma_addr_t address, size_t size,
			    enum dma_data_direction direction)
{
	if (direction != DMA_FROM_DEVICE) {
		pool_copy(pool_of(dev), address, size, true);
	}
}

static void unmap_sg(struct device *dev, struct scatterlist *list, int n_entries,
		     enum dma_data_direction direction, unsigned long attributes)
{
	struct scatterlist *entry;
	int i;

	for_each_sg(list, entry, n_entries, i) {
		unmap_page(dev, sg_dma_address(entry), sg_dma_len(entry), direction, attributes);
	}
}

static int map_sg(struct device *dev, struct scatterlist *list, int n_entries,
		  enum dma_data_direction direction, unsigned long attributes)
{
	struct scatterlist *entry;
	int i;

	for_each_sg(list, entry, n_entries, i) {
		sg_dma_address(entry) = map_page(dev, sg_page(entry), entry->offset,
						 entry->length, direction, attributes);
		if (sg_dma_address(entry) == DMA_MAPPING_ERROR) {
			unmap_sg(dev, list, i, direction, attributes | DMA_ATTR_SKIP_CPU_SYNC);
			return -ENOMEM;
		}
		sg_dma_len(entry) = entry->length;
	}
	return n_entries;
}

static void sync_sg_for_cpu(struct device *dev, struct scatterlist *list, int n_entries,
			    enum dma_data_direction direction)
{
	struct scatterlist *entry;
	int i;

	for_each_sg(list, entry, n_entries, i) {
		sync_for_cpu(dev, sg_dma_address(entry), sg_dma_len(entry), direction);
	}
}

static void sync_sg_for_device(struct device *dev, struct scatterlist *list, int n_entries,
			       enum dma_data_direction direction)
{
	struct scatterlist *entry;
	int i;

	for_each_sg(list, entry, n_entries, i) {
		sync_for_device(dev, sg_dma_address(entry), sg_dma_len(entry), direction);
	}
}

static size_t max_mapping_size(struct device *dev)
{
	return confinement_of(dev)->largest_mapping;
}

static const struct dma_map_ops window_ops = {
	.alloc = alloc_rings,
	.free = free_rings,
	.map_page = map_page,
	.unmap_page = unmap_page,
	.map_sg = map_sg,
	.unmap_sg = unmap_sg,
	.sync_single_for_cpu = sync_for_cpu,
	.sync_single_for_device = sync_for_device,
	.sync_sg_for_cpu = sync_sg_for_cpu,
	.sync_sg_for_device = sync_sg_for_device,
	.max_mapping_size = max_mapping_size,
};

void confinement_init(struct confinement *confinement)
{
	confinement->ops = window_ops;
	spin_lock_init(&confinement->pool.lock);
}
