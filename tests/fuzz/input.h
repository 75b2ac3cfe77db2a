/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzzer's bytes as a stream of values; behind its end everything is 0. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct input {
	const uint8_t *at;
	size_t         left;
};

static inline uint64_t input_take(struct input *input, size_t bytes)
{
	uint64_t value = 0;

	if (bytes > input->left) {
		bytes = input->left;
	}
	memcpy(&value, input->at, bytes);
	input->at += bytes;
	input->left -= bytes;
	return value;
}

static inline bool input_is_over(const struct input *input)
{
	return input->left == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
