/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output files, kept in memory until all of them are complete, so that pvc writes all or nothing.
 *
 * Owns     the list of pending files.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/*
 * Starts a file, named relative to the output folder ("include/linux/ports.h"). The caller writes
 * and calls fclose(). Reopening a name replaces the earlier content.
 */
FILE *output_open(const char *name);

/*
 * For files started from now on: is one whose content does not change left alone, time stamp
 * included? `pvc build` repeats what `pvc headers` wrote, and make must not take that for news.
 */
void output_keep_unchanged(bool keep);

/*
 * Writes all files below `folder`, making folders as needed. False: an error was reported (rule
 * "io").
 */
bool output_commit(const char *folder);

/* Forgets all files. */
void output_discard(void);
