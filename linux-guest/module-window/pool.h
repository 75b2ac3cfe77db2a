/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of a window, in slots of 512 bytes: what is taken, and which buffer
 * each slot stands for.
 *
 * Locks    the pool's own; every function but pool_open() and pool_close() may be
 *          called from any context.
 */
#pragma once

#include <linux/limits.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define SLOT_SHIFT 9
#define SLOT_BYTES (1UL << SLOT_SHIFT)
#define NO_BUFFER PHYS_ADDR_MAX

/* What memory is taken for. Each kind has a limit, so that no kind starves the others. */
enum pool_use {
	POOL_RINGS,    /* coherent memory: 1/4 of the window */
	POOL_INBOUND,  /* buffers that the device writes: 5/8 */
	POOL_OUTBOUND, /* buffers that it reads: all that is free */
	POOL_N_USES
};

struct pool_statistics {
	u64 mappings;                 /* buffers mapped so far */
	u64 mapped_bytes;             /* in them */
	u64 failures;                 /* times that there was no room */
	unsigned long used;           /* slots taken now ... */
	unsigned long peak;           /* ... and at most, so far */
};

struct pool_slot {
	phys_addr_t buffer;           /* what this slot's bytes are a copy of, or NO_BUFFER */
	u32 n_slots;                  /* of the piece that begins here; 0: none does */
	enum pool_use use;            /* of that piece */
};

struct pool {
	phys_addr_t base;
	void *memory;
	unsigned long n_slots;        /* 0: closed, nothing can be taken */
	unsigned long *taken;         /* bitmap */
	struct pool_slot *slots;
	unsigned long n_used[POOL_N_USES];
	struct pool_statistics statistics;
	spinlock_t lock;
};

/* Make a pool of the memory at `base`; `size` is a multiple of the page. -ENOMEM. */
int pool_open(struct pool *pool, phys_addr_t base, size_t size);

/* Forget every piece that is taken: whoever took it is gone, and the device is reset. */
void pool_clear(struct pool *pool);

/* Take `size` bytes: their address for the device, or DMA_MAPPING_ERROR without room. `buffer`: see above. */
dma_addr_t pool_take(struct pool *pool, enum pool_use use, size_t size, phys_addr_t buffer);

void pool_give_back(struct pool *pool, dma_addr_t address);

/* The kernel's address of a byte of the window. */
static inline void *pool_memory(const struct pool *pool, dma_addr_t address)
{
	return pool->memory + (address - pool->base);
}

/* Copy between the window and the buffer that [address, address + size) stands for. */
void pool_copy(struct pool *pool, dma_addr_t address, size_t size, bool to_window);
