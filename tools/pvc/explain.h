/* SPDX-License-Identifier: Apache-2.0 */
/* `pvc --explain`: prints one rule, or the list of all. */
#pragma once

#include <stdio.h>

/* @rule  a rule's id, or "all". Returns the exit status: 1 when there is no such rule. */
int explain(const char *rule, FILE *out);
