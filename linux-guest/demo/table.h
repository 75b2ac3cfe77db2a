/* SPDX-License-Identifier: Apache-2.0 */
/* The closing table of the demo. */
#pragma once

struct exchange;

void table_print(const struct exchange *exchange);
