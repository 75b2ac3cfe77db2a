/* SPDX-License-Identifier: Apache-2.0 */
/* Words and lists that the text and the picture of the report have in common. */
#pragma once

#include "tools/pvc/model.h"
#include "tools/pvc/regions.h"

/* "512 MiB", "1.5 GiB", "33 KiB", "100 bytes". */
const char *report_size(uint64_t bytes);

/* "manager, virtio-backend"; "" without roles. */
const char *report_roles(const struct partition *partition);

/* "linux, monitor": partitions at the other end of the sources (or of plain windows, all). */
const char *report_ends(const struct channel *channel, enum port_direction direction);

/* "queuing, 32 bytes x 16" */
const char *report_channel_kind(const struct channel *channel);

/* "Linux image", "ELF file", "raw image" */
const char *report_image_kind(const struct partition *partition);

/* "0, 1": numbers of the partition's cores */
const char *report_cores(const struct system *system, const struct partition *partition);

/* How it talks: "own UART serial@9000000", "PL011 emulated at 0x9000000", "none". */
const char *report_console(const struct system *system, const struct partition *partition);

/* One interrupt that somebody uses. */
struct report_interrupt {
	uint32_t    intid;
	const char *owner;  /* partition's name or "paravent" */
	const struct partition *partition; /* the owner, if it is one */
	const char *source; /* "rtc@9010000", "port state" */
};

struct report_interrupts {
	struct report_interrupt *all; /* by INTID */
	size_t                   n;
};

struct report_interrupts report_interrupts(const struct system *system);

/* Devices that somebody uses, by address. */
struct report_devices {
	const struct device **all;
	size_t                n;
};

struct report_devices report_devices(const struct system *system);

/* RAM as the picture shows it: runs of windows are one piece. */
struct regions report_memory(const struct system *system);

/* Bytes of translation tables below and with the roots; 0: they cannot be built. */
uint64_t report_table_bytes(const struct system *system);
