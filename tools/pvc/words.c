/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "tools/pvc/words.h"

#include <string.h>

#define LETTERS_MOST 64

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: three rows of the table of distances of all beginnings. */
size_t word_distance(const char *a, const char *b)
{
	size_t n_a = strnlen(a, LETTERS_MOST);
	size_t n_b = strnlen(b, LETTERS_MOST);
	size_t rows[3][LETTERS_MOST + 1];

	for (size_t j = 0; j <= n_b; j++) {
		rows[0][j] = j;
	}
	for (size_t i = 1; i <= n_a; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= n_b; j++) {
			row[j] = least(least(above[j] + 1, row[j - 1] + 1),
				       above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
				row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
			}
		}
	}
	return rows[n_a % 3][n_b];
}

bool is_typo_of(const char *word, const char *known, const char *best)
{
	size_t distance = word_distance(word, known);

	return distance <= (strlen(known) + 4) / 5 &&
	       (best == NULL || distance < word_distance(word, best));
}
