/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPUs that take turns: each is a thread, and exactly one of them or the test
 * itself runs, so that every run is the same. A CPU runs until it goes back to its
 * guest or waits for an interrupt; the test says who is next.
 *
 * Add tests/fake/threads.c to what tests/fake/machine.h names.
 */
#pragma once

#include "tests/fake/machine.h"

enum fake_place { FAKE_IN_GUEST, FAKE_WAITS };

typedef void fake_work(uint32_t cpu_id);

/* After fake_begin(): all CPUs are idle, threads of an earlier test are gone. */
void fake_threads_begin(void);
void fake_threads_end(void);

/* Let a CPU do something; it must not be waiting. */
enum fake_place fake_run(uint32_t cpu_id, fake_work *work);

/* End a CPU's wait, whatever the reason. */
enum fake_place fake_wake(uint32_t cpu_id);

bool fake_is_waiting(uint32_t cpu_id);

/* Wake whoever has an interrupt pending and enabled, until nobody has. */
void fake_settle(void);
