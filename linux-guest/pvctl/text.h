/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and times as people read and write them. Also compiled for the host. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * "01 02:ff" -> bytes. Blanks, ':' and ',' may stand between bytes, not inside.
 * Returns how many, or -1: not hexadecimal, or more than @size bytes.
 */
long text_from_hex(const char *hex, unsigned char *bytes, size_t size);

/* Printable ASCII, tabs and newlines, perhaps with NULs behind it; not empty. */
bool text_is_printable(const unsigned char *bytes, size_t n_bytes);

/* A message in one line without the newline: as text where it is text, else hexadecimal. */
void text_print(FILE *out, const unsigned char *bytes, size_t n_bytes, bool is_hex);

/* 16 bytes a line with offset and characters; at most @n_lines lines. Returns the lines printed. */
unsigned text_dump(FILE *out, const unsigned char *bytes, size_t n_bytes, unsigned n_lines);

/* "12.3 us", "4.56 ms", "1.2 s": three digits or so, in 9 columns. */
const char *text_of_time(uint64_t ns, char *text, size_t size);
