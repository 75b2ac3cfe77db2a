/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and strings. Word copies need both sides aligned: the guest may run without an MMU. */
#include "pv/string.h"

#include <stdint.h>

#define WORD_BYTES sizeof(uint64_t)
#define HALF_BYTES sizeof(uint32_t)

/* Words that may alias anything. */
typedef uint64_t __attribute__((may_alias)) word_t;
typedef uint32_t __attribute__((may_alias)) half_t;

static int are_aligned(const void *a, const void *b, uintptr_t bytes)
{
	return (((uintptr_t)a | (uintptr_t)b) % bytes) == 0;
}

/* Lowest address first: right also when `to` lies below an overlapping `from`. */
static void copy_forward(unsigned char *to, const unsigned char *from, size_t bytes)
{
	if (are_aligned(to, from, WORD_BYTES)) {
		for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES) {
			*(word_t *)(void *)to = *(const word_t *)(const void *)from;
			to += WORD_BYTES;
			from += WORD_BYTES;
		}
	} else if (are_aligned(to, from, HALF_BYTES)) {
		/* An Ethernet frame stands behind a header of 12 bytes. */
		for (; bytes >= HALF_BYTES; bytes -= HALF_BYTES) {
			*(half_t *)(void *)to = *(const half_t *)(const void *)from;
			to += HALF_BYTES;
			from += HALF_BYTES;
		}
	}
	for (; bytes > 0; bytes--) {
		*to++ = *from++;
	}
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	copy_forward(to, from, bytes);
	return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
	unsigned char *out = to;
	const unsigned char *in = from;

	if ((uintptr_t)out - (uintptr_t)in >= bytes) {
		copy_forward(out, in, bytes);
		return to;
	}
	while (bytes > 0) {
		bytes--;
		out[bytes] = in[bytes];
	}
	return to;
}

void *memset(void *to, int value, size_t bytes)
{
	unsigned char *out = to;

	if (are_aligned(to, to, WORD_BYTES)) {
		word_t word = (unsigned char)value * UINT64_C(0x0101010101010101);

		for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES) {
			*(word_t *)(void *)out = word;
			out += WORD_BYTES;
		}
	}
	for (; bytes > 0; bytes--) {
		*out++ = (unsigned char)value;
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const unsigned char *left = a;
	const unsigned char *right = b;

	for (size_t i = 0; i < bytes; i++) {
		if (left[i] != right[i]) {
			return left[i] - right[i];
		}
	}
	return 0;
}

size_t strnlen(const char *text, size_t limit)
{
	size_t n = 0;

	while (n < limit && text[n] != '\0') {
		n++;
	}
	return n;
}

size_t strlen(const char *text)
{
	return strnlen(text, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t limit)
{
	for (size_t i = 0; i < limit; i++) {
		if (a[i] != b[i] || a[i] == '\0') {
			return (unsigned char)a[i] - (unsigned char)b[i];
		}
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int wanted)
{
	for (;; text++) {
		if (*text == (char)wanted) {
			return (char *)(uintptr_t)text;
		}
		if (*text == '\0') {
			return NULL;
		}
	}
}
