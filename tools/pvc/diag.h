/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors, warnings and notes: collected first, sorted by place, printed once.
 *
 * Form     file:line: error: message [rule-id]
 *          file:line: note: message
 * A place without a line prints "file: error: ...", one without a file "pvc: error: ...".
 * Every rule-id stands in the table of rules.c (asserted), which `pvc --explain` prints.
 */
#pragma once

#include "hyp/compiler.h"
#include "tools/pvc/model.h"

#include <stdbool.h>
#include <stdio.h>

/* A file as a whole. */
struct location location_file(const char *file);

PRINTF(3, 4) void diag_error(struct location where, const char *rule, const char *format, ...);
PRINTF(3, 4) void diag_warning(struct location where, const char *rule, const char *format, ...);

/* Belongs to the error or warning reported last, and is printed below it. */
PRINTF(2, 3) void diag_note(struct location where, const char *format, ...);

size_t diag_errors(void);
size_t diag_warnings(void);

/* Sorts and prints all, and forgets them. `colour`: use terminal colours. */
void diag_print(FILE *out, bool colour);
