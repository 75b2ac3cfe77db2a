/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back half of pvc: struct system -> files.
 *
 * main.c loads a system (load.h) and calls these only when no rule was broken, so that an emitter
 * may rely on every rule in docs/config.md. Order of `pvc build`:
 *
 *   emit_dtbs()  first: it sets file_bytes and memory_bytes of each partition's last load ("dtb")
 *   emit_headers(), emit_system_mk(), emit_config(), emit_mmu_tables(), emit_images()
 *   report_text(), report_svg()
 *   output_commit(): nothing was written until here
 *
 * Files are opened with output_open() (output.h), never with fopen(), and are named relative to the
 * output folder. What cannot be emitted is reported with diag_error() (diag.h), and the function
 * returns false; it may go on to collect further errors.
 */
#pragma once

#include "tools/pvc/model.h"

#include <stdbool.h>
#include <stdio.h>

/* <partition>.dtb. Errors: rule "dtb-size" when one exceeds its partition's dtb_bytes_max. */
bool emit_dtbs(struct system *system);

/* include/<partition>/ports.h. Needs no images, like emit_system_mk(): loads may be empty. */
bool emit_headers(const struct system *system);

/* system.mk: image_base, partitions, images, qemu_args, what SD cards and FITs need. */
bool emit_system_mk(const struct system *system);

/* config.c */
bool emit_config(const struct system *system);

/* mmu_tables.c. Errors: rule "page-tables" when the tables outgrow EL2's first 2 MiB. */
bool emit_mmu_tables(const struct system *system);

/* images.inc */
bool emit_images(const struct system *system);

/* The report, also `pvc report` on the terminal. Loads may be empty. */
bool report_text(const struct system *system, FILE *out);
bool report_svg(const struct system *system, FILE *out);

/*
 * `pvc seal` and `pvc verify` on a linked hypervisor. Errors by diag_error() with rule "seal" or
 * "verify" and the file's name as location (line 0).
 */
bool seal_elf(const char *path);
bool verify_elf(const char *path, const struct system *system);
