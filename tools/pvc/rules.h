/* SPDX-License-Identifier: Apache-2.0 */
/* All rules of pvc: one table, read by diag.c, `pvc --explain` and the tests. */
#pragma once

#include <stddef.h>

struct rule {
	const char *id;      /* stable: scripts and people refer to it */
	const char *summary; /* one line */
	const char *text;    /* why, a snippet that breaks it, and the fix */
};

extern const struct rule rules[];
extern const size_t n_rules;

/* NULL: there is no such rule. */
const struct rule *rule_find(const char *id);
