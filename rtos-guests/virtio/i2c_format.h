/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and their results. VIRTIO 1.2 "I2C Adapter Device". */
#pragma once

#include <stdint.h>

/* struct virtio_i2c_out_hdr; what is written follows it. */
struct i2c_request {
	uint16_t address; /* I2C_7BIT_MASK */
	uint16_t padding;
	uint32_t flags;
};

/* struct virtio_i2c_in_hdr; what is read stands before it. */
struct i2c_result {
	uint8_t status;
};

#define I2C_7BIT_SHIFT 1u
#define I2C_7BIT_MASK  0xfeu /* other bits belong to an address of 10 bits */

#define I2C_FAIL_NEXT  1u /* of flags: not the last of a transfer */
#define I2C_READ       2u

#define I2C_STATUS_OK    0u
#define I2C_STATUS_ERROR 1u

_Static_assert(sizeof(struct i2c_request) == 8, "as on the wire");
_Static_assert(sizeof(struct i2c_result) == 1, "as on the wire");
