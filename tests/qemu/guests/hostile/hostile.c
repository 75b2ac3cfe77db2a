/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition that breaks the rules. "attack=N" in its boot arguments chooses:
 *
 *   0       everything that EL2 refuses and survives: garbage hypercalls, foreign
 *           interrupts, system registers, broken ports. Ends with "done:".
 *   1..25   one access outside its map. EL2 must stop it: "not ok ... survived"
 *           must never be seen.
 *   30..38  a CPU that never comes back. The neighbour stops it.
 */
#include "tests/qemu/guests/hostile/hostile.h"

#include "pv/console.h"
#include "pv/platform.h"
#include "pv/start.h"
#include "tests/qemu/guests/report.h"

#define FIRST_MEMORY_ATTACK 1u
#define FIRST_TIME_ATTACK   30u

static unsigned chosen_attack(void)
{
	char text[8] = "";
	unsigned n = 0;

	pv_platform_argument("attack", text, sizeof(text));
	for (const char *at = text; *at >= '0' && *at <= '9'; at++) {
		n = n * 10 + (unsigned)(*at - '0');
	}
	return n;
}

static void run(unsigned number, const struct attack *attack)
{
	pv_printf("attack %u: %s\n", number, attack->name);
	attack->run();
	report(false, "attack %u survived: %s", number, attack->name);
}

void guest_main(void)
{
	unsigned n = chosen_attack();

	if (n == 0) {
		pv_printf("attack 0: everything harmless\n");
		try_everything_harmless();
	} else if (n - FIRST_MEMORY_ATTACK < n_memory_attacks) {
		run(n, &memory_attacks[n - FIRST_MEMORY_ATTACK]);
	} else if (n >= FIRST_TIME_ATTACK && n - FIRST_TIME_ATTACK < n_time_attacks) {
		run(n, &time_attacks[n - FIRST_TIME_ATTACK]);
	} else {
		report(false, "no attack %u", n);
	}
	report_done();
}
