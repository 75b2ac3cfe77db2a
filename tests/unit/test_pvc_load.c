/* SPDX-License-Identifier: Apache-2.0 */
/* links: tools/pvc/load.c tools/pvc/diag.c tools/pvc/rules.c tools/pvc/words.c
	tools/pvc/util.c tools/pvc/command.c tools/pvc/sha256.c tools/pvc/source.c
	tools/pvc/annotate.c tools/pvc/blob.c tools/pvc/tree.c tools/pvc/range.c
	tools/pvc/parse_value.c tools/pvc/parse_board.c tools/pvc/parse_devices.c
	tools/pvc/parse_domains.c tools/pvc/parse_cores.c tools/pvc/parse_channels.c
	tools/pvc/guest_map.c tools/pvc/check_schema.c tools/pvc/check_partitions.c
	tools/pvc/check_memory.c tools/pvc/check_devices.c tools/pvc/check_channels.c
	tools/pvc/check_suppliers.c tools/pvc/needs.c tools/pvc/board_tree.c
	tools/pvc/place.c tools/pvc/place_images.c tools/pvc/image.c tools/pvc/input.c
	tools/pvc/references.c tools/pvc/parse_virtual.c tools/pvc/virtual_kinds.c
	tools/pvc/windows.c tools/pvc/check_virtual.c */
/*
 * A whole system read: the demo's ports, doorbells, windows and loads; and thousands of damaged
 * trees, of which each must be taken or refused, but never crash or hang pvc.
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/pvc/load.h"

#include "tools/pvc/diag.h"
#include "tools/pvc/util.h"

#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const include_dirs[] = { "dts" };

static struct load_options options(void)
{
	return (struct load_options){ .out = "out",
				      .include_dirs = (const char **)(uintptr_t)include_dirs,
				      .n_include_dirs = 1 };
}

static void load_demo(struct system *system)
{
	struct load_options demo = options();

	if (!system_load("configs/virt-demo.dts", &demo, system)) {
		diag_print(stderr, false);
		fail_msg("the demo has errors");
	}
}

static const struct partition *partition_named(const struct system *system, const char *name)
{
	for (size_t i = 0; i < system->n_partitions; i++) {
		if (strcmp(system->partitions[i].name, name) == 0) {
			return &system->partitions[i];
		}
	}
	fail_msg("no partition %s", name);
	return NULL;
}

static const struct port *port_named(const struct partition *partition, const char *name)
{
	for (size_t i = 0; i < partition->n_ports; i++) {
		assert_int_equal(partition->ports[i]->number, i);
		if (strcmp(partition->ports[i]->channel->name, name) == 0) {
			return partition->ports[i];
		}
	}
	fail_msg("no port %s", name);
	return NULL;
}

/* ---- The demo ------------------------------------------------------------------ */

static void board(void **state)
{
	struct system system;

	(void)state;
	load_demo(&system);
	assert_string_equal(system.name, "virt-demo");
	assert_int_equal(system.gic_version, 3);
	assert_int_equal(system.gicd, 0x8000000);
	assert_int_equal(system.gicr, 0x80a0000);
	assert_int_equal(system.n_cpus, 4);
	assert_int_equal(system.cpus[2].mpidr, 2);
	assert_string_equal(system.cpus[2].partition->name, "motion");
	assert_false(system.spin_table);
	assert_string_equal(system.console->node.path, "/soc/serial@9000000");
	assert_int_equal(system.console->interrupts[0], 33);
	assert_string_equal(system.qemu[0], "-M");
	assert_null(system.qemu[2]);
	assert_string_equal(system.console->node.where.file, "dts/qemu-virt.dtsi");
	arena_free();
}

/* Each doorbell of one end is the interrupt of the other. */
static void doorbells(void **state)
{
	const struct port *source, *destination;
	const struct partition *linux_, *motion;
	struct system system;
	bool taken[1024] = { false };

	(void)state;
	load_demo(&system);
	linux_ = partition_named(&system, "linux");
	motion = partition_named(&system, "motion");
	source = port_named(linux_, "command");
	destination = port_named(motion, "command");
	assert_int_equal(source->n_doorbells, 1);
	assert_int_equal(linux_->doorbells[source->first_doorbell].interrupt,
			 destination->interrupt);
	assert_ptr_equal(linux_->doorbells[source->first_doorbell].target, motion);
	assert_int_equal(motion->doorbells[destination->first_doorbell].interrupt,
			 source->interrupt);
	assert_int_equal(port_named(motion, "state")->n_doorbells, 0); /* not asked for */
	assert_int_equal(port_named(linux_, "state")->interrupt, 0);
	assert_int_equal(port_named(motion, "alarm")->n_doorbells, 0); /* EL2 rings */
	assert_int_not_equal(port_named(linux_, "alarm")->interrupt, 0);
	for (size_t i = 0; i < system.n_partitions; i++) {
		for (size_t p = 0; p < system.partitions[i].n_ports; p++) {
			uint32_t interrupt = system.partitions[i].ports[p]->interrupt;

			assert_true(interrupt == 0 ||
				    (interrupt >= 32 + 192 && interrupt < 32 + 256));
			assert_false(interrupt != 0 && taken[interrupt]);
			taken[interrupt] = true;
		}
	}
	arena_free();
}

