/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/threads.h"

#include <pthread.h>

#define THE_TEST    UINT32_MAX
#define MOST_WAKES  1000u /* of one fake_settle(): more is a CPU that never sleeps */

struct cpu {
	pthread_t  thread;
	bool       has_thread, is_waiting, must_end;
	uint32_t   id;
	fake_work *work;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint32_t turn = THE_TEST;
static struct cpu cpus[MAX_CPUS];

static void hand_over(uint32_t to, uint32_t me)
{
	turn = to;
	(void)pthread_cond_broadcast(&changed);
	while (turn != me) {
		(void)pthread_cond_wait(&changed, &lock);
	}
}

static void end_thread(void)
{
	turn = THE_TEST;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&lock);
	pthread_exit(NULL);
}

static void wait_for_turn(void)
{
	struct cpu *cpu = &cpus[fake_cpu];

	cpu->is_waiting = true;
	hand_over(THE_TEST, fake_cpu);
	cpu->is_waiting = false;
	if (cpu->must_end) {
		end_thread();
	}
}

static void *run_thread(void *argument)
{
	struct cpu *cpu = argument;

	fake_cpu = cpu->id;
	(void)pthread_mutex_lock(&lock);
	while (turn != cpu->id) {
		(void)pthread_cond_wait(&changed, &lock);
	}
	while (!cpu->must_end) {
		cpu->work(cpu->id);
		cpu->work = NULL;
		hand_over(THE_TEST, cpu->id);
	}
	end_thread();
	return NULL;
}

static enum fake_place give_turn(uint32_t cpu_id)
{
	hand_over(cpu_id, THE_TEST);
	return cpus[cpu_id].is_waiting ? FAKE_WAITS : FAKE_IN_GUEST;
}

void fake_threads_begin(void)
{
	(void)pthread_mutex_lock(&lock);
	for (uint32_t i = 0; i < MAX_CPUS; i++) {
		cpus[i] = (struct cpu){ .id = i };
	}
	fake_on_wait = wait_for_turn;
}

void fake_threads_end(void)
{
	for (uint32_t i = 0; i < MAX_CPUS; i++) {
		if (cpus[i].has_thread) {
			cpus[i].must_end = true;
			(void)give_turn(i);
			(void)pthread_join(cpus[i].thread, NULL);
			cpus[i].has_thread = false;
		}
	}
	(void)pthread_mutex_unlock(&lock);
	fake_on_wait = NULL;
}

enum fake_place fake_run(uint32_t cpu_id, fake_work *work)
{
	struct cpu *cpu = &cpus[cpu_id];

	if (cpu->is_waiting) {
		fake_die("CPU %u waits and cannot do anything else", cpu_id);
	}
	cpu->work = work;
	if (!cpu->has_thread) {
		cpu->has_thread = true;
		if (pthread_create(&cpu->thread, NULL, run_thread, cpu) != 0) {
			fake_die("no thread for CPU %u", cpu_id);
		}
	}
	return give_turn(cpu_id);
}

enum fake_place fake_wake(uint32_t cpu_id)
{
	if (!cpus[cpu_id].is_waiting) {
		fake_die("CPU %u does not wait", cpu_id);
	}
	return give_turn(cpu_id);
}

bool fake_is_waiting(uint32_t cpu_id)
{
	return cpus[cpu_id].is_waiting;
}

void fake_settle(void)
{
	bool is_quiet = false;

	for (uint32_t n = 0; !is_quiet; n++) {
		if (n == MOST_WAKES) {
			fake_die("the CPUs do not come to rest");
		}
		is_quiet = true;
		for (uint32_t i = 0; i < system_config.n_cpus; i++) {
			if (cpus[i].is_waiting && fake_gic_would_wake(i)) {
				is_quiet = false;
				(void)give_turn(i);
			}
		}
	}
}
