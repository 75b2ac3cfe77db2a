/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the guest "abi": each tests one group of calls. */
#pragma once

#include "pv/hypercall.h"

#include <stdint.h>

/* One call and what it must answer. Arguments not named are 0; x8..x17 hold a pattern. */
struct call_case {
	const char *text;
	uint64_t    function;
	uint64_t    x[7]; /* x1..x7 */
	int64_t     expected;
};

/*
 * Run cases by HVC and by SMC, one claim each.
 * @first_kept  from this register on all must come back as they were; 1: all but x0
 */
void run_cases(const struct call_case *cases, unsigned n, unsigned first_kept);

/* One call by HVC with up to seven arguments; the registers come back in `registers`. */
int64_t call(struct pv_registers *registers, uint64_t function, uint64_t x1, uint64_t x2,
	     uint64_t x3);

void test_identification(void);
void test_psci_values(void);
void test_psci_cpus(void);
void test_partition_calls(void);
void test_console_calls(void);
void test_port_calls(void);
void test_control_calls(void);
