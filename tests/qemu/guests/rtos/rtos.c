/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RTOS on the target: real interrupts, real switches, real time.
 *
 * The order of things is tested on the host (tests/unit/test_rtos_*.c); this
 * guest tests what the host cannot: registers across switches, the alarm, SGIs.
 * Makes no hypercall but those of the console, so it also runs on a bare board.
 *
 * The conductor, least urgent but for idle, makes tasks and looks at what they
 * have done once they leave it the CPU.
 */
#include "rtos/rtos.h"

#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/irq.h"
#include "pv/start.h"
#include "pv/string.h"
#include "tests/qemu/guests/report.h"
#include "tests/qemu/guests/rtos/costs.h"

#define STACK_BYTES 4096
#define N_TASKS     4
#define TEST_SGI    7u
#define TRACE_BYTES 64
#define CONDUCTOR   1
#define MS          rtos_ticks_from_ms(1)

/* registers.S */
bool registers_survive(uint64_t pattern, uint64_t spins);

static struct rtos_task conductor, tasks[N_TASKS];
static RTOS_STACK(conductor_stack, 2 * STACK_BYTES);
static RTOS_STACK(stacks[N_TASKS], STACK_BYTES);
static struct rtos_semaphore semaphore;
static struct rtos_mutex mutex;
static struct rtos_queue queue;
static uint32_t queue_buffer[4];
static struct rtos_timer timer;
static char trace[TRACE_BYTES];

static void make(unsigned int n, uint32_t priority, rtos_task_entry *entry, const void *argument)
{
	static const char *const names[N_TASKS] = { "one", "two", "three", "four" };
	struct rtos_task_config config = {
		.name = names[n],
		.entry = entry,
		.argument = (void *)(uintptr_t)argument,
		.priority = priority,
		.stack = stacks[n],
		.stack_bytes = STACK_BYTES,
	};

	if (rtos_task_create(&tasks[n], &config) != RTOS_OK) {
		report(false, "task %s can be made", names[n]);
	}
}

static bool has_ended(unsigned int n)
{
	return tasks[n].state == RTOS_TASK_ENDED;
}

/* Until task n has ended, at most that long. */
static bool wait_for_end(unsigned int n, uint64_t ms)
{
	uint64_t limit = rtos_now() + ms * MS;

	while (!has_ended(n) && !rtos_is_after(rtos_now(), limit)) {
		rtos_sleep(MS);
	}
	return has_ended(n);
}

/* ---- Order -------------------------------------------------------------- */

static void note(const char *name)
{
	size_t length = strlen(trace);

	if (length + 1 < sizeof(trace)) {
		trace[length] = name[0];
		trace[length + 1] = '\0';
	}
}

static void note_and_yield(void *name)
{
	for (int i = 0; i < 3; i++) {
		note(name);
		rtos_task_yield();
	}
}

static void test_order(void)
{
	trace[0] = '\0';
	if (rtos_task_set_priority(&conductor, RTOS_PRIORITY_MAX) != RTOS_OK) {
		report(false, "the conductor's priority can be raised");
	}
	make(0, 5, note_and_yield, "a");
	make(1, 9, note_and_yield, "b");
	make(2, 5, note_and_yield, "c");
	report(trace[0] == '\0', "tasks less urgent than their maker wait");
	if (rtos_task_set_priority(&conductor, CONDUCTOR) != RTOS_OK) {
		report(false, "the conductor's priority can be lowered");
	}
	report(strcmp(trace, "bbbacacac") == 0, "most urgent first, equals in turn: %s", trace);
	report(has_ended(0) && has_ended(1) && has_ended(2), "tasks end by returning");
}

/* ---- Registers ---------------------------------------------------------- */

static volatile uint32_t n_survived, n_destroyed;
static volatile bool is_over;

static void keep_registers(void *argument)
{
	uint64_t pattern = (uint64_t)(uintptr_t)argument * UINT64_C(0x0101010101010101);

	while (!is_over) {
		if (registers_survive(pattern, 2000)) {
			n_survived++;
		} else {
			n_destroyed++;
		}
	}
}

/* Preempts the one below at any instruction, and leaves by a voluntary switch. */
static void keep_registers_and_sleep(void *argument)
{
	uint64_t pattern = (uint64_t)(uintptr_t)argument * UINT64_C(0x0101010101010101);

	while (!is_over) {
		if (!registers_survive(pattern, 500)) {
			n_destroyed++;
		}
		rtos_sleep(rtos_ticks_from_us(300 + rtos_now() % 64));
	}
}

