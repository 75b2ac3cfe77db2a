/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/sha256.h"

#include <stdio.h>
#include <string.h>

#define BLOCK 64

/* FIPS 180-4, 4.2.2: fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

/* FIPS 180-4, 5.3.3. */
static const uint32_t initial_state[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t rotate(uint32_t word, unsigned by)
{
	return word >> by | word << (32 - by);
}

/* FIPS 180-4, 6.2.2. */
static void add_block(uint32_t state[8], const uint8_t block[BLOCK])
{
	uint32_t w[64];
	uint32_t s[8];

	for (size_t i = 0; i < 16; i++) {
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	}
	for (size_t i = 16; i < 64; i++) {
		uint32_t before15 = w[i - 15];
		uint32_t before2 = w[i - 2];

		w[i] = w[i - 16] + (rotate(before15, 7) ^ rotate(before15, 18) ^ before15 >> 3) +
		       w[i - 7] + (rotate(before2, 17) ^ rotate(before2, 19) ^ before2 >> 10);
	}
	memcpy(s, state, sizeof(s));
	for (size_t i = 0; i < 64; i++) {
		uint32_t first = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
				 ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constants[i] + w[i];
		uint32_t second = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
				  ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += first;
		s[0] = first + second;
	}
	for (size_t i = 0; i < 8; i++) {
		state[i] += s[i];
	}
}

void sha256_hex(const void *bytes, size_t n, char hex[SHA256_HEX])
{
	const uint8_t *from = bytes;
	uint8_t last[2 * BLOCK] = { 0 };
	size_t rest = n % BLOCK;
	size_t last_bytes = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK;
	uint32_t state[8];

	memcpy(state, initial_state, sizeof(state));
	for (size_t i = 0; i + BLOCK <= n; i += BLOCK) {
		add_block(state, from + i);
	}
	if (rest != 0) {
		memcpy(last, from + n - rest, rest);
	}
	last[rest] = 0x80;
	for (size_t i = 0; i < 8; i++) {
		last[last_bytes - 1 - i] = (uint8_t)((uint64_t)n * 8 >> 8 * i);
	}
	for (size_t i = 0; i < last_bytes; i += BLOCK) {
		add_block(state, last + i);
	}
	for (size_t i = 0; i < 8; i++) {
		snprintf(hex + 8 * i, 9, "%08x", state[i]);
	}
}
