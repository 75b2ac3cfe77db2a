/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, FIPS 180-4. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX 65 /* 64 digits and the end */

void sha256_hex(const void *bytes, size_t n, char hex[SHA256_HEX]);
