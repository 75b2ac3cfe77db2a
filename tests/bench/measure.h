/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the side that measures share. */
#pragma once

#include "tests/bench/bench.h"

/* Ticks between the counter's readings around an instruction, which may use x0 to x7. */
#define TIMED(instruction, a0, a1, a2)                                                   \
	({                                                                               \
		/* Calls among the arguments come before the registers are set. */       \
		uint64_t before_, after_, a0_ = (a0), a1_ = (a1), a2_ = (a2);            \
		register uint64_t x0 __asm__("x0") = a0_;                                \
		register uint64_t x1 __asm__("x1") = a1_;                                \
		register uint64_t x2 __asm__("x2") = a2_;                                \
		register uint64_t x3 __asm__("x3") = 0;                                  \
		register uint64_t x4 __asm__("x4") = 0;                                  \
		register uint64_t x5 __asm__("x5") = 0;                                  \
		register uint64_t x6 __asm__("x6") = 0;                                  \
		register uint64_t x7 __asm__("x7") = 0;                                  \
		__asm__ volatile("isb\n\tmrs %[before], cntvct_el0\n\t" instruction      \
				 "\n\tisb\n\tmrs %[after], cntvct_el0"                   \
				 : [before] "=&r"(before_), [after] "=&r"(after_), "+r"(x0), \
				   "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5),     \
				   "+r"(x6), "+r"(x7)                                    \
				 :                                                       \
				 : "memory");                                            \
		last_result = x0;                                                        \
		after_ - before_;                                                        \
	})

typedef uint64_t sample(void);

extern uint64_t last_result; /* x0 after TIMED() */
extern uint64_t empty_cost;  /* of TIMED() around nothing */

/* Have the other side wait for what comes next. */
void make_ready(void);

/* When the other side had what it waited for. */
uint64_t wait_answer(void);

/* A row of samples that the other side answers, less `overhead` ticks each. */
void row_other(const char *name, sample *take, enum request how, uint64_t overhead);

/* Rows of register messages and of ports, sent to the partition "peer". */
void rows_messages(void);
