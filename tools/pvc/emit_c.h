/* SPDX-License-Identifier: Apache-2.0 */
/* What all files written in C (and make) have in common: their first line, and safe text. */
#pragma once

#include "tools/pvc/model.h"

#include <stdio.h>

/*
 * First line: hash of the input. Then licence, the system's name and `what` the file is.
 */
void emit_c_head(FILE *out, const struct system *system, const char *what);

/* `text` such that it cannot end a comment or continue a line. */
void emit_comment_text(FILE *out, const char *text);

/* `text` as a C string literal with its quotes; NULL as NULL. Assembly and make read it alike. */
void emit_string(FILE *out, const char *text);

/* The same for `bytes` characters, NULs among them, and the NUL behind them. */
void emit_bytes(FILE *out, const char *text, size_t bytes);

/* A line with a comment, indented once. */
void emit_comment_line(FILE *out, const char *text);

/* ".field = "text"," in an initialiser that is indented once. */
void emit_field(FILE *out, const char *field, const char *text);

/* `text` as part of an identifier: upper case, everything but letters and digits as "_". */
char *emit_macro_name(const char *text);