static void windows(void **state)
{
	const struct port *reader;
	struct system system;

	(void)state;
	load_demo(&system);
	assert_int_equal(system.n_windows, 6); /* state, 2 x command, 2 x reply, trace */
	for (size_t i = 0; i < system.n_windows; i++) {
		assert_int_equal(system.windows[i]->pa % 4096, 0);
		assert_int_equal(system.windows[i]->bytes % 4096, 0);
		assert_true(system.windows[i]->pa >= system.image.base + system.image.bytes);
		assert_true(i == 0 || system.windows[i]->pa >= system.windows[i - 1]->pa +
								      system.windows[i - 1]->bytes);
	}
	reader = port_named(partition_named(&system, "linux"), "trace");
	assert_true(reader->read_only && !reader->windows[0].writable);
	reader = port_named(partition_named(&system, "motion"), "command");
	assert_false(reader->windows[0].writable); /* the source's window: counts and slots */
	assert_true(reader->windows[1].writable);  /* the destination's: its count */
	assert_ptr_equal(reader->windows[1].window, reader->channel->windows[1]);
	arena_free();
}

static void rooms(void **state)
{
	struct system system;

	(void)state;
	load_demo(&system);
	assert_int_equal(partition_named(&system, "linux")->dtb, 0x6fff0000);
	assert_int_equal(partition_named(&system, "motion")->dtb,
			 0x701fc000);                                     /* 16 KiB below 4 MiB */
	assert_int_equal(partition_named(&system, "motion")->n_loads, 0); /* no images asked for */
	arena_free();
}

/* ---- Damage -------------------------------------------------------------------- */

/* The demo's tree and a place to write damaged copies to. */
static char  *good;
static size_t good_bytes;
static char   path[] = "build/unit/pvc-damaged-XXXXXX";

static int set_up(void **state)
{
	struct system system;
	int file = mkstemp(path);

	(void)state;
	load_demo(&system);
	good_bytes = fdt_totalsize(system.fdt);
	good = malloc(good_bytes);
	if (file < 0 || good == NULL) {
		return -1;
	}
	close(file);
	memcpy(good, system.fdt, good_bytes);
	arena_free();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(good);
	return unlink(path);
}

/* Loads a tree; errors are printed to nowhere. True: it was taken. */
static bool load_bytes(const void *bytes, size_t n)
{
	struct load_options damaged = options();
	struct system system;
	FILE *nowhere = fopen("/dev/null", "w");
	FILE *file = fopen(path, "wb");
	bool is_taken;

	assert_non_null(nowhere);
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	fclose(file);
	is_taken = system_load(path, &damaged, &system);
	assert_true(is_taken || diag_errors() != 0);
	diag_print(nowhere, false);
	fclose(nowhere);
	arena_free();
	return is_taken;
}

static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

static void undamaged(void **state)
{
	(void)state;
	assert_true(load_bytes(good, good_bytes));
}

static void truncated(void **state)
{
	(void)state;
	for (size_t n = 0; n < good_bytes; n += n < 128 ? 1 : 37) {
		assert_false(load_bytes(good, n));
	}
}

/* Bytes of properties, names and structure changed at random places. */
static void changed_bytes(void **state)
{
	char *copy = malloc(good_bytes);
	uint32_t random = 1;
	unsigned n_taken = 0;

	(void)state;
	assert_non_null(copy);
	for (unsigned round = 0; round < 1500; round++) {
		memcpy(copy, good, good_bytes);
		for (unsigned change = 0; change <= round % 3; change++) {
			copy[next_random(&random) % good_bytes] = (char)next_random(&random);
		}
		n_taken += load_bytes(copy, good_bytes);
	}
	free(copy);
	assert_in_range(n_taken, 1, 1499); /* both ways are taken, or this tests nothing */
}

/* Whole cells changed in properties to values that hurt: 0, all ones, a cell of elsewhere. */
static void changed_cells(void **state)
{
	static const uint32_t values[] = { 0, 1, 0xffffffff, 0x7fffffff, 0x80000000, 0x01000000 };
	char *copy = malloc(good_bytes);
	uint32_t random = 7;
	size_t first = fdt_off_dt_struct(good);
	size_t n_cells = fdt_size_dt_struct(good) / 4;

	(void)state;
	assert_non_null(copy);
	for (unsigned round = 0; round < 1500; round++) {
		size_t at = first + 4 * (next_random(&random) % n_cells);
		size_t from = first + 4 * (next_random(&random) % n_cells);
		fdt32_t value = cpu_to_fdt32(values[round % 6]);

		memcpy(copy, good, good_bytes);
		memcpy(copy + at, round % 2 == 0 ? (const char *)&value : good + from,
		       sizeof(value));
		load_bytes(copy, good_bytes);
	}
	free(copy);
}

static void noise(void **state)
{
	uint32_t random = 3;

	(void)state;
	for (unsigned round = 0; round < 500; round++) {
		unsigned char bytes[512];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			bytes[i] = (unsigned char)next_random(&random);
		}
		memcpy(bytes, good, round % 2 == 0 ? 4 : 40); /* magic, or a whole header */
		assert_false(load_bytes(bytes, sizeof(bytes)));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(board),         cmocka_unit_test(doorbells),
		cmocka_unit_test(windows),       cmocka_unit_test(rooms),
		cmocka_unit_test(undamaged),     cmocka_unit_test(truncated),
		cmocka_unit_test(changed_bytes), cmocka_unit_test(changed_cells),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
