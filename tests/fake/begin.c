/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/machine.h"

void fake_begin(enum gic_version version)
{
	fake_system_begin(version);
	fake_cpu_begin();
	fake_gic_begin();
	fake_memory_begin();
	fake_uart_begin();
}