static void test_registers(void)
{
	struct rtos_statistics before, after;

	rtos_statistics(&before);
	if (rtos_task_set_priority(&conductor, RTOS_PRIORITY_MAX) != RTOS_OK) {
		report(false, "the conductor's priority can be raised");
	}
	is_over = false;
	make(0, 5, keep_registers, (void *)0x5a);
	make(1, 6, keep_registers_and_sleep, (void *)0xa5);
	make(2, 7, keep_registers_and_sleep, (void *)0xff);
	rtos_sleep(300 * MS);
	is_over = true;
	if (rtos_task_set_priority(&conductor, CONDUCTOR) != RTOS_OK) {
		report(false, "the conductor's priority can be lowered");
	}
	report(wait_for_end(0, 1000) && wait_for_end(1, 1000) && wait_for_end(2, 1000),
	       "all three tasks came to their end");
	rtos_statistics(&after);
	report(n_survived > 10 && n_destroyed == 0,
	       "registers survive switches: %u times, not %u times", n_survived, n_destroyed);
	report(after.switches - before.switches > 100, "with %llu switches",
	       (unsigned long long)(after.switches - before.switches));
}

/* Of the tasks above, with all their interrupts. */
static void test_stacks(void)
{
	for (unsigned int n = 0; n < N_TASKS - 1; n++) {
		size_t unused = rtos_task_stack_unused(&tasks[n]);

		report(unused > STACK_BYTES / 4 && unused < STACK_BYTES,
		       "task %u has used %u of %u bytes of stack", n,
		       (unsigned int)(STACK_BYTES - unused), STACK_BYTES);
	}
}

/* ---- Time --------------------------------------------------------------- */

static void test_sleep(void)
{
	struct rtos_statistics before, after;
	uint64_t start = rtos_now();

	rtos_statistics(&before);
	rtos_sleep(50 * MS);
	rtos_statistics(&after);
	report(rtos_now() - start >= 50 * MS, "a sleep is never too short");
	report_equal(after.interrupts - before.interrupts, 1,
		     "one interrupt ends a sleep of 50 ms");
	report(after.idle_ticks - before.idle_ticks > 25 * MS,
	       "the idle task had the CPU meanwhile");
	report(!rtos_sleep_until(start), "sleeping until the past returns at once");
}

#define N_PERIODS 200

static void test_period(void)
{
	struct rtos_period period;
	uint64_t start, n_missed = 0;
	uint64_t worst = 0;
	bool is_early = false;

	rtos_period_start(&period, MS);
	start = period.release;
	for (unsigned int n = 0; n < N_PERIODS; n++) {
		n_missed += rtos_period_wait(&period);

		uint64_t latency = rtos_now() - period.release;

		is_early = is_early || rtos_is_after(period.release, rtos_now());
		worst = latency > worst ? latency : worst;
	}
	report(!is_early, "no period begins early");
	report_equal(period.release, start + (N_PERIODS + n_missed) * MS,
		     "releases lie on the grid, however late the task got to run");
	pv_printf("# 1 kHz for %u periods: worst latency %llu ns, missed %llu\n", N_PERIODS,
		  (unsigned long long)rtos_ns_from_ticks(worst), (unsigned long long)n_missed);
}

static volatile uint32_t n_calls;

static void count_call(struct rtos_timer *self, void *argument)
{
	(void)argument;
	n_calls++;
	if (n_calls == 20 && !rtos_timer_stop(self)) {
		n_calls = 1000;
	}
}

static void test_timer(void)
{
	rtos_timer_init(&timer, count_call, NULL);
	rtos_timer_start(&timer, MS, MS);
	while (rtos_timer_is_running(&timer)) {
		rtos_sleep(MS);
	}
	report_equal(n_calls, 20, "a periodic timer calls back until it is stopped");
}

/* ---- Interrupt to task -------------------------------------------------- */

#define N_RINGS 100

static volatile uint32_t n_woken;

static void on_sgi(uint32_t intid, void *context)
{
	(void)intid;
	rtos_notify(context, 1);
	(void)rtos_semaphore_give(&semaphore);
}

static void await_rings(void *argument)
{
	uint32_t bits;

	(void)argument;
	while (n_woken < N_RINGS) {
		if (rtos_notify_wait(1, 1000 * MS, &bits) != RTOS_OK) {
			return;
		}
		n_woken++;
	}
}

