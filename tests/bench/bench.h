/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark's two sides: the one that measures, and the one that answers,
 * which is the second core of the partition and the core of another partition.
 * What they share is a mailbox; each request is one interrupt.
 */
#pragma once

#include <stdint.h>

#define BENCH_SGI     1u
#define MESSAGE_BYTES 64u
#define BULK_BYTES    4096u

enum request {
	REQUEST_SPINNING,        /* take one interrupt in a loop, and say when */
	REQUEST_SLEEPING,        /* the same out of WFI */
	REQUEST_MESSAGE,         /* sleep; receive a register message, send it back */
	REQUEST_SAMPLING,        /* look for a new message, and say when it was there */
	REQUEST_SAMPLING_SLEEPING,
	REQUEST_QUEUING,
	REQUEST_QUEUING_SLEEPING,
	REQUEST_BULK,
};

struct mailbox {
	volatile uint32_t request;
	volatile uint32_t n_requests; /* by the one that measures */
	volatile uint32_t n_ready;    /* by the one that answers: about to wait */
	volatile uint32_t n_done;
	volatile uint64_t stamp;
};

/* interrupt.S */
extern char bench_vectors_v2[], bench_vectors_v3[];
uint64_t bench_wait_spinning(uint64_t gicc);
uint64_t bench_wait_sleeping(uint64_t gicc);
uint64_t bench_unmask(uint64_t gicc);
uint64_t bench_self_v2(uint64_t gicc, uint64_t address, uint64_t value);
uint64_t bench_self_v3(uint64_t gicc, uint64_t address, uint64_t value);

void bench_vectors_on(void);
uint64_t bench_gicc(void); /* 0: GICv3 */

/* Let another core run: QEMU counts with one core at a time. */
static inline void bench_yield(void)
{
	__asm__ volatile("yield" ::: "memory");
}

/* The same numbers in every run: xorshift64. */
uint64_t bench_random(void);

/* For a core that never sleeps, now and then. */
void bench_end_turn_soon(void);

/* Answer requests for ever. */
_Noreturn void answer(struct mailbox *mailbox);

/* Get in everybody's way for ever: memory, and EL2. */
_Noreturn void storm(void);
