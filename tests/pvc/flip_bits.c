/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flip_bits SYSTEM.pp.dts FILE.elf: reads lines "offset bit" from stdin, flips that bit in the
 * file, verifies, and puts it back. Prints the flips that verify did not notice; exit status 1 if
 * there are any. Linked with all of pvc but main.c, so that thousands of bits take seconds.
 */
#define _POSIX_C_SOURCE 200809L

#include "tools/pvc/diag.h"
#include "tools/pvc/emit.h"
#include "tools/pvc/load.h"
#include "tools/pvc/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FLIPS_A_CHILD 200 /* pvc frees nothing while it runs */

struct flip {
	unsigned long offset;
	unsigned      bit;
};

static bool put_byte(FILE *file, unsigned long offset, int byte)
{
	return fseek(file, (long)offset, SEEK_SET) == 0 && fputc(byte, file) != EOF &&
	       fflush(file) == 0;
}

/* Flips in one child: 0 when verify noticed all of them. */
static int run_flips(const char *path, const struct system *system, const struct flip *flips,
		     size_t n)
{
	FILE *file = fopen(path, "r+b");
	int status = 0;

	if (file == NULL) {
		return 2;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned long at = flips[i].offset + flips[i].bit / 8;
		int byte;

		if (fseek(file, (long)at, SEEK_SET) != 0 || (byte = fgetc(file)) == EOF ||
		    !put_byte(file, at, byte ^ 1 << flips[i].bit % 8)) {
			return 2;
		}
		if (verify_elf(path, system)) {
			printf("unnoticed: offset %lu bit %u\n", flips[i].offset, flips[i].bit);
			status = 1;
		}
		if (!put_byte(file, at, byte)) {
			return 2;
		}
	}
	fclose(file);
	fflush(stdout);
	return status;
}

static int run_child(const char *path, const struct system *system, const struct flip *flips,
		     size_t n)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		_exit(run_flips(path, system, flips, n));
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
		       ? WEXITSTATUS(status) : 2;
}

int main(int argc, char **argv)
{
	struct load_options options = { 0 };
	struct flip flips[FLIPS_A_CHILD];
	struct system system;
	size_t n = 0, total = 0;
	int worst = 0;

	if (argc != 3 || !system_load(argv[1], &options, &system) ||
	    !verify_elf(argv[2], &system)) {
		diag_print(stderr, false);
		return 2;
	}
	while (worst < 2) {
		int fields = scanf("%lu %u", &flips[n].offset, &flips[n].bit);

		n += fields == 2 ? 1 : 0;
		total += fields == 2 ? 1 : 0;
		if (n == FLIPS_A_CHILD || (fields != 2 && n > 0)) {
			int status = run_child(argv[2], &system, flips, n);

			worst = status > worst ? status : worst;
			n = 0;
		}
		if (fields != 2) {
			break;
		}
	}
	printf("%zu flips\n", total);
	arena_free();
	return worst;
}