static void test_interrupt_to_task(void)
{
	bool is_at_once = true;

	if (rtos_semaphore_init(&semaphore, 0, N_RINGS) != RTOS_OK ||
	    !pv_irq_attach(TEST_SGI, on_sgi, &tasks[0])) {
		report(false, "semaphore and SGI can be set up");
	}
	n_woken = 0;
	make(0, 20, await_rings, NULL);
	for (uint32_t n = 1; n <= N_RINGS; n++) {
		uint64_t limit = rtos_now() + 1000 * MS;

		pv_irq_send(pv_cpu_number(), TEST_SGI);
		while (n_woken < n && !rtos_is_after(rtos_now(), limit)) {
		}
		is_at_once = is_at_once && n_woken == n;
	}
	report(is_at_once, "an SGI wakes the task it is meant for, before who was interrupted");
	report_equal(semaphore.count, N_RINGS, "the semaphore was given once for each interrupt");
	report(wait_for_end(0, 1000), "the woken task came to its end");
}

/* ---- Mutex and queue ---------------------------------------------------- */

static volatile uint32_t priority_seen;

/* Wakes the waiter, who must wait, and then the bystander, who must not get the CPU. */
static void hold_mutex(void *argument)
{
	(void)argument;
	if (rtos_mutex_lock(&mutex, RTOS_NO_WAIT) != RTOS_OK) {
		return;
	}
	note("l");
	rtos_notify(&tasks[1], 1);
	rtos_notify(&tasks[2], 1);
	for (uint64_t start = rtos_now(); rtos_now() - start < 5 * MS;) {
	}
	priority_seen = rtos_task_priority(&tasks[0]);
	rtos_mutex_unlock(&mutex);
	note("L");
}

static void want_mutex(void *argument)
{
	uint32_t bits;

	(void)argument;
	if (rtos_notify_wait(1, RTOS_FOREVER, &bits) != RTOS_OK) {
		return;
	}
	note("h");
	if (rtos_mutex_lock(&mutex, 1000 * MS) == RTOS_OK) {
		note("H");
		rtos_mutex_unlock(&mutex);
	}
}

static void use_cpu(void *argument)
{
	uint32_t bits;

	(void)argument;
	if (rtos_notify_wait(1, RTOS_FOREVER, &bits) == RTOS_OK) {
		note("m");
	}
}

static void test_inheritance(void)
{
	trace[0] = '\0';
	rtos_mutex_init(&mutex);
	make(1, 20, want_mutex, NULL);
	make(2, 10, use_cpu, NULL);
	make(0, 5, hold_mutex, NULL);
	report(wait_for_end(0, 1000) && wait_for_end(1, 1000) && wait_for_end(2, 1000),
	       "owner, waiter and bystander came to their end");
	report_equal(priority_seen, 20, "the owner of a mutex runs at its waiter's priority");
	report(strcmp(trace, "lhHmL") == 0, "the bystander delays neither: %s", trace);
}

#define N_MESSAGES 1000u

static volatile uint32_t n_received, n_wrong;

static void receive_messages(void *argument)
{
	uint32_t message;

	(void)argument;
	for (uint32_t n = 0; n < N_MESSAGES; n++) {
		if (rtos_queue_receive(&queue, &message, 1000 * MS) != RTOS_OK) {
			return;
		}
		n_wrong += message != n;
		n_received++;
	}
}

static void send_messages(void *argument)
{
	(void)argument;
	for (uint32_t n = 0; n < N_MESSAGES; n++) {
		if (rtos_queue_send(&queue, &n, 1000 * MS) != RTOS_OK) {
			return;
		}
	}
}

static void test_queue(void)
{
	if (rtos_queue_init(&queue, queue_buffer, sizeof(queue_buffer[0]), 4) != RTOS_OK) {
		report(false, "the queue can be set up");
	}
	for (uint32_t receiver = 4; receiver <= 6; receiver++) {
		n_received = 0;
		make(0, 5, send_messages, NULL);
		make(1, receiver, receive_messages, NULL);
		report(wait_for_end(0, 5000) && wait_for_end(1, 5000) && n_received == N_MESSAGES &&
			       n_wrong == 0,
		       "%u messages in order, receiver at %u, sender at 5", n_received, receiver);
	}
}

static void conduct(void *argument)
{
	(void)argument;
	test_order();
	test_registers();
	test_stacks();
	test_sleep();
	test_period();
	test_timer();
	test_interrupt_to_task();
	test_inheritance();
	test_queue();
	measure_costs();
	report_done();
}

void guest_main(void)
{
	struct rtos_task_config config = {
		.name = "conductor",
		.entry = conduct,
		.priority = CONDUCTOR,
		.stack = conductor_stack,
		.stack_bytes = sizeof(conductor_stack),
	};

	rtos_init();
	if (rtos_task_create(&conductor, &config) == RTOS_OK) {
		rtos_start();
	}
	report(false, "the first task can be made");
	report_done();
}
