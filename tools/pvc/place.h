/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the DTS leaves open: addresses of windows, interrupts and numbers of doorbells, and where
 * the pieces of each partition's software go. First fit in DTS order, so the same input gives the
 * same places.
 *
 *   place.c          windows, doorbell interrupts
 *   place_images.c   kernel, ramdisk, room for the generated DTB
 */
#pragma once

#include "tools/pvc/load.h"
#include "tools/pvc/model.h"

/* Rules: "window-region", "window-room". */
void place_windows(struct system *system);

/* Rule: "spi-room". */
void place_doorbells(struct system *system);

/* Reads the image files. Rules: "image-...". Without options->images only the DTB's room is set. */
void place_images(struct system *system, const struct load_options *options);
